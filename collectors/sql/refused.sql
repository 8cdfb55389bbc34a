-- name: refused
-- purpose: count the rejected records of a run
-- inputs: rejected_record; parameter 1: run_id
-- output: entity, stored, unchanged (none), rejected, deleted, merged (none)
SELECT entity, CAST(0 AS BIGINT) AS stored, CAST(0 AS BIGINT) AS unchanged, count(*) AS rejected,
       CAST(0 AS BIGINT) AS deleted, CAST(0 AS BIGINT) AS merged
FROM rejected_record
WHERE run_id = ? AND stage = 'read'
GROUP BY entity
ORDER BY entity
