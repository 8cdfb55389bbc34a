-- name: glpi
-- purpose: tickets, problems and changes of GLPI with history, messages, work, approvals, satisfaction, service levels, items
-- inputs: raw_ticket, raw_problem, raw_change; raw_log and raw_option (what its numbers stand for); raw_actor, raw_link, raw_item, raw_task,
--   raw_validation, raw_level (keys begin with the type: Ticket_User/7); raw_followup, raw_solution, raw_satisfaction, raw_ci;
--   raw_user, raw_group, raw_supplier, raw_category, raw_channel, raw_entity, raw_state (names)
-- output: rows named like the model, with the words of GLPI's English surface for its numbers; times without zone are in the zone
--   of the source; durations are seconds
-- map:
--   kind: {Incident: incident, Request: service_request, Problem: problem, Change: change}
--   status: {New: new, Processing (assigned): in_progress, Processing (planned): in_progress, Pending: on_hold, Solved: resolved, Closed: closed, Accepted: in_progress, Under observation: resolved, Evaluation: in_progress, Approval: in_progress, Testing: in_progress, Qualification: in_progress, Applied: resolved, Review: resolved, Refused: cancelled, Canceled: cancelled}
--   priority: {Major: 1, Very high: 1, High: 2, Medium: 3, Low: 4, Very low: 5}
--   urgency: {Very high: 1, High: 2, Medium: 3, Low: 4, Very low: 5}
--   impact: {Very high: 1, High: 2, Medium: 3, Low: 4, Very low: 5}

-- table: src_word
-- What a number of a field is called. The priority 6 is the highest, 5 that of urgency and impact.
SELECT * FROM (VALUES
    ('Ticket', 'status', '1', 'New'), ('Ticket', 'status', '2', 'Processing (assigned)'), ('Ticket', 'status', '3', 'Processing (planned)'), ('Ticket', 'status', '4', 'Pending'),
    ('Ticket', 'status', '5', 'Solved'), ('Ticket', 'status', '6', 'Closed'), ('Ticket', 'status', '10', 'Approval'),
    ('Problem', 'status', '1', 'New'), ('Problem', 'status', '7', 'Accepted'), ('Problem', 'status', '2', 'Processing (assigned)'), ('Problem', 'status', '3', 'Processing (planned)'),
    ('Problem', 'status', '4', 'Pending'), ('Problem', 'status', '5', 'Solved'), ('Problem', 'status', '8', 'Under observation'), ('Problem', 'status', '6', 'Closed'),
    ('Change', 'status', '1', 'New'), ('Change', 'status', '9', 'Evaluation'), ('Change', 'status', '10', 'Approval'), ('Change', 'status', '7', 'Accepted'), ('Change', 'status', '4', 'Pending'),
    ('Change', 'status', '11', 'Testing'), ('Change', 'status', '12', 'Qualification'), ('Change', 'status', '5', 'Applied'), ('Change', 'status', '8', 'Review'), ('Change', 'status', '6', 'Closed'),
    ('Change', 'status', '13', 'Refused'), ('Change', 'status', '14', 'Canceled'),
    ('Ticket', 'type', '1', 'Incident'), ('Ticket', 'type', '2', 'Request')
) w(itemtype, field, number, word)
UNION ALL
SELECT t.itemtype, f.field, n.number, n.word
FROM (VALUES ('Ticket'), ('Problem'), ('Change')) t(itemtype), (VALUES ('priority'), ('urgency'), ('impact')) f(field),
    (VALUES ('1', 'Very low'), ('2', 'Low'), ('3', 'Medium'), ('4', 'High'), ('5', 'Very high'), ('6', 'Major')) n(number, word)

-- table: src_thing
-- Tickets, problems and changes. Each of the three counts from 1, so the keys of the latter two bear their kind.
SELECT 'Ticket' AS itemtype, key AS id, key AS number, payload, src, deleted_at, merged_into FROM raw_ticket
UNION ALL SELECT 'Problem', key, 'Problem-' || key, payload, src, deleted_at, merged_into FROM raw_problem
UNION ALL SELECT 'Change', key, 'Change-' || key, payload, src, deleted_at, merged_into FROM raw_change

-- table: src_name
SELECT 'User' AS itemtype, key AS id, payload->>'$.name' AS name FROM raw_user
UNION ALL SELECT 'Group', key, coalesce(payload->>'$.completename', payload->>'$.name') FROM raw_group
UNION ALL SELECT 'Supplier', key, key FROM raw_supplier
UNION ALL SELECT 'Category', key, coalesce(payload->>'$.completename', payload->>'$.name') FROM raw_category

