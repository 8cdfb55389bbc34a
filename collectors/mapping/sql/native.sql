-- name: the tool's own service level clocks
-- purpose: what columns of a ticket row say of one clock of the tool
-- inputs: the stage of the tickets, or the last update of each
-- output: rows of native_sla; a ticket without verdict, counted time and due time has none
INSERT INTO native_sla BY NAME
SELECT {{text .Prefix}} || key AS ticket_id, {{text .Name}} AS name, {{text .Clock}} AS clock, {{.Breached}} AS breached,
    {{.Goal}} AS goal_seconds, {{.Elapsed}} AS elapsed_seconds, {{.Due}} AS due_at, {{.Stopped}} AS stopped_at
FROM {{.Rows}} s
WHERE {{.Condition}} AND coalesce(CAST({{.Breached}} AS VARCHAR), CAST({{.Elapsed}} AS VARCHAR), CAST({{.Due}} AS VARCHAR)) IS NOT NULL
ORDER BY ALL
