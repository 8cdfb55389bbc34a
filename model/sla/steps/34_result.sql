-- name: clock_result
-- purpose: one row a cycle with due and breach as instants. A goal is used up at the first instant at which its seconds are
--   counted (the end of a working day); it is exceeded from the last instant at which no more than its seconds are (the begin of the next)
-- inputs: clock_total, calendar_inverse
-- output columns: ticket_no; cycle; calendar_id; goal_s; started_s; ended_s; end_kind; elapsed_s; paused_s; due_s; breached_s; state
SELECT t.ticket_no, t.cycle, t.calendar_id, t.goal_s, t.started_s, t.ended_s, t.elapsed_s, t.paused_s, MOD(t.ending, 8) AS end_kind,
       COALESCE(t.due_second, GREATEST(COALESCE(d.piece_start + t.due_work - d.work_from, t.started_s), t.started_s)) AS due_s,
       COALESCE(t.breach_second, b.piece_start + t.breach_work - b.work_from) AS breached_s,
       CASE WHEN MOD(t.ending, 8) = 3 THEN 'cancelled'
            WHEN MOD(t.ending, 8) = 0 AND (t.breach_second IS NOT NULL OR t.breach_work IS NOT NULL) THEN 'running_breached'
            WHEN t.ending = 8 THEN 'paused'
            WHEN t.ending = 0 THEN 'running'
            WHEN t.breach_second IS NOT NULL OR t.breach_work IS NOT NULL THEN 'breached'
            WHEN MOD(t.ending, 8) = 4 THEN 'cancelled'
            ELSE 'met' END AS state
FROM clock_total t
LEFT JOIN calendar_inverse d ON d.calendar_id = t.due_calendar_id AND d.bucket = {{bucket "(t.due_work - 1)"}}
 AND t.due_work > d.work_from AND t.due_work <= d.work_to
LEFT JOIN calendar_inverse b ON b.calendar_id = t.breach_calendar_id AND b.bucket = {{bucket "t.breach_work"}}
 AND t.breach_work >= b.work_from AND t.breach_work < b.work_to
