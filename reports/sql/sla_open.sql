-- name: sla_open
-- inputs: sla_cycle, ticket, service, report_span 'asof' (span_from = as-of)
-- output: one row a clock that is open at as-of, most used first; used = elapsed ÷ goal; week = due within 7 days and not overdue
SELECT t.key AS ticket_key, t.url, c.definition, c.state, COALESCE('P' || t.priority, 'no priority') AS priority,
    COALESCE(s.name, t.service_id, '(no service)') AS service, COALESCE(t.team, '(no team)') AS team,
    c.goal_seconds, c.elapsed_seconds, c.due_at,
    CASE WHEN c.goal_seconds > 0 THEN c.elapsed_seconds / c.goal_seconds END AS used,
    c.state = 'running_breached' OR c.breached_at IS NOT NULL AS overdue,
    c.breached_at IS NULL AND c.state <> 'running_breached' AND c.due_at < a.span_from + INTERVAL 7 DAY AS week
FROM sla_cycle AS c
JOIN ticket AS t ON t.ticket_id = c.ticket_id
JOIN report_span AS a ON a.span = 'asof'
LEFT JOIN service AS s ON s.service_id = t.service_id
WHERE c.stopped_at IS NULL AND c.state IN ('running', 'running_breached', 'paused')
  AND t.deleted_at IS NULL AND t.merged_into IS NULL
ORDER BY overdue DESC, used DESC NULLS LAST, t.key, c.definition, c.cycle
