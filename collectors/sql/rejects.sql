-- name: rejects
-- purpose: the rejected records of a run by kind of fault, with the first places
-- inputs: rejected_record; parameter 1: run_id
-- output: entity, reason (kind of fault: the words before the colon), records, example (reason of the first, in full),
--         places (origin:line of the first three)
SELECT entity,
       split_part(reason, ': ', 1) AS reason,
       count(*) AS records,
       arg_min(reason, place) AS example,
       array_to_string(list(coalesce(origin, '') || coalesce(':' || line, '') ORDER BY place)[1:3], ', ') AS places
FROM (
    SELECT *, row_number() OVER (ORDER BY origin, line, reason) AS place
    FROM rejected_record
    WHERE run_id = ? AND stage = 'read'
)
GROUP BY ALL
ORDER BY entity, records DESC, reason
