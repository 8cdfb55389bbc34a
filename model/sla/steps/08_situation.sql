-- name: clock_situation
-- purpose: the state of a ticket after each event, all fields packed into one number
-- inputs: clock_order, clock_first
-- output columns: ticket_no; position; second; change_no; more (NULL = the last one); packed (sum of value number x weight over the fields)
SELECT e.ticket_no, e.position, e.second, e.change_no, e.more,
       {{range $i, $f := .Fields}}{{if $i}} + {{end}}CAST({{if .Evolves}}COALESCE(e.m{{.No}}, f.i{{.No}}){{else}}f.i{{.No}}{{end}} AS {{$.Packed}}) * {{.Weight}}{{end}} AS packed
FROM clock_order e
JOIN clock_first f ON f.ticket_no = e.ticket_no
