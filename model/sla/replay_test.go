package sla

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// open gives an empty warehouse in memory.
func open(t testing.TB) *model.DB {
	t.Helper()
	db, err := model.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// parse reads a configuration whose organization is given.
func parse(t testing.TB, yaml string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("deskproof.yaml", []byte("organization: {name: Example, time_zone: Europe/Berlin}\n"+yaml))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// history is a ticket in a line: "at field=value; at field=value". The first event opens it. Times are UTC.
func insert(t testing.TB, db *model.DB, id, history string) {
	t.Helper()
	ctx := context.Background()
	exec := func(q string, args ...any) {
		if err := db.Exec(ctx, q, args...); err != nil {
			t.Fatal(err)
		}
	}
	current := map[string]string{"status": "new"}
	opened := ""
	for i, e := range strings.Split(history, ";") {
		e = strings.TrimSpace(e)
		at, change, ok := strings.Cut(e, "Z ")
		field, value, ok2 := strings.Cut(change, "=")
		if !ok || !ok2 {
			t.Fatalf("%q is not an event", e)
		}
		if len(at) == len("2006-01-02T15:04") {
			at += ":00"
		}
		if opened == "" {
			opened = at
		}
		var from any
		if v, had := current[field]; had && i > 0 {
			from = v
		}
		var to any = value
		if value == "" {
			to = nil
		}
		exec("INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value) VALUES (?, ?, CAST(? AS TIMESTAMPTZ), ?, ?, ?)", id, i+1, at+"+00", field, from, to)
		current[field] = value
	}
	get := func(k string) any {
		if v := current[k]; v != "" {
			return v
		}
		return nil
	}
	exec(`INSERT INTO ticket (ticket_id, source, key, kind, status, priority, team, customer_id, service_id, opened_at, reopen_count, reassignment_count, has_history)
		VALUES (?, 'desk', ?, 'incident', ?, CAST(? AS INTEGER), ?, ?, ?, CAST(? AS TIMESTAMPTZ), 0, 0, TRUE)`,
		id, id, get("status"), get("priority"), get("team"), get("customer_id"), get("service_id"), opened+"+00")
}

func replayed(t testing.TB, db *model.DB, cfg *config.Config, asOf string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, asOf)
	if err != nil {
		t.Fatal(err)
	}
	if err := Replay(context.Background(), db, cfg, at); err != nil {
		t.Fatal(err)
	}
}

const cycleText = `SELECT concat_ws(' ', ticket_id, 'c' || cycle, state, calendar, 'goal', goal_seconds, 'elapsed', elapsed_seconds, 'paused', paused_seconds,
	'due', strftime(due_at, '%m-%dT%H:%M:%S'), 'breach', coalesce(strftime(breached_at, '%m-%dT%H:%M:%S'), '-'), 'stop', coalesce(strftime(stopped_at, '%m-%dT%H:%M:%S'), '-'))
	FROM sla_cycle ORDER BY ticket_id, definition, cycle`

func cycles(t testing.TB, db *model.DB) []string {
	t.Helper()
	got, err := model.Select[string](context.Background(), db, cycleText)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

const office = `
calendars:
  office: {time_zone: Europe/Berlin, hours: {mon-thu: [08:00-12:00, 13:00-17:00], fri: [08:00-15:00]}, holidays: [DE-BE]}
`

func TestReplayVectors(t *testing.T) {
	for _, v := range []struct {
		name, sla, history, asOf string
		want                     []string
	}{
		{"met over lunch", "pause: status = 'on_hold', goals: [{within: 4h, calendar: office}]",
			"2026-11-02T08:00Z status=new; 2026-11-02T09:30Z status=in_progress; 2026-11-02T12:30Z status=resolved", "2026-11-10T00:00:00Z",
			// 09:00 to 13:30 local, lunch 12 to 13: 3.5 h; due 14:00 local
			[]string{"x c1 met office goal 14400 elapsed 12600 paused 0 due 11-02T13:00:00 breach - stop 11-02T12:30:00"}},
		{"pause in non-working time is not subtracted twice", "pause: status = 'on_hold', goals: [{within: 8h, calendar: office}]",
			"2026-11-02T15:00Z status=new; 2026-11-02T17:00Z status=on_hold; 2026-11-03T06:00Z status=in_progress; 2026-11-03T08:00Z status=resolved", "2026-11-10T00:00:00Z",
			[]string{"x c1 met office goal 28800 elapsed 7200 paused 46800 due 11-03T15:00:00 breach - stop 11-03T08:00:00"}},
		{"breached", "goals: [{within: 1h}]", "2026-11-02T08:00Z status=new; 2026-11-02T09:00:01Z status=resolved", "2026-11-10T00:00:00Z",
			[]string{"x c1 breached always goal 3600 elapsed 3601 paused 0 due 11-02T09:00:00 breach 11-02T09:00:00 stop 11-02T09:00:01"}},
		{"met to the second", "goals: [{within: 1h}]", "2026-11-02T08:00Z status=new; 2026-11-02T09:00Z status=resolved", "2026-11-10T00:00:00Z",
			[]string{"x c1 met always goal 3600 elapsed 3600 paused 0 due 11-02T09:00:00 breach - stop 11-02T09:00:00"}},
	} {
		t.Run(v.name, func(t *testing.T) {
			db := open(t)
			insert(t, db, "x", v.history)
			replayed(t, db, parse(t, office+"sla:\n  - {id: d, "+v.sla+"}\n"), v.asOf)
			if got := cycles(t, db); fmt.Sprint(got) != fmt.Sprint(v.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(v.want, "\n  "))
			}
		})
	}
}
