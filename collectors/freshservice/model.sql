-- name: freshservice
-- purpose: tickets, problems, changes, releases, approvals, messages, assets and own service level times of Freshservice
-- inputs: raw_ticket (rows with stats), raw_detail (activities and conversations of a ticket), raw_problem, raw_change, raw_release, raw_approval,
--   raw_agent, raw_group, raw_department, raw_vendor, raw_form_field, raw_asset, raw_asset_type
-- output: rows named like the model, with Freshservice's own words; instants as Freshservice writes them (UTC, Z); durations in seconds.
--   The history is read from sentences: a field is handed on only where its last sentence says what the ticket holds now, and a
--   history is whole only where the status does so, and the time of solution is among them
-- map:
--   kind: {Incident: incident, Major Incident: incident, Service Request: service_request, problem: problem, change: change, release: release}
--   status: {Open: in_progress, Pending: on_hold, Resolved: resolved, Closed: closed, closed by merge: cancelled, Planning: in_progress, Awaiting Approval: in_progress, Pending Release: in_progress, Pending Review: resolved, Change Requested: in_progress, On Hold: on_hold, In Progress: in_progress, Incomplete: closed, Completed: closed}
--   priority: {Urgent: 1, High: 2, Medium: 3, Low: 4}
--   impact: {High: 1, Medium: 2, Low: 3}
--   urgency: {High: 1, Medium: 2, Low: 3}
--   change_type: {Minor: normal, Standard: standard, Major: normal, Emergency: emergency}
--   risk: {Low: low, Medium: medium, High: high, Very High: high}
--   approval.decision: {approved: approved, rejected: rejected, cancelled: withdrawn}

-- table: src_word
-- What numbers stand for, as shipped, by kind of record.
SELECT kind, unnest(words).field AS field, unnest(words).id AS id, unnest(words).name AS name
FROM (
    SELECT kind, [{'field': 'status', 'id': '1', 'name': s[1]}, {'field': 'status', 'id': '2', 'name': s[2]}, {'field': 'status', 'id': '3', 'name': s[3]},
        {'field': 'status', 'id': '4', 'name': s[4]}, {'field': 'status', 'id': '5', 'name': s[5]}, {'field': 'status', 'id': '6', 'name': s[6]},
        {'field': 'priority', 'id': '1', 'name': 'Low'}, {'field': 'priority', 'id': '2', 'name': 'Medium'}, {'field': 'priority', 'id': '3', 'name': 'High'},
        {'field': 'priority', 'id': '4', 'name': 'Urgent'}, {'field': 'level', 'id': '1', 'name': 'Low'}, {'field': 'level', 'id': '2', 'name': 'Medium'},
        {'field': 'level', 'id': '3', 'name': 'High'}, {'field': 'level', 'id': '4', 'name': 'Very High'},
        {'field': 'change_type', 'id': '1', 'name': 'Minor'}, {'field': 'change_type', 'id': '2', 'name': 'Standard'},
        {'field': 'change_type', 'id': '3', 'name': 'Major'}, {'field': 'change_type', 'id': '4', 'name': 'Emergency'}] AS words
    FROM (VALUES ('ticket', [NULL, 'Open', 'Pending', 'Resolved', 'Closed', NULL]), ('problem', ['Open', 'Change Requested', 'Closed', NULL, NULL, NULL]),
        ('change', ['Open', 'Planning', 'Awaiting Approval', 'Pending Release', 'Pending Review', 'Closed']),
        ('release', ['Open', 'On Hold', 'In Progress', 'Incomplete', 'Completed', NULL])) AS v(kind, s)
)

-- table: src_status
-- Statuses of tickets, those of the organization's own by the ticket form, which lists them as objects, as pairs of name and id, or as id → names.
SELECT id, arg_max(name, rank) AS name
FROM (
    SELECT coalesce(c->>'$.id', c->>'$[1]') AS id, coalesce(c->>'$.value', c->>'$.name', c->>'$[0]') AS name, 2 AS rank
    FROM (SELECT unnest(json_extract(payload, '$.choices[*]')) AS c FROM raw_form_field WHERE (payload->>'$.name') = 'status' AND json_type(payload, '$.choices') = 'ARRAY')
    UNION ALL
    SELECT k, coalesce(choices->>('$."' || k || '"[0]'), choices->>('$."' || k || '"')), 2
    FROM (SELECT payload->'$.choices' AS choices, unnest(json_keys(payload->'$.choices')) AS k FROM raw_form_field
        WHERE (payload->>'$.name') = 'status' AND json_type(payload, '$.choices') = 'OBJECT')
    UNION ALL SELECT id, name, 1 FROM src_word WHERE kind = 'ticket' AND field = 'status'
)
WHERE name IS NOT NULL GROUP BY id

