-- name: emergency_approval_delay
-- title: Delay of the approval of emergency changes
-- process: change
-- definition: Time from the actual start of an implemented emergency change to its first approval; negative when it was approved before.
--   A change that was never approved has no delay and is counted in unauthorised_changes.
-- formula: median (also mean and 90th percentile) of first approval − actual start
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: actual start of the change
-- origin: framework: COBIT 2019 BAI06.02
-- input: ticket(started_at) where kind = 'change' AND change_type = 'emergency' | no emergency change has an actual start
-- input: approval(decided_at) where decision = 'approved' | no approval is recorded
SELECT ticket_id, started_at AS counted_at, date_diff('second', started_at, approved_at) AS amount
FROM counted_change WHERE change_type = 'emergency' AND started_at IS NOT NULL AND approved_at IS NOT NULL
