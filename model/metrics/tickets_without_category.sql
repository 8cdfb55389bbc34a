-- name: tickets_without_category
-- title: Tickets without a category
-- process: data_quality
-- definition: Share of the incidents, service requests, problems and changes registered in the month that have no category. Only sources in
--   which some ticket has one are counted.
-- formula: tickets without a category ÷ tickets registered
-- aggregate: ratio
-- unit: share
-- direction: lower
-- period_key: opened_at
-- origin: practice: completeness of records (ISO/IEC 20000-1:2018 8.6.1 asks for classification)
-- input: ticket(category) where kind IN ('incident', 'service_request', 'problem', 'change') | no ticket has a category
SELECT ticket_id, opened_at AS counted_at, CAST(trim(coalesce(category, '')) = '' AS INTEGER) AS numerator, 1 AS denominator
FROM counted_ticket
WHERE kind IN ('incident', 'service_request', 'problem', 'change')
  AND source IN (SELECT source FROM counted_ticket WHERE trim(coalesce(category, '')) <> '' AND kind IN ('incident', 'service_request', 'problem', 'change'))
