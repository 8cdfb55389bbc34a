-- name: results
-- purpose: what is computed from the model: clocks, metrics, controls, report runs. All of it can be made anew by build and check.

-- The build that filled the model: one row.
CREATE TABLE build_info (
    as_of TIMESTAMPTZ NOT NULL,          -- moment that the model, the clocks and the metrics stand for
    time_zone VARCHAR NOT NULL,          -- IANA time zone of the organization; months are cut in it
    config_sha256 VARCHAR NOT NULL,      -- SHA-256 of the configuration
    last_run_id BIGINT NOT NULL,         -- newest collection run in it
    tool_version VARCHAR NOT NULL        -- version of deskproof
);

-- A service level definition as configured, with every choice it makes. One row a clock.
CREATE TABLE sla_definition (
    definition VARCHAR NOT NULL,         -- id in deskproof.yaml
    definition_kind VARCHAR NOT NULL,    -- SLA, OLA, UC
    clock VARCHAR NOT NULL,              -- response or resolution, or the name the definition gives
    title VARCHAR NOT NULL,              -- name for people
    ordinal INTEGER NOT NULL,            -- order in the configuration, from 1
    line INTEGER NOT NULL,               -- line in deskproof.yaml
    target DECIMAL(9,6),                 -- share of cycles that must be met, e.g. 0.95; NULL = no promise made
    applies_when VARCHAR,                -- SQL condition on ticket
    start_when VARCHAR,                  -- condition that starts a cycle
    pause_when VARCHAR,                  -- condition that pauses it
    stop_when VARCHAR,                   -- condition that stops it
    goals VARCHAR NOT NULL,              -- goals in words, one a line
    calendars VARCHAR NOT NULL,          -- calendars in use, in words
    reopen VARCHAR NOT NULL,             -- first_closure, last_closure, each_cycle, cumulative
    goal_change VARCHAR NOT NULL,        -- goal_at_stop, goal_at_each_moment, restart
    response_on_hold VARCHAR NOT NULL,   -- runs, stops
    zone_choice VARCHAR NOT NULL,        -- calendar, customer, service
    day_unit VARCHAR NOT NULL,           -- calendar_day, 24_hours, working_day
    open_overdue VARCHAR NOT NULL,       -- breached, open: how running and overdue counts in compliance
    valid_from DATE,                     -- in force since; NULL = always
    valid_to DATE                        -- in force until, this day included; NULL = open ended
);

-- One cycle of one clock of one ticket.
CREATE TABLE sla_cycle (
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    definition VARCHAR NOT NULL,         -- sla_definition.definition
    definition_kind VARCHAR NOT NULL,    -- SLA, OLA, UC
    clock VARCHAR NOT NULL,              -- response or resolution, or the name the definition gives
    cycle INTEGER NOT NULL,              -- number of the cycle within ticket and definition, from 1
    calendar VARCHAR NOT NULL,           -- calendar that counted
    goal_seconds BIGINT NOT NULL,        -- goal in force, seconds of that calendar
    started_at TIMESTAMPTZ NOT NULL,     -- start of the clock
    stopped_at TIMESTAMPTZ,              -- stop of the clock; NULL = still running or paused
    elapsed_seconds BIGINT NOT NULL,     -- business time counted, pauses left out, seconds
    calendar_seconds BIGINT NOT NULL,    -- wall time from start to stop (or as-of), seconds
    paused_seconds BIGINT NOT NULL,      -- wall time paused, seconds
    due_at TIMESTAMPTZ,                  -- when the goal is used up; for a paused clock: if it resumed at as-of
    breached_at TIMESTAMPTZ,             -- when the goal was exceeded; NULL = it was not
    state VARCHAR NOT NULL               -- met, breached, running, running_breached, paused, cancelled
);

