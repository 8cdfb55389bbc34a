-- name: prepare
-- purpose: relations that several metrics read, so that each rule stands in one place
-- inputs: ticket, ticket_event, approval, ticket_link, outage, survey_response; as_of (TIMESTAMPTZ, not included) and zone (IANA name) are filled in
-- output: metric_period and the temporary tables excluded_ticket, counted_ticket, counted_status, counted_open, counted_resolution, counted_change, counted_request
-- unit: instants in UTC, durations in whole seconds

-- Deleted and merged tickets are in no metric.
CREATE OR REPLACE TEMP TABLE excluded_ticket AS
SELECT ticket_id FROM ticket WHERE deleted_at IS NOT NULL OR merged_into IS NOT NULL;

-- done_at: resolved and not open again; a resolution before the opening is an error of the record and not counted.
-- reassignments: the source's own counter where the source gives no history of teams; NULL = not known.
CREATE OR REPLACE TEMP TABLE counted_ticket AS
WITH team_history AS (
    SELECT DISTINCT source FROM ticket WHERE ticket_id IN (SELECT ticket_id FROM ticket_event WHERE field = 'team')
)
SELECT t.* EXCLUDE (attributes, url, title, key, requester),
    CASE WHEN t.status IN ('resolved', 'closed', 'unmapped') AND t.resolved_at >= t.opened_at
          AND t.resolved_at < {{as_of}} THEN t.resolved_at END AS done_at,
    CASE WHEN t.has_history AND h.source IS NOT NULL THEN t.reassignment_count
         ELSE t.source_reassignment_count END AS reassignments
FROM ticket t
LEFT JOIN team_history h ON h.source = t.source
WHERE t.deleted_at IS NULL AND t.merged_into IS NULL AND t.opened_at < {{as_of}};

-- Months run from the first record to as-of; the month that as-of lies in ends there.
DELETE FROM metric_period;
INSERT INTO metric_period
WITH first_record AS (
    SELECT min(first_at) AS first_at FROM (
        SELECT min(opened_at) AS first_at FROM counted_ticket
        UNION ALL SELECT min(started_at) FROM outage
        UNION ALL SELECT min(asked_at) FROM survey_response)
), month_start AS (
    SELECT unnest(generate_series(date_trunc('month', first_at AT TIME ZONE {{zone}}),
        date_trunc('month', {{as_of}} AT TIME ZONE {{zone}}), INTERVAL 1 MONTH)) AS local_start
    FROM first_record WHERE first_at IS NOT NULL
)
SELECT CAST(local_start AS DATE) AS month,
    local_start AT TIME ZONE {{zone}} AS starts_at,
    least((local_start + INTERVAL 1 MONTH) AT TIME ZONE {{zone}}, {{as_of}}) AS ends_at
FROM month_start
WHERE local_start AT TIME ZONE {{zone}} < {{as_of}}
ORDER BY month;

-- One row a status of a ticket, [from_at, to_at). Step 0 is the registration. Times never run backwards within a ticket.
-- Without history there are two steps, registered and done. A ticket that is done at an unknown time is left out.
-- A status without a mapping counts as open: nothing says that the work is done, unless the ticket states a time of resolution.
CREATE OR REPLACE TEMP TABLE counted_status AS
WITH step AS (
    SELECT ticket_id, 0 AS sequence, opened_at AS occurred_at, 'new' AS status
    FROM counted_ticket
    WHERE has_history OR status NOT IN ('resolved', 'closed', 'cancelled') OR coalesce(resolved_at, closed_at) IS NOT NULL
    UNION ALL
    SELECT t.ticket_id, e.sequence, e.occurred_at, e.to_value
    FROM ticket_event e JOIN counted_ticket t ON t.ticket_id = e.ticket_id
    WHERE t.has_history AND e.field = 'status' AND e.to_value IS NOT NULL AND e.occurred_at < {{as_of}}
    UNION ALL
    SELECT ticket_id, 1, coalesce(resolved_at, closed_at), CASE status WHEN 'unmapped' THEN 'resolved' ELSE status END
    FROM counted_ticket
    WHERE NOT has_history AND status IN ('resolved', 'closed', 'cancelled', 'unmapped') AND coalesce(resolved_at, closed_at) < {{as_of}}
), ordered AS (
    SELECT ticket_id, sequence, status,
        max(occurred_at) OVER (PARTITION BY ticket_id ORDER BY sequence ROWS UNBOUNDED PRECEDING) AS from_at,
        status NOT IN ('resolved', 'closed', 'cancelled') AS is_open
    FROM step
)
SELECT ticket_id, sequence, status, is_open, from_at,
    coalesce(lead(from_at) OVER step_order, TIMESTAMPTZ 'infinity') AS to_at,
    lag(is_open) OVER step_order AS was_open
FROM ordered
WINDOW step_order AS (PARTITION BY ticket_id ORDER BY sequence);

-- The tickets that were open at the last instant of each month, or just before as-of, with their age.
CREATE OR REPLACE TEMP TABLE counted_open AS
SELECT s.ticket_id, t.kind, p.ends_at - INTERVAL 1 MICROSECOND AS counted_at, date_diff('second', t.opened_at, p.ends_at) AS age_seconds
FROM counted_status s
JOIN metric_period p ON s.from_at < p.ends_at AND s.to_at >= p.ends_at
JOIN counted_ticket t ON t.ticket_id = s.ticket_id
WHERE s.is_open AND s.to_at > s.from_at;

