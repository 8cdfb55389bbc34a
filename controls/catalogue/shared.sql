-- name: shared parts
-- purpose: rules that several controls use; a control that names one gets it as a common table expression.
-- inputs: the canonical model and the parameters of the run ($period_from, $as_of, …)
-- Each part begins with "-- part:", its name and what it gives.

-- part: live_ticket: tickets that count: neither deleted at the source nor merged into another
SELECT * FROM ticket WHERE deleted_at IS NULL AND merged_into IS NULL

-- part: open_ticket: tickets that count and were open at as-of: registered, not resolved, closed or cancelled
SELECT * FROM live_ticket
WHERE opened_at < $as_of
  AND (status IN ('new', 'in_progress', 'on_hold')
       OR (status IN ('resolved', 'closed') AND least(resolved_at, closed_at) >= $as_of))

-- part: last_activity: ticket_id, last_at: when something last happened to an open ticket, at the latest at as-of: a change, a message,
-- work, a question for approval or its answer. Without a history the last change of the record stands for all changes; where that is
-- not known either, nobody knows, and the ticket is not listed.
SELECT t.ticket_id, greatest(t.opened_at, max(a.occurred_at)) AS last_at
FROM open_ticket AS t LEFT JOIN (
    SELECT ticket_id, occurred_at FROM ticket_event
    UNION ALL SELECT ticket_id, sent_at FROM communication
    UNION ALL SELECT ticket_id, started_at FROM work_log
    UNION ALL SELECT ticket_id, unnest([requested_at, decided_at]) FROM approval
    UNION ALL SELECT ticket_id, updated_at FROM ticket WHERE NOT has_history) AS a ON a.ticket_id = t.ticket_id AND a.occurred_at < $as_of
WHERE t.has_history OR t.updated_at IS NOT NULL
GROUP BY t.ticket_id, t.opened_at

-- part: live_link: links whose ends, where they were merged into another ticket, are the ticket that they were merged into
SELECT coalesce(a.merged_into, l.ticket_id) AS ticket_id, l.link_type, coalesce(b.merged_into, l.to_ticket_id) AS to_ticket_id
FROM ticket_link AS l
LEFT JOIN ticket AS a ON a.ticket_id = l.ticket_id AND a.merged_into IS NOT NULL
LEFT JOIN ticket AS b ON b.ticket_id = l.to_ticket_id AND b.merged_into IS NOT NULL

-- part: linked: ticket_id, other_id, other_kind: links read from either end, to tickets that count
SELECT l.ticket_id, l.to_ticket_id AS other_id, t.kind AS other_kind
FROM live_link l JOIN live_ticket t ON t.ticket_id = l.to_ticket_id
UNION
SELECT l.to_ticket_id, l.ticket_id, t.kind
FROM live_link l JOIN live_ticket t ON t.ticket_id = l.ticket_id

-- part: agreement_in_force: agreements in force on the day of as-of
SELECT * FROM service_agreement
WHERE (valid_from IS NULL OR valid_from <= $as_of_day) AND (valid_to IS NULL OR valid_to >= $as_of_day)

-- part: live_service: services that users have on the day of as-of
SELECT * FROM service
WHERE status = 'live' AND (valid_from IS NULL OR valid_from <= $as_of_day) AND (valid_to IS NULL OR valid_to >= $as_of_day)

-- part: approved: ticket_id, first_at: the first time that an approval of the ticket was given
SELECT ticket_id, min(decided_at) AS first_at FROM approval
WHERE decision = 'approved' AND decided_at < $as_of GROUP BY ticket_id

-- part: refused: ticket_id, refused_at: tickets with a refused approval and none given since; an answer at an unknown time is not since
SELECT ticket_id, max(decided_at) FILTER (decision = 'rejected') AS refused_at
FROM approval WHERE decision IN ('approved', 'rejected') AND (decided_at IS NULL OR decided_at < $as_of)
GROUP BY ticket_id
HAVING count(*) FILTER (decision = 'rejected') > 0
   AND (count(*) FILTER (decision = 'approved') = 0
        OR count(*) FILTER (decision = 'approved' AND decided_at IS NULL) = 0
           AND max(decided_at) FILTER (decision = 'approved') < max(decided_at) FILTER (decision = 'rejected'))

-- part: source_with_messages: source: systems that give messages to users; where a system gives none, none can be missed
SELECT DISTINCT t.source FROM ticket t
SEMI JOIN (SELECT ticket_id FROM communication WHERE is_public AND sender_role IN ('agent', 'supplier', 'system')) m ON m.ticket_id = t.ticket_id

-- part: ticket_number: tickets with the prefix and the number of their key
SELECT source, ticket_id, opened_at, prefix, width, CAST(right(key, width) AS BIGINT) AS number, counts
FROM (SELECT source, ticket_id, opened_at, key, rtrim(key, '0123456789') AS prefix, length(key) - length(rtrim(key, '0123456789')) AS width,
             deleted_at IS NULL AND merged_into IS NULL AS counts
      FROM ticket)
WHERE width BETWEEN 1 AND 15

