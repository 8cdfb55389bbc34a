-- name: calendars laid out, and what service level results mean
-- purpose: working time as UTC seconds for the replay and for explain; the one definition of met and breached that metrics and reports share

-- A calendar as it was laid out. A variant read in another zone has a row of its own.
CREATE TABLE calendar_definition (
    calendar_id INTEGER NOT NULL,        -- number of the calendar in this build
    name VARCHAR NOT NULL,               -- name in deskproof.yaml; a variant carries its zone in brackets
    time_zone VARCHAR NOT NULL,          -- IANA time zone that the hours are read in
    hours VARCHAR NOT NULL               -- hours and holidays in words
);

-- Every second of every UTC day of a calendar, once. Working seconds up to t = work_before + works * (t - piece_start).
CREATE TABLE calendar_piece (
    calendar_id INTEGER NOT NULL,        -- calendar_definition.calendar_id
    day_number BIGINT NOT NULL,          -- UTC day, days since 1970-01-01
    piece_start BIGINT NOT NULL,         -- begin, seconds since 1970-01-01 UTC
    piece_end BIGINT NOT NULL,           -- end (not included), seconds since 1970-01-01 UTC
    works BIGINT NOT NULL,               -- 1 = working time, 0 = not
    work_before BIGINT NOT NULL,         -- working seconds from the begin of the layout up to piece_start
    seat BIGINT NOT NULL,                -- ordinal of the working day it lies in; outside of working time, of the next one
    utc_offset INTEGER NOT NULL          -- local time minus UTC, seconds
);

-- The way back from working seconds to the instant, in buckets of 14,400 working seconds.
CREATE TABLE calendar_inverse (
    calendar_id INTEGER NOT NULL,        -- calendar_definition.calendar_id
    bucket BIGINT NOT NULL,              -- working seconds div 14,400
    work_from BIGINT NOT NULL,           -- working seconds up to the begin of the piece
    work_to BIGINT NOT NULL,             -- working seconds up to its end
    piece_start BIGINT NOT NULL          -- begin, seconds since 1970-01-01 UTC
);

-- A working day of a calendar; a span over midnight belongs to the day on which it begins.
CREATE TABLE calendar_day (
    calendar_id INTEGER NOT NULL,        -- calendar_definition.calendar_id
    ordinal BIGINT NOT NULL,             -- number of the working day, ascending; days without working time have none
    work_before BIGINT NOT NULL,         -- working seconds up to its begin
    work_seconds BIGINT NOT NULL         -- working seconds in it
);

-- A holiday that a calendar observed.
CREATE TABLE calendar_holiday (
    calendar_id INTEGER NOT NULL,        -- calendar_definition.calendar_id
    holiday_on DATE NOT NULL,            -- local day
    name VARCHAR NOT NULL                -- name of the holiday, or "closed day"
);

-- A ticket that a definition names but whose clock was not computed, and why. Reports count them beside every result.
CREATE TABLE sla_excluded (
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    definition VARCHAR NOT NULL,         -- sla_definition.definition
    reason VARCHAR NOT NULL              -- deleted, merged, out_of_range (opened before 1970), no_goal (no goal of the definition matches), not_started
);

-- A clock that was computed without the history of its ticket: pauses are not known, so they count as working time.
CREATE VIEW sla_without_history AS
SELECT c.definition, count(DISTINCT c.ticket_id) AS tickets
FROM sla_cycle c JOIN ticket t ON t.ticket_id = c.ticket_id
WHERE NOT t.has_history
GROUP BY c.definition;
COMMENT ON VIEW sla_without_history IS 'Tickets without status history, by definition: their pauses are not known, so they count as time that ran.';
COMMENT ON COLUMN sla_without_history.definition IS 'sla_definition.definition';
COMMENT ON COLUMN sla_without_history.tickets IS 'tickets with a clock and no status history';

CREATE VIEW sla_outcome AS
SELECT c.ticket_id, c.definition, c.definition_kind, c.clock, c.cycle, c.calendar, c.goal_seconds,
       c.started_at, c.stopped_at, c.due_at, c.breached_at, c.elapsed_seconds, c.paused_seconds, c.state,
       CASE WHEN c.state IN ('met', 'breached') THEN c.stopped_at
            WHEN c.state = 'running_breached' AND d.open_overdue = 'breached' THEN c.due_at END AS counted_at,
       CASE WHEN c.state = 'met' THEN TRUE
            WHEN c.state = 'breached' OR (c.state = 'running_breached' AND d.open_overdue = 'breached') THEN FALSE END AS is_met,
       CASE WHEN c.state = 'met' THEN FALSE
            WHEN c.state = 'breached' OR (c.state = 'running_breached' AND d.open_overdue = 'breached') THEN TRUE END AS is_breached,
       c.state IN ('running', 'running_breached', 'paused') AS is_open,
       greatest(c.elapsed_seconds - c.goal_seconds, 0) AS over_seconds,
       CASE WHEN c.goal_seconds > 0 THEN c.elapsed_seconds / c.goal_seconds END AS consumed
FROM sla_cycle c JOIN sla_definition d ON d.definition = c.definition;
COMMENT ON VIEW sla_outcome IS 'What a cycle counts as, defined once for every metric and report. A cycle counts in the period in which its clock was stopped, or became due if it was not stopped; cancelled cycles and open ones that are not overdue do not count.';
COMMENT ON COLUMN sla_outcome.ticket_id IS 'ticket.ticket_id';
COMMENT ON COLUMN sla_outcome.definition IS 'sla_definition.definition';
COMMENT ON COLUMN sla_outcome.definition_kind IS 'SLA, OLA, UC';
COMMENT ON COLUMN sla_outcome.clock IS 'response or resolution, or the name the definition gives';
COMMENT ON COLUMN sla_outcome.cycle IS 'number of the cycle within ticket and definition, from 1';
COMMENT ON COLUMN sla_outcome.calendar IS 'calendar that counted';
COMMENT ON COLUMN sla_outcome.goal_seconds IS 'goal in force, seconds of that calendar';
COMMENT ON COLUMN sla_outcome.started_at IS 'start of the clock';
COMMENT ON COLUMN sla_outcome.stopped_at IS 'stop of the clock; NULL = open';
COMMENT ON COLUMN sla_outcome.due_at IS 'when the goal is used up';
COMMENT ON COLUMN sla_outcome.breached_at IS 'when the goal was exceeded; NULL = it was not';
COMMENT ON COLUMN sla_outcome.elapsed_seconds IS 'business time counted, seconds';
COMMENT ON COLUMN sla_outcome.paused_seconds IS 'wall time paused, seconds';
COMMENT ON COLUMN sla_outcome.state IS 'met, breached, running, running_breached, paused, cancelled';
COMMENT ON COLUMN sla_outcome.counted_at IS 'instant that decides the period: stopped_at, else due_at when overdue; NULL = not counted';
COMMENT ON COLUMN sla_outcome.is_met IS 'counts as met; NULL = not counted';
COMMENT ON COLUMN sla_outcome.is_breached IS 'counts as breached; NULL = not counted';
COMMENT ON COLUMN sla_outcome.is_open IS 'the clock was not stopped as of the build';
COMMENT ON COLUMN sla_outcome.over_seconds IS 'business time above the goal, seconds; 0 when it was not exceeded';
COMMENT ON COLUMN sla_outcome.consumed IS 'elapsed as a share of the goal';
