-- name: clock_bare
-- purpose: tickets without status history for which the source gave no status event at all
-- inputs: clock_ticket, ticket_event
-- output columns: ticket_no
SELECT t.ticket_no
FROM clock_ticket t
WHERE NOT t.has_history AND NOT EXISTS (SELECT 1 FROM {{.TicketEvent}} e WHERE e.ticket_id = t.ticket_id AND e.field = 'status')
