-- name: pagerduty
-- purpose: incidents, their log and services of PagerDuty
-- inputs: raw_incident, raw_entry (log entries), raw_service, raw_user
-- output: rows named like the model, with PagerDuty's own words; instants as PagerDuty writes them (UTC, Z)
-- map:
--   kind: {high urgency: incident, low urgency: incident}
--   status: {triggered: new, acknowledged: in_progress, resolved: resolved, merged: cancelled}
--   priority: {P1: 1, P2: 2, P3: 3, P4: 4, P5: 5}
--   urgency: {high: 1, low: 3}
--   service.status: {active: live, warning: live, critical: live, maintenance: live, disabled: retired}

-- table: src_incident
-- People know the number of an incident, records name its id.
SELECT key AS id, coalesce(payload->>'$.incident_number', key) AS number, (payload->>'$.resolve_reason.type') = 'merge_resolve_reason' AS is_merged,
    payload->>'$.resolve_reason.incident.id' AS into_id
FROM raw_incident

-- table: src_user
-- id → name; two people of one name are told apart by their ids.
SELECT key AS id, (payload->>'$.name') || CASE WHEN count(*) OVER (PARTITION BY payload->>'$.name') > 1 THEN ' (' || key || ')' ELSE '' END AS name FROM raw_user

-- table: src_entry
SELECT e.key, e.src, e.payload->>'$.type' AS type, e.payload->>'$.created_at' AS occurred_at, i.number, i.id AS incident, i.is_merged,
    CASE WHEN starts_with(e.payload->>'$.agent.type', 'user') THEN coalesce(u.name, e.payload->>'$.agent.summary', e.payload->>'$.agent.id') END AS actor,
    CASE WHEN starts_with(e.payload->>'$.agent.type', 'user') THEN 'agent' ELSE 'system' END AS actor_role, e.payload
FROM raw_entry e
JOIN src_incident i ON i.id = (e.payload->>'$.incident.id')
LEFT JOIN src_user u ON u.id = (e.payload->>'$.agent.id')

-- table: src_assigned
-- Whom an entry assigns, by name; several are one text.
SELECT a.key, string_agg(coalesce(u.name, a.p->>'$.summary', a.p->>'$.id'), ', ' ORDER BY a.p->>'$.id') AS names
FROM (SELECT key, unnest(json_extract(payload, '$.assignees[*]')) AS p FROM src_entry WHERE type IN ('assign_log_entry', 'escalate_log_entry', 'delegate_log_entry')) a
LEFT JOIN src_user u ON u.id = (a.p->>'$.id')
GROUP BY a.key

-- table: src_step
-- Changes of status, assignee, urgency and priority. What changes nothing (a second acknowledgement) is left out. Only an entry on a priority
-- says what was before it.
SELECT * FROM (
    SELECT * EXCLUDE (before), CASE WHEN field = 'priority' THEN before ELSE lag(to_value) OVER (PARTITION BY incident, field ORDER BY occurred_at, rank, key) END AS from_value
    FROM (
        SELECT e.key, e.src, e.occurred_at, e.number, e.incident, e.is_merged, e.actor, e.actor_role, 'status' AS field, s.word AS to_value, s.rank, NULL AS before
        FROM src_entry e JOIN (VALUES ('trigger_log_entry', 'triggered', 1), ('unacknowledge_log_entry', 'triggered', 2), ('reopen_log_entry', 'triggered', 2),
            ('acknowledge_log_entry', 'acknowledged', 3), ('resolve_log_entry', 'resolved', 4)) AS s(type, word, rank) ON s.type = e.type
        UNION ALL
        SELECT e.key, e.src, e.occurred_at, e.number, e.incident, e.is_merged, e.actor, e.actor_role, 'assignee', a.names, 1, NULL FROM src_entry e JOIN src_assigned a ON a.key = e.key
        UNION ALL
        SELECT key, src, occurred_at, number, incident, is_merged, actor, actor_role, 'urgency', payload->>'$.urgency', 1, NULL FROM src_entry
        WHERE type = 'urgency_change_log_entry' AND (payload->>'$.urgency') IS NOT NULL
        UNION ALL
        SELECT key, src, occurred_at, number, incident, is_merged, actor, actor_role, 'priority', nullif((payload->>'$.priority.new'), ''), 1, nullif((payload->>'$.priority.old'), '') FROM src_entry
        WHERE type = 'priority_change_log_entry' AND json_exists(payload, '$.priority')
    )
)
WHERE from_value IS DISTINCT FROM to_value

