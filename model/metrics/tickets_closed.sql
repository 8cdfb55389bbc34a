-- name: tickets_closed
-- title: Tickets done
-- process: incident
-- definition: Times that a ticket left the open state in the month, by being resolved, closed or cancelled. A ticket that is
--   opened again and done again counts twice, so that backlog at the start + opened + opened again − done = backlog at the end.
-- formula: number of steps in the status history from open to resolved, closed or cancelled; without history, the resolution (or closure) that the ticket states
-- aggregate: count
-- unit: count
-- direction: none
-- period_key: time of the status change
-- origin: practice: flow of work (ITIL service desk)
-- input: ticket(opened_at) | no ticket is recorded
SELECT ticket_id || '#' || sequence AS subject, ticket_id, from_at AS counted_at
FROM counted_status WHERE NOT is_open AND was_open
