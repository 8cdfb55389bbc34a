-- name: sla_compliance
-- title: Service level compliance
-- process: service_level
-- definition: Share of the cycles of a service level clock that met their goal, per definition. A cycle counts in the month in which it
--   was stopped, or became due if it is not stopped yet (unless the definition counts open and overdue as open); so an overdue one moves to the
--   month of its stop. Cancelled cycles and open ones that are not overdue are left out. Which cycles a ticket has follows the definition's rule for reopenings.
-- formula: cycles met ÷ (cycles met + cycles breached)
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: stop of the clock; its due time while it is overdue and not stopped
-- origin: standard: ISO/IEC 20000-1:2018 8.3.3; COBIT 2019 APO09.04; ITIL service level management
-- input: sla_definition(definition) | no service level is defined
-- input: sla_cycle(ticket_id) | no ticket falls under a service level definition
SELECT ticket_id || '#' || definition || '#' || cycle AS subject, -- reports find the cycle by it
    ticket_id, definition, counted_at,
    CAST(is_met AS INTEGER) AS numerator, 1 AS denominator
FROM counted_outcome
