-- name: summary
-- purpose: one metric over any span [from, to), by one dimension; parameters metric, from, to (NULL = no bound), by
-- inputs: metric_fact, metric_definition, metric_period, metric_value; figures.sql and chosen.sql are filled in
-- output: a row a member with n, numerator, denominator, figure, mean, median, p90; by all: always one row, its figures NULL when nothing was counted
WITH chosen AS (
{{chosen}}
), grouped AS (
    SELECT f.member,
        {{figures}},
        quantile_cont(f.amount, 0.5) AS median
    FROM chosen f JOIN metric_definition d ON d.metric = f.metric
    GROUP BY f.member
), counted_zero AS (
    -- Nothing was counted, yet the months of the span (for a state: a month end in it) were: the count is 0.
    SELECT count(*) > 0 AS is_zero
    FROM metric_value v JOIN metric_period p ON p.month = v.month JOIN metric_definition d ON d.metric = v.metric
    WHERE v.metric = $metric AND v.dimension = 'all' AND d.aggregate = 'count'
      AND p.ends_at > coalesce(CAST($from AS TIMESTAMPTZ), TIMESTAMPTZ '-infinity')
      AND CASE d.period_key WHEN 'month_end' THEN p.ends_at <= coalesce(CAST($to AS TIMESTAMPTZ), TIMESTAMPTZ 'infinity')
            ELSE p.starts_at < coalesce(CAST($to AS TIMESTAMPTZ), TIMESTAMPTZ 'infinity') END
)
SELECT CAST($metric AS VARCHAR) AS metric, NULL::TIMESTAMP AS month, CAST($by AS VARCHAR) AS dimension,
    coalesce(member, '(none)') AS member, n, numerator, denominator, figure, mean, median, p90
FROM grouped
UNION ALL
SELECT CAST($metric AS VARCHAR), NULL, 'all', 'all', 0, NULL, NULL, CASE WHEN is_zero THEN 0 END, NULL, NULL, NULL
FROM counted_zero WHERE CAST($by AS VARCHAR) = 'all' AND NOT EXISTS (SELECT 1 FROM grouped)
ORDER BY member
