-- name: rt
-- purpose: tickets and transactions of Request Tracker as tickets, history, messages and links
-- inputs: raw_ticket, raw_transaction, raw_queue, raw_user
-- output: rows named like the model, with RT's own words; instants as RT writes them (UTC, Z), 1970 = none
-- map:
--   status: {new: new, open: in_progress, stalled: on_hold, resolved: resolved, rejected: cancelled, deleted: cancelled}
--   priority: {"0": 4, "50": 3, "100": 2}
--   ticket_link.link_type: {RefersTo: relates_to, DependsOn: relates_to, MemberOf: relates_to}

-- table: src_queue
SELECT key AS id, (payload->>'$.Name') AS name FROM raw_queue

-- table: src_user
-- Nobody is an owner for RT, and none for us.
SELECT key AS id, CASE WHEN (payload->>'$.Name') <> 'Nobody' THEN (payload->>'$.Name') END AS name FROM raw_user

-- table: src_field
-- Names of the custom fields, as the tickets bear them.
SELECT (f->>'$.id') AS id, any_value((f->>'$.name') ORDER BY (f->>'$.name')) AS name
FROM (SELECT unnest(json_extract(payload, '$.CustomFields[*]')) AS f FROM raw_ticket)
GROUP BY 1

-- table: src_change
SELECT (payload->>'$.ObjectId') AS ticket_id, src, TRY_CAST(key AS BIGINT) AS sequence, (payload->>'$.Created') AS occurred_at, (payload->>'$.Type') AS kind,
    (payload->>'$.Field') AS field, (payload->>'$.OldValue') AS old_value, (payload->>'$.NewValue') AS new_value, (payload->>'$.Creator.id') AS actor, key
FROM raw_transaction

-- table: src_own
-- What the history says of a ticket itself: a ticket that was merged before it was first read answers with the other one.
SELECT ticket_id, arg_min(occurred_at, sequence) FILTER (kind = 'Create') AS created,
    coalesce(arg_max(new_value, sequence) FILTER (kind = 'Status'), 'new') AS status
FROM src_change GROUP BY ticket_id

-- table: src_ticket
SELECT t.key, t.src, t.deleted_at, t.merged_into, payload,
    CASE WHEN (payload->>'$.id') <> t.key THEN coalesce(o.created, (payload->>'$.Created')) ELSE (payload->>'$.Created') END AS opened_at,
    CASE WHEN (payload->>'$.id') <> t.key THEN coalesce(o.status, 'new') ELSE (payload->>'$.Status') END AS status,
    coalesce((payload->>'$.Queue.Name'), q.name, (payload->>'$.Queue.id')) AS queue,
    CASE WHEN regexp_full_match((payload->>'$.Priority'), '[1-5]') THEN (payload->>'$.Priority') || ' of 100' ELSE (payload->>'$.Priority') END AS priority
FROM raw_ticket t LEFT JOIN src_queue q ON q.id = (payload->>'$.Queue.id') LEFT JOIN src_own o ON o.ticket_id = t.key
WHERE coalesce((payload->>'$.Type'), 'ticket') = 'ticket'

-- table: src_requester
SELECT DISTINCT key AS ticket_id, (p->>'$.id') AS person
FROM (SELECT key, unnest(json_extract(payload, '$.Requestor[*]')) AS p FROM raw_ticket)

-- entity: ticket
SELECT key, src, {{url}} || '/Ticket/Display.html?id=' || key AS url, (payload->>'$.Subject') AS title, queue AS kind, status,
    priority, queue AS team, nullif((payload->>'$.Owner.id'), 'Nobody') AS assignee,
    -- Who opened it, where that is a requester: after a merger there are several.
    CASE WHEN EXISTS (FROM src_requester r WHERE r.ticket_id = key AND r.person = (payload->>'$.Creator.id')) THEN (payload->>'$.Creator.id')
        ELSE coalesce((payload->>'$.Requestor[0].id'), (payload->>'$.Creator.id')) END AS requester,
    opened_at, (payload->>'$.LastUpdated') AS updated_at,
    CASE WHEN (payload->>'$.Due') NOT LIKE '1970-%' THEN (payload->>'$.Due') END AS due_at,
    CASE WHEN (payload->>'$.Started') NOT LIKE '1970-%' THEN (payload->>'$.Started') END AS acknowledged_at,
    CASE WHEN (payload->>'$.Resolved') NOT LIKE '1970-%' THEN (payload->>'$.Resolved') END AS resolved_at,
    coalesce(CAST(deleted_at AS VARCHAR), CASE WHEN status = 'deleted' THEN (payload->>'$.LastUpdated') END) AS deleted_at, merged_into,
    nullif((payload->>'$.SLA'), '') AS sla, TRUE AS has_history,
    (SELECT json_group_object((f->>'$.name'), array_to_string(CAST(f->'$.values' AS VARCHAR[]), ', '))
        FROM (SELECT unnest(json_extract(payload, '$.CustomFields[*]')) AS f)) AS custom
