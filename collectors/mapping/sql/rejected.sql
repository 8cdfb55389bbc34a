-- name: rows that cannot be read
-- purpose: keep every refused row in full, with the reason
-- inputs: a stage (as a table or as a query)
-- output: rows of rejected_record, stage map
INSERT INTO rejected_record BY NAME
SELECT s.dp_run AS run_id, {{text .Source}} AS source, {{text .Entity}} AS entity, 'map' AS stage, s.dp_origin AS origin,
    s.dp_line AS line, s.dp_key AS key, s.dp_reason AS reason, r.payload AS content
-- OFFSET 0 keeps the planner from pushing the condition below through every step of the stage, where it would write out
-- each expression anew at each place that uses it: twice the work for a wide source.
FROM (SELECT * FROM {{.Rows}} OFFSET 0) s JOIN {{.From}} r ON r.rowid = s.dp_row
WHERE (s.dp_keep IS NULL OR s.dp_keep) AND s.dp_reason IS NOT NULL
ORDER BY s.dp_run, s.dp_ordinal
