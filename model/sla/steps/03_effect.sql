-- name: clock_effect
-- purpose: what a change sets, as numbers, and the words for it
-- inputs: clock_change, clock_value
-- output columns: change_no; field_no; name (of the field); from_value, to_value, source_value; value_no, from_no, source_no (0 = none); reason (text)
SELECT c.change_no, c.field_no, n.name, c.from_value, c.to_value, c.source_value,
       COALESCE(v.value_no, 0) AS value_no, COALESCE(f.value_no, 0) AS from_no, COALESCE(s.value_no, 0) AS source_no,
       CASE WHEN c.field_no = 1 THEN 'opened'
            WHEN c.field_no = 2 THEN 'first response'
            WHEN c.field_no = 3 THEN CONCAT('comment by ', c.to_value)
            WHEN c.to_value = '' THEN CONCAT(n.name, ' emptied')
            WHEN c.source_value <> '' AND c.source_value <> c.to_value THEN CONCAT(n.name, ' = ', c.to_value, ' (', c.source_value, ')')
            ELSE CONCAT(n.name, ' = ', c.to_value) END AS reason
FROM clock_change c
LEFT JOIN clock_field n ON n.field_no = c.field_no
-- A response is a fact, whatever the event carries.
LEFT JOIN clock_value v ON v.field_no = c.field_no AND v.content = CASE WHEN c.field_no = 2 THEN 'true' ELSE c.to_value END
LEFT JOIN clock_value f ON f.field_no = c.field_no AND f.content = c.from_value
LEFT JOIN clock_value s ON s.field_no = {{if .SourceStatusNo}}{{.SourceStatusNo}}{{else}}-1{{end}} AND c.field_no = {{.StatusNo}} AND s.content = c.source_value
