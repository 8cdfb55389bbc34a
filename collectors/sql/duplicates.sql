-- name: duplicates
-- purpose: keep the records whose key another record of the run has already
-- inputs: staged_record, judged_record; parameters: 1 run_id, 2 source
-- output: rows in rejected_record
INSERT INTO rejected_record (run_id, source, entity, stage, origin, line, key, reason, content)
SELECT ?, ?, s.entity, 'read', s.origin, s.line, j.key,
       'duplicate key: ' || j.key || ', first in ' || coalesce(j.first_origin, 'this run')
           || coalesce(':' || j.first_line, ''),
       s.payload
FROM staged_record s
JOIN judged_record j ON j.ordinal = s.ordinal
WHERE j.verdict = 'duplicate'
ORDER BY s.ordinal
