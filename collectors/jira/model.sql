-- name: jira
-- purpose: issues of Jira and requests of Jira Service Management with their history, comments, links, SLA cycles, approvals, satisfaction and work
-- inputs: raw_issue, raw_status, raw_priority, raw_issuetype, raw_project, raw_field
-- output: rows named like the model. Names are those that Jira uses now, found by id; people are logins (Data Center) or display names (Cloud,
--   whose account ids nobody can read). A due day ends at its end, in the zone of the source. Lengths of SLA cycles are seconds of their calendar
-- map:
--   kind: {Incident: incident, "[System] Incident": incident, Service Request: service_request, "[System] Service request": service_request, Service Request with Approvals: service_request, "[System] Service request with approvals": service_request, IT Help: service_request, Problem: problem, "[System] Problem": problem, Change: change, "[System] Change": change, Post-incident review: other, "[System] Post-incident review": other}
--   status: {Open: new, To Do: new, Backlog: new, New: new, Reopened: in_progress, In Progress: in_progress, Work in progress: in_progress, Waiting for support: in_progress, Escalated: in_progress, Under investigation: in_progress, Under review: in_progress, Planning: in_progress, Authorize: in_progress, Awaiting CAB approval: in_progress, Peer review / change manager approval: in_progress, Awaiting implementation: in_progress, Implementing: in_progress, Pending: on_hold, Waiting for customer: on_hold, Waiting for approval: on_hold, Resolved: resolved, Completed: resolved, Done: closed, Closed: closed, Failed: closed, Canceled: cancelled, Cancelled: cancelled, Declined: cancelled}
--   priority: {Highest: 1, Blocker: 1, Critical: 1, High: 2, Major: 2, Medium: 3, Minor: 4, Low: 4, Lowest: 5, Trivial: 5}
--   impact: {Extensive / Widespread: 1, Significant / Large: 2, Moderate / Limited: 3, Minor / Localized: 4}
--   urgency: {Critical: 1, High: 2, Medium: 3, Low: 4}
--   risk: {Critical: high, High: high, Medium: medium, Low: low}
--   change_type: {Standard: standard, Normal: normal, Emergency: emergency}
--   native_sla.clock: {Time to first response: response, Time to resolution: resolution, Time to done: resolution, Time to close after resolution: ~, Time to review normal change: ~, Time to approve normal change: ~}
--   ticket_link.link_type: {causes: causes, duplicates: duplicate_of, relates to: relates_to, blocks: relates_to, clones: relates_to, split to: relates_to, is parent of: relates_to, mentioned in: relates_to, reviews: relates_to}
--   approval.decision: {approved: approved, declined: rejected}

-- table: src_person
-- Names of people by their ids. On Data Center the history names people by key or login.
SELECT id, any_value(name ORDER BY name) AS name, any_value(type ORDER BY type) AS type
FROM (
    SELECT u->>'$.accountId' AS id, u->>'$.displayName' AS name, u->>'$.accountType' AS type
    FROM (SELECT unnest([payload->'$.fields.assignee', payload->'$.fields.reporter', payload->'$.fields.creator']) AS u FROM raw_issue)
    UNION ALL
    SELECT unnest([u->>'$.key', u->>'$.name']), coalesce(u->>'$.name', u->>'$.displayName'), NULL
    FROM (SELECT unnest([payload->'$.fields.assignee', payload->'$.fields.reporter', payload->'$.fields.creator']) AS u FROM raw_issue)
    UNION ALL
    SELECT a->>'$.id', a->>'$.name', a->>'$.type' FROM (
        SELECT unnest(json_extract(payload, '$.comments[*].author')) AS a FROM raw_issue
        UNION ALL SELECT unnest(json_extract(payload, '$.histories[*].author')) FROM raw_issue
        UNION ALL SELECT unnest(json_extract(payload, '$.worklogs[*].author')) FROM raw_issue
        UNION ALL SELECT unnest(json_extract(payload, '$.approvals[*].who')) FROM raw_issue
    )
)
WHERE id IS NOT NULL AND name IS NOT NULL
GROUP BY id

