-- name: todo
-- inputs: the registers; shared parts document_state, document_in_use, open_risk; parameters $as_of_day, $until (last day of what is
--   open and due), $until_review (last day of what comes round again: reviews of documents, risks, suppliers, competences)
-- output: kind, id, title, owner, due (day; NULL = none is set), what (what is to be done); what has no day is always listed
SELECT kind, id, coalesce(title, '') AS title, coalesce(trim(owner), '') AS owner, due, what FROM (
    SELECT 'document' AS kind, document_id AS id, title, owner, CASE WHEN review_by <= $until_review THEN review_by END AS due,
        'Document ' || CASE WHEN due <> '' THEN due ELSE 'falls due for review' END AS what
    FROM document_state WHERE due <> '' OR review_by <= $until_review
    UNION ALL
    SELECT 'risk', risk_id, title, owner, review_by, 'Review the risk' || CASE WHEN review_by IS NULL THEN ': no day of review is set' ELSE '' END
    FROM open_risk WHERE review_by IS NULL OR review_by <= $until_review
    UNION ALL
    SELECT 'risk', risk_id, title, owner, action_due_on, 'Carry out the action on the risk: ' || action
    FROM open_risk WHERE trim(action) <> '' AND coalesce(action_done_on > $as_of_day, TRUE) AND coalesce(action_due_on <= $until, TRUE)
    UNION ALL
    SELECT 'improvement', improvement_id, title, owner, due_on, 'Finish the improvement'
    FROM improvement WHERE coalesce(done_on > $as_of_day, TRUE) AND coalesce(status, 'open') NOT IN ('done', 'rejected') AND coalesce(due_on <= $until, TRUE)
    UNION ALL
    SELECT 'corrective action', nonconformity_id, title, owner, due_on, 'Close the nonconformity' || coalesce(': ' || nullif(trim(action), ''), ': no action is recorded')
    FROM nonconformity WHERE coalesce(closed_on > $as_of_day, TRUE) AND coalesce(due_on <= $until, TRUE)
    UNION ALL
    SELECT 'corrective action', nonconformity_id, title, owner, NULL, 'Check whether the corrective action works'
    FROM nonconformity WHERE closed_on <= $as_of_day AND coalesce(effective_on > $as_of_day, TRUE)
    UNION ALL
    SELECT 'audit', audit_id, title, auditor, planned_on, 'Hold the audit'
    FROM audit WHERE coalesce(held_on > $as_of_day, TRUE) AND coalesce(planned_on <= $until, TRUE)
    UNION ALL
    SELECT 'audit', audit_id, title, auditor, NULL, 'Hand over the report of the audit'
    FROM audit WHERE held_on <= $as_of_day AND coalesce(report_on > $as_of_day, TRUE)
    UNION ALL
    SELECT 'review', review_id, coalesce(title, replace(kind, '_', ' ')), chaired_by, planned_on, 'Hold the ' || replace(kind, '_', ' ')
    FROM review WHERE coalesce(held_on > $as_of_day, TRUE) AND coalesce(planned_on <= $until, TRUE)
    UNION ALL
    SELECT 'review', review_id, coalesce(title, replace(kind, '_', ' ')), chaired_by, next_on, 'Hold the next ' || replace(kind, '_', ' ')
    FROM review AS r WHERE held_on <= $as_of_day AND next_on <= $until_review
      AND NOT EXISTS (FROM review AS n WHERE n.review_id <> r.review_id AND n.kind = r.kind AND coalesce(n.held_on, n.planned_on) > r.held_on
          AND n.service_id IS NOT DISTINCT FROM r.service_id AND n.customer_id IS NOT DISTINCT FROM r.customer_id
          AND n.supplier_id IS NOT DISTINCT FROM r.supplier_id AND n.document_id IS NOT DISTINCT FROM r.document_id)
    UNION ALL
    SELECT 'supplier', supplier_id, name, manager, evaluate_by, 'Evaluate the supplier'
    FROM supplier WHERE evaluate_by <= $until_review
    UNION ALL
    SELECT 'supplier', e.evaluation_id, coalesce(s.name, e.supplier_id), e.evaluator, e.period_to, 'Hold the planned evaluation of the supplier'
    FROM supplier_evaluation AS e LEFT JOIN supplier AS s ON s.supplier_id = e.supplier_id
    WHERE coalesce(e.held_on > $as_of_day, TRUE) AND coalesce(e.period_to <= $until, TRUE)
    UNION ALL
    SELECT 'agreement', a.agreement_id, a.name, s.owner, a.review_by, 'Review the agreement'
    FROM service_agreement AS a LEFT JOIN service AS s ON s.service_id = a.service_id
    WHERE a.review_by <= $until_review AND coalesce(a.valid_to >= $as_of_day, TRUE)
    UNION ALL
    SELECT 'competence', competence_id, person || ', ' || skill, person, review_by, 'Assess the competence anew'
    FROM competence WHERE review_by <= $until_review
    UNION ALL
    SELECT 'competence', competence_id, person || ', ' || skill, person, NULL, 'Close the gap: level ' || level || ' of ' || required_level || ' that the role needs'
    FROM competence WHERE level < required_level
    UNION ALL
    SELECT 'announcement', announcement_id, title, owner, planned_on, 'Tell ' || coalesce(audience, 'those concerned')
    FROM announcement WHERE coalesce(sent_on > $as_of_day, TRUE) AND coalesce(planned_on <= $until, TRUE)
    UNION ALL
    SELECT 'objective', objective_id, title, owner, due_on, 'Reach the objective, and measure it'
    FROM objective WHERE coalesce(status, 'open') = 'open' AND coalesce(due_on <= $until, TRUE)
)
ORDER BY kind, due NULLS LAST, id, what
