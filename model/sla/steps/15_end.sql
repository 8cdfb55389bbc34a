-- name: clock_end
-- purpose: where each cycle begins and where its last stretch is
-- inputs: clock_stretch; choices of the definition
-- output columns: ticket_no; cycle; started_s; last_position; last_goal (last goal that was in force, 0 = none ever was)
SELECT ticket_no, cycle, MIN(second) AS started_s, MAX(position) AS last_position,
       MOD(MAX(CASE WHEN goal > 0 THEN position * 65536 + goal ELSE 0 END), 65536) AS last_goal
FROM clock_stretch
WHERE phase = 1{{if eq .Reopen "first_closure"}} AND reopened = 0{{end}}
GROUP BY ticket_no, cycle