-- part: number_series: stretches of a prefix that are numbered in sequence: most numbers between the first and the last of the period
-- exist (needs the parameter present_percent). A jump over 20 numbers, and more than the prefix has tickets, begins another stretch: a
-- new range, or one odd number, must not keep the rest from being looked at.
SELECT r.source, r.prefix, r.first_number, r.last_number
FROM (SELECT source, prefix, min(number) AS first_number, max(number) AS last_number
      FROM (SELECT source, prefix, number,
                   sum(CASE WHEN number - before > greatest(tickets, 20) THEN 1 ELSE 0 END) OVER (PARTITION BY source, prefix ORDER BY number ROWS UNBOUNDED PRECEDING) AS stretch
            FROM (SELECT source, prefix, number, lag(number) OVER (PARTITION BY source, prefix ORDER BY number) AS before,
                         count(*) OVER (PARTITION BY source, prefix) AS tickets
                  FROM ticket_number WHERE counts AND opened_at >= $period_from AND opened_at < $period_to))
      GROUP BY source, prefix, stretch HAVING count(*) > 1) AS r
JOIN ticket_number AS n ON n.source = r.source AND n.prefix = r.prefix AND n.number BETWEEN r.first_number AND r.last_number
GROUP BY r.source, r.prefix, r.first_number, r.last_number
HAVING 100 * count(*) >= $present_percent * (r.last_number - r.first_number + 1)

-- part: number_line: tickets of such prefixes between these numbers, with the number before
SELECT n.*, lag(n.number) OVER (PARTITION BY n.source, n.prefix, r.first_number ORDER BY n.number, n.ticket_id) AS before,
       lag(n.opened_at) OVER (PARTITION BY n.source, n.prefix, r.first_number ORDER BY n.number, n.ticket_id) AS opened_before
FROM ticket_number AS n
JOIN number_series AS r ON r.source = n.source AND r.prefix = n.prefix AND n.number BETWEEN r.first_number AND r.last_number

-- part: improvement_raised: raised_on: days on which an improvement was raised, in the register or as a ticket
SELECT raised_on FROM improvement WHERE raised_on <= $as_of_day
UNION ALL
SELECT CAST(opened_at AT TIME ZONE $zone AS DATE) FROM live_ticket WHERE kind = 'improvement' AND opened_at < $as_of

-- part: document_in_use: documents of the register that are not retired
SELECT * FROM document WHERE retired_on IS NULL OR retired_on > $as_of_day

-- part: open_risk: risks that are neither treated nor closed
SELECT * FROM risk WHERE coalesce(status, 'open') NOT IN ('treated', 'closed')

-- part: failed_test: review_id: continuity and restore tests whose result begins with a word of failure; "failed over" is none
SELECT review_id FROM review
WHERE kind IN ('continuity_test', 'restore_test') AND regexp_matches(lower(trim(outcome)), '^(failed|failure|not passed|unsuccessful|not successful)([^a-z]|$)')
  AND NOT regexp_matches(lower(trim(outcome)), '^failed[ -]over')

-- part: new_customer: customer_id: the first SLA and the first ticket are younger than that, while tickets of others reach further back
-- (needs the parameter within_months)
SELECT a.customer_id FROM service_agreement AS a
JOIN (SELECT customer_id, CAST(min(opened_at) AT TIME ZONE $zone AS DATE) AS first_day FROM ticket WHERE customer_id IS NOT NULL GROUP BY customer_id) AS t ON t.customer_id = a.customer_id
WHERE a.kind = 'SLA' AND EXISTS (FROM ticket WHERE customer_id IS NOT NULL AND CAST(opened_at AT TIME ZONE $zone AS DATE) <= $as_of_day - to_months($within_months))
GROUP BY a.customer_id
HAVING least(min(coalesce(a.valid_from, DATE '1990-01-01')), min(t.first_day)) > $as_of_day - to_months($within_months)

-- part: policy_told: policies in use with the first day on or after their approval on which a communication named their title or number
SELECT d.document_id, d.title, d.approved_on, d.requirements, min(a.sent_on) AS told_on
FROM document_in_use AS d
LEFT JOIN announcement AS a ON a.sent_on BETWEEN d.approved_on AND $as_of_day
 AND (contains(lower(concat_ws(' ', a.title, a.evidence)), lower(trim(d.title)))
      OR regexp_matches(lower(concat_ws(' ', a.title, a.evidence)),
                        '(^|[^a-z0-9])' || regexp_escape(lower(trim(substr(d.document_id, strpos(d.document_id, ':') + 1)))) || '($|[^a-z0-9])'))
WHERE d.kind = 'policy'
GROUP BY d.document_id, d.title, d.approved_on, d.requirements

-- part: document_state: documents in use, with due: what keeps each from being in force, in words; empty = in force
SELECT d.document_id, d.title, lower(trim(d.kind)) AS kind, d.version, d.owner, d.approved_by, d.approved_on, d.review_by, d.requirements,
       concat_ws(' and ',
           CASE WHEN d.approved_on IS NULL OR d.approved_on > $as_of_day THEN 'is not approved' END,
           CASE WHEN coalesce(trim(d.owner), '') = '' THEN 'has no owner' END,
           CASE WHEN d.review_by IS NULL THEN 'has no date of review'
                WHEN d.review_by < $as_of_day THEN 'was due for review on ' || strftime(d.review_by, '%-d %b %Y') END,
           CASE WHEN NOT f.is_found THEN 'is not behind its path' || coalesce(' (' || f.problem || ')', '')
                WHEN lower(trim(d.sha256)) <> lower(f.sha256) THEN 'has changed since its hash was noted' END) AS due
FROM document_in_use AS d LEFT JOIN document_file AS f ON f.document_id = d.document_id

-- part: document_names: document_id, requirement: what each document in use says that it answers
SELECT DISTINCT document_id, requirement
FROM (SELECT document_id, unnest(regexp_split_to_array(requirements, '[\s,;]+')) AS requirement FROM document_state)
WHERE requirement <> ''
