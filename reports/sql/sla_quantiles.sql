-- name: sla_quantiles
-- inputs: report_outcome, report_span 'now'
-- output: definition, n (stopped cycles), median, p90, p95 of elapsed ÷ goal (shares of the goal), median_seconds, p90_seconds of elapsed time;
--   interpolated between cycles (quantile_cont), as the metrics are
SELECT o.definition, count(*) AS n,
    quantile_cont(o.elapsed_seconds / o.goal_seconds, 0.5) AS median,
    quantile_cont(o.elapsed_seconds / o.goal_seconds, 0.9) AS p90,
    quantile_cont(o.elapsed_seconds / o.goal_seconds, 0.95) AS p95,
    quantile_cont(o.elapsed_seconds, 0.5) AS median_seconds,
    quantile_cont(o.elapsed_seconds, 0.9) AS p90_seconds
FROM report_outcome AS o
JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
WHERE o.goal_seconds > 0 AND o.stopped_at IS NOT NULL
GROUP BY o.definition ORDER BY o.definition
