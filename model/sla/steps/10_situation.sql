-- name: clock_path_situation
-- purpose: the state that each change of a path leaves: the value that the last event of a field left, before the first one what
--   that one says of before, and where there is none what the record says
-- inputs: clock_path, clock_effect
-- output columns: path_no; position (from 1); change_no; more (NULL = the last one); packed (sum of value number x weight)
SELECT path_no, position, change_no, more,
       CAST(0
  {{- range .Fields}}{{if .Evolves}}
       + COALESCE(m{{.No}}
    {{- if .Column}}
      {{- if eq .Name "source_status"}}, CASE WHEN had_status = 1 THEN 0 END{{else}}, f{{.No}}{{end}}
      {{- ""}}, CAST(MOD({{div "base" .Weight}}, {{.Size}}) AS BIGINT)
    {{- else}}, 0{{end}}) * CAST({{.Weight}} AS {{$.Packed}})
  {{- end}}{{end}} AS {{.Packed}}) AS packed
FROM (
  SELECT e.path_no, e.position, e.change_no, e.base,
         LEAD(1) OVER (PARTITION BY e.path_no ORDER BY e.position) AS more,
         MAX(CASE WHEN x.field_no = {{.StatusNo}} THEN 1 ELSE 0 END) OVER (PARTITION BY e.path_no) AS had_status
  {{- range .Fields}}{{if .Evolves}}
    {{- if eq .Name "source_status"}},
         {{last (printf "CASE WHEN x.field_no = %d THEN x.source_no END" $.StatusNo)}} OVER before AS m{{.No}}
    {{- else}},
         {{last (printf "CASE WHEN x.field_no = %d THEN x.value_no END" .No)}} OVER before AS m{{.No}}
      {{- if .Column}},
         {{first (printf "CASE WHEN x.field_no = %d THEN x.from_no END" .No)}} OVER behind AS f{{.No}}
      {{- end}}
    {{- end}}
  {{- end}}{{end}}
  FROM (SELECT path_no, base, {{ordinals "changes"}} AS position, {{members "changes"}} AS change_no FROM clock_path) e
  JOIN clock_effect x ON x.change_no = e.change_no
  WINDOW before AS (PARTITION BY e.path_no ORDER BY e.position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
         behind AS (PARTITION BY e.path_no ORDER BY e.position ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
) e
