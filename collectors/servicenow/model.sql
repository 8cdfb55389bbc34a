-- name: servicenow
-- purpose: tasks of ServiceNow with their history, comments, links, approvals, SLA results and surveys, and what they point to
-- inputs: raw_task, raw_audit, raw_metric, raw_journal, raw_choice, raw_user, raw_group, raw_company, raw_service, raw_ci, raw_ci_link,
--   raw_ci_link_type, raw_task_sla, raw_contract_sla, raw_approver, raw_assessment, raw_assessment_result, raw_assessment_metric, raw_outage,
--   raw_knowledge, raw_worked
-- output: rows named like the model. States are labels, people logins, groups names; services and configuration items are ids.
--   Times are UTC (Z). Lengths of time are written by ServiceNow as moments counted from 1970: seconds here
-- map:
--   kind: {incident: incident, problem: problem, change_request: change, sc_req_item: service_request, sc_request: service_request, sc_task: service_request, rm_release: release, sn_si_incident: security_incident}
--   status: {New: new, Open: new, In Progress: in_progress, Work in Progress: in_progress, Assess: in_progress, Root Cause Analysis: in_progress, Fix in Progress: in_progress, Authorize: in_progress, Scheduled: in_progress, Implement: in_progress, On Hold: on_hold, Pending: on_hold, Resolved: resolved, Review: resolved, Closed: closed, Closed Complete: closed, Closed Incomplete: cancelled, Closed Skipped: cancelled, Canceled: cancelled, Cancelled: cancelled}
--   risk: {Very High: high, High: high, Moderate: medium, Low: low, None: low}
--   outcome: {successful: successful, successful_issues: successful, unsuccessful: failed}
--   approval.decision: {approved: approved, rejected: rejected, not_required: withdrawn, cancelled: withdrawn}
--   service.status: {"1": live, "2": live, "3": live, "4": live, "5": pipeline, "6": retired, "7": pipeline, "8": live}
--   service.criticality: {1 - most critical: critical, 2 - somewhat critical: high, 3 - less critical: medium, 4 - not critical: low}
--   ci.status: {"1": live, "2": live, "3": live, "4": live, "5": planned, "6": retired, "7": planned}
--   knowledge_article.status: {draft: draft, review: draft, scheduled_publish: draft, published: published, pending_retirement: published, retired: retired, outdated: retired}

-- table: src_task
-- Tickets with bare values: where an instance wraps them ({value, link}), they are unwrapped. A number that two records bear
-- names the one that is there, or the older one; the other is known by its id.
SELECT *, CASE WHEN coalesce(number, '') = '' OR row_number() OVER (PARTITION BY number ORDER BY deleted_at IS NOT NULL, p->>'$.sys_created_on', key) > 1
    THEN key ELSE number END AS ticket
FROM (
    SELECT key, src, deleted_at, merged_into, payload AS p, payload->>'$.number' AS number, payload->>'$.sys_class_name' AS class
    FROM raw_task WHERE NOT contains(payload, '"value":')
    UNION ALL
    SELECT key, src, deleted_at, merged_into, p, p->>'$.number', p->>'$.sys_class_name'
    FROM (SELECT *, (SELECT CAST(json_group_object(name, coalesce(json_extract_string(payload, '$."' || name || '".value'), json_extract_string(payload, '$."' || name || '"'))) AS VARCHAR)
        FROM (SELECT unnest(json_keys(payload)) AS name)) AS p FROM raw_task WHERE contains(payload, '"value":'))
)

-- table: src_person
SELECT key AS id, coalesce(nullif((payload->>'$.user_name'), ''), payload->>'$.name') AS name FROM raw_user

