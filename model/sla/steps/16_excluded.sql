-- name: clock_excluded
-- purpose: tickets that the definition names but whose clock is not computed, and why
-- inputs: ticket, clock_ticket, clock_apply, clock_cycle; the definition
-- output columns: ticket_id; reason (deleted, merged, out_of_range, no_goal, not_started)
SELECT r.ticket_id,
       CASE WHEN r.deleted_at IS NOT NULL THEN 'deleted' WHEN r.merged_into IS NOT NULL THEN 'merged' ELSE 'out_of_range' END AS reason
FROM (SELECT * FROM ticket WHERE COALESCE(({{.AppliesWhen}}), FALSE)) r
WHERE (r.deleted_at IS NOT NULL OR r.merged_into IS NOT NULL OR {{seconds "r.opened_at"}} < 0)
  AND {{seconds "r.opened_at"}} < {{.ValidTo}} AND {{seconds "r.opened_at"}} <= {{.AsOf}}
  AND ({{seconds "r.opened_at"}} >= {{.ValidFrom}} OR {{.ValidFrom}} = 0)
UNION ALL
SELECT DISTINCT t.ticket_id, 'no_goal'
FROM clock_cycle c JOIN clock_ticket t ON t.ticket_no = c.ticket_no
WHERE c.goal = 0
UNION ALL
SELECT t.ticket_id, 'not_started'
FROM clock_apply a JOIN clock_ticket t ON t.ticket_no = a.ticket_no
WHERE NOT EXISTS (SELECT 1 FROM clock_cycle c WHERE c.ticket_no = a.ticket_no)
