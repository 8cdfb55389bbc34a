-- name: gitlab
-- purpose: issues and incidents of GitLab as tickets, history, messages, links and SLA results
-- inputs: raw_issue (issue, states, labels, notes, system, links, incident); options: status_labels, priority_labels, kind_labels, team_labels,
--   service_labels
-- output: rows named like the model, with GitLab's own words and the names of labels; instants as GitLab writes them (UTC, Z)
-- map:
--   kind: {incident: incident, issue: service_request, ticket: service_request, task: other, test_case: other, requirement: other, bug: incident}
--   status: {opened: new, closed: closed, Triggered: new, Acknowledged: in_progress, Resolved: resolved}
--   priority: {CRITICAL: 1, HIGH: 2, MEDIUM: 3, LOW: 4, UNKNOWN: "", critical - s1: 1, high - s2: 2, medium - s3: 3, low - s4: 4, P1: 1, P2: 2, P3: 3, P4: 4}
--   ticket_link.link_type: {relates_to: relates_to, blocks: relates_to, is_blocked_by: relates_to, duplicate: duplicate_of}

-- table: src_label
-- Which label stands for what.
SELECT 'status' AS field, unnest(CAST(json_extract({{options}}, '$.status_labels') AS VARCHAR[])) AS label
UNION ALL SELECT 'priority', unnest(CAST(json_extract({{options}}, '$.priority_labels') AS VARCHAR[]))
UNION ALL SELECT 'kind', unnest(CAST(json_extract({{options}}, '$.kind_labels') AS VARCHAR[]))
UNION ALL SELECT 'team', unnest(CAST(json_extract({{options}}, '$.team_labels') AS VARCHAR[]))
UNION ALL SELECT 'service_id', unnest(CAST(json_extract({{options}}, '$.service_labels') AS VARCHAR[]))

-- table: src_event
-- Everything that tells of a change, in the order of time; number is the place within the issue.
SELECT *, row_number() OVER (PARTITION BY key ORDER BY moment, rank, id) AS number
FROM (
    SELECT key, src, author, origin, rank, e, e->>'$.created_at' AS occurred_at, TRY_CAST(e->>'$.created_at' AS TIMESTAMPTZ) AS moment, TRY_CAST(e->>'$.id' AS BIGINT) AS id,
        coalesce(e->>'$.user.username', e->>'$.author.username') AS actor
    FROM (
        SELECT key, src, payload->>'$.issue.author.username' AS author, 'state' AS origin, 3 AS rank, unnest(json_extract(payload, '$.states[*]')) AS e FROM raw_issue
        UNION ALL SELECT key, src, payload->>'$.issue.author.username', 'label', 1, unnest(json_extract(payload, '$.labels[*]')) FROM raw_issue
        UNION ALL SELECT key, src, payload->>'$.issue.author.username', 'system', 2, unnest(json_extract(payload, '$.system[*]')) FROM raw_issue
    )
)

-- table: src_mark
-- A value is set or taken away. Who is assigned, the severity and the status of an incident stand in notes of the system only.
SELECT e.key, e.number, l.field, l.label AS value, (e.e->>'$.action') = 'add' AS is_set
FROM src_event e JOIN src_label l ON lower(l.label) = lower(e.e->>'$.label.name')
WHERE e.origin = 'label'
UNION ALL
SELECT key, number, 'closed', 'closed', (e->>'$.state') = 'closed' FROM src_event WHERE origin = 'state' AND (e->>'$.state') IN ('closed', 'reopened')
UNION ALL
SELECT key, number, 'assignee', unnest(regexp_extract_all(split_part(e->>'$.body', 'unassigned', 1), '@([A-Za-z0-9_.-]*[A-Za-z0-9_-])', 1)), TRUE
FROM src_event WHERE origin = 'system' AND starts_with(e->>'$.body', 'assigned to ')
UNION ALL
SELECT key, number, 'assignee', unnest(regexp_extract_all(split_part(e->>'$.body', 'unassigned', 2), '@([A-Za-z0-9_.-]*[A-Za-z0-9_-])', 1)), FALSE
FROM src_event WHERE origin = 'system' AND regexp_matches(e->>'$.body', '^(assigned to .* and )?unassigned ')
UNION ALL
SELECT key, number, 'incident', regexp_extract(e->>'$.body', '^changed the incident status to \*\*([^*]+)\*\*', 1), TRUE
FROM src_event WHERE origin = 'system' AND starts_with(e->>'$.body', 'changed the incident status to ')
UNION ALL
SELECT key, number, 'severity', regexp_extract(e->>'$.body', '^changed the severity to \*\*([^*]+)\*\*', 1), TRUE
FROM src_event WHERE origin = 'system' AND starts_with(e->>'$.body', 'changed the severity to ')

