-- name: moments of a ticket
-- purpose: what order rules (rule:) speak of; each moment gives ticket_id, occurred_at, what, who
-- inputs: the canonical model and the parameters of the run ($as_of, $as_of_day, $zone)
-- Each begins with "-- moment:", its name, its words in a reason and for its absence, and what it is. "= column" stands
-- for one moment a ticket, from that column. "-- needs:" is the input that must hold data. occurred_at is NULL where
-- the time is not known; nothing after as-of counts.

-- moment: detected = detected_at: detected / not detected: the event was noticed
-- moment: opened = opened_at: opened / not opened: the ticket was registered
-- moment: acknowledged = acknowledged_at: acknowledged / not acknowledged: first taken by a person or team
-- moment: responded = first_response_at: first response / no first response: first reply of the provider to the requester
-- moment: root_cause_found = root_cause_at: root cause recorded / no root cause recorded: problem: the root cause was recorded
-- moment: resolved = resolved_at: resolved / not resolved: resolved for the last time
-- moment: closed = closed_at: closed / not closed: closed for the last time
-- moment: due = due_at: due / no due time: due as the source says
-- moment: planned_start = planned_start_at: planned to start / no planned start: change, release: begin of the planned window
-- moment: planned_end = planned_end_at: planned to end / no planned end: change, release: end of the planned window
-- moment: started = started_at: started / not started: change, release: actual start
-- moment: ended = ended_at: ended / not ended: change, release: actual end

-- moment: reviewed: reviewed / no review recorded: the ticket was reviewed, by its own record or by the register of reviews (a day)
-- needs: reviews of {kinds} (ticket.reviewed_at, or review of kind major_incident_review) | SELECT 1 FROM ticket WHERE kind IN ({kind}) AND reviewed_at IS NOT NULL UNION ALL SELECT 1 FROM review SEMI JOIN {tickets} USING (ticket_id) WHERE kind = 'major_incident_review'
SELECT ticket_id, reviewed_at AS occurred_at, 'reviewed' AS what, NULL AS who FROM ticket WHERE reviewed_at < $as_of
UNION ALL
-- A review on the day of the end was held after it.
SELECT r.ticket_id, CASE WHEN CAST(coalesce(t.ended_at, t.resolved_at) AT TIME ZONE $zone AS DATE) = r.held_on THEN coalesce(t.ended_at, t.resolved_at)
                         ELSE CAST(r.held_on AS TIMESTAMP) AT TIME ZONE $zone END, 'reviewed', r.chaired_by
FROM review AS r JOIN ticket AS t ON t.ticket_id = r.ticket_id
WHERE r.kind = 'major_incident_review' AND r.held_on <= $as_of_day

-- moment: approval_requested: approval asked for / no approval asked for: an approval was asked for
-- needs: approvals of {kinds} (approval) | FROM approval SEMI JOIN {tickets} USING (ticket_id)
SELECT ticket_id, requested_at AS occurred_at, 'approval_requested' AS what, NULL AS who FROM approval WHERE requested_at < $as_of

-- moment: approved: approved / not approved: an approval was given
-- needs: approvals of {kinds} (approval) | FROM approval SEMI JOIN {tickets} USING (ticket_id)
SELECT ticket_id, decided_at AS occurred_at, 'approved' AS what, approver AS who FROM approval
WHERE decision = 'approved' AND (decided_at IS NULL OR decided_at < $as_of)

-- moment: rejected: rejected / not rejected: an approval was refused
-- needs: approvals of {kinds} (approval) | FROM approval SEMI JOIN {tickets} USING (ticket_id)
SELECT ticket_id, decided_at AS occurred_at, 'rejected' AS what, approver AS who FROM approval
WHERE decision = 'rejected' AND (decided_at IS NULL OR decided_at < $as_of)

-- moment: informed: first message / no message: the provider sent a message that the requester can see
-- needs: messages to users of {kinds} (communication.is_public) | FROM communication SEMI JOIN {tickets} USING (ticket_id) WHERE is_public IS NOT NULL
SELECT ticket_id, sent_at AS occurred_at, 'informed' AS what, sender AS who FROM communication
WHERE is_public AND sender_role IN ('agent', 'supplier', 'system') AND sent_at < $as_of

-- moment: asked_again: message of the requester / no message of the requester: the requester wrote
-- needs: messages of {kinds} (communication) | FROM communication SEMI JOIN {tickets} USING (ticket_id)
SELECT ticket_id, sent_at AS occurred_at, 'asked_again' AS what, sender AS who FROM communication
WHERE sender_role = 'requester' AND sent_at < $as_of

-- moment: work_logged: work logged / no work logged: somebody noted time spent
-- needs: time spent on {kinds} (work_log) | FROM work_log SEMI JOIN {tickets} USING (ticket_id)
SELECT ticket_id, started_at AS occurred_at, 'work_logged' AS what, worker AS who FROM work_log WHERE started_at IS NULL OR started_at < $as_of

-- moment: work_began: work began / no work began: history: the status became in_progress
-- history
SELECT ticket_id, occurred_at, 'work_began' AS what, actor AS who FROM ticket_event
WHERE field = 'status' AND to_value = 'in_progress' AND occurred_at < $as_of

