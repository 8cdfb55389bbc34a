-- name: clock_ticket
-- purpose: the tickets whose clocks are computed, with a number that is cheaper to join than their id, and what their record says
--   of the fields that conditions ask about. Of a field that changes after as-of the record says too much: until its first
--   change it held what that one left
-- inputs: ticket, ticket_event, clock_value
-- output columns: ticket_no; ticket_id; has_history; opened_s, first_response_s, resolved_s, closed_s (seconds since 1970-01-01
--   UTC); base (the fields that some event changes) and still (the others), each packed: sum of value number x weight
SELECT {{number "t"}} AS ticket_no, t.ticket_id, t.has_history,
       {{seconds "t.opened_at"}} AS opened_s,
       {{seconds "t.first_response_at"}} AS first_response_s,
       {{seconds "t.resolved_at"}} AS resolved_s,
       {{seconds "t.closed_at"}} AS closed_s,
       CAST(0{{range .Fields}}{{if and .Column .Evolves}} + COALESCE(v{{.No}}.value_no, 0) * CAST({{.Weight}} AS {{$.Packed}}){{end}}{{end}} AS {{.Packed}}) AS base,
       CAST(0{{range .Fields}}{{if and .Column (not .Evolves)}} + COALESCE(v{{.No}}.value_no, 0) * CAST({{.Weight}} AS {{$.Packed}}){{end}}{{end}} AS {{.Packed}}) AS still
FROM {{.Ticket}} t
LEFT JOIN (
  SELECT ticket_id
  {{- range .Fields}}{{if and .Column .Evolves (ne .Name "source_status")}},
         MAX(CASE WHEN field = {{text .Name}} THEN from_value END) AS f{{.No}}
  {{- end}}{{end}}
  FROM (
    SELECT e.ticket_id, e.field, COALESCE(e.from_value, '') AS from_value,
           ROW_NUMBER() OVER (PARTITION BY e.ticket_id, e.field ORDER BY {{seconds "e.occurred_at"}}, e.sequence) AS place
    FROM {{.TicketEvent}} e
    WHERE {{seconds "e.occurred_at"}} > {{.AsOf}}
  ) e
  WHERE place = 1
  GROUP BY ticket_id
) l ON l.ticket_id = t.ticket_id
{{- range .Fields}}{{if .Column}}
LEFT JOIN clock_value v{{.No}} ON v{{.No}}.field_no = {{.No}} AND v{{.No}}.content =
  {{- if eq .Name "source_status"}} CASE WHEN l.f{{$.StatusNo}} IS NULL THEN t.source_status END
  {{- else if .Evolves}} COALESCE(l.f{{.No}}, CAST(t.{{.Name}} AS VARCHAR))
  {{- else}} CAST(t.{{.Name}} AS VARCHAR){{end}}
{{- end}}{{end}}
WHERE t.deleted_at IS NULL AND t.merged_into IS NULL
  AND {{seconds "t.opened_at"}} >= 0 AND {{seconds "t.opened_at"}} <= {{.AsOf}}
