-- name: change_caused_incidents
-- title: Incidents caused by changes
-- process: change
-- definition: Incidents that are linked to an implemented change as its consequence, per change. Only links count (caused_by from the
--   incident, or causes from the change), so incidents that nobody linked are missing.
-- formula: distinct incidents linked ÷ implemented changes
-- aggregate: ratio
-- unit: count_per_ticket
-- direction: lower
-- period_key: actual end of the change (resolved_at or closed_at where it is not recorded)
-- origin: framework: COBIT 2019 BAI06; ITIL change enablement
-- input: ticket_link(to_ticket_id) where link_type IN ('caused_by', 'causes') | no link says that a change caused an incident
-- input: ticket(opened_at) where kind = 'change' | no change is recorded
SELECT ticket_id, implemented_at AS counted_at, caused_incidents AS numerator, 1 AS denominator, caused_incidents AS amount
FROM counted_change
WHERE EXISTS (SELECT 1 FROM ticket_link WHERE link_type IN ('caused_by', 'causes'))
