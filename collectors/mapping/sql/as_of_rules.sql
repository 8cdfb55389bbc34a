-- name: what is later than a moment, table by table
-- purpose: the rules by which the other tables of the model are cut at the moment that the reports stand for
-- output: model_table, model_column, emptied (columns that become NULL with it when the column lies later, separated by
--   blanks; NULL = the whole row is left out)
-- Plans (planned_on, due_on, review_by, valid_from, …) are no later facts: they were known when they were made.
SELECT * FROM (VALUES
    ('ticket_link', 'created_at', NULL),
    ('approval', 'requested_at', NULL),
    ('approval', 'decided_at', 'decided_at decision'),
    ('communication', 'sent_at', NULL),
    ('work_log', 'started_at', NULL),
    ('survey_response', 'asked_at', NULL),
    ('survey_response', 'answered_at', 'answered_at score'),
    ('native_sla', 'stopped_at', 'stopped_at breached elapsed_seconds'),
    ('service_agreement', 'signed_on', 'signed_on'),
    ('service_agreement', 'reviewed_on', 'reviewed_on'),
    ('supplier', 'evaluated_on', 'evaluated_on'),
    ('ci_verification', 'verified_at', NULL),
    ('knowledge_article', 'published_at', 'published_at'),
    ('outage', 'started_at', NULL),
    ('outage', 'ended_at', 'ended_at'),
    ('measurement', 'from_at', NULL),
    ('document', 'approved_on', 'approved_on approved_by'),
    ('risk', 'identified_on', NULL),
    ('risk', 'reviewed_on', 'reviewed_on'),
    ('audit', 'held_on', 'held_on'),
    ('audit', 'report_on', 'report_on'),
    ('nonconformity', 'found_on', NULL),
    ('nonconformity', 'closed_on', 'closed_on'),
    ('nonconformity', 'effective_on', 'effective_on is_effective'),
    ('improvement', 'raised_on', NULL),
    ('improvement', 'done_on', 'done_on effect_measured'),
    ('review', 'held_on', 'held_on outcome minutes achieved_minutes participants'),
    ('document', 'retired_on', 'retired_on'),
    ('risk', 'action_done_on', 'action_done_on residual_likelihood residual_impact'),
    ('audit', 'closed_on', 'closed_on'),
    ('competence', 'assessed_on', 'assessed_on level evidence'),
    ('announcement', 'sent_on', 'sent_on evidence'),
    ('supplier_evaluation', 'held_on', 'held_on result score action evidence'),
    ('objective', 'measured_on', 'measured_on measured status')
) AS rules (model_table, model_column, emptied)
