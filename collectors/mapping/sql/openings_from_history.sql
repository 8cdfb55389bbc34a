-- name: events of a history file
-- purpose: the changes of a history file as events, and what the fields held at the opening, rebuilt from the first change
-- inputs: dp_change, dp_ticket
-- output: rows of dp_event (dp_step 0 = opening); dp_ticket.has_history is set where the status history is known
-- rules: the value at the opening is what the first change says was there before; where a field never changed it is the
--   ticket's own value. A status without a value before is preceded by new, from the opening on. A ticket without any
--   change of status has a known history only while it is new. Where the source says that a history is not whole, it stays so.
UPDATE dp_ticket SET has_history = TRUE
WHERE source = {{text .System}} AND dp_source = {{text .Source}} AND NOT dp_partial
    AND (status = 'new' OR EXISTS (FROM dp_change c WHERE c.ticket_id = dp_ticket.ticket_id AND c.dp_field = 'status'));

INSERT INTO dp_event BY NAME
SELECT ticket_id, occurred_at, dp_step, dp_rank, dp_actor AS actor, dp_role AS actor_role, dp_field AS field,
    CASE WHEN dp_field = 'status' AND occurred_at > (SELECT opened_at FROM dp_ticket t WHERE t.ticket_id = c.ticket_id) THEN coalesce(dp_known_from, 'new')
        ELSE dp_known_from END AS from_value,
    dp_known_to AS to_value, dp_from AS source_from_value, dp_to AS source_to_value
FROM dp_change c;

CREATE OR REPLACE TEMP TABLE dp_first_change AS
SELECT ticket_id, dp_field, min(occurred_at) AS first_at,
    arg_min({'v': dp_known_from}, dp_step).v AS before, arg_min({'v': dp_from}, dp_step).v AS before_text
FROM dp_change GROUP BY ticket_id, dp_field;

INSERT INTO dp_event BY NAME
SELECT t.ticket_id, least(t.opened_at, f.first_at) AS occurred_at, 0 AS dp_step, 0 AS dp_rank,
    CAST(NULL AS VARCHAR) AS actor, CASE WHEN f.ticket_id IS NOT NULL AND f.before IS NULL THEN 'system' END AS actor_role, 'status' AS field,
    CAST(NULL AS VARCHAR) AS from_value, CASE WHEN f.ticket_id IS NULL THEN t.status ELSE coalesce(f.before, 'new') END AS to_value,
    CAST(NULL AS VARCHAR) AS source_from_value, CASE WHEN f.ticket_id IS NULL THEN t.source_status ELSE f.before_text END AS source_to_value
FROM dp_ticket t LEFT JOIN dp_first_change f ON f.ticket_id = t.ticket_id AND f.dp_field = 'status'
WHERE t.has_history AND t.dp_source = {{text .Source}} AND (f.before IS NOT NULL OR f.first_at IS NULL OR f.first_at > t.opened_at)
{{- range .Initial}}
UNION ALL
SELECT t.ticket_id, least(t.opened_at, f.first_at), 0, {{.Rank}}, NULL, NULL, {{text .Name}}, NULL,
    {{if .Initial}}CASE WHEN f.ticket_id IS NULL THEN {{.Own}} ELSE f.before END{{else}}f.before{{end}},
    NULL, {{if .Initial}}CASE WHEN f.ticket_id IS NULL THEN NULL ELSE f.before_text END{{else}}f.before_text{{end}}
FROM dp_ticket t LEFT JOIN dp_first_change f ON f.ticket_id = t.ticket_id AND f.dp_field = {{text .Name}}
WHERE t.has_history AND t.dp_source = {{text $.Source}} AND {{if .Initial}}CASE WHEN f.ticket_id IS NULL THEN {{.Own}} ELSE f.before END{{else}}f.before{{end}} IS NOT NULL
{{- end}}
