-- name: sla_segments
-- inputs: sla_segment; parameters ticket_id, definition, cycle
-- output: the stretches of one cycle in order; elapsed_seconds = business time counted in the stretch
SELECT sequence, started_at, ended_at, state, COALESCE(reason, '') AS reason, elapsed_seconds
FROM sla_segment WHERE ticket_id = ? AND definition = ? AND cycle = ? ORDER BY sequence
