-- name: zero
-- purpose: a count of nothing in a month of the data is 0 and not "no data"
-- inputs: metric_definition, metric_period, metric_value; temporary table measured_metric (metrics whose inputs are there)
-- output: metric_value rows of dimension all, with n = 0 and figure = 0
INSERT INTO metric_value BY NAME
SELECT d.metric, p.month, 'all' AS dimension, 'all' AS member, 0 AS n, 0 AS figure
FROM metric_definition d
JOIN measured_metric m ON m.metric = d.metric
CROSS JOIN metric_period p
WHERE d.aggregate = 'count'
  AND NOT EXISTS (SELECT 1 FROM metric_value v WHERE v.metric = d.metric AND v.month = p.month AND v.dimension = 'all')
ORDER BY d.metric, p.month