-- table: src_log
-- Entries of the history; option is the field by name. In texts such as "Network (7)" the number is the id.
SELECT TRY_CAST(l.key AS BIGINT) AS entry, payload->>'$.itemtype' AS itemtype, payload->>'$.items_id' AS id, o.field, payload->>'$.id_search_option' AS option,
    payload->>'$.linked_action' AS action, payload->>'$.itemtype_link' AS link, payload->>'$.date_mod' AS occurred_at,
    nullif(payload->>'$.old_value', '') AS old_value, nullif(payload->>'$.new_value', '') AS new_value,
    nullif(regexp_extract(payload->>'$.old_value', '\((\d+)\)\s*$', 1), '') AS old_id, nullif(regexp_extract(payload->>'$.new_value', '\((\d+)\)\s*$', 1), '') AS new_id,
    nullif(payload->>'$.user_name', '') AS who, nullif(regexp_extract(payload->>'$.user_name', '\((\d+)\)\s*$', 1), '') AS who_id, l.src
FROM raw_log l
LEFT JOIN (SELECT payload->>'$.itemtype' AS itemtype, payload->>'$.number' AS number, payload->>'$.field' AS field FROM raw_option) o
    ON o.itemtype = (payload->>'$.itemtype') AND o.number = (payload->>'$.id_search_option') AND coalesce(payload->>'$.linked_action', '0') = '0'

-- table: src_holder
-- Who was assigned from when: an entry adds an actor, a later one takes the same one away. 5, 8 and 6 are the fields of the
-- assigned person, group and supplier; older versions write 5 for all three, and 0 where one is taken away.
SELECT a.itemtype, a.id, a.link, a.new_id AS actor, a.new_value AS label, a.entry,
    (SELECT min(r.entry) FROM src_log r WHERE r.action = '16' AND r.itemtype = a.itemtype AND r.id = a.id AND r.link = a.link AND r.old_id = a.new_id
        AND r.entry > a.entry AND r.option IN ('0', '5', '6', '8')) AS ended
FROM src_log a
WHERE a.action = '15' AND a.link IN ('User', 'Group', 'Supplier') AND a.option IN ('5', '6', '8') AND a.new_id IS NOT NULL

-- table: src_turn
-- After each such entry the newest actor that is still there holds the ticket: GLPI allows several, the model one.
SELECT e.itemtype, e.id, e.link, e.entry, arg_max(h.actor, h.entry) AS actor, arg_max(h.label, h.entry) AS label
FROM (
    SELECT itemtype, id, link, entry FROM src_holder
    UNION SELECT itemtype, id, link, ended FROM src_holder WHERE ended IS NOT NULL
) e
LEFT JOIN src_holder h ON h.itemtype = e.itemtype AND h.id = e.id AND h.link = e.link AND h.entry <= e.entry AND (h.ended IS NULL OR h.ended > e.entry)
GROUP BY e.itemtype, e.id, e.link, e.entry

-- table: src_held
-- Every change of the holder, by name.
SELECT * FROM (
    SELECT t.itemtype, t.id, t.link, t.entry, coalesce(n.name, regexp_replace(t.label, '\s*\(\d+\)\s*$', '')) AS name,
        lag(coalesce(n.name, regexp_replace(t.label, '\s*\(\d+\)\s*$', ''))) OVER (PARTITION BY t.itemtype, t.id, t.link ORDER BY t.entry) AS before
    FROM src_turn t LEFT JOIN src_name n ON n.itemtype = t.link AND n.id = t.actor
) WHERE name IS DISTINCT FROM before

-- table: src_actor
-- Actors as they are now: role 1 asks, 2 is assigned.
SELECT CASE WHEN (payload->>'$.tickets_id') IS NOT NULL THEN 'Ticket' WHEN (payload->>'$.problems_id') IS NOT NULL THEN 'Problem' ELSE 'Change' END AS itemtype,
    coalesce(payload->>'$.tickets_id', payload->>'$.problems_id', payload->>'$.changes_id') AS id,
    CASE WHEN (payload->>'$.users_id') IS NOT NULL THEN 'User' WHEN (payload->>'$.groups_id') IS NOT NULL THEN 'Group' ELSE 'Supplier' END AS link,
    coalesce(payload->>'$.users_id', payload->>'$.groups_id', payload->>'$.suppliers_id') AS actor, payload->>'$.type' AS role,
    TRY_CAST(payload->>'$.id' AS BIGINT) AS entry