-- A stretch of a cycle in which nothing changed for the clock. Stretches are half open: [started_at, ended_at).
CREATE TABLE sla_segment (
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    definition VARCHAR NOT NULL,         -- sla_definition.definition
    cycle INTEGER NOT NULL,              -- sla_cycle.cycle
    sequence INTEGER NOT NULL,           -- order within the cycle, from 1
    started_at TIMESTAMPTZ NOT NULL,     -- begin
    ended_at TIMESTAMPTZ NOT NULL,       -- end
    state VARCHAR NOT NULL,              -- running, paused
    reason VARCHAR,                      -- event that began it: field = value (in the source's words)
    goal_seconds BIGINT NOT NULL,        -- goal in force during it, seconds
    calendar VARCHAR NOT NULL,           -- calendar in force during it
    elapsed_seconds BIGINT NOT NULL      -- business time counted in it, seconds; 0 when paused
);

-- A metric: what it counts, in words. From the files in model/metrics.
CREATE TABLE metric_definition (
    metric VARCHAR NOT NULL,             -- name, e.g. incident_time_to_resolve
    title VARCHAR NOT NULL,              -- name for people
    process VARCHAR NOT NULL,            -- incident, request, problem, change, release, configuration, service_level, availability, satisfaction, data_quality
    definition VARCHAR NOT NULL,         -- what is counted, in words
    formula VARCHAR NOT NULL,            -- formula in words
    aggregate VARCHAR NOT NULL,          -- ratio (sum numerator / sum denominator), distribution (median, p90, mean of amount), count, sum
    unit VARCHAR NOT NULL,               -- share, seconds, count, count_per_ticket
    direction VARCHAR NOT NULL,          -- higher, lower, none: which way is better
    period_key VARCHAR NOT NULL,         -- instant that decides the period: opened_at, resolved_at, …
    origin VARCHAR NOT NULL              -- standard, framework or practice it comes from
);

-- One counted thing of one metric: the population behind every figure, down to the record.
CREATE TABLE metric_fact (
    metric VARCHAR NOT NULL,             -- metric_definition.metric
    subject VARCHAR NOT NULL,            -- id of the counted thing: ticket_id, outage_id, survey_id, service_id, …
    ticket_id VARCHAR,                   -- ticket behind it, where there is one
    counted_at TIMESTAMPTZ NOT NULL,     -- instant that decides the period
    month DATE NOT NULL,                 -- first day of the month of counted_at in the organization's time zone
    kind VARCHAR,                        -- kind of the ticket
    priority INTEGER,                    -- priority of the ticket
    service_id VARCHAR,                  -- service
    customer_id VARCHAR,                 -- customer
    team VARCHAR,                        -- team
    supplier_id VARCHAR,                 -- supplier
    definition VARCHAR,                  -- sla_definition.definition, for service level metrics
    numerator DOUBLE,                    -- ratio: counted in the numerator (1 or 0, or seconds)
    denominator DOUBLE,                  -- ratio: counted in the denominator
    amount DOUBLE                        -- distribution, sum: the value, in the unit of the metric
);

-- A metric over a month and a group. Rates are sums over sums, never averages of rates.
CREATE TABLE metric_value (
    metric VARCHAR NOT NULL,             -- metric_definition.metric
    month DATE NOT NULL,                 -- first day of the month, in the organization's time zone
    dimension VARCHAR NOT NULL,          -- all, kind, priority, service, customer, team, supplier, definition
    member VARCHAR NOT NULL,             -- member of the dimension; 'all' for all, '(none)' where the record has none
    n BIGINT NOT NULL,                   -- counted things
    numerator DOUBLE,                    -- ratio: sum of the numerators
    denominator DOUBLE,                  -- ratio: sum of the denominators
    figure DOUBLE,                       -- ratio: numerator / denominator; distribution: median; count: n; sum: sum. NULL = no data
    mean DOUBLE,                         -- distribution: mean
    p90 DOUBLE                           -- distribution: 90th percentile
);

-- The result of one control over one period.
CREATE TABLE control_result (
    control VARCHAR NOT NULL,            -- id of the control in the catalogue
    title VARCHAR NOT NULL,              -- its question in short
    period_from TIMESTAMPTZ NOT NULL,    -- period tested, begin
    period_to TIMESTAMPTZ NOT NULL,      -- period tested, end (not included)
    as_of TIMESTAMPTZ NOT NULL,          -- moment of the test
    status VARCHAR NOT NULL,             -- conforming, nonconforming, not_assessed, evidence_due, not_applicable, waived
    population BIGINT,                   -- things tested; NULL = the input is missing
    exceptions BIGINT,                   -- things that did not pass
    tolerance DOUBLE NOT NULL,           -- share of exceptions that is still conforming
    reason VARCHAR,                      -- why not assessed, waived or not applicable, in words
    catalogue_sha256 VARCHAR NOT NULL    -- hash of the control's text and SQL
);

-- One thing that did not pass a control.
CREATE TABLE control_exception (
    control VARCHAR NOT NULL,            -- control_result.control
    subject VARCHAR NOT NULL,            -- id of the thing
    ticket_id VARCHAR,                   -- ticket, where it is one
    occurred_at TIMESTAMPTZ,             -- when it happened
    reason VARCHAR NOT NULL              -- what was found, with the values
);

-- The status of one requirement through its controls and documents.
CREATE TABLE requirement_result (
    requirement VARCHAR NOT NULL,        -- framework:edition/id, e.g. iso20000-1:2018/8.6.1
    status VARCHAR NOT NULL,             -- conforming, nonconforming, not_assessed, evidence_due, not_applicable, waived
    reason VARCHAR NOT NULL,             -- what decided it, in words
    controls INTEGER NOT NULL,           -- controls mapped to it
    documents INTEGER NOT NULL           -- documents that name it
);

-- A report that was written: so that service reporting itself is evidenced.
CREATE TABLE report_run (
    report VARCHAR NOT NULL,             -- sla, maturity, evidence, …
    period_from TIMESTAMPTZ NOT NULL,    -- period, begin
    period_to TIMESTAMPTZ NOT NULL,      -- period, end (not included)
    as_of TIMESTAMPTZ NOT NULL,          -- moment the report stands for
    written_at TIMESTAMPTZ NOT NULL,     -- when it was written
    format VARCHAR NOT NULL,             -- html, pdf, xlsx, json
    path VARCHAR NOT NULL,               -- file
    sha256 VARCHAR NOT NULL              -- SHA-256 of the file
);
