-- name: clock_first
-- purpose: what each field held before its first event: the value that event left, or the ticket's own where there is no event
-- inputs: clock_ticket, clock_order, clock_value, ticket
-- output columns: ticket_no; for each field i<number>: number of the value, 0 = none
SELECT t.ticket_no
  {{- range .Fields}},
  {{- if .Column}}
       COALESCE({{if .Evolves}}MOD(e.f{{.No}}, 16777216), {{end}}{{if eq .Name "source_status"}}CASE WHEN e.had_status = 1 THEN 0 END, {{end}}v{{.No}}.value_no, 0) AS i{{.No}}
  {{- else}}
       0 AS i{{.No}}
  {{- end}}
  {{- end}}
FROM clock_ticket t
JOIN ticket r ON r.ticket_id = t.ticket_id
LEFT JOIN (
  SELECT ticket_no, MAX(CASE WHEN field_no = {{.StatusNo}} THEN 1 ELSE 0 END) AS had_status
  {{- range .Fields}}{{if and .Column .Evolves}},
         MIN(CASE WHEN field_no = {{.No}} THEN position * 16777216 + from_no END) AS f{{.No}}
  {{- end}}{{end}}
  FROM clock_order GROUP BY ticket_no
) e ON e.ticket_no = t.ticket_no
{{- range .Fields}}{{if .Column}}
LEFT JOIN clock_value v{{.No}} ON v{{.No}}.field_no = {{.No}} AND v{{.No}}.content = CAST(r.{{.Name}} AS VARCHAR)
{{- end}}{{end}}