-- table: src_label
-- What a value of a choice list is called: by the instance, or else as ServiceNow ships it.
SELECT DISTINCT ON (class, element, code) class, element, code, label
FROM (
    SELECT payload->>'$.name' AS class, payload->>'$.element' AS element, payload->>'$.value' AS code, payload->>'$.label' AS label,
        CASE WHEN (payload->>'$.inactive') = 'true' THEN 1 ELSE 0 END AS turn, key
    FROM raw_choice WHERE deleted_at IS NULL
    UNION ALL
    SELECT class, element, code, label, 2, '' FROM (VALUES
        ('incident', 'state', '1', 'New'), ('incident', 'state', '2', 'In Progress'), ('incident', 'state', '3', 'On Hold'),
        ('incident', 'state', '6', 'Resolved'), ('incident', 'state', '7', 'Closed'), ('incident', 'state', '8', 'Canceled'),
        ('incident', 'hold_reason', '1', 'Awaiting Caller'), ('incident', 'hold_reason', '3', 'Awaiting Problem'),
        ('incident', 'hold_reason', '4', 'Awaiting Vendor'), ('incident', 'hold_reason', '5', 'Awaiting Change'),
        ('problem', 'state', '101', 'New'), ('problem', 'state', '102', 'Assess'), ('problem', 'state', '103', 'Root Cause Analysis'),
        ('problem', 'state', '104', 'Fix in Progress'), ('problem', 'state', '106', 'Resolved'), ('problem', 'state', '107', 'Closed'),
        ('change_request', 'state', '-5', 'New'), ('change_request', 'state', '-4', 'Assess'), ('change_request', 'state', '-3', 'Authorize'),
        ('change_request', 'state', '-2', 'Scheduled'), ('change_request', 'state', '-1', 'Implement'), ('change_request', 'state', '0', 'Review'),
        ('change_request', 'state', '3', 'Closed'), ('change_request', 'state', '4', 'Canceled'),
        ('change_request', 'risk', '1', 'Very High'), ('change_request', 'risk', '2', 'High'), ('change_request', 'risk', '3', 'Moderate'),
        ('change_request', 'risk', '4', 'Low'), ('change_request', 'risk', '5', 'None'),
        ('task', 'state', '-5', 'Pending'), ('task', 'state', '1', 'Open'), ('task', 'state', '2', 'Work in Progress'),
        ('task', 'state', '3', 'Closed Complete'), ('task', 'state', '4', 'Closed Incomplete'), ('task', 'state', '7', 'Closed Skipped')
    ) shipped(class, element, code, label)
)
WHERE coalesce(label, '') <> ''
ORDER BY class, element, code, turn, key

-- table: src_audit
-- Changes as the audit knows them. The older twins of state count where state itself was never noted.
SELECT task, audit, occurred_at, step, who, before, after, src, CASE WHEN field IN ('incident_state', 'problem_state') THEN 'state' ELSE field END AS field
FROM (
    SELECT payload->>'$.documentkey' AS task, key AS audit, payload->>'$.sys_created_on' AS occurred_at, payload->>'$.record_checkpoint' AS step,
        payload->>'$.user' AS who, payload->>'$.fieldname' AS field, nullif((payload->>'$.oldvalue'), '') AS before,
        nullif((payload->>'$.newvalue'), '') AS after, src,
        bool_or((payload->>'$.fieldname') = 'state') OVER (PARTITION BY payload->>'$.documentkey') AS has_state
    FROM raw_audit
)
WHERE NOT (has_state AND field IN ('incident_state', 'problem_state'))

-- table: src_interval
-- Stretches of time in which a field had a value, as the metrics know them, for tickets of which the audit knows nothing. Of several
-- metrics of a field the one with the most stretches counts. The first stretch is the value at the opening.
SELECT task, audit, occurred_at, CAST(NULL AS VARCHAR) AS step, CAST(NULL AS VARCHAR) AS who, lag(after) OVER stretch AS before, after, src, field,
    row_number() OVER stretch AS stretch_number, count(*) OVER (PARTITION BY task, field) AS stretches
FROM (
    SELECT *, row_number() OVER (PARTITION BY task, field, occurred_at ORDER BY audit) AS copy
    FROM (
        SELECT *, first_value(definition) OVER (PARTITION BY task, field ORDER BY n DESC, definition) AS chosen
        FROM (
            SELECT *, count(*) OVER (PARTITION BY task, field, definition) AS n
            FROM (
                SELECT payload->>'$.id' AS task, key AS audit, payload->>'$.start' AS occurred_at, coalesce(nullif((payload->>'$.field_value'), ''), nullif((payload->>'$.value'), '')) AS after,
                    coalesce(payload->>'$.definition', '') AS definition, src,
                    CASE WHEN (payload->>'$.field') IN ('incident_state', 'problem_state') THEN 'state' ELSE payload->>'$.field' END AS field
                FROM raw_metric
            ) WHERE after IS NOT NULL AND coalesce(occurred_at, '') <> '' AND task NOT IN (SELECT task FROM src_audit WHERE task IS NOT NULL)
        )
    ) WHERE definition = chosen
)
WHERE copy = 1
WINDOW stretch AS (PARTITION BY task, field ORDER BY occurred_at, audit)