FROM raw_actor WHERE deleted_at IS NULL

-- table: src_now
-- The holder of each kind now: by the history, and where that says nothing of it, by the actors.
SELECT coalesce(h.itemtype, a.itemtype) AS itemtype, coalesce(h.id, a.id) AS id, coalesce(h.link, a.link) AS link,
    CASE WHEN h.id IS NOT NULL THEN h.name ELSE a.name END AS name
FROM (SELECT itemtype, id, link, arg_max({'v': name}, entry).v AS name FROM src_held GROUP BY itemtype, id, link) h
FULL JOIN (
    SELECT a.itemtype, a.id, a.link, arg_max(coalesce(n.name, a.actor), a.entry) AS name
    FROM src_actor a LEFT JOIN src_name n ON n.itemtype = a.link AND n.id = a.actor WHERE a.role = '2' AND a.actor <> '0' GROUP BY a.itemtype, a.id, a.link
) a ON a.itemtype = h.itemtype AND a.id = h.id AND a.link = h.link

-- table: src_requester
SELECT a.itemtype, a.id, arg_min(a.actor, a.entry) AS actor, arg_min(coalesce(n.name, a.actor), a.entry) AS name, list(a.actor) AS actors
FROM src_actor a LEFT JOIN src_name n ON n.itemtype = 'User' AND n.id = a.actor
WHERE a.role = '1' AND a.link = 'User' AND a.actor <> '0' GROUP BY a.itemtype, a.id

-- table: src_voice
-- Who writes as whom: somebody who is or was assigned to the ticket is an agent of it, who asks or only watches is none.
SELECT itemtype, id, actor, bool_or(is_agent) AS is_agent
FROM (
    SELECT itemtype, id, actor, role = '2' AS is_agent FROM src_actor WHERE link = 'User' AND actor <> '0'
    UNION ALL SELECT itemtype, id, actor, TRUE FROM src_holder WHERE link = 'User'
)
GROUP BY itemtype, id, actor

-- table: src_merged
-- Merging writes the text of a ticket as a followup of the other one and puts the ticket into the bin. The copies that GLPI writes later
-- the other way round stand in a ticket of the bin.
SELECT payload->>'$.sourceitems_id' AS id, arg_max(payload->>'$.items_id', TRY_CAST(payload->>'$.id' AS BIGINT)) AS into_id
FROM raw_followup f
WHERE (payload->>'$.itemtype') = 'Ticket' AND coalesce(payload->>'$.sourceitems_id', '0') <> '0' AND f.deleted_at IS NULL
    AND EXISTS (FROM raw_ticket t WHERE t.key = (f.payload->>'$.sourceitems_id') AND t.deleted_at IS NOT NULL)
    AND EXISTS (FROM raw_ticket t WHERE t.key = (f.payload->>'$.items_id') AND t.deleted_at IS NULL)
GROUP BY 1

-- table: src_whole
-- Records whose changes of status follow on one another from the creation to the status of now: GLPI may purge changes and keep
-- the entry of the creation, or the other way round. Where the history is newer than the record as read, its end says nothing.
SELECT t.itemtype, t.id,
    EXISTS (FROM src_log l WHERE l.itemtype = t.itemtype AND l.id = t.id AND l.action = '20') AND coalesce(s.linked, TRUE)
        AND CASE WHEN s.id IS NULL THEN coalesce(nullif(t.payload->>'$.solvedate', ''), nullif(t.payload->>'$.closedate', '')) IS NULL
                OR coalesce(TRY_CAST(t.payload->>'$.solvedate' AS TIMESTAMP) <= TRY_CAST(t.payload->>'$.date' AS TIMESTAMP) + INTERVAL 1 MINUTE, FALSE)
            ELSE coalesce(s.status = (t.payload->>'$.status') OR s.last_at > (t.payload->>'$.date_mod'), FALSE) END AS is_whole
FROM src_thing t
LEFT JOIN (
    SELECT itemtype, id, bool_and(before IS NULL OR before = old_value) AS linked, arg_max(new_value, entry) AS status, max(occurred_at) AS last_at
    FROM (SELECT itemtype, id, entry, old_value, new_value, occurred_at, lag(new_value) OVER (PARTITION BY itemtype, id ORDER BY entry) AS before FROM src_log WHERE field = 'status')
    GROUP BY itemtype, id
) s ON s.itemtype = t.itemtype AND s.id = t.id

