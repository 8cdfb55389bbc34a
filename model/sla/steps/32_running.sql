-- name: clock_running
-- purpose: the running total of each cycle
-- inputs: clock_measured
-- output columns: those of clock_measured; counted (working seconds in the stretch, 0 when paused); total (up to its end)
SELECT ticket_no, variant_no, cycle, position, sequence, phase, runs, is_last, ending, calendar_id, goal_s, moment_goal_s,
       {{- if .EachMoment}} cycle_goal_s,{{end}} from_s, to_s, work_from, work_to,
       runs * (work_to - work_from) AS counted,
       CAST(SUM(runs * (work_to - work_from))
         OVER (PARTITION BY ticket_no, cycle ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS total
FROM clock_measured
