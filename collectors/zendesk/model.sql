-- name: zendesk
-- purpose: tickets, updates, messages, satisfaction, organizations and own service level clocks of Zendesk Support
-- inputs: raw_ticket, raw_event (updates with their changes and messages), raw_metric_event, raw_agent, raw_group, raw_field,
--   raw_custom_status, raw_organization, raw_merge (ticket → ticket it was merged into)
-- output: rows named like the model, with Zendesk's own words; instants as Zendesk writes them (UTC, Z). Goals and times of its
--   clocks are minutes, of its schedule or of the calendar as the policy says, and are made seconds
-- map:
--   kind: {incident: incident, problem: problem, question: service_request, task: other}
--   status: {new: new, open: in_progress, pending: on_hold, hold: on_hold, solved: resolved, closed: closed, closed by merge: cancelled}
--   priority: {urgent: 1, high: 2, normal: 3, low: 4}

-- table: src_status
-- Word for a status of the organization's own: the one that a category has as shipped bears the name of the category.
SELECT key AS id, CASE WHEN (payload->>'$.default') = 'true' THEN payload->>'$.status_category'
    ELSE coalesce(payload->>'$.agent_label', payload->>'$.status_category') END AS name
FROM raw_custom_status

-- table: src_name
-- What an id in the history stands for: field, id, name. Two agents of one name are told apart by their ids.
SELECT 'assignee_id' AS field, key AS id, CASE WHEN count(*) OVER (PARTITION BY payload->>'$.name') > 1
    THEN (payload->>'$.name') || ' (' || key || ')' ELSE payload->>'$.name' END AS name FROM raw_agent
UNION ALL SELECT 'group_id', key, payload->>'$.name' FROM raw_group
UNION ALL SELECT 'custom_status_id', id, name FROM src_status

-- table: src_ticket
SELECT key, payload->>'$.requester_id' AS requester, json_contains(payload->'$.tags', '"closed_by_merge"') AS is_merged FROM raw_ticket

-- table: src_child
-- One change or message of an update.
SELECT e.key AS audit, e.ticket_id, e.src, e.occurred_at, e.updater, e.c AS child,
    e.c->>'$.event_type' AS kind, coalesce(e.c->>'$.via.channel', e.c->>'$.via') AS via, e.c->>'$.previous_value' AS before, coalesce(e.c->>'$.id', e.key) AS child_id
FROM (
    SELECT key, src, payload->>'$.ticket_id' AS ticket_id, payload->>'$.updater_id' AS updater,
        coalesce(payload->>'$.created_at', CAST(make_timestamp(TRY_CAST(payload->>'$.timestamp' AS BIGINT) * 1000000) AS VARCHAR) || 'Z') AS occurred_at,
        unnest(json_extract(payload, '$.child_events[*]')) AS c
    FROM raw_event
) e

-- table: src_opening
-- The update that made a ticket: where it is there, so is all that followed.
SELECT DISTINCT ticket_id, audit FROM src_child WHERE kind = 'Create' AND json_exists(child, '$.status')

-- table: src_agent
-- Who acts for the provider: who is an agent now, was assigned to a ticket, or wrote what requesters do not see.
SELECT DISTINCT id FROM (
    SELECT key AS id FROM raw_agent
    UNION ALL SELECT payload->>'$.assignee_id' FROM raw_ticket
    UNION ALL SELECT child->>'$.assignee_id' FROM src_child
    UNION ALL SELECT child->>'$.author_id' FROM src_child WHERE (child->>'$.public') = 'false'
)
WHERE id IS NOT NULL AND id <> '-1'

