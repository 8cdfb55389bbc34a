-- name: generated tickets
-- purpose: a service desk of any size by a fixed formula: working weeks in three zones, short times often and long ones seldom,
--   about eight events a ticket, pauses, reopenings, changes of priority and team
-- inputs: variables tickets (how many in all), first_ticket and next_ticket (which of them to add: [first_ticket, next_ticket), from 0)
-- output: rows in ticket and ticket_event; two years up to 2026-11-30
CREATE TEMP TABLE seed AS
SELECT i, opened_s, a, b, c, d, e,
       60 + b * b // 150 AS assigned_s,                       -- to a team: up to 2 hours
       120 + b * b // 150 + a * a // 50 AS begun_s,           -- work begins: up to 6 hours more
       CASE WHEN c < 350 THEN 600 + d * d * 2 // 5 ELSE 0 END AS held_s, -- on hold: up to 4.6 days
       3600 + b * 20 + a * a // 2 AS worked_s                 -- work: up to 6 days
FROM (
  SELECT i, a, b, c, d, e,
         -- Six of seven tickets that would be opened at a weekend come on Monday; most come by day.
         day_s + CASE WHEN (day_s // 86400 + 3) % 7 >= 5 AND e % 7 > 0 THEN (7 - (day_s // 86400 + 3) % 7) * 86400 ELSE 0 END
         + CASE WHEN a % 10 < 8 THEN 21600 + (b * 1000 + c) * 46800 // 1000000 ELSE (c * 1000 + b) * 86400 // 1000000 END AS opened_s
  FROM (
    SELECT i, (1732924800 + CAST(i * 63072000 // getvariable('tickets') AS BIGINT)) // 86400 * 86400 AS day_s,
           CAST(hash(i * 6 + 1) % 1000 AS BIGINT) AS a, CAST(hash(i * 6 + 2) % 1000 AS BIGINT) AS b, CAST(hash(i * 6 + 3) % 1000 AS BIGINT) AS c,
           CAST(hash(i * 6 + 4) % 1000 AS BIGINT) AS d, CAST(hash(i * 6 + 5) % 1000 AS BIGINT) AS e
    FROM range(getvariable('first_ticket'), getvariable('next_ticket')) r (i)
  ) drawn
) days;

CREATE TEMP TABLE happening AS
SELECT i, step, opened_s + after_s AS occurred_s, field, to_value FROM (
  SELECT i, opened_s, 1 AS step, 0 AS after_s, 'status' AS field, 'new' AS to_value FROM seed
  UNION ALL SELECT i, opened_s, 2, 0, 'priority', CASE WHEN a < 40 THEN '1' WHEN a < 200 THEN '2' WHEN a < 700 THEN '3' ELSE '4' END FROM seed
  UNION ALL SELECT i, opened_s, 3, assigned_s, 'team', 'team-' || (b % 20) FROM seed
  UNION ALL SELECT i, opened_s, 4, begun_s, 'status', 'in_progress' FROM seed
  UNION ALL SELECT i, opened_s, 5, begun_s + c // 2, 'first_response', 'agent' FROM seed WHERE d < 900
  UNION ALL SELECT i, opened_s, 6, begun_s + 1800 + b * 20, 'status', 'on_hold' FROM seed WHERE c < 350
  UNION ALL SELECT i, opened_s, 7, begun_s + 1800 + b * 20 + held_s, 'status', 'in_progress' FROM seed WHERE c < 350
  UNION ALL SELECT i, opened_s, 8, begun_s + 600 + d * 20, 'priority', CAST(1 + b % 4 AS VARCHAR) FROM seed WHERE e < 150
  UNION ALL SELECT i, opened_s, 9, begun_s + 900 + d * 30, 'team', 'team-' || (c % 20) FROM seed WHERE b < 200
  UNION ALL SELECT i, opened_s, 10, begun_s + held_s + worked_s, 'status', 'resolved' FROM seed WHERE e < 980
  UNION ALL SELECT i, opened_s, 11, begun_s + held_s + worked_s + c * 120, 'status', 'in_progress' FROM seed WHERE d < 60 AND e < 980
  UNION ALL SELECT i, opened_s, 12, begun_s + held_s + worked_s + c * 120 + 300 + b * 60, 'status', 'resolved' FROM seed WHERE d < 60 AND e < 980
  UNION ALL SELECT i, opened_s, 13, begun_s + held_s + worked_s + 432000, 'status', 'closed' FROM seed WHERE e < 950
) e
WHERE opened_s + after_s < 1796083200;

INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value)
SELECT 'gen:T' || lpad(CAST(i AS VARCHAR), 8, '0'), row_number() OVER (PARTITION BY i ORDER BY occurred_s, step),
       to_timestamp(occurred_s), field, lag(to_value) OVER (PARTITION BY i, field ORDER BY occurred_s, step), to_value
FROM happening ORDER BY i, occurred_s, step;

INSERT INTO ticket (ticket_id, source, key, kind, status, priority, team, opened_at, reopen_count, reassignment_count, has_history)
SELECT 'gen:T' || lpad(CAST(s.i AS VARCHAR), 8, '0'), 'gen', 'T' || lpad(CAST(s.i AS VARCHAR), 8, '0'), 'incident',
       arg_max(to_value, occurred_s * 100 + step) FILTER (field = 'status'),
       CAST(arg_max(to_value, occurred_s * 100 + step) FILTER (field = 'priority') AS INTEGER),
       arg_max(to_value, occurred_s * 100 + step) FILTER (field = 'team'), to_timestamp(s.opened_s), 0, 0, TRUE
FROM seed s JOIN happening h ON h.i = s.i GROUP BY s.i, s.opened_s ORDER BY s.i;

DROP TABLE seed;
DROP TABLE happening;
