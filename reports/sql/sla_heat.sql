-- name: sla_heat
-- inputs: report_outcome, report_span 'now', sla_definition (target)
-- output: clock, service, priority, n, late, judged (cycles with a target), allowed_millionths (sum of the allowance)
SELECT o.clock, o.service, o.priority, count(*) AS n, count(*) FILTER (WHERE o.late) AS late,
    count(d.target) AS judged,
    CAST(COALESCE(sum(CAST(round((1 - d.target) * 1000000) AS BIGINT)), 0) AS BIGINT) AS allowed_millionths
FROM report_outcome AS o
JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
JOIN sla_definition AS d ON d.definition = o.definition
WHERE o.definition_kind = 'SLA'
GROUP BY o.clock, o.service, o.priority
ORDER BY o.clock, o.service, o.priority
