-- name: metric_month
-- purpose: all metrics of one whole month at once, as `build` stored them; they are what the metrics' own summary of that span gives
-- inputs: metric_value of all records, metric_period; parameters from, to
-- output: metric, n, numerator, denominator, figure, mean, p90; no row unless [from, to) is a month of metric_period
SELECT v.metric, v.n, v.numerator, v.denominator, v.figure, v.mean, v.p90
FROM metric_value AS v JOIN metric_period AS p ON p.month = v.month
WHERE v.dimension = 'all' AND p.starts_at = CAST($from AS TIMESTAMPTZ) AND p.ends_at = CAST($to AS TIMESTAMPTZ)
ORDER BY v.metric
