-- name: github
-- purpose: issues of GitHub and their timelines as tickets, history, messages and links
-- inputs: raw_issue (issue, timeline); options: status_labels, priority_labels, kind_labels, team_labels, service_labels
-- output: rows named like the model, with GitHub's own words and the names of labels; instants as GitHub writes them (UTC, Z)
-- map:
--   kind: {bug: incident, incident: incident, question: service_request, enhancement: improvement, feature: improvement, task: other, documentation: other}
--   status: {open: new, closed: closed, closed as not planned: cancelled, closed as duplicate: cancelled}
--   priority: {critical: 1, high: 2, medium: 3, low: 4, P1: 1, P2: 2, P3: 3, P4: 4}
--   ticket_link.link_type: {cross-referenced: relates_to, marked_as_duplicate: duplicate_of}

-- table: src_label
-- Which label stands for what.
SELECT 'status' AS field, unnest(CAST(json_extract({{options}}, '$.status_labels') AS VARCHAR[])) AS label
UNION ALL SELECT 'priority', unnest(CAST(json_extract({{options}}, '$.priority_labels') AS VARCHAR[]))
UNION ALL SELECT 'team', unnest(CAST(json_extract({{options}}, '$.team_labels') AS VARCHAR[]))
UNION ALL SELECT 'service_id', unnest(CAST(json_extract({{options}}, '$.service_labels') AS VARCHAR[]))
UNION ALL SELECT 'kind', unnest(coalesce(CAST(json_extract({{options}}, '$.kind_labels') AS VARCHAR[]), ['bug', 'enhancement', 'question', 'documentation']))

-- table: src_event
SELECT key, src, number, e->>'$.event' AS event, e->>'$.created_at' AS occurred_at, e->>'$.actor.login' AS actor, e->>'$.actor.type' AS actor_type, author, e
FROM (
    SELECT key, src, payload->>'$.issue.user.login' AS author, unnest(json_extract(payload, '$.timeline[*]')) AS e,
        generate_subscripts(json_extract(payload, '$.timeline[*]'), 1) AS number
    FROM raw_issue
)

-- table: src_mark
-- A value is set or taken away: a label, an assignee, being closed.
SELECT e.key, e.number, l.field, l.label AS value, e.event = 'labeled' AS is_set
FROM src_event e JOIN src_label l ON lower(l.label) = lower(e.e->>'$.label.name')
WHERE e.event IN ('labeled', 'unlabeled')
UNION ALL
SELECT key, number, 'assignee', e->>'$.assignee.login', event = 'assigned' FROM src_event WHERE event IN ('assigned', 'unassigned')
UNION ALL
SELECT key, number, 'closed', CASE e->>'$.state_reason' WHEN 'not_planned' THEN 'closed as not planned' WHEN 'duplicate' THEN 'closed as duplicate' ELSE 'closed' END, event = 'closed'
FROM src_event WHERE event IN ('closed', 'reopened')

-- table: src_span
-- From where to where in the timeline a value held; one that is set twice holds on.
SELECT key, field, value, number AS from_number, to_number
FROM (SELECT *, lead(number) OVER (PARTITION BY key, field, CASE WHEN field = 'closed' THEN '' ELSE lower(value) END ORDER BY number) AS to_number FROM src_mark)
WHERE is_set

-- table: src_state
-- What a field held after each second in which something could change it: a label that takes the place of another one is
-- one step. Of several labels for one field the one set last counts.
SELECT p.key, p.field, p.number, coalesce(CASE WHEN p.field = 'status' THEN c.value END, arg_max(s.value, s.from_number), CASE WHEN p.field = 'status' THEN 'open' END) AS value
FROM (
    SELECT m.key, CASE m.field WHEN 'closed' THEN 'status' ELSE m.field END AS field, max(m.number) AS number
    FROM src_mark m JOIN src_event e ON e.key = m.key AND e.number = m.number
    GROUP BY 1, 2, e.occurred_at
) p
LEFT JOIN src_span s ON s.key = p.key AND s.field = p.field AND s.from_number <= p.number AND coalesce(s.to_number > p.number, TRUE)
LEFT JOIN src_span c ON p.field = 'status' AND c.key = p.key AND c.field = 'closed' AND c.from_number <= p.number AND coalesce(c.to_number > p.number, TRUE)
GROUP BY p.key, p.field, p.number, c.value

-- table: src_now
-- What a field holds at the end of the timeline, as far as the timeline tells.
SELECT key, field, arg_max({'v': value}, number).v AS value FROM src_state GROUP BY key, field

-- table: src_held
-- Labels that an issue bears, by field: for issues whose timeline does not tell who set them.
SELECT i.key, l.field, any_value(l.label ORDER BY l.label) AS value
FROM (SELECT key, unnest(json_extract(payload, '$.issue.labels[*]')) AS label FROM raw_issue) i
JOIN src_label l ON lower(l.label) = lower(coalesce(i.label->>'$.name', CASE WHEN json_type(i.label) = 'VARCHAR' THEN i.label->>'$' END))
GROUP BY i.key, l.field