-- table: src_name
-- Names of statuses, priorities and types by their ids; where a list does not hold one any more, as an issue bears it.
SELECT domain, id, arg_min(name, (turn, name)) AS name
FROM (
    SELECT 'status' AS domain, key AS id, payload->>'$.name' AS name, 0 AS turn FROM raw_status
    UNION ALL SELECT 'priority', key, payload->>'$.name', 0 FROM raw_priority
    UNION ALL SELECT 'issuetype', key, payload->>'$.name', 0 FROM raw_issuetype
    UNION ALL SELECT 'project', key, payload->>'$.name', 0 FROM raw_project
    UNION ALL SELECT 'status', payload->>'$.fields.status.id', payload->>'$.fields.status.name', 1 FROM raw_issue
    UNION ALL SELECT 'priority', payload->>'$.fields.priority.id', payload->>'$.fields.priority.name', 1 FROM raw_issue
    UNION ALL SELECT 'issuetype', payload->>'$.fields.issuetype.id', payload->>'$.fields.issuetype.name', 1 FROM raw_issue
    UNION ALL SELECT 'project', payload->>'$.fields.project.id', payload->>'$.fields.project.name', 1 FROM raw_issue
)
WHERE id IS NOT NULL AND name IS NOT NULL
GROUP BY domain, id

-- table: src_field
-- The organization's fields. Where two bear one name, the older one counts.
SELECT DISTINCT ON (name) key AS id, payload->>'$.name' AS name, payload->>'$.schema.type' AS type, coalesce(payload->>'$.schema.custom', '') AS kind
FROM raw_field WHERE (payload->>'$.custom') = 'true'
ORDER BY name, length(key), key

-- table: src_value
-- Values of the organization's fields as text, one row an issue and field.
SELECT v.key, f.name, f.type, f.kind, v.v,
    CASE json_type(v.v)
        WHEN 'ARRAY' THEN (SELECT string_agg(coalesce((x->>'$.value') || coalesce(' / ' || (x->>'$.child.value'), ''), x->>'$.name', x->>'$.displayName', x->>'$.id', x->>'$'), ', ')
            FROM (SELECT unnest(json_extract(v.v, '$[*]')) AS x))
        WHEN 'OBJECT' THEN coalesce((v.v->>'$.value') || coalesce(' / ' || (v.v->>'$.child.value'), ''), v.v->>'$.requestType.name', v.v->>'$.name', v.v->>'$.displayName', v.v->>'$.rating', v.v->>'$.id')
        ELSE v.v->>'$' END AS text
FROM (SELECT key, id, json_extract(payload, '$.fields."' || id || '"') AS v
    FROM (SELECT key, payload, unnest(json_keys(payload, '$.fields')) AS id FROM raw_issue) WHERE starts_with(id, 'customfield_')) v
JOIN src_field f ON f.id = v.id

-- table: src_own
-- What Jira Service Management itself creates for fields of incidents and changes, by their names, and all values together.
SELECT key, json_group_object(name, text) AS custom,
    max(text) FILTER (name = 'Impact') AS impact, max(text) FILTER (name = 'Urgency') AS urgency, max(text) FILTER (name = 'Change type') AS change_type,
    max(text) FILTER (name = 'Change risk') AS risk,
    max(text) FILTER (name IN ('Planned start', 'Change start date') AND type = 'datetime') AS planned_start_at,
    max(text) FILTER (name IN ('Planned end', 'Change completion date') AND type = 'datetime') AS planned_end_at,
    max(text) FILTER (name = 'Actual start' AND type = 'datetime') AS started_at, max(text) FILTER (name = 'Actual end' AND type = 'datetime') AS ended_at,
    max(v->>'$[0].id') FILTER (ends_with(kind, ':sd-customer-organizations')) AS organization,
    max(coalesce(v->>'$.rating', v->>'$')) FILTER (ends_with(kind, ':sd-request-feedback')) AS rating,
    max(text) FILTER (ends_with(kind, ':sd-request-feedback-date')) AS rated_at
FROM src_value GROUP BY key

-- table: src_customer
-- Who takes part in a request without working on it: its participants, but for those who were ever given an issue or wrote internally.
SELECT DISTINCT v.key, p.id
FROM (SELECT key, unnest(json_extract(v, '$[*]')) AS u FROM src_value WHERE ends_with(kind, ':sd-request-participants')) v,
    LATERAL (SELECT coalesce(v.u->>'$.accountId', v.u->>'$.key', v.u->>'$.name') AS id) p
