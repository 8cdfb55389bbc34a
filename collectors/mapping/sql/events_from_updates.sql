-- name: history from updates
-- purpose: every difference between two consecutive updates becomes an event; the opening becomes the first events
-- inputs: the updates in order
-- output: rows of dp_event (dp_step = number of the update, 0 = opening; dp_rank = order of the fields)
-- rules: a ticket is new when it is opened. Where its first update shows another status at a later time, the opening
--   is an event of its own (actor_role system, no source value) and the update sets the status. Nothing precedes the
--   opening: where an update is dated before it, the opening moves to that update.
INSERT INTO dp_event BY NAME
{{- range .Changing}}
SELECT {{text $.Prefix}} || key AS ticket_id, dp_updated AS occurred_at, dp_n AS dp_step, {{.Rank}} AS dp_rank,
    {{$.Actor}} AS actor, CAST(NULL AS VARCHAR) AS actor_role, {{text .Name}} AS field,
    {{.Before}} AS from_value, {{.After}} AS to_value, {{.BeforeText}} AS source_from_value, {{.AfterText}} AS source_to_value
FROM {{$.Rows}}
WHERE dp_n > 1 AND ({{ident .Name}} IS DISTINCT FROM {{ident (printf "dp_p_%s" .Name)}}
{{- if .Enumerated}} OR {{ident (printf "dp_s_%s" .Name)}} IS DISTINCT FROM {{ident (printf "dp_ps_%s" .Name)}}{{end}})
UNION ALL
{{- end}}
SELECT {{text .Prefix}} || key, least(opened_at, dp_updated), 0, 0,
    CASE WHEN {{.OpenedAs}} THEN {{.Actor}} END, CASE WHEN NOT {{.OpenedAs}} THEN 'system' END, 'status',
    NULL, CASE WHEN {{.OpenedAs}} THEN status ELSE 'new' END, NULL, CASE WHEN {{.OpenedAs}} THEN {{.StatusText}} END
FROM {{.Rows}} WHERE dp_n = 1
UNION ALL
SELECT {{text .Prefix}} || key, dp_updated, 1, 0, {{.Actor}}, NULL, 'status', 'new', status, NULL, {{.StatusText}}
FROM {{.Rows}} WHERE dp_n = 1 AND status IS NOT NULL AND NOT {{.OpenedAs}}
{{- range .Changing}}{{if ne .Name "status"}}
UNION ALL
SELECT {{text $.Prefix}} || key, least(opened_at, dp_updated), 0, {{.Rank}}, NULL, NULL, {{text .Name}}, NULL, {{.After}}, NULL, {{.AfterText}}
FROM {{$.Rows}} f WHERE dp_n = 1 AND {{ident .Name}} IS NOT NULL
{{- if not .Initial}}
    AND EXISTS (FROM {{$.Rows}} c WHERE c.key = f.key AND c.dp_n > 1 AND c.{{ident .Name}} IS DISTINCT FROM c.{{ident (printf "dp_p_%s" .Name)}})
{{- end}}
{{- end}}{{end}}
