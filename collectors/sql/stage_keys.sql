-- name: stage_keys
-- purpose: where a run lays down what tells the records of a live source apart, before they are judged; the records
--          themselves wait in memory
-- inputs: none
-- output: temporary table staged_key (ordinal: order in the source from 1; sha256: of payload, hexadecimal; deleted: TRUE =
--         tombstone; merged: TRUE = tombstone of a record that became part of another), empty; judged_record is gone
CREATE OR REPLACE TEMP TABLE staged_key (ordinal BIGINT, entity VARCHAR, key VARCHAR, sha256 VARCHAR, deleted BOOLEAN, merged BOOLEAN);
DROP TABLE IF EXISTS judged_record
