-- name: changed cycles
-- purpose: what-if: cycles whose result differs between two sets of definitions, of the definitions that are in both
-- inputs: before_outcome (temporary copy of sla_outcome under the first set), sla_outcome (under the second), before_definition,
--         sla_definition (definitions of the two), ticket
-- output: ticket_id, key, definition, cycle, state_before, state_after (NULL = no such cycle), elapsed and goal before and after
--         (seconds of working time), due before and after; changed states first, then the largest change of the time left
SELECT coalesce(b.ticket_id, a.ticket_id) AS ticket_id, t.key, coalesce(b.definition, a.definition) AS definition,
       coalesce(b.cycle, a.cycle) AS cycle, b.state AS state_before, a.state AS state_after,
       b.elapsed_seconds AS elapsed_before, a.elapsed_seconds AS elapsed_after,
       b.goal_seconds AS goal_before, a.goal_seconds AS goal_after, b.due_at AS due_before, a.due_at AS due_after
FROM (SELECT * FROM before_outcome SEMI JOIN sla_definition USING (definition)) b
FULL JOIN (SELECT * FROM sla_outcome SEMI JOIN before_definition USING (definition)) a ON a.ticket_id = b.ticket_id AND a.definition = b.definition AND a.cycle = b.cycle
JOIN ticket t ON t.ticket_id = coalesce(b.ticket_id, a.ticket_id)
WHERE b.state IS DISTINCT FROM a.state OR b.elapsed_seconds IS DISTINCT FROM a.elapsed_seconds
   OR b.goal_seconds IS DISTINCT FROM a.goal_seconds
   -- The due time of a stopped clock is what might have been; that of an open one is what somebody works towards.
   OR ((b.is_open OR a.is_open) AND b.due_at IS DISTINCT FROM a.due_at)
ORDER BY b.state IS NOT DISTINCT FROM a.state, abs(coalesce(a.elapsed_seconds - a.goal_seconds, 0) - coalesce(b.elapsed_seconds - b.goal_seconds, 0)) DESC,
         ticket_id, definition, cycle
