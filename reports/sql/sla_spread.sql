-- name: sla_spread
-- inputs: report_outcome, report_span 'now'
-- output: definition, bin (0 = first tenth of the goal … 9 = last tenth, 10 = up to 1.5 goals, 11 = up to 2, 12 = more), n
WITH used AS (
    SELECT o.definition, o.elapsed_seconds AS e, o.goal_seconds AS g
    FROM report_outcome AS o
    JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
    WHERE o.goal_seconds > 0 AND o.stopped_at IS NOT NULL
)
SELECT definition,
    CAST(CASE WHEN e <= g THEN LEAST(9, e * 10 // g) WHEN 2 * e <= 3 * g THEN 10 WHEN e <= 2 * g THEN 11 ELSE 12 END AS BIGINT) AS bin,
    count(*) AS n
FROM used GROUP BY ALL ORDER BY ALL
