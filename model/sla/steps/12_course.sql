-- name: clock_course
-- purpose: the variant that each ticket went, and when
-- inputs: clock_history, clock_path, clock_variant
-- output columns: ticket_no; variant_no; moments (list of seconds since 1970-01-01 UTC, one a position)
SELECT h.ticket_no, v.variant_no, h.moments
FROM clock_history h
JOIN clock_path p ON p.changes = h.changes AND p.base = h.base
JOIN clock_variant v ON v.path_no = p.path_no AND v.still = h.still