-- The first resolution of a ticket, and whether it was open again later. is_reopened is NULL where nothing tells.
CREATE OR REPLACE TEMP TABLE counted_resolution AS
WITH first_resolution AS (
    SELECT ticket_id, min(sequence) AS sequence, min_by(from_at, sequence) AS resolved_at
    FROM counted_status WHERE status IN ('resolved', 'closed') GROUP BY ticket_id
), reopened AS (
    SELECT s.ticket_id, bool_or(s.is_open AND s.sequence > f.sequence) AS is_reopened
    FROM counted_status s JOIN first_resolution f ON f.ticket_id = s.ticket_id GROUP BY s.ticket_id
)
SELECT t.ticket_id, f.resolved_at,
    CASE WHEN t.has_history THEN r.is_reopened ELSE t.source_reopen_count > 0 END AS is_reopened
FROM first_resolution f
JOIN counted_ticket t ON t.ticket_id = f.ticket_id
JOIN reopened r ON r.ticket_id = f.ticket_id
WHERE t.kind IN ('incident', 'service_request', 'complaint', 'security_incident');

-- Changes that were implemented: an outcome says so, or they have an actual end and were not cancelled.
CREATE OR REPLACE TEMP TABLE counted_change AS
WITH first_approval AS (
    SELECT ticket_id, min(decided_at) AS approved_at
    FROM approval WHERE decision = 'approved' AND decided_at < {{as_of}} GROUP BY ticket_id
), approving_source AS (
    SELECT DISTINCT t.source FROM approval a JOIN ticket t ON t.ticket_id = a.ticket_id WHERE t.kind = 'change'
), caused AS (
    SELECT change_id, count(DISTINCT l.incident_id) AS incidents
    FROM (
        SELECT to_ticket_id AS change_id, ticket_id AS incident_id FROM ticket_link WHERE link_type = 'caused_by'
        UNION ALL
        SELECT ticket_id, to_ticket_id FROM ticket_link WHERE link_type = 'causes'
    ) l JOIN counted_ticket i ON i.ticket_id = l.incident_id AND i.kind IN ('incident', 'security_incident')
    GROUP BY change_id
)
SELECT t.ticket_id, t.change_type, t.outcome, t.started_at, a.approved_at,
    s.source IS NOT NULL AS has_approvals,
    coalesce(t.ended_at, t.resolved_at, t.closed_at) AS implemented_at,
    coalesce(c.incidents, 0) AS caused_incidents
FROM counted_ticket t
LEFT JOIN first_approval a ON a.ticket_id = t.ticket_id
LEFT JOIN approving_source s ON s.source = t.source
LEFT JOIN caused c ON c.change_id = t.ticket_id
WHERE t.kind = 'change'
  AND (t.outcome IN ('successful', 'failed', 'backed_out') OR (t.outcome IS NULL AND t.ended_at IS NOT NULL AND t.status <> 'cancelled'));

-- Lead time of fulfilled requests in three parts that add up: waiting for approval, on hold besides, and the rest.
-- Overlapping waits count once: each wait adds only what lies behind the furthest end before it.
CREATE OR REPLACE TEMP TABLE counted_request AS
WITH request AS (
    SELECT t.ticket_id, t.source, t.opened_at, t.done_at, t.has_history
    FROM counted_ticket t WHERE t.kind = 'service_request' AND t.done_at IS NOT NULL
), wait AS (
    SELECT r.ticket_id, 'approval' AS reason, greatest(a.requested_at, r.opened_at) AS from_at,
        least(coalesce(a.decided_at, r.done_at), r.done_at) AS to_at
    FROM request r JOIN approval a ON a.ticket_id = r.ticket_id WHERE a.requested_at IS NOT NULL
    UNION ALL
    SELECT r.ticket_id, 'hold', greatest(s.from_at, r.opened_at), least(s.to_at, r.done_at)
    FROM request r JOIN counted_status s ON s.ticket_id = r.ticket_id WHERE s.status = 'on_hold'
), scoped AS (
    SELECT ticket_id, 'approval' AS scope, from_at, to_at FROM wait WHERE reason = 'approval' AND to_at > from_at
    UNION ALL
    SELECT ticket_id, 'any', from_at, to_at FROM wait WHERE to_at > from_at
), covered AS (
    SELECT ticket_id, scope, from_at, to_at,
        max(to_at) OVER (PARTITION BY ticket_id, scope ORDER BY from_at, to_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached_at
    FROM scoped
), total AS (
    SELECT ticket_id,
        coalesce(sum(date_diff('second', greatest(from_at, coalesce(reached_at, from_at)), to_at)) FILTER (scope = 'approval' AND to_at > coalesce(reached_at, from_at)), 0) AS approval_seconds,
        coalesce(sum(date_diff('second', greatest(from_at, coalesce(reached_at, from_at)), to_at)) FILTER (scope = 'any' AND to_at > coalesce(reached_at, from_at)), 0) AS wait_seconds
    FROM covered GROUP BY ticket_id
), approving_source AS (
    SELECT DISTINCT t.source FROM approval a JOIN ticket t ON t.ticket_id = a.ticket_id
    WHERE t.kind = 'service_request' AND a.requested_at IS NOT NULL
)
SELECT r.ticket_id, r.done_at, r.has_history,
    s.source IS NOT NULL AS has_approvals,
    EXISTS (SELECT 1 FROM approval a WHERE a.ticket_id = r.ticket_id AND a.requested_at IS NOT NULL) AS needs_approval,
    date_diff('second', r.opened_at, r.done_at) AS lead_seconds,
    coalesce(w.approval_seconds, 0) AS approval_seconds,
    coalesce(w.wait_seconds, 0) - coalesce(w.approval_seconds, 0) AS hold_seconds
FROM request r
LEFT JOIN total w ON w.ticket_id = r.ticket_id
LEFT JOIN approving_source s ON s.source = r.source;
