-- name: nonconformities
-- inputs: nonconformity
-- output: the register of nonconformities, open ones first
SELECT nonconformity_id, title, COALESCE(requirement, '') AS requirement, found_on, COALESCE(found_in, '') AS found_in, COALESCE(grade, '') AS grade, COALESCE(cause, '') AS cause,
    COALESCE(action, '') AS action, COALESCE(owner, '') AS owner, due_on, closed_on, effective_on, is_effective
FROM nonconformity ORDER BY closed_on IS NOT NULL, due_on NULLS FIRST, nonconformity_id
