-- name: metric_months
-- inputs: metric_value of all records, report_span 'trend'
-- output: metric, month (first day), figure in the unit of the metric (NULL = no data), for months that begin within the trend
SELECT v.metric, v.month, v.figure FROM metric_value AS v JOIN report_span AS s ON s.span = 'trend'
WHERE v.dimension = 'all' AND v.month < CAST(s.span_to AS TIMESTAMPTZ) ORDER BY v.metric, v.month
