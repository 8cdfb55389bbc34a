-- name: ci_accuracy
-- title: Accuracy of configuration records
-- process: configuration
-- definition: Share of the verifications of configuration items in the month that found record and reality in agreement. A verification without a
--   result is left out. It says nothing about items that were not verified.
-- formula: verifications that found no difference ÷ verifications with a result
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: verified_at
-- origin: framework: COBIT 2019 BAI10.05; ISO/IEC 20000-1:2018 8.2.6
-- input: ci_verification(verified_at, is_correct) | no verification of a configuration item is recorded
SELECT v.ci_id AS subject, c.service_id, v.verified_at AS counted_at, CAST(v.is_correct AS INTEGER) AS numerator, 1 AS denominator
FROM ci_verification v LEFT JOIN ci c ON c.ci_id = v.ci_id
WHERE v.is_correct IS NOT NULL
