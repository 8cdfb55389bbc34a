-- name: improvements
-- inputs: improvement; parameter: the day of as-of (DATE)
-- output: the register of improvements that are not done or rejected, late ones first: improvement_id, title, owner, due_on, status,
--   effect_expected, late (days past due; NULL = not late, or without a date); and the number of those done
SELECT improvement_id, title, COALESCE(owner, '') AS owner, due_on, COALESCE(status, '') AS status, COALESCE(effect_expected, '') AS effect_expected,
    CASE WHEN due_on < a.today THEN CAST(date_diff('day', due_on, a.today) AS BIGINT) END AS late
FROM improvement, (SELECT CAST(? AS DATE) AS today) AS a
WHERE done_on IS NULL AND COALESCE(status, '') NOT IN ('done', 'rejected')
ORDER BY late DESC NULLS LAST, due_on NULLS LAST, improvement_id