-- table: src_agent
SELECT key AS id, name || CASE WHEN count(*) OVER (PARTITION BY name) > 1 THEN ' (' || key || ')' ELSE '' END AS name, name AS said
FROM (SELECT key, trim(concat_ws(' ', payload->>'$.first_name', payload->>'$.last_name')) AS name FROM raw_agent)

-- table: src_group
SELECT key AS id, payload->>'$.name' AS name FROM raw_group

-- table: src_ticket
SELECT t.key, t.src, t.deleted_at, t.merged_into, t.payload, coalesce(s.name, 'status ' || (t.payload->>'$.status')) AS status, coalesce(p.name, 'priority ' || (t.payload->>'$.priority')) AS priority,
    coalesce(g.name, t.payload->>'$.group_id') AS team, coalesce(a.name, t.payload->>'$.responder_id') AS assignee, a.said AS assignee_said, t.payload->>'$.type' AS kind, t.payload->>'$.requester_id' AS requester,
    d.payload->>'$.merged_into' AS went_into, json_exists(d.payload, '$.activities') AS told
FROM raw_ticket t
LEFT JOIN raw_detail d ON d.key = t.key
LEFT JOIN src_status s ON s.id = (t.payload->>'$.status')
LEFT JOIN src_word p ON p.kind = 'ticket' AND p.field = 'priority' AND p.id = (t.payload->>'$.priority')
LEFT JOIN src_group g ON g.id = (t.payload->>'$.group_id')
LEFT JOIN src_agent a ON a.id = (t.payload->>'$.responder_id')

-- table: src_activity
-- Activities in the order of time; of one moment, in the order of the list, which may begin with the newest.
SELECT ticket_id, src, a->>'$.created_at' AS said_at, TRY_CAST(a->>'$.created_at' AS TIMESTAMPTZ) AS moment, nullif(a->>'$.actor.id', '0') AS actor_id,
    CASE WHEN newest_first THEN -position ELSE position END AS position, a
FROM (
    SELECT key AS ticket_id, src, unnest(list) AS a, generate_subscripts(list, 1) AS position, TRY_CAST(list[1]->>'$.created_at' AS TIMESTAMPTZ) > TRY_CAST(list[-1]->>'$.created_at' AS TIMESTAMPTZ) AS newest_first
    FROM (SELECT key, src, json_extract(payload, '$.activities[*]') AS list FROM raw_detail)
)

-- table: src_sentence
SELECT * EXCLUDE (told), told.verb AS verb, lower(told.field) AS field, nullif(trim(told.before, ' "'''), '') AS before, nullif(trim(told.after, ' "'''), '') AS after
FROM (
    SELECT ticket_id, src, said_at, moment, actor_id, position, part, regexp_extract(piece,
        '(?i)^\s*(set|changed|updated|assigned)?\s*(?:the\s+)?(?:assigned\s+)?(status|priority|urgency|impact|group|agent|type|category)\s*(?:was\s+|is\s+|has been\s+)?(?:changed|updated|set)?\s*(?:from\s+(.+?))?\s*\b(?:as|to)\s+(.+?)\s*\.?\s*$',
        ['verb', 'field', 'before', 'after']) AS told
    FROM (
        SELECT * EXCLUDE (texts, text), unnest(string_split(text, ', ')) AS piece
        FROM (SELECT *, regexp_replace(regexp_replace(unnest(texts), '<[^>]*>', '', 'g'), '(?i),?\s+and\s+(status|priority|urgency|impact|group|agent|type|category)\b', ', \1', 'g') AS text, generate_subscripts(texts, 1) AS part
            FROM (SELECT *, list_concat([coalesce(a->>'$.content', '')], coalesce(CAST(a->'$.sub_contents' AS VARCHAR[]), [])) AS texts FROM src_activity))
    )
)
WHERE told.field <> ''

