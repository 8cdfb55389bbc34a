-- name: the model as of a moment
-- purpose: take tickets and their history back to the moment that the reports stand for
-- inputs: dp_ticket, dp_event
-- output: the same tables without what happened later
-- rules: the moment itself is not included: at the end of a day it belongs to the next. A ticket opened later is left out, an event too. A field with later changes gets back the value that
--   the first of them says was there before. What only the source's last state tells (its own counters, the closure
--   code of a ticket that was still open) is emptied for a ticket with later changes. A later instant becomes NULL.
--   Fields without history keep the value of the export: no source says what they were.
DELETE FROM dp_event WHERE ticket_id IN (SELECT ticket_id FROM dp_ticket WHERE opened_at >= {{.AsOf}});
DELETE FROM dp_ticket WHERE opened_at >= {{.AsOf}};

CREATE OR REPLACE TEMP TABLE dp_later AS
SELECT ticket_id, field, arg_min({'v': from_value}, dp_step).v AS before,
    arg_min({'v': source_from_value}, dp_step).v AS before_text
FROM dp_event WHERE occurred_at >= {{.AsOf}} GROUP BY ticket_id, field;
{{range .Fields}}
UPDATE dp_ticket SET {{ident .Name}} = CAST(l.before AS {{.Type}})
FROM dp_later l WHERE l.ticket_id = dp_ticket.ticket_id AND l.field = {{text .Name}};
{{end}}
UPDATE dp_ticket SET source_status = l.before_text, status = coalesce(status, 'new'),
    closure_code = CASE WHEN l.before IN ('resolved', 'closed', 'cancelled') THEN closure_code END
FROM dp_later l WHERE l.ticket_id = dp_ticket.ticket_id AND l.field = 'status';
UPDATE dp_ticket SET source_reopen_count = NULL, source_reassignment_count = NULL
WHERE ticket_id IN (SELECT ticket_id FROM dp_later);
UPDATE native_sla SET breached = NULL, elapsed_seconds = NULL, stopped_at = NULL
WHERE stopped_at >= {{.AsOf}} OR stopped_at IS NULL AND ticket_id IN (SELECT ticket_id FROM dp_later WHERE field = 'status');
DELETE FROM native_sla WHERE ticket_id NOT IN (SELECT ticket_id FROM dp_ticket);
DELETE FROM dp_event WHERE occurred_at >= {{.AsOf}};
{{range .Instants}}
UPDATE dp_ticket SET {{ident .}} = NULL WHERE {{ident .}} >= {{$.AsOf}};
{{end}}
