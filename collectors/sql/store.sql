-- name: store
-- purpose: keep the new versions of a run over files
-- inputs: staged_record, judged_record; parameters: 1 source, 2 run_id, 3 start of the run (TIMESTAMPTZ)
-- output: rows in raw_record. They are not sorted here: that would hold every payload in memory once more; ordinal
--         keeps the order of the source
INSERT INTO raw_record (source, entity, key, version, run_id, seen_at, sha256, origin, line, ordinal, deleted, payload)
SELECT ?, j.entity, j.key, j.version, ?, CAST(? AS TIMESTAMPTZ), s.sha256, s.origin, s.line, s.ordinal, FALSE, s.payload
FROM staged_record s
JOIN judged_record j ON j.ordinal = s.ordinal
WHERE j.verdict = 'stored'
