-- name: compliance before and after
-- purpose: what-if: cycles counted and met by definition under two sets of definitions
-- inputs: before_outcome (temporary copy of sla_outcome under the first set), sla_outcome (under the second); parameters 1 to 4:
--         period [from, to) that counted_at must lie in, twice
-- output: definition, n_before, met_before, n_after, met_after (cycles), changed (cycles whose state differs, counted or not)
WITH before_sum AS (
    SELECT definition, count(is_met) AS n, count(*) FILTER (is_met) AS met
    FROM before_outcome WHERE counted_at >= ?::TIMESTAMPTZ AND counted_at < ?::TIMESTAMPTZ GROUP BY definition
), after_sum AS (
    SELECT definition, count(is_met) AS n, count(*) FILTER (is_met) AS met
    FROM sla_outcome WHERE counted_at >= ?::TIMESTAMPTZ AND counted_at < ?::TIMESTAMPTZ GROUP BY definition
), state_change AS (
    SELECT coalesce(b.definition, a.definition) AS definition, count(*) AS n
    FROM before_outcome b FULL JOIN sla_outcome a ON a.ticket_id = b.ticket_id AND a.definition = b.definition AND a.cycle = b.cycle
    WHERE b.state IS DISTINCT FROM a.state GROUP BY ALL
), named AS (
    SELECT definition FROM before_outcome UNION SELECT definition FROM sla_outcome
)
SELECT d.definition, coalesce(b.n, 0) AS n_before, coalesce(b.met, 0) AS met_before,
       coalesce(a.n, 0) AS n_after, coalesce(a.met, 0) AS met_after, coalesce(c.n, 0) AS changed
FROM named d
LEFT JOIN before_sum b ON b.definition = d.definition
LEFT JOIN after_sum a ON a.definition = d.definition
LEFT JOIN state_change c ON c.definition = d.definition
ORDER BY d.definition
