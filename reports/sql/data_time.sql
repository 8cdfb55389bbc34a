-- name: data_time
-- inputs: ticket, ticket_event
-- output: newest (instant of the newest record; NULL without records), tickets, events
SELECT greatest((SELECT max(greatest(opened_at, COALESCE(updated_at, opened_at), COALESCE(closed_at, opened_at), COALESCE(resolved_at, opened_at))) FROM ticket),
        (SELECT max(occurred_at) FROM ticket_event)) AS newest,
    (SELECT count(*) FROM ticket) AS tickets, (SELECT count(*) FROM ticket_event) AS events
