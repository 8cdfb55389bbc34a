-- name: tickets_without_ci
-- title: Tickets without a configuration item
-- process: data_quality
-- definition: Share of the incidents, problems, changes and releases registered in the month that name no configuration item. Only sources in
--   which some ticket names one are counted.
-- formula: tickets without a configuration item ÷ tickets registered
-- aggregate: ratio
-- unit: share
-- direction: lower
-- period_key: opened_at
-- origin: practice: completeness of records (ISO/IEC 20000-1:2018 8.2.6)
-- input: ticket(ci_id) where kind IN ('incident', 'problem', 'change', 'release') | no ticket names a configuration item
SELECT ticket_id, opened_at AS counted_at, CAST(ci_id IS NULL AS INTEGER) AS numerator, 1 AS denominator
FROM counted_ticket
WHERE kind IN ('incident', 'problem', 'change', 'release')
  AND source IN (SELECT source FROM counted_ticket WHERE ci_id IS NOT NULL AND kind IN ('incident', 'problem', 'change', 'release'))
