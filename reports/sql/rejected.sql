-- name: rejected
-- inputs: rejected_record, collection_run
-- output: refused records of the newest run of every source by reason: source, entity, stage, n, first place, first reason
SELECT q.source, q.entity, q.stage, q.reason, count(*) AS n,
    COALESCE(arg_min(COALESCE(q.origin, '') || COALESCE(':' || q.line, ''), (COALESCE(q.origin, ''), COALESCE(q.line, 0))), '') AS place
FROM rejected_record AS q
JOIN (SELECT source, max(run_id) AS run_id FROM collection_run GROUP BY source) AS r ON r.source = q.source AND (r.run_id = q.run_id OR q.stage = 'map')
GROUP BY q.source, q.entity, q.stage, q.reason
ORDER BY n DESC, q.source, q.entity, q.reason
