-- name: runs
-- inputs: collection_run, collection_count
-- output: newest run of every source with its counts by entity; entity is empty where nothing was counted.
--   started_at is given only for sources that are not files: a file's hash says more than the time it was read
WITH newest AS (
    SELECT * FROM collection_run QUALIFY row_number() OVER (PARTITION BY source ORDER BY run_id DESC) = 1
)
SELECT r.run_id, r.source, r.source_type, COALESCE(r.address, '') AS address, COALESCE(r.account, '') AS account,
    COALESCE(r.account_rights, '') AS account_rights, COALESCE(r.query, '') AS query, r.window_from, r.window_to,
    CASE WHEN r.source_type <> 'file' THEN r.started_at END AS started_at, r.status, COALESCE(r.message, '') AS message,
    COALESCE(c.entity, '') AS entity, c.reported, COALESCE(c.fetched, 0) AS fetched, COALESCE(c.stored, 0) AS stored,
    COALESCE(c.unchanged, 0) AS unchanged, COALESCE(c.rejected, 0) AS rejected, COALESCE(c.deleted, 0) AS deleted, COALESCE(c.merged, 0) AS merged
FROM newest AS r LEFT JOIN collection_count AS c ON c.run_id = r.run_id AND c.source = r.source
ORDER BY r.source, entity
