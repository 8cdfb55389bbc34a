package sla

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"deskproof/model"
)

// TestDaysByHand is what a day in a goal means.
func TestDaysByHand(t *testing.T) {
	for _, v := range []struct{ name, sla, opened, due string }{
		{"a working day is the same position in a later day", "{within: 3 working_days, calendar: office}", "2026-11-04T09:00Z", "2026-11-09T09:00:00"}, // Wed 10:00 to Mon 10:00
		{"opened after hours: the day after counts whole", "{within: 1 working_day, calendar: office}", "2026-11-04T19:00Z", "2026-11-05T16:00:00"},     // Thu 17:00
		{"Friday is shorter: its end", "{within: 1 working_day, calendar: office}", "2026-11-05T15:30Z", "2026-11-06T14:00:00"},                         // Thu 16:30 to Fri 15:00
		{"holidays are no working days", "{within: 2 working_days, calendar: office}", "2026-12-23T09:00Z", "2026-12-28T09:00:00"},                      // 25 and 26 December
		{"24 hours of a calendar are three days of eight", "{within: 24h, calendar: office}", "2026-11-02T07:00Z", "2026-11-04T16:00:00"},               // Mon 08:00 to Wed 17:00
		{"a calendar day over the clock change has 25 hours", "{within: 1 calendar_day, calendar: round}", "2026-10-24T10:00Z", "2026-10-25T11:00:00"},  // noon to noon
		{"a clock time that is skipped", "{within: 1 calendar_day, calendar: round}", "2026-03-28T01:30Z", "2026-03-29T01:30:00"},                       // 02:30 → 03:30
		{"far ahead", "{within: 3000 working_days, calendar: office}", "2026-11-02T07:00Z", ""},
	} {
		t.Run(v.name, func(t *testing.T) {
			db := open(t)
			insert(t, db, "x", v.opened+" status=new")
			replayed(t, db, parse(t, office+"  round: {time_zone: Europe/Berlin, hours: {daily: [00:00-24:00]}}\nsla:\n  - {id: d, goals: ["+v.sla+"]}\n"), v.opened[:10]+"T23:00:00Z")
			got, err := model.One[string](context.Background(), db, "SELECT strftime(due_at, '%Y-%m-%dT%H:%M:%S') FROM sla_cycle")
			if err != nil || v.due != "" && got != v.due || got < "2026" || (v.due == "" && got < "2038") {
				t.Errorf("due %s, want %s, %v", got, v.due, err)
			}
		})
	}
}

func TestZoneOfTheCustomerAndOfTheService(t *testing.T) {
	ctx, db := context.Background(), open(t)
	insert(t, db, "tokyo", "2026-11-02T00:00Z status=new; 2026-11-02T00:00Z customer_id=jp; 2026-11-02T01:00Z status=resolved")
	insert(t, db, "home", "2026-11-02T00:00Z status=new; 2026-11-02T00:00Z customer_id=de; 2026-11-02T01:00Z status=resolved")
	insert(t, db, "served", "2026-11-02T00:00Z status=new; 2026-11-02T00:00Z service_id=s; 2026-11-02T01:00Z status=resolved")
	if err := db.Exec(ctx, "INSERT INTO customer (customer_id, name, time_zone) VALUES ('jp', 'A', 'Asia/Tokyo'), ('de', 'B', 'nowhere'); INSERT INTO service (service_id, name, service_calendar) VALUES ('s', 'S', 'far')"); err != nil {
		t.Fatal(err)
	}
	replayed(t, db, parse(t, office+"  far: {time_zone: Asia/Tokyo, hours: {daily: [00:00-24:00]}}\nsla:\n  - {id: c, time_zone: customer, goals: [{within: 4h, calendar: office}]}\n  - {id: s, time_zone: service, goals: [{within: 4h, calendar: office}]}\n"), "2026-11-03T00:00:00Z")
	got, err := model.Select[string](ctx, db, "SELECT concat_ws(' ', definition, ticket_id, calendar, elapsed_seconds) FROM sla_cycle ORDER BY definition, ticket_id")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"c home office 0", "c served office 0", "c tokyo office (Asia/Tokyo) 3600", "s home office 0", "s served office (Asia/Tokyo) 3600", "s tokyo office 0"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}

