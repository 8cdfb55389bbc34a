package sla

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"deskproof/model"
)

// dump is every cycle and segment, in a fixed order, without the segments' words.
func dump(t testing.TB, db *model.DB) string {
	t.Helper()
	rows, err := model.Select[string](context.Background(), db, `SELECT definition || CAST(c AS VARCHAR) FROM sla_cycle c
		UNION ALL SELECT definition || CAST(s AS VARCHAR) FROM (SELECT * EXCLUDE (reason) FROM sla_segment) s ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, "\n")
}

// until is what was known of a ticket at a moment: later events and instants are not there, and a field that changed only later
// has the value that it had before.
func (t oTicket) until(moment int64) oTicket {
	out := t
	out.events, out.record = nil, map[string]string{}
	for f, v := range t.record {
		out.record[f] = v
	}
	told := map[string]bool{}
	for _, e := range t.events {
		if !told[e.field] {
			out.record[e.field], told[e.field] = e.from, true
		}
		if e.second <= moment {
			out.events = append(out.events, e)
		}
	}
	if told["status"] {
		out.history = true // a later status event shows that there is a history
		out.record["source_status"] = ""
		if out.record["status"] == "" {
			out.record["status"] = "unmapped"
		}
	}
	if t.response > moment || told["first_response"] {
		out.response = -1 // the history tells it, if later
	}
	if t.resolved > moment {
		out.resolved = -1
	}
	if t.closed > moment {
		out.closed = -1
	}
	return out
}

// TestProperties: replaying up to a moment does not depend on what came later; an event that changes nothing changes no
// figure; neither do the zone of the session, a second replay, or the order of rows; segments tile their cycles.
func TestProperties(t *testing.T) {
	n, seed := histories(t, 600)
	n = min(n, 600)
	r := rand.New(rand.NewPCG(seed, 7777))
	early, late := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 12, 28, 9, 30, 0, 0, time.UTC)
	var tickets, known []oTicket
	for i := range n {
		k := generate(r, i)
		tickets = append(tickets, k)
		if k.opened <= early.Unix() {
			known = append(known, k.until(early.Unix()))
		}
	}
	var defs []propertyDefinition
	for i, d := range propertyDefinitions(r, int(seed%8)) {
		if i%2 == int(seed%2) {
			defs = append(defs, d)
		}
	}
	cfg := parse(t, propertyConfig(defs))
	ctx := context.Background()
	whole, half := open(t), open(t)
	load(t, whole, r, tickets)
	load(t, half, r, known)
	replay := func(db *model.DB, at time.Time) string {
		replayed(t, db, cfg, at.Format(time.RFC3339))
		return dump(t, db)
	}
	full := replay(whole, late)
	if a, b := replay(whole, early), replay(half, early); a != b {
		t.Errorf("what happened later changed the result as of an earlier moment:\n%s", firstDifference(a, b))
	}
	if got := replay(whole, late); got != full {
		t.Errorf("replaying the rest after a part differs from replaying the whole:\n%s", firstDifference(full, got))
	}
	exec := func(q string) {
		if err := whole.Exec(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	// Events that repeat a value, and events of fields that no condition names, between all others; rows in another order.
	exec(`UPDATE ticket_event SET sequence = sequence * 10;
		INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value, source_to_value)
			SELECT ticket_id, sequence + 3, date_trunc('second', occurred_at), field, to_value, to_value, source_to_value FROM ticket_event WHERE field IN ('status', 'priority', 'team', 'supplier_id');
		INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value)
			SELECT ticket_id, sequence + 1, date_trunc('second', occurred_at), 'assignee', NULL, 'someone' FROM ticket_event WHERE field IN ('status', 'team')`)
	exec("SET TimeZone = 'Asia/Kolkata'")
	exec("CREATE TEMP TABLE turned AS SELECT * FROM ticket_event ORDER BY hash(ticket_id || sequence); DELETE FROM ticket_event; INSERT INTO ticket_event SELECT * FROM turned")
	exec("CREATE OR REPLACE TEMP TABLE turned AS SELECT * FROM ticket ORDER BY hash(ticket_id); DELETE FROM ticket; INSERT INTO ticket SELECT * FROM turned")
	replayed(t, whole, cfg, late.Format(time.RFC3339))
	exec("SET TimeZone = 'UTC'")
	if got := dump(t, whole); got != full {
		t.Errorf("events that change nothing, another session zone or another order of rows changed a figure:\n%s", firstDifference(full, got))
	}
	for _, q := range []string{
		`SELECT count(*) FROM (SELECT *, lag(ended_at) OVER (PARTITION BY ticket_id, definition, cycle ORDER BY sequence) AS b FROM sla_segment) WHERE b <> started_at OR ended_at < started_at`,
		`SELECT count(*) FROM sla_cycle c JOIN (SELECT ticket_id, definition, cycle, sum(elapsed_seconds) AS e, sum(CASE WHEN state = 'paused' THEN epoch(ended_at - started_at) ELSE 0 END) AS p,
			min(started_at) AS a, max(ended_at) AS z FROM sla_segment GROUP BY ALL) s USING (ticket_id, definition, cycle)
			WHERE s.e <> c.elapsed_seconds OR s.p <> c.paused_seconds OR s.a <> c.started_at OR s.z <> coalesce(c.stopped_at, TIMESTAMPTZ '2026-12-28 09:30:00+00')`,
		"SELECT count(*) FROM sla_cycle c WHERE NOT EXISTS (SELECT 1 FROM sla_segment s WHERE s.ticket_id = c.ticket_id AND s.definition = c.definition AND s.cycle = c.cycle)",
		"SELECT count(*) FROM sla_segment s WHERE NOT EXISTS (SELECT 1 FROM sla_cycle c WHERE s.ticket_id = c.ticket_id AND s.definition = c.definition AND s.cycle = c.cycle)",
		"SELECT count(*) FROM sla_segment WHERE elapsed_seconds < 0 OR elapsed_seconds > epoch(ended_at - started_at) OR state = 'paused' AND elapsed_seconds > 0",
		"SELECT count(*) FROM sla_cycle WHERE elapsed_seconds < 0 OR elapsed_seconds > calendar_seconds OR due_at IS NULL OR due_at < started_at OR breached_at < due_at",
		"SELECT count(*) FROM sla_cycle WHERE state = 'met' AND elapsed_seconds > goal_seconds",
		"SELECT count(*) FROM (SELECT ticket_id, definition FROM sla_cycle GROUP BY ALL HAVING min(cycle) < 1 OR count(DISTINCT cycle) < count(*))",
	} {
		bad, err := model.One[int64](ctx, whole, q)
		if err != nil || bad != 0 {
			t.Errorf("%d rows, %v: %s", bad, err, q)
		}
	}
}

// TestElapsedAddsUp: of a clock that nothing stops, the time up to c is that up to b and that from b to c, whatever b is, and
// never more than the time on the wall.
func TestElapsedAddsUp(t *testing.T) {
	_, seed := histories(t, 0)
	r := rand.New(rand.NewPCG(seed, 8888))
	ctx, db := context.Background(), open(t)
	asOf := time.Date(2027, 1, 5, 9, 30, 0, 0, time.UTC).Unix()
	rows, err := db.NewAppender(ctx, "ticket", "ticket_id", "source", "key", "kind", "status", "opened_at", "resolved_at", "reopen_count", "reassignment_count", "has_history")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		var at [3]int64
		at[0] = anchors[r.IntN(len(anchors))] - 86400 + r.Int64N(2*86400)
		at[1] = min(at[0]+r.Int64N(3*86400), asOf)
		at[2] = min(at[1]+r.Int64N(20*86400), asOf)
		for j, span := range [][2]int64{{at[0], at[1]}, {at[1], at[2]}, {at[0], at[2]}} {
			id := fmt.Sprintf("%04d%d", i, j)
			if err := rows.Append(id, "desk", id, "incident", "resolved", time.Unix(span[0], 0).UTC(), time.Unix(span[1], 0).UTC(), int32(0), int32(0), false); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	var yaml strings.Builder
	yaml.WriteString(propertyYAML)
	names := []string{"always", "office", "night", "howe", "kolkata"}
	for _, c := range names {
		fmt.Fprintf(&yaml, "  - {id: %s, goals: [{within: 8h, calendar: %s}]}\n", c, c)
	}
	replayed(t, db, parse(t, yaml.String()), time.Unix(asOf, 0).UTC().Format(time.RFC3339))
	type sums struct{ All, Bad int64 }
	got, err := model.One[sums](ctx, db, `SELECT count(*) AS "all", count(*) FILTER (ab.elapsed_seconds + bc.elapsed_seconds <> ac.elapsed_seconds OR ac.elapsed_seconds > ac.calendar_seconds OR ab.elapsed_seconds < 0) AS bad
		FROM sla_cycle ab JOIN sla_cycle bc ON bc.definition = ab.definition AND bc.ticket_id = left(ab.ticket_id, 4) || '1' JOIN sla_cycle ac ON ac.definition = ab.definition AND ac.ticket_id = left(ab.ticket_id, 4) || '2'
		WHERE right(ab.ticket_id, 1) = '0'`)
	if err != nil || got.Bad > 0 || got.All != int64(3000*len(names)) {
		t.Errorf("%d of %d do not add up, %v", got.Bad, got.All, err)
	}
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		var l, r string
		if i < len(x) {
			l = x[i]
		}
		if i < len(y) {
			r = y[i]
		}
		if l != r {
			return l + "\n" + r
		}
	}
	return "none"
}
