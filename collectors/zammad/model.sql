-- name: zammad
-- purpose: tickets, history, messages, links, organizations and own service level times of Zammad
-- inputs: raw_ticket (rows with names beside ids), raw_detail (history, articles, links of a ticket), raw_user, raw_organization
-- output: rows named like the model, with Zammad's own words; instants as Zammad writes them (UTC, Z); durations of Zammad
--   are minutes of the calendar of its SLA and are made seconds
-- map:
--   kind: {Incident: incident, Problem: problem, Request for Change: change}
--   status: {new: new, open: in_progress, pending reminder: on_hold, pending close: on_hold, closed: closed, merged: cancelled, removed: cancelled}
--   priority: {1 low: 4, 2 normal: 3, 3 high: 2}
--   communication.sender_role: {Agent: agent, Customer: requester, System: system}

-- table: src_ticket
-- People know the number of a ticket, records name its id.
SELECT key AS id, coalesce(payload->>'$.number', key) AS number, payload->>'$.customer_id' AS customer, (payload->>'$.state') = 'merged' AS is_merged
FROM raw_ticket

-- table: src_person
-- id → login. The user 1 is Zammad itself, and as an owner nobody.
SELECT id, max(login) AS login
FROM (
    SELECT key AS id, payload->>'$.login' AS login FROM raw_user
    UNION ALL SELECT payload->>'$.owner_id', payload->>'$.owner' FROM raw_ticket
    UNION ALL SELECT payload->>'$.customer_id', payload->>'$.customer' FROM raw_ticket
)
WHERE id <> '1' AND login <> '-'
GROUP BY id

-- table: src_history
SELECT key AS id, src, TRY_CAST(h->>'$.id' AS BIGINT) AS entry, h->>'$.object' AS object, h->>'$.type' AS type, h->>'$.attribute' AS attribute,
    nullif(h->>'$.value_from', '') AS value_from, nullif(h->>'$.value_to', '') AS value_to, h->>'$.id_from' AS id_from, h->>'$.id_to' AS id_to,
    h->>'$.created_by_id' AS created_by, h->>'$.created_at' AS created_at
FROM (SELECT key, src, unnest(json_extract(payload, '$.history[*]')) AS h FROM raw_detail)

-- table: src_whole
-- Tickets whose changes of state follow on one another from the creation to the state of now: what was brought in from another tool
-- has no history before that. Where the history is newer than the ticket as read, its end says nothing. Merging is a change of its own.
-- A state that was renamed keeps its id.
SELECT t.key AS id,
    EXISTS (FROM src_history h WHERE h.id = t.key AND h.object = 'Ticket' AND h.type = 'created') AND coalesce(s.linked, TRUE)
        AND CASE WHEN s.id IS NULL THEN coalesce(payload->>'$.last_close_at', payload->>'$.close_at') IS NULL OR coalesce(TRY_CAST(payload->>'$.close_at' AS TIMESTAMP) <= TRY_CAST(payload->>'$.created_at' AS TIMESTAMP) + INTERVAL 1 MINUTE, FALSE)
            ELSE coalesce(s.state_id = (payload->>'$.state_id'), FALSE) OR coalesce(s.state = (payload->>'$.state'), FALSE) OR s.last_at > (payload->>'$.updated_at') OR (payload->>'$.state') = 'merged' END AS is_whole
FROM raw_ticket t
LEFT JOIN (
    SELECT id, bool_and(before IS NULL OR coalesce(before = value_from, FALSE) OR coalesce(before_id = id_from, FALSE)) AS linked, arg_max(value_to, entry) AS state, arg_max(id_to, entry) AS state_id, max(created_at) AS last_at
    FROM (SELECT id, entry, value_from, value_to, id_from, id_to, created_at, lag(value_to) OVER (PARTITION BY id ORDER BY entry) AS before, lag(id_to) OVER (PARTITION BY id ORDER BY entry) AS before_id
        FROM src_history WHERE object = 'Ticket' AND type = 'updated' AND attribute = 'state')
    GROUP BY id
) s ON s.id = t.key

