-- name: changes of a history file
-- purpose: every row of a history file in its canonical form and in order
-- inputs: a stage of entity ticket_history, dp_ticket
-- output: dp_change: one row a change, numbered by dp_step within the ticket; a value that a translation calls "missing, no
--   change" makes no change; a part of the states (dp_partial) would look like all of them, and is left out. Rows of tickets that the model does not hold are left out (and counted by the caller).
-- order: time, then the sequence column as a number, then as text, then the order of the file
CREATE OR REPLACE TEMP TABLE dp_change AS
SELECT * REPLACE (CASE WHEN dp_known_from = '' OR dp_known_from IS NULL AND dp_field = 'status'
    THEN lag(dp_known_to) OVER (PARTITION BY ticket_id, dp_field ORDER BY dp_step) ELSE dp_known_from END AS dp_known_from)
FROM (
    SELECT *,
        CASE dp_field {{range .Special}} WHEN {{text .Name}} THEN {{.From}}{{end}} ELSE dp_from END AS dp_known_from,
        CASE dp_field {{range .Special}} WHEN {{text .Name}} THEN {{.To}}{{end}} ELSE dp_to END AS dp_known_to
    FROM (
        SELECT ticket_id, occurred_at, dp_key, dp_field, to_value AS dp_to, {{.Actor}} AS dp_actor, {{.Role}} AS dp_role,
            CASE dp_field {{range .Ranks}} WHEN {{text .Name}} THEN {{.Rank}}{{end}} ELSE 99 END AS dp_rank,
            row_number() OVER by_ticket AS dp_step,
            {{if .HasFrom}}from_value{{else}}lag(to_value) OVER (PARTITION BY ticket_id, dp_field ORDER BY {{.Order}}){{end}} AS dp_from
        FROM (
            SELECT *, {{.FieldName}} AS dp_field
            FROM {{.Stage}} s WHERE dp_keep AND dp_reason IS NULL AND EXISTS (FROM dp_ticket t WHERE t.ticket_id = s.ticket_id)
        )
        WINDOW by_ticket AS (PARTITION BY ticket_id ORDER BY {{.Order}})
    )
) dp_now
WHERE (dp_known_to IS NULL OR dp_known_to <> '')
    AND NOT (dp_field = 'status' AND EXISTS (FROM dp_ticket t WHERE t.ticket_id = dp_now.ticket_id AND t.dp_partial))
