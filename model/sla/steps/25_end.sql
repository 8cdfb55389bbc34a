-- name: clock_end
-- purpose: where each cycle begins and where its last stretch is
-- inputs: clock_stretch; choices of the definition
-- output columns: shape_no; cycle; first_position; last_position
SELECT shape_no, cycle, MIN(position) AS first_position, MAX(position) AS last_position
FROM clock_stretch
WHERE phase = 1{{if eq .Reopen "first_closure"}} AND reopened = 0{{end}}
GROUP BY shape_no, cycle
