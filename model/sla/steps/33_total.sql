-- name: clock_total
-- purpose: sums of each cycle, and where its goal is used up and exceeded
-- inputs: clock_running
-- output columns: ticket_no; cycle; started_s, ended_s; ending; calendar_id; goal_s (that decides); elapsed_s (working); paused_s (wall);
--   due_calendar_id, due_work and breach_calendar_id, breach_work (calendar and its working seconds at that moment; breach_work NULL = not
--   exceeded); due_second, breach_second (the instant itself where a change of goal made it; NULL = by the calendar)
{{- if .EachMoment}}
SELECT r.ticket_no, r.cycle, r.started_s, r.ended_s, r.ending, r.calendar_id, r.goal_s, r.elapsed_s, r.paused_s,
       COALESCE(d.calendar_id, r.calendar_id) AS due_calendar_id,
       CASE WHEN d.position IS NULL THEN r.end_work + r.goal_s - r.elapsed_s
            ELSE d.work_from + GREATEST(d.goal_s - d.total + d.counted, 0) END AS due_work,
       b.calendar_id AS breach_calendar_id,
       b.work_from + GREATEST(b.goal_s - b.total + b.counted, 0) AS breach_work,
       CASE WHEN b.total - b.counted > b.goal_s THEN b.from_s END AS breach_second,
       CASE WHEN d.total - d.counted >= d.goal_s THEN d.from_s END AS due_second
FROM (
  SELECT ticket_no, cycle, MIN(from_s) AS started_s, MAX(to_s) AS ended_s, MAX(ending) AS ending, MAX(cycle_goal_s) AS goal_s,
         CAST(SUM(counted) AS BIGINT) AS elapsed_s,
         CAST(SUM(CASE WHEN runs = 0 THEN to_s - from_s ELSE 0 END) AS BIGINT) AS paused_s,
         MIN(CASE WHEN total >= goal_s THEN position END) AS due_position,
         MIN(CASE WHEN total > goal_s THEN position END) AS breach_position,
         MAX(CASE WHEN is_last = 1 THEN calendar_id END) AS calendar_id,
         MAX(CASE WHEN is_last = 1 THEN work_to END) AS end_work
  FROM clock_running GROUP BY ticket_no, cycle
) r
LEFT JOIN clock_running d ON d.ticket_no = r.ticket_no AND d.cycle = r.cycle AND d.position = r.due_position
LEFT JOIN clock_running b ON b.ticket_no = r.ticket_no AND b.cycle = r.cycle AND b.position = r.breach_position
{{- else}}
SELECT ticket_no, cycle, started_s, ended_s, ending, calendar_id, goal_s, elapsed_s, paused_s,
       calendar_id AS due_calendar_id, CASE WHEN goal_s <= 0 THEN begin_work ELSE COALESCE(due_work, end_work + goal_s - elapsed_s) END AS due_work,
       calendar_id AS breach_calendar_id, breach_work,
       CAST(NULL AS BIGINT) AS breach_second, CAST(NULL AS BIGINT) AS due_second
FROM (
  SELECT ticket_no, cycle, MIN(from_s) AS started_s, MAX(to_s) AS ended_s, MAX(ending) AS ending, MAX(calendar_id) AS calendar_id, MAX(goal_s) AS goal_s,
         CAST(SUM(counted) AS BIGINT) AS elapsed_s,
         CAST(SUM(CASE WHEN runs = 0 THEN to_s - from_s ELSE 0 END) AS BIGINT) AS paused_s,
         MAX(CASE WHEN total - counted < goal_s AND total >= goal_s THEN work_from + goal_s - total + counted END) AS due_work,
         MAX(CASE WHEN total - counted <= goal_s AND total > goal_s THEN work_from + goal_s - total + counted END) AS breach_work,
         MIN(work_from) AS begin_work,
         MAX(CASE WHEN is_last = 1 THEN work_to END) AS end_work
  FROM clock_running GROUP BY ticket_no, cycle
) sums
{{- end}}