func TestWhatIsLeftOutIsCounted(t *testing.T) {
	ctx, db := context.Background(), open(t)
	for _, id := range []string{"kept", "deleted", "merged", "nogoal", "ancient", "early"} {
		insert(t, db, id, "2026-11-02T08:00Z status=new; 2026-11-02T08:00Z priority=1; 2026-11-02T09:00Z status=resolved")
	}
	if err := db.Exec(ctx, `UPDATE ticket SET deleted_at = opened_at WHERE ticket_id = 'deleted'; UPDATE ticket SET merged_into = 'kept' WHERE ticket_id = 'merged';
		UPDATE ticket SET opened_at = '1900-01-01 00:00:00+00' WHERE ticket_id = 'ancient'; UPDATE ticket_event SET to_value = '5' WHERE ticket_id = 'nogoal' AND field = 'priority';
		UPDATE ticket SET opened_at = opened_at - INTERVAL 300 DAY WHERE ticket_id = 'early';
		INSERT INTO ticket (ticket_id, source, key, kind, status, opened_at, resolved_at, closed_at, reopen_count, reassignment_count, has_history, priority)
			VALUES ('bare', 'desk', 'bare', 'incident', 'closed', '2026-11-02 08:00:00+00', '2026-11-02 10:00:00+00', '2026-11-09 10:00:00+00', 0, 0, FALSE, 1)`); err != nil {
		t.Fatal(err)
	}
	replayed(t, db, parse(t, "sla:\n  - {id: d, valid_from: 2026-11-02, valid_to: 2026-11-02, pause: status = 'on_hold', goals: [{when: priority = 1, within: 4h}]}\n  - {id: never, start: team = 'x', goals: [{within: 4h}]}\n"), "2026-12-01T00:00:00Z")
	got, err := model.Select[string](ctx, db, "SELECT concat_ws(' ', ticket_id, reason) FROM sla_excluded WHERE definition = 'd' ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[deleted deleted merged merged nogoal no_goal]" {
		t.Errorf("%q", got)
	}
	if got := cycles(t, db); len(got) != 2 || !strings.HasPrefix(got[0], "bare c1 met always goal 14400 elapsed 7200 paused 0") || !strings.HasPrefix(got[1], "kept c1 met") {
		t.Errorf("%q", got)
	}
	n, err := model.One[int64](ctx, db, "SELECT count(*) FROM sla_excluded WHERE definition = 'never' AND reason = 'not_started'")
	if err != nil || n != 4 {
		t.Errorf("%d not started, %v", n, err)
	}
	n, err = model.One[int64](ctx, db, "SELECT tickets FROM sla_without_history WHERE definition = 'd'")
	if err != nil || n != 1 {
		t.Errorf("%d without history, %v", n, err)
	}
}

func TestOutcomeAndDifference(t *testing.T) {
	ctx, db := context.Background(), open(t)
	insert(t, db, "met", "2026-10-30T08:00Z status=new; 2026-11-02T09:00Z status=on_hold; 2026-11-02T10:00Z status=resolved")
	insert(t, db, "late", "2026-11-02T08:00Z status=new; 2026-11-20T09:00Z status=resolved")
	insert(t, db, "over", "2026-11-02T08:00Z status=new")
	insert(t, db, "open", "2026-11-29T08:00Z status=new")
	insert(t, db, "gone", "2026-11-02T08:00Z status=new; 2026-11-03T09:00Z status=cancelled")
	if err := db.Exec(ctx, `INSERT INTO native_sla (ticket_id, name, clock, breached, goal_seconds, elapsed_seconds) VALUES
		('met', 'n', 'resolution', TRUE, 345600, 266400), ('late', 'n', 'resolution', TRUE, 172800, NULL), ('open', 'n', 'resolution', FALSE, NULL, NULL), ('over', 'n', 'resolution', NULL, NULL, NULL)`); err != nil {
		t.Fatal(err)
	}
	for _, choice := range []string{"breached", "open"} {
		replayed(t, db, parse(t, "sla:\n  - {id: d, pause: status = 'on_hold', open_overdue: "+choice+", goals: [{within: 96h}]}\n"), "2026-12-01T00:00:00Z")
		got, err := model.Select[string](ctx, db, "SELECT concat_ws(' ', ticket_id, state, coalesce(strftime(counted_at, '%m-%dT%H'), '-'), coalesce(is_met::VARCHAR, '-'), coalesce(is_breached::VARCHAR, '-'), is_open, over_seconds) FROM sla_outcome ORDER BY ticket_id")
		if err != nil {
			t.Fatal(err)
		}
		over := "over running_breached 11-06T08 false true true 2131200"
		if choice == "open" {
			over = "over running_breached - - - true 2131200"
		}
		want := []string{"gone cancelled - - - false 0", "late breached 11-20T09 false true false 1213200", "met met 11-02T10 true false false 0", "open running - - - true 0", over}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s:\n got %q\nwant %q", choice, got, want)
		}
	}
	got, err := model.Select[string](ctx, db, "SELECT concat_ws(' | ', ticket_id, verdict, likely_cause, coalesce(elapsed_difference_seconds::VARCHAR, '-')) FROM native_difference ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"late | same | goal | -", "met | differs | pause | 3600", "open | same | none | -", "over | not comparable | none | -"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}
