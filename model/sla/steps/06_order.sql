-- name: clock_order
-- purpose: the events of each ticket in order, each field with the value that its last event left (NULL = no event yet)
-- inputs: clock_event
-- output columns: ticket_no; position (from 1); second; change_no; field_no; from_no; more (NULL = the last one); for each field m<number>
SELECT ticket_no, ROW_NUMBER() OVER w AS position, second, change_no, field_no, from_no,
       LEAD(1) OVER (PARTITION BY ticket_no ORDER BY second, sequence) AS more
  {{- range .Fields}}{{if .Evolves}},
       {{- if eq .Name "source_status"}}
       {{last (printf "CASE WHEN field_no = %d THEN source_no END" $.StatusNo)}} OVER w AS m{{.No}}
       {{- else}}
       {{last (printf "CASE WHEN field_no = %d THEN value_no END" .No)}} OVER w AS m{{.No}}
       {{- end}}
  {{- end}}{{end}}
FROM clock_event
WINDOW w AS (PARTITION BY ticket_no ORDER BY second, sequence ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
