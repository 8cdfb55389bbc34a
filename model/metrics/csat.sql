-- name: csat
-- title: Customer satisfaction (CSAT)
-- process: satisfaction
-- definition: Share of the survey answers that are satisfied: a score in the top quarter of its scale, which is 4 or 5 on a scale of 1 to 5
--   (top two of five). Answers without a scale are left out. To be read with survey_response_rate. Surveys about deleted or merged tickets are left out.
-- formula: answers with score ≥ scale_min + 0.75 × (scale_max − scale_min) ÷ answers
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: answered_at
-- origin: practice: customer satisfaction, top two of five; ISO/IEC 20000-1:2018 8.3.2
-- input: survey_response(answered_at, score, scale_min, scale_max) | no survey answers are collected
SELECT survey_id AS subject, ticket_id, service_id, customer_id, answered_at AS counted_at,
    CAST(score >= scale_min + 0.75 * (scale_max - scale_min) AS INTEGER) AS numerator, 1 AS denominator
FROM survey_response
WHERE answered_at IS NOT NULL AND score IS NOT NULL AND scale_max > scale_min
  AND (ticket_id IS NULL OR ticket_id NOT IN (SELECT ticket_id FROM excluded_ticket))
