-- name: clock_cycle
-- purpose: one row a cycle: how it ended, and the goal that decides it
-- inputs: clock_end, clock_stretch
-- output columns: shape_no; cycle; first_position; last_position; ending (how it ended: 0 open, 2 stopped, 3 cancelled, 4
--   restarted; + 8 when it was paused then); goal (0 = none)
SELECT e.shape_no, e.cycle, e.first_position, e.last_position,
       CASE WHEN l.next_position IS NULL THEN 0 WHEN l.next_phase = 1 THEN 4 ELSE l.next_phase END + 8 * l.paused AS ending,
       {{if .EachMoment}}COALESCE(g.goal, 0){{else}}l.goal{{end}} AS goal
FROM clock_end e
JOIN clock_stretch l ON l.shape_no = e.shape_no AND l.position = e.last_position
{{- if .EachMoment}}
LEFT JOIN (
  -- The last goal that was in force.
  SELECT s.shape_no, s.cycle, MOD(MAX(s.position * 65536 + s.goal), 65536) AS goal
  FROM clock_stretch s JOIN clock_end e ON e.shape_no = s.shape_no AND e.cycle = s.cycle AND s.position <= e.last_position
  WHERE s.goal > 0
  GROUP BY s.shape_no, s.cycle
) g ON g.shape_no = e.shape_no AND g.cycle = e.cycle
{{- end}}
