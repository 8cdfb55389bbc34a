-- name: aggregate
-- purpose: every metric by month and by each dimension
-- inputs: metric_fact, metric_definition; the figures come from figures.sql, which summary.sql uses too
-- output: metric_value
-- A dimension that a metric does not have (no fact has a member) gets no rows.
INSERT INTO metric_value BY NAME
WITH grouped AS (
    SELECT f.metric, f.month,
        GROUPING(f.kind, f.priority, f.service_id, f.customer_id, f.team, f.supplier_id, f.definition) AS grouped_by,
        f.kind, f.priority, f.service_id, f.customer_id, f.team, f.supplier_id, f.definition,
        {{figures}}
    FROM metric_fact f JOIN metric_definition d ON d.metric = f.metric
    GROUP BY GROUPING SETS ((f.metric, f.month), (f.metric, f.month, f.kind), (f.metric, f.month, f.priority), (f.metric, f.month, f.service_id),
        (f.metric, f.month, f.customer_id), (f.metric, f.month, f.team), (f.metric, f.month, f.supplier_id), (f.metric, f.month, f.definition))
), named AS (
    -- GROUPING has a bit set for every column that is not in the set, the first column highest.
    SELECT metric, month, n, numerator, denominator, figure, mean, p90,
        CASE grouped_by WHEN 127 THEN 'all' WHEN 63 THEN 'kind' WHEN 95 THEN 'priority' WHEN 111 THEN 'service' WHEN 119 THEN 'customer'
            WHEN 123 THEN 'team' WHEN 125 THEN 'supplier' WHEN 126 THEN 'definition' END AS dimension,
        CASE grouped_by WHEN 127 THEN 'all' WHEN 63 THEN kind WHEN 95 THEN CAST(priority AS VARCHAR) WHEN 111 THEN service_id WHEN 119 THEN customer_id
            WHEN 123 THEN team WHEN 125 THEN supplier_id WHEN 126 THEN definition END AS member
    FROM grouped
)
SELECT metric, month, dimension, coalesce(member, '(none)') AS member, n, numerator, denominator, figure, mean, p90
FROM named
QUALIFY bool_or(member IS NOT NULL) OVER (PARTITION BY metric, dimension)
ORDER BY metric, month, dimension, member
