package sla

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// FuzzConditions: whatever stands where a condition belongs is refused with its place, or runs over the history of a ticket and
// changes nothing but results. A condition that no data can satisfy (a text read as a number) may fail, with an error.
func FuzzConditions(f *testing.F) {
	for _, s := range []string{
		"status = 'on_hold'", "team IS NULL OR ticket.team LIKE '%x%'",
		"CAST(team AS INTEGER) = 1", "1) OR (1 = 1", "TRUE); DROP TABLE ticket; SELECT (TRUE", "(SELECT count(*) FROM ticket) > 0", "random() > 0.5",
		"read_text('/etc/hostname') = ''", "getvariable('x') IS NULL", "nextval('s') = 1", "{{.AsOf}} = 1", "status = '\\'' /*", "$$a$$ = status", "status SIMILAR TO '('",
		"current_setting('threads') = '1'", "priority / 0 = 1", "EXISTS (FROM ticket)", "status = ?", "list_transform([1], x -> x)[1] = priority", "\x00", "status = 'é' \n -- \r\n",
	} {
		f.Add(s)
	}
	ctx := context.Background()
	db := open(f)
	if err := db.Exec(ctx, `INSERT INTO ticket (ticket_id, source, key, kind, status, team, priority, opened_at, reopen_count, reassignment_count, has_history) VALUES ('x', 'desk', 'x', 'incident', 'new', 'x', 1, '2026-11-02 08:00:00+00', 0, 0, TRUE);
		INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, to_value) VALUES ('x', 1, '2026-11-02 08:00:00+00', 'status', 'new'), ('x', 2, '2026-11-02 09:00:00+00', 'status', 'on_hold')`); err != nil {
		f.Fatal(err)
	}
	state := func() string {
		s, err := model.One[string](ctx, db, `SELECT concat_ws(' ', (SELECT string_agg(CAST(t AS VARCHAR), ';') FROM ticket t), (SELECT string_agg(CAST(e AS VARCHAR), ';') FROM (FROM ticket_event ORDER BY ALL) e),
			(SELECT count(*) FROM duckdb_tables()), (SELECT count(*) FROM duckdb_views() WHERE NOT internal), (SELECT count(*) FROM duckdb_settings() WHERE name = 'threads'), current_setting('TimeZone'))`)
		if err != nil {
			f.Fatal(err)
		}
		return s
	}
	if err := Replay(ctx, db, parse(f, "sla: [{id: d, goals: [{within: 4h}]}]"), time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)); err != nil {
		f.Fatal(err)
	}
	before := state()
	f.Fuzz(func(t *testing.T, condition string) {
		quoted, err := json.Marshal(condition) // a JSON text is a YAML text
		if err != nil {
			t.Skip()
		}
		yaml := "organization: {name: X}\nsla:\n  - id: d\n    pause: " + string(quoted) + "\n    applies_when: " + string(quoted) + "\n    goals: [{when: " + string(quoted) + ", within: 4h}, {within: 8h}]\n"
		cfg, err := config.Parse("deskproof.yaml", []byte(yaml))
		if err != nil {
			placed(t, err)
			return
		}
		if _, err := compile(ctx, db, cfg); err != nil {
			placed(t, err)
			return
		}
		err = Replay(ctx, db, cfg, time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC))
		if err != nil && !strings.Contains(err.Error(), "sla d (line 3)") {
			t.Errorf("%q: the error does not say which definition: %v", condition, err)
		}
		if after := state(); after != before {
			t.Errorf("%q changed more than results:\n%s\n%s", condition, before, after)
		}
	})
}

// FuzzDefinitions: any text is a configuration whose definitions compile, or is refused with places.
func FuzzDefinitions(f *testing.F) {
	for _, s := range []string{
		"sla: [~]", "sla: 3", "sla: [[]]", "sla: [{id: a, goals: [{within: 4h}]}]", "sla: [{id: a, clock: response, response_on_hold: stops, goals: [{when: priority = 1, within: 3 working_days, calendar: c}]}]\ncalendars: {c: {hours: {mon: 08:00-12:00}}}",
		"sla: [{id: a, preset: jira, valid_from: 2026-01-01, goals: [{within: 1d}]}, {id: b, replaces: a, valid_from: 2027-01-01, goals: [{within: 1d}]}]", "sla: [{id: a, goals: []}]", "sla: {}", "sla: [&x {id: a, goals: *x}]",
		"calendars: {a: {any_of: [b], except: [a]}, b: {all_of: [a]}}\nsla: [{id: a, reset: status, goals: [{within: 1h, calendar: a}]}]", "sla: [{id: a, kind: UC, day_unit: 24_hours, target: 99.95 %, goals: [{within: 0h}]}]",
	} {
		f.Add(s)
	}
	ctx := context.Background()
	db := open(f)
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := config.Parse("deskproof.yaml", []byte("organization: {name: X}\n"+text))
		if err == nil {
			_, err = compile(ctx, db, cfg)
		}
		if err != nil {
			placed(t, err)
		}
	})
}

// placed wants every problem with its place, in words.
func placed(t *testing.T, err error) {
	t.Helper()
	var problems strictyaml.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Errorf("an error without places: %v", err)
	}
	for _, p := range problems {
		if p.Pos.Line < 1 || p.Pos.Column < 1 || strings.TrimSpace(p.Message) == "" {
			t.Errorf("no place or no words: %+v", p)
		}
	}
}