-- table: src_end
-- Whether the log of an incident begins at its beginning and ends in its status of now.
SELECT s.incident, count(*) FILTER (to_value = 'triggered' AND from_value IS NULL) > 0
        AND arg_max(s.to_value, (s.occurred_at, s.rank, s.key)) = any_value(i.payload->>'$.status') AS is_whole,
    min(s.occurred_at) FILTER (to_value = 'acknowledged') AS acknowledged_at
FROM src_step s JOIN raw_incident i ON i.key = s.incident WHERE s.field = 'status' GROUP BY s.incident

-- entity: ticket
-- Assignments are empty once an incident is resolved: then it was the last one assigned who held it.
SELECT i.number AS key, r.src, payload->>'$.html_url' AS url, payload->>'$.title' AS title, (payload->>'$.urgency') || ' urgency' AS kind,
    CASE WHEN i.is_merged THEN 'merged' ELSE payload->>'$.status' END AS status, payload->>'$.priority.summary' AS priority, payload->>'$.urgency' AS urgency,
    payload->>'$.service.id' AS service_id, coalesce(payload->>'$.teams[0].summary', payload->>'$.teams[0].name', s.team) AS team, coalesce(now.names, was.names) AS assignee,
    'event' AS channel, payload->>'$.created_at' AS opened_at, coalesce(payload->>'$.updated_at', payload->>'$.last_status_change_at') AS updated_at, e.acknowledged_at,
    CASE WHEN (payload->>'$.status') = 'resolved' THEN coalesce(payload->>'$.resolved_at', payload->>'$.last_status_change_at') END AS resolved_at,
    r.deleted_at, coalesce(r.merged_into, target.number, CASE WHEN i.is_merged THEN i.into_id END) AS merged_into, coalesce(e.is_whole, FALSE) AS has_history
FROM raw_incident r
JOIN src_incident i ON i.id = r.key
LEFT JOIN src_end e ON e.incident = r.key
LEFT JOIN src_incident target ON target.id = i.into_id AND i.is_merged
LEFT JOIN (SELECT key AS id, payload->>'$.teams[0].summary' AS team FROM raw_service) s ON s.id = (r.payload->>'$.service.id')
LEFT JOIN (SELECT a.key, string_agg(coalesce(u.name, a.p->>'$.summary', a.p->>'$.id'), ', ' ORDER BY a.p->>'$.id') AS names
    FROM (SELECT key, unnest(json_extract(payload, '$.assignments[*].assignee')) AS p FROM raw_incident) a LEFT JOIN src_user u ON u.id = (a.p->>'$.id') GROUP BY a.key) now ON now.key = r.key
LEFT JOIN (SELECT incident, arg_max(to_value, (occurred_at, key)) AS names FROM src_step WHERE field = 'assignee' GROUP BY incident) was ON was.incident = r.key

-- entity: ticket_history
SELECT number AS ticket_id, src, occurred_at, row_number() OVER (PARTITION BY incident ORDER BY occurred_at, rank, key) AS sequence, field, from_value,
    CASE WHEN field = 'status' AND is_merged AND to_value = 'resolved' THEN 'merged' ELSE to_value END AS to_value, actor, actor_role
FROM src_step
WHERE NOT (field = 'status' AND from_value IS NULL AND to_value = 'triggered') AND incident IN (SELECT incident FROM src_end WHERE is_whole)

-- entity: communication
-- Notes are for colleagues, status updates for whoever subscribed; nobody asked for the incident, so no message is an answer.
SELECT key AS communication_id, number AS ticket_id, src, occurred_at AS sent_at, actor AS sender, actor_role AS sender_role, CASE WHEN type = 'annotate_log_entry' THEN FALSE END AS is_public
FROM src_entry WHERE type IN ('annotate_log_entry', 'status_update_log_entry')

-- entity: service
SELECT key AS service_id, src, payload->>'$.name' AS name, payload->>'$.status' AS status FROM raw_service WHERE deleted_at IS NULL
