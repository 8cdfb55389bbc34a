-- name: what the service level clocks were computed from
-- purpose: a later replay computes only the clocks of tickets that changed since; nothing else reads these tables

-- The last replay.
CREATE TABLE sla_replay (
    as_of TIMESTAMPTZ NOT NULL,          -- moment that the clocks stand for
    definitions VARCHAR NOT NULL         -- SHA-256 of all definitions, zones and steps, hexadecimal
);

-- A ticket as the last replay saw it.
CREATE TABLE sla_replay_ticket (
    ticket_id VARCHAR NOT NULL,          -- ticket.ticket_id
    fingerprint UBIGINT NOT NULL         -- of its record, its history up to the replay and its comments
);
