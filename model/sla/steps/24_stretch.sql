-- name: clock_stretch
-- purpose: stretches in which nothing changes for the clock, numbered by cycle
-- inputs: clock_turn
-- output columns: shape_no; position; goal; phase; paused; cycle (from 1); reopened (0, 1: not the first round of its cycle);
--   next_position, next_phase, next_begins_cycle (NULL = the stretch goes on)
SELECT shape_no, position, goal, phase, paused, cycle,
       CASE WHEN round_position > cycle_position THEN 1 ELSE 0 END AS reopened,
       next_position, next_phase, next_begins_cycle
FROM (
  SELECT shape_no, position, goal, phase, paused,
         CAST(SUM(begins_cycle) OVER w AS BIGINT) AS cycle,
         MAX(CASE WHEN begins_cycle = 1 THEN position END) OVER w AS cycle_position,
         MAX(CASE WHEN begins_round = 1 THEN position END) OVER w AS round_position,
         LEAD(position) OVER n AS next_position, LEAD(phase) OVER n AS next_phase, LEAD(begins_cycle) OVER n AS next_begins_cycle
  FROM clock_turn
  WINDOW w AS (PARTITION BY shape_no ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
         n AS (PARTITION BY shape_no ORDER BY position)
) numbered
