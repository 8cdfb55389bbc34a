-- name: mean_time_between_failures
-- title: Mean time between failures (MTBF)
-- process: availability
-- definition: Time that the services were up, within agreed service time, per failure. A failure is an unplanned outage; outages of a service that
--   overlap or touch are one. It counts in the month in which it began. A month without a failure has no figure by itself, yet its
--   time counts in a longer period. Services and service time as in service_availability.
-- formula: (agreed service time − unplanned downtime) ÷ failures
-- aggregate: ratio
-- unit: seconds
-- direction: higher
-- period_key: month of the service time; begin of the failure
-- origin: practice: MTBF (ITIL availability management)
-- input: outage(started_at) where NOT is_planned | no unplanned outage is recorded
SELECT service_id AS subject, service_id, counted_at, agreed_seconds - down_seconds AS numerator, failures AS denominator
FROM counted_service_month
