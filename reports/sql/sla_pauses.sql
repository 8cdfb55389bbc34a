-- name: sla_pauses
-- inputs: sla_segment, report_outcome, report_span 'now'
-- output: reason (event that began the pause, in the source's words), cycles, paused_seconds (wall time)
SELECT COALESCE(g.reason, '(no reason recorded)') AS reason, count(DISTINCT (o.ticket_id, o.definition, o.cycle)) AS cycles,
    CAST(sum(epoch(g.ended_at) - epoch(g.started_at)) AS BIGINT) AS paused_seconds
FROM sla_segment AS g
JOIN report_outcome AS o ON o.ticket_id = g.ticket_id AND o.definition = g.definition AND o.cycle = g.cycle
JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
WHERE g.state = 'paused' AND o.definition_kind = 'SLA'
GROUP BY 1 ORDER BY paused_seconds DESC, reason
