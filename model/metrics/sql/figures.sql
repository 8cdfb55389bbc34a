-- name: figures
-- purpose: the figures of a group of facts, the same in aggregate.sql and summary.sql; f = metric_fact, d = metric_definition
-- output: n, numerator, denominator, figure, mean, p90; unit: that of the metric
    count(*) AS n,
    sum(f.numerator) AS numerator,
    sum(f.denominator) AS denominator,
    CASE any_value(d.aggregate)
        WHEN 'ratio' THEN sum(f.numerator) / nullif(sum(f.denominator), 0)
        WHEN 'distribution' THEN quantile_cont(f.amount, 0.5)
        WHEN 'count' THEN CAST(count(*) AS DOUBLE)
        WHEN 'sum' THEN sum(f.amount)
    END AS figure,
    CASE WHEN any_value(d.aggregate) IN ('ratio', 'distribution') THEN avg(f.amount) END AS mean,
    CASE WHEN any_value(d.aggregate) IN ('ratio', 'distribution') THEN quantile_cont(f.amount, 0.9) END AS p90
