-- name: sla_open
-- inputs: sla_cycle, ticket, service, report_span 'asof' (span_from = as-of)
-- output: one row a clock that is open at as-of, most used first; used = elapsed ÷ goal; used_up = paused, not late yet, and no time
--   of the goal is left: it has no due time; week = due within 7 days, neither overdue nor used up
SELECT t.key AS ticket_key, t.url, c.definition, c.state, COALESCE('P' || t.priority, 'no priority') AS priority,
    COALESCE(s.name, t.service_id, '(no service)') AS service, COALESCE(t.team, '(no team)') AS team,
    c.goal_seconds, c.elapsed_seconds, c.due_at,
    CASE WHEN c.goal_seconds > 0 THEN c.elapsed_seconds / c.goal_seconds END AS used,
    c.state = 'running_breached' OR c.breached_at IS NOT NULL AS overdue,
    c.state = 'paused' AND c.breached_at IS NULL AND c.elapsed_seconds >= c.goal_seconds AS used_up,
    NOT overdue AND NOT used_up AND c.due_at < a.span_from + INTERVAL 7 DAY AS week
FROM sla_cycle AS c
JOIN ticket AS t ON t.ticket_id = c.ticket_id
JOIN report_span AS a ON a.span = 'asof'
LEFT JOIN service AS s ON s.service_id = t.service_id
WHERE c.stopped_at IS NULL AND c.state IN ('running', 'running_breached', 'paused')
  AND t.deleted_at IS NULL AND t.merged_into IS NULL
ORDER BY overdue DESC, used DESC NULLS LAST, t.key, c.definition, c.cycle
