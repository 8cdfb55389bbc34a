-- name: same
-- purpose: the counts of a run that met the same files as the newest run before it: all records are unchanged
-- inputs: collection_run, collection_count; parameter 1: source
-- output: entity, stored, unchanged, rejected (records)
SELECT entity, CAST(0 AS BIGINT) AS stored, fetched AS unchanged, CAST(0 AS BIGINT) AS rejected
FROM collection_count
WHERE run_id = (SELECT max(run_id) FROM collection_run WHERE source = ? AND status <> 'failed')
ORDER BY entity
