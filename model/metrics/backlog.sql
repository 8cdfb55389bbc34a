-- name: backlog
-- title: Open tickets at month end
-- process: incident
-- definition: Tickets that were open at the last instant of the month (for the current month: at as-of), rebuilt from the status
--   history and not from the present state. On hold is open; a status without a mapping counts as open. Priority, team and
--   service are those that the ticket has now. A ticket that is done at an unknown time is left out.
-- formula: number of tickets with a status other than resolved, closed and cancelled at that instant
-- aggregate: count
-- unit: count
-- direction: lower
-- period_key: month_end
-- origin: practice: backlog (ITIL service desk)
-- input: ticket(opened_at) | no ticket is recorded
SELECT s.ticket_id, p.ends_at - INTERVAL 1 MICROSECOND AS counted_at
FROM metric_period p JOIN counted_status s ON s.from_at < p.ends_at AND s.to_at >= p.ends_at
WHERE s.is_open