-- entity: ticket
-- A timeline that ends with another state than the issue is in does not tell all: issues that were brought in from another tool.
SELECT i.key, i.src, payload->>'$.issue.html_url' AS url, payload->>'$.issue.title' AS title,
    coalesce(payload->>'$.issue.type.name', kind.value, held_kind.value, 'issue') AS kind,
    CASE WHEN (payload->>'$.issue.state') = 'closed' THEN CASE payload->>'$.issue.state_reason' WHEN 'not_planned' THEN 'closed as not planned' WHEN 'duplicate' THEN 'closed as duplicate' ELSE 'closed' END
        ELSE coalesce(nullif(nullif(CASE WHEN starts_with(status.value, 'closed') THEN NULL ELSE status.value END, 'open'), ''), held_status.value, 'open') END AS status,
    coalesce(priority.value, held_priority.value) AS priority, coalesce(team.value, held_team.value) AS team,
    coalesce(service.value, held_service.value) AS service_id,
    coalesce(assignee.value, payload->>'$.issue.assignee.login') AS assignee, payload->>'$.issue.user.login' AS requester,
    payload->>'$.issue.created_at' AS opened_at, payload->>'$.issue.updated_at' AS updated_at, payload->>'$.issue.closed_at' AS closed_at,
    i.deleted_at, i.merged_into,
    CASE WHEN (payload->>'$.issue.state') = 'closed' THEN coalesce(starts_with(status.value, 'closed'), FALSE) ELSE NOT coalesce(starts_with(status.value, 'closed'), FALSE) END AS has_history,
    json_object('labels', array_to_string(CAST(json_extract_string(payload, '$.issue.labels[*].name') AS VARCHAR[]), ', '), 'milestone', payload->>'$.issue.milestone.title',
        'repository', split_part(i.key, '#', 1)) AS custom
FROM raw_issue i
LEFT JOIN src_now kind ON kind.key = i.key AND kind.field = 'kind'
LEFT JOIN src_now status ON status.key = i.key AND status.field = 'status'
LEFT JOIN src_now priority ON priority.key = i.key AND priority.field = 'priority'
LEFT JOIN src_now team ON team.key = i.key AND team.field = 'team'
LEFT JOIN src_now service ON service.key = i.key AND service.field = 'service_id'
LEFT JOIN src_now assignee ON assignee.key = i.key AND assignee.field = 'assignee'
LEFT JOIN src_held held_kind ON held_kind.key = i.key AND held_kind.field = 'kind'
LEFT JOIN src_held held_status ON held_status.key = i.key AND held_status.field = 'status'
LEFT JOIN src_held held_priority ON held_priority.key = i.key AND held_priority.field = 'priority'
LEFT JOIN src_held held_team ON held_team.key = i.key AND held_team.field = 'team'
LEFT JOIN src_held held_service ON held_service.key = i.key AND held_service.field = 'service_id'

-- entity: ticket_history
SELECT e.key AS ticket_id, e.src, e.occurred_at, e.number AS sequence, s.field, s.from_value, s.to_value, e.actor,
    CASE WHEN e.actor_type = 'Bot' THEN 'system' WHEN e.actor = e.author THEN 'requester' ELSE 'agent' END AS actor_role
FROM (
    SELECT key, field, number, value AS to_value,
        lag(value, 1, CASE WHEN field = 'status' THEN 'open' END) OVER (PARTITION BY key, field ORDER BY number) AS from_value
    FROM src_state
) s
JOIN src_event e ON e.key = s.key AND e.number = s.number
WHERE s.from_value IS DISTINCT FROM s.to_value

-- entity: communication
SELECT key || '-' || (e->>'$.id') AS communication_id, key AS ticket_id, src, occurred_at AS sent_at, coalesce(e->>'$.user.login', actor) AS sender,
    CASE WHEN (e->>'$.user.type') = 'Bot' THEN 'system' WHEN coalesce(e->>'$.user.login', actor) = author THEN 'requester'
        WHEN (e->>'$.author_association') IN ('OWNER', 'MEMBER', 'COLLABORATOR') THEN 'agent' ELSE 'requester' END AS sender_role, TRUE AS is_public
FROM src_event WHERE event = 'commented'

-- entity: ticket_link
-- An issue that names another one shows in the timeline of the other.
SELECT DISTINCT ON (ticket_id, link_type, to_ticket_id) ticket_id, link_type, to_ticket_id, created_at, src
FROM (
    SELECT coalesce(nullif(split_part(e->>'$.source.issue.repository_url', '/repos/', 2), ''), split_part(key, '#', 1)) || '#' || (e->>'$.source.issue.number') AS ticket_id,
        event AS link_type, key AS to_ticket_id, occurred_at AS created_at, src, number
    FROM src_event WHERE event = 'cross-referenced' AND (e->>'$.source.issue.number') IS NOT NULL AND json_type(e, '$.source.issue.pull_request') IS NULL
)
ORDER BY ticket_id, link_type, to_ticket_id, number
