-- name: tally
-- purpose: count what became of the records of a batch
-- inputs: judged_record, rejected_record; parameter 1: run_id
-- output: entity, stored, unchanged, rejected (of the whole run), deleted, merged (records)
SELECT entity,
       CAST(sum(stored) AS BIGINT) AS stored,
       CAST(sum(unchanged) AS BIGINT) AS unchanged,
       CAST(sum(rejected) AS BIGINT) AS rejected,
       CAST(sum(deleted) AS BIGINT) AS deleted,
       CAST(sum(merged) AS BIGINT) AS merged
FROM (
    SELECT entity,
           count(*) FILTER (verdict = 'stored') AS stored,
           count(*) FILTER (verdict = 'unchanged') AS unchanged,
           0 AS rejected,
           count(*) FILTER (verdict = 'gone') AS deleted,
           count(*) FILTER (verdict = 'merged') AS merged
    FROM judged_record
    GROUP BY entity
    UNION ALL
    SELECT entity, 0, 0, count(*), 0, 0
    FROM rejected_record
    WHERE run_id = ? AND stage = 'read'
    GROUP BY entity
)
GROUP BY entity
ORDER BY entity
