-- name: clock_path
-- purpose: every way that tickets went, once: what a clock does between its instants depends on it alone
-- inputs: clock_history
-- output columns: path_no; changes; base
SELECT CAST(ROW_NUMBER() OVER () AS INTEGER) AS path_no, p.changes, p.base
FROM (SELECT DISTINCT changes, base FROM clock_history) p