-- table: src_step
-- One change of one field, with the value before: as told, or that of the change before. A ticket begins Open.
SELECT s.* EXCLUDE (before, after, field), f.name AS field,
    CASE WHEN lower(s.after) IN ('none', 'nil', '-', '--', 'no one', 'unassigned') THEN NULL ELSE s.after END AS after,
    CASE WHEN lower(s.before) IN ('none', 'nil', '-', '--', 'no one', 'unassigned') THEN NULL
        ELSE coalesce(s.before, lag(s.after) OVER before_it, CASE WHEN f.name = 'status' THEN 'Open' END) END AS before,
    row_number() OVER (PARTITION BY s.ticket_id, f.name ORDER BY s.moment DESC, s.position DESC, s.part DESC) AS from_end
FROM src_sentence s
JOIN (VALUES ('status', 'status'), ('priority', 'priority'), ('urgency', 'urgency'), ('impact', 'impact'), ('group', 'team'), ('agent', 'assignee'), ('type', 'kind'),
    ('category', 'category')) AS f(said, name) ON f.said = s.field
WINDOW before_it AS (PARTITION BY s.ticket_id, f.name ORDER BY s.moment, s.position, s.part)

-- table: src_trusted
-- Fields of which the last sentence says what the ticket holds now.
SELECT l.ticket_id, l.field
FROM src_step l JOIN src_ticket t ON t.key = l.ticket_id
LEFT JOIN src_word u ON u.kind = 'ticket' AND u.field = 'level' AND u.id = (t.payload->>'$.urgency')
LEFT JOIN src_word i ON i.kind = 'ticket' AND i.field = 'level' AND i.id = (t.payload->>'$.impact')
WHERE l.from_end = 1 AND l.after IS NOT DISTINCT FROM CASE l.field WHEN 'status' THEN t.status WHEN 'priority' THEN t.priority WHEN 'team' THEN t.team
    WHEN 'assignee' THEN coalesce(t.assignee_said, t.assignee) WHEN 'kind' THEN t.kind WHEN 'category' THEN t.payload->>'$.category' WHEN 'urgency' THEN u.name ELSE i.name END

-- table: src_whole
-- Tickets whose status can be followed from the beginning to now.
SELECT t.key AS ticket_id
FROM src_ticket t
WHERE t.told
    AND (EXISTS (FROM src_trusted s WHERE s.ticket_id = t.key AND s.field = 'status')
        OR t.status = 'Open' AND NOT EXISTS (FROM src_step s WHERE s.ticket_id = t.key AND s.field = 'status'))
    AND ((t.payload->>'$.stats.resolved_at') IS NULL OR t.status NOT IN ('Resolved', 'Closed')
        OR EXISTS (FROM src_step s WHERE s.ticket_id = t.key AND s.field = 'status' AND s.after IN ('Resolved', 'Closed')
            AND abs(epoch(s.moment) - epoch(TRY_CAST(t.payload->>'$.stats.resolved_at' AS TIMESTAMPTZ))) <= 60))

-- entity: ticket
SELECT t.key, t.src, {{url}} || '/a/tickets/' || t.key AS url, payload->>'$.subject' AS title, t.kind,
    CASE WHEN t.went_into IS NOT NULL THEN 'closed by merge' ELSE t.status END AS status, t.priority, u.name AS urgency, i.name AS impact,
    t.team, t.assignee, t.requester, payload->>'$.department_id' AS customer_id, CAST(NULL AS VARCHAR) AS supplier_id, c.name AS channel, payload->>'$.category' AS category,
    CAST(NULL AS VARCHAR) AS change_type, CAST(NULL AS VARCHAR) AS risk, CAST(NULL AS VARCHAR) AS planned_start_at, CAST(NULL AS VARCHAR) AS planned_end_at,
    payload->>'$.created_at' AS opened_at, payload->>'$.updated_at' AS updated_at, payload->>'$.due_by' AS due_at,
    payload->>'$.stats.resolved_at' AS resolved_at, payload->>'$.stats.closed_at' AS closed_at,
    t.deleted_at, coalesce(t.merged_into, t.went_into) AS merged_into, t.key IN (SELECT ticket_id FROM src_whole) AS has_history, payload->'$.custom_fields' AS custom
