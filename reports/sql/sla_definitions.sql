-- name: sla_definitions
-- inputs: sla_definition
-- output: the definitions as configured, in the order of the configuration; target as a share
SELECT definition, definition_kind, clock, title, CAST(target AS DOUBLE) AS target, applies_when, start_when, pause_when, stop_when, goals, calendars, valid_from, valid_to
FROM sla_definition ORDER BY ordinal, definition
