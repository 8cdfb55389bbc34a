-- name: clock_going
-- purpose: the variant that each ticket went
-- inputs: clock_course, clock_variant
-- output columns: ticket_no; variant_no
SELECT c.ticket_no, v.variant_no
FROM clock_course c
JOIN clock_variant v ON v.path_no = c.path_no AND v.still = c.still
