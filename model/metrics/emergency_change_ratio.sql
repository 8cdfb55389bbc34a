-- name: emergency_change_ratio
-- title: Emergency changes
-- process: change
-- definition: Share of the implemented changes that are of type emergency, by the type recorded now. A change without a type is left out.
-- formula: emergency changes ÷ implemented changes with a type
-- aggregate: ratio
-- unit: share
-- direction: lower
-- period_key: actual end of the change (resolved_at or closed_at where it is not recorded)
-- origin: framework: COBIT 2019 BAI06.02; ISO/IEC 20000-1:2018 8.5.1
-- input: ticket(change_type) where kind = 'change' | no change has a type
SELECT ticket_id, implemented_at AS counted_at, CAST(change_type = 'emergency' AS INTEGER) AS numerator, 1 AS denominator
FROM counted_change WHERE change_type IS NOT NULL
