-- name: clock_phase
-- purpose: what the clock does after each change of a variant
-- inputs: clock_situation, clock_flag
-- output columns: variant_no; position; posture (phase + 4 x paused + 8 x reset + 16 x goal; phase: 0 not begun, 1 active,
--   2 stopped, 3 cancelled)
{{- if .Latch}}
SELECT variant_no, position,
       COALESCE(MOD(phase_mark, 4), 0)
       + 4 * {{if .Resume}}CASE WHEN MOD(hold_mark, 4) = 1 THEN 1 ELSE 0 END{{else}}CASE WHEN hold = 1 THEN 1 ELSE 0 END{{end}}
       + 8 * reset + 16 * goal AS posture
FROM (
  SELECT s.variant_no, s.position, f.goal, f.reset, f.hold,
         MAX(CASE WHEN f.mark > 0 THEN s.position * 4 + f.mark END) OVER w AS phase_mark
         {{- if .Resume}},
         MAX(CASE WHEN f.hold > 0 THEN s.position * 4 + f.hold END) OVER w AS hold_mark
         {{- end}}
  FROM clock_situation s
  JOIN clock_flag f ON f.packed = s.packed
  WINDOW w AS (PARTITION BY s.variant_no ORDER BY s.position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) marks
{{- else}}
-- Every state that occurs says by itself what the clock does: nothing is to be remembered from one event to the next.
SELECT s.variant_no, s.position,
       f.mark + 4 * CASE WHEN f.hold = 1 THEN 1 ELSE 0 END + 8 * f.reset + 16 * f.goal AS posture
FROM clock_situation s
JOIN clock_flag f ON f.packed = s.packed
{{- end}}
