-- name: references
-- purpose: what the evidence that people named is, among the records
-- inputs: document, audit, review, risk, nonconformity, improvement, ticket; parameter: JSON array of texts as written
-- output: text, kind, name (title, or key of a ticket), url; a text may come back as several kinds, ordered as they are tried
WITH named AS (
    SELECT DISTINCT unnest(CAST(? AS VARCHAR[])) AS text
), known AS (
    SELECT 1 AS place, 'document' AS kind, document_id AS id, title AS name, NULL AS url FROM document
    UNION ALL SELECT 2, 'audit', audit_id, title, NULL FROM audit
    UNION ALL SELECT 3, 'review', review_id, coalesce(title, replace(kind, '_', ' ')), NULL FROM review
    UNION ALL SELECT 4, 'risk', risk_id, title, NULL FROM risk
    UNION ALL SELECT 5, 'nonconformity', nonconformity_id, title, NULL FROM nonconformity
    UNION ALL SELECT 6, 'improvement', improvement_id, title, NULL FROM improvement
), found AS (
    -- the id with or without the register that it comes from
    SELECT n.text, k.place, k.kind, coalesce(k.name, '') AS name, coalesce(k.url, '') AS url
    FROM named AS n JOIN known AS k ON lower(n.text) = lower(k.id)
    UNION ALL
    SELECT n.text, k.place, k.kind, coalesce(k.name, ''), coalesce(k.url, '')
    FROM named AS n JOIN known AS k ON lower(n.text) = lower(substr(k.id, strpos(k.id, ':') + 1))
    UNION ALL
    SELECT n.text, 7, 'ticket', t.key, coalesce(t.url, '') FROM named AS n JOIN ticket AS t ON t.ticket_id = n.text WHERE t.deleted_at IS NULL
    UNION ALL
    SELECT n.text, 7, 'ticket', t.key, coalesce(t.url, '') FROM named AS n JOIN ticket AS t ON t.key = n.text WHERE t.deleted_at IS NULL
)
SELECT text, kind, min(name) AS name, min(url) AS url
FROM found
GROUP BY text, place, kind
ORDER BY text, place
