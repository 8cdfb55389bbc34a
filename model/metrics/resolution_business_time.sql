-- name: resolution_business_time
-- title: Business time to resolve
-- process: service_level
-- definition: Business time that resolution clocks ran until they stopped, per definition: seconds of the definition's calendar, pauses left
--   out. Definitions with different calendars are not comparable, so read it by definition. Calendar time stands in incident_time_to_resolve
--   and request_lead_time.
-- formula: median (also mean and 90th percentile) of the elapsed business time of stopped resolution cycles
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: stopped_at
-- origin: practice: time to resolve, business time (ITIL service level management)
-- input: sla_cycle(stopped_at) where clock = 'resolution' | no resolution clock has stopped
SELECT c.ticket_id || '#' || c.definition || '#' || c.cycle AS subject, c.ticket_id, c.definition, c.stopped_at AS counted_at,
    c.elapsed_seconds AS amount
FROM sla_cycle c JOIN counted_ticket t ON t.ticket_id = c.ticket_id
WHERE c.clock = 'resolution' AND c.stopped_at IS NOT NULL AND c.state IN ('met', 'breached')
