-- name: trail_source
-- inputs: ticket, raw_record; parameters: ticket id (named ticket), JSON array of the names of sources of its system (named sources)
-- output: key, url, kind, title, status, opened_at, versions (records kept of it), sha256, origin and line of the newest
WITH kept AS (
    SELECT r.sha256, COALESCE(r.origin, '') || COALESCE(':' || r.line, '') AS origin, r.run_id, r.ordinal
    FROM raw_record AS r
    WHERE r.key IN (SELECT key FROM ticket WHERE ticket_id = $ticket)
      AND (r.source IN (SELECT source FROM ticket WHERE ticket_id = $ticket) OR r.source IN (SELECT unnest(CAST($sources AS VARCHAR[]))))
), newest AS (
    SELECT count(*) AS versions, COALESCE(arg_max(sha256, (run_id, ordinal)), '') AS sha256, COALESCE(arg_max(origin, (run_id, ordinal)), '') AS origin FROM kept
)
SELECT t.key, COALESCE(t.url, '') AS url, t.kind, COALESCE(t.title, '') AS title, t.status, t.opened_at, n.versions, n.sha256, n.origin
FROM ticket AS t, newest AS n WHERE t.ticket_id = $ticket
