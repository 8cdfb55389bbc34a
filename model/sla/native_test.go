package sla

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"deskproof/model"
)

// TestCausesOfDifferencesAreFound plants each cause in the figures of a tool and asks for it back.
func TestCausesOfDifferencesAreFound(t *testing.T) {
	const (
		// Berlin is UTC+1: Mon 09:00 to Tue 12:00 local, on hold Mon 11:00 to 15:00; 27 h by the clock on the wall.
		paused   = "2026-11-02T08:00Z status=new; 2026-11-02T10:00Z status=on_hold; 2026-11-02T14:00Z status=in_progress; 2026-11-03T11:00Z status=resolved"
		reopened = "2026-11-02T08:00Z status=new; 2026-11-02T10:00Z status=resolved; 2026-11-02T14:00Z status=in_progress; 2026-11-02T15:00Z status=resolved"
		raised   = "2026-11-02T08:00Z status=new; 2026-11-02T08:00Z priority=3; 2026-11-02T10:00Z priority=1; 2026-11-02T11:00Z status=resolved"
		unsolved = "2026-11-02T08:00Z status=new"
		office8  = "goals: [{within: 8h, calendar: office}]"
		office9  = "goals: [{within: 9h, calendar: office}]"
		hold     = "pause: status = 'on_hold', "
	)
	null := "NULL"
	vectors := []struct {
		name, sla, history               string
		breached, goal, elapsed, due, at string
		cause, words                     string
	}{
		// Counted here: 09:00–11:00, 15:00–17:00, 08:00–12:00 = 8 h. Pauses counted: 3 h more (11–12, 13–15).
		{"the same", hold + office8, paused, "FALSE", "28800", "28800", null, null, "none", ""},
		{"pauses counted", hold + office8, paused, "TRUE", "28800", "39600", null, null, "pause", "pauses counted as working time"},
		{"no calendar", hold + office8, paused, "TRUE", "28800", "82800", null, null, "calendar", "around the clock, pauses left out"}, // 27 h less 4 h
		{"no calendar and no pause", hold + office8, paused, "TRUE", "28800", "97200", null, null, "calendar and pause", "pauses included"},
		{"whole minutes", "goals: [{within: 1h}]", "2026-11-02T08:00Z status=new; 2026-11-02T08:30:40Z status=resolved", "FALSE", "3600", "1860", null, null, "rounding", "rounds its figure"},
		{"whole minutes decide", "goals: [{within: 1h}]", "2026-11-02T08:00Z status=new; 2026-11-02T09:00:20Z status=resolved", "FALSE", "3600", "3600", null, null, "rounding", "rounds its figure"},
		{"the share is rounded", "goals: [{within: 100h}]", "2026-11-01T08:00Z status=new; 2026-11-05T11:57:30Z status=resolved", "TRUE", "360000", null, null, null, "rounding", "share of the goal"},
		{"minutes and pauses", "pause: status = 'on_hold', goals: [{within: 1h}]", "2026-11-02T08:00Z status=new; 2026-11-02T08:10Z status=on_hold; 2026-11-02T08:20Z status=in_progress; 2026-11-02T08:30:40Z status=resolved", "FALSE", "3600", "1800", null, null, "pause", ", rounded"},
		{"another goal", hold + office8, paused, "TRUE", "14400", "28800", null, null, "goal", "the goals differ"},
		{"another goal, no time", hold + office8, paused, "TRUE", "14400", null, null, null, "goal", "the goals differ"},
		{"goal of before the change", "goals: [{when: priority = 1, within: 1h}, {within: 8h}]", raised, "FALSE", "28800", "10800", null, null, "goal", "was in force for a time"},
		{"anew at the change of the goal", "goals: [{when: priority = 1, within: 1h}, {within: 8h}]", raised, "FALSE", "3600", "3600", null, null, "goal", "anew from the change"},
		{"from the start, not from the change", "goal_change: restart, goals: [{when: priority = 1, within: 1h}, {within: 8h}]", raised, "TRUE", "3600", "10800", null, null, "goal", "also before the goal changed"},
		{"first closure", office8, reopened, "FALSE", "28800", "7200", null, null, "reopen", "first closure"},
		{"closed time left out", office8, reopened, "FALSE", "28800", "10800", null, null, "reopen", "left out"},
		{"closed time counted", "reopen: cumulative, " + office8, reopened, "FALSE", "28800", "21600", null, null, "reopen", "reopening counted"},
		{"last closure, not the first", "reopen: first_closure, " + office8, reopened, "FALSE", "28800", "21600", null, null, "reopen", "reopening counted"},
		{"last closure, closed time left out", "reopen: first_closure, " + office8, reopened, "FALSE", "28800", "10800", null, null, "reopen", "left out"},
		{"all cycles together", "reopen: each_cycle, " + office8, reopened, "FALSE", "28800", "10800", null, null, "reopen", "left out"},
		{"only the last round", office8, reopened, "FALSE", "28800", "3600", null, null, "reopen", "last reopening"},
		{"stopped earlier", "goals: [{within: 8h}]", "2026-11-02T08:00Z status=new; 2026-11-02T12:00Z status=resolved", "FALSE", "28800", "9000", null, "2026-11-02 10:30:00+00", "stop", "moment that the tool gives"},
		{"unknown", hold + office8, paused, "TRUE", "28800", "31234", null, null, "unknown", "no way of counting"},
		{"used up to the second", hold + office8, paused, "TRUE", "28800", "28800", null, null, "rounding", "late for the tool"},
		{"a verdict alone proves nothing", hold + office9, paused, "TRUE", null, null, null, null, "unknown", "would fit: pauses counted"},
		{"same time, other verdict", hold + office9, paused, "TRUE", null, "28800", null, null, "unknown", "another goal"},
		{"open and late", "goals: [{within: 1h}]", unsolved, "FALSE", "3600", null, null, null, "still open", "judges when it is done"},
		{"open, read earlier", "goals: [{within: 90h}]", unsolved, "FALSE", "324000", "7201", null, null, "still open", "earlier moment"},
		{"due: no verdict, the same", hold + office8, paused, null, null, null, "2026-11-03 11:00:00+00", null, "none", ""},
		{"due: pauses counted", hold + office8, paused, null, null, null, "2026-11-03 08:00:00+00", null, "pause", "due as if pauses counted"},
		{"due: no calendar", hold + office8, paused, null, null, null, "2026-11-02 20:00:00+00", null, "calendar", "around the clock, pauses left out"},
		{"due: neither", hold + office8, paused, null, null, null, "2026-11-02 16:00:00+00", null, "calendar and pause", "pauses included"},
		{"due: another goal", hold + office8, paused, null, "32400", null, "2026-11-03 13:00:00+00", null, "goal", "goal of the tool"},
		{"due: rounded", "goals: [{within: 90s}]", "2026-11-02T08:00Z status=new; 2026-11-02T08:01Z status=resolved", null, null, null, "2026-11-02 08:02:00+00", null, "rounding", "rounds its figure"},
	}
	ctx, db := context.Background(), open(t)
	quoted := func(s string) string {
		if s == null {
			return s
		}
		return model.QuoteText(s)
	}
	var yaml strings.Builder
	for i, v := range vectors {
		id := fmt.Sprintf("t%02d", i)
		insert(t, db, id, v.history)
		if err := db.Exec(ctx, "INSERT INTO native_sla VALUES ("+strings.Join([]string{quoted(id), "'n'", "'resolution'", v.breached, v.goal, v.elapsed, quoted(v.due), quoted(v.at)}, ", ")+")"); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&yaml, "  - {id: %s, applies_when: ticket_id = '%s', %s}\n", id, id, v.sla)
	}
	replayed(t, db, parse(t, office+"sla:\n"+yaml.String()), "2026-11-06T00:00:00Z")
	type row struct {
		LikelyCause string
		CauseWords  string
	}
	got, err := model.Select[row](ctx, db, "SELECT likely_cause, coalesce(cause_words, '') AS cause_words FROM native_difference ORDER BY ticket_id")
	if err != nil || len(got) != len(vectors) {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for i, v := range vectors {
		if g := got[i]; g.LikelyCause != v.cause || !strings.Contains(g.CauseWords, v.words) || (v.words == "") != (g.CauseWords == "") {
			t.Errorf("%s: got %s: %s", v.name, g.LikelyCause, g.CauseWords)
		}
	}
}

