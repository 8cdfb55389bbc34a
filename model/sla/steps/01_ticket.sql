-- name: clock_ticket
-- purpose: the tickets whose clocks are computed, with a number that is cheaper to join than their id
-- inputs: ticket
-- output columns: ticket_no; ticket_id; opened_s, first_response_s, resolved_s, closed_s (seconds since 1970-01-01 UTC)
SELECT ROW_NUMBER() OVER () AS ticket_no, t.ticket_id,
       {{seconds "t.opened_at"}} AS opened_s,
       {{seconds "t.first_response_at"}} AS first_response_s,
       {{seconds "t.resolved_at"}} AS resolved_s,
       {{seconds "t.closed_at"}} AS closed_s
FROM ticket t
WHERE t.deleted_at IS NULL AND t.merged_into IS NULL
  AND {{seconds "t.opened_at"}} >= 0 AND {{seconds "t.opened_at"}} <= {{.AsOf}}
