-- name: clock_apply
-- purpose: the tickets that one definition names, and the zone whose calendars count for each
-- inputs: ticket, clock_ticket, clock_going, clock_shape, clock_last, clock_meaning, clock_zone_choice (subject, zone_no); the definition
-- output columns: ticket_no; variant_no; shape_no; zone_no (0 = the calendar's own)
SELECT c.ticket_no, w.variant_no, s.shape_no, {{if .ZoneSubject}}COALESCE(z.zone_no, 0){{else}}0{{end}} AS zone_no
FROM clock_ticket c
JOIN clock_going w ON w.ticket_no = c.ticket_no
JOIN clock_shape s ON s.variant_no = w.variant_no
{{- if or .Chooses .ZoneSubject}}
JOIN (
  SELECT ticket_no{{if .ZoneSubject}}, {{.ZoneSubject}} AS zone_subject{{end}}
  FROM (
    SELECT c.ticket_no, {{.TicketColumns}}
    FROM clock_ticket c
    JOIN {{.Ticket}} r ON r.ticket_id = c.ticket_id
    JOIN clock_going w ON w.ticket_no = c.ticket_no
    JOIN clock_last l ON l.variant_no = w.variant_no
    JOIN clock_meaning m ON m.packed = l.packed
  ) ticket
  WHERE COALESCE(({{.AppliesWhen}}), FALSE)
) a ON a.ticket_no = c.ticket_no
{{- end}}
{{- if .ZoneSubject}}
LEFT JOIN clock_zone_choice z ON z.subject = a.zone_subject
{{- end}}
WHERE c.opened_s >= {{.ValidFrom}} AND c.opened_s < {{.ValidTo}}
