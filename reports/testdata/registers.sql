INSERT INTO document (document_id, title, kind, owner, version, approved_by, approved_on, review_by, requirements) VALUES
 ('DOC-1', 'Service management policy', 'policy', 'Head of IT', '3', 'CIO', '2026-01-10', '2027-01-10', 'iso20000-1:2018/5.2.1'),
 ('DOC-2', 'Incident procedure', 'procedure', NULL, '1', 'CIO', '2025-10-31', '2026-10-31', 'iso20000-1:2018/8.6.1');
INSERT INTO review (review_id, kind, title, planned_on, held_on, outcome) VALUES
 ('REV-1', 'management_review', 'Management review 2026', '2026-06-01', '2026-06-03', 'actions agreed'), ('REV-2', 'service_review', 'Mail', '2026-09-01', NULL, NULL);
INSERT INTO audit (audit_id, title, kind, planned_on, held_on) VALUES ('AUD-1', 'Internal audit', 'internal', '2026-05-01', '2026-05-02');
INSERT INTO nonconformity (nonconformity_id, title, requirement, found_on, action, owner, due_on) VALUES ('NC-1', 'Change without approval', 'iso20000-1:2018/8.5.1.3', '2026-05-02', 'Ask for approval', 'Change manager', '2026-08-01');
UPDATE ticket SET impact = priority, urgency = 1 WHERE key IN ('INC-1', 'INC-3', 'INC-5');
INSERT INTO raw_record SELECT 'desk', 'ticket', key, 1, 1, '2026-11-05 20:00:00+00', 'feed', 'export.csv', 2, 1, FALSE, '{}' FROM ticket;
UPDATE ticket SET title = (SELECT title FROM ticket WHERE key = 'INC-1');
