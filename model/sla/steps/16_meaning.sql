-- name: clock_meaning
-- purpose: every state that occurs, once, in the words that conditions use
-- inputs: clock_situation, clock_value
-- output columns: packed; one column a field; resolved and closed (from status)
SELECT p.packed
  {{- range .Fields}},
       {{if .Word}}COALESCE(v{{.No}}.content, '') = 'true' AS {{.Name}}{{else}}TRY_CAST(v{{.No}}.content AS {{.Type}}) AS {{.Name}}{{end}}
  {{- end}},
       COALESCE(v{{.StatusNo}}.content, '') IN ('resolved', 'closed') AS resolved,
       COALESCE(v{{.StatusNo}}.content, '') = 'closed' AS closed
FROM (SELECT DISTINCT packed FROM clock_situation) p
{{- range .Fields}}
LEFT JOIN clock_value v{{.No}} ON v{{.No}}.field_no = {{.No}}
 AND v{{.No}}.value_no = MOD({{div "p.packed" .Weight}}, {{.Size}})
{{- end}}
