-- name: redmine
-- purpose: issues, journals and relations of Redmine as tickets, history, messages and links
-- inputs: raw_issue, raw_status, raw_tracker, raw_priority, raw_project, raw_user
-- output: rows named like the model, with Redmine's own words; instants as Redmine writes them (UTC, Z). A due day ends at its
--   end, in the zone of the source
-- map:
--   kind: {Bug: incident, Support: service_request, Feature: improvement}
--   status: {New: new, In Progress: in_progress, Feedback: on_hold, Resolved: resolved, Closed: closed, Rejected: cancelled}
--   priority: {Immediate: 1, Urgent: 2, High: 3, Normal: 4, Low: 5}
--   ticket_link.link_type: {relates: relates_to, duplicates: duplicate_of, blocks: relates_to, precedes: relates_to, follows: relates_to, copied_to: relates_to, copied_from: relates_to}

-- table: src_name
-- What an id in the history stands for: domain, id, name. People bear their login, or else their name in an issue.
SELECT domain, id, coalesce(max(login), max(name)) AS name
FROM (
    SELECT 'status_id' AS domain, key AS id, payload->>'$.name' AS name, CAST(NULL AS VARCHAR) AS login FROM raw_status
    UNION ALL SELECT 'tracker_id', key, payload->>'$.name', NULL FROM raw_tracker
    UNION ALL SELECT 'priority_id', key, payload->>'$.name', NULL FROM raw_priority
    UNION ALL SELECT 'project_id', key, payload->>'$.name', NULL FROM raw_project
    UNION ALL SELECT 'assigned_to_id', key, NULL, payload->>'$.login' FROM raw_user
    UNION ALL SELECT 'assigned_to_id', payload->>'$.assigned_to.id', payload->>'$.assigned_to.name', NULL FROM raw_issue
    UNION ALL SELECT 'assigned_to_id', payload->>'$.author.id', payload->>'$.author.name', NULL FROM raw_issue
    UNION ALL SELECT 'project_id', payload->>'$.project.id', payload->>'$.project.name', NULL FROM raw_issue
    UNION ALL SELECT 'status_id', payload->>'$.status.id', payload->>'$.status.name', NULL FROM raw_issue
)
WHERE id IS NOT NULL
GROUP BY domain, id

-- table: src_journal
SELECT key, payload->>'$.author.id' AS author, src, j->>'$.id' AS journal, j->>'$.created_on' AS occurred_at,
    j->>'$.user.id' AS user_id, j->>'$.user.name' AS user_name, coalesce((j->>'$.notes'), '') <> '' AS has_notes,
    coalesce((j->>'$.private_notes') = 'true', FALSE) AS is_private, j->'$.details' AS details
FROM (SELECT key, payload, src, unnest(json_extract(payload, '$.journals[*]')) AS j FROM raw_issue)

-- table: src_field
-- Names of the custom fields, as the issues bear them.
SELECT f->>'$.id' AS id, any_value(f->>'$.name' ORDER BY f->>'$.name') AS name
FROM (SELECT unnest(json_extract(payload, '$.custom_fields[*]')) AS f FROM raw_issue)
GROUP BY 1

-- entity: ticket
SELECT i.key, i.src, {{url}} || '/issues/' || i.key AS url,
    payload->>'$.subject' AS title, payload->>'$.tracker.name' AS kind, payload->>'$.status.name' AS status,
    payload->>'$.priority.name' AS priority, payload->>'$.project.name' AS team,
    assignee.name AS assignee, author.name AS requester, payload->>'$.category.name' AS category,
    payload->>'$.created_on' AS opened_at, payload->>'$.updated_on' AS updated_at, payload->>'$.closed_on' AS closed_at,
    (payload->>'$.due_date') || ' 23:59:59' AS due_at, i.deleted_at, i.merged_into, json_exists(payload, '$.journals') AS has_history,
    (SELECT json_group_object(f->>'$.name', CASE WHEN json_type(f, '$.value') = 'ARRAY'
            THEN array_to_string(CAST(f->'$.value' AS VARCHAR[]), ', ') ELSE f->>'$.value' END)
        FROM (SELECT unnest(json_extract(payload, '$.custom_fields[*]')) AS f)) AS custom
FROM raw_issue i
LEFT JOIN src_name assignee ON assignee.domain = 'assigned_to_id' AND assignee.id = (payload->>'$.assigned_to.id')
LEFT JOIN src_name author ON author.domain = 'assigned_to_id' AND author.id = (payload->>'$.author.id')

-- entity: ticket_history
SELECT c.key AS ticket_id, c.src, c.occurred_at, c.journal AS sequence,
    CASE WHEN c.property = 'cf' THEN 'custom.' || coalesce(f.name, c.field)
        ELSE CASE c.field WHEN 'status_id' THEN 'status' WHEN 'assigned_to_id' THEN 'assignee' WHEN 'priority_id' THEN 'priority'
            WHEN 'project_id' THEN 'team' WHEN 'tracker_id' THEN 'kind' WHEN 'subject' THEN 'title' WHEN 'due_date' THEN 'due_at'
            ELSE c.field END END AS field,
    CASE WHEN c.field = 'due_date' THEN nullif(c.old_value, '') || ' 23:59:59' ELSE coalesce(before.name, nullif(c.old_value, '')) END AS from_value,
    CASE WHEN c.field = 'due_date' THEN nullif(c.new_value, '') || ' 23:59:59' ELSE coalesce(after.name, nullif(c.new_value, '')) END AS to_value,
    coalesce(who.name, c.user_name) AS actor, CASE WHEN c.user_id = c.author THEN 'requester' ELSE 'agent' END AS actor_role
FROM (
    SELECT * EXCLUDE (d), d->>'$.property' AS property, d->>'$.name' AS field, d->>'$.old_value' AS old_value, d->>'$.new_value' AS new_value
    FROM (SELECT * EXCLUDE (details), unnest(json_extract(details, '$[*]')) AS d FROM src_journal)
) c
LEFT JOIN src_field f ON c.property = 'cf' AND f.id = c.field
LEFT JOIN src_name before ON c.property = 'attr' AND before.domain = c.field AND before.id = c.old_value
LEFT JOIN src_name after ON c.property = 'attr' AND after.domain = c.field AND after.id = c.new_value
LEFT JOIN src_name who ON who.domain = 'assigned_to_id' AND who.id = c.user_id
WHERE c.property IN ('attr', 'cf') AND c.field <> 'description'

-- entity: communication
SELECT j.journal AS communication_id, j.key AS ticket_id, j.src, j.occurred_at AS sent_at, coalesce(who.name, j.user_name) AS sender,
    CASE WHEN j.user_id = j.author THEN 'requester' ELSE 'agent' END AS sender_role, NOT j.is_private AS is_public
FROM src_journal j
LEFT JOIN src_name who ON who.domain = 'assigned_to_id' AND who.id = j.user_id
WHERE j.has_notes

-- entity: ticket_link
SELECT DISTINCT ON (relation) r->>'$.issue_id' AS ticket_id, r->>'$.relation_type' AS link_type, r->>'$.issue_to_id' AS to_ticket_id, src
FROM (SELECT r, r->>'$.id' AS relation, src, key FROM (SELECT src, key, unnest(json_extract(payload, '$.relations[*]')) AS r FROM raw_issue WHERE deleted_at IS NULL))
ORDER BY relation, key
