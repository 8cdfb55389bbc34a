-- name: reassignments_per_ticket
-- title: Reassignments per ticket
-- process: incident
-- definition: Changes of team after the first assignment, per ticket first resolved in the month; incidents, service requests, complaints and
--   security incidents. Counted in history; where a source gives no history of teams, its own counter; otherwise the ticket is left out.
-- formula: reassignments ÷ tickets
-- aggregate: ratio
-- unit: count_per_ticket
-- direction: lower
-- period_key: first resolution
-- origin: framework: COBIT 2019 DSS02.04
-- input: ticket(opened_at) where source_reassignment_count IS NOT NULL OR EXISTS (SELECT 1 FROM ticket_event WHERE field = 'team') | neither a history of teams nor a counter of reassignments is recorded
SELECT r.ticket_id, r.resolved_at AS counted_at, t.reassignments AS numerator, 1 AS denominator, t.reassignments AS amount
FROM counted_resolution r JOIN counted_ticket t ON t.ticket_id = r.ticket_id
WHERE t.reassignments IS NOT NULL
