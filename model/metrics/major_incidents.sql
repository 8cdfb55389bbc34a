-- name: major_incidents
-- title: Major incidents
-- process: incident
-- definition: Incidents and security incidents registered in the month that are marked as major, out of all that were registered (n). Only
--   sources that mark major incidents at all are counted; there an empty mark means not major.
-- formula: number of incidents marked as major
-- aggregate: sum
-- unit: count
-- direction: lower
-- period_key: opened_at
-- origin: standard: ISO/IEC 20000-1:2018 8.6.1; FitSM-1 PR9
-- input: ticket(is_major) where kind IN ('incident', 'security_incident') | no incident says whether it is major
SELECT ticket_id, opened_at AS counted_at, CAST(coalesce(is_major, FALSE) AS INTEGER) AS amount
FROM counted_ticket
WHERE kind IN ('incident', 'security_incident')
  AND source IN (SELECT source FROM counted_ticket WHERE kind IN ('incident', 'security_incident') AND is_major IS NOT NULL)
