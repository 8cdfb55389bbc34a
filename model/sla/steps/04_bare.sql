-- name: clock_bare
-- purpose: tickets without status history for which the source gave no status event at all
-- inputs: ticket, clock_ticket, ticket_event
-- output columns: ticket_no
SELECT t.ticket_no
FROM clock_ticket t
JOIN ticket r ON r.ticket_id = t.ticket_id
WHERE NOT r.has_history AND NOT EXISTS (SELECT 1 FROM ticket_event e WHERE e.ticket_id = t.ticket_id AND e.field = 'status')
