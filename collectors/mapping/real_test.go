package mapping

import (
	"context"
	"testing"
	"time"

	"deskproof/model/config"
)

const shared = "../../../shared/data/"

// buildReal builds an example from its real file, as of the moment that its configuration names.
func buildReal(t *testing.T, example, source, entity, file string) (Result, func(query, want string)) {
	t.Helper()
	ctx, db := context.Background(), memory(t)
	cfg := load(t, "../../examples/"+example+"/deskproof.yaml")
	rows := putCSV(t, db, source, entity, shared+file)
	rejected, err := CheckRows(ctx, db, cfg, cfg.Sources)
	if err != nil || len(rejected) > 0 {
		t.Fatal(rejected, err)
	}
	asOf, err := config.ParseAsOf(cfg.AsOf, cfg.Zone())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	res, err := Build(ctx, db, cfg, cfg.Sources, Options{AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows built in %v", rows, time.Since(began).Round(time.Millisecond))
	if e := res.Entities[0]; e.Raw != int64(rows) || e.Modelled != int64(rows) {
		t.Errorf("%+v", e)
	}
	if len(res.Unmapped) > 0 {
		t.Errorf("unmapped: %+v", res.Unmapped)
	}
	return res, func(query, want string) {
		t.Helper()
		if got := dump(t, db, query); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", query, got, want)
		}
	}
}

// TestAuditLog holds the figures of examples/servicenow-audit-log/README.md against the real file.
func TestAuditLog(t *testing.T) {
	res, is := buildReal(t, "servicenow-audit-log", "log", "ticket_update", "servicenow-audit-log/incident_event_log.csv.gz")
	if res.Tickets != 24918 || res.Events != 200478 || len(res.Notes) != 1 {
		t.Errorf("%d tickets, %d events, notes %q", res.Tickets, res.Events, res.Notes)
	}
	is("SELECT status, source_status, count(*), count(resolved_at), count(closed_at) FROM ticket GROUP BY ALL", "closed | Closed | 24918 | 24918 | 24918")
	is("SELECT key, reopen_count, source_reopen_count FROM ticket WHERE reopen_count <> source_reopen_count", "INC0000137 | 1 | 0")
	is("SELECT count(*) FILTER (reassignment_count <> source_reassignment_count), count(*) FILTER (reassignment_count > source_reassignment_count) FROM ticket", "3531 | 0")
	is("SELECT breached, count(*) FROM native_sla GROUP BY 1 ORDER BY 1", "false | 15803\ntrue | 9115")
	is("SELECT DISTINCT source_to_value FROM ticket_event WHERE field = 'status' AND to_value = 'on_hold' ORDER BY 1",
		"Awaiting Evidence\nAwaiting Problem\nAwaiting User Info\nAwaiting Vendor")
	is("SELECT count(*) FROM ticket_event WHERE source_to_value = '-100' OR source_from_value = '-100'", "0")
	is("SELECT occurred_at, from_value, to_value FROM ticket_event WHERE ticket_id = 'log:INC0028089' AND field = 'status' ORDER BY sequence",
		"2016-05-10T22:09:00Z | ~ | new\n2016-06-16T12:03:00Z | new | resolved\n2016-06-21T13:07:00Z | resolved | closed")
	is("SELECT count(*) FROM ticket_event WHERE field = 'status' AND from_value IS NULL AND actor_role = 'system'", "3241")
	// Every history is whole: numbered without gaps, never going back in time, each value following from the one before.
	is("SELECT count(*) FROM (SELECT ticket_id FROM ticket_event GROUP BY ticket_id HAVING max(sequence) <> count(*) OR min(sequence) <> 1)", "0")
	is(`SELECT count(*) FILTER (occurred_at < prev), count(*) FILTER (from_value IS DISTINCT FROM prev_value)
		FROM (SELECT *, lag(occurred_at) OVER (PARTITION BY ticket_id ORDER BY sequence) AS prev,
			lag(to_value) OVER (PARTITION BY ticket_id, field ORDER BY sequence) AS prev_value FROM ticket_event)`, "0 | 0")
	is(`SELECT count(*) FROM ticket t JOIN (SELECT ticket_id, arg_max(to_value, sequence) AS v FROM ticket_event WHERE field = 'team' GROUP BY 1) e
		USING (ticket_id) WHERE t.team IS DISTINCT FROM e.v AND t.team IS NOT NULL`, "0")
}

// TestAuditLogAsOf rebuilds an earlier day and holds it against the rows themselves, counted another way.
func TestAuditLogAsOf(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	cfg := load(t, "../../examples/servicenow-audit-log/deskproof.yaml")
	putCSV(t, db, "log", "ticket_update", shared+"servicenow-audit-log/incident_event_log.csv.gz")
	asOf := time.Date(2016, 5, 1, 0, 0, 0, 0, time.UTC)
	res, err := Build(ctx, db, cfg, cfg.Sources, Options{AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	if e := res.Entities[0]; e.Later == 0 || e.Raw != e.Modelled+e.Later {
		t.Errorf("%+v", e)
	}
	const rows = `SELECT json_extract_string(payload, '/number') AS number, json_extract_string(payload, '/incident_state') AS state,
		json_extract_string(payload, '/assignment_group') AS team, TRY_CAST(json_extract_string(payload, '/sys_mod_count') AS INT) AS mod, ordinal,
		strptime(json_extract_string(payload, '/sys_updated_at'), '%d/%m/%Y %H:%M') AS updated,
		strptime(json_extract_string(payload, '/opened_at'), '%d/%m/%Y %H:%M') AS opened FROM raw_record`
	want := dump(t, db, `SELECT coalesce(state, 'New') AS state, count(*) FROM (SELECT number, arg_max(state, (updated, mod, ordinal))
		FILTER (updated < TIMESTAMP '2016-05-01 00:00:00' AND state <> '-100') AS state, arg_max(team, (updated, mod, ordinal))
		FILTER (updated < TIMESTAMP '2016-05-01 00:00:00') AS team FROM (`+rows+`) WHERE opened < TIMESTAMP '2016-05-01 00:00:00' GROUP BY number)
		GROUP BY 1 ORDER BY 1`)
	got := dump(t, db, "SELECT coalesce(source_status, 'New'), count(*) FROM ticket GROUP BY 1 ORDER BY 1")
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if later := dump(t, db, `SELECT (SELECT count(*) FROM ticket_event WHERE occurred_at >= TIMESTAMPTZ '2016-05-01 00:00:00+00')
		+ (SELECT count(*) FROM ticket WHERE greatest(opened_at, resolved_at, closed_at, updated_at) >= TIMESTAMPTZ '2016-05-01 00:00:00+00')`); later != "0" {
		t.Errorf("%s rows tell of later", later)
	}
}

// TestBreachFlags recomputes both clocks from the model: 24 x 7, whole seconds. Closed tickets agree with the flags.
func TestBreachFlags(t *testing.T) {
	res, is := buildReal(t, "breach-flags", "support", "ticket", "breach-flags/tickets.csv")
	if res.Tickets != 2057 || len(res.Notes) != 0 {
		t.Errorf("%d tickets, notes %q", res.Tickets, res.Notes)
	}
	is(`SELECT n.clock, n.breached, CASE WHEN stopped_at IS NULL THEN 'open' ELSE CAST(epoch(stopped_at)::BIGINT - epoch(opened_at)::BIGINT > goal AS VARCHAR) END AS recomputed, count(*)
		FROM (SELECT n.ticket_id, n.clock, n.breached, t.opened_at, CASE n.clock WHEN 'response' THEN t.first_response_at ELSE t.closed_at END AS stopped_at,
			CASE n.clock WHEN 'response' THEN [900, 3600, 14400, 43200][t.priority] ELSE [7200, 28800, 86400, 172800][t.priority] END AS goal
			FROM native_sla n JOIN ticket t USING (ticket_id)) n GROUP BY ALL ORDER BY ALL`,
		"resolution | false | false | 770\nresolution | false | open | 250\nresolution | true | true | 1037\n"+
			"response | false | false | 1462\nresponse | false | open | 250\nresponse | true | true | 345")
	is("SELECT status, count(*), count(resolved_at), bool_or(has_history) FROM ticket GROUP BY 1 ORDER BY 1", "closed | 1807 | 1807 | false\nnew | 250 | 0 | false")
}
