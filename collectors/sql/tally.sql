-- name: tally
-- purpose: count what became of the records of a run
-- inputs: judged_record, rejected_record; parameter 1: run_id
-- output: entity, stored, unchanged, rejected (records)
SELECT entity,
       CAST(sum(stored) AS BIGINT) AS stored,
       CAST(sum(unchanged) AS BIGINT) AS unchanged,
       CAST(sum(rejected) AS BIGINT) AS rejected
FROM (
    SELECT entity,
           count(*) FILTER (verdict = 'stored') AS stored,
           count(*) FILTER (verdict = 'unchanged') AS unchanged,
           0 AS rejected
    FROM judged_record
    GROUP BY entity
    UNION ALL
    SELECT entity, 0, 0, count(*)
    FROM rejected_record
    WHERE run_id = ? AND stage = 'read'
    GROUP BY entity
)
GROUP BY entity
ORDER BY entity
