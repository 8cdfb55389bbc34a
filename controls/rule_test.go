package controls

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/calendar"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

const ruleHead = `    title: T
    question: Q
    why: W
    auditor_asks: A
    when_it_fails: F
    frequency: per_record
    owner_role: O
    attribute: PA1.1
    maps_to: ["iso20000-1:2018/8.6.1"]
`

// ruled evaluates one rule in short form over given rows, as of Monday 2026-06-08 12:00 UTC, in Berlin.
func ruled(t *testing.T, body string, given Rows, layout bool) ControlResult {
	t.Helper()
	ctx := context.Background()
	dir := folder(t, map[string]string{"controls/own.yaml": "process: incident\ncontrols:\n  - id: own-a\n" + ruleHead + body,
		"tests/own-a.yaml": "control: own-a\ncases:\n  - {name: none, expect: {status: not_assessed}}\n"})
	cat, ps, err := load(ctx, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if strings.Contains(p.Pos.File, dir) {
			t.Fatal(p)
		}
	}
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	f, err := newFiller(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.fill(ctx, given); err != nil {
		t.Fatal(err)
	}
	if layout {
		cfg, err := config.Parse(filepath.Join(t.TempDir(), "deskproof.yaml"), []byte("organization: {name: X, time_zone: Europe/Berlin}\ncalendars: {office: {hours: {mon-fri: [09:00-17:00]}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		set, err := calendar.Compile(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Write(ctx, db, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var problems strictyaml.Problems
	if cat.Control("own-a").prepare(ctx, db, &problems); len(problems) > 0 {
		t.Fatal(problems)
	}
	r, err := evaluate(ctx, db, cat.Control("own-a"), Params{From: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), AsOf: time.Date(2026, 6, 8, 12, 0, 0, 0, time.UTC), Zone: zone})
	if err != nil {
		r.Reason = err.Error()
	}
	return r
}

func TestRulesInWorkingTime(t *testing.T) {
	given := Rows{"ticket": {
		{"ticket_id": "in-time", "opened_at": "2026-06-05 14:30:00+00", "first_response_at": "2026-06-08 08:30:00+00"}, // Friday 16:30, Monday 10:30: two hours
		{"ticket_id": "late", "opened_at": "2026-06-05 14:30:00+00", "first_response_at": "2026-06-08 08:30:01+00"},
		{"ticket_id": "never", "opened_at": "2026-06-05 14:30:00+00"},
		{"ticket_id": "young", "opened_at": "2026-06-08 10:00:00+00"}, // its two hours end at as-of
		{"ticket_id": "early", "opened_at": "2026-06-05 14:30:00+00", "first_response_at": "2026-06-05 14:00:00+00"},
		{"ticket_id": "other", "kind": "problem", "opened_at": "2026-06-05 14:30:00+00"},
	}}
	body := `    over: {kind: incident, moment: opened}
    rule: {timeliness: [opened, responded], within: 2h, calendar: office}
`
	r := ruled(t, body, given, true)
	if r.Population != 4 || len(r.Exceptions) != 2 {
		t.Fatalf("%d of %d: %s %+v", len(r.Exceptions), r.Population, r.Reason, r.Exceptions)
	}
	for i, want := range []string{"opened 5 Jun 2026 16:30, first response 8 Jun 2026 10:30", "opened 5 Jun 2026 16:30, no first response"} {
		if r.Exceptions[i].Reason != want {
			t.Errorf("%s: %s", r.Exceptions[i].Subject, r.Exceptions[i].Reason)
		}
	}
	if r := ruled(t, body, given, false); r.Measured != NotAssessed || strings.Join(r.Missing, "") != "the calendar office (calendar_definition)" {
		t.Errorf("%s: %s", r.Measured, r.Reason)
	}
	// Before the calendar begins nothing can be said, and nothing is.
	given["ticket"][0]["opened_at"] = "2026-05-05 14:30:00+00"
	if r := ruled(t, body, given, true); r.Inputs || !strings.Contains(r.Reason, "the calendar office is not laid out for the time of 2026-05-05") {
		t.Errorf("%s: %s", r.Measured, r.Reason)
	}
}

func TestReasonsOfRules(t *testing.T) {
	event := func(seq, field, from, to, at, who string) map[string]string {
		return map[string]string{"ticket_id": "x", "sequence": seq, "field": field, "from_value": from, "to_value": to, "occurred_at": at, "actor": who}
	}
	given := Rows{
		"ticket": {{"ticket_id": "x", "has_history": "true", "opened_at": "2026-06-01 08:00:00+00", "acknowledged_at": "2026-06-01 10:00:00+00",
			"resolved_at": "2026-06-01 09:00:00+00", "closed_at": "2026-06-03 09:00:00+00", "due_at": "2026-06-02 08:00:00+00", "assignee": "ada", "requester": "Cyd"},
			{"ticket_id": "without", "opened_at": "2026-06-01 08:00:00+00"}},
		"ticket_event": {
			event("1", "status", "", "new", "2026-06-01 08:00:00+00", "Cyd"),
			event("2", "status", "new", "on_hold", "2026-06-01 08:30:00+00", "Ada"),
			event("3", "priority", "2", "4", "2026-06-02 09:00:00+00", "Ada"),
			event("4", "status", "closed", "in_progress", "2026-06-02 10:00:00+00", "Ben"),
			event("5", "status", "resolved", "in_progress", "2026-06-02 11:00:00+00", "Ben"),
			event("6", "team", "First", "CAB", "2026-06-02 12:00:00+00", "Ben"),
		},
		"ticket_link": {{"ticket_id": "x", "to_ticket_id": "without"}},
		"approval":    {{"ticket_id": "x", "decision": "approved", "approver": "Ada "}, {"ticket_id": "x", "decision": "approved", "approver": "Cyd"}},
	}
	for _, tc := range []struct{ rule, want string }{
		{"{precedence: [acknowledged, resolved]}", "resolved 1 Jun 2026 11:00, acknowledged 1 Jun 2026 12:00"},
		{"{precedence: [approved, resolved]}", "resolved 1 Jun 2026 11:00, approved at an unknown time"},
		{"{response: [reopened, put_on_hold]}", "reopened 2 Jun 2026 13:00 by Ben, put on hold 1 Jun 2026 10:30 by Ada and not again"},
		{"{response: [reopened, linked_problem]}", "reopened 2 Jun 2026 13:00 by Ben, linked to no problem"},
		{"{response: [reopened, cancelled], within: 1 day}", "reopened 2 Jun 2026 by Ben, not cancelled"},
		{"{timeliness: [opened, closed], within: 2 days}", "opened 1 Jun 2026, closed 3 Jun 2026"},
		{"{chain: [opened, acknowledged, resolved, closed]}", "opened 1 Jun 2026 10:00, acknowledged 1 Jun 2026 12:00, not resolved after that"},
		{"{chain: [opened, \"status = 'cancelled'\"]}", "opened 1 Jun 2026 10:00, never status cancelled after that"},
		{"{absence: priority_lowered, after: due}", "due 2 Jun 2026 10:00, priority lowered 2 Jun 2026 11:00 by Ada"},
		{"{absence: put_on_hold, before: resolved}", "opened 1 Jun 2026, put on hold 1 Jun 2026 10:30 by Ada, resolved 1 Jun 2026 11:00"},
		{"{at_most_once: reopened}", "reopened 2 times, last 2 Jun 2026 13:00"},
		{"{at_most: handed_over, times: 0}", "handed over 1 time, last 2 Jun 2026 14:00"},
		{"{absence: {when: \"field = 'team' AND to_value = 'CAB'\", words: handed to the board}}", "opened 1 Jun 2026, handed to the board 2 Jun 2026 14:00 by Ben"},
		{"{separation: [approved, assignee, requester]}", "approved by Ada, the assignee; approved by Cyd, the requester"},
		{"{separation: [reopened, \"team = 'CAB'\"]}", "reopened by Ben, team CAB by Ben"},
	} {
		r := ruled(t, "    over: {kind: incident, moment: opened, where: has_history}\n    rule: "+tc.rule+"\n", given, false)
		if strings.Contains(tc.rule, "linked") && r.Measured == NotAssessed {
			t.Errorf("%s: %s", tc.rule, r.Reason)
		}
		if len(r.Exceptions) != 1 || r.Exceptions[0].Reason != tc.want {
			t.Errorf("%s: %s %+v", tc.rule, r.Reason, r.Exceptions)
		}
	}
}

func TestRulesLookOnlyAtTicketsThatCanTell(t *testing.T) {
	given := Rows{"ticket": {{"ticket_id": "a", "has_history": "true"}, {"ticket_id": "b"}}, "ticket_event": {{"ticket_id": "a", "to_value": "new"}}}
	r := ruled(t, "    over: {kind: incident, moment: opened}\n    rule: {absence: reopened}\n", given, false)
	if r.Population != 1 || r.Measured != Conforming {
		t.Errorf("%d: %s", r.Population, r.Reason)
	}
	r = ruled(t, "    over: {kind: incident, moment: opened}\n    rule: {absence: reopened}\n", Rows{"ticket": {{"ticket_id": "b"}}}, false)
	if strings.Join(r.Missing, "") != "the history of incidents (ticket_event)" {
		t.Errorf("%q", r.Missing)
	}
}

func TestEveryMomentCanBeAsked(t *testing.T) {
	ctx := context.Background()
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if len(Moments()) < 25 {
		t.Errorf("%d moments", len(Moments()))
	}
	values := Params{AsOf: testAsOf}.values()
	for _, k := range momentKinds {
		if k.words == "" || k.absent == "" || k.about == "" || k.sql == "" || k.needs == "" && k.column == "" {
			t.Errorf("%+v", k)
		}
		rows, err := db.Query(ctx, withShared("SELECT ticket_id, occurred_at, what, who FROM moment WHERE what = "+model.QuoteText(k.name), values))
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		rows.Close()
	}
}
