-- name: control_months
-- inputs: the population of one control, put in place of POPULATION; parameters: time zone of the organization, as-of
-- output: month (first day), n (things of the population in it), newest (instant of the newest)
SELECT CAST(date_trunc('month', occurred_at AT TIME ZONE ?) AS DATE) AS month, count(*) AS n, max(occurred_at) AS newest
FROM (
POPULATION
) AS population WHERE occurred_at < CAST(? AS TIMESTAMPTZ) GROUP BY 1 ORDER BY 1
