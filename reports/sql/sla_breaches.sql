-- name: sla_breaches
-- inputs: report_outcome, sla_segment, ticket_event, report_span 'now' and 'asof'
-- output: one row a late cycle, furthest over its goal first; over_seconds in business time; reason and spent = event that began its
--   longest running stretches and their business time; pause_reason and pause_seconds = the same of its pauses, in wall time;
--   handovers = changes of the team while the clock was open
WITH late AS (
    SELECT o.* FROM report_outcome AS o
    JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
    WHERE o.late
), stretch AS (
    SELECT g.ticket_id, g.definition, g.cycle, g.state, COALESCE(g.reason, '') AS reason, CAST(sum(g.elapsed_seconds) AS BIGINT) AS spent,
        CAST(sum(epoch(g.ended_at) - epoch(g.started_at)) AS BIGINT) AS wall
    FROM sla_segment AS g JOIN late AS o ON o.ticket_id = g.ticket_id AND o.definition = g.definition AND o.cycle = g.cycle
    GROUP BY ALL
), longest AS (
    SELECT * FROM stretch WHERE state = 'running'
    QUALIFY row_number() OVER (PARTITION BY ticket_id, definition, cycle ORDER BY spent DESC, reason) = 1
), pause AS (
    SELECT * FROM stretch WHERE state = 'paused'
    QUALIFY row_number() OVER (PARTITION BY ticket_id, definition, cycle ORDER BY wall DESC, reason) = 1
), handover AS (
    SELECT o.ticket_id, o.definition, o.cycle, count(*) AS handovers
    FROM late AS o JOIN report_span AS a ON a.span = 'asof'
    JOIN ticket_event AS e ON e.ticket_id = o.ticket_id AND e.field = 'team' AND e.from_value IS NOT NULL AND e.to_value IS NOT NULL AND e.from_value <> e.to_value
        AND e.occurred_at >= o.started_at AND e.occurred_at < COALESCE(o.stopped_at, a.span_from)
    GROUP BY ALL
)
SELECT o.ticket_id, o.ticket_key, o.url, o.has_history, o.definition, o.definition_kind, o.cycle, o.service, o.priority, o.customer, o.team, o.calendar, o.state,
    o.goal_seconds, o.elapsed_seconds, o.elapsed_seconds - o.goal_seconds AS over_seconds, o.paused_seconds,
    o.due_at, o.breached_at, o.stopped_at, COALESCE(l.reason, '') AS reason, COALESCE(l.spent, 0) AS spent,
    COALESCE(p.reason, '') AS pause_reason, COALESCE(p.wall, 0) AS pause_seconds, COALESCE(h.handovers, 0) AS handovers
FROM late AS o
LEFT JOIN longest AS l ON l.ticket_id = o.ticket_id AND l.definition = o.definition AND l.cycle = o.cycle
LEFT JOIN pause AS p ON p.ticket_id = o.ticket_id AND p.definition = o.definition AND p.cycle = o.cycle
LEFT JOIN handover AS h ON h.ticket_id = o.ticket_id AND h.definition = o.definition AND h.cycle = o.cycle
ORDER BY over_seconds DESC, o.ticket_key, o.definition, o.cycle
