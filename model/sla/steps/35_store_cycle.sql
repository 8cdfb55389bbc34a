-- name: clock_store_cycle
-- purpose: the rows of sla_cycle
-- inputs: clock_result, clock_ticket, calendar_definition; the definition
-- output columns: those of sla_cycle
SELECT t.ticket_id, {{text .Definition}} AS definition, {{text .DefinitionKind}} AS definition_kind, {{text .Clock}} AS clock,
       CAST(r.cycle AS INTEGER) AS cycle, k.name AS calendar, r.goal_s AS goal_seconds,
       {{instant "r.started_s"}} AS started_at,
       CASE WHEN r.end_kind > 0 THEN {{instant "r.ended_s"}} END AS stopped_at,
       r.elapsed_s AS elapsed_seconds, r.ended_s - r.started_s AS calendar_seconds, r.paused_s AS paused_seconds,
       {{instant "r.due_s"}} AS due_at, {{instant "r.breached_s"}} AS breached_at, r.state
FROM clock_result r
JOIN clock_ticket t ON t.ticket_no = r.ticket_no
JOIN calendar_definition k ON k.calendar_id = r.calendar_id