-- entity: ticket
SELECT t.key, t.src, {{url}} || '/agent/tickets/' || t.key AS url, coalesce(payload->>'$.raw_subject', payload->>'$.subject') AS title,
    coalesce(nullif(payload->>'$.type', ''), 'ticket') AS kind,
    CASE WHEN s.is_merged THEN 'closed by merge' ELSE coalesce(own.name, payload->>'$.status') END AS status,
    payload->>'$.priority' AS priority, coalesce(team.name, payload->>'$.group_id') AS team, coalesce(who.name, payload->>'$.assignee_id') AS assignee,
    payload->>'$.requester_id' AS requester, payload->>'$.organization_id' AS customer_id, payload->>'$.via.channel' AS channel,
    payload->>'$.created_at' AS opened_at, payload->>'$.updated_at' AS updated_at, payload->>'$.due_at' AS due_at,
    payload->>'$.metric_set.solved_at' AS resolved_at, payload->>'$.metric_set.reopens' AS source_reopen_count,
    CASE WHEN (payload->>'$.metric_set.group_stations') IS NOT NULL
        THEN greatest(TRY_CAST(payload->>'$.metric_set.group_stations' AS INTEGER) - 1, 0) END AS source_reassignment_count,
    t.deleted_at, coalesce(t.merged_into, m.merged_into) AS merged_into,
    t.key IN (SELECT ticket_id FROM src_opening) AS has_history,
    (SELECT json_group_object(coalesce(f.name, v->>'$.id'), CASE WHEN json_type(v, '$.value') = 'ARRAY'
            THEN array_to_string(CAST(v->'$.value' AS VARCHAR[]), ', ') ELSE v->>'$.value' END)
        FROM (SELECT unnest(json_extract(payload, '$.custom_fields[*]')) AS v)
        LEFT JOIN (SELECT key AS id, min(payload->>'$.title') AS name FROM raw_field GROUP BY 1) f ON f.id = (v->>'$.id')) AS custom
FROM raw_ticket t
JOIN src_ticket s ON s.key = t.key
LEFT JOIN src_status own ON own.id = (payload->>'$.custom_status_id') AND (payload->>'$.status') <> 'closed'
LEFT JOIN src_name team ON team.field = 'group_id' AND team.id = (payload->>'$.group_id')
LEFT JOIN src_name who ON who.field = 'assignee_id' AND who.id = (payload->>'$.assignee_id')
LEFT JOIN (SELECT key AS id, nullif(payload->>'$.into', '') AS merged_into FROM raw_merge) m ON m.id = t.key AND s.is_merged

-- table: src_change
-- Changes by the field that changed. A change of a status of the organization's own comes beside one of its category: the
-- former says more.
SELECT c.*, f.field, CASE WHEN f.field = 'custom_ticket_fields' THEN json_keys(child->'$.custom_ticket_fields')[1] END AS own_field
FROM src_child c
JOIN (SELECT unnest(['status', 'custom_status_id', 'group_id', 'assignee_id', 'priority', 'type', 'requester_id', 'organization_id', 'subject', 'due_at',
    'custom_ticket_fields']) AS field) f ON json_exists(c.child, '$.' || f.field)
WHERE c.kind = 'Change'

-- entity: ticket_history
SELECT c.ticket_id, c.src, c.occurred_at, c.child_id AS sequence,
    CASE c.field WHEN 'custom_status_id' THEN 'status' WHEN 'group_id' THEN 'team' WHEN 'assignee_id' THEN 'assignee' WHEN 'type' THEN 'kind'
        WHEN 'requester_id' THEN 'requester' WHEN 'organization_id' THEN 'customer_id' WHEN 'subject' THEN 'title'
        WHEN 'custom_ticket_fields' THEN 'custom.' || coalesce(own.name, c.own_field) ELSE c.field END AS field,
    CASE WHEN c.field = 'custom_ticket_fields' AND c.before[1] = '{' THEN TRY_CAST(c.before AS JSON)->>('$."' || c.own_field || '"')
        WHEN c.field = 'type' THEN coalesce(nullif(c.before, ''), 'ticket')
        ELSE coalesce(old.name, nullif(c.before, '')) END AS from_value,
    CASE WHEN c.field = 'custom_ticket_fields' THEN c.child->'$.custom_ticket_fields'->>('$."' || c.own_field || '"')
        WHEN c.field = 'status' AND s.is_merged AND (c.child->>'$.status') = 'closed' THEN 'closed by merge'
        WHEN c.field = 'type' THEN coalesce(nullif(c.child->>'$.type', ''), 'ticket')
        ELSE coalesce(new.name, nullif(c.child->>('$.' || c.field), '')) END AS to_value,
    coalesce(who.name, CASE WHEN c.updater <> '-1' THEN c.updater END) AS actor,
    CASE WHEN c.updater = '-1' OR lower(c.via) IN ('rule', 'trigger', 'automation') THEN 'system' WHEN c.updater = s.requester THEN 'requester'
        WHEN c.updater IN (SELECT id FROM src_agent) THEN 'agent' ELSE 'requester' END AS actor_role
