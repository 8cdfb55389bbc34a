package sla

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"deskproof/model"
)

// TestPresetsCountAsTheirTools is one history under the preset of each tool, counted by hand. 24 hours a day.
func TestPresetsCountAsTheirTools(t *testing.T) {
	const history = "2026-11-02T08:00Z status=new; 2026-11-02T08:00Z priority=3; 2026-11-02T09:00Z status=on_hold; 2026-11-02T11:00Z status=in_progress; 2026-11-02T12:00Z priority=1; " +
		"2026-11-02T13:00Z status=resolved; 2026-11-02T17:00Z status=in_progress; 2026-11-02T18:00Z status=closed"
	want := map[string][]string{
		// 8–9 and 11–12 under 8 h, cancelled; 12–13 under 4 h; 17–18 a cycle of its own
		"servicenow": {"1 cancelled 7200 of 28800", "2 met 3600 of 14400", "3 met 3600 of 14400"},
		// 8–9 and 11–13 with the goal of the end; 17–18 a cycle of its own
		"jira": {"1 met 10800 of 14400", "2 met 3600 of 14400"},
		// to the first closure
		"zammad": {"1 met 10800 of 14400"},
		// closed time is waiting time: 8–9, 11–13, 17–18
		"glpi": {"1 met 14400 of 14400"},
		// nothing pauses: 8–13, to the first closure
		"znuny": {"1 breached 18000 of 14400"},
		// what nobody chose: closed time counts
		"none": {"1 breached 36000 of 14400"},
	}
	for preset, cycles := range want {
		t.Run(preset, func(t *testing.T) {
			ctx, db := context.Background(), open(t)
			insert(t, db, "x", history)
			replayed(t, db, parse(t, "sla_preset: "+preset+"\nsla:\n  - {id: d, goals: [{when: priority = 1, within: 4h}, {within: 8h}]}\n"), "2026-11-05T00:00:00Z")
			got, err := model.Select[string](ctx, db, "SELECT cycle || ' ' || state || ' ' || elapsed_seconds || ' of ' || goal_seconds FROM sla_cycle ORDER BY cycle")
			if err != nil || fmt.Sprint(got) != fmt.Sprint(cycles) {
				t.Errorf("got  %q\nwant %q, %v", got, cycles, err)
			}
			limits, err := model.One[int64](ctx, db, "SELECT count(*) FROM sla_preset_limit WHERE definition = 'd'")
			if err != nil || (limits > 0) != (preset != "none") {
				t.Errorf("%d sentences about what the preset cannot say, %v", limits, err)
			}
		})
	}
}

// TestOriginOfChoices: what the definition says wins over the preset, the preset over the default, and each says who it was.
func TestOriginOfChoices(t *testing.T) {
	ctx, db := context.Background(), open(t)
	replayed(t, db, parse(t, "sla_preset: jira\nsla:\n  - {id: a, reopen: cumulative, goals: [{within: 4h}]}\n  - {id: b, preset: none, pause: team = 'x', goals: [{within: 4h}]}\n"+
		"  - {id: c, preset: zammad, clock: response, goals: [{within: 4h}]}\n  - {id: e, preset: znuny, goals: [{within: 4h}]}\n"), "2026-11-05T00:00:00Z")
	got, err := model.Select[string](ctx, db, `SELECT string_agg(definition || ' ' || choice || ' ' || answer || ' ' || origin || coalesce(' ' || preset, ''), '; ' ORDER BY definition, ordinal) FROM sla_choice
		WHERE choice IN ('reopen', 'pause', 'response_on_hold', 'start')`)
	if err != nil {
		t.Fatal(err)
	}
	want := "a reopen cumulative definition jira; a start opened default jira; a pause status = 'on_hold' preset jira; " +
		"b reopen last_closure default; b start opened default; b pause team = 'x' definition; " +
		"c reopen first_closure preset zammad; c response_on_hold stops preset zammad; c start opened default zammad; c pause status = 'on_hold' preset zammad; " +
		"e reopen first_closure preset znuny; e start opened default znuny; e pause  preset znuny"
	if got[0] != want {
		t.Errorf("got  %s\nwant %s", got[0], want)
	}
	empty, err := model.One[int64](ctx, db, "SELECT count(*) FROM sla_choice WHERE words = '' OR origin NOT IN ('definition', 'preset', 'default')")
	if err != nil || empty > 0 {
		t.Errorf("%d choices without words, %v", empty, err)
	}
}

