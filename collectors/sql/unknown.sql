-- name: unknown
-- purpose: the records that the source lists and that are not stored, or stored as deleted
-- inputs: raw_record, present_record; parameters: 1 source, 2 entity
-- output: key
WITH newest AS (
    SELECT key, arg_max(deleted, version) AS deleted
    FROM raw_record
    WHERE source = $1 AND entity = $2
    GROUP BY key
)
SELECT DISTINCT p.key
FROM present_record p
WHERE p.entity = $2 AND NOT EXISTS (FROM newest n WHERE n.key = p.key AND NOT n.deleted)
ORDER BY length(p.key), p.key
