-- name: release_success_rate
-- title: Release success rate
-- process: release
-- definition: Share of the releases with a recorded outcome that were successful. Failed and backed out are not successful; cancelled ones are left out.
-- formula: releases with outcome successful ÷ releases with outcome successful, failed or backed_out
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: actual end of the release (resolved_at or closed_at where it is not recorded)
-- origin: standard: ISO/IEC 20000-1:2018 8.5.3; FitSM-1 PR13
-- input: ticket(outcome) where kind = 'release' | no release has an outcome
SELECT ticket_id, coalesce(ended_at, resolved_at, closed_at) AS counted_at,
    CAST(outcome = 'successful' AS INTEGER) AS numerator, 1 AS denominator
FROM counted_ticket WHERE kind = 'release' AND outcome IN ('successful', 'failed', 'backed_out')
