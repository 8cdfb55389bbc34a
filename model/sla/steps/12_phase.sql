-- name: clock_phase
-- purpose: what the clock does after each event
-- inputs: clock_situation, clock_apply, clock_flag
-- output columns: ticket_no; position; second; change_no; goal; reset; phase (0 not begun, 1 active, 2 stopped, 3 cancelled);
--   paused (0, 1)
SELECT ticket_no, position, second, change_no, goal, reset, COALESCE(MOD(phase_mark, 4), 0) AS phase,
       {{if .Resume}}CASE WHEN MOD(hold_mark, 4) = 1 THEN 1 ELSE 0 END{{else}}CASE WHEN hold = 1 THEN 1 ELSE 0 END{{end}} AS paused
FROM (
  SELECT s.ticket_no, s.position, s.second, s.change_no, f.goal, f.reset, f.hold,
         MAX(CASE WHEN f.mark > 0 THEN s.position * 4 + f.mark END) OVER w AS phase_mark
         {{- if .Resume}},
         MAX(CASE WHEN f.hold > 0 THEN s.position * 4 + f.hold END) OVER w AS hold_mark
         {{- end}}
  FROM clock_situation s
  JOIN clock_apply a ON a.ticket_no = s.ticket_no
  JOIN clock_flag f ON f.packed = s.packed
  WINDOW w AS (PARTITION BY s.ticket_no ORDER BY s.position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) marks
