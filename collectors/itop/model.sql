-- name: itop
-- purpose: requests, incidents, problems and changes of iTop with history, logs, SLA results, services, contracts, items
-- inputs: raw_ticket, raw_op (operations of the history), raw_person, raw_team, raw_service, raw_subcategory, raw_organization, raw_contract,
--   raw_provider_contract, raw_ci; each {class, id, fields}, all values as text
-- output: rows named like the model, with the codes of iTop's data model; times without zone are in the zone of the source;
--   durations are seconds
-- map:
--   kind: {UserRequest: service_request, UserRequest incident: incident, Incident: incident, Problem: problem, Change: change, RoutineChange: change, NormalChange: change, EmergencyChange: change}
--   status: {new: new, escalated_tto: new, waiting_for_approval: on_hold, approved: in_progress, rejected: cancelled, assigned: in_progress, dispatched: in_progress, redispatched: in_progress, escalated_ttr: in_progress, pending: on_hold, resolved: resolved, closed: closed, validated: in_progress, plannedscheduled: in_progress, notapproved: cancelled, implemented: resolved, monitored: resolved}
--   change_type: {RoutineChange: standard, NormalChange: normal, EmergencyChange: emergency}
--   service.status: {production: live, implementation: pipeline, obsolete: retired}

-- table: src_ticket
SELECT key AS id, coalesce(nullif(payload->>'$.fields.ref', ''), key) AS ref, payload->>'$.class' AS class, payload->>'$.fields.caller_id_friendlyname' AS caller, payload, src, deleted_at, merged_into
FROM raw_ticket

-- table: src_name
-- What an id in the history stands for.
SELECT 'agent_id' AS attcode, key AS id, payload->>'$.fields.friendlyname' AS name FROM raw_person
UNION ALL SELECT 'caller_id', key, payload->>'$.fields.friendlyname' FROM raw_person
UNION ALL SELECT 'team_id', key, payload->>'$.fields.name' FROM raw_team
UNION ALL SELECT 'servicesubcategory_id', key, payload->>'$.fields.name' FROM raw_subcategory

-- table: src_op
SELECT TRY_CAST(key AS BIGINT) AS entry, payload->>'$.class' AS class, payload->>'$.fields.objkey' AS id, payload->>'$.fields.attcode' AS attcode,
    nullif(payload->>'$.fields.oldvalue', '') AS old_value, nullif(payload->>'$.fields.newvalue', '') AS new_value, payload->>'$.fields.date' AS occurred_at,
    nullif(payload->>'$.fields.userinfo', '') AS who, src
FROM raw_op

-- table: src_step
-- The steps of an approval: asked, and the answer that follows.
SELECT id, entry, who, occurred_at, new_value, src,
    max(CASE WHEN new_value = 'waiting_for_approval' THEN occurred_at END) OVER (PARTITION BY id ORDER BY entry ROWS UNBOUNDED PRECEDING) AS asked_at
FROM src_op WHERE attcode = 'status' AND new_value IN ('waiting_for_approval', 'approved', 'rejected', 'notapproved')

-- table: src_agent
-- Whoever was ever assigned to a ticket. In a log every other one is no agent: a colleague of the caller, a mailbox.
SELECT DISTINCT payload->>'$.fields.agent_id_friendlyname' AS name FROM raw_ticket WHERE (payload->>'$.fields.agent_id_friendlyname') <> ''
UNION SELECT DISTINCT n.name FROM src_op o JOIN src_name n ON n.attcode = 'agent_id' AND n.id IN (o.old_value, o.new_value) WHERE o.attcode = 'agent_id'

-- table: src_whole
-- Tickets whose changes of status follow on one another from the creation to the status of now. Where the history is newer than
-- the ticket as read, its end says nothing. A solved ticket without any change of status lost its history.
SELECT t.id,
    EXISTS (FROM src_op o WHERE o.id = t.id AND o.class = 'CMDBChangeOpCreate') AND coalesce(s.linked, TRUE)
        AND CASE WHEN s.id IS NULL THEN coalesce(nullif(t.payload->>'$.fields.resolution_date', ''), nullif(t.payload->>'$.fields.close_date', '')) IS NULL
            ELSE coalesce(s.status = (t.payload->>'$.fields.status') OR s.last_at > (t.payload->>'$.fields.last_update'), FALSE) END AS is_whole
