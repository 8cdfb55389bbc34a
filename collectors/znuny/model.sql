-- name: znuny
-- purpose: tickets, history and messages of Znuny and OTRS as tickets, history, messages, links and what the tool says of its SLAs
-- inputs: raw_ticket, raw_history
-- output: rows named like the model, with Znuny's own words. Instants: Znuny writes local times without a zone, and messages in
--   seconds since 1970 besides. Whether the zone is that of the source or UTC is decided by the messages; a time at which the same
--   ticket has a message is read as the message shows, so that the hour that autumn repeats is told apart there
-- map:
--   kind: {Incident: incident, "Incident::Major": incident, "Incident::Disaster": incident, "Incident::ServiceRequest": service_request, Problem: problem, "Problem::KnownError": problem, "Problem::PendingRfC": problem}
--   status: {new: new, open: in_progress, pending reminder: on_hold, pending auto close+: on_hold, pending auto close-: on_hold, closed successful: closed, closed unsuccessful: closed, closed with workaround: closed, merged: closed, removed: cancelled}
--   priority: {5 very high: 1, 4 high: 2, 3 normal: 3, 2 low: 4, 1 very low: 5}

-- table: src_article
-- Messages: key (TicketID), article, written (as Znuny writes it), epoch (seconds), who and to whom.
SELECT key, src, CAST(a->>'$.ArticleID' AS BIGINT) AS article, a->>'$.CreateTime' AS written, TRY_CAST(a->>'$.IncomingTime' AS BIGINT) AS epoch,
    a->>'$.SenderType' AS sender_type, coalesce((a->>'$.IsVisibleForCustomer') = '1', FALSE) AS is_public,
    a->>'$.CommunicationChannelID' AS channel, a->>'$.CreateBy' AS created_by
FROM (SELECT key, src, unnest(json_extract(payload, '$.Article[*]')) AS a FROM raw_ticket)
WHERE TRY_CAST(a->>'$.ArticleID' AS BIGINT) IS NOT NULL

-- table: src_zone
-- suffix: what is put behind times: Z where more messages say UTC than the zone of the source, else nothing.
SELECT CASE WHEN count(*) FILTER (abs(epoch(TRY_CAST(written AS TIMESTAMP)) - epoch) <= 120)
        > count(*) FILTER (abs(epoch(TRY_CAST(written AS TIMESTAMP) AT TIME ZONE {{zone}}) - epoch) <= 120) THEN 'Z' ELSE '' END AS suffix
FROM src_article WHERE epoch > 0

-- table: src_instant
-- The instant of times at which a ticket has a message. Offsets from UTC are whole quarters of an hour; what does not come near one
-- is a message of another time (moved, imported).
SELECT key, written, any_value(strftime(TRY_CAST(written AS TIMESTAMP) - to_seconds(ahead), '%Y-%m-%dT%H:%M:%SZ') ORDER BY article) AS instant
FROM (
    SELECT *, CAST(round((epoch(TRY_CAST(written AS TIMESTAMP)) - epoch) / 900) * 900 AS BIGINT) AS ahead, epoch(TRY_CAST(written AS TIMESTAMP)) - epoch AS exact
    FROM src_article WHERE epoch > 0
)
WHERE abs(exact - ahead) <= 120 AND abs(ahead) <= 50400
GROUP BY key, written

-- table: src_line
-- Lines of history: key (TicketID), line (their order), written, type, part (the packed text, split: its first element is empty).
SELECT key, src, line, h->>'$.CreateTime' AS written, h->>'$.HistoryType' AS type, string_split(h->>'$.Name', '%%') AS part, h->>'$.Name' AS name,
    h->>'$.CreateBy' AS created_by, h->>'$.OwnerID' AS owner_id
FROM (
    SELECT key, src, unnest(list) AS h, generate_subscripts(list, 1) AS line
    FROM (SELECT key, src, json_extract(payload, '$.History[*]') AS list FROM raw_history)
)

-- table: src_user
-- Logins of people by their number, which is all that the history tells of who did something.
SELECT id, any_value(login ORDER BY login) AS login
FROM (
    SELECT part[3] AS id, part[2] AS login FROM src_line WHERE type IN ('OwnerUpdate', 'ResponsibleUpdate')
    UNION ALL SELECT payload->>'$.OwnerID', payload->>'$.Owner' FROM raw_ticket
    UNION ALL SELECT payload->>'$.ResponsibleID', payload->>'$.Responsible' FROM raw_ticket
)
WHERE id IS NOT NULL AND login <> ''
GROUP BY id