-- table: src_change
SELECT task, audit, occurred_at, step, who, before, after, src, field FROM src_audit
UNION ALL
SELECT task, audit, occurred_at, step, who, before, after, src, field FROM src_interval WHERE stretch_number > 1

-- table: src_whole
-- Tickets whose history is whole: the last state that it tells is the state of the ticket; or nothing ever changed; or the state is the first
-- one of the class and the history tells of other changes. Where a change begins with another state than the one before ended with,
-- something in between was not noted, or removed.
SELECT t.key
FROM src_task t
LEFT JOIN (SELECT task, arg_max(after, (occurred_at, coalesce(TRY_CAST(step AS BIGINT), 0), audit)) AS last_state FROM src_change WHERE field = 'state' GROUP BY task) c ON c.task = t.key
LEFT JOIN (SELECT DISTINCT task FROM (SELECT task, before, lag(after) OVER (PARTITION BY task ORDER BY occurred_at, coalesce(TRY_CAST(step AS BIGINT), 0), audit) AS held
    FROM src_change WHERE field = 'state') WHERE held IS NOT NULL AND before IS DISTINCT FROM held) torn ON torn.task = t.key
LEFT JOIN (SELECT task, min(occurred_at) AS first_at, arg_min(after, occurred_at) AS first_state FROM src_interval WHERE field = 'state' GROUP BY task) i ON i.task = t.key
WHERE torn.task IS NULL AND CASE
    WHEN i.task IS NOT NULL THEN abs(date_diff('second', TRY_CAST(t.p->>'$.sys_created_on' AS TIMESTAMP), TRY_CAST(i.first_at AS TIMESTAMP))) <= 60
        AND coalesce(c.last_state, i.first_state) = (t.p->>'$.state')
    WHEN c.task IS NOT NULL THEN c.last_state = coalesce(nullif((t.p->>'$.state'), ''), t.p->>'$.problem_state')
    ELSE (t.p->>'$.sys_mod_count') = '0'
        OR (t.p->>'$.state') IN ('1', '101', '-5') AND EXISTS (FROM src_change x WHERE x.task = t.key) END

-- entity: ticket
SELECT t.ticket AS key, t.src, {{url}} || '/' || t.class || '.do?sys_id=' || t.key AS url,
    p->>'$.short_description' AS title, t.class AS kind, coalesce(own.label, any_task.label, p->>'$.state', p->>'$.problem_state') AS status,
    p->>'$.priority' AS priority, p->>'$.impact' AS impact, p->>'$.urgency' AS urgency,
    CASE t.class WHEN 'incident' THEN (p->>'$.major_incident_state') = 'accepted' WHEN 'problem' THEN (p->>'$.major_problem') = 'true' END AS is_major,
    p->>'$.business_service' AS service_id, p->>'$.cmdb_ci' AS ci_id, p->>'$.company' AS customer_id,
    coalesce(team.payload->>'$.name', p->>'$.assignment_group') AS team, coalesce(assignee.name, p->>'$.assigned_to') AS assignee,
    coalesce(requester.name, nullif((p->>'$.caller_id'), ''), nullif((p->>'$.requested_for'), ''), nullif((p->>'$.requested_by'), ''), p->>'$.opened_by') AS requester,
    p->>'$.contact_type' AS channel, concat_ws(' / ', nullif((p->>'$.category'), ''), nullif((p->>'$.subcategory'), '')) AS category,
    coalesce(nullif((p->>'$.close_code'), ''), p->>'$.resolution_code') AS closure_code, p->>'$.cause_notes' AS root_cause, p->>'$.workaround' AS workaround,
    CASE WHEN t.class = 'problem' THEN p->>'$.known_error' END AS is_known_error,
    CASE WHEN t.class = 'change_request' THEN p->>'$.type' END AS change_type,
    CASE WHEN t.class = 'change_request' THEN coalesce(risk.label, p->>'$.risk') END AS risk,
    CASE WHEN t.class = 'change_request' THEN p->>'$.close_code' END AS outcome,
    coalesce(nullif((p->>'$.opened_at'), ''), p->>'$.sys_created_on') || 'Z' AS opened_at, nullif((p->>'$.resolved_at'), '') || 'Z' AS resolved_at,
    nullif((p->>'$.closed_at'), '') || 'Z' AS closed_at, nullif((p->>'$.due_date'), '') || 'Z' AS due_at,
    CASE WHEN t.class = 'problem' THEN nullif((p->>'$.fix_at'), '') || 'Z' END AS root_cause_at,
    nullif((p->>'$.start_date'), '') || 'Z' AS planned_start_at, nullif((p->>'$.end_date'), '') || 'Z' AS planned_end_at,
    nullif((p->>'$.work_start'), '') || 'Z' AS started_at, nullif((p->>'$.work_end'), '') || 'Z' AS ended_at,
    nullif((p->>'$.review_date'), '') || CASE WHEN length(p->>'$.review_date') = 10 THEN ' 23:59:59' ELSE 'Z' END AS reviewed_at,
    (p->>'$.sys_updated_on') || 'Z' AS updated_at, p->>'$.reopen_count' AS source_reopen_count, p->>'$.reassignment_count' AS source_reassignment_count,
    coalesce(hold.label, p->>'$.hold_reason') AS hold_reason, p->>'$.on_hold' AS on_hold, p->>'$.approval' AS approval, p->>'$.service_offering' AS service_offering,
    t.deleted_at, t.merged_into, t.key IN (SELECT key FROM src_whole) AS has_history,
    (SELECT json_group_object(name, json_extract_string(t.p, '$."' || name || '"')) FROM (SELECT unnest(json_keys(t.p)) AS name) WHERE regexp_matches(name, '^[ux]_')) AS custom
