-- name: clock_last
-- purpose: the state of each variant as of the replay
-- inputs: clock_situation
-- output columns: variant_no; packed
SELECT variant_no, packed FROM clock_situation WHERE more IS NULL
