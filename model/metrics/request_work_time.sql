-- name: request_work_time
-- title: Working time of service requests
-- process: request
-- definition: What is left of the lead time when the wait for approval and the time on hold are taken away, in calendar time, over fulfilled
--   service requests with a status history, of sources that record approvals of requests.
-- formula: median (also mean and 90th percentile) of lead time − wait for approval − time on hold
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: resolved_at
-- origin: framework: COBIT 2019 DSS02.03
-- input: approval(requested_at) | no approval tells when it was asked for
-- input: ticket(resolved_at) where kind = 'service_request' AND has_history | no fulfilled service request has a status history
SELECT ticket_id, done_at AS counted_at, lead_seconds - approval_seconds - hold_seconds AS amount
FROM counted_request WHERE has_approvals AND has_history
