-- name: clock_sorted
-- purpose: the history of each ticket as one list in order. Second, rank and change stand in one number, so that sorting numbers
--   sorts the history
-- inputs: clock_event
-- output columns: ticket_no; keys (list: (second - {{.FirstSecond}}) x {{.SecondWeight}} + rank x {{.ChangeWeight}} + change_no)
SELECT ticket_no,
       {{sorted (printf "(second - %d) * CAST(%s AS %s) + CAST(rank AS %s) * %d + change_no" .FirstSecond .SecondWeight .Key .Key .ChangeWeight)}} AS keys
FROM clock_event
GROUP BY ticket_no
