-- name: sla_tool
-- inputs: metric_fact of sla_tool_agreement (which verdicts are compared: the rule stands in that metric), native_difference (figures and
--   causes: the rule stands in that view), ticket, report_outcome, report_span 'now'
-- output: one row a ticket and definition with a verdict of the tool and of the recomputation: tool_late, own_late, relation (agree, tool_only,
--   own_only); of the entry that differs most: goals, elapsed (working seconds, each in its own calendar) and due times of both, difference
--   (seconds, tool minus recomputed; NULL = the tool states neither time), cause, words; largest differences first
WITH compared AS (
    SELECT f.ticket_id, f.definition, f.numerator = 1 AS agrees FROM metric_fact AS f
    JOIN report_span AS s ON s.span = 'now' AND f.counted_at >= s.span_from AND f.counted_at < s.span_to
    WHERE f.metric = 'sla_tool_agreement'
), own AS (
    SELECT o.ticket_id, o.definition, min(o.ticket_key) AS ticket_key, min(o.url) AS url, bool_or(o.has_history) AS has_history, bool_or(o.late) AS own_late,
        arg_max(o.paused_seconds, o.cycle) AS paused_seconds
    FROM report_outcome AS o SEMI JOIN compared AS c ON c.ticket_id = o.ticket_id AND c.definition = o.definition
    GROUP BY o.ticket_id, o.definition
), shown AS (
    SELECT d.* FROM native_difference AS d SEMI JOIN compared AS c ON c.ticket_id = d.ticket_id AND c.definition = d.definition
    QUALIFY row_number() OVER (PARTITION BY d.ticket_id, d.definition ORDER BY d.likely_cause = 'none', d.verdict <> 'differs',
        abs(d.difference_seconds) DESC NULLS LAST, d.cycle DESC, d.native_name) = 1
), paired AS (
    SELECT o.ticket_key, o.url, o.has_history, o.definition, c.agrees = o.own_late AS tool_late, o.own_late, d.native_goal_seconds AS tool_goal, d.goal_seconds AS own_goal,
        d.native_elapsed_seconds AS tool_elapsed, d.elapsed_seconds AS own_elapsed, d.native_due_at AS tool_due_at, d.due_at AS own_due_at, d.difference_seconds AS difference,
        o.paused_seconds, d.likely_cause AS cause, COALESCE(d.cause_words, '') AS words
    FROM compared AS c
    JOIN own AS o ON o.ticket_id = c.ticket_id AND o.definition = c.definition
    JOIN shown AS d ON d.ticket_id = c.ticket_id AND d.definition = c.definition
)
SELECT *, CASE WHEN tool_late = own_late THEN 'agree' WHEN tool_late THEN 'tool_only' ELSE 'own_only' END AS relation
FROM paired ORDER BY abs(difference) DESC NULLS LAST, relation DESC, cause, ticket_key, definition
