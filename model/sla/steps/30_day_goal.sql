-- name: clock_day_goal
-- purpose: goals in days, as working seconds from the start of the cycle: a working day later is the same position in a later
--   working day (or its end, where that day is shorter); a calendar day later is the same clock time on a later local day
-- inputs: clock_course, clock_apply, clock_part, clock_goal, calendar_piece, calendar_day
-- output columns: ticket_no; cycle; goal; day_seconds
SELECT u.ticket_no, u.cycle, u.goal,
       CASE WHEN u.day_kind = 1 THEN t.work_before + LEAST(u.worked - f.work_before, t.work_seconds) - u.worked
            ELSE u.due_worked - u.worked END AS day_seconds
FROM (
  SELECT d.ticket_no, d.cycle, d.goal, d.calendar_id, d.days, d.day_kind, d.worked, d.seat,
         q.work_before + q.works * (d.due_s - q.piece_start) AS due_worked
  FROM (
    SELECT d.ticket_no, d.cycle, d.goal, d.calendar_id, d.days, d.day_kind, d.worked, d.seat,
           -- The offset in force there decides; a clock time that is skipped is read with the offset before the change.
           CASE WHEN q.utc_offset = d.utc_offset THEN d.guess_s
                WHEN r.utc_offset = q.utc_offset THEN d.guess_s + d.utc_offset - q.utc_offset
                ELSE d.guess_s END AS due_s
    FROM (
      SELECT g.ticket_no, g.cycle, g.goal, g.calendar_id, g.days, g.day_kind, p.seat, p.utc_offset,
             p.work_before + p.works * (g.started_s - p.piece_start) AS worked,
             g.started_s + 86400 * CASE WHEN g.day_kind = 2 THEN g.days ELSE 0 END AS guess_s
      FROM (
        SELECT w.ticket_no, c.cycle, k.goal, k.calendar_id, k.days, k.day_kind, {{member "w.moments" "c.first_position"}} AS started_s
        FROM clock_course w
        JOIN clock_apply a ON a.ticket_no = w.ticket_no
        JOIN (
          SELECT shape_no, zone_no, cycle, first_position, goal FROM clock_part
          UNION
          SELECT shape_no, zone_no, cycle, first_position, moment_goal FROM clock_part
        ) c ON c.shape_no = a.shape_no AND c.zone_no = a.zone_no
        JOIN clock_goal k ON k.goal = c.goal AND k.zone_no = a.zone_no
        WHERE k.days > 0
      ) g
      JOIN calendar_piece p ON p.calendar_id = g.calendar_id AND p.day_number = {{day "g.started_s"}}
       AND g.started_s >= p.piece_start AND g.started_s < p.piece_end
    ) d
    JOIN calendar_piece q ON q.calendar_id = d.calendar_id AND q.day_number = {{day "d.guess_s"}}
     AND d.guess_s >= q.piece_start AND d.guess_s < q.piece_end
    JOIN calendar_piece r ON r.calendar_id = d.calendar_id
     AND r.day_number = {{day "(d.guess_s + d.utc_offset - q.utc_offset)"}}
     AND d.guess_s + d.utc_offset - q.utc_offset >= r.piece_start AND d.guess_s + d.utc_offset - q.utc_offset < r.piece_end
  ) d
  JOIN calendar_piece q ON q.calendar_id = d.calendar_id AND q.day_number = {{day "d.due_s"}}
   AND d.due_s >= q.piece_start AND d.due_s < q.piece_end
) u
LEFT JOIN calendar_day f ON f.calendar_id = u.calendar_id AND f.ordinal = u.seat
LEFT JOIN calendar_day t ON t.calendar_id = u.calendar_id AND t.ordinal = u.seat + u.days
