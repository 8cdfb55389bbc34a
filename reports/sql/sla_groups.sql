-- name: sla_groups
-- inputs: report_outcome, report_span
-- output: definition, span (now or previous), priority, team, n, k: one partition of every definition
SELECT o.definition, s.span, o.priority, o.team, count(*) AS n, count(*) FILTER (WHERE NOT o.late) AS k
FROM report_outcome AS o
JOIN report_span AS s ON s.span IN ('now', 'previous') AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
GROUP BY o.definition, s.span, o.priority, o.team
ORDER BY o.definition, s.span, o.priority, o.team
