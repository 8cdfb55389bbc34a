-- name: causes of differences to the tool, found
-- purpose: what the tool itself said of its clocks beside what was recomputed. For each difference the records are counted as if one
--   choice were another one; the count that gives the tool's own figure names the cause. Where none does, the cause is unknown

DROP VIEW native_difference;
CREATE VIEW native_difference AS
WITH tool AS (
    -- Several entries of one clock are its cycles: the last stands against the last, the one before against the one before.
    SELECT *, row_number() OVER (PARTITION BY ticket_id, clock, name ORDER BY stopped_at DESC NULLS FIRST, due_at DESC NULLS FIRST, elapsed_seconds DESC, goal_seconds DESC, breached DESC) AS from_end
    FROM native_sla
), own AS (
    SELECT *, row_number() OVER (PARTITION BY ticket_id, definition ORDER BY cycle DESC) AS from_end, count(*) OVER (PARTITION BY ticket_id, definition) AS cycles
    FROM sla_cycle WHERE state <> 'cancelled'
), pairs AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY n.ticket_id, n.clock, n.name, n.from_end, o.definition) AS pair_no,
        n.ticket_id, n.name AS native_name, n.clock, o.definition, o.cycle, o.state, t.has_history, d.reopen, d.goal_change,
        n.breached AS native_breached, o.state IN ('breached', 'running_breached') AS recomputed_breached,
        n.goal_seconds AS native_goal, o.goal_seconds AS goal, n.elapsed_seconds AS native_elapsed, o.elapsed_seconds AS elapsed,
        n.due_at AS native_due_at, o.due_at, CAST(epoch_us(n.due_at) // 1000000 AS BIGINT) AS native_due, CAST(epoch_us(o.due_at) // 1000000 AS BIGINT) AS due,
        CAST(epoch_us(n.stopped_at) // 1000000 AS BIGINT) AS native_stop,
        CAST(epoch_us(o.started_at) // 1000000 AS BIGINT) AS start_s, CAST(epoch_us(o.started_at) // 1000000 AS BIGINT) + o.calendar_seconds AS stop_s,
        o.calendar_seconds, o.paused_seconds, o.stopped_at IS NULL AS is_open, k.calendar_id,
        CASE WHEN n.breached IS NULL THEN 'not comparable'
             WHEN n.breached = (o.state IN ('breached', 'running_breached')) THEN 'same' ELSE 'differs' END AS verdict
    FROM tool n
    JOIN own o ON o.ticket_id = n.ticket_id AND o.clock = n.clock AND o.from_end = least(n.from_end, o.cycles)
    JOIN ticket t ON t.ticket_id = n.ticket_id
    -- A tool's clock is compared with agreements with customers, and with an OLA or a contract only if it has its name.
    JOIN sla_definition d ON d.definition = o.definition AND (d.definition_kind = 'SLA' OR lower(n.name) IN (lower(d.definition), lower(d.title)))
    LEFT JOIN calendar_definition k ON k.name = o.calendar
), differing AS MATERIALIZED (
    SELECT * FROM pairs
    WHERE verdict = 'differs' OR native_goal <> goal OR native_elapsed <> elapsed OR (native_elapsed IS NULL AND native_due <> due)
), stretch AS MATERIALIZED (
    -- The stretches of the cycle; later = between a stop and a reopening.
    SELECT p.pair_no, s.sequence, s.state = 'running' AS runs, s.reason LIKE '% (reopened later)' AS later, s.goal_seconds, s.elapsed_seconds, k.calendar_id,
        CAST(epoch_us(s.started_at) // 1000000 AS BIGINT) AS from_s, CAST(epoch_us(s.ended_at) // 1000000 AS BIGINT) AS to_s, p.native_stop,
        -- The tool stopped within this stretch.
        CASE WHEN p.native_stop > CAST(epoch_us(s.started_at) // 1000000 AS BIGINT) AND p.native_stop < CAST(epoch_us(s.ended_at) // 1000000 AS BIGINT) THEN p.native_stop END AS stop_within
    FROM differing p
    JOIN sla_segment s ON s.ticket_id = p.ticket_id AND s.definition = p.definition AND s.cycle = p.cycle
    LEFT JOIN calendar_definition k ON k.name = s.calendar
), every_cycle AS MATERIALIZED (
    -- All cycles of the same clock of the ticket, those included that a change of goal ended.
    SELECT p.pair_no, c.cycle, c.state, c.elapsed_seconds, k.calendar_id,
        CAST(epoch_us(c.started_at) // 1000000 AS BIGINT) AS start_s, CAST(epoch_us(c.started_at) // 1000000 AS BIGINT) + c.calendar_seconds AS stop_s
    FROM differing p
    JOIN sla_cycle c ON c.ticket_id = p.ticket_id AND c.definition = p.definition
    LEFT JOIN calendar_definition k ON k.name = c.calendar
), turn AS MATERIALIZED (
    -- Reopenings and closures after a first closure that ended the clock.
    SELECT pair_no, calendar_id, second, closes FROM (
        SELECT p.pair_no, p.calendar_id, p.stop_s, CAST(epoch_us(e.occurred_at) // 1000000 AS BIGINT) AS second, e.to_value IN ('resolved', 'closed') AS closes,
            lag(e.to_value IN ('resolved', 'closed')) OVER (PARTITION BY p.pair_no ORDER BY e.occurred_at, e.sequence) AS closed
        FROM differing p JOIN ticket_event e ON e.ticket_id = p.ticket_id AND e.field = 'status'
        WHERE p.reopen = 'first_closure' AND NOT p.is_open
    ) WHERE closes <> closed AND second > stop_s
), moment AS MATERIALIZED (
    -- Working seconds of a calendar up to every instant that is asked for.
    SELECT m.calendar_id, m.second, c.work_before + c.works * (m.second - c.piece_start) AS worked
    FROM (SELECT calendar_id, from_s AS second FROM stretch UNION SELECT calendar_id, to_s FROM stretch
          UNION SELECT calendar_id, stop_within FROM stretch WHERE stop_within IS NOT NULL
          UNION SELECT calendar_id, start_s FROM every_cycle UNION SELECT calendar_id, stop_s FROM every_cycle
          UNION SELECT calendar_id, second FROM turn) m
    JOIN calendar_piece c ON c.calendar_id = m.calendar_id AND c.day_number = m.second // 86400 AND m.second >= c.piece_start AND m.second < c.piece_end
), by_stretch AS (
    SELECT s.pair_no,
        sum(CASE WHEN s.later AND NOT s.runs THEN 0 ELSE b.worked - a.worked END) AS unpaused,
        sum(CASE WHEN s.later AND NOT s.runs THEN s.to_s - s.from_s ELSE 0 END) AS later_wall,
        count(*) FILTER (s.later) AS laters,
        sum(CASE WHEN s.sequence < f.first_later THEN s.elapsed_seconds ELSE 0 END) AS to_first_closure,
        sum(CASE WHEN s.later THEN b.worked - a.worked ELSE 0 END) AS between_closures,
        sum(CASE WHEN s.sequence > f.last_later THEN s.elapsed_seconds ELSE 0 END) AS last_round,
        sum(CASE WHEN s.sequence >= f.goal_turn THEN s.elapsed_seconds ELSE 0 END) AS since_goal_change,
        max(f.goal_turn) AS goal_turn,
        max(CASE WHEN s.goal_seconds = p.native_goal THEN 1 ELSE 0 END) = 1 AS goal_was_in_force,
        sum(CASE WHEN NOT s.runs OR s.from_s >= s.native_stop THEN 0 WHEN s.to_s <= s.native_stop THEN s.elapsed_seconds ELSE x.worked - a.worked END) AS to_native_stop
    FROM stretch s
    JOIN differing p ON p.pair_no = s.pair_no
    JOIN (SELECT pair_no, min(sequence) FILTER (later) AS first_later, max(sequence) FILTER (later) AS last_later, max(sequence) FILTER (goal_seconds <> before) AS goal_turn
          FROM (SELECT *, lag(goal_seconds) OVER (PARTITION BY pair_no ORDER BY sequence) AS before FROM stretch) GROUP BY pair_no) f ON f.pair_no = s.pair_no
    LEFT JOIN moment a ON a.calendar_id = s.calendar_id AND a.second = s.from_s
    LEFT JOIN moment b ON b.calendar_id = s.calendar_id AND b.second = s.to_s
    LEFT JOIN moment x ON x.calendar_id = s.calendar_id AND x.second = s.stop_within
    GROUP BY s.pair_no
), by_cycle AS (
    SELECT c.pair_no, sum(c.elapsed_seconds) AS all_cycles, sum(c.elapsed_seconds) FILTER (c.state <> 'cancelled') AS counted_cycles, count(*) AS cycles, count(*) FILTER (c.state <> 'cancelled') AS counted,
        arg_min(c.elapsed_seconds, c.cycle) FILTER (c.state <> 'cancelled') AS first_cycle, sum(c.worked_from - c.worked_before) AS between_cycles
    FROM (SELECT e.*, a.worked AS worked_from, lag(b.worked) OVER (PARTITION BY e.pair_no ORDER BY e.cycle) AS worked_before
          FROM every_cycle e
          LEFT JOIN moment a ON a.calendar_id = e.calendar_id AND a.second = e.start_s
          LEFT JOIN moment b ON b.calendar_id = e.calendar_id AND b.second = e.stop_s) c
    GROUP BY c.pair_no
), by_turn AS (
    SELECT t.pair_no, arg_max(m.worked, t.second) AS worked_last, arg_max(t.closes, t.second) AS ends_closed, sum(CASE WHEN t.closes THEN m.worked ELSE -m.worked END) AS open_again
    FROM turn t JOIN moment m ON m.calendar_id = t.calendar_id AND m.second = t.second
    GROUP BY t.pair_no
), facts AS MATERIALIZED (
    SELECT p.*, s.* EXCLUDE (pair_no), c.* EXCLUDE (pair_no), t.* EXCLUDE (pair_no), a.worked AS worked_start, b.worked AS worked_stop
    FROM differing p
    LEFT JOIN by_stretch s ON s.pair_no = p.pair_no
    LEFT JOIN by_cycle c ON c.pair_no = p.pair_no
    LEFT JOIN by_turn t ON t.pair_no = p.pair_no
    LEFT JOIN moment a ON a.calendar_id = p.calendar_id AND a.second = p.start_s
    LEFT JOIN moment b ON b.calendar_id = p.calendar_id AND b.second = p.stop_s
), candidate AS (
    -- What the clock would have counted. rank: the simplest explanation first.
    SELECT pair_no, unnest([
        {cause: 'pause', rank: 1, figure: unpaused, words: 'pauses counted as working time'},
        {cause: 'calendar', rank: 2, figure: calendar_seconds - paused_seconds, words: 'time counted around the clock, pauses left out'},
        {cause: 'calendar and pause', rank: 3, figure: calendar_seconds - coalesce(later_wall, 0), words: 'time counted around the clock, pauses included'},
        {cause: 'reopen', rank: 4, figure: CASE WHEN laters > 0 THEN to_first_closure WHEN reopen = 'each_cycle' AND counted > 1 THEN first_cycle END, words: 'stopped at the first closure'},
        {cause: 'reopen', rank: 5, figure: CASE WHEN reopen = 'last_closure' AND laters > 0 THEN elapsed - between_closures WHEN reopen = 'each_cycle' AND counted > 1 THEN counted_cycles
            WHEN ends_closed THEN elapsed + open_again END, words: 'stopped at the last closure, the time between closure and reopening left out'},
        {cause: 'reopen', rank: 6, figure: CASE WHEN reopen = 'cumulative' AND laters > 0 THEN elapsed + between_closures WHEN reopen = 'each_cycle' AND counted > 1 AND goal_change <> 'restart' THEN all_cycles + between_cycles
            WHEN ends_closed THEN elapsed + worked_last - worked_stop END, words: 'stopped at the last closure, the time between closure and reopening counted'},
        {cause: 'reopen', rank: 7, figure: CASE WHEN laters > 0 THEN last_round END, words: 'counted from the last reopening on'},
        {cause: 'goal', rank: 8, figure: CASE WHEN goal_change = 'restart' AND cycles > 1 THEN all_cycles END, words: 'counted from the start, also before the goal changed'},
        {cause: 'goal', rank: 9, figure: CASE WHEN goal_turn IS NOT NULL THEN since_goal_change END, words: 'counted anew from the change of the goal on'},
        {cause: 'stop', rank: 10, figure: CASE WHEN native_stop < stop_s THEN to_native_stop END, words: 'stopped at the moment that the tool gives'}
    ], recursive := true) FROM facts
), due_work AS (
    SELECT pair_no, calendar_id, cause, rank, words, worked_start + work AS work
    FROM (SELECT pair_no, calendar_id, worked_start, unnest([
        {cause: 'pause', rank: 1, work: goal, words: 'due as if pauses counted as working time'},
        {cause: 'goal', rank: 4, work: native_goal + coalesce(unpaused - elapsed, 0), words: 'due with the goal of the tool'},
        {cause: 'goal', rank: 5, work: native_goal, words: 'due with the goal of the tool, and as if pauses counted as working time'}
    ], recursive := true) FROM facts WHERE native_elapsed IS NULL AND native_due IS NOT NULL)
), due_candidate AS (
    -- When the goal would have been used up.
    SELECT w.pair_no, w.cause, w.rank, i.piece_start + w.work - i.work_from AS figure, w.words
    FROM due_work w JOIN calendar_inverse i ON i.calendar_id = w.calendar_id AND i.bucket = (w.work - 1) // 14400 AND w.work > i.work_from AND w.work <= i.work_to
    UNION ALL
    SELECT pair_no, unnest([
        {cause: 'calendar', rank: 2, figure: start_s + goal + paused_seconds, words: 'due as if time counted around the clock, pauses left out'},
        {cause: 'calendar and pause', rank: 3, figure: start_s + goal, words: 'due as if time counted around the clock, pauses included'},
        {cause: 'goal', rank: 6, figure: start_s + native_goal, words: 'due with the goal of the tool, around the clock'}
    ], recursive := true) FROM facts WHERE native_elapsed IS NULL AND native_due IS NOT NULL
), compared AS (
    -- Within its rounding: whole minutes, hundredths of an hour, or a cut fraction of a second.
    SELECT p.pair_no, c.cause, c.rank, c.words, c.figure, p.native_elapsed AS figure_of_tool,
        CASE WHEN p.native_elapsed % 60 = 0 THEN 59 WHEN p.native_elapsed % 36 = 0 THEN 35 ELSE 1 END AS slack
    FROM facts p JOIN candidate c ON c.pair_no = p.pair_no WHERE p.native_elapsed IS NOT NULL AND c.figure <> p.elapsed
    UNION ALL
    SELECT p.pair_no, c.cause, c.rank, c.words, c.figure, p.native_due, CASE WHEN p.native_due % 60 = 0 THEN 59 ELSE 1 END
    FROM facts p JOIN due_candidate c ON c.pair_no = p.pair_no WHERE c.figure <> p.due
), found AS (
    SELECT pair_no, arg_min(cause, score) AS cause, arg_min(words, score) || CASE WHEN min(score) >= 100 THEN ', rounded' ELSE '' END AS words
    FROM (SELECT *, rank + CASE WHEN figure = figure_of_tool THEN 0 ELSE 100 END AS score FROM compared WHERE abs(figure - figure_of_tool) <= slack)
    GROUP BY pair_no
), verdict_only AS (
    -- Where the tool gives no figure: what would give its verdict. That fits, and proves nothing.
    SELECT p.pair_no, string_agg(c.words, '; ' ORDER BY c.rank) AS words
    FROM facts p JOIN candidate c ON c.pair_no = p.pair_no
    WHERE p.verdict = 'differs' AND p.native_elapsed IS NULL AND p.native_due IS NULL AND (c.figure > coalesce(p.native_goal, p.goal)) = p.native_breached
    GROUP BY p.pair_no
), parts AS (
    SELECT p.*, f.cause AS found_cause, f.words AS found_words, v.words AS fitting_words,
        CASE WHEN p.native_elapsed IS NULL AND p.native_due IS NULL THEN 'unstated'
             WHEN coalesce(p.native_elapsed = p.elapsed, p.native_due = p.due) THEN 'same'
             WHEN abs(coalesce(p.native_elapsed - p.elapsed, p.native_due - p.due)) <=
                CASE WHEN coalesce(p.native_elapsed, p.native_due) % 60 = 0 THEN 59 WHEN p.native_elapsed % 36 = 0 THEN 35 ELSE 1 END THEN 'rounding'
             WHEN f.cause IS NOT NULL THEN 'found' ELSE 'unknown' END AS figure,
        coalesce(p.native_goal <> p.goal, FALSE) AS other_goal,
        CASE WHEN p.native_goal IS NOT NULL AND p.native_goal <> p.goal THEN
            'the goals differ' || CASE WHEN p.goal_was_in_force THEN ': the tool states one that was in force for a time' ELSE '' END END AS goal_words
    FROM facts p
    LEFT JOIN found f ON f.pair_no = p.pair_no
    LEFT JOIN verdict_only v ON v.pair_no = p.pair_no
), judged AS (
    SELECT *,
        CASE WHEN figure = 'found' THEN found_cause
             WHEN figure = 'unknown' AND is_open AND native_elapsed < elapsed THEN 'still open'
             WHEN figure = 'unknown' AND NOT has_history THEN 'no history'
             WHEN figure = 'unknown' THEN 'unknown'
             -- A tool that judges when a ticket is done says nothing yet of one that is open and late.
             WHEN verdict = 'differs' AND state = 'running_breached' AND NOT native_breached AND elapsed > coalesce(native_goal, goal) THEN 'still open'
             WHEN other_goal AND (verdict = 'not comparable' OR (elapsed > native_goal) = native_breached) THEN 'goal'
             WHEN verdict = 'differs' AND ((coalesce(native_elapsed, elapsed) > coalesce(native_goal, goal)) = native_breached
                OR (native_breached AND elapsed <= goal AND round(100.0 * elapsed / goal, 1) >= 100)) THEN 'rounding'
             WHEN verdict <> 'differs' AND figure = 'rounding' THEN 'rounding'
             WHEN verdict = 'differs' THEN 'unknown'
             ELSE 'goal' END AS likely_cause
    FROM parts
)
SELECT p.ticket_id, p.native_name, p.clock, p.definition, p.cycle, p.state, p.native_breached, p.recomputed_breached, p.verdict,
    p.native_goal AS native_goal_seconds, p.goal AS goal_seconds, p.native_elapsed AS native_elapsed_seconds, p.elapsed AS elapsed_seconds,
    p.native_elapsed - p.elapsed AS elapsed_difference_seconds, p.native_due_at, p.due_at, p.native_due - p.due AS due_difference_seconds,
    coalesce(p.native_elapsed - p.elapsed, p.native_due - p.due) AS difference_seconds,
    coalesce(j.likely_cause, 'none') AS likely_cause,
    CASE j.likely_cause
        WHEN 'still open' THEN CASE WHEN j.figure = 'unknown' THEN 'still open: the figure of the tool is of an earlier moment' ELSE 'still open and overdue: late here already, the tool judges when it is done' END
        WHEN 'no history' THEN 'no status history, so pauses cannot be replayed'
        WHEN 'rounding' THEN CASE WHEN j.figure = 'rounding' THEN 'the tool rounds its figure' WHEN j.elapsed = j.goal THEN 'the goal is used up to the second: met here, late for the tool' ELSE 'the share of the goal that was used is rounded to 100 % before it is compared' END
        WHEN 'unknown' THEN CASE WHEN j.figure = 'unknown' THEN 'no way of counting that was tried gives the figure of the tool'
            WHEN j.figure = 'unstated' AND j.fitting_words IS NOT NULL THEN 'the tool gives a verdict and no time; its verdict would fit: ' || j.fitting_words
            WHEN j.figure = 'unstated' THEN 'the tool gives a verdict and no time, and no way of counting that was tried gives this verdict'
            ELSE 'the times agree and the verdicts do not: the tool must compare with another goal' END
        WHEN 'goal' THEN coalesce(CASE WHEN j.figure = 'found' THEN j.found_words END, j.goal_words)
        ELSE j.found_words END
        || CASE WHEN j.other_goal AND (j.likely_cause <> 'goal' OR j.figure = 'found') THEN '; ' || j.goal_words ELSE '' END AS cause_words
FROM pairs p LEFT JOIN judged j ON j.pair_no = p.pair_no;
COMMENT ON VIEW native_difference IS 'What the tool says of its service level clocks against what was recomputed: one row for each tool clock and SLA of the same kind of clock (an OLA or a contract only if it has the name of the tool''s clock), with the cause of a difference where one way of counting gives the figure of the tool.';
COMMENT ON COLUMN native_difference.ticket_id IS 'ticket.ticket_id';
COMMENT ON COLUMN native_difference.native_name IS 'name of the clock in the tool';
COMMENT ON COLUMN native_difference.clock IS 'response or resolution';
COMMENT ON COLUMN native_difference.definition IS 'sla_definition.definition that it is compared with';
COMMENT ON COLUMN native_difference.cycle IS 'cycle that it is compared with: the last one that was not cancelled; of several entries of the tool each has its own, from the end';
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
COMMENT ON COLUMN native_difference.difference_seconds IS 'size of the difference: tool minus recomputed, of the elapsed time, else of the due time (wall seconds); NULL = the tool states neither';
COMMENT ON COLUMN native_difference.likely_cause IS 'none, pause, calendar, calendar and pause, reopen, goal, stop, rounding, still open, no history, unknown: the way of counting that gives the figure of the tool';
COMMENT ON COLUMN native_difference.cause_words IS 'the way of counting that gives the figure of the tool, in words; NULL = no difference';
