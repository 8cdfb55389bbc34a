-- name: clock_bare
-- purpose: tickets whose history holds no status at all
-- inputs: clock_ticket, ticket_event
-- output columns: ticket_no
SELECT t.ticket_no
FROM clock_ticket t
WHERE NOT EXISTS (SELECT 1 FROM ticket_event e WHERE e.ticket_id = t.ticket_id AND e.field = 'status')
