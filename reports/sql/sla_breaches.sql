-- name: sla_breaches
-- inputs: report_outcome, sla_segment, report_span 'now'
-- output: one row a late cycle, furthest over its goal first; over_seconds in business time; reason = event that began its longest running stretch
WITH late AS (
    SELECT o.* FROM report_outcome AS o
    JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
    WHERE o.late
), stretch AS (
    SELECT g.ticket_id, g.definition, g.cycle, COALESCE(g.reason, '') AS reason, sum(g.elapsed_seconds) AS spent
    FROM sla_segment AS g JOIN late AS o ON o.ticket_id = g.ticket_id AND o.definition = g.definition AND o.cycle = g.cycle
    WHERE g.state = 'running' GROUP BY ALL
), longest AS (
    SELECT ticket_id, definition, cycle, reason, CAST(spent AS BIGINT) AS spent FROM stretch
    QUALIFY row_number() OVER (PARTITION BY ticket_id, definition, cycle ORDER BY spent DESC, reason) = 1
)
SELECT o.ticket_id, o.ticket_key, o.url, o.definition, o.definition_kind, o.cycle, o.service, o.priority, o.customer, o.team, o.calendar, o.state,
    o.goal_seconds, o.elapsed_seconds, o.elapsed_seconds - o.goal_seconds AS over_seconds, o.paused_seconds,
    o.due_at, o.breached_at, o.stopped_at, l.reason, l.spent
FROM late AS o
LEFT JOIN longest AS l ON l.ticket_id = o.ticket_id AND l.definition = o.definition AND l.cycle = o.cycle
ORDER BY over_seconds DESC, o.ticket_key, o.definition, o.cycle
