-- name: first_response_business_time
-- title: Business time to first response
-- process: service_level
-- definition: Business time that response clocks ran until they stopped, per definition: seconds of the definition's calendar, pauses left out as
--   it says. Definitions with different calendars are not comparable, so read it by definition.
-- formula: median (also mean and 90th percentile) of the elapsed business time of stopped response cycles
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: stopped_at
-- origin: practice: first response time (ITIL service desk)
-- input: sla_cycle(stopped_at) where clock = 'response' | no response clock has stopped
SELECT c.ticket_id || '#' || c.definition || '#' || c.cycle AS subject, c.ticket_id, c.definition, c.stopped_at AS counted_at,
    c.elapsed_seconds AS amount
FROM sla_cycle c JOIN counted_ticket t ON t.ticket_id = c.ticket_id
WHERE c.clock = 'response' AND c.stopped_at IS NOT NULL AND c.state IN ('met', 'breached')