WHERE p.id IS NOT NULL AND p.id NOT IN (
    SELECT id FROM (
        SELECT coalesce(payload->>'$.fields.assignee.accountId', payload->>'$.fields.assignee.key', payload->>'$.fields.assignee.name') AS id FROM raw_issue
        UNION ALL SELECT i->>'$.to' FROM (SELECT unnest(json_extract(payload, '$.histories[*].items[*]')) AS i FROM raw_issue) WHERE (i->>'$.field') = 'assignee'
        UNION ALL SELECT c->>'$.author.id' FROM (SELECT unnest(json_extract(payload, '$.comments[*]')) AS c FROM raw_issue) WHERE (c->>'$.public') = 'false'
    ) WHERE id IS NOT NULL)

-- table: src_change
SELECT key, payload, src, h->>'$.id' AS history, h->>'$.created' AS occurred_at, h->>'$.author.id' AS author, h->>'$.author.name' AS author_name,
    h->>'$.author.type' AS author_type, unnest(json_extract(h, '$.items[*]')) AS c
FROM (SELECT key, payload, src, unnest(json_extract(payload, '$.histories[*]')) AS h FROM raw_issue)

-- entity: ticket
SELECT i.payload->>'$.key' AS key, i.src, {{url}} || '/browse/' || (i.payload->>'$.key') AS url,
    f->>'$.summary' AS title, coalesce(kind.name, f->>'$.issuetype.name') AS kind, coalesce(status.name, f->>'$.status.name') AS status,
    coalesce(priority.name, f->>'$.priority.name') AS priority, own.impact, own.urgency, own.change_type, own.risk,
    coalesce(project.name, f->>'$.project.name') AS team, own.organization AS customer_id,
    coalesce(assignee.name, f->>'$.assignee.displayName') AS assignee, coalesce(reporter.name, f->>'$.reporter.displayName') AS requester,
    (SELECT string_agg(x->>'$.name', ', ') FROM (SELECT unnest(json_extract(f, '$.components[*]')) AS x)) AS category,
    f->>'$.resolution.name' AS closure_code, f->>'$.created' AS opened_at, f->>'$.updated' AS updated_at, f->>'$.resolutiondate' AS resolved_at,
    CASE WHEN (f->>'$.status.statusCategory.key') = 'done' THEN coalesce(f->>'$.statuscategorychangedate', f->>'$.resolutiondate') END AS closed_at,
    (f->>'$.duedate') || ' 23:59:59' AS due_at, own.planned_start_at, own.planned_end_at, own.started_at, own.ended_at,
    i.deleted_at, i.merged_into, json_exists(i.payload, '$.histories') AS has_history, own.custom
FROM (SELECT *, payload->'$.fields' AS f FROM raw_issue) i
LEFT JOIN src_own own ON own.key = i.key
LEFT JOIN src_name status ON status.domain = 'status' AND status.id = (f->>'$.status.id')
LEFT JOIN src_name kind ON kind.domain = 'issuetype' AND kind.id = (f->>'$.issuetype.id')
LEFT JOIN src_name priority ON priority.domain = 'priority' AND priority.id = (f->>'$.priority.id')
LEFT JOIN src_name project ON project.domain = 'project' AND project.id = (f->>'$.project.id')
LEFT JOIN src_person assignee ON assignee.id = coalesce(f->>'$.assignee.accountId', f->>'$.assignee.key', f->>'$.assignee.name')
LEFT JOIN src_person reporter ON reporter.id = coalesce(f->>'$.reporter.accountId', f->>'$.reporter.key', f->>'$.reporter.name')