FROM src_task t
LEFT JOIN src_label own ON own.class = t.class AND own.element = 'state' AND own.code = coalesce(nullif((p->>'$.state'), ''), p->>'$.problem_state')
LEFT JOIN src_label any_task ON any_task.class = 'task' AND any_task.element = 'state' AND any_task.code = (p->>'$.state')
LEFT JOIN src_label hold ON hold.class = t.class AND hold.element = 'hold_reason' AND hold.code = (p->>'$.hold_reason')
LEFT JOIN src_label risk ON risk.class = t.class AND risk.element = 'risk' AND risk.code = (p->>'$.risk')
LEFT JOIN raw_group team ON team.key = (p->>'$.assignment_group')
LEFT JOIN src_person assignee ON assignee.id = (p->>'$.assigned_to')
LEFT JOIN src_person requester ON requester.id = coalesce(nullif((p->>'$.caller_id'), ''), nullif((p->>'$.requested_for'), ''), nullif((p->>'$.requested_by'), ''), p->>'$.opened_by')

-- entity: ticket_history
SELECT * FROM (
    SELECT t.ticket AS ticket_id, c.src, c.occurred_at || 'Z' AS occurred_at, coalesce(nullif(c.step, ''), '0') AS sequence,
        CASE c.field WHEN 'state' THEN 'status' WHEN 'assigned_to' THEN 'assignee' WHEN 'assignment_group' THEN 'team' WHEN 'business_service' THEN 'service_id'
            WHEN 'cmdb_ci' THEN 'ci_id' WHEN 'major_incident_state' THEN 'is_major' WHEN 'type' THEN 'change_type' WHEN 'known_error' THEN 'is_known_error' ELSE c.field END AS field,
        CASE c.field WHEN 'assigned_to' THEN coalesce(old_person.name, c.before) WHEN 'assignment_group' THEN coalesce(old_team.payload->>'$.name', c.before)
            WHEN 'major_incident_state' THEN CAST(coalesce(c.before, '') = 'accepted' AS VARCHAR) WHEN 'known_error' THEN CAST(coalesce(c.before, '') IN ('1', 'true') AS VARCHAR)
            ELSE coalesce(old_own.label, old_any.label, c.before) END AS from_value,
        CASE c.field WHEN 'assigned_to' THEN coalesce(new_person.name, c.after) WHEN 'assignment_group' THEN coalesce(new_team.payload->>'$.name', c.after)
            WHEN 'major_incident_state' THEN CAST(coalesce(c.after, '') = 'accepted' AS VARCHAR) WHEN 'known_error' THEN CAST(coalesce(c.after, '') IN ('1', 'true') AS VARCHAR)
            ELSE coalesce(new_own.label, new_any.label, c.after) END AS to_value,
        c.who AS actor, CASE WHEN c.who IN ('system', 'glide.maint') THEN 'system' WHEN c.who = requester.name THEN 'requester' WHEN c.who <> '' THEN 'agent' END AS actor_role
    FROM src_change c
    JOIN src_task t ON t.key = c.task
    LEFT JOIN src_label old_own ON old_own.class = t.class AND old_own.element = c.field AND old_own.code = c.before
    LEFT JOIN src_label new_own ON new_own.class = t.class AND new_own.element = c.field AND new_own.code = c.after
    LEFT JOIN src_label old_any ON old_any.class = 'task' AND old_any.element = c.field AND old_any.code = c.before
    LEFT JOIN src_label new_any ON new_any.class = 'task' AND new_any.element = c.field AND new_any.code = c.after
    LEFT JOIN src_person old_person ON old_person.id = c.before
    LEFT JOIN src_person new_person ON new_person.id = c.after
    LEFT JOIN raw_group old_team ON old_team.key = c.before
    LEFT JOIN raw_group new_team ON new_team.key = c.after
    LEFT JOIN src_person requester ON requester.id = coalesce(nullif((t.p->>'$.caller_id'), ''), nullif((t.p->>'$.requested_for'), ''), nullif((t.p->>'$.requested_by'), ''), t.p->>'$.opened_by')
    WHERE (c.field NOT IN ('type', 'risk') OR t.class = 'change_request')
        AND (c.field <> 'state' OR t.key IN (SELECT key FROM src_whole)) -- a part of the states would look like all of them
)
WHERE from_value IS DISTINCT FROM to_value

