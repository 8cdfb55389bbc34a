-- name: choices of the definitions
-- purpose: what each service level definition chooses where tools differ, in words, and whether it, its preset or the default says so

-- One choice or condition of a service level definition, in words, and who made it.
CREATE TABLE sla_choice (
    definition VARCHAR NOT NULL,         -- sla_definition.definition
    ordinal INTEGER NOT NULL,            -- order in which they are printed, from 1
    choice VARCHAR NOT NULL,             -- reopen, goal_change, response_on_hold, time_zone, day_unit, open_overdue, start, pause, resume, stop, reset, cancel
    answer VARCHAR NOT NULL,             -- value as in deskproof.yaml; empty = never
    words VARCHAR NOT NULL,              -- what the value means
    origin VARCHAR NOT NULL,             -- definition (written in it), preset (its tool chooses so), default
    preset VARCHAR                       -- preset of the definition: servicenow, jira, zammad, glpi, znuny; NULL = none
);

-- What a preset cannot say of its tool, a sentence a row, for every definition that uses it.
CREATE TABLE sla_preset_limit (
    definition VARCHAR NOT NULL,         -- sla_definition.definition
    preset VARCHAR NOT NULL,             -- name of the preset
    tool VARCHAR NOT NULL,               -- the tool's name
    ordinal INTEGER NOT NULL,            -- order, from 1
    sentence VARCHAR NOT NULL            -- what the tool does otherwise
);
