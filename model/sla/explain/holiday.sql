-- name: explain_holiday
-- purpose: the holidays of the calendar around every stretch of one ticket, a day more on each side: a local day is not a UTC day
-- inputs: sla_segment, calendar_definition, calendar_holiday; parameter: ticket
-- output columns: definition; cycle; sequence; day (2026-12-25); name
SELECT s.definition, CAST(s.cycle AS BIGINT) AS cycle, CAST(s.sequence AS BIGINT) AS sequence, strftime(h.holiday_on, '%Y-%m-%d') AS day, h.name
FROM sla_segment s
JOIN calendar_definition k ON k.name = s.calendar
JOIN calendar_holiday h ON h.calendar_id = k.calendar_id
 AND date_diff('day', DATE '1970-01-01', h.holiday_on) BETWEEN epoch_us(s.started_at) // 86400000000 - 1 AND epoch_us(s.ended_at) // 86400000000 + 1
WHERE s.ticket_id = ?
ORDER BY ALL
