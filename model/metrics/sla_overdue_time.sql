-- name: sla_overdue_time
-- title: Time beyond promise
-- process: service_level
-- definition: Time that clocks ran beyond their goal, in seconds of the clock's own calendar, pauses left out; summed over the cycles that
--   sla_compliance counts. A cycle that met its goal adds 0; one that is still running adds what it has run up to as-of.
-- formula: sum of elapsed time − goal over breached cycles
-- aggregate: sum
-- unit: seconds
-- direction: lower
-- period_key: stop of the clock; its due time while it is overdue and not stopped
-- origin: practice: size of the breaches beside their number
-- input: sla_definition(definition) | no service level is defined
-- input: sla_cycle(ticket_id) | no ticket falls under a service level definition
SELECT ticket_id || '#' || definition || '#' || cycle AS subject, ticket_id, definition, counted_at, overdue_seconds AS amount
FROM counted_outcome
