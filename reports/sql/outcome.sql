-- name: outcome
-- purpose: every counted cycle of every clock with the names that a reader knows; all figures of the SLA report are taken from it
-- inputs: metric_fact of sla_compliance (which cycles count, and when: the rule stands in that metric), sla_cycle, ticket, service, customer
-- output: temporary table report_outcome, one row a counted cycle; late = the goal was exceeded; has_history = the ticket has a status history; seconds are seconds of the cycle's calendar
CREATE OR REPLACE TEMP TABLE report_outcome AS
SELECT
    c.ticket_id, t.key AS ticket_key, t.has_history, COALESCE(t.url, '') AS url, c.definition, c.definition_kind, c.clock, c.cycle, t.kind,
    COALESCE('P' || f.priority, 'no priority') AS priority,
    COALESCE(s.name, f.service_id, '(no service)') AS service,
    COALESCE(u.name, f.customer_id, '(no customer)') AS customer,
    COALESCE(f.team, '(no team)') AS team,
    c.calendar, c.goal_seconds, c.elapsed_seconds, c.paused_seconds, c.calendar_seconds,
    c.started_at, c.stopped_at, c.due_at, c.breached_at, c.state, f.counted_at, f.month, f.numerator = 0 AS late
FROM metric_fact AS f
JOIN sla_cycle AS c ON c.ticket_id = f.ticket_id AND c.definition = f.definition
    AND f.subject = c.ticket_id || '#' || c.definition || '#' || c.cycle
JOIN ticket AS t ON t.ticket_id = c.ticket_id
LEFT JOIN (SELECT service_id, min(name) AS name FROM service GROUP BY service_id) AS s ON s.service_id = f.service_id
LEFT JOIN (SELECT customer_id, min(name) AS name FROM customer GROUP BY customer_id) AS u ON u.customer_id = f.customer_id
WHERE f.metric = 'sla_compliance'
