-- name: ticket_refs
-- inputs: ticket; parameter: JSON array of ticket ids
-- output: ticket_id, key, url of the tickets named
SELECT ticket_id, key, COALESCE(url, '') AS url FROM ticket
WHERE ticket_id IN (SELECT unnest(CAST(? AS VARCHAR[]))) ORDER BY ticket_id
