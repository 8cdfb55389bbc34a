-- name: chosen
-- purpose: the facts of one metric in a span, each with its member of a dimension, for summary.sql and population.sql
-- inputs: metric_fact, metric_definition, metric_period; parameters metric, from, to, by
    -- A month end is a state and not a flow: over several months the last one in the span stands for it.
    SELECT f.*, CASE CAST($by AS VARCHAR) WHEN 'all' THEN 'all' WHEN 'kind' THEN f.kind WHEN 'priority' THEN CAST(f.priority AS VARCHAR)
            WHEN 'service' THEN f.service_id WHEN 'customer' THEN f.customer_id WHEN 'team' THEN f.team
            WHEN 'supplier' THEN f.supplier_id WHEN 'definition' THEN f.definition END AS member
    FROM metric_fact f JOIN metric_definition d ON d.metric = f.metric
    WHERE f.metric = $metric
      AND f.counted_at >= coalesce(CAST($from AS TIMESTAMPTZ), TIMESTAMPTZ '-infinity')
      AND f.counted_at < coalesce(CAST($to AS TIMESTAMPTZ), TIMESTAMPTZ 'infinity')
      AND (d.period_key <> 'month_end' OR f.month = (
            SELECT max(p.month) FROM metric_period p
            WHERE p.ends_at > coalesce(CAST($from AS TIMESTAMPTZ), TIMESTAMPTZ '-infinity')
              AND p.ends_at <= coalesce(CAST($to AS TIMESTAMPTZ), TIMESTAMPTZ 'infinity')))
