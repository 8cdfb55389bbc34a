-- name: clock_stretch
-- purpose: stretches in which nothing changes for the clock, numbered by cycle
-- inputs: clock_turn
-- output columns: ticket_no; position; second; change_no; goal; phase; paused; cycle (from 1); reopened (0, 1: not the first
--   round of its cycle); next_second, next_phase, next_begins_cycle (NULL = the stretch goes on)
SELECT ticket_no, position, second, change_no, goal, phase, paused, cycle,
       CASE WHEN round_position > cycle_position THEN 1 ELSE 0 END AS reopened,
       next_second, next_phase, next_begins_cycle
FROM (
  SELECT ticket_no, position, second, change_no, goal, phase, paused,
         CAST(SUM(begins_cycle) OVER w AS BIGINT) AS cycle,
         MAX(CASE WHEN begins_cycle = 1 THEN position END) OVER w AS cycle_position,
         MAX(CASE WHEN begins_round = 1 THEN position END) OVER w AS round_position,
         LEAD(second) OVER n AS next_second, LEAD(phase) OVER n AS next_phase, LEAD(begins_cycle) OVER n AS next_begins_cycle
  FROM clock_turn
  WINDOW w AS (PARTITION BY ticket_no ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
         n AS (PARTITION BY ticket_no ORDER BY position)
) numbered