-- table: src_standard
-- What a ticket of Zammad bears as shipped; everything else was added by the organization.
SELECT unnest(['id', 'group_id', 'priority_id', 'state_id', 'organization_id', 'number', 'title', 'owner_id', 'customer_id', 'note', 'first_response_at',
    'first_response_escalation_at', 'first_response_in_min', 'first_response_diff_in_min', 'close_at', 'close_escalation_at', 'close_in_min',
    'close_diff_in_min', 'update_escalation_at', 'update_in_min', 'update_diff_in_min', 'last_close_at', 'last_contact_at', 'last_contact_agent_at',
    'last_contact_customer_at', 'last_owner_update_at', 'create_article_type_id', 'create_article_sender_id', 'article_count', 'escalation_at',
    'pending_time', 'type', 'time_unit', 'preferences', 'updated_by_id', 'created_by_id', 'created_at', 'updated_at', 'checklist_id', 'ai_agent_running',
    'referencing_checklist_ids', 'group', 'priority', 'state', 'organization', 'owner', 'customer', 'create_article_type', 'create_article_sender',
    'updated_by', 'created_by', 'article_ids', 'articles', 'ticket_time_accounting_ids', 'ticket_time_accounting', 'mentions', 'mention_ids',
    'checklist', 'shared_draft', 'tags']) AS name

-- entity: ticket
SELECT s.number AS key, t.src, {{url}} || '/#ticket/zoom/' || t.key AS url,
    payload->>'$.title' AS title, coalesce(nullif(payload->>'$.type', ''), 'ticket') AS kind, payload->>'$.state' AS status,
    payload->>'$.priority' AS priority, payload->>'$.group' AS team, owner.login AS assignee, payload->>'$.customer' AS requester,
    payload->>'$.organization_id' AS customer_id, payload->>'$.create_article_type' AS channel,
    payload->>'$.created_at' AS opened_at, payload->>'$.updated_at' AS updated_at, payload->>'$.close_escalation_at' AS due_at,
    coalesce(payload->>'$.last_close_at', payload->>'$.close_at') AS closed_at, t.deleted_at,
    coalesce(t.merged_into, target.number) AS merged_into,
    whole.is_whole AS has_history,
    (SELECT json_group_object(name, payload->>('$."' || replace(name, '"', '\"') || '"'))
        FROM (SELECT unnest(json_keys(payload)) AS name) WHERE name NOT IN (SELECT name FROM src_standard)) AS custom
FROM raw_ticket t
JOIN src_ticket s ON s.id = t.key
JOIN src_whole whole ON whole.id = t.key
LEFT JOIN src_person owner ON owner.id = (payload->>'$.owner_id')
LEFT JOIN (SELECT id, arg_max(id_to, entry) AS into_id FROM src_history WHERE type = 'merged_into' GROUP BY id) m ON m.id = t.key AND s.is_merged
LEFT JOIN src_ticket target ON target.id = m.into_id

-- entity: ticket_history
SELECT t.number AS ticket_id, h.src, h.created_at AS occurred_at, h.entry AS sequence,
    CASE h.attribute WHEN 'state' THEN 'status' WHEN 'owner' THEN 'assignee' WHEN 'group' THEN 'team' WHEN 'priority' THEN 'priority' WHEN 'type' THEN 'kind'
        WHEN 'customer' THEN 'requester' WHEN 'organization' THEN 'customer_id' WHEN 'title' THEN 'title' WHEN 'pending_time' THEN 'pending_time'
        ELSE 'custom.' || h.attribute END AS field,
    CASE WHEN h.attribute IN ('owner', 'customer') THEN CASE WHEN h.id_from <> '1' THEN coalesce(before.login, h.value_from) END
        WHEN h.attribute = 'organization' THEN h.id_from ELSE h.value_from END AS from_value,
    CASE WHEN h.attribute IN ('owner', 'customer') THEN CASE WHEN h.id_to <> '1' THEN coalesce(after.login, h.value_to) END
        WHEN h.attribute = 'organization' THEN h.id_to ELSE h.value_to END AS to_value,
    who.login AS actor, CASE WHEN h.created_by = '1' THEN 'system' WHEN h.created_by = t.customer THEN 'requester' ELSE 'agent' END AS actor_role
