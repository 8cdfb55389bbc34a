-- name: clock_phase
-- purpose: what the clock does after each event
-- inputs: clock_situation, clock_apply, clock_flag
-- output columns: ticket_no; position; second; change_no; packed as one number: posture (phase + 4 x paused + 8 x reset + 16 x
--   goal; phase: 0 not begun, 1 active, 2 stopped, 3 cancelled)
{{- if .Latch}}
SELECT ticket_no, position, second, change_no,
       COALESCE(MOD(phase_mark, 4), 0)
       + 4 * {{if .Resume}}CASE WHEN MOD(hold_mark, 4) = 1 THEN 1 ELSE 0 END{{else}}CASE WHEN hold = 1 THEN 1 ELSE 0 END{{end}}
       + 8 * reset + 16 * goal AS posture
FROM (
  SELECT s.ticket_no, s.position, s.second, s.change_no, f.goal, f.reset, f.hold,
         MAX(CASE WHEN f.mark > 0 THEN s.position * 4 + f.mark END) OVER w AS phase_mark
         {{- if .Resume}},
         MAX(CASE WHEN f.hold > 0 THEN s.position * 4 + f.hold END) OVER w AS hold_mark
         {{- end}}
  FROM clock_situation s
  JOIN clock_flag f ON f.packed = s.packed
  JOIN clock_apply a ON a.ticket_no = s.ticket_no
  WINDOW w AS (PARTITION BY s.ticket_no ORDER BY s.position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) marks
{{- else}}
-- Every state that occurs says by itself what the clock does: nothing is to be remembered from one event to the next.
SELECT s.ticket_no, s.position, s.second, s.change_no,
       f.mark + 4 * CASE WHEN f.hold = 1 THEN 1 ELSE 0 END + 8 * f.reset + 16 * f.goal AS posture
FROM clock_situation s
JOIN clock_flag f ON f.packed = s.packed
JOIN clock_apply a ON a.ticket_no = s.ticket_no
{{- end}}
