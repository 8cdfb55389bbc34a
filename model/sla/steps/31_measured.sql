-- name: clock_measured
-- purpose: the stretches of each cycle on its calendar: working seconds of the calendar up to their begin and end
-- inputs: clock_course, clock_apply, clock_part, calendar_piece{{if .Days}}, clock_day_goal{{end}}
-- output columns: ticket_no; variant_no; cycle; position; sequence; phase; runs, is_last (0, 1); ending; calendar_id (that counts); goal_s (that
--   decides, seconds; NULL = none in force); moment_goal_s (in force by its condition, seconds; 0 = none){{if .EachMoment}}; cycle_goal_s
--   (of the last goal){{end}}; from_s; to_s; work_from; work_to (seconds)
SELECT r.ticket_no, r.variant_no, r.cycle, r.position, r.sequence, r.phase, r.runs, r.is_last, r.ending, r.calendar_id, r.goal_s, r.moment_goal_s,
       {{- if .EachMoment}} r.cycle_goal_s,{{end}} r.from_s, r.to_s,
       a.work_before + a.works * (r.from_s - a.piece_start) AS work_from,
       b.work_before + b.works * (r.to_s - b.piece_start) AS work_to
FROM (
  SELECT w.ticket_no, a.variant_no, s.cycle, s.position, s.sequence, s.phase, s.runs, s.is_last, s.ending, s.calendar_id,
         {{- if .EachMoment}}
         CASE WHEN s.moment_goal > 0 THEN s.moment_goal_s{{if .Days}} + COALESCE(md.day_seconds, 0){{end}} END AS goal_s,
         s.goal_s{{if .Days}} + COALESCE(kd.day_seconds, 0){{end}} AS cycle_goal_s,
         {{- else}}
         s.goal_s{{if .Days}} + COALESCE(kd.day_seconds, 0){{end}} AS goal_s,
         {{- end}}
         s.moment_goal_s{{if .Days}} + COALESCE(md.day_seconds, 0){{end}} AS moment_goal_s,
         {{member "w.moments" "s.position"}} AS from_s, COALESCE({{member "w.moments" "s.next_position"}}, {{.AsOf}}) AS to_s
  FROM clock_course w
  JOIN clock_apply a ON a.ticket_no = w.ticket_no
  JOIN clock_part s ON s.shape_no = a.shape_no AND s.zone_no = a.zone_no
  {{- if .Days}}
  LEFT JOIN clock_day_goal kd ON kd.ticket_no = w.ticket_no AND kd.cycle = s.cycle AND kd.goal = s.goal
  LEFT JOIN clock_day_goal md ON md.ticket_no = w.ticket_no AND md.cycle = s.cycle AND md.goal = s.moment_goal
  {{- end}}
) r
JOIN calendar_piece a ON a.calendar_id = r.calendar_id AND a.day_number = {{day "r.from_s"}}
 AND r.from_s >= a.piece_start AND r.from_s < a.piece_end
JOIN calendar_piece b ON b.calendar_id = r.calendar_id AND b.day_number = {{day "r.to_s"}}
 AND r.to_s >= b.piece_start AND r.to_s < b.piece_end
