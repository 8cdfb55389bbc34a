-- name: clock_variant
-- purpose: every path with each state of the fields that no event changes
-- inputs: clock_history, clock_path
-- output columns: variant_no; path_no; still
SELECT CAST(ROW_NUMBER() OVER () AS INTEGER) AS variant_no, v.path_no, v.still
FROM (
  SELECT DISTINCT p.path_no, h.still
  FROM clock_history h JOIN clock_path p ON p.changes = h.changes AND p.base = h.base
) v
