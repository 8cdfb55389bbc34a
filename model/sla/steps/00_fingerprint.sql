-- name: clock_fingerprint
-- purpose: a number for each ticket that changes when what definitions ask of its record, its history up to the replay or a comment
--   in it does
-- inputs: ticket, ticket_event, clock_field{{if .Comments}}, communication{{end}}
-- output columns: ticket_id; fingerprint
SELECT p.ticket_id, CAST(SUM(p.print) AS HUGEINT) AS fingerprint
FROM (
  SELECT t.ticket_id, {{hash .Watched}} AS print FROM ticket t
  UNION ALL
  SELECT e.ticket_id, SUM({{hash "e.occurred_at, e.sequence, e.field, e.from_value, e.to_value, e.source_to_value"}})
  FROM ticket_event e
  JOIN clock_field f ON f.name = e.field
  WHERE {{seconds "e.occurred_at"}} <= {{.AsOf}}
  GROUP BY e.ticket_id
  {{- if .Comments}}
  UNION ALL
  SELECT m.ticket_id, SUM({{hash "m.communication_id, m.sent_at, m.sender_role, m.is_public"}})
  FROM communication m
  WHERE {{seconds "m.sent_at"}} <= {{.AsOf}}
  GROUP BY m.ticket_id
  {{- end}}
) p
GROUP BY p.ticket_id
