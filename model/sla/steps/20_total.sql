-- name: clock_total
-- purpose: sums of each cycle, and where its goal is used up and exceeded
-- inputs: clock_running, clock_cycle
-- output columns: ticket_no; cycle; calendar_id; goal_s; elapsed_s (working); paused_s (wall); due_work, breach_work (working
--   seconds of the calendar at that moment; breach_work NULL = not exceeded); due_floor, breach_floor (not before this second)
SELECT c.ticket_no, c.cycle, r.calendar_id, r.goal_s, r.elapsed_s, r.paused_s,
       {{- if .EachMoment}}
       CASE WHEN r.due_position IS NULL THEN r.calendar_id ELSE d.calendar_id END AS due_calendar_id,
       CASE WHEN r.due_position IS NULL THEN r.end_work + r.goal_s - r.elapsed_s
            ELSE d.work_from + GREATEST(d.goal_s - d.total + d.counted, 0) END AS due_work,
       COALESCE(d.from_s, c.started_s) AS due_floor,
       b.calendar_id AS breach_calendar_id,
       b.work_from + GREATEST(b.goal_s - b.total + b.counted, 0) AS breach_work,
       CASE WHEN b.total - b.counted > b.goal_s THEN b.from_s END AS breach_second,
       CASE WHEN d.total - d.counted >= d.goal_s THEN d.from_s END AS due_second
       {{- else}}
       r.calendar_id AS due_calendar_id,
       COALESCE(r.due_work, r.end_work + r.goal_s - r.elapsed_s) AS due_work,
       c.started_s AS due_floor,
       r.calendar_id AS breach_calendar_id,
       r.breach_work,
       CAST(NULL AS BIGINT) AS breach_second,
       CAST(NULL AS BIGINT) AS due_second
       {{- end}}
FROM clock_cycle c
JOIN (
  SELECT ticket_no, cycle,
         CAST(SUM(counted) AS BIGINT) AS elapsed_s,
         CAST(SUM(CASE WHEN runs = 0 THEN to_s - from_s ELSE 0 END) AS BIGINT) AS paused_s,
         {{- if .EachMoment}}
         MIN(CASE WHEN total >= goal_s THEN position END) AS due_position,
         MIN(CASE WHEN total > goal_s THEN position END) AS breach_position,
         {{- else}}
         MAX(CASE WHEN total - counted < goal_s AND total >= goal_s THEN work_from + goal_s - total + counted END) AS due_work,
         MAX(CASE WHEN total - counted <= goal_s AND total > goal_s THEN work_from + goal_s - total + counted END) AS breach_work,
         {{- end}}
         MAX(CASE WHEN is_last = 1 THEN calendar_id END) AS calendar_id,
         MAX(CASE WHEN is_last = 1 THEN decides_s END) AS goal_s,
         MAX(CASE WHEN is_last = 1 THEN work_to END) AS end_work
  FROM (
    SELECT r.ticket_no, r.cycle, r.position, r.calendar_id, r.goal_s, r.counted, r.total, r.runs, r.from_s, r.to_s, r.work_from, r.work_to,
           CASE WHEN r.position = c.last_position THEN 1 ELSE 0 END AS is_last,
           {{if .EachMoment}}k.goal_s{{if .Days}} + COALESCE(kd.day_seconds, 0){{end}}{{else}}r.goal_s{{end}} AS decides_s
    FROM clock_running r
    JOIN clock_cycle c ON c.ticket_no = r.ticket_no AND c.cycle = r.cycle
    {{- if .EachMoment}}
    JOIN clock_goal k ON k.goal = c.goal AND k.zone_no = c.zone_no
    {{- if .Days}}
    LEFT JOIN clock_day_goal kd ON kd.ticket_no = c.ticket_no AND kd.cycle = c.cycle AND kd.goal = c.goal
    {{- end}}
    {{- end}}
  ) marked
  GROUP BY ticket_no, cycle
) r ON r.ticket_no = c.ticket_no AND r.cycle = c.cycle
{{- if .EachMoment}}
LEFT JOIN clock_running d ON d.ticket_no = r.ticket_no AND d.cycle = r.cycle AND d.position = r.due_position
LEFT JOIN clock_running b ON b.ticket_no = r.ticket_no AND b.cycle = r.cycle AND b.position = r.breach_position
{{- end}}
