-- name: clock_fingerprint
-- purpose: a number for each ticket that changes when what definitions ask of its record, its history or a comment in it does. What
--   lies behind the replay belongs to it: it tells what a field held before, and that there is a history
-- inputs: ticket, ticket_event{{if .Comments}}, communication{{end}}
-- output columns: ticket_id; fingerprint
SELECT p.ticket_id, {{xor "p.print"}} AS fingerprint
FROM (
  SELECT t.ticket_id, {{hash .Watched}} AS print FROM ticket t
  UNION ALL
  SELECT e.ticket_id, {{hash "e.occurred_at, e.sequence, e.field, e.from_value, e.to_value, e.source_to_value"}}
  FROM ticket_event e
  WHERE e.field IN ({{range $i, $f := .Fields}}{{if $i}}, {{end}}{{text $f.Name}}{{end}})
  {{- if .Comments}}
  UNION ALL
  SELECT m.ticket_id, {{hash "m.communication_id, m.sent_at, m.sender_role, m.is_public"}}
  FROM communication m
  {{- end}}
) p
GROUP BY p.ticket_id
