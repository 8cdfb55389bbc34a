-- name: clock_ticket
-- purpose: the tickets whose clocks are computed, with a number that is cheaper to join than their id, and what their record says
--   of the fields that conditions ask about
-- inputs: ticket, clock_value
-- output columns: ticket_no; ticket_id; has_history; opened_s, first_response_s, resolved_s, closed_s (seconds since 1970-01-01
--   UTC); base (the fields that some event changes) and still (the others), each packed: sum of value number x weight
SELECT CAST(ROW_NUMBER() OVER () AS INTEGER) AS ticket_no, t.ticket_id, t.has_history,
       {{seconds "t.opened_at"}} AS opened_s,
       {{seconds "t.first_response_at"}} AS first_response_s,
       {{seconds "t.resolved_at"}} AS resolved_s,
       {{seconds "t.closed_at"}} AS closed_s,
       CAST(0{{range .Fields}}{{if and .Column .Evolves}} + COALESCE(v{{.No}}.value_no, 0) * CAST({{.Weight}} AS {{$.Packed}}){{end}}{{end}} AS {{.Packed}}) AS base,
       CAST(0{{range .Fields}}{{if and .Column (not .Evolves)}} + COALESCE(v{{.No}}.value_no, 0) * CAST({{.Weight}} AS {{$.Packed}}){{end}}{{end}} AS {{.Packed}}) AS still
FROM {{.Ticket}} t
{{- range .Fields}}{{if .Column}}
LEFT JOIN clock_value v{{.No}} ON v{{.No}}.field_no = {{.No}} AND v{{.No}}.content = CAST(t.{{.Name}} AS VARCHAR)
{{- end}}{{end}}
WHERE t.deleted_at IS NULL AND t.merged_into IS NULL
  AND {{seconds "t.opened_at"}} >= 0 AND {{seconds "t.opened_at"}} <= {{.AsOf}}
