-- name: sla_months
-- inputs: report_outcome, report_span 'trend'
-- output: definition, month (first day), n, k
SELECT o.definition, o.month, count(*) AS n, count(*) FILTER (WHERE NOT o.late) AS k
FROM report_outcome AS o
JOIN report_span AS s ON s.span = 'trend' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
GROUP BY o.definition, o.month
ORDER BY o.definition, o.month
