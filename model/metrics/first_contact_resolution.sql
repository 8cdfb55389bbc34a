-- name: first_contact_resolution
-- title: First contact resolution
-- process: incident
-- definition: Share of the incidents and service requests first resolved in the month that the first line (a team with line 1) resolved without
--   handing over and without a reopening up to as-of. Whether it took one contact or several is not recorded by most tools and is not
--   asked. Tickets whose team has no line on record, or for which reassignments or reopenings are not known, are left out.
-- formula: resolved by a first line team with no reassignment and no reopening ÷ resolved
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: first resolution
-- origin: practice: first contact resolution (service desk; HDI style)
-- input: team(line) | no team says which line it is
-- input: ticket(team) where kind IN ('incident', 'service_request') | no incident or service request has a team
-- input: ticket(opened_at) where source_reassignment_count IS NOT NULL OR EXISTS (SELECT 1 FROM ticket_event WHERE field = 'team') | neither a history of teams nor a counter of reassignments is recorded
SELECT r.ticket_id, r.resolved_at AS counted_at,
    CAST(m.line = 1 AND t.reassignments = 0 AND NOT r.is_reopened AS INTEGER) AS numerator, 1 AS denominator
FROM counted_resolution r
JOIN counted_ticket t ON t.ticket_id = r.ticket_id
JOIN team m ON m.team = t.team
WHERE t.kind IN ('incident', 'service_request') AND m.line IS NOT NULL AND t.reassignments IS NOT NULL AND r.is_reopened IS NOT NULL
