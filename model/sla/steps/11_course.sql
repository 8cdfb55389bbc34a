-- name: clock_course
-- purpose: the path that each ticket went, and when
-- inputs: clock_history, clock_path
-- output columns: ticket_no; path_no; still; moments (list of seconds since 1970-01-01 UTC, one a position)
SELECT h.ticket_no, p.path_no, h.still, h.moments
FROM clock_history h
JOIN clock_path p ON p.changes = h.changes AND p.base = h.base
