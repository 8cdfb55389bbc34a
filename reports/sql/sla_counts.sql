-- name: sla_counts
-- inputs: report_outcome, report_span (name, span_from, span_to)
-- output: definition, span, n (cycles counted), k (of these in time), months (of the calendar in which any was counted)
SELECT o.definition, s.span, count(*) AS n, count(*) FILTER (WHERE NOT o.late) AS k, count(DISTINCT o.month) AS months
FROM report_outcome AS o
JOIN report_span AS s ON o.counted_at >= s.span_from AND o.counted_at < s.span_to
GROUP BY o.definition, s.span
ORDER BY o.definition, s.span
