-- name: clock_shape
-- purpose: variants through which the clock goes alike share a shape, and are looked at once
-- inputs: clock_phase
-- output columns: variant_no; shape_no (the smallest variant_no of the shape)
SELECT v.variant_no, MIN(v.variant_no) OVER (PARTITION BY v.postures) AS shape_no
FROM (
  SELECT variant_no, {{sorted "CAST(position AS BIGINT) * 2097152 + posture"}} AS postures
  FROM clock_phase
  GROUP BY variant_no
) v