-- table: src_merged
-- Tickets that were made part of another one: key (TicketID), number and into_key (of the other one), written (when).
SELECT key, any_value(part[4] ORDER BY line DESC) AS number, any_value(part[5] ORDER BY line DESC) AS into_key, max(written) AS written
FROM src_line WHERE type = 'Merged' AND part[3] = key GROUP BY key

-- table: src_change
-- Changes of fields: key, line, written, field, from_text, to_text (empty or NULL = none).
SELECT key, src, line, written, created_by, 'status' AS field, part[2] AS from_text, part[3] AS to_text FROM src_line WHERE type = 'StateUpdate'
UNION ALL
SELECT key, src, line, written, created_by, 'team', part[4], part[2] FROM src_line WHERE type = 'Move'
UNION ALL
SELECT key, src, line, written, created_by, 'priority', part[2], part[4] FROM src_line WHERE type = 'PriorityUpdate'
UNION ALL
SELECT key, src, line, written, created_by, 'kind', part[4], part[2] FROM src_line WHERE type = 'TypeUpdate'
UNION ALL
SELECT key, src, line, written, created_by, 'service_id', nullif(part[4], 'NULL'), nullif(part[2], 'NULL') FROM src_line WHERE type = 'ServiceUpdate'
UNION ALL
SELECT key, src, line, written, created_by, 'sla', nullif(part[4], 'NULL'), nullif(part[2], 'NULL') FROM src_line WHERE type = 'SLAUpdate'
UNION ALL
SELECT key, src, line, written, created_by, 'title', part[2], part[3] FROM src_line WHERE type = 'TitleUpdate'
UNION ALL -- of owners only the new one is told; number 1, the system itself, is nobody
SELECT key, src, line, written, created_by, 'assignee', lag(owner) OVER (PARTITION BY key ORDER BY line), owner
FROM (
    SELECT l.*, CASE WHEN l.type = 'OwnerUpdate' AND l.part[3] <> '1' THEN l.part[2] WHEN l.type = 'NewTicket' AND l.owner_id <> '1' THEN u.login END AS owner
    FROM src_line l LEFT JOIN src_user u ON u.id = l.owner_id
    WHERE l.type IN ('OwnerUpdate', 'NewTicket')
) QUALIFY type = 'OwnerUpdate'
UNION ALL
SELECT key, src, line, written, created_by, 'responsible', lag(part[2]) OVER (PARTITION BY key ORDER BY line), part[2] FROM src_line WHERE type = 'ResponsibleUpdate'
UNION ALL
SELECT key, src, line, written, created_by, 'lock', lag(part[2]) OVER (PARTITION BY key ORDER BY line), part[2] FROM src_line WHERE type IN ('Lock', 'Unlock')
UNION ALL
SELECT key, src, line, written, created_by, 'customer_id', lag(customer) OVER (PARTITION BY key ORDER BY line), customer
FROM (SELECT *, regexp_extract(name, 'CustomerID=([^;]*);', 1) AS customer FROM src_line WHERE type = 'CustomerUpdate' AND contains(name, 'CustomerID='))
UNION ALL
SELECT key, src, line, written, created_by, 'custom.' || part[3], part[7], part[5]
FROM src_line WHERE type = 'TicketDynamicFieldUpdate' AND part[2] = 'FieldName' AND part[4] = 'Value'

-- table: src_custom
-- Dynamic fields of a ticket, by name; several values in one text. Times get the zone that all times have.
SELECT key, json_group_object(name, CASE WHEN regexp_full_match(text, '\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}') THEN text || suffix ELSE text END) AS custom
FROM (
    SELECT key, f->>'$.Name' AS name,
        CASE WHEN json_type(f, '$.Value') = 'ARRAY' THEN array_to_string(CAST(f->'$.Value' AS VARCHAR[]), ', ') ELSE f->>'$.Value' END AS text
    FROM (SELECT key, unnest(json_extract(payload, '$.DynamicField[*]')) AS f FROM raw_ticket)
), src_zone
WHERE name IS NOT NULL
GROUP BY key

