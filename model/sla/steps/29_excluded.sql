-- name: clock_excluded
-- purpose: tickets that the definition names but whose clock is not computed, and why
-- inputs: ticket, clock_ticket, clock_apply, clock_cycle; the definition
-- output columns: ticket_id; reason (deleted, merged, out_of_range, no_goal, not_started)
SELECT r.ticket_id,
       CASE WHEN r.deleted_at IS NOT NULL THEN 'deleted' WHEN r.merged_into IS NOT NULL THEN 'merged' ELSE 'out_of_range' END AS reason
FROM (SELECT * FROM {{.Ticket}} ticket WHERE COALESCE(({{.AppliesWhen}}), FALSE)) r
WHERE (r.deleted_at IS NOT NULL OR r.merged_into IS NOT NULL OR {{seconds "r.opened_at"}} < 0)
  AND {{seconds "r.opened_at"}} < {{.ValidTo}} AND {{seconds "r.opened_at"}} <= {{.AsOf}}
  AND ({{seconds "r.opened_at"}} >= {{.ValidFrom}} OR {{.ValidFrom}} = 0)
UNION ALL
SELECT t.ticket_id, CASE WHEN n.goals = 0 THEN 'not_started' ELSE 'no_goal' END
FROM (
  SELECT s.shape_no, MAX(CASE WHEN c.shape_no IS NULL THEN 0 ELSE 1 END) AS goals
  FROM clock_shape s
  LEFT JOIN clock_cycle c ON c.shape_no = s.shape_no
  -- A cycle without a goal that began anew is answered by the next one.
  WHERE c.shape_no IS NULL OR c.goal = 0 AND MOD(c.ending, 8) <> 4
  GROUP BY s.shape_no
) n
JOIN clock_apply a ON a.shape_no = n.shape_no
JOIN clock_ticket t ON t.ticket_no = a.ticket_no
