-- name: time_to_root_cause
-- title: Time to root cause
-- process: problem
-- definition: Calendar time from the registration of a problem until its root cause was recorded.
-- formula: median (also mean and 90th percentile) of root_cause_at − opened_at
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: root_cause_at
-- origin: framework: COBIT 2019 DSS03.02
-- input: ticket(root_cause_at) where kind = 'problem' | no problem tells when its root cause was found
SELECT ticket_id, root_cause_at AS counted_at, date_diff('second', opened_at, root_cause_at) AS amount
FROM counted_ticket WHERE kind = 'problem' AND root_cause_at >= opened_at
