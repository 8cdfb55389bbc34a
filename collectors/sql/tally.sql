-- name: tally
-- purpose: count what became of the records of a batch
-- inputs: staged_record, judged_record, rejected_record; parameter 1: run_id
-- output: entity, stored, unchanged, rejected (of the whole run), deleted, merged (records)
SELECT entity,
       CAST(sum(stored) AS BIGINT) AS stored,
       CAST(sum(unchanged) AS BIGINT) AS unchanged,
       CAST(sum(rejected) AS BIGINT) AS rejected,
       CAST(sum(deleted) AS BIGINT) AS deleted,
       CAST(sum(merged) AS BIGINT) AS merged
FROM (
    SELECT j.entity,
           count(*) FILTER (j.verdict = 'stored') AS stored,
           count(*) FILTER (j.verdict = 'unchanged') AS unchanged,
           0 AS rejected,
           count(*) FILTER (j.verdict = 'gone' AND NOT json_exists(s.payload, '$.merged_into')) AS deleted,
           count(*) FILTER (j.verdict = 'gone' AND json_exists(s.payload, '$.merged_into')) AS merged
    FROM judged_record j
    JOIN staged_record s ON s.ordinal = j.ordinal
    GROUP BY j.entity
    UNION ALL
    SELECT entity, 0, 0, count(*), 0, 0
    FROM rejected_record
    WHERE run_id = ? AND stage = 'read'
    GROUP BY entity
)
GROUP BY entity
ORDER BY entity