FROM src_change c
JOIN src_ticket s ON s.key = c.ticket_id
LEFT JOIN (SELECT key AS id, min(payload->>'$.title') AS name FROM raw_field GROUP BY 1) own ON own.id = c.own_field
LEFT JOIN src_name old ON old.field = c.field AND old.id = c.before
LEFT JOIN src_name new ON new.field = c.field AND new.id = (c.child->>('$.' || c.field))
LEFT JOIN src_name who ON who.field = 'assignee_id' AND who.id = c.updater
WHERE NOT (c.field = 'status' AND coalesce((c.child->>'$.status') <> 'closed', TRUE)
        AND EXISTS (FROM src_change o WHERE o.audit = c.audit AND o.field = 'custom_status_id'))
    AND NOT (c.field = 'custom_status_id' AND EXISTS (FROM src_change o WHERE o.audit = c.audit AND o.field = 'status' AND (o.child->>'$.status') = 'closed'))
    AND c.ticket_id IN (SELECT ticket_id FROM src_opening)

-- entity: communication
-- The first message is the ticket itself, whoever wrote it down.
SELECT c.child_id AS communication_id, c.ticket_id, c.src, coalesce(c.child->>'$.created_at', c.occurred_at) AS sent_at,
    coalesce(who.name, c.child->>'$.author_id') AS sender,
    CASE WHEN (c.child->>'$.author_id') = '-1' OR lower(c.via) IN ('rule', 'trigger', 'automation') THEN 'system'
        WHEN (c.child->>'$.author_id') = s.requester THEN 'requester' WHEN (c.child->>'$.author_id') IN (SELECT id FROM src_agent) THEN 'agent'
        ELSE 'requester' END AS sender_role,
    (c.child->>'$.public') = 'true' AS is_public, c.via AS channel
FROM src_child c
JOIN src_ticket s ON s.key = c.ticket_id
LEFT JOIN src_name who ON who.field = 'assignee_id' AND who.id = (c.child->>'$.author_id')
WHERE json_exists(c.child, '$.public') AND c.audit NOT IN (SELECT audit FROM src_opening)

-- entity: ticket_link
-- An incident names its problem; a follow-up names the ticket that it goes on from.
SELECT key AS ticket_id, src, 'caused_by' AS link_type, payload->>'$.problem_id' AS to_ticket_id
FROM raw_ticket WHERE deleted_at IS NULL AND (payload->>'$.problem_id') IS NOT NULL
UNION ALL
SELECT key, src, 'relates_to', payload->>'$.via.source.from.ticket_id'
FROM raw_ticket WHERE deleted_at IS NULL AND (payload->>'$.via.source.rel') = 'follow_up' AND (payload->>'$.via.source.from.ticket_id') IS NOT NULL

-- entity: survey_response
-- The rating of a ticket as it is now, good or bad; when it was asked for and given stands in the history.
SELECT t.key AS survey_id, t.key AS ticket_id, t.src, payload->>'$.organization_id' AS customer_id, r.asked_at,
    CASE WHEN starts_with(payload->>'$.satisfaction_rating.score', 'good') OR starts_with(payload->>'$.satisfaction_rating.score', 'bad') THEN r.answered_at END AS answered_at,
    CASE WHEN starts_with(payload->>'$.satisfaction_rating.score', 'good') THEN 1 WHEN starts_with(payload->>'$.satisfaction_rating.score', 'bad') THEN 0 END AS score,
    1 AS scale_max, 0 AS scale_min
