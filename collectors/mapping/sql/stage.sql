-- name: stage of one entity of one source
-- purpose: read the newest version of every raw record, give each model field its text, translate it, turn it into
--   its type, and say why a row cannot be read
-- inputs: raw_record, or the rows of a tool's model (dp_raw); the fields, texts and conditions come from deskproof.yaml through the template
-- output: dp_row, dp_run, dp_origin, dp_line, dp_ordinal, dp_key, dp_keep (FALSE = left out by where or by a translation to nothing), dp_reason
--   (NULL = the row can be read), one column a field with its value, and for some fields dp_s_ (text of the source),
--   dp_u_ (text without a canonical value), dp_c_ (TRUE = the translation says: missing, no change)
SELECT dp_row, dp_run, dp_origin, dp_line, dp_ordinal, {{.KeyText}} AS dp_key,
    dp_keep{{range .Fields}}{{if .LeavesOut}} AND {{.K}} IS DISTINCT FROM ''{{end}}{{end}} AS dp_keep,
    CASE WHEN dp_keep IS NULL THEN {{text "the condition where could not be computed for this row"}} ELSE nullif(concat_ws('; '
{{- range .Checks}},
        CASE WHEN {{.Cond}} THEN {{.Says}} END
{{- end}}, NULL), '') END AS dp_reason
{{- range .Fields}},
    {{.V}} AS {{ident .Name}}
{{- if .KeepsText}}, {{.S}} AS {{ident (printf "dp_s_%s" .Name)}}{{end}}
{{- if .Enumerated}}, CASE WHEN {{.Unmapped}} THEN coalesce({{.S}}, '') END AS {{ident (printf "dp_u_%s" .Name)}}{{end}}
{{- if .NoChange}}, coalesce({{.K}} = '', FALSE) AS {{ident (printf "dp_c_%s" .Name)}}{{end}}
{{- end}}
FROM (
    SELECT *
{{- range .Fields}}, {{.Typed}} AS {{.V}}
{{- end}}
    FROM (
        SELECT *
{{- range .Fields}}, {{.Known}} AS {{.K}}
{{- end}}
        FROM (
            SELECT *
{{- range .Fields}}, {{.Text}} AS {{.S}}
{{- end}}
            FROM (
                SELECT *, {{.Keep}} AS dp_keep
{{- range .Computed}}, {{.Computed}} AS {{.X}}
{{- end}}
                FROM (
                    SELECT dp_row, dp_run, dp_origin, dp_line, dp_ordinal, dp_raw_key
{{- range $i, $c := .Columns}}, dp_list[{{inc $i}}] AS {{ident $c.As}}
{{- end}}
                    FROM (
                        SELECT r.rowid AS dp_row, r.run_id AS dp_run, r.origin AS dp_origin, r.line AS dp_line,
                            r.ordinal AS dp_ordinal, r.key AS dp_raw_key, json_extract_string(r.payload, {{.Pointers}}) AS dp_list
                        FROM {{.From}} r
                        WHERE r.source = {{text .Source}} AND r.entity = {{text .Entity}} AND NOT r.deleted
{{- if .Versions}}
                            AND NOT EXISTS (FROM raw_record newer WHERE newer.source = r.source AND newer.entity = r.entity
                                AND newer.key = r.key AND newer.version > r.version)
{{- end}}
                    )
                )
            )
        )
    )
)