-- table: src_item
SELECT CASE WHEN (payload->>'$.tickets_id') IS NOT NULL THEN 'Ticket' WHEN (payload->>'$.problems_id') IS NOT NULL THEN 'Problem' ELSE 'Change' END AS itemtype,
    coalesce(payload->>'$.tickets_id', payload->>'$.problems_id', payload->>'$.changes_id') AS id,
    arg_min((payload->>'$.itemtype') || '-' || (payload->>'$.items_id'), TRY_CAST(payload->>'$.id' AS BIGINT)) AS ci
FROM raw_item WHERE deleted_at IS NULL GROUP BY 1, 2

-- entity: ticket
SELECT t.number AS key, t.src, {{url}} || '/front/' || lower(t.itemtype) || '.form.php?id=' || t.id AS url, t.payload->>'$.name' AS title,
    CASE WHEN t.itemtype = 'Ticket' THEN coalesce(kind.word, 'type ' || (t.payload->>'$.type')) ELSE t.itemtype END AS kind,
    coalesce(status.word, 'status ' || (t.payload->>'$.status')) AS status, coalesce(priority.word, t.payload->>'$.priority') AS priority,
    coalesce(urgency.word, t.payload->>'$.urgency') AS urgency, coalesce(impact.word, t.payload->>'$.impact') AS impact,
    CASE WHEN (t.payload->>'$.priority') = '6' THEN 'true' END AS is_major,
    team.name AS team, assignee.name AS assignee, supplier.name AS supplier_id,
    coalesce(requester.name, writer.name) AS requester, t.payload->>'$.entities_id' AS customer_id, item.ci AS ci_id, category.name AS category,
    channel.payload->>'$.name' AS channel, coalesce(nullif(t.payload->>'$.date', ''), t.payload->>'$.date_creation') AS opened_at, t.payload->>'$.date_mod' AS updated_at,
    t.payload->>'$.takeintoaccountdate' AS acknowledged_at, t.payload->>'$.solvedate' AS resolved_at, t.payload->>'$.closedate' AS closed_at,
    t.payload->>'$.time_to_resolve' AS due_at, nullif(t.payload->>'$.causecontent', '') AS root_cause,
    CASE WHEN merged.into_id IS NULL THEN t.deleted_at END AS deleted_at, coalesce(t.merged_into, merged.into_id) AS merged_into, whole.is_whole AS has_history
FROM src_thing t
LEFT JOIN src_word kind ON kind.itemtype = t.itemtype AND kind.field = 'type' AND kind.number = (t.payload->>'$.type')
LEFT JOIN src_word status ON status.itemtype = t.itemtype AND status.field = 'status' AND status.number = (t.payload->>'$.status')
LEFT JOIN src_word priority ON priority.itemtype = t.itemtype AND priority.field = 'priority' AND priority.number = (t.payload->>'$.priority')
LEFT JOIN src_word urgency ON urgency.itemtype = t.itemtype AND urgency.field = 'urgency' AND urgency.number = (t.payload->>'$.urgency')
LEFT JOIN src_word impact ON impact.itemtype = t.itemtype AND impact.field = 'impact' AND impact.number = (t.payload->>'$.impact')
LEFT JOIN src_now team ON team.itemtype = t.itemtype AND team.id = t.id AND team.link = 'Group'
LEFT JOIN src_now assignee ON assignee.itemtype = t.itemtype AND assignee.id = t.id AND assignee.link = 'User'
LEFT JOIN src_now supplier ON supplier.itemtype = t.itemtype AND supplier.id = t.id AND supplier.link = 'Supplier'
LEFT JOIN src_requester requester ON requester.itemtype = t.itemtype AND requester.id = t.id
LEFT JOIN src_name writer ON writer.itemtype = 'User' AND writer.id = (t.payload->>'$.users_id_recipient')
LEFT JOIN src_name category ON category.itemtype = 'Category' AND category.id = (t.payload->>'$.itilcategories_id')
LEFT JOIN raw_channel channel ON channel.key = (t.payload->>'$.requesttypes_id')
LEFT JOIN src_item item ON item.itemtype = t.itemtype AND item.id = t.id
LEFT JOIN src_merged merged ON t.itemtype = 'Ticket' AND merged.id = t.id
JOIN src_whole whole ON whole.itemtype = t.itemtype AND whole.id = t.id

