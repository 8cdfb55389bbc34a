-- name: sla_paused_share
-- inputs: report_outcome, report_span 'now'
-- output: n (cycles), paused (wall seconds paused), whole (wall seconds from start to stop)
SELECT count(*) AS n, CAST(COALESCE(sum(o.paused_seconds), 0) AS BIGINT) AS paused, CAST(COALESCE(sum(o.calendar_seconds), 0) AS BIGINT) AS whole
FROM report_outcome AS o
JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
WHERE o.definition_kind = 'SLA'