FROM raw_ticket t
LEFT JOIN (
    SELECT ticket_id, min(occurred_at) FILTER ((child->>'$.satisfaction_score') = 'offered') AS asked_at,
        max(occurred_at) FILTER (starts_with(child->>'$.satisfaction_score', 'good') OR starts_with(child->>'$.satisfaction_score', 'bad')) AS answered_at
    FROM src_child WHERE json_exists(child, '$.satisfaction_score') GROUP BY ticket_id
) r ON r.ticket_id = t.key
WHERE (payload->>'$.satisfaction_rating.score') NOT IN ('unoffered', '')

-- table: src_clock
-- Events of one run of one of Zendesk's clocks: a ticket, a metric, a number.
SELECT key, src, seen_at, payload->>'$.ticket_id' AS ticket_id, payload->>'$.metric' AS metric, TRY_CAST(payload->>'$.instance_id' AS BIGINT) AS instance,
    payload->>'$.type' AS type, TRY_CAST(payload->>'$.time' AS TIMESTAMPTZ) AS moment, payload, TRY_CAST(payload->>'$.id' AS BIGINT) AS event
FROM raw_metric_event WHERE coalesce(payload->>'$.deleted', 'false') <> 'true'

-- table: src_run
SELECT ticket_id, metric, instance, any_value(src ORDER BY event) AS src, max(seen_at) AS seen_at,
    (arg_max({'sla': payload->'$.sla'}, (moment, event)) FILTER (type = 'apply_sla')).sla AS sla,
    max(moment) FILTER (type = 'fulfill') AS fulfilled_at, max(moment) FILTER (type = 'activate') AS activated_at,
    min(moment) FILTER (type = 'breach') AS breach_at, (arg_max({'status': payload->'$.status'}, (moment, event)) FILTER (type = 'update_status')).status AS spent
FROM src_clock WHERE instance > 0
GROUP BY ticket_id, metric, instance

-- entity: native_sla
-- A clock without a goal is no service level. A breach that lies after the end, or not yet behind us, is none.
SELECT r.ticket_id, r.src, (r.sla->>'$.policy.title') || ': ' || CASE WHEN r.metric = 'reply_time' AND r.instance = 1 THEN 'First reply'
        WHEN r.metric = 'reply_time' THEN 'Next reply' || CASE WHEN r.instance > 2 THEN ' ' || (r.instance - 1) ELSE '' END
        ELSE CASE r.metric WHEN 'agent_work_time' THEN 'Agent work' WHEN 'requester_wait_time' THEN 'Requester wait' WHEN 'resolution_time' THEN 'Resolution'
            WHEN 'periodic_update_time' THEN 'Periodic update' WHEN 'pausable_update_time' THEN 'Pausable update' ELSE r.metric END
            || CASE WHEN r.instance > 1 THEN ' ' || r.instance ELSE '' END END AS name,
    CASE WHEN r.metric IN ('agent_work_time', 'requester_wait_time', 'resolution_time') THEN 'resolution' ELSE 'response' END AS clock,
    CASE WHEN r.breach_at <= coalesce(r.stopped_at, r.seen_at) THEN TRUE WHEN r.stopped_at IS NOT NULL THEN FALSE END AS breached,
    CAST(coalesce(TRY_CAST(r.sla->>'$.target_in_seconds' AS BIGINT), TRY_CAST(r.sla->>'$.target' AS DOUBLE) * 60) AS BIGINT) AS goal_seconds,
    TRY_CAST(CASE WHEN (r.sla->>'$.business_hours') = 'true' THEN r.spent->>'$.business' ELSE r.spent->>'$.calendar' END AS BIGINT) * 60 AS elapsed_seconds,
    strftime(r.breach_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS due_at, strftime(r.stopped_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS stopped_at
FROM (SELECT *, CASE WHEN activated_at IS NULL OR fulfilled_at >= activated_at THEN fulfilled_at END AS stopped_at FROM src_run) r
JOIN src_ticket s ON s.key = r.ticket_id
WHERE coalesce(r.sla->>'$.target_in_seconds', r.sla->>'$.target') IS NOT NULL

-- entity: customer
SELECT key AS customer_id, src, payload->>'$.name' AS name FROM raw_organization WHERE deleted_at IS NULL
