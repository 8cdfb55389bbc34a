-- name: explain_segment
-- purpose: the stretches of every cycle of one ticket with their running total
-- inputs: sla_segment, calendar_definition; parameter: ticket
-- output columns: definition; cycle; sequence; started_at; ended_at; state; reason; calendar; zone (IANA); goal (in force), elapsed, total (up to
--   the end of the stretch), seconds
SELECT s.definition, CAST(s.cycle AS BIGINT) AS cycle, CAST(s.sequence AS BIGINT) AS sequence, s.started_at, s.ended_at, s.state, s.reason,
       s.calendar, k.time_zone AS zone, s.goal_seconds AS goal, s.elapsed_seconds AS elapsed,
       CAST(sum(s.elapsed_seconds) OVER (PARTITION BY s.definition, s.cycle ORDER BY s.sequence ROWS UNBOUNDED PRECEDING) AS BIGINT) AS total
FROM sla_segment s LEFT JOIN calendar_definition k ON k.name = s.calendar
WHERE s.ticket_id = ?
ORDER BY s.definition, s.cycle, s.sequence
