-- name: clock_measured
-- purpose: the stretches of each cycle on its calendar: working seconds of the calendar up to their begin and end
-- inputs: clock_cycle, clock_stretch, clock_goal, calendar_piece{{if .Days}}, clock_day_goal{{end}}
-- output columns: ticket_no; cycle; position; change_no; phase; runs, is_last (0, 1); calendar_id (that counts); goal_s (that decides, seconds;
--   NULL = none in force); moment_goal_s (in force by its condition, seconds); from_s; to_s; work_from; work_to (seconds)
SELECT r.ticket_no, r.cycle, r.position, r.change_no, r.phase, r.runs, r.is_last, r.calendar_id, r.goal_s, r.moment_goal_s, r.from_s, r.to_s,
       a.work_before + a.works * (r.from_s - a.piece_start) AS work_from,
       b.work_before + b.works * (r.to_s - b.piece_start) AS work_to
FROM (
  SELECT s.ticket_no, s.cycle, s.position, s.change_no, s.phase,
         CASE WHEN s.paused = 1{{if eq .Reopen "cumulative"}} OR s.phase <> 1{{end}}{{if .EachMoment}} OR s.goal = 0{{end}} THEN 0 ELSE 1 END AS runs,
         CASE WHEN s.position = c.last_position THEN 1 ELSE 0 END AS is_last,
         {{if .EachMoment}}COALESCE(m.calendar_id, k.calendar_id){{else}}k.calendar_id{{end}} AS calendar_id,
         {{if .EachMoment}}m.goal_s{{if .Days}} + COALESCE(md.day_seconds, 0){{end}}{{else}}k.goal_s{{if .Days}} + COALESCE(kd.day_seconds, 0){{end}}{{end}} AS goal_s,
         COALESCE(m.goal_s{{if .Days}} + COALESCE(md.day_seconds, 0){{end}}, 0) AS moment_goal_s,
         s.second AS from_s, COALESCE(s.next_second, {{.AsOf}}) AS to_s
  FROM clock_cycle c
  JOIN clock_stretch s ON s.ticket_no = c.ticket_no AND s.cycle = c.cycle AND s.position <= c.last_position
  JOIN clock_goal k ON k.goal = c.goal AND k.zone_no = c.zone_no
  LEFT JOIN clock_goal m ON m.goal = s.goal AND m.zone_no = c.zone_no
  {{- if .Days}}
  LEFT JOIN clock_day_goal kd ON kd.ticket_no = c.ticket_no AND kd.cycle = c.cycle AND kd.goal = c.goal
  LEFT JOIN clock_day_goal md ON md.ticket_no = c.ticket_no AND md.cycle = c.cycle AND md.goal = s.goal
  {{- end}}
  {{- if or (eq .Reopen "first_closure") (eq .Reopen "each_cycle")}}
  WHERE s.phase = 1
  {{- end}}
) r
JOIN calendar_piece a ON a.calendar_id = r.calendar_id AND a.day_number = {{day "r.from_s"}}
 AND r.from_s >= a.piece_start AND r.from_s < a.piece_end
JOIN calendar_piece b ON b.calendar_id = r.calendar_id AND b.day_number = {{day "r.to_s"}}
 AND r.to_s >= b.piece_start AND r.to_s < b.piece_end
