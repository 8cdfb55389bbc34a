-- name: control_months
-- inputs: the population of one control, put in place of POPULATION; ticket; parameters: time zone of the organization, as-of
-- output: month (first day), n (things of the population in it), newest (instant of the newest), systems (of the tickets among
--   them, in order, joined by a line feed)
SELECT CAST(date_trunc('month', p.occurred_at AT TIME ZONE ?) AS DATE) AS month, count(*) AS n, max(p.occurred_at) AS newest,
    coalesce(string_agg(DISTINCT t.source, chr(10) ORDER BY t.source), '') AS systems
FROM (
POPULATION
) AS p LEFT JOIN ticket AS t ON t.ticket_id = p.ticket_id
WHERE p.occurred_at < CAST(? AS TIMESTAMPTZ) GROUP BY 1 ORDER BY 1
