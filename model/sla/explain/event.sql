-- name: explain_event
-- purpose: what happened to one ticket that its clocks may have looked at, in source order: changes of fields, the first response of the
--   record where the history does not tell it, public comments
-- inputs: ticket_event, ticket, communication, build_info; parameters: fields (joined by commas), ticket
-- output columns: happened_at; field; from_value; to_value; source_value (source's own word)
SELECT h.happened_at, h.field, h.from_value, h.to_value, h.source_value
FROM (SELECT CAST(? AS VARCHAR) AS fields, CAST(? AS VARCHAR) AS ticket_id) asked
JOIN (
  SELECT ticket_id, occurred_at AS happened_at, CAST(sequence AS BIGINT) AS position, field, coalesce(from_value, '') AS from_value,
         coalesce(to_value, '') AS to_value, coalesce(source_to_value, '') AS source_value
  FROM ticket_event
  UNION ALL
  SELECT t.ticket_id, t.first_response_at, -1, 'first_response', '', 'true', ''
  FROM ticket t
  WHERE t.first_response_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ticket_event e WHERE e.ticket_id = t.ticket_id AND e.field = 'first_response')
  UNION ALL
  SELECT ticket_id, sent_at, 1000000002, 'last_comment_by', '', coalesce(sender_role, ''), ''
  FROM communication WHERE coalesce(is_public, TRUE)
) h ON h.ticket_id = asked.ticket_id AND list_contains(string_split(asked.fields, ','), h.field)
WHERE h.happened_at <= coalesce((SELECT max(as_of) FROM build_info), h.happened_at)
ORDER BY h.happened_at, h.position
LIMIT 2000
