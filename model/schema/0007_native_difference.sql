-- name: tool-reported against recomputed
-- purpose: what the tool itself said of its clocks beside what was recomputed, with the likely cause of a difference

CREATE VIEW native_difference AS
SELECT n.ticket_id, n.name AS native_name, n.clock, o.definition, o.cycle, o.state,
       n.breached AS native_breached, o.state IN ('breached', 'running_breached') AS recomputed_breached,
       CASE WHEN n.breached IS NULL THEN 'not comparable'
            WHEN n.breached = (o.state IN ('breached', 'running_breached')) THEN 'same' ELSE 'differs' END AS verdict,
       n.goal_seconds AS native_goal_seconds, o.goal_seconds,
       n.elapsed_seconds AS native_elapsed_seconds, o.elapsed_seconds,
       n.elapsed_seconds - o.elapsed_seconds AS elapsed_difference_seconds,
       n.due_at AS native_due_at, o.due_at,
       CAST(date_diff('second', o.due_at, n.due_at) AS BIGINT) AS due_difference_seconds,
       CASE WHEN (n.breached IS NULL OR n.breached = (o.state IN ('breached', 'running_breached')))
             AND coalesce(n.goal_seconds, o.goal_seconds) = o.goal_seconds
             AND coalesce(n.elapsed_seconds, o.elapsed_seconds) = o.elapsed_seconds THEN 'none'
            WHEN n.goal_seconds <> o.goal_seconds THEN 'goal'
            WHEN abs(n.elapsed_seconds - o.elapsed_seconds) < 60 THEN 'rounding'
            -- A tool that judges when a ticket is done says nothing yet of one that is open and late.
            WHEN o.state = 'running_breached' AND n.stopped_at IS NULL THEN 'still open'
            WHEN NOT t.has_history THEN 'no history'
            WHEN t.reopen_count > 0 AND (n.stopped_at IS NULL OR o.stopped_at IS NULL OR n.stopped_at <> o.stopped_at) THEN 'reopen'
            WHEN c.paused_seconds > 0 AND (n.elapsed_seconds IS NULL OR n.elapsed_seconds > o.elapsed_seconds) THEN 'pause'
            WHEN n.elapsed_seconds IS NOT NULL THEN 'calendar'
            WHEN t.reopen_count > 0 THEN 'reopen'
            WHEN n.goal_seconds IS NULL AND n.due_at IS NULL THEN 'not stated by the tool'
            ELSE 'calendar' END AS likely_cause
FROM native_sla n
JOIN sla_outcome o ON o.ticket_id = n.ticket_id AND o.clock = n.clock
JOIN sla_cycle c ON c.ticket_id = o.ticket_id AND c.definition = o.definition AND c.cycle = o.cycle
JOIN ticket t ON t.ticket_id = n.ticket_id
-- Of several cycles the last one that was not cancelled stands against the tool's one answer.
WHERE o.cycle = (SELECT max(x.cycle) FROM sla_cycle x WHERE x.ticket_id = o.ticket_id AND x.definition = o.definition AND x.state <> 'cancelled');
COMMENT ON VIEW native_difference IS 'What the tool says of its service level clocks against what was recomputed: one row for each tool clock and definition of the same kind of clock.';
COMMENT ON COLUMN native_difference.ticket_id IS 'ticket.ticket_id';
COMMENT ON COLUMN native_difference.native_name IS 'name of the clock in the tool';
COMMENT ON COLUMN native_difference.clock IS 'response or resolution';
COMMENT ON COLUMN native_difference.definition IS 'sla_definition.definition that it is compared with';
COMMENT ON COLUMN native_difference.cycle IS 'cycle that it is compared with: the last one that was not cancelled';
COMMENT ON COLUMN native_difference.state IS 'recomputed state of that cycle';
COMMENT ON COLUMN native_difference.native_breached IS 'verdict of the tool; NULL = none';
COMMENT ON COLUMN native_difference.recomputed_breached IS 'recomputed: the goal was exceeded';
COMMENT ON COLUMN native_difference.verdict IS 'same, differs, or not comparable (the tool gives none)';
COMMENT ON COLUMN native_difference.native_goal_seconds IS 'goal that the tool states, seconds';
COMMENT ON COLUMN native_difference.goal_seconds IS 'recomputed goal, seconds';
COMMENT ON COLUMN native_difference.native_elapsed_seconds IS 'time that the tool counted, seconds';
COMMENT ON COLUMN native_difference.elapsed_seconds IS 'recomputed business time, seconds';
COMMENT ON COLUMN native_difference.elapsed_difference_seconds IS 'tool minus recomputed, seconds';
COMMENT ON COLUMN native_difference.native_due_at IS 'due time that the tool states';
COMMENT ON COLUMN native_difference.due_at IS 'recomputed due time';
COMMENT ON COLUMN native_difference.due_difference_seconds IS 'tool minus recomputed, seconds';
COMMENT ON COLUMN native_difference.likely_cause IS 'none, goal, rounding, still open, no history, reopen, pause, calendar, not stated by the tool';
