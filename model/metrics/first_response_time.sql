-- name: first_response_time
-- title: Time to first response
-- process: incident
-- definition: Calendar time from registration to the first reply of the provider, for incidents, service requests, complaints and
--   security incidents that got one. Business time stands in first_response_business_time.
-- formula: median (also mean and 90th percentile) of first_response_at − opened_at
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: first_response_at
-- origin: practice: first response time (ITIL service desk)
-- input: ticket(first_response_at) where kind IN ('incident', 'service_request', 'complaint', 'security_incident') | no first response is recorded
SELECT ticket_id, first_response_at AS counted_at, date_diff('second', opened_at, first_response_at) AS amount
FROM counted_ticket
WHERE kind IN ('incident', 'service_request', 'complaint', 'security_incident') AND first_response_at >= opened_at
