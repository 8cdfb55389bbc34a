-- name: tickets_without_service
-- title: Tickets without a service
-- process: data_quality
-- definition: Share of the tickets of every kind registered in the month that name no service. Only sources in which some ticket names one
--   are counted: otherwise the field is not collected, which is a missing input and not a fault of the tickets.
-- formula: tickets without a service ÷ tickets registered
-- aggregate: ratio
-- unit: share
-- direction: lower
-- period_key: opened_at
-- origin: practice: completeness of records (ISO/IEC 20000-1:2018 9.4 needs it for reports by service)
-- input: ticket(service_id) | no ticket names a service
SELECT ticket_id, opened_at AS counted_at, CAST(service_id IS NULL AS INTEGER) AS numerator, 1 AS denominator
FROM counted_ticket
WHERE source IN (SELECT source FROM counted_ticket WHERE service_id IS NOT NULL)
