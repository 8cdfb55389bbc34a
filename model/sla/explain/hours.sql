-- name: explain_hours
-- purpose: the working time of the calendar in every stretch of one ticket; pieces that touch are one span
-- inputs: sla_segment, calendar_definition, calendar_piece; parameter: ticket
-- output columns: definition; cycle; sequence; starts, ends (seconds since 1970-01-01 UTC)
SELECT definition, CAST(cycle AS BIGINT) AS cycle, CAST(sequence AS BIGINT) AS sequence, min(starts) AS starts, max(ends) AS ends
FROM (
  SELECT definition, cycle, sequence, starts, ends,
         sum(CASE WHEN starts = before THEN 0 ELSE 1 END) OVER (PARTITION BY definition, cycle, sequence ORDER BY starts ROWS UNBOUNDED PRECEDING) AS island
  FROM (
    SELECT definition, cycle, sequence, starts, ends, lag(ends) OVER (PARTITION BY definition, cycle, sequence ORDER BY starts) AS before
    FROM (
      SELECT s.definition, s.cycle, s.sequence, greatest(p.piece_start, s.from_s) AS starts, least(p.piece_end, s.to_s) AS ends
      FROM (
        SELECT definition, cycle, sequence, calendar, epoch_us(started_at) // 1000000 AS from_s, epoch_us(ended_at) // 1000000 AS to_s
        FROM sla_segment WHERE ticket_id = ?
      ) s
      JOIN calendar_definition k ON k.name = s.calendar
      JOIN calendar_piece p ON p.calendar_id = k.calendar_id AND p.works = 1
       AND p.day_number BETWEEN s.from_s // 86400 AND s.to_s // 86400 AND p.piece_end > s.from_s AND p.piece_start < s.to_s
    ) clipped
  ) neighbours
) islands
GROUP BY definition, cycle, sequence, island
ORDER BY definition, cycle, sequence, starts
