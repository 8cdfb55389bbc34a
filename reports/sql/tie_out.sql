-- name: tie_out
-- inputs: ticket, ticket_event, report_span 'now' and 'asof'
-- output: kind and the movements of its backlog in the period: open_at_start, opened, reopened, resolved, cancelled, open_at_end.
--   The rules are those of the metrics backlog, tickets_opened, tickets_reopened and tickets_closed, for any period: a ticket is
--   registered when opened, followed status by status where it has history, else by its resolution alone; times never run
--   backwards within a ticket; a status without a mapping is open; a ticket done at an unknown time is left out of the backlog
WITH moment AS (
    SELECT span_from AS as_of FROM report_span WHERE span = 'asof'
), live AS (
    SELECT t.* FROM ticket AS t, moment WHERE t.deleted_at IS NULL AND t.merged_into IS NULL AND t.opened_at < moment.as_of
), step AS (
    SELECT ticket_id, kind, 0 AS sequence, opened_at AS occurred_at, 'new' AS status FROM live
    WHERE has_history OR status NOT IN ('resolved', 'closed', 'cancelled') OR COALESCE(resolved_at, closed_at) IS NOT NULL
    UNION ALL
    SELECT t.ticket_id, t.kind, e.sequence, e.occurred_at, e.to_value
    FROM live AS t JOIN ticket_event AS e ON e.ticket_id = t.ticket_id, moment
    WHERE t.has_history AND e.field = 'status' AND e.to_value IS NOT NULL AND e.occurred_at < moment.as_of
    UNION ALL
    SELECT ticket_id, kind, 1, COALESCE(resolved_at, closed_at), status FROM live, moment
    WHERE NOT has_history AND status IN ('resolved', 'closed', 'cancelled') AND COALESCE(resolved_at, closed_at) < moment.as_of
), ordered AS (
    SELECT ticket_id, kind, sequence,
        max(occurred_at) OVER (PARTITION BY ticket_id ORDER BY sequence ROWS UNBOUNDED PRECEDING) AS from_at,
        CASE WHEN status IN ('resolved', 'closed') THEN 'done' WHEN status = 'cancelled' THEN 'cancelled' ELSE 'open' END AS phase
    FROM step
), moved AS (
    SELECT *, lag(phase) OVER w AS before_phase, COALESCE(lead(from_at) OVER w, TIMESTAMPTZ 'infinity') AS to_at
    FROM ordered WINDOW w AS (PARTITION BY ticket_id ORDER BY sequence)
), span AS (
    SELECT span_from, span_to FROM report_span WHERE span = 'now'
), counts AS (
    SELECT kind, 'start' AS what FROM moved, span WHERE phase = 'open' AND from_at < span_from AND to_at >= span_from
    UNION ALL
    SELECT kind, 'end' FROM moved, span WHERE phase = 'open' AND from_at < span_to AND to_at >= span_to
    UNION ALL
    SELECT kind, CASE
            WHEN before_phase IS NULL THEN 'opened'
            WHEN before_phase <> 'open' AND phase = 'open' THEN 'reopened'
            WHEN before_phase = 'open' AND phase = 'done' THEN 'resolved'
            WHEN before_phase = 'open' AND phase = 'cancelled' THEN 'cancelled' END
    FROM moved, span WHERE from_at >= span_from AND from_at < span_to
)
SELECT kind, count(*) FILTER (WHERE what = 'start') AS open_at_start, count(*) FILTER (WHERE what = 'opened') AS opened,
    count(*) FILTER (WHERE what = 'reopened') AS reopened, count(*) FILTER (WHERE what = 'resolved') AS resolved,
    count(*) FILTER (WHERE what = 'cancelled') AS cancelled, count(*) FILTER (WHERE what = 'end') AS open_at_end
FROM counts WHERE what IS NOT NULL GROUP BY kind ORDER BY kind
