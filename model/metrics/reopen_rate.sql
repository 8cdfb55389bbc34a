-- name: reopen_rate
-- title: Reopen rate
-- process: incident
-- definition: Share of the tickets first resolved in the month that were open again later, up to as-of, without a limit of days; so the newest
--   months can still rise. Incidents, service requests, complaints and security incidents. Where there is no history the source's own
--   counter decides; tickets for which nothing tells are left out.
-- formula: tickets that went back from resolved or closed to an open status at least once ÷ tickets first resolved in the month
-- aggregate: ratio
-- unit: share
-- direction: lower
-- period_key: first resolution
-- origin: practice: reopen rate (ITIL service desk)
-- input: ticket(opened_at) where has_history OR source_reopen_count IS NOT NULL | neither a status history nor a counter of reopenings is recorded
SELECT ticket_id, resolved_at AS counted_at, CAST(is_reopened AS INTEGER) AS numerator, 1 AS denominator
FROM counted_resolution WHERE is_reopened IS NOT NULL
