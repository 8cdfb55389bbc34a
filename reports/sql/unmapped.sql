-- name: unmapped
-- inputs: unmapped_value
-- output: source values without a canonical value, most frequent first
SELECT source, entity, field, source_value, CAST(sum(occurrences) AS BIGINT) AS occurrences, min(first_key) AS first_key
FROM unmapped_value GROUP BY source, entity, field, source_value
ORDER BY occurrences DESC, source, entity, field, source_value