FROM src_ticket t
LEFT JOIN (
    SELECT id, bool_and(before IS NULL OR before = old_value) AS linked, arg_max(new_value, entry) AS status, max(occurred_at) AS last_at
    FROM (SELECT id, entry, old_value, new_value, occurred_at, lag(new_value) OVER (PARTITION BY id ORDER BY entry) AS before FROM src_op WHERE attcode = 'status')
    GROUP BY id
) s ON s.id = t.id

-- table: src_deadline
-- iTop empties the deadline of a clock whenever it stops. What it was stands in the history, in seconds since 1970; a deadline that
-- goes without a change of status went because the goal did, and says nothing.
SELECT id, attcode, last AS epoch
FROM (
    SELECT o.id, o.attcode, arg_max(coalesce(o.new_value, o.old_value), o.entry) AS last, arg_max(o.new_value IS NOT NULL, o.entry) AS runs, arg_max(o.occurred_at, o.entry) AS at
    FROM src_op o WHERE o.attcode IN ('tto_escalation_deadline', 'ttr_escalation_deadline') GROUP BY o.id, o.attcode
) d
WHERE regexp_full_match(last, '\d{9,10}') AND (runs OR EXISTS (FROM src_op s WHERE s.id = d.id AND s.attcode = 'status' AND s.occurred_at = d.at))

