package controls

import (
	"context"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// world is a small warehouse: two incidents (one without urgency), a late change, documents.
func world(t *testing.T, extra Rows) (*model.DB, *Catalogue) {
	t.Helper()
	ctx := context.Background()
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	cat, err := Load(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFiller(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	base := Rows{
		"ticket": {
			{"ticket_id": "desk:1", "priority": "1", "impact": "1", "urgency": "1"},
			{"ticket_id": "desk:2", "priority": "2", "impact": "1"},
			{"ticket_id": "desk:3", "kind": "change", "change_type": "normal", "started_at": "2026-06-10 20:00:00+00"},
		},
		"approval": {{"ticket_id": "desk:3", "approver": "Cyd", "decision": "approved", "decided_at": "2026-06-11 20:00:00+00"}},
		"document": {
			{"document_id": "reg:D1", "title": "Policy", "owner": "Ada", "approved_on": "2026-01-10", "review_by": "2027-01-10", "requirements": "iso20000-1:2018/5.2 fitsm-1:3.0/GR3.1"},
			{"document_id": "reg:D2", "title": "Plan", "owner": "Ada", "approved_on": "2026-01-10", "review_by": "2026-11-30", "requirements": "iso20000-1:2018/6.3 iso20000-1:2018/6.33"},
		},
	}
	for _, rows := range []Rows{base, extra} {
		if err := f.fill(ctx, rows); err != nil {
			t.Fatal(err)
		}
	}
	return db, cat
}

func yearOptions() Options {
	return Options{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: testAsOf, AsOf: testAsOf, Zone: time.UTC,
		Frameworks: []string{"iso20000-1:2018", "fitsm-1:3.0"}}
}

func run(t *testing.T, db *model.DB, cat *Catalogue, opt Options) *Results {
	t.Helper()
	r, err := Evaluate(context.Background(), db, cat, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStatusesOfControls(t *testing.T) {
	db, cat := world(t, Rows{"ticket": {{"ticket_id": "desk:9", "kind": "problem", "status": "closed"}}, "ticket_event": {{"ticket_id": "desk:9"}}})
	opt := yearOptions()
	opt.Waivers = []config.Waiver{
		{ID: "inc-priority-set", Reason: "tool is being replaced", Owner: "Ada", Until: "2026-12-31"},
		{ID: "chg-approved-before-start", Reason: "x", Owner: "Ben", Until: "2026-12-30"},
	}
	opt.Scope = []config.ScopeEntry{{ID: "req-stale", Reason: "no requests here", DecidedBy: "Cyd"}}
	r := run(t, db, cat, opt)
	for _, tc := range []struct {
		id               string
		status, measured Status
		reason           string
	}{
		{"inc-priority-set", Waived, Nonconforming, "Waived until 2026-12-31 by Ada: tool is being replaced. Without the waiver: nonconforming. 1 of 2 exceptions."},
		{"chg-approved-before-start", Nonconforming, Nonconforming, "1 of 1 exceptions. A waiver by Ben ended on 2026-12-30."},
		{"req-stale", NotApplicable, NotAssessed, "Out of scope: no requests here (decided by Cyd)."},
		{"inc-major-communicated", NotAssessed, NotAssessed, "Missing input: which incidents are major (ticket.is_major); messages to users (communication.is_public)."},
		{"chg-rejected-not-done", NotAssessed, NotAssessed, "Nothing of the kind happened in the period."},
		{"prb-stale", NotAssessed, NotAssessed, "There was nothing of the kind at that time."},
	} {
		c, ok := r.Control(tc.id)
		if !ok || c.Status != tc.status || c.Measured != tc.measured || c.Reason != tc.reason {
			t.Errorf("%s: %s / %s: %s", tc.id, c.Status, c.Measured, c.Reason)
		}
	}
}

func TestRequirementsThroughControlsAndDocuments(t *testing.T) {
	db, cat := world(t, nil)
	opt := yearOptions()
	opt.Controls = []string{"chg-approved-before-start"} // the rule is tried, not what the catalogue happens to ask
	opt.Scope = []config.ScopeEntry{{ID: "iso20000-1:2018/8.7", Reason: "none", DecidedBy: "Cyd"}}
	r := run(t, db, cat, opt)
	for _, tc := range []struct {
		id     string
		status Status
		reason string
	}{
		{"iso20000-1:2018/5.2.1", Conforming, "1 of 1 documents in force."},
		{"iso20000-1:2018/5.2.2", Conforming, "1 of 1 documents in force."},
		{"fitsm-1:3.0/GR3.1", Conforming, "1 of 1 documents in force."},
		{"iso20000-1:2018/4.2", NotAssessed, "No control and no document."}, // it only intersects with GR3.1
		{"iso20000-1:2018/6.3", EvidenceDue, `Due: reg:D2 "Plan" was due for review on 30 Nov 2026; 0 of 1 documents in force.`},
		{"iso20000-1:2018/4.1", NotAssessed, "No control and no document."},
		{"iso20000-1:2018/8.7.1", NotApplicable, "Out of scope: none (decided by Cyd)."},
		{"iso20000-1:2018/5", Conforming, "Of 4 requirements below it: 2 not assessed, 2 conforming."},
		{"fitsm-1:3.0/PR12.4", Nonconforming, "Exceptions: chg-approved-before-start (1 of 1)"},
	} {
		q, ok := r.Requirement(tc.id)
		if !ok || q.Status != tc.status || !strings.HasPrefix(q.Reason, tc.reason) {
			t.Errorf("%s: %s: %s", tc.id, q.Status, q.Reason)
		}
	}
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0], `"iso20000-1:2018/6.33"`) || !strings.Contains(r.Problems[0], "did you mean") {
		t.Errorf("problems: %q", r.Problems)
	}
	for _, f := range r.Frameworks {
		sum := 0
		for _, c := range f.Counts {
			sum += c.Count
		}
		want := map[string]int{"iso20000-1:2018": 63, "fitsm-1:3.0": 82}[f.Framework.ID()]
		if sum != f.Total || f.Total != want {
			t.Errorf("%s: %d counted, total %d, want %d", f.Framework.ID(), sum, f.Total, want)
		}
	}
}

func TestStoreWritesWhatWasFound(t *testing.T) {
	db, cat := world(t, nil)
	ctx := context.Background()
	r := run(t, db, cat, yearOptions())
	for range 2 { // the second time replaces the first
		if err := Store(ctx, db, r); err != nil {
			t.Fatal(err)
		}
	}
	type line struct {
		Status     string
		Population *int64
		Exceptions *int64
	}
	got, err := model.One[line](ctx, db, "SELECT status, population, exceptions FROM control_result WHERE control = 'inc-priority-set'")
	if err != nil || got.Status != "nonconforming" || *got.Population != 2 || *got.Exceptions != 1 {
		t.Errorf("%+v %v", got, err)
	}
	// A missing input is NULL, never 0.
	got, err = model.One[line](ctx, db, "SELECT status, population, exceptions FROM control_result WHERE control = 'inc-major-communicated'")
	if err != nil || got.Population != nil || got.Exceptions != nil {
		t.Errorf("%+v %v", got, err)
	}
	n, err := model.One[int64](ctx, db, "SELECT count(*) FROM control_exception")
	if err != nil || n == 0 {
		t.Errorf("%d exceptions, %v", n, err)
	}
	n, err = model.One[int64](ctx, db, "SELECT count(*) FROM requirement_result")
	if err != nil || n != 63+82 {
		t.Errorf("%d requirements, %v", n, err)
	}
}

func TestStatementsRunByHandAndAgree(t *testing.T) {
	db, cat := world(t, nil)
	ctx := context.Background()
	r := run(t, db, cat, yearOptions())
	c, _ := r.Control("inc-priority-set")
	rows, err := model.Select[Row](ctx, db, c.PopulationAs)
	if err != nil || int64(len(rows)) != c.Population {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	listed, err := PopulationRows(ctx, db, c.Control, r.Params())
	if err != nil || len(listed) != len(rows) || listed[0] != rows[0] && listed[0].Subject != rows[0].Subject {
		t.Fatalf("%v %v", listed, err)
	}
	drawn, err := model.Select[Row](ctx, db, c.Control.SampleSQL(r.Params(), "o'clock", 1))
	if err != nil || len(drawn) != 1 || drawn[0].Subject != Sample(listed, "o'clock", 1)[0].Subject {
		t.Fatalf("%v %v", drawn, err)
	}
}

func TestUnknownIdsInTheConfigurationAreErrors(t *testing.T) {
	db, cat := world(t, nil)
	opt := yearOptions()
	opt.Frameworks = []string{"iso20000:2018"}
	opt.Controls = []string{"inc-stal"}
	opt.Waivers = []config.Waiver{{ID: "inc-prioritet-set"}}
	opt.Scope = []config.ScopeEntry{{ID: "iso20000-1:2018/8.6.9"}}
	_, err := Evaluate(context.Background(), db, cat, opt)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`did you mean "iso20000-1:2018"?`, `did you mean "inc-stale"?`, `did you mean "inc-priority-set"?`, `"iso20000-1:2018/8.6.9" is neither`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in\n%v", want, err)
		}
	}
}
