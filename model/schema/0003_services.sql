-- name: services, agreements, configuration and registers
-- purpose: what tickets point to, and what no ticket tool holds

-- A service of the service catalogue.
CREATE TABLE service (
    service_id VARCHAR NOT NULL,         -- source:key
    name VARCHAR NOT NULL,               -- name that users know
    owner VARCHAR,                       -- service owner
    status VARCHAR,                      -- pipeline, live, retired
    criticality VARCHAR,                 -- critical, high, medium, low
    availability_target DECIMAL(9,6),    -- agreed availability as a fraction of agreed service time, e.g. 0.995
    service_calendar VARCHAR,            -- calendar of the agreed service time; NULL = always
    valid_from DATE,                     -- in the catalogue since
    valid_to DATE                        -- in the catalogue until; NULL = still
);

-- An agreement: SLA with a customer, OLA with a team inside, UC (underpinning contract) with a supplier.
CREATE TABLE service_agreement (
    agreement_id VARCHAR NOT NULL,       -- source:key
    kind VARCHAR NOT NULL,               -- SLA, OLA, UC
    name VARCHAR NOT NULL,               -- name of the agreement
    service_id VARCHAR,                  -- service.service_id
    customer_id VARCHAR,                 -- SLA: customer.customer_id
    supplier_id VARCHAR,                 -- UC: supplier.supplier_id
    team VARCHAR,                        -- OLA: team
    signed_on DATE,                      -- agreed on; NULL = not signed
    valid_from DATE,                     -- in force since
    valid_to DATE,                       -- in force until; NULL = open ended
    review_by DATE,                      -- next review due
    reviewed_on DATE                     -- last reviewed
);

-- A customer: a group that agrees on services.
CREATE TABLE customer (
    customer_id VARCHAR NOT NULL,        -- source:key
    name VARCHAR NOT NULL,               -- name
    time_zone VARCHAR,                   -- IANA time zone
    contact VARCHAR                      -- contact person
);

-- A supplier, outside (underpinning contract) or inside the organization.
CREATE TABLE supplier (
    supplier_id VARCHAR NOT NULL,        -- source:key
    name VARCHAR NOT NULL,               -- name
    kind VARCHAR,                        -- external, internal, customer_as_supplier
    criticality VARCHAR,                 -- critical, high, medium, low
    contact VARCHAR,                     -- responsible person at the supplier
    manager VARCHAR,                     -- who manages the relationship here
    evaluated_on DATE,                   -- last evaluation
    evaluate_by DATE                     -- next evaluation due
);

-- A team (assignment group, queue).
CREATE TABLE team (
    team VARCHAR NOT NULL,               -- name as in ticket.team
    time_zone VARCHAR,                   -- IANA time zone
    line INTEGER,                        -- 1 = first line (service desk), 2, 3
    manager VARCHAR                      -- who leads it
);

-- A configuration item.
CREATE TABLE ci (
    ci_id VARCHAR NOT NULL,              -- source:key
    name VARCHAR NOT NULL,               -- name
    ci_type VARCHAR,                     -- server, application, network, …
    status VARCHAR,                      -- planned, live, retired
    owner VARCHAR,                       -- who answers for it
    service_id VARCHAR,                  -- service.service_id it mainly serves
    updated_at TIMESTAMPTZ               -- last change of the record
);

-- A relation between two configuration items, or of one to a service.
CREATE TABLE ci_relation (
    ci_id VARCHAR NOT NULL,              -- ci.ci_id
    relation VARCHAR NOT NULL,           -- depends_on, part_of, runs_on, …
    to_ci_id VARCHAR NOT NULL            -- ci.ci_id
);

-- A verification of one configuration item against reality.
CREATE TABLE ci_verification (
    ci_id VARCHAR NOT NULL,              -- ci.ci_id
    verified_at TIMESTAMPTZ NOT NULL,    -- when
    verifier VARCHAR,                    -- who or which tool
    is_correct BOOLEAN,                  -- record and reality agree
    difference VARCHAR                   -- what differed
);

-- A knowledge article.
CREATE TABLE knowledge_article (
    article_id VARCHAR NOT NULL,         -- source:key
    title VARCHAR NOT NULL,              -- title
    owner VARCHAR,                       -- owner
    status VARCHAR,                      -- draft, published, retired
    published_at TIMESTAMPTZ,            -- first published
    review_by DATE                       -- review due
);

-- An asset under management.
CREATE TABLE asset (
    asset_id VARCHAR NOT NULL,           -- source:key
    name VARCHAR NOT NULL,               -- name
    asset_type VARCHAR,                  -- hardware, software, licence, …
    owner VARCHAR,                       -- owner
    status VARCHAR                       -- in_use, stock, retired
);

-- A time in which a service or CI was not, or not fully, available.
CREATE TABLE outage (
    outage_id VARCHAR NOT NULL,          -- source:key
    service_id VARCHAR,                  -- service.service_id
    ci_id VARCHAR,                       -- ci.ci_id
    ticket_id VARCHAR,                   -- incident or change it belongs to
    started_at TIMESTAMPTZ NOT NULL,     -- begin
    ended_at TIMESTAMPTZ,                -- end; NULL = still down
    is_planned BOOLEAN NOT NULL,         -- announced maintenance
    impact_fraction DECIMAL(5,4)         -- share of the service that was down, 0 to 1; NULL = 1
);