// TestEntriesOfTheToolFaceTheirCycles: several entries of one clock are its cycles, the last against the last.
func TestEntriesOfTheToolFaceTheirCycles(t *testing.T) {
	ctx, db := context.Background(), open(t)
	insert(t, db, "x", "2026-11-02T08:00Z status=new; 2026-11-02T10:00Z status=resolved; 2026-11-02T14:00Z status=in_progress; 2026-11-02T15:00Z status=resolved")
	if err := db.Exec(ctx, `INSERT INTO native_sla (ticket_id, name, clock, elapsed_seconds, stopped_at) VALUES
		('x', 'n', 'resolution', 3600, '2026-11-02 15:00:00+00'), ('x', 'n', 'resolution', 7200, '2026-11-02 10:00:00+00')`); err != nil {
		t.Fatal(err)
	}
	replayed(t, db, parse(t, "sla:\n  - {id: d, reopen: each_cycle, goals: [{within: 8h}]}\n"), "2026-11-05T00:00:00Z")
	got, err := model.Select[string](ctx, db, "SELECT concat_ws(' ', cycle, native_elapsed_seconds, elapsed_seconds, likely_cause) FROM native_difference ORDER BY cycle")
	if err != nil || fmt.Sprint(got) != "[1 7200 7200 none 2 3600 3600 none]" {
		t.Errorf("%q %v", got, err)
	}
}

// TestALayerBelowIsComparedByName: what the tool promises a customer says nothing of an OLA, unless it has its name.
func TestALayerBelowIsComparedByName(t *testing.T) {
	ctx, db := context.Background(), open(t)
	insert(t, db, "x", "2026-11-02T08:00Z status=new; 2026-11-02T10:00Z status=resolved")
	if err := db.Exec(ctx, "INSERT INTO native_sla (ticket_id, name, clock, breached) VALUES ('x', 'Resolution', 'resolution', FALSE), ('x', 'network TEAM', 'resolution', FALSE)"); err != nil {
		t.Fatal(err)
	}
	replayed(t, db, parse(t, "sla:\n  - {id: s, goals: [{within: 8h}]}\n  - {id: o, kind: OLA, title: Network team, goals: [{within: 8h}]}\n  - {id: u, kind: UC, goals: [{within: 8h}]}\n"), "2026-11-05T00:00:00Z")
	got, err := model.Select[string](ctx, db, "SELECT native_name || ' ' || definition FROM native_difference ORDER BY 1")
	if err != nil || fmt.Sprint(got) != "[Resolution s network TEAM o network TEAM s]" {
		t.Errorf("%q %v", got, err)
	}
}