-- table: src_clock
-- The two clocks of a ticket: response (TTO) runs until it is assigned, resolution (TTR) until it is solved. The overrun is a
-- number; whether a goal is passed is a word in the language of the account.
SELECT c.id, c.name, c.clock, CASE WHEN c.deadline IS NULL THEN c.stopped END AS stopped, c.spent,
    coalesce(c.deadline, strftime(to_timestamp(TRY_CAST(d.epoch AS BIGINT)) AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%SZ')) AS due,
    coalesce(c.overrun > 0, FALSE) OR coalesce(c.passed IN ('1', 'true', 'yes', 'oui', 'ja', 'sí', 'si', 'sim', 'sì', 'da', 'да', 'ano', 'áno', 'tak', 'igen', 'evet', '是', 'はい'), FALSE) AS is_over,
    c.told OR coalesce(c.passed IN ('0', 'false', 'no'), FALSE) AS is_told
FROM (
    SELECT id, 'TTO' AS name, 'response' AS clock, 'tto_escalation_deadline' AS attcode, lower(payload->>'$.fields.sla_tto_passed') AS passed, nullif(payload->>'$.fields.tto_escalation_deadline', '') AS deadline,
        nullif(payload->>'$.fields.assignment_date', '') AS stopped, TRY_CAST(payload->>'$.fields.tto' AS BIGINT) AS spent, TRY_CAST(payload->>'$.fields.sla_tto_over' AS BIGINT) AS overrun,
        json_type(payload, '$.fields.sla_tto_over') IS NOT NULL AS told FROM src_ticket
    UNION ALL SELECT id, 'TTR', 'resolution', 'ttr_escalation_deadline', lower(payload->>'$.fields.sla_ttr_passed'), nullif(payload->>'$.fields.ttr_escalation_deadline', ''),
        nullif(payload->>'$.fields.resolution_date', ''), TRY_CAST(payload->>'$.fields.ttr' AS BIGINT), TRY_CAST(payload->>'$.fields.sla_ttr_over' AS BIGINT),
        json_type(payload, '$.fields.sla_ttr_over') IS NOT NULL FROM src_ticket
) c
LEFT JOIN src_deadline d ON d.id = c.id AND d.attcode = c.attcode

-- entity: ticket
SELECT t.ref AS key, t.src, {{url}} || '/pages/UI.php?operation=details&class=' || t.class || '&id=' || t.id AS url, payload->>'$.fields.title' AS title,
    CASE WHEN t.class = 'UserRequest' AND (payload->>'$.fields.request_type') = 'incident' THEN 'UserRequest incident' ELSE t.class END AS kind,
    CASE WHEN t.class IN ('RoutineChange', 'NormalChange', 'EmergencyChange') THEN t.class END AS change_type,
    payload->>'$.fields.status' AS status, payload->>'$.fields.priority' AS priority, payload->>'$.fields.impact' AS impact, payload->>'$.fields.urgency' AS urgency,
    nullif(payload->>'$.fields.team_id_friendlyname', '') AS team, nullif(payload->>'$.fields.agent_id_friendlyname', '') AS assignee, nullif(payload->>'$.fields.caller_id_friendlyname', '') AS requester,
    nullif(payload->>'$.fields.service_id', '0') AS service_id, nullif(payload->>'$.fields.org_id', '0') AS customer_id,
    nullif(payload->>'$.fields.functionalcis_list[0].functionalci_id', '0') AS ci_id, nullif(payload->>'$.fields.servicesubcategory_name', '') AS category,
    payload->>'$.fields.origin' AS channel, nullif(payload->>'$.fields.resolution_code', '') AS closure_code,
    coalesce(nullif(payload->>'$.fields.creation_date', ''), payload->>'$.fields.start_date') AS opened_at, payload->>'$.fields.last_update' AS updated_at,
    nullif(payload->>'$.fields.assignment_date', '') AS acknowledged_at, nullif(payload->>'$.fields.resolution_date', '') AS resolved_at, nullif(payload->>'$.fields.close_date', '') AS closed_at,
    coalesce(ttr.due, CASE WHEN t.class NOT LIKE '%Change' THEN nullif(payload->>'$.fields.end_date', '') END) AS due_at,
    CASE WHEN t.class LIKE '%Change' THEN nullif(payload->>'$.fields.start_date', '') END AS planned_start_at,
    CASE WHEN t.class LIKE '%Change' THEN nullif(payload->>'$.fields.end_date', '') END AS planned_end_at,
    t.deleted_at, t.merged_into, w.is_whole AS has_history,
    (SELECT json_group_object(name, payload->>('$.fields."' || replace(name, '"', '\"') || '"')) FROM (SELECT unnest(json_keys(payload, '$.fields')) AS name)
        WHERE json_type(payload, '$.fields."' || replace(name, '"', '\"') || '"') NOT IN ('ARRAY', 'OBJECT', 'NULL')
            AND name NOT IN ('id', 'ref', 'title', 'description', 'solution', 'status', 'priority', 'impact', 'urgency', 'last_update', 'finalclass', 'friendlyname', 'obsolescence_flag', 'obsolescence_date')
            AND (payload->>('$.fields."' || replace(name, '"', '\"') || '"')) <> '') AS custom
FROM src_ticket t
JOIN src_whole w ON w.id = t.id
LEFT JOIN src_clock ttr ON ttr.id = t.id AND ttr.name = 'TTR'

-- entity: ticket_history
SELECT t.ref AS ticket_id, o.src, o.occurred_at, o.entry AS sequence,
    CASE o.attcode WHEN 'status' THEN 'status' WHEN 'agent_id' THEN 'assignee' WHEN 'team_id' THEN 'team' WHEN 'caller_id' THEN 'requester' WHEN 'priority' THEN 'priority'
        WHEN 'impact' THEN 'impact' WHEN 'urgency' THEN 'urgency' WHEN 'service_id' THEN 'service_id' WHEN 'org_id' THEN 'customer_id' WHEN 'servicesubcategory_id' THEN 'category'
        WHEN 'title' THEN 'title' WHEN 'start_date' THEN CASE WHEN t.class LIKE '%Change' THEN 'planned_start_at' ELSE 'custom.start_date' END
        WHEN 'end_date' THEN CASE WHEN t.class LIKE '%Change' THEN 'planned_end_at' ELSE 'due_at' END ELSE 'custom.' || o.attcode END AS field,
    CASE WHEN ends_with(o.attcode, '_id') AND o.old_value = '0' THEN NULL ELSE coalesce(before.name, o.old_value) END AS from_value,
    CASE WHEN ends_with(o.attcode, '_id') AND o.new_value = '0' THEN NULL ELSE coalesce(after.name, o.new_value) END AS to_value,
    o.who AS actor, CASE WHEN o.who IS NULL OR lower(o.who) LIKE '%cron%' THEN 'system' WHEN o.who = t.caller THEN 'requester' ELSE 'agent' END AS actor_role
FROM src_op o
JOIN src_ticket t ON t.id = o.id
LEFT JOIN src_name before ON before.attcode = o.attcode AND before.id = o.old_value
LEFT JOIN src_name after ON after.attcode = o.attcode AND after.id = o.new_value
WHERE o.class = 'CMDBChangeOpSetAttributeScalar' AND o.attcode NOT IN ('tto_escalation_deadline', 'ttr_escalation_deadline')

-- entity: communication
-- Entries of the two logs: the caller sees the public one. Entries have no id; the oldest comes first.
SELECT t.id || '-' || log || '-' || CAST(n AS VARCHAR) AS communication_id, t.ref AS ticket_id, t.src, e->>'$.date' AS sent_at, e->>'$.user_login' AS sender,
    CASE WHEN (e->>'$.user_login') = t.caller THEN 'requester' WHEN EXISTS (FROM src_agent a WHERE a.name = (e->>'$.user_login')) THEN 'agent' ELSE 'requester' END AS sender_role,
    log = 'public' AS is_public
FROM (
    SELECT id, ref, src, caller, 'public' AS log, unnest(json_extract(payload, '$.fields.public_log.entries[*]')) AS e,
        generate_subscripts(json_extract(payload, '$.fields.public_log.entries[*]'), 1) AS n FROM src_ticket
    UNION ALL SELECT id, ref, src, caller, 'private', unnest(json_extract(payload, '$.fields.private_log.entries[*]')),
        generate_subscripts(json_extract(payload, '$.fields.private_log.entries[*]'), 1) FROM src_ticket
) t

-- entity: approval
-- Requests that wait for approval and changes: who set the ticket approved or refused decided.
SELECT t.ref || '-' || CAST(s.entry AS VARCHAR) AS approval_id, t.ref AS ticket_id, s.src, s.who AS approver, s.asked_at AS requested_at, s.occurred_at AS decided_at,
    CASE WHEN s.new_value = 'approved' THEN 'approved' ELSE 'rejected' END AS decision
FROM src_step s JOIN src_ticket t ON t.id = s.id
WHERE s.new_value <> 'waiting_for_approval'
UNION ALL
SELECT t.ref || '-' || CAST(s.entry AS VARCHAR), t.ref, s.src, nullif(t.payload->>'$.fields.approver_id_friendlyname', ''), s.occurred_at, NULL, NULL
FROM src_step s JOIN src_ticket t ON t.id = s.id
WHERE s.new_value = 'waiting_for_approval' AND NOT EXISTS (FROM src_step a WHERE a.id = s.id AND a.entry > s.entry AND a.new_value <> 'waiting_for_approval')

-- entity: survey_response
-- 1 is very satisfied, 4 very dissatisfied: turned round. It is given when the caller closes the ticket. 1 is also what stands
-- there before anybody was asked: it counts where the caller closed the ticket or wrote a comment.
SELECT id AS survey_id, ref AS ticket_id, src, nullif(payload->>'$.fields.resolution_date', '') AS asked_at, nullif(payload->>'$.fields.close_date', '') AS answered_at,
    CAST(5 - TRY_CAST(payload->>'$.fields.user_satisfaction' AS INTEGER) AS VARCHAR) AS score, '4' AS scale_max, '1' AS scale_min
FROM src_ticket WHERE TRY_CAST(payload->>'$.fields.user_satisfaction' AS INTEGER) BETWEEN 1 AND 4
    AND ((payload->>'$.fields.user_satisfaction') <> '1' OR coalesce(payload->>'$.fields.user_comment', '') NOT IN ('', '[0 characters]')
        OR EXISTS (FROM src_op o WHERE o.id = src_ticket.id AND o.attcode = 'status' AND o.new_value = 'closed' AND o.who = src_ticket.caller))

-- entity: ticket_link
SELECT DISTINCT ON (ticket_id, link_type, to_ticket_id) ticket_id, link_type, to_ticket_id, src
FROM (
    SELECT CASE WHEN l.field = 'parent_problem_id' THEN p.ref ELSE t.ref END AS ticket_id, CASE WHEN l.field = 'parent_problem_id' AND t.class IN ('Incident', 'UserRequest') THEN 'problem_of' ELSE 'relates_to' END AS link_type,
        CASE WHEN l.field = 'parent_problem_id' THEN t.ref ELSE p.ref END AS to_ticket_id, t.src
    FROM src_ticket t CROSS JOIN (VALUES ('parent_request_id'), ('parent_incident_id'), ('parent_problem_id'), ('parent_change_id')) l(field)
    JOIN src_ticket p ON p.id = (t.payload->>('$.fields.' || l.field))
    WHERE t.deleted_at IS NULL
)
ORDER BY ticket_id, link_type, to_ticket_id, src.ordinal

-- entity: native_sla
-- Neither a deadline nor an overrun: no goal applied, or nothing is known of it. A clock that runs has no verdict before it is over.
SELECT t.ref AS ticket_id, t.src, c.name, c.clock, CASE WHEN c.is_over THEN TRUE WHEN c.stopped IS NOT NULL AND c.is_told THEN FALSE END AS breached,
    c.spent AS elapsed_seconds, c.due AS due_at, c.stopped AS stopped_at
FROM src_ticket t JOIN src_clock c ON c.id = t.id
WHERE c.due IS NOT NULL OR c.is_over

-- entity: service
SELECT key AS service_id, src, payload->>'$.fields.name' AS name, nullif(payload->>'$.fields.status', '') AS status FROM raw_service WHERE deleted_at IS NULL

-- entity: service_agreement
SELECT 'customer-' || key AS agreement_id, src, 'SLA' AS kind, payload->>'$.fields.name' AS name, nullif(payload->>'$.fields.org_id', '0') AS customer_id, CAST(NULL AS VARCHAR) AS supplier_id,
    nullif(payload->>'$.fields.start_date', '') AS valid_from, nullif(payload->>'$.fields.end_date', '') AS valid_to
FROM raw_contract WHERE deleted_at IS NULL
UNION ALL
SELECT 'provider-' || key, src, 'UC', payload->>'$.fields.name', NULL, nullif(payload->>'$.fields.provider_id', '0'), nullif(payload->>'$.fields.start_date', ''), nullif(payload->>'$.fields.end_date', '')
FROM raw_provider_contract WHERE deleted_at IS NULL

-- entity: customer
SELECT key AS customer_id, src, payload->>'$.fields.name' AS name FROM raw_organization WHERE deleted_at IS NULL

-- entity: supplier
-- Organizations that a contract with a provider names.
SELECT o.key AS supplier_id, o.src, o.payload->>'$.fields.name' AS name, 'external' AS kind FROM raw_organization o
WHERE o.deleted_at IS NULL AND EXISTS (FROM raw_provider_contract p WHERE (p.payload->>'$.fields.provider_id') = o.key AND p.deleted_at IS NULL)

-- entity: ci
SELECT key AS ci_id, src, coalesce(nullif(payload->>'$.fields.name', ''), key) AS name, coalesce(payload->>'$.fields.finalclass', payload->>'$.class') AS ci_type
FROM raw_ci WHERE deleted_at IS NULL
