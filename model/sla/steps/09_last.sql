-- name: clock_last
-- purpose: the state of each ticket as of the replay
-- inputs: clock_situation
-- output columns: ticket_no; packed
SELECT ticket_no, packed FROM clock_situation WHERE more IS NULL