-- entity: ticket_history
-- Fields of the record bear their numbers in the history, lists their label in the language of whoever acted, with the id behind.
SELECT t.number AS ticket_id, l.src, l.occurred_at, l.entry AS sequence,
    CASE l.field WHEN 'type' THEN 'kind' WHEN 'name' THEN 'title' WHEN 'time_to_resolve' THEN 'due_at' WHEN 'itilcategories_id' THEN 'category' ELSE l.field END AS field,
    CASE WHEN l.field = 'itilcategories_id' THEN coalesce(old_category.name, CASE WHEN l.old_id <> '0' THEN regexp_replace(l.old_value, '\s*\(\d+\)\s*$', '') END)
        ELSE coalesce(old_word.word, CASE WHEN l.field = 'status' AND l.old_value IS NOT NULL THEN 'status ' || l.old_value ELSE l.old_value END) END AS from_value,
    CASE WHEN l.field = 'itilcategories_id' THEN coalesce(new_category.name, CASE WHEN l.new_id <> '0' THEN regexp_replace(l.new_value, '\s*\(\d+\)\s*$', '') END)
        ELSE coalesce(new_word.word, CASE WHEN l.field = 'status' AND l.new_value IS NOT NULL THEN 'status ' || l.new_value ELSE l.new_value END) END AS to_value,
    coalesce(who.name, l.who) AS actor, CASE WHEN l.who_id IS NULL THEN 'system' WHEN list_contains(q.actors, l.who_id) THEN 'requester' ELSE 'agent' END AS actor_role
FROM src_log l
JOIN src_thing t ON t.itemtype = l.itemtype AND t.id = l.id
LEFT JOIN src_word old_word ON old_word.itemtype = l.itemtype AND old_word.field = l.field AND old_word.number = l.old_value
LEFT JOIN src_word new_word ON new_word.itemtype = l.itemtype AND new_word.field = l.field AND new_word.number = l.new_value
LEFT JOIN src_name old_category ON l.field = 'itilcategories_id' AND old_category.itemtype = 'Category' AND old_category.id = l.old_id
LEFT JOIN src_name new_category ON l.field = 'itilcategories_id' AND new_category.itemtype = 'Category' AND new_category.id = l.new_id
LEFT JOIN src_name who ON who.itemtype = 'User' AND who.id = l.who_id
LEFT JOIN src_requester q ON q.itemtype = l.itemtype AND q.id = l.id
WHERE l.field IS NOT NULL
UNION ALL
SELECT t.number, l.src, l.occurred_at, l.entry, CASE h.link WHEN 'User' THEN 'assignee' WHEN 'Group' THEN 'team' ELSE 'supplier_id' END, h.before, h.name,
    coalesce(who.name, l.who), CASE WHEN l.who_id IS NULL THEN 'system' WHEN list_contains(q.actors, l.who_id) THEN 'requester' ELSE 'agent' END
FROM src_held h
JOIN src_log l ON l.entry = h.entry
JOIN src_thing t ON t.itemtype = h.itemtype AND t.id = h.id
LEFT JOIN src_name who ON who.itemtype = 'User' AND who.id = l.who_id
LEFT JOIN src_requester q ON q.itemtype = l.itemtype AND q.id = l.id

-- entity: communication
-- A followup is a message, and a solution is one of the provider to the requester. What merging copied from another ticket is no
-- message of this one. Nobody (0) is a sender of mail without an account. Somebody who has no part in the ticket is an agent.
SELECT m.id AS communication_id, t.number AS ticket_id, m.src, m.sent_at, who.name AS sender,
    CASE WHEN list_contains(q.actors, m.by) OR coalesce(m.by, '0') = '0' OR NOT coalesce(v.is_agent, TRUE) THEN 'requester' WHEN who.name = 'glpi-system' THEN 'system' ELSE 'agent' END AS sender_role, m.is_public
