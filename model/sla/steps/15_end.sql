-- name: clock_end
-- purpose: where each cycle begins and where its last stretch is
-- inputs: clock_stretch; choices of the definition
-- output columns: ticket_no; cycle; started_s; last_position
SELECT ticket_no, cycle, MIN(second) AS started_s, MAX(position) AS last_position
FROM clock_stretch
WHERE phase = 1{{if eq .Reopen "first_closure"}} AND reopened = 0{{end}}
GROUP BY ticket_no, cycle