-- entity: ticket_history
SELECT c.payload->>'$.key' AS ticket_id, c.src, c.occurred_at, c.history AS sequence,
    CASE WHEN own.id IS NOT NULL THEN 'custom.' || own.name
        ELSE CASE c.field WHEN 'issuetype' THEN 'kind' WHEN 'project' THEN 'team' WHEN 'resolution' THEN 'closure_code' WHEN 'duedate' THEN 'due_at' ELSE c.field END END AS field,
    CASE WHEN c.field = 'duedate' THEN left(coalesce(c.c->>'$.from', c.c->>'$.fromString'), 10) || ' 23:59:59'
        ELSE coalesce(CASE WHEN c.field = 'assignee' THEN old_person.name ELSE old.name END, nullif((c.c->>'$.fromString'), '')) END AS from_value,
    CASE WHEN c.field = 'duedate' THEN left(coalesce(c.c->>'$.to', c.c->>'$.toString'), 10) || ' 23:59:59'
        ELSE coalesce(CASE WHEN c.field = 'assignee' THEN new_person.name ELSE new.name END, nullif((c.c->>'$.toString'), '')) END AS to_value,
    coalesce(who.name, c.author_name) AS actor,
    CASE WHEN c.author IS NULL OR c.author_type = 'app' THEN 'system' WHEN c.author_type = 'customer' OR c.author = coalesce(c.payload->>'$.fields.reporter.accountId',
        c.payload->>'$.fields.reporter.key', c.payload->>'$.fields.reporter.name') OR EXISTS (FROM src_customer s WHERE s.key = c.key AND s.id = c.author)
        THEN 'requester' ELSE 'agent' END AS actor_role
FROM (SELECT *, coalesce(nullif((c->>'$.fieldId'), ''), lower(c->>'$.field')) AS field FROM src_change) c
LEFT JOIN src_field own ON own.id = c.field OR NOT starts_with(c.field, 'customfield_') AND coalesce((c.c->>'$.fieldId'), '') = '' AND lower(own.name) = c.field
    AND c.field NOT IN ('status', 'assignee', 'priority', 'resolution', 'issuetype', 'project', 'duedate')
LEFT JOIN src_name old ON old.domain = c.field AND old.id = (c.c->>'$.from')
LEFT JOIN src_name new ON new.domain = c.field AND new.id = (c.c->>'$.to')
LEFT JOIN src_person old_person ON c.field = 'assignee' AND old_person.id = (c.c->>'$.from')
LEFT JOIN src_person new_person ON c.field = 'assignee' AND new_person.id = (c.c->>'$.to')
LEFT JOIN src_person who ON who.id = c.author
WHERE own.id IS NOT NULL OR NOT starts_with(c.field, 'customfield_')

-- entity: communication
-- In a service project a comment counts as public only where Jira says so; elsewhere everybody sees the comments.
SELECT m->>'$.id' AS communication_id, i.payload->>'$.key' AS ticket_id, i.src, m->>'$.created' AS sent_at, coalesce(who.name, m->>'$.author.name') AS sender,
    CASE WHEN (m->>'$.author.type') = 'app' THEN 'system' WHEN (m->>'$.author.type') = 'customer' OR (m->>'$.author.id') = coalesce(i.payload->>'$.fields.reporter.accountId',
        i.payload->>'$.fields.reporter.key', i.payload->>'$.fields.reporter.name') OR EXISTS (FROM src_customer s WHERE s.key = i.key AND s.id = (m->>'$.author.id'))
        THEN 'requester' ELSE 'agent' END AS sender_role,
    coalesce(m->>'$.public', CASE WHEN (i.payload->>'$.fields.project.projectTypeKey') IS DISTINCT FROM 'service_desk' THEN 'true' END) AS is_public
FROM (SELECT key, payload, src, unnest(json_extract(payload, '$.comments[*]')) AS m FROM raw_issue) i
LEFT JOIN src_person who ON who.id = (m->>'$.author.id')

-- entity: work_log
SELECT l->>'$.id' AS work_log_id, i.payload->>'$.key' AS ticket_id, i.src, coalesce(who.name, l->>'$.author.name') AS worker, l->>'$.started' AS started_at, l->>'$.seconds' AS spent_seconds
FROM (SELECT payload, src, unnest(json_extract(payload, '$.worklogs[*]')) AS l FROM raw_issue) i
LEFT JOIN src_person who ON who.id = (l->>'$.author.id')