-- table: src_bot
-- Accounts that are nobody: those of GitLab itself and those of access tokens.
SELECT DISTINCT name, regexp_matches(lower(name), '^(gitlab-)?support-bot\d*$') AS is_mail
FROM (SELECT actor AS name FROM src_event UNION SELECT unnest(json_extract_string(payload, '$.notes[*].author.username')) FROM raw_issue)
WHERE regexp_matches(lower(name), '^((gitlab-)?(support|alert|automation|security|migration|admin)-bot\d*|(project|group)_\d+_bot(\d+|_[0-9a-f]+)?)$')

-- table: src_agent
-- Whoever was ever assigned, did on an issue of somebody else what only members may (labels, people, closing), or wrote an internal
-- note. Who only ever commented may be anybody.
SELECT name FROM (
    SELECT value AS name FROM src_mark WHERE field = 'assignee'
    UNION SELECT unnest(json_extract_string(payload, '$.issue.assignees[*].username')) FROM raw_issue
    UNION SELECT payload->>'$.issue.assignee.username' FROM raw_issue
    UNION SELECT e.actor FROM src_mark m JOIN src_event e ON e.key = m.key AND e.number = m.number WHERE e.actor <> e.author
    UNION SELECT n->>'$.author.username' FROM (SELECT unnest(json_extract(payload, '$.notes[*]')) AS n FROM raw_issue) WHERE coalesce(n->>'$.internal', n->>'$.confidential') = 'true'
) WHERE name IS NOT NULL AND name NOT IN (SELECT name FROM src_bot)

-- table: src_span
-- From where to where a value held. Closed, severity and status of an incident end where the next one begins.
SELECT key, field, value, number AS from_number, to_number
FROM (SELECT *, lead(number) OVER (PARTITION BY key, field, CASE WHEN field IN ('closed', 'incident', 'severity') THEN '' ELSE lower(value) END ORDER BY number) AS to_number FROM src_mark)
WHERE is_set

-- table: src_state
-- What a field held after each second in which something could change it. A label counts before what GitLab itself knows; of several
-- labels for one field the one set last counts.
SELECT p.key, p.field, p.number, coalesce(CASE WHEN p.field = 'status' THEN c.value END, arg_max(s.value, s.from_number), o.value, CASE WHEN p.field = 'status' THEN 'opened' END) AS value
FROM (
    SELECT m.key, CASE m.field WHEN 'closed' THEN 'status' WHEN 'incident' THEN 'status' WHEN 'severity' THEN 'priority' ELSE m.field END AS field, max(m.number) AS number
    FROM src_mark m JOIN src_event e ON e.key = m.key AND e.number = m.number
    GROUP BY 1, 2, date_trunc('second', e.moment)
) p
LEFT JOIN src_span s ON s.key = p.key AND s.field = p.field AND s.from_number <= p.number AND coalesce(s.to_number > p.number, TRUE)
LEFT JOIN src_span c ON p.field = 'status' AND c.key = p.key AND c.field = 'closed' AND c.from_number <= p.number AND coalesce(c.to_number > p.number, TRUE)
LEFT JOIN src_span o ON o.key = p.key AND o.field = CASE p.field WHEN 'status' THEN 'incident' WHEN 'priority' THEN 'severity' END
    AND o.from_number <= p.number AND coalesce(o.to_number > p.number, TRUE)
GROUP BY p.key, p.field, p.number, c.value, o.value

-- table: src_now
SELECT key, field, arg_max({'v': value}, number).v AS value FROM src_state GROUP BY key, field

