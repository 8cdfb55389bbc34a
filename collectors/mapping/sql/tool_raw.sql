-- name: raw records of one entity of a live source
-- purpose: what model.sql of a tool reads: the newest version that the source gave, and whether it still has the record
-- inputs: raw_record
-- output: key, payload (JSON text), seen_at, deleted_at (start of the run that found it gone; NULL = still there, or merged), merged_into
--   (key of the record it was made part of), src (where the row comes from)
CREATE OR REPLACE TEMP TABLE {{ident .View}} AS
WITH version AS (
    SELECT r.*, r.rowid AS dp_row FROM raw_record r WHERE source = {{text .Source}} AND entity = {{text .Entity}}
), newest AS (
    SELECT key, max(version) FILTER (NOT deleted) AS told, max(version) AS last FROM version GROUP BY key
)
SELECT v.key, v.payload, v.seen_at, CASE WHEN NOT json_exists(g.payload, '$.merged_into') THEN g.seen_at END AS deleted_at, json_extract_string(g.payload, '$.merged_into') AS merged_into,
    {'run_id': v.run_id, 'origin': v.origin, 'line': v.line, 'ordinal': v.ordinal} AS src
FROM version v JOIN newest n ON n.key = v.key AND n.told = v.version
LEFT JOIN version g ON g.key = n.key AND g.version = n.last AND g.deleted