-- entity: communication
SELECT j.key AS communication_id, t.ticket AS ticket_id, j.src, (j.payload->>'$.sys_created_on') || 'Z' AS sent_at, j.payload->>'$.sys_created_by' AS sender,
    CASE WHEN (j.payload->>'$.sys_created_by') IN ('system', 'glide.maint') THEN 'system' WHEN (j.payload->>'$.sys_created_by') = requester.name THEN 'requester' ELSE 'agent' END AS sender_role,
    (j.payload->>'$.element') = 'comments' AS is_public
FROM raw_journal j JOIN src_task t ON t.key = (j.payload->>'$.element_id')
LEFT JOIN src_person requester ON requester.id = coalesce(nullif((t.p->>'$.caller_id'), ''), nullif((t.p->>'$.requested_for'), ''), nullif((t.p->>'$.requested_by'), ''), t.p->>'$.opened_by')

-- entity: ticket_link
SELECT DISTINCT ON (t.ticket, l.link_type, o.ticket) t.ticket AS ticket_id, l.link_type, o.ticket AS to_ticket_id, t.src
FROM src_task t
JOIN (VALUES ('problem_id', 'caused_by'), ('caused_by', 'caused_by'), ('rfc', 'resolved_by'), ('duplicate_of', 'duplicate_of'),
    ('parent_incident', 'relates_to'), ('parent', 'relates_to'), ('request', 'relates_to')) l(field, link_type) ON TRUE
JOIN src_task o ON o.key = json_extract_string(t.p, '$.' || l.field)
WHERE t.deleted_at IS NULL

-- entity: approval
SELECT a.key AS approval_id, t.ticket AS ticket_id, a.src, coalesce(who.name, a.payload->>'$.approver') AS approver, g.payload->>'$.name' AS approver_role,
    (a.payload->>'$.sys_created_on') || 'Z' AS requested_at,
    CASE WHEN (a.payload->>'$.state') IN ('approved', 'rejected') THEN (a.payload->>'$.sys_updated_on') || 'Z' END AS decided_at,
    CASE WHEN (a.payload->>'$.state') NOT IN ('requested', 'not requested', 'not_requested', '') THEN a.payload->>'$.state' END AS decision
FROM raw_approver a JOIN src_task t ON t.key = (a.payload->>'$.sysapproval')
LEFT JOIN src_person who ON who.id = (a.payload->>'$.approver')
LEFT JOIN raw_group g ON g.key = (a.payload->>'$.group')
WHERE a.deleted_at IS NULL

