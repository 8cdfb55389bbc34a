-- name: population
-- purpose: the facts behind one figure; parameters metric, from, to (NULL = no bound), by, member (NULL = every member), part, at_most
-- inputs: metric_fact, metric_definition, metric_period; chosen.sql is filled in
-- output: the columns of metric_fact but month, in the order of counted_at
-- part: numerator = counted in the numerator (for amounts: more than 0); rest = the others; empty = all
WITH chosen AS (
{{chosen}}
)
SELECT metric, subject, ticket_id, counted_at, kind, priority, service_id, customer_id, team, supplier_id, definition,
    numerator, denominator, amount
FROM chosen
WHERE (CAST($member AS VARCHAR) IS NULL OR coalesce(member, '(none)') = CAST($member AS VARCHAR))
  AND CASE CAST($part AS VARCHAR)
        WHEN 'numerator' THEN coalesce(numerator, amount, 0) > 0
        WHEN 'rest' THEN coalesce(numerator, amount, 0) <= 0
        ELSE TRUE END
ORDER BY counted_at, subject, definition
LIMIT CAST($at_most AS BIGINT)
