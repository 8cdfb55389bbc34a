-- name: clock_history
-- purpose: what happened to each ticket and when, apart: many tickets go through the same changes at other times
-- inputs: clock_sorted, clock_ticket
-- output columns: ticket_no; base; still; changes (list of change_no); moments (list of seconds since 1970-01-01 UTC)
SELECT s.ticket_no, t.base, t.still,
       {{each "s.keys" "k" (printf "CAST(MOD(k, %d) AS INTEGER)" .ChangeWeight)}} AS changes,
       {{each "s.keys" "k" (printf "CAST(%s AS BIGINT) + %d" (div "k" .SecondWeight) .FirstSecond)}} AS moments
FROM clock_sorted s
JOIN clock_ticket t ON t.ticket_no = s.ticket_no
