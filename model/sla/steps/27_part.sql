-- name: clock_part
-- purpose: the stretches of each cycle that has a goal, and whether the clock runs in them
-- inputs: clock_cycle, clock_stretch, clock_goal; choices of the definition
-- output columns: shape_no; zone_no; cycle; position; sequence (from 1 in each cycle); next_position; first_position (of its cycle); phase;
--   runs, is_last (0, 1); ending (of its cycle); goal (that decides its cycle); moment_goal (in force, 0 = none); calendar_id (that
--   counts); goal_s, moment_goal_s (seconds of these goals without their days)
SELECT c.shape_no, k.zone_no, c.cycle, s.position, s.next_position, c.first_position, s.phase, c.ending, c.goal, s.goal AS moment_goal,
       {{if .EachMoment}}COALESCE(m.calendar_id, k.calendar_id){{else}}k.calendar_id{{end}} AS calendar_id, k.goal_s, COALESCE(m.goal_s, 0) AS moment_goal_s,
       CAST(ROW_NUMBER() OVER (PARTITION BY c.shape_no, k.zone_no, c.cycle ORDER BY s.position) AS INTEGER) AS sequence,
       CASE WHEN s.paused = 1{{if eq .Reopen "cumulative"}} OR s.phase <> 1{{end}}{{if .EachMoment}} OR s.goal = 0{{end}} THEN 0 ELSE 1 END AS runs,
       CASE WHEN s.position = c.last_position THEN 1 ELSE 0 END AS is_last
FROM clock_cycle c
JOIN clock_stretch s ON s.shape_no = c.shape_no AND s.cycle = c.cycle AND s.position <= c.last_position
JOIN clock_goal k ON k.goal = c.goal
LEFT JOIN clock_goal m ON m.goal = s.goal AND m.zone_no = k.zone_no
WHERE c.goal > 0
{{- if or (eq .Reopen "first_closure") (eq .Reopen "each_cycle")}} AND s.phase = 1{{end}}
