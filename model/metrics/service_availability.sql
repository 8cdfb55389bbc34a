-- name: service_availability
-- title: Availability of services
-- process: availability
-- definition: Share of the agreed service time in which the service was available. Agreed service time is the service's calendar, or 24 hours on 7
--   days where it has none or the configuration does not know its calendar. Only unplanned outages count, of the service or of a CI that serves it, cut at the month and at as-of; outages at the
--   same time count once, with the largest impact; an outage of part of the service counts by its share. Announced maintenance is no downtime and
--   stays in the agreed time. Services are counted that have an availability target or an outage on record, from the month of the first
--   outage on record on: before it nothing tells that outages were recorded.
-- formula: (agreed service time − unplanned downtime) ÷ agreed service time, in seconds, summed over services
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: month of the service time
-- origin: standard: ISO/IEC 20000-1:2018 8.7.1; ITIL availability management
-- input: outage(started_at) | no outage is recorded
SELECT service_id AS subject, service_id, counted_at, agreed_seconds - down_seconds AS numerator, agreed_seconds AS denominator
FROM counted_service_month
