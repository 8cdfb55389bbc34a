-- name: what follows from history
-- purpose: number the events, count reopenings and reassignments, and take the times of resolution and closing from history
-- inputs: dp_ticket, dp_event, communication
-- output: ticket and ticket_event
-- rules:
--   reopen_count: changes of status from resolved or closed to new, in_progress or on_hold
--   order of the changes of one update: status last, so that a ticket which is registered done, or whose priority changes in
--     the update that resolves it, is judged by the values that it was resolved with
--   reassignment_count: changes of team after the first assignment, to another team than the last one that held the ticket;
--     a time without a team in between does not count by itself
--   resolved_at: the last change from an open status into resolved or closed, while the ticket still is in one of them.
--     A ticket closed without passing through resolved takes the mapped time, where that lies before the closing.
--   closed_at: the last change into closed, while it still is closed
--   without history: the mapped times; a closed ticket without a resolved time was resolved when it was closed
--   a ticket that is open is neither resolved nor closed, whatever times it carries; a cancelled one is not resolved
--   first_response_at: mapped, or else the first public message of an agent after the opening
INSERT INTO ticket_event BY NAME
SELECT ticket_id, CAST(row_number() OVER (PARTITION BY ticket_id ORDER BY dp_step, field = 'status', dp_rank, field) AS INTEGER) AS sequence,
    occurred_at, actor, actor_role, field, from_value, to_value, source_from_value, source_to_value
FROM dp_event ORDER BY ticket_id, sequence;

CREATE OR REPLACE TEMP TABLE dp_life AS
SELECT ticket_id,
    CAST(count(*) FILTER (field = 'status' AND from_value IN ('resolved', 'closed') AND to_value IN ('new', 'in_progress', 'on_hold')) AS INTEGER) AS reopenings,
    max(occurred_at) FILTER (field = 'status' AND to_value IN ('resolved', 'closed') AND coalesce(from_value, '') NOT IN ('resolved', 'closed')) AS done_at,
    arg_max(to_value, sequence) FILTER (field = 'status' AND to_value IN ('resolved', 'closed') AND coalesce(from_value, '') NOT IN ('resolved', 'closed')) AS done_as,
    max(occurred_at) FILTER (field = 'status' AND to_value = 'closed' AND coalesce(from_value, '') <> 'closed') AS shut_at
FROM ticket_event GROUP BY ticket_id;

CREATE OR REPLACE TEMP TABLE dp_handover AS
WITH held AS (
    SELECT ticket_id, to_value AS team,
        coalesce(lag(to_value) OVER (PARTITION BY ticket_id ORDER BY sequence), from_value) AS team_before
    FROM ticket_event WHERE field = 'team' AND to_value IS NOT NULL
)
SELECT ticket_id, CAST(count(*) AS INTEGER) AS reassignments FROM held WHERE team <> team_before GROUP BY ticket_id;

CREATE OR REPLACE TEMP TABLE dp_answer AS
SELECT c.ticket_id, min(c.sent_at) AS answered_at
FROM communication c JOIN dp_ticket t ON t.ticket_id = c.ticket_id
WHERE c.is_public AND c.sender_role = 'agent' AND c.sent_at >= t.opened_at
GROUP BY c.ticket_id;

INSERT INTO ticket BY NAME
SELECT t.* EXCLUDE (dp_source, dp_partial, dp_mapped_resolved_at, dp_mapped_closed_at) REPLACE (
    coalesce(l.reopenings, 0) AS reopen_count,
    coalesce(h.reassignments, 0) AS reassignment_count,
    CASE WHEN t.status IN ('new', 'in_progress', 'on_hold', 'cancelled') THEN NULL
        WHEN NOT t.has_history THEN coalesce(t.dp_mapped_resolved_at, CASE WHEN t.status = 'closed' THEN t.dp_mapped_closed_at END)
        WHEN l.done_at IS NULL THEN t.dp_mapped_resolved_at
        WHEN l.done_as = 'closed' AND t.dp_mapped_resolved_at < l.done_at THEN t.dp_mapped_resolved_at
        ELSE l.done_at END AS resolved_at,
    CASE WHEN t.status IN ('new', 'in_progress', 'on_hold', 'resolved') THEN NULL
        WHEN NOT t.has_history OR t.status <> 'closed' THEN t.dp_mapped_closed_at
        ELSE coalesce(l.shut_at, t.dp_mapped_closed_at) END AS closed_at,
    coalesce(t.first_response_at, a.answered_at) AS first_response_at)
FROM dp_ticket t LEFT JOIN dp_life l ON l.ticket_id = t.ticket_id LEFT JOIN dp_answer a ON a.ticket_id = t.ticket_id
LEFT JOIN dp_handover h ON h.ticket_id = t.ticket_id
ORDER BY t.ticket_id;
