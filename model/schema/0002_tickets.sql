-- name: tickets and their history
-- purpose: the canonical model of what a service desk records (ITIL, ISO/IEC 20000-10, FitSM-0 terms)

-- A ticket of any kind: incident, service_request, problem, change, release, complaint, improvement, security_incident, other.
CREATE TABLE ticket (
    ticket_id VARCHAR NOT NULL,          -- source:key, stable over runs
    source VARCHAR NOT NULL,             -- system that it comes from (key system of the source in deskproof.yaml; default its name)
    key VARCHAR NOT NULL,                -- key that people know, as the source writes it
    url VARCHAR,                         -- address of the ticket in its tool
    kind VARCHAR NOT NULL,               -- incident, service_request, problem, change, release, complaint, improvement, security_incident, other; unmapped = the source's kind has no mapping
    title VARCHAR,                       -- short description, as the source has it
    status VARCHAR NOT NULL,             -- lifecycle: new, in_progress, on_hold, resolved, closed, cancelled; unmapped = the source's status has no mapping
    source_status VARCHAR,               -- status in the source's own words
    priority INTEGER,                    -- 1 (highest) to 5
    impact INTEGER,                      -- 1 (highest) to 5
    urgency INTEGER,                     -- 1 (highest) to 5
    is_major BOOLEAN,                    -- major incident; NULL = not recorded
    service_id VARCHAR,                  -- service.service_id
    ci_id VARCHAR,                       -- ci.ci_id of the main configuration item
    customer_id VARCHAR,                 -- customer.customer_id
    supplier_id VARCHAR,                 -- supplier.supplier_id
    team VARCHAR,                        -- team (assignment group, queue) that holds it now
    assignee VARCHAR,                    -- person who holds it now
    requester VARCHAR,                   -- person who asked
    channel VARCHAR,                     -- how it came in: phone, email, portal, event, …
    category VARCHAR,                    -- category in the source's own words
    closure_code VARCHAR,                -- closure or resolution code in the source's own words
    root_cause VARCHAR,                  -- problem: root cause, when recorded
    workaround VARCHAR,                  -- problem: workaround, when recorded
    is_known_error BOOLEAN,              -- problem: recorded as known error; NULL = not recorded
    change_type VARCHAR,                 -- change: standard, normal, emergency
    risk VARCHAR,                        -- change: low, medium, high
    outcome VARCHAR,                     -- change or release: successful, failed, backed_out, cancelled
    detected_at TIMESTAMPTZ,             -- when the event was detected, where it differs from opened_at
    opened_at TIMESTAMPTZ NOT NULL,      -- registered
    acknowledged_at TIMESTAMPTZ,         -- first taken by a person or team
    first_response_at TIMESTAMPTZ,       -- first reply of the provider to the requester
    root_cause_at TIMESTAMPTZ,           -- problem: when the root cause was recorded
    resolved_at TIMESTAMPTZ,             -- last resolved, by history where there is one; NULL = not resolved
    closed_at TIMESTAMPTZ,               -- last closed; NULL = not closed
    due_at TIMESTAMPTZ,                  -- due time that the source itself states
    planned_start_at TIMESTAMPTZ,        -- change or release: planned start
    planned_end_at TIMESTAMPTZ,          -- change or release: planned end
    started_at TIMESTAMPTZ,              -- change or release: actual start
    ended_at TIMESTAMPTZ,                -- change or release: actual end
    reviewed_at TIMESTAMPTZ,             -- post implementation or major incident review held
    updated_at TIMESTAMPTZ,              -- last change of the record at the source
    reopen_count INTEGER NOT NULL,       -- times it left resolved or closed for an open status, counted in ticket_event; 0 where there is no history
    reassignment_count INTEGER NOT NULL, -- changes of team after the first assignment, counted in ticket_event
    source_reopen_count INTEGER,         -- what the source's own counter says
    source_reassignment_count INTEGER,   -- what the source's own counter says
    has_history BOOLEAN NOT NULL,        -- TRUE when ticket_event holds its status history; without it pauses cannot be replayed
    deleted_at TIMESTAMPTZ,              -- found deleted at the source
    merged_into VARCHAR,                 -- ticket_id of the ticket it was merged into
    attributes JSON                      -- every other value of the source, by its own name
);

