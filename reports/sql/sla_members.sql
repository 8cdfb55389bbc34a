-- name: sla_members
-- inputs: report_outcome, report_span 'now'
-- output: dimension (service, customer, team, priority), member, definition, n, k
WITH counted AS (
    SELECT o.* FROM report_outcome AS o
    JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
), long AS (
    SELECT 'service' AS dimension, service AS member, definition, late FROM counted
    UNION ALL SELECT 'customer', customer, definition, late FROM counted
    UNION ALL SELECT 'team', team, definition, late FROM counted
    UNION ALL SELECT 'priority', priority, definition, late FROM counted
)
SELECT dimension, member, definition, count(*) AS n, count(*) FILTER (WHERE NOT late) AS k
FROM long GROUP BY dimension, member, definition ORDER BY dimension, member, definition
