package sla

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"deskproof/model"
)

func TestExplainText(t *testing.T) {
	ctx, db := context.Background(), open(t)
	insert(t, db, "desk:INC-7", "2026-12-23T09:30Z status=new; 2026-12-23T09:30Z priority=2; 2026-12-23T10:00Z status=in_progress; 2026-12-23T14:00Z status=on_hold; 2026-12-28T08:00Z status=in_progress; 2026-12-28T16:30Z status=resolved; 2026-12-29T08:00Z status=in_progress; 2026-12-29T10:00Z status=closed")
	if err := db.Exec(ctx, "UPDATE ticket SET key = 'INC-7', title = 'Printer' || chr(27) || '[31m on fire'; INSERT INTO build_info VALUES ('2026-12-30 00:00:00+00', 'Europe/Berlin', 'x', 1, 'test')"); err != nil {
		t.Fatal(err)
	}
	cfg := parse(t, office+`sla:
  - id: incident-resolution
    title: Resolve incidents
    applies_when: kind = 'incident'
    pause: status = 'on_hold'
    goals: [{when: priority = 1, within: 4h}, {within: 1 working_day, calendar: office}]
  - id: incident-response
    clock: response
    reopen: first_closure
    stop: status = 'in_progress'
    goals: [{within: 1h, calendar: office}]
`)
	replayed(t, db, cfg, "2026-12-30T00:00:00Z")
	e, err := Explain(ctx, db, "INC-7")
	if err != nil {
		t.Fatal(err)
	}
	e.Locate(cfg)
	var out strings.Builder
	if err := e.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/explain.txt", out.String())
	for _, c := range e.Clocks {
		addsUp(t, c)
	}
}

// addsUp checks that the lines of every stretch sum up to what it counted, and the stretches to what the cycle counted.
func addsUp(t *testing.T, clock ClockExplanation) {
	t.Helper()
	for _, c := range clock.Cycles {
		total, marks := int64(0), ""
		for i, s := range c.Segments {
			lines, days := int64(0), int64(0)
			for _, l := range s.Lines() {
				lines += l.Seconds
				marks += l.Mark
				if l.Mark != "" && l.Seconds != 0 {
					t.Errorf("%s %s: time is counted in a mark", clock.Definition, s.Between())
				}
			}
			for _, d := range s.Days {
				days += d.Seconds
			}
			total += s.ElapsedSeconds
			if lines != s.ElapsedSeconds || s.State == "running" && days != s.ElapsedSeconds || total != s.TotalSeconds {
				t.Errorf("%s cycle %d, %s: lines %d s, days %d s, counted %d s, total %d of %d s", clock.Definition, c.Cycle, s.Between(), lines, days, s.ElapsedSeconds, s.TotalSeconds, total)
			}
			if s.GoalSeconds > 0 && len(s.GoalRules) == 0 {
				t.Errorf("%s cycle %d, %s: no goal of the definition gives %d s", clock.Definition, c.Cycle, s.Between(), s.GoalSeconds)
			}
			if s.Rule.Text == "" || s.Reason == "" {
				t.Errorf("%s cycle %d, %s: no reason is given", clock.Definition, c.Cycle, s.Between())
			}
			if i > 0 && !s.StartedAt.Equal(c.Segments[i-1].EndedAt) && clock.settings["reopen"] != "each_cycle" && clock.settings["reopen"] != "first_closure" {
				t.Errorf("%s cycle %d, %s: the stretch before ends elsewhere", clock.Definition, c.Cycle, s.Between())
			}
			if !s.EndedAt.After(s.StartedAt) && len(c.Segments) > 1 {
				t.Errorf("%s cycle %d: a stretch without length is told", clock.Definition, c.Cycle)
			}
		}
		if total != c.ElapsedSeconds || len(c.GoalRules) == 0 {
			t.Errorf("%s cycle %d: the stretches sum up to %d s, the cycle counts %d s; goals %v", clock.Definition, c.Cycle, total, c.ElapsedSeconds, c.GoalRules)
		}
		if told := strings.Count(marks, "breach"); c.BreachedAt != nil && told != 1 {
			t.Errorf("%s cycle %d: the breach is told %d times", clock.Definition, c.Cycle, told)
		}
	}
}