-- One change of one field of a ticket, in source order. The creation of a ticket is its first status event.
CREATE TABLE ticket_event (
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    sequence INTEGER NOT NULL,           -- order within the ticket, from 1; decides when several share a second
    occurred_at TIMESTAMPTZ NOT NULL,    -- when it happened
    actor VARCHAR,                       -- who did it
    actor_role VARCHAR,                  -- requester, agent, supplier, system; NULL = not known
    field VARCHAR NOT NULL,              -- status, priority, team, assignee, service_id, first_response, … (a column of ticket, or the source's own field name)
    from_value VARCHAR,                  -- canonical value before; NULL = none
    to_value VARCHAR,                    -- canonical value after; NULL = emptied
    source_from_value VARCHAR,           -- value before in the source's own words
    source_to_value VARCHAR              -- value after in the source's own words
);

-- A link between two records.
CREATE TABLE ticket_link (
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id the link starts at
    link_type VARCHAR NOT NULL,          -- caused_by, causes, resolved_by, problem_of, implements, released_in, duplicate_of, relates_to
    to_ticket_id VARCHAR NOT NULL,       -- ticket.ticket_id the link points to
    created_at TIMESTAMPTZ               -- when it was set, where known
);

-- An approval that was asked for, and the answer.
CREATE TABLE approval (
    approval_id VARCHAR NOT NULL,        -- source:key
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    approver VARCHAR,                    -- who answered, or was asked
    approver_role VARCHAR,               -- change authority, line manager, service owner, …
    requested_at TIMESTAMPTZ,            -- when it was asked for
    decided_at TIMESTAMPTZ,              -- when it was answered; NULL = not answered
    decision VARCHAR                     -- approved, rejected, withdrawn; NULL = not answered
);

-- Time and role of a message; its text is not kept.
CREATE TABLE communication (
    communication_id VARCHAR NOT NULL,   -- source:key
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    sent_at TIMESTAMPTZ NOT NULL,        -- when it was sent
    sender VARCHAR,                      -- who sent it
    sender_role VARCHAR,                 -- requester, agent, supplier, system
    is_public BOOLEAN,                   -- the requester can see it
    channel VARCHAR                      -- email, portal, phone, …
);

-- Time spent on a ticket.
CREATE TABLE work_log (
    work_log_id VARCHAR NOT NULL,        -- source:key
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    worker VARCHAR,                      -- who worked
    started_at TIMESTAMPTZ,              -- when the work began
    spent_seconds BIGINT NOT NULL        -- how long, seconds
);

-- A survey that was sent, and the answer if one came.
CREATE TABLE survey_response (
    survey_id VARCHAR NOT NULL,          -- source:key
    ticket_id VARCHAR,                   -- ticket.ticket_id, where the survey is about one
    customer_id VARCHAR,                 -- customer.customer_id
    service_id VARCHAR,                  -- service.service_id
    asked_at TIMESTAMPTZ,                -- when it was sent
    answered_at TIMESTAMPTZ,             -- when it was answered; NULL = no answer
    score DECIMAL(9,3),                  -- answer on the source's scale
    scale_max DECIMAL(9,3),              -- highest answer on that scale
    scale_min DECIMAL(9,3)               -- lowest answer on that scale
);

-- What the tool itself says of its service level clocks, kept beside what is recomputed.
CREATE TABLE native_sla (
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    name VARCHAR NOT NULL,               -- name of the clock in the tool
    clock VARCHAR NOT NULL,              -- response or resolution
    breached BOOLEAN,                    -- the tool's own verdict; NULL = none
    goal_seconds BIGINT,                 -- goal that the tool states, seconds
    elapsed_seconds BIGINT,              -- time that the tool counted, seconds
    due_at TIMESTAMPTZ,                  -- due time that the tool states
    stopped_at TIMESTAMPTZ               -- when the tool stopped the clock
);
