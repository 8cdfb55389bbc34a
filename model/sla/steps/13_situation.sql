-- name: clock_situation
-- purpose: the state of a variant after each change, all fields packed into one number
-- inputs: clock_variant, clock_path_situation
-- output columns: variant_no; position; change_no; more (NULL = the last one); packed
SELECT v.variant_no, s.position, s.change_no, s.more, s.packed + v.still AS packed
FROM clock_path_situation s
JOIN clock_variant v ON v.path_no = s.path_no
