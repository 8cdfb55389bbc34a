-- name: known_errors_with_workaround
-- title: Known errors with a workaround
-- process: problem
-- definition: Share of the known errors that have a workaround on record now. A known error belongs to the month in which its root cause
--   was recorded, or else the problem was registered.
-- formula: known errors with a workaround ÷ known errors
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: root_cause_at (opened_at where it is not recorded)
-- origin: framework: COBIT 2019 DSS03.03; ISO/IEC 20000-1:2018 8.6.3
-- input: ticket(is_known_error) where kind = 'problem' AND is_known_error | no problem is recorded as a known error
SELECT ticket_id, coalesce(root_cause_at, opened_at) AS counted_at,
    CAST(trim(coalesce(workaround, '')) <> '' AS INTEGER) AS numerator, 1 AS denominator
FROM counted_ticket WHERE kind = 'problem' AND is_known_error
