-- name: time_to_acknowledge
-- title: Time to acknowledge
-- process: incident
-- definition: Calendar time from the detection of an incident (its registration, where no detection is recorded) until a person or team took it.
-- formula: median (also mean and 90th percentile) of acknowledged_at − detected_at, or − opened_at
-- aggregate: distribution
-- unit: seconds
-- direction: lower
-- period_key: acknowledged_at
-- origin: practice: time to acknowledge (site reliability engineering; time to own in GLPI)
-- input: ticket(acknowledged_at) where kind IN ('incident', 'security_incident') | no incident tells when it was taken
SELECT ticket_id, acknowledged_at AS counted_at, date_diff('second', coalesce(detected_at, opened_at), acknowledged_at) AS amount
FROM counted_ticket
WHERE kind IN ('incident', 'security_incident') AND acknowledged_at >= coalesce(detected_at, opened_at)
