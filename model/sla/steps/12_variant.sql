-- name: clock_variant
-- purpose: every path with each state of the fields that no event changes
-- inputs: clock_course
-- output columns: variant_no; path_no; still
SELECT CAST(ROW_NUMBER() OVER () AS INTEGER) AS variant_no, v.path_no, v.still
FROM (SELECT DISTINCT path_no, still FROM clock_course) v
