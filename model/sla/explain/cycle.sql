-- name: explain_cycle
-- purpose: the cycles of one ticket with their calendars
-- inputs: sla_cycle, calendar_definition; parameter: ticket
-- output columns: definition; cycle; state; calendar; hours (of the calendar, words); zone (IANA); goal, elapsed,
--   wall, paused (seconds); started_at; stopped_at; due_at; breached_at
SELECT c.definition, CAST(c.cycle AS BIGINT) AS cycle, c.state, c.calendar, k.hours, k.time_zone AS zone, c.goal_seconds AS goal, c.elapsed_seconds AS elapsed, c.calendar_seconds AS wall,
       c.paused_seconds AS paused, c.started_at, c.stopped_at, c.due_at, c.breached_at
FROM sla_cycle c LEFT JOIN calendar_definition k ON k.name = c.calendar
WHERE c.ticket_id = ?
ORDER BY c.definition, c.cycle
