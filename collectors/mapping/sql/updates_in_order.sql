-- name: updates in order
-- purpose: number the updates of each ticket, carry a value over updates that say "missing, no change", and put the
--   value before beside every value
-- inputs: a stage of entity ticket_update
-- output: the readable rows with dp_n (1 = first update of the ticket), dp_last, and for each changing field dp_p_ (value
--   before) and dp_ps_ (source text before)
-- rule: where no column tells when a ticket was opened, it was at its first update
-- order: time of the update, then the sequence column as a number, then as text, then the order of the file
-- One window serves all columns: the rows are sorted once.
CREATE OR REPLACE TEMP TABLE dp_update AS
SELECT * FROM (
    SELECT {{range .Plain}}{{ident .}}, {{end}}{{if .FirstOpens}}first_value(dp_updated) OVER in_order AS opened_at, {{end}}row_number() OVER in_order AS dp_n,
        {{if .AsOf}}coalesce(lead(dp_updated) OVER in_order > {{.AsOf}}, TRUE){{else}}lead(dp_updated) OVER in_order IS NULL{{end}} AS dp_last
{{- range .Changing}}{{$f := .}}{{range .Pairs}},
{{- if $f.Stays}}
        (last_value(CASE WHEN {{$f.Stays}} THEN NULL ELSE {'kept': {{ident .Now}}} END IGNORE NULLS) OVER so_far).kept AS {{ident .Now}},
        (last_value(CASE WHEN {{$f.Stays}} THEN NULL ELSE {'kept': {{ident .Now}}} END IGNORE NULLS) OVER before_it).kept AS {{ident .Before}}
{{- else}}
        {{ident .Now}}, lag({{ident .Now}}) OVER in_order AS {{ident .Before}}
{{- end}}{{end}}{{end}}
    FROM {{.Stage}} WHERE dp_keep AND dp_reason IS NULL
    WINDOW in_order AS ({{.Order}}),
        so_far AS ({{.Order}} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        before_it AS ({{.Order}} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
{{- if .AsOf}}
WHERE dp_updated <= {{.AsOf}} OR dp_n = 1
{{- end}}