FROM src_ticket

-- entity: ticket_history
-- An owner is set twice, as Set and as SetWatcher; only the first is read.
SELECT c.ticket_id, c.src, c.occurred_at, c.sequence,
    CASE WHEN c.kind = 'CustomField' THEN 'custom.' || coalesce(f.name, c.field)
        ELSE CASE c.field WHEN 'Status' THEN 'status' WHEN 'Owner' THEN 'assignee' WHEN 'Queue' THEN 'team' WHEN 'Priority' THEN 'priority'
            WHEN 'Subject' THEN 'title' WHEN 'Due' THEN 'due_at' ELSE c.field END END AS field,
    CASE WHEN c.field = 'Owner' THEN CASE WHEN c.old_value <> '6' THEN coalesce(before.name, CASE WHEN before.id IS NULL THEN c.old_value END) END
        WHEN c.field = 'Queue' THEN coalesce(old_queue.name, c.old_value)
        WHEN c.field = 'Priority' AND regexp_full_match(c.old_value, '[1-5]') THEN c.old_value || ' of 100'
        ELSE nullif(c.old_value, '') END AS from_value,
    CASE WHEN c.field = 'Owner' THEN CASE WHEN c.new_value <> '6' THEN coalesce(after.name, CASE WHEN after.id IS NULL THEN c.new_value END) END
        WHEN c.field = 'Queue' THEN coalesce(new_queue.name, c.new_value)
        WHEN c.field = 'Priority' AND regexp_full_match(c.new_value, '[1-5]') THEN c.new_value || ' of 100'
        ELSE nullif(c.new_value, '') END AS to_value,
    c.actor, CASE WHEN c.actor = 'RT_System' THEN 'system' WHEN r.person IS NOT NULL THEN 'requester' ELSE 'agent' END AS actor_role
FROM src_change c
LEFT JOIN src_field f ON c.kind = 'CustomField' AND f.id = c.field
LEFT JOIN src_user before ON c.field = 'Owner' AND before.id = c.old_value
LEFT JOIN src_user after ON c.field = 'Owner' AND after.id = c.new_value
LEFT JOIN src_queue old_queue ON c.field = 'Queue' AND old_queue.id = c.old_value
LEFT JOIN src_queue new_queue ON c.field = 'Queue' AND new_queue.id = c.new_value
LEFT JOIN src_requester r ON r.ticket_id = c.ticket_id AND r.person = c.actor
WHERE c.kind IN ('Status', 'Set', 'CustomField')

-- entity: communication
SELECT c.key AS communication_id, c.ticket_id, c.src, c.occurred_at AS sent_at, c.actor AS sender,
    CASE WHEN c.actor = 'RT_System' THEN 'system' WHEN r.person IS NOT NULL THEN 'requester' ELSE 'agent' END AS sender_role,
    c.kind = 'Correspond' AS is_public
FROM src_change c LEFT JOIN src_requester r ON r.ticket_id = c.ticket_id AND r.person = c.actor
WHERE c.kind IN ('Correspond', 'Comment')

-- entity: ticket_link
-- A link is written on both tickets, in two words; the word of its beginning is read. The last word counts: set or taken away.
SELECT ticket_id, src, field AS link_type, to_ticket_id, occurred_at AS created_at
FROM (
    SELECT ticket_id, src, field, occurred_at, kind, sequence, regexp_extract(CASE WHEN kind = 'AddLink' THEN new_value ELSE old_value END, '/ticket/(\d+)$', 1) AS to_ticket_id
    FROM src_change WHERE kind IN ('AddLink', 'DeleteLink') AND field IN ('RefersTo', 'DependsOn', 'MemberOf')
)
WHERE to_ticket_id <> ''
QUALIFY row_number() OVER (PARTITION BY ticket_id, field, to_ticket_id ORDER BY sequence DESC) = 1 AND kind = 'AddLink'
