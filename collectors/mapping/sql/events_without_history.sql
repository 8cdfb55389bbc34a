-- name: events of tickets without history
-- purpose: the little that is known of a ticket whose changes no source tells: opened, resolved, closed
-- inputs: dp_ticket
-- output: rows of dp_event, actor_role system, without source values: nobody recorded these changes as such. has_history
--   stays FALSE, because pauses, reopenings and reassignments in between are not known.
-- order: the end comes behind what else a source may tell of the ticket (team, assignee)
-- rules: a resolved or closed time counts only while the ticket is in such a status (or in one that has no mapping)
INSERT INTO dp_event BY NAME
SELECT ticket_id, occurred_at, dp_step, 0 AS dp_rank, CAST(NULL AS VARCHAR) AS actor, 'system' AS actor_role, 'status' AS field,
    lag(to_value) OVER (PARTITION BY ticket_id ORDER BY dp_step) AS from_value, to_value,
    CAST(NULL AS VARCHAR) AS source_from_value, CAST(NULL AS VARCHAR) AS source_to_value
FROM (
    SELECT ticket_id, opened_at AS occurred_at, 0 AS dp_step, 'new' AS to_value FROM dp_ticket WHERE NOT has_history
    UNION ALL
    SELECT ticket_id, dp_mapped_resolved_at, 1000000001, 'resolved' FROM dp_ticket
    WHERE NOT has_history AND status IN ('resolved', 'closed', 'unmapped') AND dp_mapped_resolved_at IS NOT NULL
        AND (dp_mapped_closed_at IS NULL OR dp_mapped_resolved_at <= dp_mapped_closed_at OR status = 'resolved')
    UNION ALL
    SELECT ticket_id, dp_mapped_closed_at, 1000000002, 'closed' FROM dp_ticket
    WHERE NOT has_history AND status IN ('closed', 'unmapped') AND dp_mapped_closed_at IS NOT NULL
    UNION ALL
    SELECT ticket_id, coalesce(dp_mapped_closed_at, dp_mapped_resolved_at), 1000000002, 'cancelled' FROM dp_ticket
    WHERE NOT has_history AND status = 'cancelled' AND coalesce(dp_mapped_closed_at, dp_mapped_resolved_at) IS NOT NULL
)