-- entity: native_sla
-- What is agreed among the teams (OLA) or with a supplier is no promise to the customer.
SELECT t.ticket AS ticket_id, s.src, coalesce(d.payload->>'$.name', s.payload->>'$.sla') AS name,
    coalesce(nullif((d.payload->>'$.target'), ''), d.payload->>'$.name', s.payload->>'$.sla') AS clock,
    s.payload->>'$.has_breached' AS breached, nullif(CAST(epoch(TRY_CAST(d.payload->>'$.duration' AS TIMESTAMP)) AS BIGINT), 0) AS goal_seconds,
    CASE WHEN (s.payload->>'$.stage') = 'completed' THEN CAST(epoch(TRY_CAST(CASE WHEN coalesce(nullif((s.payload->>'$.schedule'), ''), d.payload->>'$.schedule', '') <> ''
        THEN s.payload->>'$.business_duration' ELSE s.payload->>'$.duration' END AS TIMESTAMP)) AS BIGINT) END AS elapsed_seconds,
    nullif((s.payload->>'$.planned_end_time'), '') || 'Z' AS due_at, nullif((s.payload->>'$.end_time'), '') || 'Z' AS stopped_at
FROM raw_task_sla s JOIN src_task t ON t.key = (s.payload->>'$.task')
LEFT JOIN raw_contract_sla d ON d.key = (s.payload->>'$.sla')
WHERE s.deleted_at IS NULL AND (s.payload->>'$.stage') IS DISTINCT FROM 'cancelled'
    AND coalesce(d.payload->>'$.type', '') NOT IN ('OLA', 'Underpinning contract')

-- entity: survey_response
-- One row a survey. Its score is the mean of the answers, where all of them are on one scale. Assessments of suppliers, attestations and quizzes
-- stand in the same tables and tell nothing of satisfaction.
SELECT a.key AS survey_id, t.ticket AS ticket_id, a.src, (a.payload->>'$.sys_created_on') || 'Z' AS asked_at,
    CASE WHEN (a.payload->>'$.state') = 'complete' THEN nullif((a.payload->>'$.taken_on'), '') || CASE WHEN length(a.payload->>'$.taken_on') = 10 THEN ' 12:00:00' ELSE 'Z' END END AS answered_at,
    r.score, r.scale_max, r.scale_min
FROM raw_assessment a
LEFT JOIN src_task t ON t.key = coalesce(nullif((a.payload->>'$.task_id'), ''), a.payload->>'$.trigger_id')
LEFT JOIN (
    SELECT r.payload->>'$.instance' AS instance, CASE WHEN min(high) = max(high) AND min(low) = max(low) THEN round(avg(answer), 3) END AS score,
        CASE WHEN min(high) = max(high) AND min(low) = max(low) THEN max(high) END AS scale_max, CASE WHEN min(high) = max(high) AND min(low) = max(low) THEN min(low) END AS scale_min
    FROM (SELECT r.payload, TRY_CAST(r.payload->>'$.actual_value' AS DOUBLE) AS answer, TRY_CAST(m.payload->>'$.max' AS DOUBLE) AS high, TRY_CAST(m.payload->>'$.min' AS DOUBLE) AS low
        FROM raw_assessment_result r JOIN raw_assessment_metric m ON m.key = (r.payload->>'$.metric')
        WHERE (m.payload->>'$.datatype') IN ('scale', 'numericscale', 'likert', 'rating', 'number')) r
    WHERE answer IS NOT NULL GROUP BY 1
) r ON r.instance = a.key
WHERE a.deleted_at IS NULL AND CASE coalesce(a.payload->>'$."metric_type.evaluation_method"', '')
    WHEN 'survey' THEN t.key IS NOT NULL OR (a.payload->>'$.state') = 'complete' WHEN '' THEN t.key IS NOT NULL ELSE FALSE END

-- entity: work_log
SELECT w.key AS work_log_id, t.ticket AS ticket_id, w.src, coalesce(who.name, w.payload->>'$.user') AS worker, w.payload->>'$.time_in_seconds' AS spent_seconds
FROM raw_worked w JOIN src_task t ON t.key = (w.payload->>'$.task')
LEFT JOIN src_person who ON who.id = (w.payload->>'$.user')
WHERE w.deleted_at IS NULL AND TRY_CAST(w.payload->>'$.time_in_seconds' AS BIGINT) IS NOT NULL

