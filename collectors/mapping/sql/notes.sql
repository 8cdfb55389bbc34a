-- name: notes on the history
-- purpose: what a reader of the figures should know: where the records contradict themselves
-- inputs: dp_ticket, dp_event, before they are cut at a moment
-- output: one text a row
WITH last_status AS (
    SELECT ticket_id, arg_max(to_value, dp_step) AS last_value FROM dp_event WHERE field = 'status' GROUP BY ticket_id
), found AS (
    SELECT 1 AS place, t.dp_source, t.key, 'end their history in another status than the one they are in; their own status counts' AS what,
        'ends its history in another status than the one it is in; its own status counts' AS one
    FROM dp_ticket t JOIN last_status l ON l.ticket_id = t.ticket_id WHERE t.has_history AND l.last_value <> t.status
    UNION ALL
    SELECT 2, dp_source, key, 'are open with a time of resolution or closing, which does not count',
        'is open with a time of resolution or closing, which does not count'
    FROM dp_ticket WHERE status IN ('new', 'in_progress', 'on_hold') AND NOT has_history AND (dp_mapped_resolved_at IS NOT NULL OR dp_mapped_closed_at IS NOT NULL)
    UNION ALL
    SELECT 3, dp_source, key, 'are resolved or closed, and nothing says when: their clocks cannot stop',
        'is resolved or closed, and nothing says when: its clock cannot stop'
    FROM dp_ticket WHERE status IN ('resolved', 'closed') AND NOT has_history AND dp_mapped_resolved_at IS NULL AND dp_mapped_closed_at IS NULL
    UNION ALL
    SELECT DISTINCT 4, t.dp_source, t.key, 'have an update dated before their opening; their history begins with it',
        'has an update dated before its opening; its history begins with it'
    FROM dp_ticket t JOIN dp_event e ON e.ticket_id = t.ticket_id AND e.occurred_at < t.opened_at
    UNION ALL
    SELECT 5, dp_source, key, 'come from a source with history and have none',
        'comes from a source with history and has none'
    FROM dp_ticket t WHERE NOT has_history AND EXISTS (FROM dp_ticket o WHERE o.dp_source = t.dp_source AND o.has_history)
)
SELECT 'source ' || dp_source || ': ' || CASE WHEN count(*) = 1 THEN '1 ticket ' || one || ' (' || min(key) || ')'
    ELSE count(*) || ' tickets ' || what || ' (first: ' || min(key) || ')' END AS note
FROM found GROUP BY place, dp_source, what, one ORDER BY dp_source, place
