-- name: reviews
-- inputs: review, audit, report_span 'now'; parameters: first day and last day of the period, day of as-of (DATE)
-- output: reviews and audits planned or held in the period, those not held first
WITH days AS (SELECT CAST(? AS DATE) AS first_day, CAST(? AS DATE) AS last_day, CAST(? AS DATE) AS today), planned AS (
    SELECT review_id AS id, kind, COALESCE(title, '') AS title, planned_on, held_on, COALESCE(outcome, '') AS outcome, COALESCE(minutes, '') AS minutes FROM review
    UNION ALL
    SELECT audit_id, 'audit, ' || COALESCE(kind, 'kind not recorded'), title, planned_on, held_on, CASE WHEN report_on IS NOT NULL THEN 'report of ' || report_on ELSE '' END, COALESCE(scope, '') FROM audit
)
SELECT p.*, p.held_on IS NULL AND p.planned_on <= d.today AS missed
FROM planned AS p, days AS d
WHERE COALESCE(p.planned_on, p.held_on) BETWEEN d.first_day AND d.last_day OR p.held_on BETWEEN d.first_day AND d.last_day
ORDER BY missed DESC, COALESCE(p.held_on, p.planned_on), p.id
