-- name: sla_outlook
-- purpose: how the month of as-of will end, from what was counted in it so far and from the clocks that are open
-- inputs: report_outcome, sla_cycle, ticket, report_span 'month' (the month that as-of lies in)
-- output: definition, n and k (cycles counted so far in the month, and those in time), due (open, not overdue, due within the
--   month), risk (of these with three quarters of the goal used, or more), overdue (open, overdue, not counted so far)
WITH month AS (
    SELECT span_from, span_to FROM report_span WHERE span = 'month'
), counted AS (
    SELECT o.definition, count(*) AS n, count(*) FILTER (WHERE NOT o.late) AS k
    FROM report_outcome AS o, month AS m WHERE o.counted_at >= m.span_from AND o.counted_at < m.span_to GROUP BY o.definition
), open AS (
    SELECT c.definition,
        count(*) FILTER (WHERE NOT c.late AND c.due_at < m.span_to) AS due,
        count(*) FILTER (WHERE NOT c.late AND c.due_at < m.span_to AND c.elapsed_seconds * 4 >= c.goal_seconds * 3) AS risk,
        count(*) FILTER (WHERE c.late AND NOT EXISTS (SELECT 1 FROM report_outcome AS o WHERE o.ticket_id = c.ticket_id AND o.definition = c.definition AND o.cycle = c.cycle)) AS overdue
    FROM (SELECT *, breached_at IS NOT NULL OR state = 'running_breached' AS late FROM sla_cycle
          WHERE stopped_at IS NULL AND state IN ('running', 'running_breached', 'paused')) AS c
    SEMI JOIN (SELECT ticket_id FROM ticket WHERE deleted_at IS NULL AND merged_into IS NULL) AS t ON t.ticket_id = c.ticket_id, month AS m
    GROUP BY c.definition
)
SELECT d.definition, COALESCE(c.n, 0) AS n, COALESCE(c.k, 0) AS k, COALESCE(o.due, 0) AS due, COALESCE(o.risk, 0) AS risk, COALESCE(o.overdue, 0) AS overdue
FROM sla_definition AS d LEFT JOIN counted AS c ON c.definition = d.definition LEFT JOIN open AS o ON o.definition = d.definition
ORDER BY d.ordinal, d.definition
