-- name: sla_tool
-- inputs: metric_fact of sla_tool_agreement (which verdicts are compared: the rule stands in that metric), native_sla, report_outcome, report_span 'now'
-- output: one row a ticket and definition with a verdict of the tool and of the recomputation: tool_late, own_late, goals and
--   elapsed seconds of both (each in its own calendar), relation (agree, tool_only, own_only), cause in words
WITH compared AS (
    SELECT f.ticket_id, f.definition, f.numerator = 1 AS agrees FROM metric_fact AS f
    JOIN report_span AS s ON s.span = 'now' AND f.counted_at >= s.span_from AND f.counted_at < s.span_to
    WHERE f.metric = 'sla_tool_agreement'
), own AS (
    SELECT o.ticket_id, o.definition, min(o.clock) AS clock, min(o.ticket_key) AS ticket_key, min(o.url) AS url, bool_or(o.has_history) AS has_history, bool_or(o.late) AS own_late, count(*) AS cycles,
        arg_max(o.goal_seconds, o.cycle) AS own_goal, arg_max(o.elapsed_seconds, o.cycle) AS own_elapsed,
        arg_max(o.paused_seconds, o.cycle) AS paused_seconds, bool_or(o.stopped_at IS NULL) AS is_open
    FROM report_outcome AS o SEMI JOIN compared AS c ON c.ticket_id = o.ticket_id AND c.definition = o.definition
    GROUP BY o.ticket_id, o.definition
), tool AS (
    SELECT ticket_id, clock, max(goal_seconds) AS tool_goal, max(elapsed_seconds) AS tool_elapsed
    FROM native_sla WHERE breached IS NOT NULL GROUP BY ticket_id, clock
), paired AS (
    SELECT o.ticket_key, o.url, o.has_history, o.definition, c.agrees = o.own_late AS tool_late, o.own_late, t.tool_goal, o.own_goal, t.tool_elapsed, o.own_elapsed,
        o.paused_seconds, o.is_open, o.cycles
    FROM compared AS c
    JOIN own AS o ON o.ticket_id = c.ticket_id AND o.definition = c.definition
    JOIN tool AS t ON t.ticket_id = o.ticket_id AND t.clock = o.clock
)
SELECT *,
    CASE WHEN tool_late = own_late THEN 'agree' WHEN tool_late THEN 'tool_only' ELSE 'own_only' END AS relation,
    CASE
        WHEN tool_late = own_late THEN ''
        WHEN cycles > 1 THEN 'several cycles: the ticket was reopened'
        WHEN is_open THEN 'still open and overdue: late here already, the tool judges when it is done'
        WHEN tool_goal IS NOT NULL AND tool_goal <> own_goal THEN 'the goals differ'
        WHEN NOT has_history AND tool_elapsed IS NOT NULL AND abs(tool_elapsed - own_elapsed) > 60 THEN 'the elapsed times differ; no status history, so pauses cannot be replayed'
        WHEN tool_elapsed IS NOT NULL AND abs(tool_elapsed - own_elapsed) > 60 THEN 'the elapsed times differ'
        WHEN tool_goal IS NULL AND tool_elapsed IS NULL THEN 'the tool states neither goal nor elapsed time'
        ELSE 'no cause can be told from the records'
    END AS cause
FROM paired ORDER BY relation DESC, cause, ticket_key, definition