-- entity: ticket_link
-- Both ends of a link bear it; it is told from the end at which it starts. A task below another one is part of it.
SELECT DISTINCT ON (link) ticket_id, link_type, to_ticket_id, src
FROM (
    SELECT l->>'$.id' AS link, CASE WHEN json_exists(l, '$.outwardIssue') THEN payload->>'$.key' ELSE l->>'$.inwardIssue.key' END AS ticket_id,
        l->>'$.type.outward' AS link_type, CASE WHEN json_exists(l, '$.outwardIssue') THEN l->>'$.outwardIssue.key' ELSE payload->>'$.key' END AS to_ticket_id,
        src, json_exists(l, '$.outwardIssue') AS from_here, key
    FROM (SELECT key, payload, src, unnest(json_extract(payload, '$.fields.issuelinks[*]')) AS l FROM raw_issue WHERE deleted_at IS NULL)
    UNION ALL
    SELECT 'parent of ' || key, payload->>'$.fields.parent.key', 'is parent of', payload->>'$.key', src, TRUE, key
    FROM raw_issue WHERE deleted_at IS NULL AND json_exists(payload, '$.fields.parent.key')
)
WHERE ticket_id IS NOT NULL AND to_ticket_id IS NOT NULL
ORDER BY link, from_here DESC, length(key), key

-- entity: native_sla
-- A cycle that runs and is not late yet has no verdict: Jira does not touch the issue when it becomes late. The map leaves out
-- clocks that Jira ships with and that are neither of response nor of resolution.
SELECT payload->>'$.key' AS ticket_id, src, name, name AS clock, CASE WHEN (y->>'$.running') = 'true' AND (y->>'$.breached') = 'false' THEN NULL ELSE y->>'$.breached' END AS breached,
    CAST(round(TRY_CAST(y->>'$.goal' AS DOUBLE) / 1000) AS BIGINT) AS goal_seconds, CAST(floor(TRY_CAST(y->>'$.elapsed' AS DOUBLE) / 1000) AS BIGINT) AS elapsed_seconds,
    y->>'$.due' AS due_at, y->>'$.stop' AS stopped_at
FROM (SELECT payload, src, s->>'$.name' AS name, unnest(json_extract(s, '$.cycles[*]')) AS y
    FROM (SELECT payload, src, unnest(json_extract(payload, '$.slas[*]')) AS s FROM raw_issue))

-- entity: approval
SELECT key || '/' || (a->>'$.id') || '/' || coalesce(a->>'$.who.id', '') AS approval_id, payload->>'$.key' AS ticket_id, src, coalesce(who.name, a->>'$.who.name') AS approver,
    a->>'$.name' AS approver_role, a->>'$.asked' AS requested_at, CASE WHEN (a->>'$.decision') IN ('approved', 'declined') THEN a->>'$.answered' END AS decided_at,
    CASE WHEN (a->>'$.decision') <> 'pending' THEN a->>'$.decision' END AS decision
FROM (SELECT key, payload, src, unnest(json_extract(payload, '$.approvals[*]')) AS a FROM raw_issue)
LEFT JOIN src_person who ON who.id = (a->>'$.who.id')

-- entity: survey_response
SELECT own.key AS survey_id, i.payload->>'$.key' AS ticket_id, i.src, own.organization AS customer_id, own.rated_at AS answered_at, own.rating AS score, 5 AS scale_max, 1 AS scale_min
FROM src_own own JOIN raw_issue i ON i.key = own.key
WHERE TRY_CAST(own.rating AS DOUBLE) IS NOT NULL

-- entity: customer
SELECT DISTINCT ON (customer_id) o->>'$.id' AS customer_id, o->>'$.name' AS name, src
FROM (SELECT i.src, i.key, unnest(json_extract(v.v, '$[*]')) AS o FROM src_value v JOIN raw_issue i ON i.key = v.key WHERE ends_with(v.kind, ':sd-customer-organizations'))
WHERE (o->>'$.id') IS NOT NULL AND (o->>'$.name') IS NOT NULL
ORDER BY customer_id, length(key), key

-- entity: team
SELECT DISTINCT ON (team) payload->>'$.name' AS team, src, payload->>'$.lead.displayName' AS manager
FROM raw_project WHERE deleted_at IS NULL AND (payload->>'$.name') IS NOT NULL
ORDER BY team, key
