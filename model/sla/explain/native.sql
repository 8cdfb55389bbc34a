-- name: explain_native
-- purpose: what the tool itself said of the clocks of one ticket, beside what was recomputed
-- inputs: native_difference, native_sla; parameter: ticket, twice
-- output columns: name; clock; definition ('' = nothing to compare with); cycle; breached; goal, elapsed (seconds); due_at; goal_difference,
--   elapsed_difference, due_difference (tool minus recomputed, seconds); verdict; cause (words; NULL = no difference)
SELECT native_name AS name, clock, definition, CAST(cycle AS BIGINT) AS cycle, native_breached AS breached, native_goal_seconds AS goal,
       native_elapsed_seconds AS elapsed, native_due_at AS due_at, native_goal_seconds - goal_seconds AS goal_difference,
       elapsed_difference_seconds AS elapsed_difference, due_difference_seconds AS due_difference, verdict, coalesce(cause_words, nullif(likely_cause, 'none')) AS cause
FROM native_difference
WHERE ticket_id = ?
UNION ALL
SELECT n.name, n.clock, '', 0, n.breached, n.goal_seconds, n.elapsed_seconds, n.due_at, NULL, NULL, NULL, '', NULL
FROM native_sla n
WHERE n.ticket_id = ? AND NOT EXISTS (SELECT 1 FROM native_difference d WHERE d.ticket_id = n.ticket_id AND d.clock = n.clock AND d.native_name = n.name)
ORDER BY name, clock, definition, cycle
