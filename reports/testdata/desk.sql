-- A small desk: 40 incidents in October 2026, 30 in September, one definition with a target, one without, one OLA.
INSERT INTO build_info VALUES ('2026-11-05 23:00:00+00', 'Europe/Berlin', 'c0ffee', 1, 'test');
INSERT INTO collection_run VALUES (1, 'desk', 'file', 'export.csv', '', '', '', NULL, NULL, '2026-11-05 20:00:00+00', '2026-11-05 20:01:00+00', 'incomplete', 'one row refused', NULL, 'test');
INSERT INTO collection_count VALUES (1, 'desk', 'ticket', 73, 73, 72, 0, 1, 0, 0);
INSERT INTO source_file VALUES (1, 'desk', 'ticket', 'export.csv', 'aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44', 4711, 'csv', 'utf-8', '', 73, FALSE);
INSERT INTO rejected_record VALUES (1, 'desk', 'ticket', 'read', 'export.csv', 17, NULL, 'the date "32.10.2026" cannot be read', 'x');
INSERT INTO unmapped_value VALUES ('desk', 'ticket', 'status', '=HYPERLINK("http://evil")', 2, 'INC-1');
INSERT INTO service (service_id, name, status) VALUES ('desk:mail', 'Mail', 'live'), ('desk:erp', 'ERP <script>', 'live');
INSERT INTO customer (customer_id, name) VALUES ('desk:acme', 'Acme & Söhne');
INSERT INTO sla_definition VALUES
 ('inc-res', 'SLA', 'resolution', 'Incident resolution', 1, 10, 0.95, 'kind = ''incident''', 'opened', 'status = ''on_hold''', 'status = ''resolved''', 'P1–P5: 8 h', 'office', 'last_closure', 'goal_at_stop', 'runs', 'calendar', 'working_day', 'breached', '2026-01-01', NULL),
 ('inc-resp', 'SLA', 'response', 'First response', 2, 20, NULL, 'kind = ''incident''', 'opened', NULL, 'first_response', '1 h', 'office', 'first_closure', 'goal_at_stop', 'runs', 'calendar', 'working_day', 'open', NULL, NULL),
 ('ola-net', 'OLA', 'resolution', 'Network team', 3, 30, 0.9, 'team = ''Network''', 'opened', NULL, 'resolved', '6 h', 'office', 'last_closure', 'goal_at_stop', 'runs', 'calendar', 'working_day', 'breached', NULL, NULL);

INSERT INTO sla_choice
SELECT definition, i, choice, answer, words, CASE WHEN definition = 'inc-resp' AND choice IN ('reopen', 'open_overdue') THEN 'definition' WHEN definition = 'inc-res' AND choice = 'pause' THEN 'preset' ELSE 'default' END,
    CASE WHEN definition = 'inc-res' THEN 'jira' END
FROM sla_definition, LATERAL (VALUES (1, 'reopen', reopen, 'words for ' || reopen), (2, 'goal_change', goal_change, 'words for ' || goal_change), (3, 'open_overdue', open_overdue, 'words for ' || open_overdue),
    (4, 'pause', coalesce(pause_when, ''), coalesce('when ' || pause_when, 'never'))) AS v(i, choice, answer, words);
INSERT INTO sla_preset_limit VALUES ('inc-res', 'jira', 'Jira Service Management', 1, 'Out of hours is shown as paused <b>there</b>.');

-- i = 1 … 40 in October, 41 … 70 in September, 71 and 72 still open.
INSERT INTO ticket (ticket_id, source, key, url, kind, title, status, source_status, priority, service_id, customer_id, team, opened_at, first_response_at, resolved_at, closed_at, reopen_count, reassignment_count, has_history)
SELECT 'desk:INC-' || i, 'desk', 'INC-' || i, CASE WHEN i = 1 THEN 'javascript:alert(1)' ELSE 'https://desk.example/INC-' || i END, 'incident',
    CASE WHEN i = 1 THEN '=cmd|'' /C calc''!A0 <script>alert(1)</script> {k} of {n}' ELSE 'Ticket ' || i END,
    CASE WHEN i > 70 THEN 'in_progress' ELSE 'closed' END, 'x', 1 + i % 3, CASE WHEN i % 2 = 0 THEN 'desk:mail' ELSE 'desk:erp' END, 'desk:acme',
    CASE WHEN i % 4 = 0 THEN 'Network' ELSE 'Desk' END,
    opened, opened + INTERVAL 30 MINUTE, CASE WHEN i <= 70 THEN opened + INTERVAL 5 HOUR END, CASE WHEN i <= 70 THEN opened + INTERVAL 5 HOUR END, 0, 0, i <> 70
