-- name: mean_time_to_restore
-- title: Mean time to restore service (MTRS)
-- process: availability
-- definition: Calendar time from the begin of a failure of a service to its end, by the times of the outages and not of the tickets. Outages of a
--   service that overlap or touch are one failure. A failure counts in the month in which service was restored; one that lasts is not counted yet.
-- formula: sum of the durations ÷ failures restored (also the 90th percentile)
-- aggregate: ratio
-- unit: seconds
-- direction: lower
-- period_key: end of the failure
-- origin: practice: MTRS (ITIL availability management)
-- input: outage(ended_at) where NOT is_planned | no unplanned outage with an end is recorded
SELECT subject, service_id, ticket_id, restored_at AS counted_at, date_diff('second', failed_at, restored_at) AS numerator,
    1 AS denominator, date_diff('second', failed_at, restored_at) AS amount
FROM counted_failure WHERE restored_at IS NOT NULL
