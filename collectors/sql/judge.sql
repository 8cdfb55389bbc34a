-- name: judge
-- purpose: decide for each staged record whether it is a new version, unchanged, or a second record with a key of the run
-- inputs: staged_record, raw_record; parameter 1: source
-- output: temporary table judged_record (ordinal, entity, key: with #1, #2, … where keys repeat; version: the one it
--         would get; verdict: stored, unchanged, duplicate; first_origin, first_line: place of the first with the key)
CREATE OR REPLACE TEMP TABLE judged_record AS
WITH keyed AS (
    SELECT ordinal, entity, origin, line, sha256,
           CASE WHEN repeats
                THEN key || '#' || row_number() OVER (PARTITION BY entity, origin, repeats, key ORDER BY ordinal)
                ELSE key END AS key
    FROM staged_record
),
copies AS (
    SELECT *,
           row_number() OVER same_key AS copy,
           first_value(sha256) OVER same_key AS first_sha256,
           first_value(origin) OVER same_key AS first_origin,
           first_value(line) OVER same_key AS first_line
    FROM keyed
    WINDOW same_key AS (PARTITION BY entity, key ORDER BY ordinal)
),
newest AS (
    SELECT entity, key, max(version) AS version, arg_max(sha256, version) AS sha256, arg_max(deleted, version) AS deleted
    FROM raw_record
    WHERE source = ?
    GROUP BY entity, key
)
SELECT c.ordinal, c.entity, c.key, coalesce(n.version, 0) + 1 AS version, c.first_origin, c.first_line,
       -- The same bytes again from another file (exports that overlap) are no fault; within one file they are.
       CASE WHEN c.copy > 1 AND c.sha256 = c.first_sha256 AND c.origin IS DISTINCT FROM c.first_origin THEN 'unchanged'
            WHEN c.copy > 1 THEN 'duplicate'
            WHEN n.sha256 = c.sha256 AND NOT n.deleted THEN 'unchanged'
            ELSE 'stored' END AS verdict
FROM copies c
LEFT JOIN newest n ON n.entity = c.entity AND n.key = c.key