FROM src_history h
JOIN src_ticket t ON t.id = h.id
LEFT JOIN src_person before ON before.id = h.id_from AND h.attribute IN ('owner', 'customer')
LEFT JOIN src_person after ON after.id = h.id_to AND h.attribute IN ('owner', 'customer')
LEFT JOIN src_person who ON who.id = h.created_by
WHERE h.object = 'Ticket' AND h.type = 'updated' AND h.attribute IS NOT NULL
    AND (h.attribute IN ('state', 'owner', 'group', 'priority', 'type', 'customer', 'organization', 'title', 'pending_time')
        OR h.attribute NOT IN (SELECT name FROM src_standard))

-- entity: communication
-- What merging leaves behind in the emptied ticket is no message. A note of an agent is not sent to anybody: Zammad itself does not count it
-- as an answer either, even where the customer might see it.
SELECT a->>'$.id' AS communication_id, t.number AS ticket_id, d.src, a->>'$.created_at' AS sent_at, a->>'$.created_by' AS sender,
    a->>'$.sender' AS sender_role, coalesce((a->>'$.internal') <> 'true', TRUE) AND NOT ((a->>'$.sender') = 'Agent' AND coalesce(a->>'$.type', '') = 'note') AS is_public, a->>'$.type' AS channel
FROM (SELECT key, src, deleted_at, unnest(json_extract(payload, '$.articles[*]')) AS a FROM raw_detail) d
JOIN src_ticket t ON t.id = d.key
WHERE NOT coalesce(t.is_merged, FALSE)

-- entity: ticket_link
-- A link is told by both of its tickets.
SELECT DISTINCT ON (ticket_id, to_ticket_id) ticket_id, to_ticket_id, 'relates_to' AS link_type, src
FROM (
    SELECT CASE WHEN TRY_CAST(a.id AS BIGINT) < TRY_CAST(b.id AS BIGINT) THEN a.number ELSE b.number END AS ticket_id,
        CASE WHEN TRY_CAST(a.id AS BIGINT) < TRY_CAST(b.id AS BIGINT) THEN b.number ELSE a.number END AS to_ticket_id, d.src
    FROM (SELECT key, src, unnest(json_extract(payload, '$.links[*]')) AS l FROM raw_detail WHERE deleted_at IS NULL) d
    JOIN src_ticket a ON a.id = d.key
    JOIN src_ticket b ON b.id = (l->>'$.link_object_value')
    WHERE (l->>'$.link_object') = 'Ticket'
)
ORDER BY ticket_id, to_ticket_id, src.ordinal

-- entity: native_sla
-- Zammad empties these fields both when a goal was met and when none applies: only what it states is handed on.
SELECT s.number AS ticket_id, t.src, c.name, c.clock, c.diff < 0 AS breached, (c.spent + c.diff) * 60 AS goal_seconds, c.spent * 60 AS elapsed_seconds,
    c.due AS due_at, CASE WHEN c.spent IS NOT NULL THEN c.stopped END AS stopped_at
FROM raw_ticket t
JOIN src_ticket s ON s.id = t.key, LATERAL (
    SELECT 'First response' AS name, 'response' AS clock, TRY_CAST(t.payload->>'$.first_response_in_min' AS BIGINT) AS spent,
        TRY_CAST(t.payload->>'$.first_response_diff_in_min' AS BIGINT) AS diff, t.payload->>'$.first_response_escalation_at' AS due, t.payload->>'$.first_response_at' AS stopped
    UNION ALL SELECT 'Solution', 'resolution', TRY_CAST(t.payload->>'$.close_in_min' AS BIGINT), TRY_CAST(t.payload->>'$.close_diff_in_min' AS BIGINT),
        t.payload->>'$.close_escalation_at', t.payload->>'$.close_at'
    UNION ALL SELECT 'Update', 'response', TRY_CAST(t.payload->>'$.update_in_min' AS BIGINT), TRY_CAST(t.payload->>'$.update_diff_in_min' AS BIGINT),
        t.payload->>'$.update_escalation_at', NULL
) c
WHERE c.diff IS NOT NULL OR c.due IS NOT NULL

-- entity: customer
SELECT key AS customer_id, src, payload->>'$.name' AS name FROM raw_organization WHERE deleted_at IS NULL
