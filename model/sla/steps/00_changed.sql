-- name: clock_changed
-- purpose: the tickets whose clocks may differ from those of the last replay
-- inputs: clock_fingerprint, ticket, ticket_event{{if .Comments}}, communication{{end}}, sla_replay_ticket, sla_cycle; as-of of the last replay
-- output columns: ticket_id
SELECT COALESCE(f.ticket_id, o.ticket_id) AS ticket_id
FROM clock_fingerprint f
FULL JOIN sla_replay_ticket o ON o.ticket_id = f.ticket_id
WHERE f.fingerprint IS NULL OR o.fingerprint IS NULL OR o.fingerprint <> f.fingerprint
{{- if ne .AsOf .Before}}
UNION
-- What is open runs on with the moment of the replay.
SELECT ticket_id FROM sla_cycle WHERE stopped_at IS NULL
UNION
-- What happened between the two moments counts for one of them only.
SELECT e.ticket_id FROM ticket_event e WHERE e.occurred_at >= {{after .Earlier}} AND e.occurred_at < {{after .Later}}
{{- if .Comments}}
UNION
SELECT m.ticket_id FROM communication m WHERE m.sent_at >= {{after .Earlier}} AND m.sent_at < {{after .Later}}
{{- end}}
UNION
SELECT t.ticket_id FROM ticket t
WHERE {{range $i, $c := .Instants}}{{if $i}}
   OR {{end}}({{seconds (print "t." $c)}} > {{$.Earlier}} AND {{seconds (print "t." $c)}} <= {{$.Later}}){{end}}
{{- end}}