-- entity: ticket
SELECT payload->>'$.TicketNumber' AS key, t.src, regexp_replace({{url}}, '/nph-genericinterface[.]pl.*$', '') || '/index.pl?Action=AgentTicketZoom;TicketID=' || t.key AS url,
    payload->>'$.Title' AS title, payload->>'$.Type' AS kind, payload->>'$.State' AS status, payload->>'$.Priority' AS priority, payload->>'$.Queue' AS team,
    CASE WHEN (payload->>'$.OwnerID') <> '1' THEN payload->>'$.Owner' END AS assignee, payload->>'$.CustomerUserID' AS requester,
    payload->>'$.CustomerID' AS customer_id, payload->>'$.Service' AS service_id,
    coalesce(opened.instant, (payload->>'$.Created') || suffix) AS opened_at, coalesce(changed.instant, (payload->>'$.Changed') || suffix) AS updated_at,
    coalesce(closed.instant, (payload->>'$.Closed') || suffix) AS closed_at,
    strftime(to_timestamp(nullif(TRY_CAST(payload->>'$.EscalationSolutionTime' AS BIGINT), 0)) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS due_at,
    t.deleted_at, m.number AS merged_into, h.told IS NOT NULL AS has_history,
    t.key AS "TicketID", payload->>'$.SLA' AS sla, payload->>'$.Lock' AS lock, payload->>'$.Responsible' AS responsible, c.custom
FROM raw_ticket t CROSS JOIN src_zone
LEFT JOIN (SELECT key AS told FROM raw_history) h ON h.told = t.key
LEFT JOIN src_merged m ON m.key = t.key
LEFT JOIN src_custom c ON c.key = t.key
LEFT JOIN src_instant opened ON opened.key = t.key AND opened.written = (t.payload->>'$.Created')
LEFT JOIN src_instant changed ON changed.key = t.key AND changed.written = (t.payload->>'$.Changed')
LEFT JOIN src_instant closed ON closed.key = t.key AND closed.written = (t.payload->>'$.Closed')

-- entity: ticket_history
-- What a ticket gets while it is created (service, SLA, type, customer, dynamic fields) is how it begins, no change.
SELECT t.payload->>'$.TicketNumber' AS ticket_id, c.src, coalesce(i.instant, c.written || suffix) AS occurred_at, c.line AS sequence, c.field,
    CASE WHEN regexp_full_match(c.from_text, '\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}') THEN c.from_text || suffix ELSE nullif(c.from_text, '') END AS from_value,
    CASE WHEN regexp_full_match(c.to_text, '\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}') THEN c.to_text || suffix ELSE nullif(c.to_text, '') END AS to_value,
    coalesce(u.login, 'user ' || c.created_by) AS actor, CASE WHEN c.created_by = '1' THEN 'system' ELSE 'agent' END AS actor_role
FROM src_change c CROSS JOIN src_zone
JOIN raw_ticket t ON t.key = c.key
LEFT JOIN src_instant i ON i.key = c.key AND i.written = c.written
LEFT JOIN src_user u ON u.id = c.created_by
WHERE nullif(c.from_text, '') IS DISTINCT FROM nullif(c.to_text, '')
    AND NOT (c.written = (t.payload->>'$.Created') AND coalesce(c.from_text, '') = '' AND c.field NOT IN ('status', 'team', 'priority', 'assignee'))

-- entity: communication
-- Without the message with which a customer opens a ticket, and without the note that merging leaves behind.
SELECT a.article AS communication_id, t.payload->>'$.TicketNumber' AS ticket_id, a.src, coalesce(i.instant, a.written || suffix) AS sent_at,
    CASE a.sender_type WHEN 'customer' THEN t.payload->>'$.CustomerUserID' WHEN 'agent' THEN coalesce(u.login, 'user ' || a.created_by) END AS sender,
    CASE a.sender_type WHEN 'customer' THEN 'requester' ELSE a.sender_type END AS sender_role, a.is_public,
    CASE a.channel WHEN '1' THEN 'email' WHEN '2' THEN 'phone' WHEN '3' THEN 'internal' WHEN '4' THEN 'chat' END AS channel
FROM src_article a CROSS JOIN src_zone
JOIN raw_ticket t ON t.key = a.key
LEFT JOIN src_instant i ON i.key = a.key AND i.written = a.written
LEFT JOIN src_user u ON u.id = a.created_by
LEFT JOIN src_merged m ON m.key = a.key AND m.written = a.written
WHERE m.key IS NULL
    AND NOT (a.sender_type = 'customer' AND TRY_CAST(a.written AS TIMESTAMP) <= TRY_CAST(t.payload->>'$.Created' AS TIMESTAMP) + INTERVAL 60 SECOND
        AND a.article = (SELECT min(b.article) FROM src_article b WHERE b.key = a.key AND b.written >= (t.payload->>'$.Created')))

-- entity: ticket_link
-- Both tickets tell of a link; of what type it is, neither does. The link that merging leaves behind is merged_into.
SELECT ticket_id, 'relates_to' AS link_type, to_ticket_id, created_at, src
FROM (
    SELECT t.payload->>'$.TicketNumber' AS ticket_id, l.part[2] AS to_ticket_id, coalesce(i.instant, l.written || suffix) AS created_at, l.src, l.type
    FROM src_line l CROSS JOIN src_zone
    JOIN raw_ticket t ON t.key = l.key
    LEFT JOIN src_instant i ON i.key = l.key AND i.written = l.written
    WHERE l.type IN ('TicketLinkAdd', 'TicketLinkDelete') AND l.part[2] <> ''
        AND NOT EXISTS (FROM src_merged m WHERE m.key IN (l.key, l.part[3]) AND m.into_key IN (l.key, l.part[3]) AND m.written = l.written)
    QUALIFY row_number() OVER (PARTITION BY least(l.key, l.part[3]), greatest(l.key, l.part[3]) ORDER BY l.written DESC, l.type DESC, l.key) = 1
)
WHERE type = 'TicketLinkAdd'

-- entity: native_sla
-- Minutes are cut to whole ones, so that a difference of 0 is no verdict, and the goal is not exactly known.
SELECT t.payload->>'$.TicketNumber' AS ticket_id, t.src, coalesce(t.payload->>'$.SLA', t.payload->>'$.Queue') || ': first response' AS name, 'response' AS clock,
    CASE WHEN TRY_CAST(payload->>'$.FirstResponseDiffInMin' AS BIGINT) <> 0 THEN TRY_CAST(payload->>'$.FirstResponseDiffInMin' AS BIGINT) < 0
        WHEN (payload->>'$.FirstResponse') IS NULL AND (payload->>'$.FirstResponseTimeEscalation') = '1' THEN TRUE END AS breached,
    60 * TRY_CAST(payload->>'$.FirstResponseInMin' AS BIGINT) AS elapsed_seconds,
    strftime(to_timestamp(nullif(TRY_CAST(payload->>'$.EscalationResponseTime' AS BIGINT), 0)) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS due_at,
    coalesce(i.instant, (payload->>'$.FirstResponse') || suffix) AS stopped_at
FROM raw_ticket t CROSS JOIN src_zone LEFT JOIN src_instant i ON i.key = t.key AND i.written = (t.payload->>'$.FirstResponse')
WHERE (payload->>'$.FirstResponseDiffInMin') IS NOT NULL OR TRY_CAST(payload->>'$.EscalationResponseTime' AS BIGINT) > 0

-- entity: native_sla
SELECT t.payload->>'$.TicketNumber' AS ticket_id, t.src, coalesce(t.payload->>'$.SLA', t.payload->>'$.Queue') || ': solution' AS name, 'resolution' AS clock,
    CASE WHEN TRY_CAST(payload->>'$.SolutionDiffInMin' AS BIGINT) <> 0 THEN TRY_CAST(payload->>'$.SolutionDiffInMin' AS BIGINT) < 0
        WHEN (payload->>'$.Closed') IS NULL AND (payload->>'$.SolutionTimeEscalation') = '1' THEN TRUE END AS breached,
    60 * TRY_CAST(payload->>'$.SolutionInMin' AS BIGINT) AS elapsed_seconds,
    strftime(to_timestamp(nullif(TRY_CAST(payload->>'$.EscalationSolutionTime' AS BIGINT), 0)) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS due_at,
    coalesce(i.instant, (payload->>'$.Closed') || suffix) AS stopped_at
FROM raw_ticket t CROSS JOIN src_zone LEFT JOIN src_instant i ON i.key = t.key AND i.written = (t.payload->>'$.Closed')
WHERE (payload->>'$.SolutionDiffInMin') IS NOT NULL OR TRY_CAST(payload->>'$.EscalationSolutionTime' AS BIGINT) > 0

-- entity: service
SELECT DISTINCT ON (service_id) payload->>'$.Service' AS service_id, payload->>'$.Service' AS name, src FROM raw_ticket
WHERE (payload->>'$.Service') <> '' AND deleted_at IS NULL ORDER BY service_id, key

-- entity: customer
SELECT DISTINCT ON (customer_id) payload->>'$.CustomerID' AS customer_id, payload->>'$.CustomerID' AS name, src FROM raw_ticket
WHERE (payload->>'$.CustomerID') <> '' AND deleted_at IS NULL ORDER BY customer_id, key

-- entity: team
SELECT DISTINCT ON (team) payload->>'$.Queue' AS team, src FROM raw_ticket
WHERE (payload->>'$.Queue') <> '' AND deleted_at IS NULL ORDER BY team, key