// TestExplainChoices tells the cases about which people argue: clock changes, months of work, reopening under every policy,
// changes of the goal, goals in days, what the tool said, what was left out.
func TestExplainChoices(t *testing.T) {
	ctx, db := context.Background(), open(t)
	insert(t, db, "DST", "2026-10-23T13:00Z status=new; 2026-10-23T14:00Z status=in_progress; 2026-10-26T09:30:01Z status=resolved")
	insert(t, db, "LONG", "2026-02-10T13:00Z status=new; 2026-08-10T07:00Z status=resolved")
	insert(t, db, "REOPEN", "2026-11-02T08:00Z status=new; 2026-11-02T08:00Z priority=3; 2026-11-02T10:00Z priority=1; 2026-11-02T11:00Z status=resolved; 2026-11-03T09:00Z status=in_progress; 2026-11-03T12:30Z status=closed")
	insert(t, db, "BARE", "2026-11-05T08:00Z status=new")
	insert(t, db, "GONE", "2026-11-06T08:00Z status=new")
	if err := db.Exec(ctx, `DELETE FROM ticket_event WHERE ticket_id = 'BARE'; UPDATE ticket SET has_history = FALSE, resolved_at = '2026-11-05 09:00:00+00' WHERE ticket_id = 'BARE';
		UPDATE ticket SET merged_into = 'BARE', title = repeat('long ', 100) || chr(8238) || '<script>' WHERE ticket_id = 'GONE';
		INSERT INTO native_sla VALUES ('LONG', 'Time to resolution', 'resolution', FALSE, 28800, 3600, '2026-02-11 13:00:00+00', NULL), ('LONG', 'Reaction', 'response', NULL, NULL, NULL, NULL, NULL);
		INSERT INTO build_info VALUES ('2026-11-10 00:00:00+00', 'Europe/Berlin', 'x', 1, 'test')`); err != nil {
		t.Fatal(err)
	}
	cfg := parse(t, office+`sla:
  - {id: round-the-clock, applies_when: "ticket_id IN ('DST', 'LONG', 'BARE', 'GONE')", goals: [{within: 3d, calendar: always}], day_unit: calendar_day}
  - {id: in-the-office, applies_when: "ticket_id IN ('DST', 'LONG')", goals: [{within: 8h, calendar: office}]}
  - {id: to-the-end-of-a-day, applies_when: "ticket_id = 'LONG'", goals: [{within: 97h, calendar: office}]}
  - {id: working-days, applies_when: "ticket_id = 'LONG'", goals: [{within: 30 working_days, calendar: office}]}
  - {id: each, applies_when: "ticket_id = 'REOPEN'", reopen: each_cycle, goals: [{when: priority = 1, within: 2h, calendar: office}, {when: priority = 3, within: 8h, calendar: office}]}
  - {id: sum, applies_when: "ticket_id = 'REOPEN'", reopen: cumulative, goal_change: goal_at_each_moment, goals: [{when: priority = 1, within: 2h, calendar: office}, {when: priority = 3, within: 8h, calendar: office}]}
  - {id: anew, applies_when: "ticket_id = 'REOPEN'", reopen: first_closure, goal_change: restart, valid_from: 2026-01-01, goals: [{when: priority = 1, within: 2h}, {when: priority = 3, within: 8h}]}
`)
	replayed(t, db, cfg, "2026-11-10T00:00:00Z")
	var out strings.Builder
	for _, ticket := range []string{"DST", "LONG", "REOPEN", "BARE", "GONE"} {
		e, err := Explain(ctx, db, ticket)
		if err != nil {
			t.Fatal(err)
		}
		e.Locate(cfg)
		out.WriteString(strings.Repeat("=", 100) + "\n")
		if err := e.WriteText(&out); err != nil {
			t.Fatal(err)
		}
		for _, c := range e.Clocks {
			addsUp(t, c)
		}
	}
	golden(t, "testdata/explain_choices.txt", out.String())
}