// TestDefinitionReplacedInMidTicket: a ticket stays under the agreement that held when it was opened, whatever comes later.
func TestDefinitionReplacedInMidTicket(t *testing.T) {
	ctx, db := context.Background(), open(t)
	// The organization is in Berlin: 2027 begins there at 23:00 UTC.
	insert(t, db, "before", "2026-12-31T22:59:59Z status=new; 2027-01-01T03:00Z status=resolved")
	insert(t, db, "after", "2026-12-31T23:00:00Z status=new; 2027-01-01T03:00Z status=resolved")
	insert(t, db, "last", "2027-06-30T22:00:00Z status=new; 2027-06-30T22:30Z status=resolved")
	definitions := "sla:\n  - {id: old, goals: [{within: 8h}]}\n  - {id: new, replaces: old, valid_from: 2027-01-01, goals: [{within: 2h}]}\n  - {id: newest, replaces: new, valid_from: 2027-07-01, goals: [{within: 1h}]}\n"
	replayed(t, db, parse(t, definitions), "2027-08-01T00:00:00Z")
	query := "SELECT string_agg(concat_ws(' ', ticket_id, definition, state, elapsed_seconds), '; ' ORDER BY ticket_id, definition) FROM sla_cycle"
	got, err := model.One[string](ctx, db, query)
	if want := "after new breached 14400; before old met 14401; last newest met 1800"; err != nil || got != want {
		t.Errorf("got %s, want %s, %v", got, want, err)
	}
	valid, err := model.One[string](ctx, db, "SELECT string_agg(concat_ws(' ', definition, coalesce(valid_from::VARCHAR, '-'), coalesce(valid_to::VARCHAR, '-')), '; ' ORDER BY ordinal) FROM sla_definition")
	if want := "old - 2026-12-31; new 2027-01-01 2027-06-30; newest 2027-07-01 -"; err != nil || valid != want {
		t.Errorf("valid %s, want %s, %v", valid, want, err)
	}
	// History is not rewritten: what the old agreement said of its tickets is the same without the newer ones.
	replayed(t, db, parse(t, "sla:\n  - {id: old, valid_to: 2026-12-31, goals: [{within: 8h}]}\n"), "2027-08-01T00:00:00Z")
	if alone, err := model.One[string](ctx, db, query); err != nil || !strings.Contains(got, alone) {
		t.Errorf("alone %s, %v", alone, err)
	}
}

// TestConditionsOnEvents is every part of a definition on every kind of event.
func TestConditionsOnEvents(t *testing.T) {
	for _, v := range []struct{ name, sla, history, want string }{
		{"start by team, cancelled by service", "start: team = 'a', cancel: service_id IS NULL AND team = 'b'", "2026-11-02T08:00Z status=new; 2026-11-02T09:00Z team=a; 2026-11-02T11:00Z team=b", "1 cancelled 7200"},
		{"start and pause by supplier", "start: supplier_id IS NOT NULL, pause: supplier_id = 'desk:other'", "2026-11-02T08:00Z status=new; 2026-11-02T09:00Z supplier_id=desk:first; 2026-11-02T10:00Z supplier_id=desk:other; 2026-11-02T12:00Z supplier_id=desk:first; 2026-11-02T13:00Z status=resolved", "1 met 7200"},
		{"reset by priority", "reset: priority = 1", "2026-11-02T08:00Z status=new; 2026-11-02T08:00Z priority=3; 2026-11-02T10:00Z priority=1; 2026-11-02T11:00Z status=resolved", "1 cancelled 7200; 2 met 3600"},
		{"pause and resume by the source's own status", "pause: source_status = 'Vendor', resume: source_status = 'Work'", "2026-11-02T08:00Z status=new; 2026-11-02T09:00Z status=on_hold~Vendor; 2026-11-02T10:00Z status=in_progress~Look; 2026-11-02T11:00Z status=in_progress~Work; 2026-11-02T12:00Z status=resolved", "1 met 7200"},
		{"the next reply: from each comment of the requester to the next of an agent", "reopen: each_cycle, start: last_comment_by = 'requester', stop: last_comment_by = 'agent' OR resolved",
			"2026-11-02T08:00Z status=new; 2026-11-02T09:00Z comment=requester; 2026-11-02T10:00Z comment=agent; 2026-11-02T11:00Z comment=agent; 2026-11-02T12:00Z comment=requester; 2026-11-02T12:30Z comment=requester; 2026-11-02T13:00Z comment=agent; 2026-11-02T20:00Z status=resolved", "1 met 3600; 2 met 3600"},
		{"paused until the supplier answers", "pause: status = 'on_hold', resume: last_comment_by = 'supplier'", "2026-11-02T08:00Z status=new; 2026-11-02T09:00Z status=on_hold; 2026-11-02T11:00Z comment=supplier; 2026-11-02T12:00Z status=resolved", "1 met 7200"},
	} {
		t.Run(v.name, func(t *testing.T) {
			ctx, db := context.Background(), open(t)
			events, comments := []string{}, 0
			for _, e := range strings.Split(v.history, "; ") {
				at, role, is := strings.Cut(e, "Z comment=")
				if !is {
					events = append(events, strings.ReplaceAll(e, "~", " "))
					continue
				}
				comments++
				if err := db.Exec(ctx, "INSERT INTO communication BY NAME SELECT ? AS communication_id, 'x' AS ticket_id, CAST(? AS TIMESTAMPTZ) AS sent_at, ? AS sender_role, TRUE AS is_public", fmt.Sprint(comments), at+":00+00", role); err != nil {
					t.Fatal(err)
				}
			}
			insert(t, db, "x", strings.Join(events, "; "))
			// "on_hold Vendor" is a status with the source's own word.
			if err := db.Exec(ctx, "UPDATE ticket_event SET source_to_value = split_part(to_value, ' ', 2), to_value = split_part(to_value, ' ', 1), from_value = split_part(from_value, ' ', 1) WHERE field = 'status'"); err != nil {
				t.Fatal(err)
			}
			replayed(t, db, parse(t, "sla:\n  - {id: d, "+v.sla+", goals: [{within: 100h}]}\n"), "2026-11-05T00:00:00Z")
			got, err := model.One[string](ctx, db, "SELECT string_agg(cycle || ' ' || state || ' ' || elapsed_seconds, '; ' ORDER BY cycle) FROM sla_cycle")
			if err != nil || got != v.want {
				t.Errorf("got %s, want %s, %v", got, v.want, err)
			}
		})
	}
}
