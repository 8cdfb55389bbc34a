-- name: runs and raw records
-- purpose: what every source said, kept as it said it, and the books of each collection run
-- A comment line above a table and behind a column becomes its entry in the data dictionary.

-- One run of a collector against one source. Instants are UTC.
CREATE TABLE collection_run (
    run_id BIGINT NOT NULL,              -- number of the run, ascending over all sources
    source VARCHAR NOT NULL,             -- name of the source in deskproof.yaml
    source_type VARCHAR NOT NULL,        -- type of the source: file, jira, rt, …
    address VARCHAR,                     -- where the records came from: URL, or path pattern of the files
    account VARCHAR,                     -- account that asked, as the source names it; empty for files
    account_rights VARCHAR,              -- what that account may read, as far as the source tells
    query VARCHAR,                       -- filter or query that was sent
    window_from TIMESTAMPTZ,             -- start of the window of changes that was asked for; NULL = everything
    window_to TIMESTAMPTZ,               -- end of that window
    started_at TIMESTAMPTZ NOT NULL,     -- start of the run
    ended_at TIMESTAMPTZ,                -- end of the run; NULL = it did not end in order
    status VARCHAR NOT NULL,             -- complete, incomplete (totals do not tie out, or something was rejected), failed
    message VARCHAR,                     -- what went wrong, in words
    source_version VARCHAR,              -- product version of the source, where it tells
    tool_version VARCHAR NOT NULL        -- version of deskproof
);

-- What a run counted for one entity. fetched = stored + unchanged + rejected always holds.
CREATE TABLE collection_count (
    run_id BIGINT NOT NULL,              -- collection_run.run_id
    source VARCHAR NOT NULL,             -- name of the source
    entity VARCHAR NOT NULL,             -- kind of record in the source's or the model's words: ticket, ticket_history, service, …
    reported BIGINT,                     -- total that the source itself reports; NULL = it reports none
    fetched BIGINT NOT NULL,             -- records that were read
    stored BIGINT NOT NULL,              -- of these: new versions stored
    unchanged BIGINT NOT NULL,           -- of these: same bytes as the newest stored version
    rejected BIGINT NOT NULL,            -- of these: refused, each with a row in rejected_record
    deleted BIGINT NOT NULL,             -- records that the source no longer has
    merged BIGINT NOT NULL               -- records that the source merged into another
);

-- A file that a file source read, or one page of a live source where it is kept.
CREATE TABLE source_file (
    run_id BIGINT NOT NULL,              -- collection_run.run_id
    source VARCHAR NOT NULL,             -- name of the source
    entity VARCHAR NOT NULL,             -- entity that the file holds
    path VARCHAR NOT NULL,               -- path as matched, relative to the configuration
    sha256 VARCHAR NOT NULL,             -- SHA-256 of the bytes of the file, hexadecimal
    size_bytes BIGINT NOT NULL,          -- size of the file
    format VARCHAR NOT NULL,             -- csv, xlsx, json, ndjson, parquet, xes
    encoding VARCHAR,                    -- encoding found or configured: utf-8, utf-16le, windows-1252, …
    compression VARCHAR,                 -- gzip, zstd or empty
    row_count BIGINT NOT NULL,           -- records found in the file, rejected ones included
    truncated BOOLEAN NOT NULL           -- TRUE when the file ended before its format says that it ends
);

-- One version of one record as the source gave it. A new version is stored only when the bytes differ.
CREATE TABLE raw_record (
    source VARCHAR NOT NULL,             -- name of the source
    entity VARCHAR NOT NULL,             -- entity, see collection_count.entity
    key VARCHAR NOT NULL,                -- key within source and entity
    version INTEGER NOT NULL,            -- 1, 2, … in the order seen; the highest is the current one
    run_id BIGINT NOT NULL,              -- run that brought this version
    seen_at TIMESTAMPTZ NOT NULL,        -- start of that run
    sha256 VARCHAR NOT NULL,             -- SHA-256 of payload, hexadecimal
    origin VARCHAR,                      -- file, or endpoint, that the record came from
    line BIGINT,                         -- line (text), row (sheet, Parquet) or element (JSON, XES) within origin, from 1
    ordinal BIGINT NOT NULL,             -- order in which the source gave the records of the run, from 1
    deleted BOOLEAN NOT NULL,            -- TRUE = tombstone: the source no longer has the record
    payload VARCHAR NOT NULL             -- the record as a JSON object of source names and values
);

-- A record that was refused, with the reason. Nothing that a source gave vanishes.
CREATE TABLE rejected_record (
    run_id BIGINT NOT NULL,              -- collection_run.run_id of the run that brought the record
    source VARCHAR NOT NULL,             -- name of the source
    entity VARCHAR NOT NULL,             -- entity, see collection_count.entity
    stage VARCHAR NOT NULL,              -- read (the file or page could not be understood) or map (a value could not be mapped)
    origin VARCHAR,                      -- file, or endpoint, that the record came from
    line BIGINT,                         -- line, row or element within origin, from 1
    key VARCHAR,                         -- key of the record, where it could be told
    reason VARCHAR NOT NULL,             -- why, in words, with the value
    content VARCHAR NOT NULL             -- the record as far as it could be read
);

-- How far a live source has been read: the newest (updated, id) that is stored.
CREATE TABLE source_cursor (
    source VARCHAR NOT NULL,             -- name of the source
    entity VARCHAR NOT NULL,             -- entity
    cursor_value VARCHAR NOT NULL,       -- what the collector needs to go on, in its own form
    run_id BIGINT NOT NULL               -- run that moved it
);

-- A source value for which the configuration has no canonical value. It is kept, counted, never guessed.
CREATE TABLE unmapped_value (
    source VARCHAR NOT NULL,             -- name of the source
    entity VARCHAR NOT NULL,             -- entity
    field VARCHAR NOT NULL,              -- model field: status, priority, kind, …
    source_value VARCHAR NOT NULL,       -- value as the source wrote it
    occurrences BIGINT NOT NULL,         -- records that carry it
    first_key VARCHAR NOT NULL           -- smallest key of a record that carries it
);