-- A measured value of a service: availability sample, capacity, response time.
CREATE TABLE measurement (
    measurement_id VARCHAR NOT NULL,     -- source:key
    service_id VARCHAR,                  -- service.service_id
    ci_id VARCHAR,                       -- ci.ci_id
    name VARCHAR NOT NULL,               -- availability, monitoring_coverage, capacity_used, …
    from_at TIMESTAMPTZ NOT NULL,        -- begin of the interval
    to_at TIMESTAMPTZ NOT NULL,          -- end of the interval
    measured DECIMAL(18,6),              -- value; NULL = nothing was measured (a gap in monitoring)
    unit VARCHAR,                        -- unit of the value
    target DECIMAL(18,6)                 -- agreed value, same unit
);

-- Register: a document that the management system needs.
CREATE TABLE document (
    document_id VARCHAR NOT NULL,        -- source:key
    title VARCHAR NOT NULL,              -- title
    kind VARCHAR,                        -- policy, plan, process, procedure, agreement, record
    owner VARCHAR,                       -- owner; NULL = nobody, a finding of its own
    version VARCHAR,                     -- version
    approved_by VARCHAR,                 -- who approved
    approved_on DATE,                    -- when; NULL = not approved
    review_by DATE,                      -- review due
    classification VARCHAR,              -- public, internal, confidential
    path VARCHAR,                        -- file or address
    sha256 VARCHAR,                      -- hash that the register states
    requirements VARCHAR                 -- requirement ids it evidences, separated by blanks: iso20000-1:2018/5.2.1 fitsm-1:3.0/GR1.2
);

-- Register: a risk.
CREATE TABLE risk (
    risk_id VARCHAR NOT NULL,            -- source:key
    title VARCHAR NOT NULL,              -- what may happen
    owner VARCHAR,                       -- owner
    likelihood INTEGER,                  -- 1 (rare) to 5
    impact INTEGER,                      -- 1 (slight) to 5
    treatment VARCHAR,                   -- accept, reduce, transfer, avoid
    status VARCHAR,                      -- open, treated, closed
    identified_on DATE,                  -- when found
    reviewed_on DATE,                    -- last review
    review_by DATE                       -- next review due
);

-- Register: an internal or external audit.
CREATE TABLE audit (
    audit_id VARCHAR NOT NULL,           -- source:key
    title VARCHAR NOT NULL,              -- name
    kind VARCHAR,                        -- internal, external, supplier
    scope VARCHAR,                       -- scope: requirement ids or processes
    auditor VARCHAR,                     -- who audits
    planned_on DATE,                     -- planned
    held_on DATE,                        -- held; NULL = not yet
    report_on DATE                       -- report handed over
);

-- Register: a nonconformity and its corrective action.
CREATE TABLE nonconformity (
    nonconformity_id VARCHAR NOT NULL,   -- source:key
    title VARCHAR NOT NULL,              -- statement of fact
    requirement VARCHAR,                 -- requirement id
    found_on DATE,                       -- found
    found_in VARCHAR,                    -- audit_id, or where else
    grade VARCHAR,                       -- major, minor, observation
    cause VARCHAR,                       -- cause, when known
    action VARCHAR,                      -- corrective action
    owner VARCHAR,                       -- owner of the action
    due_on DATE,                         -- action due
    closed_on DATE,                      -- action done
    effective_on DATE,                   -- effectiveness checked
    is_effective BOOLEAN                 -- result of that check
);

-- Register: an opportunity for improvement.
CREATE TABLE improvement (
    improvement_id VARCHAR NOT NULL,     -- source:key
    title VARCHAR NOT NULL,              -- what shall get better
    owner VARCHAR,                       -- owner
    raised_on DATE,                      -- raised
    due_on DATE,                         -- due
    done_on DATE,                        -- done
    status VARCHAR,                      -- open, approved, in_progress, done, rejected
    effect_expected VARCHAR,             -- expected effect
    effect_measured VARCHAR              -- measured effect
);

-- Register: a review: management review, service review, supplier review, plan test.
CREATE TABLE review (
    review_id VARCHAR NOT NULL,          -- source:key
    kind VARCHAR NOT NULL,               -- management_review, service_review, customer_review, supplier_review, continuity_test, restore_test, major_incident_review, report_review
    title VARCHAR,                       -- title
    service_id VARCHAR,                  -- service.service_id
    customer_id VARCHAR,                 -- customer.customer_id
    supplier_id VARCHAR,                 -- supplier.supplier_id
    ticket_id VARCHAR,                   -- ticket it is about
    planned_on DATE,                     -- planned
    held_on DATE,                        -- held; NULL = not yet
    outcome VARCHAR,                     -- result in words: passed, failed, actions agreed, …
    minutes VARCHAR                      -- where the minutes are
);
