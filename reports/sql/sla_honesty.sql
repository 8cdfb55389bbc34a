-- name: sla_honesty
-- inputs: sla_segment, ticket_event, ticket, report_outcome, report_span 'now'
-- output: one row a ticket and finding: finding (many_pauses, near_due, lowered, quick_reopen), ticket, when it happened, detail, seconds (quick_reopen: wall time from done to reopened; else NULL).
--   many_pauses: more than 3 pauses in a cycle; near_due: paused while at least 90 % and not all of the goal was used;
--   lowered: priority number raised after opening; quick_reopen: left resolved or closed within 3 days of getting there
WITH counted AS (
    SELECT o.* FROM report_outcome AS o
    JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
    WHERE o.definition_kind = 'SLA'
), tickets AS (
    SELECT DISTINCT ticket_id, ticket_key, url, service, priority, team FROM counted
), segments AS (
    SELECT g.ticket_id, g.definition, g.cycle, g.state, g.started_at, g.reason, o.goal_seconds,
        COALESCE(sum(g.elapsed_seconds) OVER (PARTITION BY g.ticket_id, g.definition, g.cycle ORDER BY g.sequence
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS used
    FROM sla_segment AS g
    JOIN counted AS o ON o.ticket_id = g.ticket_id AND o.definition = g.definition AND o.cycle = g.cycle
), status_event AS (
    SELECT e.ticket_id, e.sequence, e.occurred_at, e.to_value,
        lag(e.to_value) OVER w AS before_value, lag(e.occurred_at) OVER w AS before_at
    FROM ticket_event AS e SEMI JOIN tickets AS t ON t.ticket_id = e.ticket_id
    WHERE e.field = 'status'
    WINDOW w AS (PARTITION BY e.ticket_id ORDER BY e.sequence)
), findings AS (
    SELECT 'many_pauses' AS finding, ticket_id, min(started_at) AS happened_at, max(pauses) || ' pauses' AS detail, NULL::BIGINT AS seconds
    FROM (SELECT ticket_id, definition, cycle, min(started_at) AS started_at, count(*) AS pauses
          FROM segments WHERE state = 'paused' GROUP BY ALL HAVING count(*) > 3) GROUP BY ticket_id
    UNION ALL
    SELECT 'near_due', ticket_id, min(started_at), CAST(max(used * 100 // goal_seconds) AS VARCHAR) || '% of the goal used', NULL
    FROM segments WHERE state = 'paused' AND goal_seconds > 0 AND used < goal_seconds AND used * 10 >= goal_seconds * 9 GROUP BY ticket_id
    UNION ALL
    SELECT 'lowered', e.ticket_id, min(e.occurred_at), 'P' || arg_min(e.from_value, e.sequence) || ' → P' || arg_max(e.to_value, e.sequence), NULL
    FROM ticket_event AS e SEMI JOIN tickets AS t ON t.ticket_id = e.ticket_id
    WHERE e.field = 'priority' AND TRY_CAST(e.to_value AS INTEGER) > TRY_CAST(e.from_value AS INTEGER) GROUP BY e.ticket_id
    UNION ALL
    SELECT 'quick_reopen', ticket_id, min(occurred_at), '', CAST(min(epoch(occurred_at) - epoch(before_at)) AS BIGINT)
    FROM status_event
    WHERE before_value IN ('resolved', 'closed') AND to_value IN ('new', 'in_progress', 'on_hold')
      AND epoch(occurred_at) - epoch(before_at) <= 3 * 86400 GROUP BY ticket_id
)
SELECT f.finding, t.ticket_key, t.url, t.service, t.priority, t.team, f.happened_at, f.detail, f.seconds
FROM findings AS f JOIN (SELECT ticket_id, min(ticket_key) AS ticket_key, min(url) AS url, min(service) AS service, min(priority) AS priority, min(team) AS team FROM tickets GROUP BY ticket_id) AS t ON t.ticket_id = f.ticket_id
ORDER BY f.finding, f.happened_at, t.ticket_key
