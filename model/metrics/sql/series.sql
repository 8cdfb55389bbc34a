-- name: series
-- purpose: one metric month by month over a span, a row for every month and member; parameters metric, from, to (NULL = no bound), by
-- inputs: metric_value, metric_period, metric_definition
-- output: month, member and the figures of metric_value; a month without data has n = 0 and NULL figures, a count of nothing is 0.
--         metric_value keeps no median beside the figure, so median is the figure of distributions
WITH span AS (
    SELECT month FROM metric_period
    WHERE starts_at < coalesce(CAST($to AS TIMESTAMPTZ), TIMESTAMPTZ 'infinity')
      AND ends_at > coalesce(CAST($from AS TIMESTAMPTZ), TIMESTAMPTZ '-infinity')
), part AS (
    SELECT DISTINCT v.member FROM metric_value v JOIN span s ON s.month = v.month WHERE v.metric = $metric AND v.dimension = $by
    UNION
    SELECT 'all' WHERE CAST($by AS VARCHAR) = 'all'
), zero AS (
    SELECT month FROM metric_value v JOIN metric_definition d ON d.metric = v.metric
    WHERE v.metric = $metric AND v.dimension = 'all' AND d.aggregate = 'count'
)
SELECT CAST($metric AS VARCHAR) AS metric, CAST(s.month AS TIMESTAMP) AS month, CAST($by AS VARCHAR) AS dimension, m.member,
    coalesce(v.n, 0) AS n, v.numerator, v.denominator,
    CASE WHEN v.metric IS NOT NULL THEN v.figure WHEN s.month IN (SELECT month FROM zero) THEN 0 END AS figure,
    v.mean, CASE WHEN d.aggregate = 'distribution' THEN v.figure END AS median, v.p90
FROM span s CROSS JOIN part m
JOIN metric_definition d ON d.metric = $metric
LEFT JOIN metric_value v ON v.metric = $metric AND v.dimension = $by AND v.month = s.month AND v.member = m.member
ORDER BY m.member, s.month
