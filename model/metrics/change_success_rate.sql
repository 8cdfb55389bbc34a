-- name: change_success_rate
-- title: Change success rate
-- process: change
-- definition: Share of the implemented changes with a recorded outcome that were successful and to which no incident is linked as its
--   consequence. Failed and backed out are not successful; cancelled changes were not implemented; a change without an outcome is left out.
-- formula: changes with outcome successful and no incident caused ÷ implemented changes with an outcome
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: actual end of the change (resolved_at or closed_at where it is not recorded)
-- origin: practice: change success rate (ITIL change enablement, COBIT BAI06)
-- input: ticket(outcome) where kind = 'change' | no change has an outcome
SELECT ticket_id, implemented_at AS counted_at,
    CAST(outcome = 'successful' AND caused_incidents = 0 AS INTEGER) AS numerator, 1 AS denominator
FROM counted_change WHERE outcome IS NOT NULL
