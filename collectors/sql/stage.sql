-- name: stage
-- purpose: where a run lays down the records of files before they are judged
-- inputs: none
-- output: temporary table staged_record (ordinal: order in the source from 1; repeats: records of one origin may
--         share the key; line: from 1; sha256: of payload, hexadecimal)
CREATE OR REPLACE TEMP TABLE staged_record (
    ordinal BIGINT, entity VARCHAR, key VARCHAR, repeats BOOLEAN, origin VARCHAR, line BIGINT, sha256 VARCHAR,
    payload VARCHAR
)
