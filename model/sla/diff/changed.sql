-- name: changed cycles
-- purpose: what-if: cycles whose result differs between two sets of definitions
-- inputs: before_outcome (temporary copy of sla_outcome under the first set), sla_outcome (under the second), ticket
-- output: ticket_id, key, definition, cycle, state_before, state_after (NULL = no such cycle), elapsed and goal before and after
--         (seconds of working time), largest change of the used share of the goal first
SELECT coalesce(b.ticket_id, a.ticket_id) AS ticket_id, t.key, coalesce(b.definition, a.definition) AS definition,
       coalesce(b.cycle, a.cycle) AS cycle, b.state AS state_before, a.state AS state_after,
       b.elapsed_seconds AS elapsed_before, a.elapsed_seconds AS elapsed_after,
       b.goal_seconds AS goal_before, a.goal_seconds AS goal_after
FROM before_outcome b
FULL JOIN sla_outcome a ON a.ticket_id = b.ticket_id AND a.definition = b.definition AND a.cycle = b.cycle
JOIN ticket t ON t.ticket_id = coalesce(b.ticket_id, a.ticket_id)
WHERE b.state IS DISTINCT FROM a.state OR b.elapsed_seconds IS DISTINCT FROM a.elapsed_seconds
   OR b.goal_seconds IS DISTINCT FROM a.goal_seconds
ORDER BY b.state IS NOT DISTINCT FROM a.state, abs(coalesce(a.elapsed_seconds - a.goal_seconds, 0) - coalesce(b.elapsed_seconds - b.goal_seconds, 0)) DESC,
         ticket_id, definition, cycle