FROM src_ticket t
LEFT JOIN src_word u ON u.kind = 'ticket' AND u.field = 'level' AND u.id = (payload->>'$.urgency')
LEFT JOIN src_word i ON i.kind = 'ticket' AND i.field = 'level' AND i.id = (payload->>'$.impact')
LEFT JOIN (VALUES ('1', 'email'), ('2', 'portal'), ('3', 'phone'), ('4', 'chat'), ('5', 'feedback'), ('8', 'event'), ('9', 'walk up'), ('10', 'chat')) AS c(id, name) ON c.id = (payload->>'$.source')
UNION ALL
SELECT o.prefix || o.key, o.src, {{url}} || '/a/' || o.kind || 's/' || o.key, payload->>'$.subject', o.kind, coalesce(s.name, o.kind || ' status ' || (payload->>'$.status')),
    p.name, NULL, i.name, coalesce(g.name, payload->>'$.group_id'), coalesce(a.name, payload->>'$.agent_id'), payload->>'$.requester_id', payload->>'$.department_id', NULL, NULL, payload->>'$.category',
    CASE WHEN o.kind = 'change' THEN ct.name END, CASE WHEN o.kind = 'change' THEN r.name END, payload->>'$.planned_start_date', payload->>'$.planned_end_date',
    payload->>'$.created_at', payload->>'$.updated_at', payload->>'$.due_by', NULL, NULL, o.deleted_at, o.merged_into, FALSE, payload->'$.custom_fields'
FROM (
    SELECT 'PRB-' AS prefix, 'problem' AS kind, * FROM raw_problem UNION ALL SELECT 'CHN-', 'change', * FROM raw_change UNION ALL SELECT 'REL-', 'release', * FROM raw_release
) o
LEFT JOIN src_word s ON s.kind = o.kind AND s.field = 'status' AND s.id = (payload->>'$.status')
LEFT JOIN src_word p ON p.kind = o.kind AND p.field = 'priority' AND p.id = (payload->>'$.priority')
LEFT JOIN src_word i ON i.kind = o.kind AND i.field = 'level' AND i.id = (payload->>'$.impact')
LEFT JOIN src_word r ON r.kind = o.kind AND r.field = 'level' AND r.id = (payload->>'$.risk')
LEFT JOIN src_word ct ON ct.kind = o.kind AND ct.field = 'change_type' AND ct.id = (payload->>'$.change_type')
LEFT JOIN src_group g ON g.id = (payload->>'$.group_id')
LEFT JOIN src_agent a ON a.id = (payload->>'$.agent_id')

-- entity: ticket_history
-- What is said of the moment of registration is the beginning, not a change.
SELECT s.ticket_id, s.src, s.said_at AS occurred_at, row_number() OVER (PARTITION BY s.ticket_id ORDER BY s.moment, s.position, s.part) AS sequence, s.field,
    CASE WHEN s.field = 'assignee' THEN coalesce(old.name, s.before) ELSE s.before END AS from_value,
    CASE WHEN s.field = 'status' AND s.from_end = 1 AND t.went_into IS NOT NULL THEN 'closed by merge' WHEN s.field = 'assignee' THEN coalesce(new.name, s.after) ELSE s.after END AS to_value,
    coalesce(who.name, s.actor_id) AS actor, CASE WHEN s.actor_id IS NULL THEN 'system' WHEN s.actor_id = t.requester THEN 'requester' WHEN who.id IS NOT NULL THEN 'agent'
        ELSE 'requester' END AS actor_role
FROM src_step s
JOIN src_ticket t ON t.key = s.ticket_id
JOIN src_trusted k ON k.ticket_id = s.ticket_id AND k.field = s.field
LEFT JOIN (SELECT said, any_value(name) AS name FROM src_agent GROUP BY said HAVING count(*) = 1) old ON old.said = s.before
LEFT JOIN (SELECT said, any_value(name) AS name FROM src_agent GROUP BY said HAVING count(*) = 1) new ON new.said = s.after
LEFT JOIN src_agent who ON who.id = s.actor_id
WHERE s.ticket_id IN (SELECT ticket_id FROM src_whole) AND s.moment > TRY_CAST(t.payload->>'$.created_at' AS TIMESTAMPTZ)

