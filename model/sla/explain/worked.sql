-- name: explain_worked
-- purpose: the working seconds of a calendar up to two moments
-- inputs: calendar_definition, calendar_piece; parameters: both seconds (since 1970-01-01 UTC), calendar
-- output columns: at_s; worked (seconds)
SELECT m.at_s, p.work_before + p.works * (m.at_s - p.piece_start) AS worked
FROM (SELECT unnest([CAST(? AS BIGINT), CAST(? AS BIGINT)]) AS at_s) m, calendar_piece p
JOIN calendar_definition k ON k.calendar_id = p.calendar_id
WHERE k.name = ? AND p.day_number = m.at_s // 86400 AND m.at_s >= p.piece_start AND m.at_s < p.piece_end
ORDER BY m.at_s
