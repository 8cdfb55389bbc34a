-- name: compliance before and after
-- purpose: what-if: cycles counted and met by definition under two sets of definitions
-- inputs: before_outcome (temporary copy of sla_outcome under the first set), sla_outcome (under the second), before_definition,
--         sla_definition (definitions of the two); parameters 1 to 4: period [from, to) that counted_at must lie in, twice
-- output: definition, in_before, in_after (the set has it), n_before, met_before, n_after, met_after (cycles), changed (cycles whose state
--         differs, counted or not), tickets (that have such a cycle), now_late, no_longer_late (cycles whose goal is exceeded on one side only);
--         the four are 0 where only one set has the definition
WITH before_sum AS (
    SELECT definition, count(is_met) AS n, count(*) FILTER (is_met) AS met
    FROM before_outcome WHERE counted_at >= ?::TIMESTAMPTZ AND counted_at < ?::TIMESTAMPTZ GROUP BY definition
), after_sum AS (
    SELECT definition, count(is_met) AS n, count(*) FILTER (is_met) AS met
    FROM sla_outcome WHERE counted_at >= ?::TIMESTAMPTZ AND counted_at < ?::TIMESTAMPTZ GROUP BY definition
), state_change AS (
    SELECT coalesce(b.definition, a.definition) AS definition, count(*) AS n, count(DISTINCT coalesce(b.ticket_id, a.ticket_id)) AS tickets,
        count(*) FILTER (coalesce(a.state, '') IN ('breached', 'running_breached') AND coalesce(b.state, '') NOT IN ('breached', 'running_breached')) AS now_late,
        count(*) FILTER (coalesce(b.state, '') IN ('breached', 'running_breached') AND coalesce(a.state, '') NOT IN ('breached', 'running_breached')) AS no_longer_late
    FROM before_outcome b FULL JOIN sla_outcome a ON a.ticket_id = b.ticket_id AND a.definition = b.definition AND a.cycle = b.cycle
    WHERE b.state IS DISTINCT FROM a.state GROUP BY ALL
), named AS (
    SELECT coalesce(b.definition, a.definition) AS definition, b.definition IS NOT NULL AS in_before, a.definition IS NOT NULL AS in_after
    FROM before_definition b FULL JOIN sla_definition a ON a.definition = b.definition
)
SELECT d.definition, d.in_before, d.in_after, coalesce(b.n, 0) AS n_before, coalesce(b.met, 0) AS met_before,
       coalesce(a.n, 0) AS n_after, coalesce(a.met, 0) AS met_after,
       CASE WHEN d.in_before AND d.in_after THEN coalesce(c.n, 0) ELSE 0 END AS changed, CASE WHEN d.in_before AND d.in_after THEN coalesce(c.tickets, 0) ELSE 0 END AS tickets,
       CASE WHEN d.in_before AND d.in_after THEN coalesce(c.now_late, 0) ELSE 0 END AS now_late,
       CASE WHEN d.in_before AND d.in_after THEN coalesce(c.no_longer_late, 0) ELSE 0 END AS no_longer_late
FROM named d
LEFT JOIN before_sum b ON b.definition = d.definition
LEFT JOIN after_sum a ON a.definition = d.definition
LEFT JOIN state_change c ON c.definition = d.definition
ORDER BY d.definition
