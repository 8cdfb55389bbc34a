-- name: problem_age
-- title: Age of open problems at month end
-- process: problem
-- definition: Age of the problems that were open at the last instant of the month (for the current month: at as-of), rebuilt from the status
--   history: calendar time since registration. Known errors that are still open are in it.
-- formula: median (also mean and 90th percentile) of month end − opened_at over the problems that were open then
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: month_end
-- origin: standard: ISO/IEC 20000-1:2018 8.6.3; FitSM-1 PR10
-- input: ticket(opened_at) where kind = 'problem' | no problem is recorded
SELECT s.ticket_id, p.ends_at - INTERVAL 1 MICROSECOND AS counted_at, date_diff('second', t.opened_at, p.ends_at) AS amount
FROM metric_period p
JOIN counted_status s ON s.from_at < p.ends_at AND s.to_at >= p.ends_at
JOIN counted_ticket t ON t.ticket_id = s.ticket_id
WHERE s.is_open AND t.kind = 'problem'
