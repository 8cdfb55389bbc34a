-- name: explain_event
-- purpose: the changes of one ticket that its clocks may have looked at, in source order
-- inputs: ticket_event, build_info; parameters: ticket, fields
-- output columns: happened_at; field; from_value; to_value; source_value (source's own word)
SELECT e.occurred_at AS happened_at, e.field, coalesce(e.from_value, '') AS from_value, coalesce(e.to_value, '') AS to_value, coalesce(e.source_to_value, '') AS source_value
FROM ticket_event e
WHERE e.ticket_id = ? AND list_contains(string_split(?, ','), e.field)
  AND e.occurred_at <= coalesce((SELECT max(as_of) FROM build_info), e.occurred_at)
ORDER BY e.occurred_at, e.sequence
LIMIT 2000
