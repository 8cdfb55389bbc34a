-- name: gone
-- purpose: the stored records that the source no longer lists
-- inputs: raw_record, present_record; parameters: 1 source, 2 entity
-- output: key
WITH newest AS (
    SELECT key, arg_max(deleted, version) AS deleted
    FROM raw_record
    WHERE source = $1 AND entity = $2
    GROUP BY key
)
SELECT n.key
FROM newest n
WHERE NOT n.deleted AND NOT EXISTS (FROM present_record p WHERE p.entity = $2 AND p.key = n.key)
ORDER BY length(n.key), n.key
