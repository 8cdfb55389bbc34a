-- name: sla_choices
-- inputs: sla_choice, sla_preset_limit, sla_definition
-- output: one row a choice or condition of a definition, in their order: choice, answer, words, origin (definition, preset, default), preset and the
--   tool's name (NULL = none); limits: what the preset cannot say of its tool, a sentence a line
SELECT c.definition, c.choice, c.answer, c.words, c.origin, COALESCE(c.preset, '') AS preset, COALESCE(l.tool, '') AS tool, COALESCE(l.limits, '') AS limits
FROM sla_choice AS c
JOIN sla_definition AS d ON d.definition = c.definition
LEFT JOIN (SELECT definition, min(tool) AS tool, string_agg(sentence, chr(10) ORDER BY ordinal) AS limits FROM sla_preset_limit GROUP BY definition) AS l ON l.definition = c.definition
ORDER BY d.ordinal, c.definition, c.ordinal
