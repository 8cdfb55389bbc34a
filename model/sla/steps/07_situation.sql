-- name: clock_situation
-- purpose: the state of a ticket after each event, all fields packed into one number
-- inputs: clock_event, clock_first
-- output columns: ticket_no; position; second; change_no; packed (sum of value number x weight over the fields)
SELECT e.ticket_no, e.position, e.second, e.change_no,
       {{range $i, $f := .Fields}}{{if $i}} + {{end}}CAST({{if .Evolves}}COALESCE(MOD(e.m{{.No}}, 16777216), f.i{{.No}}){{else}}f.i{{.No}}{{end}} AS {{$.Packed}}) * {{.Weight}}{{end}} AS packed
FROM (
  SELECT ticket_no, position, second, change_no
    {{- range .Fields}}{{if .Evolves}},
         {{- if eq .Name "source_status"}}
         MAX(CASE WHEN field_no = {{$.StatusNo}} THEN position * 16777216 + source_no END) OVER w AS m{{.No}}
         {{- else}}
         MAX(CASE WHEN field_no = {{.No}} THEN position * 16777216 + value_no END) OVER w AS m{{.No}}
         {{- end}}
    {{- end}}{{end}}
  FROM clock_event
  WINDOW w AS (PARTITION BY ticket_no ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) e
JOIN clock_first f ON f.ticket_no = e.ticket_no
