-- name: clock_store_segment
-- purpose: the rows of sla_segment
-- inputs: clock_running, clock_ticket, clock_situation, clock_effect, calendar_definition; the definition
-- output columns: those of sla_segment
SELECT t.ticket_id, {{text .Definition}} AS definition, CAST(r.cycle AS INTEGER) AS cycle, r.sequence,
       {{instant "r.from_s"}} AS started_at, {{instant "r.to_s"}} AS ended_at,
       CASE WHEN r.runs = 1 THEN 'running' ELSE 'paused' END AS state,
       CASE WHEN r.phase = 1 THEN x.reason ELSE CONCAT(x.reason, ' (reopened later)') END AS reason, r.moment_goal_s AS goal_seconds, k.name AS calendar, r.counted AS elapsed_seconds
FROM clock_running r
JOIN clock_ticket t ON t.ticket_no = r.ticket_no
JOIN clock_situation s ON s.variant_no = r.variant_no AND s.position = r.position
JOIN clock_effect x ON x.change_no = s.change_no
JOIN calendar_definition k ON k.calendar_id = r.calendar_id
