-- name: clock_value
-- purpose: a number for every value that a field takes; 0 stands for none
-- inputs: clock_change, ticket
-- output columns: field_no; content (the value); value_no (from 1 in each field)
SELECT d.field_no, d.content, ROW_NUMBER() OVER (PARTITION BY d.field_no ORDER BY d.content) AS value_no
FROM (
  SELECT field_no, CASE WHEN field_no = 2 THEN 'true' ELSE to_value END AS content FROM clock_change WHERE to_value <> '' OR field_no = 2
  UNION
  SELECT field_no, from_value FROM clock_change WHERE from_value <> '' AND field_no <> 2
  {{- if .SourceStatusNo}}
  UNION
  SELECT {{.SourceStatusNo}}, source_value FROM clock_change WHERE field_no = {{.StatusNo}} AND source_value <> ''
  {{- end}}
  {{- range .Columns}}
  UNION
  SELECT {{.No}}, CAST({{.Name}} AS VARCHAR) FROM {{$.Ticket}} WHERE CAST({{.Name}} AS VARCHAR) <> ''
  {{- end}}
) d
