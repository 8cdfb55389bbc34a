-- name: clock_event
-- purpose: the history of each ticket, with its opening, first response and comments among it
-- inputs: ticket_event, communication, clock_ticket, clock_effect, clock_bare
-- output columns: ticket_no; second (since 1970-01-01 UTC); rank (order within a second, from 0); change_no
SELECT t.ticket_no, GREATEST({{seconds "e.occurred_at"}}, 0) AS second, CAST(e.sequence AS BIGINT) + {{.FirstRank}} AS rank, x.change_no
FROM {{.TicketEvent}} e
JOIN clock_effect x ON x.name = e.field AND x.from_value = COALESCE(e.from_value, '')
 AND x.to_value = COALESCE(e.to_value, '') AND x.source_value = COALESCE(e.source_to_value, '')
JOIN clock_ticket t ON t.ticket_id = e.ticket_id
WHERE (x.field_no > 3{{if .FirstResponse}} OR x.field_no = 2{{end}}) AND e.occurred_at < {{after .AsOf}}
UNION ALL
-- The opening comes before every event of its second.
SELECT t.ticket_no, t.opened_s, 0, x.change_no
FROM clock_ticket t JOIN clock_effect x ON x.field_no = 1
UNION ALL
-- A ticket without any status event has the three instants of its record.
SELECT v.ticket_no, v.second, v.rank, x.change_no
FROM (
  SELECT ticket_no, opened_s AS second, 1 AS rank, 'new' AS status FROM clock_ticket
  UNION ALL
  SELECT ticket_no, resolved_s, {{.LastRank}} + 1, 'resolved' FROM clock_ticket WHERE resolved_s IS NOT NULL
  UNION ALL
  SELECT ticket_no, closed_s, {{.LastRank}} + 2, 'closed' FROM clock_ticket WHERE closed_s IS NOT NULL
) v
JOIN clock_bare b ON b.ticket_no = v.ticket_no
JOIN clock_effect x ON x.field_no = {{.StatusNo}} AND x.from_value = '' AND x.to_value = v.status AND x.source_value = ''
WHERE v.second >= 0 AND v.second <= {{.AsOf}}
{{- if .FirstResponse}}
UNION ALL
-- The first response of the record, where the history does not tell it; it comes before a stop in its second.
SELECT t.ticket_no, t.first_response_s, 2, x.change_no
FROM clock_ticket t
JOIN clock_effect x ON x.field_no = 2 AND x.from_value = '' AND x.to_value = 'true' AND x.source_value = ''
WHERE t.first_response_s >= 0 AND t.first_response_s <= {{.AsOf}}
  AND NOT EXISTS (SELECT 1 FROM {{.TicketEvent}} e WHERE e.ticket_id = t.ticket_id AND e.field = 'first_response')
{{- end}}
{{- if .Comments}}
UNION ALL
SELECT t.ticket_no, {{seconds "m.sent_at"}},
       {{.LastRank}} + 2 + ROW_NUMBER() OVER (PARTITION BY m.ticket_id ORDER BY m.sent_at, m.communication_id), x.change_no
FROM {{.Communication}} m
JOIN clock_effect x ON x.field_no = 3 AND x.to_value = COALESCE(m.sender_role, '')
JOIN clock_ticket t ON t.ticket_id = m.ticket_id
WHERE COALESCE(m.is_public, TRUE) AND {{seconds "m.sent_at"}} >= 0 AND m.sent_at < {{after .AsOf}}
{{- end}}