-- entity: communication
SELECT c->>'$.id' AS communication_id, d.key AS ticket_id, d.src, c->>'$.created_at' AS sent_at, coalesce(a.name, c->>'$.user_id') AS sender,
    CASE WHEN (c->>'$.incoming') = 'true' OR (c->>'$.user_id') = t.requester THEN 'requester' WHEN a.id IS NOT NULL THEN 'agent' ELSE 'requester' END AS sender_role,
    coalesce((c->>'$.private') <> 'true', TRUE) AS is_public
FROM (SELECT key, src, unnest(json_extract(payload, '$.conversations[*]')) AS c FROM raw_detail) d
JOIN src_ticket t ON t.key = d.key
LEFT JOIN src_agent a ON a.id = (c->>'$.user_id')

-- entity: approval
SELECT key AS approval_id, 'CHN-' || (payload->>'$.change_id') AS ticket_id, src, coalesce(a.name, payload->>'$.approver_name', payload->>'$.approver_id') AS approver,
    payload->>'$.created_at' AS requested_at,
    CASE WHEN lower(coalesce(payload->>'$.approval_status.name', payload->>'$.approval_status')) IN ('approved', 'rejected', 'cancelled') THEN payload->>'$.updated_at' END AS decided_at,
    CASE WHEN lower(coalesce(payload->>'$.approval_status.name', payload->>'$.approval_status')) <> 'requested'
        THEN lower(coalesce(payload->>'$.approval_status.name', payload->>'$.approval_status')) END AS decision
FROM raw_approval LEFT JOIN src_agent a ON a.id = (payload->>'$.approver_id')
WHERE deleted_at IS NULL

-- entity: native_sla
-- The verdict is the tool's mark of escalation, or else its own time of the end beside its own due time.
SELECT t.key AS ticket_id, t.src, c.name, c.clock, CASE WHEN c.escalated = 'true' THEN TRUE
        WHEN c.stopped IS NOT NULL AND c.due IS NOT NULL THEN TRY_CAST(c.stopped AS TIMESTAMPTZ) > TRY_CAST(c.due AS TIMESTAMPTZ) END AS breached,
    CAST(NULL AS BIGINT) AS goal_seconds, c.spent AS elapsed_seconds, c.due AS due_at, c.stopped AS stopped_at
FROM src_ticket t, LATERAL (
    SELECT 'First response' AS name, 'response' AS clock, t.payload->>'$.fr_escalated' AS escalated, t.payload->>'$.stats.first_resp_time_in_secs' AS spent,
        t.payload->>'$.fr_due_by' AS due, t.payload->>'$.stats.first_responded_at' AS stopped
    UNION ALL SELECT 'Resolution', 'resolution', t.payload->>'$.is_escalated', t.payload->>'$.stats.resolution_time_in_secs', t.payload->>'$.due_by', t.payload->>'$.stats.resolved_at'
) c
WHERE c.due IS NOT NULL

-- entity: ci
SELECT a.key AS ci_id, a.src, a.payload->>'$.name' AS name, coalesce(t.name, a.payload->>'$.asset_type_id') AS ci_type, coalesce(o.name, a.payload->>'$.agent_id') AS owner, a.payload->>'$.updated_at' AS updated_at
FROM raw_asset a
LEFT JOIN (SELECT key AS id, payload->>'$.name' AS name FROM raw_asset_type) t ON t.id = (a.payload->>'$.asset_type_id')
LEFT JOIN src_agent o ON o.id = (a.payload->>'$.agent_id')
WHERE a.deleted_at IS NULL

-- entity: customer
SELECT key AS customer_id, src, payload->>'$.name' AS name FROM raw_department WHERE deleted_at IS NULL

-- entity: supplier
SELECT key AS supplier_id, src, payload->>'$.name' AS name FROM raw_vendor WHERE deleted_at IS NULL