FROM (
    SELECT 'followup-' || key AS id, payload->>'$.itemtype' AS itemtype, payload->>'$.items_id' AS item, src, coalesce(nullif(payload->>'$.date', ''), payload->>'$.date_creation') AS sent_at,
        payload->>'$.users_id' AS "by", coalesce(payload->>'$.is_private', '0') IN ('0', 'false') AS is_public
    FROM raw_followup WHERE deleted_at IS NULL AND coalesce(payload->>'$.sourceitems_id', '0') = '0'
    UNION ALL SELECT 'solution-' || key, payload->>'$.itemtype', payload->>'$.items_id', src, payload->>'$.date_creation', payload->>'$.users_id', TRUE
    FROM raw_solution WHERE deleted_at IS NULL
) m
JOIN src_thing t ON t.itemtype = m.itemtype AND t.id = m.item
LEFT JOIN src_requester q ON q.itemtype = m.itemtype AND q.id = m.item
LEFT JOIN src_voice v ON v.itemtype = m.itemtype AND v.id = m.item AND v.actor = m.by
LEFT JOIN src_name who ON who.itemtype = 'User' AND who.id = m.by

-- entity: work_log
SELECT w.key AS work_log_id, t.number AS ticket_id, w.src, coalesce(who.name, other.name) AS worker,
    coalesce(payload_->>'$.begin', payload_->>'$.date') AS started_at, TRY_CAST(payload_->>'$.actiontime' AS BIGINT) AS spent_seconds
FROM (SELECT key, src, payload AS payload_ FROM raw_task WHERE deleted_at IS NULL AND coalesce(payload->>'$.sourceitems_id', '0') = '0') w
JOIN src_thing t ON t.itemtype = regexp_extract(w.key, '^([A-Z][a-z]+)Task/', 1) AND t.id = coalesce(payload_->>'$.tickets_id', payload_->>'$.problems_id', payload_->>'$.changes_id')
LEFT JOIN src_name who ON who.itemtype = 'User' AND who.id = (payload_->>'$.users_id_tech')
LEFT JOIN src_name other ON other.itemtype = 'User' AND other.id = (payload_->>'$.users_id')
WHERE TRY_CAST(payload_->>'$.actiontime' AS BIGINT) > 0

-- entity: approval
-- Status 2 waits, 3 is given, 4 is refused. GLPI 11 names who is asked by a type and an id.
SELECT v.key AS approval_id, t.number AS ticket_id, v.src,
    coalesce(person.name, team.name, nullif(nullif(v.person, '0'), '')) AS approver, v.p->>'$.submission_date' AS requested_at,
    CASE WHEN (v.p->>'$.status') IN ('3', '4') THEN v.p->>'$.validation_date' END AS decided_at,
    CASE v.p->>'$.status' WHEN '3' THEN 'approved' WHEN '4' THEN 'rejected' END AS decision
FROM (
    SELECT key, src, payload AS p, CASE WHEN coalesce(payload->>'$.itemtype_target', 'User') = 'User' OR coalesce(payload->>'$.users_id_validate', '0') <> '0'
        THEN coalesce(nullif(payload->>'$.users_id_validate', '0'), payload->>'$.items_id_target') END AS person,
        CASE WHEN (payload->>'$.itemtype_target') = 'Group' THEN payload->>'$.items_id_target' END AS group_id
    FROM raw_validation WHERE deleted_at IS NULL
) v
JOIN src_thing t ON t.itemtype = regexp_extract(v.key, '^([A-Z][a-z]+)Validation/', 1) AND t.id = coalesce(v.p->>'$.tickets_id', v.p->>'$.changes_id')
LEFT JOIN src_name person ON person.itemtype = 'User' AND person.id = v.person
LEFT JOIN src_name team ON team.itemtype = 'Group' AND team.id = v.group_id

-- entity: survey_response
-- Where the number of stars is chosen freely (GLPI 11), the answer scaled to five is taken.
SELECT key AS survey_id, payload->>'$.tickets_id' AS ticket_id, src, payload->>'$.date_begin' AS asked_at, payload->>'$.date_answered' AS answered_at,
    CASE WHEN (payload->>'$.date_answered') IS NOT NULL THEN coalesce(payload->>'$.satisfaction_scaled_to_5', payload->>'$.satisfaction') END AS score, '5' AS scale_max, '0' AS scale_min
FROM raw_satisfaction WHERE deleted_at IS NULL

