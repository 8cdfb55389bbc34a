-- name: documents
-- inputs: shared part document_state (documents in use, with what keeps each from being in force)
-- output: documents of the register with what is due, stale ones first
SELECT document_id, title, COALESCE(kind, '') AS kind, COALESCE(owner, '') AS owner, COALESCE(version, '') AS version, COALESCE(approved_by, '') AS approved_by, approved_on, review_by, COALESCE(requirements, '') AS requirements, due
FROM document_state
ORDER BY due = '', review_by NULLS FIRST, document_id
