-- name: tickets_left_out
-- inputs: ticket
-- output: tickets, deleted, merged, live (neither), no_history (live, without status history)
SELECT count(*) AS tickets, count(*) FILTER (WHERE deleted_at IS NOT NULL) AS deleted,
    count(*) FILTER (WHERE deleted_at IS NULL AND merged_into IS NOT NULL) AS merged,
    count(*) FILTER (WHERE deleted_at IS NULL AND merged_into IS NULL) AS live,
    count(*) FILTER (WHERE deleted_at IS NULL AND merged_into IS NULL AND NOT has_history) AS no_history
FROM ticket
