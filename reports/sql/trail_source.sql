-- name: trail_source
-- inputs: ticket, raw_record; parameters: ticket id (named ticket), JSON array of the names of sources of its system (named sources)
-- output: key, url, kind, title, status, versions (records kept of it), sha256, origin and line of the newest
SELECT t.key, COALESCE(t.url, '') AS url, t.kind, COALESCE(t.title, '') AS title, t.status, t.opened_at, count(r.key) AS versions,
    COALESCE(arg_max(r.sha256, (r.run_id, r.ordinal)), '') AS sha256, COALESCE(arg_max(COALESCE(r.origin, '') || COALESCE(':' || r.line, ''), (r.run_id, r.ordinal)), '') AS origin
FROM ticket AS t
LEFT JOIN raw_record AS r ON r.key = t.key AND (r.source = t.source OR r.source IN (SELECT unnest(CAST($sources AS VARCHAR[]))))
WHERE t.ticket_id = $ticket
GROUP BY ALL
