-- name: present
-- purpose: where a run notes the keys that the source lists, to find what it no longer has
-- inputs: none
-- output: temporary table present_record (entity, key), empty
CREATE OR REPLACE TEMP TABLE present_record (entity VARCHAR, key VARCHAR)
