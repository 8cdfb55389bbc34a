-- name: clock_turn
-- purpose: the events that change something for the clock, and where cycles begin
-- inputs: clock_phase; choices of the definition
-- output columns: ticket_no; position; second; change_no; goal; phase; paused; begins_round, begins_cycle (0, 1)
SELECT ticket_no, position, second, change_no, goal, phase, paused, begins_round,
       CASE WHEN begins_round = 1 AND {{if eq .Reopen "each_cycle"}}TRUE{{else}}(previous_phase <> 2 OR active_goal IS NULL){{end}} THEN 1
            WHEN phase = 1 AND begins_round = 0 AND reset = 1 AND previous_reset = 0 THEN 1
            {{- if eq .GoalChange "restart"}}
            WHEN phase = 1 AND active_goal IS NOT NULL AND MOD(active_goal, 65536) <> goal THEN 1
            {{- end}}
            ELSE 0 END AS begins_cycle
FROM (
  SELECT ticket_no, position, second, change_no, goal, phase, paused, reset,
         previous_phase, previous_reset,
         active_goal,
         CASE WHEN phase = 1 AND previous_phase <> 1 THEN 1 ELSE 0 END AS begins_round,
         CASE WHEN phase <> previous_phase OR paused <> previous_paused OR goal <> previous_goal
                OR (reset = 1 AND previous_reset = 0) THEN 1 ELSE 0 END AS turns
  FROM (
    SELECT ticket_no, position, second, change_no, goal, phase, paused, reset,
           COALESCE(LAG(phase) OVER w, 0) AS previous_phase,
           COALESCE(LAG(paused) OVER w, -1) AS previous_paused,
           COALESCE(LAG(goal) OVER w, -1) AS previous_goal,
           COALESCE(LAG(reset) OVER w, 0) AS previous_reset,
           -- The goal of the last active state before; NULL = the clock never ran.
           MAX(CASE WHEN phase = 1 THEN position * 65536 + goal END)
             OVER (PARTITION BY ticket_no ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS active_goal
    FROM clock_phase
    WINDOW w AS (PARTITION BY ticket_no ORDER BY position)
  ) neighbours
) turns
WHERE turns = 1 AND (phase > 0 OR previous_phase > 0)
