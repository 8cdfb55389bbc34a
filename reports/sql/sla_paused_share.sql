-- name: sla_paused_share
-- inputs: report_outcome, report_span 'now'
-- output: n (cycles), tickets (of these cycles), and of those whose ticket has a status history: with_history (cycles),
--   tickets_with_history, paused (wall seconds paused), whole (wall seconds from start to stop); without history nothing is known of pauses
SELECT count(*) AS n, count(DISTINCT o.ticket_id) AS tickets,
    count(*) FILTER (WHERE o.has_history) AS with_history, count(DISTINCT o.ticket_id) FILTER (WHERE o.has_history) AS tickets_with_history,
    CAST(COALESCE(sum(o.paused_seconds) FILTER (WHERE o.has_history), 0) AS BIGINT) AS paused,
    CAST(COALESCE(sum(o.calendar_seconds) FILTER (WHERE o.has_history), 0) AS BIGINT) AS whole
FROM report_outcome AS o
JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
WHERE o.definition_kind = 'SLA'