-- entity: service
SELECT s.key AS service_id, s.src, coalesce(nullif((payload->>'$.name'), ''), s.key) AS name, coalesce(who.name, payload->>'$.owned_by') AS owner,
    payload->>'$.operational_status' AS status, payload->>'$.busines_criticality' AS criticality
FROM raw_service s LEFT JOIN src_person who ON who.id = (payload->>'$.owned_by')
WHERE s.deleted_at IS NULL

-- entity: ci
SELECT c.key AS ci_id, c.src, coalesce(nullif((payload->>'$.name'), ''), c.key) AS name, payload->>'$.sys_class_name' AS ci_type, payload->>'$.operational_status' AS status,
    coalesce(who.name, payload->>'$.owned_by') AS owner, (payload->>'$.sys_updated_on') || 'Z' AS updated_at
FROM raw_ci c LEFT JOIN src_person who ON who.id = (payload->>'$.owned_by')
WHERE c.deleted_at IS NULL

-- entity: ci_relation
-- A type is called as the parent sees it, and behind :: as the child does.
SELECT DISTINCT payload->>'$.parent' AS ci_id, lower(replace(split_part((SELECT t.payload->>'$.name' FROM raw_ci_link_type t WHERE t.key = (l.payload->>'$.type')), '::', 1), ' ', '_')) AS relation,
    payload->>'$.child' AS to_ci_id, src
FROM raw_ci_link l
WHERE deleted_at IS NULL AND coalesce(payload->>'$.parent', '') <> '' AND coalesce(payload->>'$.child', '') <> ''
    AND (payload->>'$.type') IN (SELECT key FROM raw_ci_link_type)

-- entity: customer
SELECT c.key AS customer_id, c.src, coalesce(nullif((payload->>'$.name'), ''), c.key) AS name
FROM raw_company c
WHERE c.deleted_at IS NULL AND ((payload->>'$.customer') = 'true' OR c.key IN (SELECT p->>'$.company' FROM src_task))

-- entity: supplier
SELECT c.key AS supplier_id, c.src, coalesce(nullif((payload->>'$.name'), ''), c.key) AS name
FROM raw_company c WHERE c.deleted_at IS NULL AND (payload->>'$.vendor') = 'true'

-- entity: team
SELECT DISTINCT ON (team) payload->>'$.name' AS team, g.src, who.name AS manager
FROM raw_group g LEFT JOIN src_person who ON who.id = (payload->>'$.manager')
WHERE g.deleted_at IS NULL AND coalesce(payload->>'$.name', '') <> ''
ORDER BY team, g.key

-- entity: outage
-- Only outages make a service unavailable, as ServiceNow itself counts; a degradation is none.
SELECT o.key AS outage_id, o.src, s.key AS service_id, CASE WHEN s.key IS NULL THEN o.payload->>'$.cmdb_ci' END AS ci_id, t.ticket AS ticket_id,
    (o.payload->>'$.begin') || 'Z' AS started_at, nullif((o.payload->>'$.end'), '') || 'Z' AS ended_at, (o.payload->>'$.type') = 'planned' AS is_planned
FROM raw_outage o
LEFT JOIN raw_service s ON s.key = (o.payload->>'$.cmdb_ci')
LEFT JOIN src_task t ON t.key = (o.payload->>'$.task_number')
WHERE o.deleted_at IS NULL AND coalesce(o.payload->>'$.begin', '') <> '' AND coalesce(o.payload->>'$.type', '') IN ('', 'outage', 'planned')

-- entity: knowledge_article
SELECT coalesce(nullif((payload->>'$.number'), ''), k.key) AS article_id, k.src, coalesce(nullif((payload->>'$.short_description'), ''), payload->>'$.number', k.key) AS title,
    who.name AS owner, payload->>'$.workflow_state' AS status, nullif((payload->>'$.published'), '') AS published_at, nullif((payload->>'$.valid_to'), '') AS review_by
FROM raw_knowledge k LEFT JOIN src_person who ON who.id = (payload->>'$.author')
WHERE k.deleted_at IS NULL
