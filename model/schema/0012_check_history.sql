-- name: history of checks
-- purpose: what earlier checks of the whole catalogue found, so that a later one can say what got better or worse. A build leaves it alone

-- A check of the whole catalogue over the audit period. One that finds the same at the same moment is the same check.
CREATE TABLE check_run (
    check_id BIGINT NOT NULL,            -- number of the check, from 1
    as_of TIMESTAMPTZ NOT NULL,          -- moment of the check
    period_from TIMESTAMPTZ NOT NULL,    -- period tested, begin
    period_to TIMESTAMPTZ NOT NULL,      -- period tested, end (not included)
    last_run_id BIGINT NOT NULL,         -- newest collection run in the records
    config_sha256 VARCHAR NOT NULL,      -- SHA-256 of the configuration
    catalogue_sha256 VARCHAR NOT NULL,   -- SHA-256 of the catalogue's definitions
    results_sha256 VARCHAR NOT NULL,     -- SHA-256 of what was found
    tool_version VARCHAR NOT NULL        -- version of deskproof
);

-- How a control stood in a check.
CREATE TABLE check_control (
    check_id BIGINT NOT NULL,            -- check_run.check_id
    control VARCHAR NOT NULL,            -- id of the control
    title VARCHAR NOT NULL,              -- its title then
    status VARCHAR NOT NULL,             -- conforming, nonconforming, not_assessed, evidence_due, not_applicable, waived
    population BIGINT,                   -- things tested; NULL = the input was missing
    exceptions BIGINT,                   -- things that did not pass
    definition_sha256 VARCHAR NOT NULL   -- hash of the control's text and SQL then
);

-- One thing that did not pass a control in a check.
CREATE TABLE check_exception (
    check_id BIGINT NOT NULL,            -- check_run.check_id
    control VARCHAR NOT NULL,            -- id of the control
    subject VARCHAR NOT NULL,            -- id of the thing
    ticket_id VARCHAR,                   -- ticket, where it is one
    reason VARCHAR NOT NULL              -- what was found, with the values
);

-- How a requirement stood in a check.
CREATE TABLE check_requirement (
    check_id BIGINT NOT NULL,            -- check_run.check_id
    requirement VARCHAR NOT NULL,        -- framework:edition/id
    status VARCHAR NOT NULL              -- conforming, nonconforming, not_assessed, evidence_due, not_applicable, waived
);
