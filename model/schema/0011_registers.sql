-- name: registers of the management system
-- purpose: what people keep in lists because no ticket tool holds it, beside the registers of 0003, and what those did not ask for yet

-- Register: what somebody must be able to do for a role, and what they can do.
CREATE TABLE competence (
    competence_id VARCHAR NOT NULL,      -- source:key
    person VARCHAR NOT NULL,             -- who
    role VARCHAR,                        -- role that needs the skill, e.g. incident manager
    skill VARCHAR NOT NULL,              -- skill or knowledge
    required_level INTEGER,              -- level that the role needs, 0 (none) to 5 (expert)
    level INTEGER,                       -- level that was found, same scale; NULL = not assessed yet
    evidence VARCHAR,                    -- what shows it: certificate, course, work done, assessment
    assessed_on DATE,                    -- last assessed
    review_by DATE                       -- next assessment due
);

-- Register: a communication of the management system: what is told, to whom, how, by whom, when.
CREATE TABLE announcement (
    announcement_id VARCHAR NOT NULL,    -- source:key
    title VARCHAR NOT NULL,              -- what is told
    audience VARCHAR,                    -- to whom: staff, customers, suppliers, a team
    channel VARCHAR,                     -- how: meeting, mail, page, training
    owner VARCHAR,                       -- who tells it
    planned_on DATE,                     -- planned
    sent_on DATE,                        -- done; NULL = not yet
    evidence VARCHAR                     -- where the message or the list of those present is kept
);

-- Register: an evaluation of a supplier's performance against the contract over a period.
CREATE TABLE supplier_evaluation (
    evaluation_id VARCHAR NOT NULL,      -- source:key
    supplier_id VARCHAR NOT NULL,        -- supplier.supplier_id
    evaluator VARCHAR,                   -- who evaluated
    period_from DATE,                    -- first day that is evaluated
    period_to DATE,                      -- last day that is evaluated
    held_on DATE,                        -- evaluated on; NULL = planned only
    result VARCHAR,                      -- obligations and targets: met, partly, not_met
    score DECIMAL(9,3),                  -- points on the organization's own scale
    action VARCHAR,                      -- what follows from it
    evidence VARCHAR                     -- where the evaluation is kept
);

-- Register: an objective of service management and what was reached.
CREATE TABLE objective (
    objective_id VARCHAR NOT NULL,       -- source:key
    title VARCHAR NOT NULL,              -- what shall be reached
    owner VARCHAR,                       -- who answers for it
    measure VARCHAR,                     -- how it is measured
    target DECIMAL(18,6),                -- value to reach
    unit VARCHAR,                        -- unit of target and measured
    measured DECIMAL(18,6),              -- value that was measured last
    due_on DATE,                         -- to be reached by
    measured_on DATE,                    -- last measured; NULL = never
    status VARCHAR                       -- open, met, missed, dropped
);

-- What was found behind document.path when the register was collected. A document without a row was not looked at: its path is empty or an address.
CREATE TABLE document_file (
    document_id VARCHAR NOT NULL,        -- document.document_id
    path VARCHAR NOT NULL,               -- path as the register says it
    is_found BOOLEAN NOT NULL,           -- the file was there and could be read whole
    sha256 VARCHAR,                      -- SHA-256 of its bytes, hexadecimal; NULL = not found
    size_bytes BIGINT,                   -- its size; NULL = not found
    problem VARCHAR                      -- why it counts as not found: missing, a folder, too large, not readable, outside; NULL = found
);

COMMENT ON TABLE review IS 'Register: a review: management review, service review, customer review, supplier review, plan test.';
COMMENT ON COLUMN review.kind IS 'management_review, service_review, customer_review, supplier_review, continuity_test, restore_test, major_incident_review, report_review, service_catalogue_review, capacity_review, security_review, document_review, access_review';
ALTER TABLE review ADD COLUMN document_id VARCHAR;          -- document.document_id: plan that was tested
ALTER TABLE review ADD COLUMN target_minutes DOUBLE;        -- test: minutes in which the service or data had to be back
ALTER TABLE review ADD COLUMN achieved_minutes DOUBLE;      -- test: minutes that it took
ALTER TABLE review ADD COLUMN chaired_by VARCHAR;           -- who led it
ALTER TABLE review ADD COLUMN participants VARCHAR;         -- who took part
ALTER TABLE review ADD COLUMN next_on DATE;                 -- next one due

ALTER TABLE risk ADD COLUMN service_id VARCHAR;             -- service.service_id that it threatens; NULL = the whole management system
ALTER TABLE risk ADD COLUMN category VARCHAR;               -- continuity, security, supplier, people, …
ALTER TABLE risk ADD COLUMN action VARCHAR;                 -- what is done about it
ALTER TABLE risk ADD COLUMN action_due_on DATE;             -- action due
ALTER TABLE risk ADD COLUMN action_done_on DATE;            -- action done
ALTER TABLE risk ADD COLUMN residual_likelihood INTEGER;    -- likelihood after the action, 1 (rare) to 5
ALTER TABLE risk ADD COLUMN residual_impact INTEGER;        -- impact after the action, 1 (slight) to 5

ALTER TABLE audit ADD COLUMN requirements VARCHAR;          -- requirement ids audited, separated by blanks: iso20000-1:2018/8.6.1 fitsm-1:3.0/PR9.1
ALTER TABLE audit ADD COLUMN process VARCHAR;               -- process audited: incident, change, supplier, …
ALTER TABLE audit ADD COLUMN closed_on DATE;                -- all findings of it closed

ALTER TABLE nonconformity ADD COLUMN process VARCHAR;       -- process that it belongs to: incident, change, supplier, …
ALTER TABLE nonconformity ADD COLUMN correction VARCHAR;    -- what was done at once to put it right

ALTER TABLE improvement ADD COLUMN process VARCHAR;         -- process that gets better: incident, change, supplier, …
ALTER TABLE improvement ADD COLUMN requirement VARCHAR;     -- requirement id
ALTER TABLE improvement ADD COLUMN priority INTEGER;        -- 1 (highest) to 5
ALTER TABLE improvement ADD COLUMN source VARCHAR;          -- where it came from: audit, management_review, service_review, customer, incident, problem, staff, …

ALTER TABLE document ADD COLUMN retired_on DATE;            -- out of use since; NULL = in use
ALTER TABLE document ADD COLUMN storage VARCHAR;            -- where the master copy is kept
