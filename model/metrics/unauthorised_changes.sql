-- name: unauthorised_changes
-- title: Unauthorised changes
-- process: change
-- definition: Share of the implemented normal and emergency changes that started without authority: no one had approved them when they
--   started, or, for an emergency change, no one approved them before or after. An emergency may come before its approval; how long
--   before stands in emergency_approval_delay. Standard changes are approved in advance as a kind and are left out. Only sources that record
--   approvals of changes are counted, and only changes with an actual start.
-- formula: changes without an approval at or before their actual start (emergency changes: without any approval) ÷ implemented changes
-- aggregate: ratio
-- unit: share
-- direction: lower
-- period_key: actual end of the change (resolved_at or closed_at where it is not recorded)
-- origin: standard: ISO/IEC 20000-1:2018 8.5.1.3
-- input: approval(decided_at) where decision = 'approved' | no approval is recorded
-- input: ticket(started_at) where kind = 'change' | no change has an actual start
SELECT ticket_id, implemented_at AS counted_at,
    CAST(approved_at IS NULL OR (approved_at > started_at AND change_type IS DISTINCT FROM 'emergency') AS INTEGER) AS numerator, 1 AS denominator
FROM counted_change
WHERE has_approvals AND started_at IS NOT NULL AND change_type IS DISTINCT FROM 'standard'
