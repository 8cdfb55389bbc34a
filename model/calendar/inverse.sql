-- name: calendar_inverse
-- purpose: from working seconds back to the instant: one row for every bucket that a working piece touches
-- inputs: calendar_piece; parameters: calendar, first and last UTC day (last not included); the width of a bucket is 14,400
-- output columns: calendar_id; bucket (working seconds div width); work_from, work_to (working seconds of the calendar
--   up to the begin and the end of the piece); piece_start (UTC seconds)
INSERT INTO calendar_inverse
SELECT p.calendar_id, n.bucket_offset + CAST((p.work_before - MOD(p.work_before, 14400)) / 14400 AS BIGINT) AS bucket,
       p.work_before AS work_from, p.work_before + p.piece_end - p.piece_start AS work_to, p.piece_start
FROM calendar_piece p
JOIN (VALUES (0), (1), (2), (3), (4), (5), (6)) AS n (bucket_offset)
  ON p.work_before - MOD(p.work_before, 14400) + 14400 * n.bucket_offset < p.work_before + p.piece_end - p.piece_start
WHERE p.works = 1 AND p.calendar_id = ? AND p.day_number >= ? AND p.day_number < ?
