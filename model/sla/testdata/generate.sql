-- name: generated tickets
-- purpose: a service desk of any size by a fixed formula: five to eight events a ticket, pauses, reopenings, changes of priority and team
-- inputs: variable tickets (how many)
-- output: rows in ticket and ticket_event; two years up to 2026-11-30
CREATE TEMP TABLE seed AS
SELECT i, 1730419200 + CAST((i * 7919) % 65000000 AS BIGINT) AS opened_s,
       hash(i * 5 + 1) % 1000 AS a, hash(i * 5 + 2) % 1000 AS b, hash(i * 5 + 3) % 1000 AS c, hash(i * 5 + 4) % 1000 AS d
FROM range(getvariable('tickets')) r (i);

CREATE TEMP TABLE happening AS
SELECT i, step, opened_s + CAST(after_s AS BIGINT) AS occurred_s, field, to_value FROM (
  SELECT i, opened_s, 1 AS step, 0 AS after_s, 'status' AS field, 'new' AS to_value FROM seed
  UNION ALL SELECT i, opened_s, 2, 0, 'priority', CAST(CASE WHEN a < 40 THEN 1 WHEN a < 200 THEN 2 WHEN a < 700 THEN 3 ELSE 4 END AS VARCHAR) FROM seed
  UNION ALL SELECT i, opened_s, 3, 120 + b * 3, 'team', 'team-' || (b % 20) FROM seed
  UNION ALL SELECT i, opened_s, 4, 200 + a * 20, 'status', 'in_progress' FROM seed
  UNION ALL SELECT i, opened_s, 5, 210 + a * 20 + c, 'first_response', 'agent' FROM seed WHERE d < 900
  UNION ALL SELECT i, opened_s, 6, 25000 + b * 90, 'status', 'on_hold' FROM seed WHERE c < 350
  UNION ALL SELECT i, opened_s, 7, 25000 + b * 90 + d * 200, 'status', 'in_progress' FROM seed WHERE c < 350
  UNION ALL SELECT i, opened_s, 8, 22000 + d * 60, 'priority', CAST(1 + b % 4 AS VARCHAR) FROM seed WHERE b < 150
  UNION ALL SELECT i, opened_s, 9, 26000 + b * 90 + d * 200 + a * 100, 'status', 'resolved' FROM seed WHERE a < 970
  UNION ALL SELECT i, opened_s, 10, 26000 + b * 90 + d * 200 + a * 100 + c * 120, 'status', 'in_progress' FROM seed WHERE a < 970 AND d < 60
  UNION ALL SELECT i, opened_s, 11, 26000 + b * 90 + d * 200 + a * 100 + c * 120 + b * 60, 'status', 'resolved' FROM seed WHERE a < 970 AND d < 60
  UNION ALL SELECT i, opened_s, 12, 700000 + b * 90 + d * 200 + a * 100, 'status', 'closed' FROM seed WHERE a < 940
) e;

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