-- entity: ticket_link
-- Links of two tickets: 2 is a duplicate. A problem is one of the tickets that are linked with it.
SELECT DISTINCT ON (ticket_id, link_type, to_ticket_id) ticket_id, link_type, to_ticket_id, src
FROM (
    SELECT payload->>'$.tickets_id_1' AS ticket_id, CASE WHEN (payload->>'$.link') = '2' THEN 'duplicate_of' ELSE 'relates_to' END AS link_type, payload->>'$.tickets_id_2' AS to_ticket_id, src, key
    FROM raw_link WHERE starts_with(key, 'Ticket_Ticket/') AND deleted_at IS NULL
    UNION ALL SELECT 'Problem-' || (payload->>'$.problems_id'), 'problem_of', payload->>'$.tickets_id', src, key FROM raw_link WHERE starts_with(key, 'Problem_Ticket/') AND deleted_at IS NULL
    UNION ALL SELECT 'Change-' || (payload->>'$.changes_id'), 'relates_to', payload->>'$.tickets_id', src, key FROM raw_link WHERE starts_with(key, 'Change_Ticket/') AND deleted_at IS NULL
    UNION ALL SELECT 'Change-' || (payload->>'$.changes_id'), 'relates_to', 'Problem-' || (payload->>'$.problems_id'), src, key FROM raw_link WHERE starts_with(key, 'Change_Problem/') AND deleted_at IS NULL
)
ORDER BY ticket_id, link_type, to_ticket_id, key

-- entity: native_sla
-- Waiting moves the due time, so that it already holds the pauses. A goal in days counts working days of a calendar: it is
-- not made seconds.
SELECT t.key AS ticket_id, t.src, c.name || coalesce(': ' || (l.payload->>'$.name'), '') AS name, c.clock,
    CASE WHEN c.stopped IS NOT NULL AND c.due IS NOT NULL THEN c.stopped > c.due END AS breached,
    TRY_CAST(l.payload->>'$.number_time' AS BIGINT) * CASE l.payload->>'$.definition_time' WHEN 'minute' THEN 60 WHEN 'hour' THEN 3600 END AS goal_seconds,
    nullif(c.spent, 0) AS elapsed_seconds, c.due AS due_at, c.stopped AS stopped_at
FROM raw_ticket t, LATERAL (
    SELECT 'Time to own' AS name, 'response' AS clock, 'SLA/' || (t.payload->>'$.slas_id_tto') AS level, nullif(t.payload->>'$.time_to_own', '') AS due,
        nullif(t.payload->>'$.takeintoaccountdate', '') AS stopped, TRY_CAST(t.payload->>'$.takeintoaccount_delay_stat' AS BIGINT) AS spent
    UNION ALL SELECT 'Time to resolve', 'resolution', 'SLA/' || (t.payload->>'$.slas_id_ttr'), nullif(t.payload->>'$.time_to_resolve', ''),
        nullif(t.payload->>'$.solvedate', ''), TRY_CAST(t.payload->>'$.solve_delay_stat' AS BIGINT)
    UNION ALL SELECT 'Internal time to own', 'response', 'OLA/' || (t.payload->>'$.olas_id_tto'), nullif(t.payload->>'$.internal_time_to_own', ''),
        nullif(t.payload->>'$.takeintoaccountdate', ''), NULL
    UNION ALL SELECT 'Internal time to resolve', 'resolution', 'OLA/' || (t.payload->>'$.olas_id_ttr'), nullif(t.payload->>'$.internal_time_to_resolve', ''),
        nullif(t.payload->>'$.solvedate', ''), NULL
) c
LEFT JOIN raw_level l ON l.key = c.level
WHERE c.due IS NOT NULL

-- entity: ci
SELECT replace(c.key, '/', '-') AS ci_id, c.src, coalesce(nullif(c.payload->>'$.name', ''), c.key) AS name, regexp_extract(c.key, '^[^/]+') AS ci_type,
    s.payload->>'$.name' AS status, who.name AS owner, c.payload->>'$.date_mod' AS updated_at
FROM raw_ci c
LEFT JOIN raw_state s ON s.key = (c.payload->>'$.states_id')
LEFT JOIN src_name who ON who.itemtype = 'User' AND who.id = (c.payload->>'$.users_id')
WHERE c.deleted_at IS NULL

-- entity: customer
SELECT key AS customer_id, src, coalesce(payload->>'$.completename', payload->>'$.name') AS name FROM raw_entity WHERE deleted_at IS NULL

-- entity: supplier
SELECT key AS supplier_id, src, payload->>'$.name' AS name FROM raw_supplier WHERE deleted_at IS NULL AND coalesce(payload->>'$.is_deleted', '0') = '0'
