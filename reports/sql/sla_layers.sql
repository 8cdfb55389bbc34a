-- name: sla_layers
-- inputs: report_outcome, report_span 'now'
-- output: definition of an OLA or UC, clock, sla_late (tickets late in an SLA of the period), both_late (of these also late in the OLA or UC)
WITH counted AS (
    SELECT o.* FROM report_outcome AS o
    JOIN report_span AS s ON s.span = 'now' AND o.counted_at >= s.span_from AND o.counted_at < s.span_to
), sla AS (
    SELECT DISTINCT ticket_id FROM counted WHERE definition_kind = 'SLA' AND late
), layer AS (
    SELECT definition, ticket_id, bool_or(late) AS late FROM counted WHERE definition_kind <> 'SLA' GROUP BY definition, ticket_id
)
SELECT l.definition, count(s.ticket_id) AS sla_late, count(s.ticket_id) FILTER (WHERE l.late) AS both_late
FROM layer AS l LEFT JOIN sla AS s ON s.ticket_id = l.ticket_id
GROUP BY l.definition ORDER BY l.definition
