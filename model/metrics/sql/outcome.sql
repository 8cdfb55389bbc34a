-- name: outcome
-- purpose: the cycles of service level clocks that count, of tickets that count
-- inputs: sla_outcome (which says when and as what a cycle counts), counted_ticket
-- output: temporary table counted_outcome (ticket_id, definition, definition_kind, clock, cycle, counted_at, is_met, overdue_seconds)
-- unit: seconds of the clock's calendar
CREATE OR REPLACE TEMP TABLE counted_outcome AS
SELECT o.ticket_id, o.definition, o.definition_kind, o.clock, o.cycle, o.counted_at, o.is_met,
    CASE WHEN o.is_met THEN 0 ELSE o.over_seconds END AS overdue_seconds
FROM sla_outcome o JOIN counted_ticket t ON t.ticket_id = o.ticket_id
WHERE o.counted_at IS NOT NULL AND o.is_met IS NOT NULL;
