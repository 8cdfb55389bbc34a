-- name: clock_change
-- purpose: every distinct change of a field that a definition asks about, once: conditions are judged on few rows, not on many
-- inputs: ticket_event, communication, clock_field (field_no, name)
-- output columns: change_no; field_no; from_value, to_value, source_value (source's own word after the change); empty = none
SELECT ROW_NUMBER() OVER (ORDER BY d.field_no, d.from_value, d.to_value, d.source_value) AS change_no,
       d.field_no, d.from_value, d.to_value, d.source_value
FROM (
  SELECT DISTINCT f.field_no, COALESCE(e.from_value, '') AS from_value, COALESCE(e.to_value, '') AS to_value,
         COALESCE(e.source_to_value, '') AS source_value
  FROM {{.TicketEvent}} e JOIN clock_field f ON f.name = e.field
  WHERE f.field_no > 3{{if .FirstResponse}} OR f.field_no = 2{{end}}
  UNION
  SELECT 1, '', 'true', ''
  UNION
  SELECT 2, '', 'true', ''
  UNION
  SELECT {{.StatusNo}}, '', v.status, ''
  FROM (VALUES ('new'), ('resolved'), ('closed')) AS v (status)
  {{- if .Comments}}
  UNION
  SELECT 3, '', COALESCE(m.sender_role, ''), '' FROM {{.Communication}} m
  {{- end}}
) d