-- table: src_held
-- Labels that an issue bears, by field: for issues whose events do not tell who set them.
SELECT i.key, l.field, any_value(l.label ORDER BY l.label) AS value
FROM (SELECT key, unnest(json_extract_string(payload, '$.issue.labels[*]')) AS label FROM raw_issue) i
JOIN src_label l ON lower(l.label) = lower(i.label)
GROUP BY i.key, l.field

-- table: src_whole
-- Issues whose changes of status follow on one another from the creation to the status of now: each closing is of an open issue and
-- each reopening of a closed one, labels are taken away after they were set, and what is left at the end is what the issue bears. What
-- was brought in from elsewhere has labels and was closed without an event. Where the history is newer than the issue as read, its end
-- says nothing.
SELECT i.key,
    TRY_CAST(payload->>'$.issue.created_at' AS TIMESTAMPTZ) IS NOT NULL AND coalesce(m.linked, TRUE)
        AND (coalesce(m.last_at > TRY_CAST(payload->>'$.issue.updated_at' AS TIMESTAMPTZ), FALSE)
            OR coalesce(m.is_closed, FALSE) = coalesce((payload->>'$.issue.state') = 'closed', FALSE) AND coalesce(m.labels, []) = coalesce(h.labels, [])
                AND ((payload->>'$.issue.state') = 'closed' OR len(coalesce(h.labels, [])) > 0
                    OR coalesce(lower(payload->>'$.incident.escalationStatus'), 'triggered') = lower(coalesce(m.incident, 'triggered')))) AS is_whole
FROM raw_issue i
LEFT JOIN (
    SELECT key, bool_and(is_set = NOT before) AS linked, max(moment) AS last_at, coalesce(arg_max(is_set, number) FILTER (field = 'closed'), FALSE) AS is_closed,
        arg_max(value, number) FILTER (field = 'incident') AS incident, list_sort(list_distinct(list(lower(value)) FILTER (field = 'status' AND is_set AND is_last))) AS labels
    FROM (
        SELECT m.*, e.moment, lead(m.number) OVER w IS NULL AS is_last, CASE WHEN m.field = 'incident' THEN FALSE ELSE lag(m.is_set, 1, FALSE) OVER w END AS before
        FROM src_mark m JOIN src_event e ON e.key = m.key AND e.number = m.number
        WHERE m.field IN ('status', 'closed', 'incident')
        WINDOW w AS (PARTITION BY m.key, m.field, lower(m.value) ORDER BY m.number)
    ) GROUP BY key
) m ON m.key = i.key
LEFT JOIN (
    SELECT key, list_sort(list_distinct(list(lower(b.label)))) AS labels
    FROM (SELECT key, unnest(json_extract_string(payload, '$.issue.labels[*]')) AS label FROM raw_issue) b
    JOIN src_label l ON lower(l.label) = lower(b.label) AND l.field = 'status' GROUP BY key
) h ON h.key = i.key

-- entity: ticket
SELECT i.key, i.src, payload->>'$.issue.web_url' AS url, payload->>'$.issue.title' AS title,
    coalesce(kind.value, held_kind.value, payload->>'$.issue.issue_type', 'issue') AS kind,
    CASE WHEN (payload->>'$.issue.state') = 'closed' THEN 'closed'
        ELSE coalesce(nullif(nullif(status.value, 'closed'), 'opened'), held_status.value,
            CASE payload->>'$.incident.escalationStatus' WHEN 'TRIGGERED' THEN 'Triggered' WHEN 'ACKNOWLEDGED' THEN 'Acknowledged' WHEN 'RESOLVED' THEN 'Resolved' END, 'opened') END AS status,
    coalesce(priority.value, held_priority.value, CASE WHEN (payload->>'$.issue.issue_type') = 'incident' THEN payload->>'$.issue.severity' END) AS priority,
    coalesce(team.value, held_team.value) AS team, coalesce(service.value, held_service.value) AS service_id,
    coalesce(assignee.value, payload->>'$.issue.assignees[0].username', payload->>'$.issue.assignee.username') AS assignee,
    coalesce(payload->>'$.issue.service_desk_reply_to', payload->>'$.issue.author.username') AS requester,
    CASE WHEN (payload->>'$.issue.service_desk_reply_to') IS NOT NULL THEN 'email' END AS channel,
    payload->>'$.issue.created_at' AS opened_at, payload->>'$.issue.updated_at' AS updated_at, payload->>'$.issue.closed_at' AS closed_at,
    (payload->>'$.issue.due_date') || ' 23:59:59' AS due_at, i.deleted_at,
    coalesce(i.merged_into, (SELECT any_value(m.key) FROM raw_issue m WHERE (m.payload->>'$.issue.id') = (i.payload->>'$.issue.moved_to_id'))) AS merged_into,
    w.is_whole AS has_history,
    json_object('labels', array_to_string(json_extract_string(payload, '$.issue.labels[*]'), ', '), 'milestone', payload->>'$.issue.milestone.title',
        'project', split_part(i.key, '#', 1), 'severity', payload->>'$.issue.severity', 'weight', payload->>'$.issue.weight') AS custom
