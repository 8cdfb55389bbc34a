-- name: survey_response_rate
-- title: Survey response rate
-- process: satisfaction
-- definition: Share of the surveys sent in the month that were answered up to as-of. Surveys about deleted or merged tickets are left out.
-- formula: surveys answered ÷ surveys sent
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: asked_at
-- origin: practice: response rate, without which no satisfaction figure can be judged
-- input: survey_response(asked_at) | no surveys are collected
SELECT survey_id AS subject, ticket_id, service_id, customer_id, asked_at AS counted_at,
    CAST(coalesce(answered_at < {{as_of}}, FALSE) AS INTEGER) AS numerator, 1 AS denominator
FROM survey_response
WHERE asked_at IS NOT NULL AND (ticket_id IS NULL OR ticket_id NOT IN (SELECT ticket_id FROM excluded_ticket))
