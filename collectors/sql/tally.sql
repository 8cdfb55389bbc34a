-- name: tally
-- purpose: count what became of the records that were judged
-- inputs: judged_record
-- output: entity, stored, unchanged, rejected (none), deleted, merged (records)
SELECT entity,
       count(*) FILTER (verdict = 'stored') AS stored,
       count(*) FILTER (verdict = 'unchanged') AS unchanged,
       CAST(0 AS BIGINT) AS rejected,
       count(*) FILTER (verdict = 'gone') AS deleted,
       count(*) FILTER (verdict = 'merged') AS merged
FROM judged_record
GROUP BY entity
ORDER BY entity
