-- name: sla_kinds
-- inputs: report_outcome
-- output: definition, kind of its tickets when there is one kind only, else empty (decides the noun of sentences), calendars that counted
SELECT definition, CASE WHEN count(DISTINCT kind) = 1 THEN min(kind) ELSE '' END AS kind,
    string_agg(DISTINCT calendar, ', ' ORDER BY calendar) AS calendars
FROM report_outcome GROUP BY definition ORDER BY definition
