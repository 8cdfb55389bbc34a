-- name: tickets_reopened
-- title: Tickets opened again
-- process: incident
-- definition: Times that a resolved, closed or cancelled ticket became open again in the month. Known only from history. It is the
--   flow of work; the share of tickets that come back is reopen_rate.
-- formula: number of steps in the status history from resolved, closed or cancelled to an open status
-- aggregate: count
-- unit: count
-- direction: lower
-- period_key: time of the status change
-- origin: practice: flow of work (ITIL service desk)
-- input: ticket(opened_at) where has_history | no ticket has a status history
SELECT ticket_id || '#' || sequence AS subject, ticket_id, from_at AS counted_at
FROM counted_status WHERE is_open AND NOT was_open
