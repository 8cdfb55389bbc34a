-- name: clock_cycle
-- purpose: one row a cycle: when it ended and how, and the goal that decides it
-- inputs: clock_end, clock_stretch, clock_apply
-- output columns: ticket_no; cycle; zone_no; started_s; ended_s; end_kind (0 open, 2 stopped, 3 cancelled, 4 restarted);
--   ends_paused (0, 1); last_position; goal (0 = none)
SELECT e.ticket_no, e.cycle, a.zone_no, e.started_s, COALESCE(l.next_second, {{.AsOf}}) AS ended_s,
       CASE WHEN l.next_second IS NULL THEN 0 WHEN l.next_phase = 1 THEN 4 ELSE l.next_phase END AS end_kind,
       l.paused AS ends_paused, e.last_position,
       {{if .EachMoment}}COALESCE(g.goal, 0){{else}}l.goal{{end}} AS goal
FROM clock_end e
JOIN clock_stretch l ON l.ticket_no = e.ticket_no AND l.position = e.last_position
JOIN clock_apply a ON a.ticket_no = e.ticket_no
{{- if .EachMoment}}
LEFT JOIN (
  -- The last goal that was in force.
  SELECT s.ticket_no, s.cycle, MOD(MAX(s.position * 65536 + s.goal), 65536) AS goal
  FROM clock_stretch s JOIN clock_end e ON e.ticket_no = s.ticket_no AND e.cycle = s.cycle AND s.position <= e.last_position
  WHERE s.goal > 0
  GROUP BY s.ticket_no, s.cycle
) g ON g.ticket_no = e.ticket_no AND g.cycle = e.cycle
{{- end}}
