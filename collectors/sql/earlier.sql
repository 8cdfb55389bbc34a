-- name: earlier
-- purpose: the files of the newest run of a source that stored anything, when it was complete and made by this version
-- inputs: collection_run, source_file; parameters: 1 source, 2 version of deskproof
-- output: columns of source_file without run_id and source
WITH newest AS (
    SELECT max(run_id) AS run_id, arg_max(status, run_id) AS status,
           arg_max(tool_version, run_id) AS tool_version
    FROM collection_run
    WHERE source = ? AND status <> 'failed'
)
SELECT f.entity, f.path, f.sha256, f.size_bytes, f.format, coalesce(f.encoding, '') AS encoding,
       coalesce(f.compression, '') AS compression, f.row_count, f.truncated
FROM newest n
JOIN source_file f ON f.run_id = n.run_id
WHERE n.status = 'complete' AND n.tool_version = ?
ORDER BY f.entity, f.path
