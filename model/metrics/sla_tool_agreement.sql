-- name: sla_tool_agreement
-- title: Agreement with the tool's own service level results
-- process: service_level
-- definition: Share of the tickets for which the recomputed result and the verdict that the tool itself stored are the same, met or breached. Compared
--   per ticket and definition (SLAs only) with the tool's clock of the same name; breached is one in which any cycle, or any of the tool's
--   entries, is breached. Tickets on which only one side has a verdict are left out.
-- formula: tickets with equal verdicts ÷ tickets with both verdicts
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: last instant at which one of the cycles counts (sla_compliance)
-- origin: practice: reconciliation of recomputed and reported figures
-- input: native_sla(breached) | the sources give no service level results of their own
-- input: sla_cycle(ticket_id) | no ticket falls under a service level definition
WITH recomputed AS (
    SELECT ticket_id, definition, clock, max(counted_at) AS counted_at, NOT bool_and(is_met) AS is_breached
    FROM counted_outcome WHERE definition_kind = 'SLA' GROUP BY ticket_id, definition, clock
), reported AS (
    SELECT ticket_id, clock, bool_or(breached) AS is_breached FROM native_sla WHERE breached IS NOT NULL GROUP BY ticket_id, clock
)
SELECT r.ticket_id || '#' || r.definition AS subject, r.ticket_id, r.definition, r.counted_at,
    CAST(r.is_breached = n.is_breached AS INTEGER) AS numerator, 1 AS denominator
FROM recomputed r JOIN reported n ON n.ticket_id = r.ticket_id AND n.clock = r.clock
