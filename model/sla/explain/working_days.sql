-- name: explain_working_days
-- purpose: the working days from a moment on, as a goal in working days counts them
-- inputs: calendar_definition, calendar_piece, calendar_day; parameters: second (since 1970-01-01 UTC) twice, calendar, number of days
-- output columns: step (0 = the working day of the moment, or the next one); day (local, days since 1970-01-01); worked (working seconds of the
--   calendar up to the moment); work_before, work_seconds (of that day)
SELECT d.ordinal - p.seat AS step, CAST(min((q.piece_start + q.utc_offset) // 86400) AS BIGINT) AS day,
       p.work_before + p.works * (p.at_s - p.piece_start) AS worked, d.work_before, d.work_seconds
FROM (
  SELECT p.calendar_id, p.seat, p.work_before, p.works, p.piece_start, CAST(? AS BIGINT) AS at_s
  FROM calendar_piece p JOIN calendar_definition k ON k.calendar_id = p.calendar_id, (SELECT CAST(? AS BIGINT) AS at_s) m
  WHERE k.name = ? AND p.day_number = m.at_s // 86400 AND m.at_s >= p.piece_start AND m.at_s < p.piece_end
) p
JOIN calendar_day d ON d.calendar_id = p.calendar_id AND d.ordinal BETWEEN p.seat AND p.seat + ?
JOIN calendar_piece q ON q.calendar_id = p.calendar_id AND q.seat = d.ordinal AND q.works = 1
GROUP BY ALL
ORDER BY step
