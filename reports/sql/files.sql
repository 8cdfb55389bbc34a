-- name: files
-- inputs: source_file, collection_run
-- output: files behind the newest run of every source: path, sha256, size_bytes, row_count, format, encoding, truncated
SELECT f.source, f.entity, f.path, f.sha256, f.size_bytes, f.row_count, f.format, COALESCE(f.encoding, '') AS encoding, f.truncated
FROM source_file AS f
JOIN (SELECT source, max(run_id) AS run_id FROM collection_run GROUP BY source) AS r ON r.source = f.source AND r.run_id = f.run_id
ORDER BY f.source, f.entity, f.path
