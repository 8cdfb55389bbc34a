-- name: clock_apply
-- purpose: the tickets that one definition names, and the zone whose calendars count for each
-- inputs: ticket, clock_ticket, clock_last, clock_meaning, clock_zone_choice (subject, zone_no); the definition
-- output columns: ticket_no; zone_no (0 = the calendar's own)
SELECT c.ticket_no, {{if .ZoneSubject}}COALESCE(z.zone_no, 0){{else}}0{{end}} AS zone_no
FROM clock_ticket c
{{- if or .Chooses .ZoneSubject}}
JOIN (
  SELECT ticket_no{{if .ZoneSubject}}, {{.ZoneSubject}} AS zone_subject{{end}}
  FROM (
    SELECT c.ticket_no, {{.TicketColumns}}
    FROM clock_ticket c
    JOIN ticket r ON r.ticket_id = c.ticket_id
    JOIN clock_last l ON l.ticket_no = c.ticket_no
    JOIN clock_meaning m ON m.packed = l.packed
  ) ticket
  WHERE COALESCE(({{.AppliesWhen}}), FALSE)
) a ON a.ticket_no = c.ticket_no
{{- end}}
{{- if .ZoneSubject}}
LEFT JOIN clock_zone_choice z ON z.subject = a.zone_subject
{{- end}}
WHERE c.opened_s >= {{.ValidFrom}} AND c.opened_s < {{.ValidTo}}
