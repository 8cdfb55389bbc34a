-- name: trail
-- inputs: ticket_event, approval, ticket_link, communication, sla_cycle, review; parameter: ticket id (named ticket)
-- output: what is recorded of one ticket, in order: happened_at, what, detail, bad (TRUE = a clock was exceeded), goal_seconds and
--   elapsed_seconds for events of clocks
WITH events AS (
    SELECT occurred_at AS happened_at, 1 AS rank, sequence, field || ': ' || COALESCE(from_value, '–') || ' → ' || COALESCE(to_value, '–') AS what,
        COALESCE(NULLIF(concat_ws(', ', 'in the source: ' || source_to_value, 'by ' || actor || COALESCE(' (' || actor_role || ')', '')), ''), '') AS detail, FALSE AS bad, NULL::BIGINT AS goal_seconds, NULL::BIGINT AS elapsed_seconds
    FROM ticket_event WHERE ticket_id = $ticket
    UNION ALL
    SELECT requested_at, 2, 0, 'approval asked for', COALESCE(approver_role, '') || COALESCE(' ' || approver, ''), FALSE, NULL, NULL FROM approval WHERE ticket_id = $ticket AND requested_at IS NOT NULL
    UNION ALL
    SELECT decided_at, 3, 0, 'approval: ' || COALESCE(decision, '–'), COALESCE(approver_role, '') || COALESCE(' ' || approver, ''), FALSE, NULL, NULL FROM approval WHERE ticket_id = $ticket AND decided_at IS NOT NULL
    UNION ALL
    SELECT created_at, 4, 0, 'link: ' || link_type || ' ' || to_ticket_id, '', FALSE, NULL, NULL FROM ticket_link WHERE ticket_id = $ticket AND created_at IS NOT NULL
    UNION ALL
    SELECT sent_at, 5, 0, CASE WHEN is_public THEN 'message, visible to the requester' ELSE 'message' END, COALESCE(sender_role, ''), FALSE, NULL, NULL FROM communication WHERE ticket_id = $ticket
    UNION ALL
    SELECT started_at, 6, cycle, 'clock starts: ' || definition || ', cycle ' || cycle, 'calendar ' || calendar, FALSE, goal_seconds, NULL FROM sla_cycle WHERE ticket_id = $ticket
    UNION ALL
    SELECT breached_at, 7, cycle, 'goal exceeded: ' || definition || ', cycle ' || cycle, '', TRUE, goal_seconds, NULL FROM sla_cycle WHERE ticket_id = $ticket AND breached_at IS NOT NULL
    UNION ALL
    SELECT stopped_at, 8, cycle, 'clock stops: ' || definition || ', cycle ' || cycle, state, state = 'breached', goal_seconds, elapsed_seconds FROM sla_cycle WHERE ticket_id = $ticket AND stopped_at IS NOT NULL
    UNION ALL
    SELECT CAST(held_on AS TIMESTAMP) AT TIME ZONE $zone, 9, 0, 'review held: ' || kind, COALESCE(outcome, ''), FALSE, NULL, NULL FROM review WHERE ticket_id = $ticket AND held_on IS NOT NULL
)
SELECT happened_at, what, detail, bad, goal_seconds, elapsed_seconds FROM events WHERE happened_at IS NOT NULL ORDER BY happened_at, rank, sequence, what
