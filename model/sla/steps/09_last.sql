-- name: clock_last
-- purpose: the state of each ticket as of the replay
-- inputs: clock_situation
-- output columns: ticket_no; packed
SELECT s.ticket_no, s.packed
FROM clock_situation s
JOIN (SELECT ticket_no, MAX(position) AS position FROM clock_situation GROUP BY ticket_no) m
  ON m.ticket_no = s.ticket_no AND m.position = s.position
