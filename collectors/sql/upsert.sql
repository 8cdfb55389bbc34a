-- name: upsert
-- purpose: decide for each record of a batch whether it is a new version or unchanged, where a source may give a record
--          again and again (overlap of two runs, pages that move): each other content is a version, in the order read
-- inputs: staged_key, raw_record; parameter 1: source
-- output: temporary table judged_record, as judge.sql makes it; verdict also gone and merged (tombstone of a record that was there)
--         and void (tombstone of one that was not, or no longer)
CREATE OR REPLACE TEMP TABLE judged_record AS
WITH repeated AS (
    SELECT entity, key
    FROM staged_key
    GROUP BY entity, key
    HAVING count(*) > 1
), newest AS (
    SELECT r.entity, r.key, max(r.version) AS version, arg_max(r.sha256, r.version) AS sha256, arg_max(r.deleted, r.version) AS deleted
    FROM raw_record r SEMI JOIN staged_key s ON s.entity = r.entity AND s.key = r.key
    WHERE r.source = ?
    GROUP BY r.entity, r.key
), staged AS MATERIALIZED (
    SELECT s.ordinal, s.entity, s.key, s.sha256, s.deleted, s.merged, d.key IS NULL AS once,
           coalesce(n.version, 0) AS version, n.sha256 AS old_sha256, n.deleted AS old_deleted
    FROM staged_key s
    LEFT JOIN newest n ON n.entity = s.entity AND n.key = s.key
    LEFT JOIN repeated d ON d.entity = s.entity AND d.key = s.key
), before AS (
    -- Nearly all keys come once in a batch: only those that come again are put in their order, which is what costs.
    FROM staged
    WHERE once
    UNION ALL BY NAME
    SELECT * REPLACE (lag(sha256, 1, old_sha256) OVER same_key AS old_sha256, lag(deleted, 1, old_deleted) OVER same_key AS old_deleted)
    FROM staged
    WHERE NOT once
    WINDOW same_key AS (PARTITION BY entity, key ORDER BY ordinal)
), verdicts AS MATERIALIZED (
    SELECT *, CASE WHEN deleted AND (old_deleted IS NULL OR old_deleted) THEN 'void'
                   WHEN merged THEN 'merged'
                   WHEN deleted THEN 'gone'
                   WHEN sha256 = old_sha256 AND NOT old_deleted THEN 'unchanged'
                   ELSE 'stored' END AS verdict,
           CAST(verdict IN ('stored', 'gone', 'merged') AS INTEGER) AS more
    FROM before
), numbered AS (
    FROM verdicts
    WHERE once
    UNION ALL BY NAME
    SELECT * REPLACE (CAST(sum(more) OVER (PARTITION BY entity, key ORDER BY ordinal) AS INTEGER) AS more)
    FROM verdicts
    WHERE NOT once
)
SELECT ordinal, entity, key, version + more AS version,
       CAST(NULL AS VARCHAR) AS first_origin, CAST(NULL AS BIGINT) AS first_line, verdict
FROM numbered