FROM raw_issue i
JOIN src_whole w ON w.key = i.key
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
    CASE WHEN e.actor IN (SELECT name FROM src_bot) THEN 'system' WHEN e.actor = e.author THEN 'requester' WHEN e.actor IN (SELECT name FROM src_agent) THEN 'agent' END AS actor_role
FROM (
    SELECT key, field, number, value AS to_value,
        lag(value, 1, CASE WHEN field = 'status' THEN 'opened' END) OVER (PARTITION BY key, field ORDER BY number) AS from_value
    FROM src_state
) s
JOIN src_event e ON e.key = s.key AND e.number = s.number
WHERE s.from_value IS DISTINCT FROM s.to_value

-- entity: communication
-- What the Service Desk writes into an issue is mail of people outside.
SELECT n->>'$.id' AS communication_id, key AS ticket_id, src, n->>'$.created_at' AS sent_at, n->>'$.author.username' AS sender,
    CASE WHEN (n->>'$.author.username') IN (SELECT name FROM src_bot WHERE is_mail) THEN 'requester' WHEN (n->>'$.author.username') IN (SELECT name FROM src_bot) THEN 'system'
        WHEN (n->>'$.author.username') = author THEN 'requester' WHEN (n->>'$.author.username') IN (SELECT name FROM src_agent) THEN 'agent' END AS sender_role,
    NOT coalesce(coalesce(n->>'$.internal', n->>'$.confidential') = 'true', FALSE) AS is_public
FROM (SELECT key, src, payload->>'$.issue.author.username' AS author, unnest(json_extract(payload, '$.notes[*]')) AS n FROM raw_issue)

-- entity: ticket_link
SELECT DISTINCT ON (ticket_id, link_type, to_ticket_id) ticket_id, link_type, to_ticket_id, src
FROM (
    SELECT key AS ticket_id, l->>'$.link_type' AS link_type, l->>'$.references.full' AS to_ticket_id, src
    FROM (SELECT key, src, unnest(json_extract(payload, '$.links[*]')) AS l FROM raw_issue WHERE deleted_at IS NULL)
    -- GitLab shows a link at both of its ends; it is one.
    WHERE (l->>'$.references.full') IS NOT NULL AND ((l->>'$.link_type') = 'blocks' OR (l->>'$.link_type') = 'relates_to' AND key > (l->>'$.references.full'))
    UNION ALL
    SELECT key, 'duplicate', CASE WHEN starts_with(other, '#') THEN split_part(key, '#', 1) ELSE '' END || other, src
    FROM (SELECT key, src, regexp_extract(e->>'$.body', '^marked this (?:issue|incident) as a duplicate of (\S+#\d+|#\d+)', 1) AS other FROM src_event WHERE origin = 'system')
    WHERE other <> ''
)
ORDER BY ticket_id, link_type, to_ticket_id

-- entity: native_sla
-- GitLab sets the label missed::SLA when the time is over.
SELECT key AS ticket_id, src, 'Time to SLA' AS name, 'resolution' AS clock, payload->>'$.incident.slaDueAt' AS due_at, payload->>'$.issue.closed_at' AS stopped_at,
    CASE WHEN list_contains(json_extract_string(payload, '$.issue.labels[*]'), 'missed::SLA') THEN TRUE END AS breached
FROM raw_issue WHERE (payload->>'$.incident.slaDueAt') IS NOT NULL
