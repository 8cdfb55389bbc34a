-- name: documents
-- inputs: document; parameter: the day of as-of (DATE)
-- output: documents of the register with what is due, stale ones first
SELECT document_id, title, COALESCE(kind, '') AS kind, COALESCE(owner, '') AS owner, COALESCE(version, '') AS version, COALESCE(approved_by, '') AS approved_by, approved_on, review_by, COALESCE(requirements, '') AS requirements,
    concat_ws('; ', CASE WHEN approved_on IS NULL OR approved_on > a.today THEN 'not approved' END,
        CASE WHEN review_by IS NULL THEN 'no date of review' WHEN review_by < a.today THEN 'review overdue by ' || date_diff('day', review_by, a.today) || ' days' END,
        CASE WHEN owner IS NULL THEN 'no owner' END) AS due
FROM document, (SELECT CAST(? AS DATE) AS today) AS a
ORDER BY due = '', review_by NULLS FIRST, document_id
