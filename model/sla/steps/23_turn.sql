-- name: clock_turn
-- purpose: the events that change something for the clock, and where cycles begin
-- inputs: clock_phase, clock_shape; choices of the definition
-- output columns: shape_no; position; goal; phase; paused; begins_round, begins_cycle (0, 1)
SELECT shape_no, position, goal, phase, paused,
       CASE WHEN phase = 1 AND previous_phase <> 1 THEN 1 ELSE 0 END AS begins_round,
       CASE WHEN phase = 1 AND previous_phase <> 1{{if ne .Reopen "each_cycle"}} AND COALESCE(MOD(before_mark, 4), 3) = 3{{end}} THEN 1
            WHEN phase = 1 AND previous_phase = 1 AND reset = 1 AND previous_reset = 0 THEN 1
            {{- if eq .GoalChange "restart"}}
            WHEN phase = 1 AND before_mark IS NOT NULL AND MOD({{div "before_mark" 4}}, 65536) <> goal THEN 1
            {{- end}}
            ELSE 0 END AS begins_cycle
FROM (
  SELECT shape_no, position, posture, previous_posture,
         MOD(posture, 4) AS phase, MOD({{div "posture" 4}}, 2) AS paused, MOD({{div "posture" 8}}, 2) AS reset, {{div "posture" 16}} AS goal,
         MOD(previous_posture, 4) AS previous_phase, MOD({{div "previous_posture" 8}}, 2) AS previous_reset
         {{- if .Before}}, before_mark{{end}}
  FROM (
    SELECT h.shape_no, p.position, p.posture,
           COALESCE(LAG(p.posture) OVER w, 0) AS previous_posture
           {{- if .Before}},
           -- The last state before that was active or cancelled, and its goal: a reopening goes on with a cycle only if that was active.
           MAX(CASE WHEN MOD(p.posture, 4) IN (1, 3) THEN p.position * 262144 + {{div "p.posture" 16}} * 4 + MOD(p.posture, 4) END)
             OVER (PARTITION BY h.shape_no ORDER BY p.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_mark
           {{- end}}
    FROM clock_phase p
    JOIN clock_shape h ON h.variant_no = p.variant_no AND h.shape_no = p.variant_no
    WINDOW w AS (PARTITION BY h.shape_no ORDER BY p.position)
  ) neighbours
) turns
-- That a reset is over changes nothing; nor does one while the clock stands.
WHERE (posture - 8 * reset <> previous_posture - 8 * previous_reset OR phase = 1 AND previous_phase = 1 AND reset > previous_reset)
  AND (phase > 0 OR previous_phase > 0)
