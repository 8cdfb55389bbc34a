-- name: tickets from rows
-- purpose: one ticket a row of the stage (row_per_ticket, tickets_and_history), or from its last update (row_per_update)
-- inputs: the stage or its updates in order; raw_record for the values that the mapping leaves out
-- output: rows of dp_ticket, a table with the columns of ticket and the mapped times of resolution and closing; dp_partial is
--   TRUE where the source itself says that the history is not whole
INSERT INTO dp_ticket BY NAME
SELECT {{text .Prefix}} || s.key AS ticket_id, {{text .System}} AS source, s.key AS key,
    {{.URL}} AS url
{{- range .Given}},
    {{.Expr}} AS {{ident .Name}}
{{- end}},
    {{.HasHistory}} AS has_history, {{.Partial}} AS dp_partial,
    0 AS reopen_count, 0 AS reassignment_count,
    CAST(nullif(CAST(json_merge_patch(r.payload, {{text .Drop}}) AS VARCHAR), '{}') AS JSON) AS attributes
FROM {{.Rows}} s JOIN {{.From}} r ON r.rowid = s.dp_row
WHERE {{.Condition}}
