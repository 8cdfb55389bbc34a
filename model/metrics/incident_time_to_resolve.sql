-- name: incident_time_to_resolve
-- title: Time to resolve incidents
-- process: incident
-- definition: Calendar time from registration to the last resolution, nights, weekends and pauses included, of incidents and security
--   incidents that are resolved or closed. Business time stands in resolution_business_time.
-- formula: median (also mean and 90th percentile) of resolved_at − opened_at
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: resolved_at
-- origin: practice: mean time to resolve, spelt out (ITIL incident management, COBIT DSS02)
-- input: ticket(resolved_at) where kind IN ('incident', 'security_incident') | no resolution of an incident is recorded
SELECT ticket_id, done_at AS counted_at, date_diff('second', opened_at, done_at) AS amount
FROM counted_ticket WHERE kind IN ('incident', 'security_incident') AND done_at IS NOT NULL