FROM (SELECT i, CASE WHEN i <= 40 THEN TIMESTAMPTZ '2026-10-01 08:00:00+02' + INTERVAL 1 DAY * (i // 2)
      WHEN i <= 70 THEN TIMESTAMPTZ '2026-09-01 08:00:00+02' + INTERVAL 1 DAY * (i - 41)
      ELSE TIMESTAMPTZ '2026-11-01 08:00:00+01' + INTERVAL 1 DAY * (i - 71) END AS opened FROM range(1, 73) AS r(i));
INSERT INTO ticket (ticket_id, source, key, kind, status, opened_at, reopen_count, reassignment_count, has_history, deleted_at)
VALUES ('desk:INC-99', 'desk', 'INC-99', 'incident', 'new', '2026-10-02 08:00:00+02', 0, 0, FALSE, '2026-10-03 08:00:00+02');

INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value, source_to_value)
SELECT ticket_id, 1, opened_at, 'status', NULL, 'new', 'New' FROM ticket WHERE has_history
UNION ALL SELECT ticket_id, 2, opened_at + INTERVAL 20 MINUTE, 'status', 'new', 'in_progress', 'Work' FROM ticket WHERE has_history
UNION ALL SELECT ticket_id, 3, resolved_at, 'status', 'in_progress', 'resolved', 'Done' FROM ticket WHERE has_history AND resolved_at IS NOT NULL
UNION ALL SELECT ticket_id, 4, resolved_at, 'status', 'resolved', 'closed', 'Shut' FROM ticket WHERE has_history AND resolved_at IS NOT NULL;
-- INC-2: lowered, reopened within a day.
INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value) VALUES
 ('desk:INC-2', 5, '2026-10-02 15:00:00+02', 'status', 'closed', 'in_progress'), ('desk:INC-2', 6, '2026-10-02 16:00:00+02', 'status', 'in_progress', 'closed'),
 ('desk:INC-2', 7, '2026-10-02 09:00:00+02', 'priority', '1', '3');

-- Resolution: every 8th is late by 2 h; INC-8 is the worst. The Network team is late in INC-8, 16, 24, 32, 40, 48, 56, 64.
INSERT INTO sla_cycle
SELECT ticket_id, 'inc-res', 'SLA', 'resolution', 1, 'office', 28800, opened_at, resolved_at,
    CASE WHEN i = 8 THEN 60000 WHEN i % 8 = 0 THEN 36000 WHEN i = 3 THEN 28800 WHEN i > 70 THEN 3600 ELSE 14400 END, 18000, CASE WHEN i = 8 THEN 3600 ELSE 0 END, opened_at + INTERVAL 8 HOUR,
    CASE WHEN i <= 70 AND i % 8 = 0 THEN opened_at + INTERVAL 4 HOUR END,
    CASE WHEN i > 70 THEN 'running' WHEN i % 8 = 0 THEN 'breached' ELSE 'met' END
FROM (SELECT *, CAST(substr(key, 5) AS INTEGER) AS i FROM ticket WHERE deleted_at IS NULL);
INSERT INTO sla_cycle
SELECT ticket_id, 'inc-resp', 'SLA', 'response', 1, 'office', 3600, opened_at, first_response_at, 1800, 1800, 0, opened_at + INTERVAL 1 HOUR, NULL, 'met'
FROM ticket WHERE opened_at < '2026-10-05' AND opened_at >= '2026-10-01' AND deleted_at IS NULL;
INSERT INTO sla_cycle
SELECT ticket_id, 'ola-net', 'OLA', 'resolution', 1, 'office', 21600, started_at, stopped_at, elapsed_seconds, 18000, 0, due_at, CASE WHEN elapsed_seconds > 21600 THEN started_at + INTERVAL 4 HOUR END, CASE WHEN elapsed_seconds > 21600 THEN 'breached' ELSE 'met' END
FROM sla_cycle SEMI JOIN (SELECT ticket_id FROM ticket WHERE team = 'Network') USING (ticket_id) WHERE definition = 'inc-res' AND stopped_at IS NOT NULL;
INSERT INTO sla_segment VALUES
 ('desk:INC-8', 'inc-res', 1, 1, '2026-10-05 08:00:00+02', '2026-10-05 10:00:00+02', 'running', 'status = New', 28800, 'office', 27000),
 ('desk:INC-8', 'inc-res', 1, 2, '2026-10-05 10:00:00+02', '2026-10-05 11:00:00+02', 'paused', 'status = Waiting <b>', 28800, 'office', 0),
 ('desk:INC-8', 'inc-res', 1, 3, '2026-10-05 11:00:00+02', '2026-10-05 13:00:00+02', 'running', 'status = Work', 28800, 'office', 33000);
INSERT INTO native_sla VALUES
 ('desk:INC-8', 'Resolution', 'resolution', TRUE, 28800, 60000, NULL, NULL), ('desk:INC-16', 'Resolution', 'resolution', FALSE, 36000, 36000, NULL, NULL),
 ('desk:INC-5', 'Resolution', 'resolution', FALSE, NULL, NULL, NULL, NULL), ('desk:INC-6', 'Resolution', 'resolution', TRUE, NULL, NULL, NULL, NULL);
