-- name: backlog_age
-- title: Age of open tickets at month end
-- process: incident
-- definition: Age of the tickets of the backlog at the last instant of the month (for the current month: at as-of): calendar time since
--   registration; time on hold and time done before a reopening stay in the age.
-- formula: median (also mean and 90th percentile) of month end − opened_at over the tickets that were open then
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: month_end
-- origin: practice: backlog age (ITIL service desk)
-- input: ticket(opened_at) | no ticket is recorded
SELECT s.ticket_id, p.ends_at - INTERVAL 1 MICROSECOND AS counted_at, date_diff('second', t.opened_at, p.ends_at) AS amount
FROM metric_period p
JOIN counted_status s ON s.from_at < p.ends_at AND s.to_at >= p.ends_at
JOIN counted_ticket t ON t.ticket_id = s.ticket_id
WHERE s.is_open