-- moment: put_on_hold: put on hold / never put on hold: history: the status became on_hold
-- history
SELECT ticket_id, occurred_at, 'put_on_hold' AS what, actor AS who FROM ticket_event
WHERE field = 'status' AND to_value = 'on_hold' AND occurred_at < $as_of

-- moment: reopened: reopened / not reopened: history: the status left resolved or closed for an open one
-- history
SELECT ticket_id, occurred_at, 'reopened' AS what, actor AS who FROM ticket_event
WHERE field = 'status' AND from_value IN ('resolved', 'closed') AND to_value IN ('new', 'in_progress', 'on_hold') AND occurred_at < $as_of

-- moment: cancelled: cancelled / not cancelled: history: the status became cancelled
-- history
SELECT ticket_id, occurred_at, 'cancelled' AS what, actor AS who FROM ticket_event
WHERE field = 'status' AND to_value = 'cancelled' AND occurred_at < $as_of

-- moment: handed_over: handed over / not handed over: history: another team took it
-- history
SELECT ticket_id, occurred_at, 'handed_over' AS what, actor AS who FROM ticket_event
WHERE field = 'team' AND from_value <> to_value AND occurred_at < $as_of

-- moment: reassigned: reassigned / not reassigned: history: another person took it
-- history
SELECT ticket_id, occurred_at, 'reassigned' AS what, actor AS who FROM ticket_event
WHERE field = 'assignee' AND from_value <> to_value AND occurred_at < $as_of

-- moment: priority_raised: priority raised / priority never raised: history: the priority became more urgent (1 is the highest)
-- history
SELECT ticket_id, occurred_at, 'priority_raised' AS what, actor AS who FROM ticket_event
WHERE field = 'priority' AND TRY_CAST(to_value AS INTEGER) < TRY_CAST(from_value AS INTEGER) AND occurred_at < $as_of

-- moment: priority_lowered: priority lowered / priority never lowered: history: the priority became less urgent
-- history
SELECT ticket_id, occurred_at, 'priority_lowered' AS what, actor AS who FROM ticket_event
WHERE field = 'priority' AND TRY_CAST(to_value AS INTEGER) > TRY_CAST(from_value AS INTEGER) AND occurred_at < $as_of

-- moment: linked_problem: linked to a problem / linked to no problem: a link to or from a problem that counts (its time is often not known)
-- needs: links of {kinds} (ticket_link) | FROM ticket_link
-- timeless
SELECT l.ticket_id, l.created_at AS occurred_at, 'linked_problem' AS what, NULL AS who
FROM ticket_link AS l JOIN live_ticket AS t ON t.ticket_id = l.to_ticket_id WHERE t.kind = 'problem'
UNION ALL
SELECT l.to_ticket_id, l.created_at, 'linked_problem', NULL
FROM ticket_link AS l JOIN live_ticket AS t ON t.ticket_id = l.ticket_id WHERE t.kind = 'problem'

-- moment: linked_change: linked to a change / linked to no change: a link to or from a change that counts (its time is often not known)
-- needs: links of {kinds} (ticket_link) | FROM ticket_link
-- timeless
SELECT l.ticket_id, l.created_at AS occurred_at, 'linked_change' AS what, NULL AS who
FROM ticket_link AS l JOIN live_ticket AS t ON t.ticket_id = l.to_ticket_id WHERE t.kind = 'change'
UNION ALL
SELECT l.to_ticket_id, l.created_at, 'linked_change', NULL
FROM ticket_link AS l JOIN live_ticket AS t ON t.ticket_id = l.ticket_id WHERE t.kind = 'change'

-- moment: linked_incident: linked to an incident / linked to no incident: a link to or from an incident that counts (its time is often not known)
-- needs: links of {kinds} (ticket_link) | FROM ticket_link
-- timeless
SELECT l.ticket_id, l.created_at AS occurred_at, 'linked_incident' AS what, NULL AS who
FROM ticket_link AS l JOIN live_ticket AS t ON t.ticket_id = l.to_ticket_id WHERE t.kind = 'incident'
UNION ALL
SELECT l.to_ticket_id, l.created_at, 'linked_incident', NULL
FROM ticket_link AS l JOIN live_ticket AS t ON t.ticket_id = l.ticket_id WHERE t.kind = 'incident'

-- moment: requester: the requester / no requester: the person who asked (only in separation)
-- needs: the requester of {kinds} (ticket.requester) | FROM ticket WHERE kind IN ({kind}) AND requester IS NOT NULL
-- person
SELECT ticket_id, CAST(NULL AS TIMESTAMPTZ) AS occurred_at, 'requester' AS what, requester AS who FROM ticket WHERE requester IS NOT NULL

-- moment: assignee: the assignee / no assignee: the person who holds it now (only in separation)
-- needs: the assignee of {kinds} (ticket.assignee) | FROM ticket WHERE kind IN ({kind}) AND assignee IS NOT NULL
-- person
SELECT ticket_id, CAST(NULL AS TIMESTAMPTZ) AS occurred_at, 'assignee' AS what, assignee AS who FROM ticket WHERE assignee IS NOT NULL
