-- name: what grows with the number of tickets
-- purpose: which columns hold ids and people that every copy of the sample organization's tickets must have for itself: with the
--   same people at the same times each copy would be a duplicate of the other
-- output: table, columns (of the table, in their order), own (those that hold such ids); tables that tickets do not fill are left out
SELECT table_name AS "table", string_agg(column_name, ',' ORDER BY column_index) AS columns,
       string_agg(column_name, ',' ORDER BY column_index) FILTER (column_name IN
           ('ticket_id', 'to_ticket_id', 'parent', 'merged_into', 'approval_id', 'communication_id', 'work_log_id', 'survey_id', 'outage_id', 'review_id',
            'requester', 'assignee', 'actor', 'approver', 'sender', 'worker')) AS own
FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, schema_name, table_name)
WHERE schema_name = 'main' AND database_name = current_database() AND data_type IS NOT NULL
GROUP BY table_name
HAVING bool_or(column_name = 'ticket_id') AND table_name NOT LIKE 'check\_%' ESCAPE '\' AND table_name NOT LIKE 'control\_%' ESCAPE '\'
ORDER BY table_name