// TestExplainAddsUp explains random histories under every choice: what is listed is what was counted.
func TestExplainAddsUp(t *testing.T) {
	ctx, db := context.Background(), open(t)
	r := rand.New(rand.NewPCG(7, 11))
	n := 16
	if testing.Short() {
		n = 4
	}
	for i := range n {
		at := time.Date(2026, 1, 5+r.IntN(330), r.IntN(24), 30*r.IntN(2), r.IntN(2)*r.IntN(60), 0, time.UTC)
		if r.IntN(3) == 0 { // over a clock change
			at = []time.Time{time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 9, 30, 0, 0, time.UTC), time.Date(2026, 4, 4, 3, 0, 0, 0, time.UTC)}[r.IntN(3)]
		}
		history := at.Format("2006-01-02T15:04:05Z") + " status=new"
		for range 1 + r.IntN(8) {
			at = at.Add([]time.Duration{0, time.Hour, 5 * time.Hour, 26 * time.Hour, 90 * time.Hour, 40 * 24 * time.Hour}[r.IntN(6)] + time.Duration(r.IntN(4000))*time.Second)
			change := "status=" + []string{"in_progress", "on_hold", "resolved", "closed", "in_progress", "cancelled"}[r.IntN(6)]
			switch r.IntN(4) {
			case 0:
				change = "priority=" + []string{"1", "2", "3", "4"}[r.IntN(4)]
			case 1:
				change = "team=" + []string{"a", "b"}[r.IntN(2)]
			}
			history += "; " + at.Format("2006-01-02T15:04:05Z ") + change
		}
		insert(t, db, fmt.Sprintf("t%02d", i), history)
	}
	yaml := `
calendars:
  office: {time_zone: Europe/Berlin, hours: {mon-thu: [08:00-12:00, 13:00-17:00], fri: [08:00-15:00]}, holidays: [DE-BE]}
  night: {time_zone: America/New_York, hours: {daily: [22:00-06:00]}, holidays: [2026-03-08, 2026-07-04..2026-07-06]}
  howe: {time_zone: Australia/Lord_Howe, hours: {daily: [00:00-24:00]}, holidays: [04-05]}
sla:
`
	goals := []string{
		"[{when: priority = 1, within: 4h}, {when: priority = 2, within: 8h, calendar: office}, {when: priority = 3, within: 8h, calendar: office}, {within: 20h, calendar: night}]",
		"[{when: priority = 1, within: 1 working_day, calendar: office}, {when: priority = 2, within: 2 calendar_days, calendar: howe}, {when: team = 'b', within: 3 working_days 2h, calendar: night}, {when: priority <> 4, within: 30m, calendar: howe}]",
		"[{within: 3 calendar_days}]",
	}
	shapes := []string{"pause: status = 'on_hold'", "pause: status = 'on_hold', resume: status = 'in_progress', stop: closed, reset: team = 'b'", "start: team = 'a', cancel: team = 'b'"}
	definitions := 0
	for _, reopen := range []string{"first_closure", "last_closure", "each_cycle", "cumulative"} {
		for _, change := range []string{"goal_at_stop", "goal_at_each_moment", "restart"} {
			yaml += fmt.Sprintf("  - {id: d%d, %s, reopen: %s, goal_change: %s, goals: %s}\n", definitions, shapes[definitions%3], reopen, change, goals[(definitions+definitions/3)%3])
			definitions++
		}
	}
	cfg := parse(t, yaml)
	replayed(t, db, cfg, "2027-01-15T09:30:00Z")
	cycles := 0
	for i := range n {
		e, err := Explain(ctx, db, fmt.Sprintf("t%02d", i))
		if err != nil {
			t.Fatal(err)
		}
		e.Locate(cfg)
		var out strings.Builder
		if err := e.WriteText(&out); err != nil {
			t.Fatal(err)
		}
		for _, c := range e.Clocks {
			addsUp(t, c)
			cycles += len(c.Cycles)
		}
		if t.Failed() {
			t.Fatalf("%s", out.String())
		}
	}
	if cycles < 6*n {
		t.Errorf("only %d cycles were explained", cycles)
	}
}

func TestExplainFindsTickets(t *testing.T) {
	ctx, db := context.Background(), open(t)
	if _, err := Explain(ctx, db, "X-1"); err == nil || !strings.Contains(err.Error(), "no tickets yet") {
		t.Errorf("empty warehouse: %v", err)
	}
	insert(t, db, "a:X-1", "2026-01-05T10:00Z status=new")
	insert(t, db, "b:X-1", "2026-01-05T10:00Z status=new")
	if err := db.Exec(ctx, "UPDATE ticket SET key = 'X-1'"); err != nil {
		t.Fatal(err)
	}
	if _, err := Explain(ctx, db, "X-1"); err == nil || !strings.Contains(err.Error(), "a:X-1, b:X-1") {
		t.Errorf("a key of two tickets: %v", err)
	}
	if _, err := Explain(ctx, db, "X-2"); err == nil || !strings.Contains(err.Error(), "near ones are a:X-1") {
		t.Errorf("no such ticket: %v", err)
	}
	e, err := Explain(ctx, db, "b:X-1")
	if err != nil || e.TicketID != "b:X-1" || len(e.Clocks) != 0 {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := Explain(ctx, db, "'; DROP TABLE ticket; --"); err == nil {
		t.Error("no error")
	}
	if n, err := model.One[int64](ctx, db, "SELECT count(*) FROM ticket"); err != nil || n != 2 {
		t.Errorf("%d tickets, %v", n, err)
	}
}

// golden compares with a file; DESKPROOF_GOLDEN=write writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("DESKPROOF_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", file, got)
	}
}
