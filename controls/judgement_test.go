package controls

import (
	"slices"
	"strings"
	"testing"

	"deskproof/model"
	"deskproof/model/config"
)

func assessment(requirement, status, on string) config.Assessment {
	return config.Assessment{Requirement: requirement, Status: status, Rationale: "Seen.", Evidence: []string{"D1"}, By: "Ada", On: on}
}

// again concludes anew from the controls of a run, with other decisions about requirements.
func again(t *testing.T, db *model.DB, r *Results, opt Options) *Results {
	t.Helper()
	n := &Results{From: r.From, To: r.To, AsOf: r.AsOf, Zone: r.Zone, Catalogue: r.Catalogue, Controls: r.Controls, Today: r.Today}
	if err := n.conclude(t.Context(), db, opt); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestJudgementAndMeasurement holds the rule: a person decides where nothing was measured, the worse of the two counts
// elsewhere, and what was measured stays visible.
func TestJudgementAndMeasurement(t *testing.T) {
	db, cat := world(t, nil)
	iso := "iso20000-1:2018/"
	// what the records alone say
	base := run(t, db, cat, yearOptions())
	find := func(want Status) string {
		for _, q := range base.Requirements {
			if !q.Heading && q.Status == want && strings.HasPrefix(q.ID, iso) {
				return q.ID
			}
		}
		t.Fatalf("no requirement is %s", want)
		return ""
	}
	none, good, bad, due := find(NotAssessed), find(Conforming), find(Nonconforming), find(EvidenceDue)
	for _, q := range base.Requirements {
		if q.Measured != q.Status || q.Judged != nil || q.Differs || q.ByJudgement {
			t.Fatalf("without decisions: %s is %s, measured %s", q.ID, q.Status, q.Measured)
		}
	}
	recent, old := "2026-11-30", "2025-06-30"
	for _, tc := range []struct {
		id, found, on string
		status        Status
		differs, by   bool
		reason        string
	}{
		{none, "conforming", recent, Conforming, false, true, "Judged conforming by Ada on 2026-11-30: Seen. Nothing was measured: "},
		{none, "conforming", old, EvidenceDue, false, true, "which is old: Seen. It has to be assessed anew. Nothing was measured: "},
		{none, "nonconforming", old, Nonconforming, false, true, "Judged nonconforming by Ada"},
		{none, "evidence_due", recent, EvidenceDue, false, true, "Judged evidence due by Ada"},
		{good, "conforming", recent, Conforming, false, false, "Judged conforming by Ada on 2026-11-30 too."},
		{good, "conforming", old, Conforming, false, false, "which is old too."},
		{good, "nonconforming", recent, Nonconforming, true, true, "Measured: conforming."},
		{good, "evidence_due", recent, EvidenceDue, true, true, "Measured: conforming."},
		{bad, "conforming", recent, Nonconforming, true, false, "Judged conforming by Ada on 2026-11-30; what was measured counts."},
		{bad, "evidence_due", recent, Nonconforming, true, false, "what was measured counts."},
		{bad, "nonconforming", recent, Nonconforming, false, false, "Judged nonconforming by Ada on 2026-11-30 too."},
		{due, "conforming", recent, EvidenceDue, true, false, "what was measured counts."},
		{due, "nonconforming", recent, Nonconforming, true, true, "Measured: evidence due."},
	} {
		opt := yearOptions()
		opt.Assessments = []config.Assessment{assessment(tc.id, tc.found, tc.on)}
		r := again(t, db, base, opt)
		q, _ := r.Requirement(tc.id)
		was, _ := base.Requirement(tc.id)
		if q.Status != tc.status || q.Measured != was.Status || q.Differs != tc.differs || q.ByJudgement != tc.by || q.Judged == nil || !strings.Contains(q.Reason, tc.reason) {
			t.Errorf("%s over %s (%s): %s, differs %v, decides %v\n%s", tc.found, was.Status, tc.on, q.Status, q.Differs, q.ByJudgement, q.Reason)
		}
		j := r.Judgements[0]
		if len(j.Requirements) != 1 || (len(j.Differs) == 1) != tc.differs || j.Old != (tc.on == old) {
			t.Errorf("%+v", j)
		}
		counted := 0
		for _, f := range r.Frameworks {
			for _, c := range f.Counts {
				counted += c.Count
			}
			counted -= f.Total
		}
		if counted != 0 {
			t.Errorf("the counts are off by %d", counted)
		}
	}
}

func TestWhichAssessmentCounts(t *testing.T) {
	db, cat := world(t, nil)
	heading, leaf, other := "iso20000-1:2018/7", "iso20000-1:2018/7.2", "iso20000-1:2018/7.3"
	a := func(id, status, on, until string) config.Assessment {
		x := assessment(id, status, on)
		x.ValidUntil = until
		return x
	}
	opt := yearOptions()
	opt.Assessments = []config.Assessment{
		a(heading, "conforming", "2026-10-01", ""),
		a(leaf, "nonconforming", "2026-05-01", ""),
		a(leaf, "conforming", "2026-04-01", ""),
		a(leaf, "conforming", "2027-06-01", ""),                         // after as-of
		a(other, "nonconforming", "2026-06-01", "2026-06-30"),           // over
		a("itil:4/incident_management", "conforming", "2026-06-01", ""), // its framework is not asked for
	}
	if _, _, ok := cat.Entry("itil:4/incident_management"); !ok {
		opt.Assessments[5].Requirement = "itil:4/" + cat.Framework("itil:4").Entries[0].ID
	}
	r := run(t, db, cat, opt)
	var states []DecisionState
	for _, j := range r.Judgements {
		states = append(states, j.State)
	}
	if want := []DecisionState{InForce, InForce, Superseded, NotYet, Ended, NotAsked}; !slices.Equal(states, want) {
		t.Errorf("%v", states)
	}
	if q, _ := r.Requirement(leaf); q.Judged != r.Judgements[1] {
		t.Errorf("the nearer assessment does not count: %+v", q.Judged)
	}
	if q, _ := r.Requirement(other); q.Judged != r.Judgements[0] || !strings.Contains(q.Reason, ", for the whole of 7") {
		t.Errorf("%s", q.Reason)
	}
	if slices.Contains(r.Judgements[0].Requirements, leaf) || len(r.Judgements[0].Requirements) < 3 {
		t.Errorf("%v", r.Judgements[0].Requirements)
	}
}

func TestWaiversAndScopeOverJudgement(t *testing.T) {
	db, cat := world(t, nil)
	base := run(t, db, cat, yearOptions())
	var bad RequirementResult
	for _, q := range base.Requirements {
		if !q.Heading && q.Status == Nonconforming {
			bad = q
			break
		}
	}
	opt := yearOptions()
	opt.Waivers = []config.Waiver{{ID: bad.ID, Reason: "new tool.", Owner: "Ada", Until: "2026-12-31"}, {ID: bad.ID, Reason: "x", Owner: "Ben", From: "2027-01-01", Until: "2027-12-31"}}
	opt.Assessments = []config.Assessment{assessment(bad.ID, "conforming", "2026-11-30")}
	r := again(t, db, base, opt)
	q, _ := r.Requirement(bad.ID)
	if q.Status != Waived || q.Measured != Nonconforming || q.Waiver == nil || !q.Differs || !strings.HasPrefix(q.Reason, "Waived until 2026-12-31 by Ada: new tool. Without the waiver: nonconforming. ") {
		t.Errorf("%s %s\n%s", q.Status, q.Measured, q.Reason)
	}
	if r.WaiverState(opt.Waivers[0]) != InForce || r.WaiverState(opt.Waivers[1]) != NotYet {
		t.Error("states of the waivers")
	}
	opt.Waivers[0].Until = "2026-12-30" // as-of closes the 31st
	q, _ = again(t, db, base, opt).Requirement(bad.ID)
	if q.Status != Nonconforming || !strings.Contains(q.Reason, "A waiver by Ada ended on 2026-12-30. A waiver by Ben begins on 2027-01-01.") {
		t.Errorf("%s\n%s", q.Status, q.Reason)
	}
	opt.Scope = []config.ScopeEntry{{ID: bad.ID, Reason: "not ours", DecidedBy: "Cyd"}}
	q, _ = again(t, db, base, opt).Requirement(bad.ID)
	if q.Status != NotApplicable || q.Measured != Nonconforming || q.Reason != "Out of scope: not ours (decided by Cyd). Measured: nonconforming." {
		t.Errorf("%s %s\n%s", q.Status, q.Measured, q.Reason)
	}
}

func TestDecisionsAboutUnknownThings(t *testing.T) {
	db, cat := world(t, nil)
	opt := yearOptions()
	opt.Assessments = []config.Assessment{assessment("iso20000-1:2018/8.6.11", "conforming", "2026-01-31"), {Process: "incidnt", Level: new(int), On: "2026-01-31"}, {Process: "data_quality", Level: new(int), On: "2026-01-31"}}
	opt.Waivers = []config.Waiver{{ID: "inc-priority-sett", Reason: "x", Owner: "y", Until: "2026-12-31"}}
	_, err := Evaluate(t.Context(), db, cat, opt)
	if err == nil {
		t.Fatal("unknown ids were accepted")
	}
	for _, want := range []string{`the catalogue has no requirement "iso20000-1:2018/8.6.11" (did you mean "8.6.1"?)`, `there is no process "incidnt" that has a level (did you mean "incident"?)`,
		`there is no process "data_quality" that has a level`, `"inc-priority-sett" is neither a control nor a requirement of the catalogue (did you mean "inc-priority-set"?)`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}

func TestScopeIsHeldAgainstTheRecords(t *testing.T) {
	db, cat := world(t, Rows{"service": {{"service_id": "desk:S1", "name": "Mail"}, {"service_id": "desk:S2", "name": "Files"}}})
	opt := yearOptions()
	opt.Statement = &config.ScopeStatement{Statement: "x", Services: []string{"mail", "s2", "Fles"}, Customers: []string{"Acme"}, On: "2027-05-01"}
	r := run(t, db, cat, opt)
	if s := r.Scope; s == nil || s.InForce || !slices.Equal(s.Services[0].IDs, []string{"desk:S1"}) || !slices.Equal(s.Services[1].IDs, []string{"desk:S2"}) || s.Services[2].IDs != nil {
		t.Fatalf("%+v", s)
	}
	text := strings.Join(r.Problems, "\n")
	for _, want := range []string{`the scope names the service "Fles", which the records do not have (did you mean "Files"?)`, "the scope names customers, and no customer was collected", "the scope was decided on 2027-05-01, after the moment"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
}

func TestReferencesAreLookedUp(t *testing.T) {
	db, cat := world(t, nil)
	opt := yearOptions()
	a := assessment("iso20000-1:2018/5.2", "conforming", "2026-11-30")
	a.Evidence = []string{"d1", "desk:1", "https://wiki.example/x", "javascript:alert(1)", "minutes of May"}
	opt.Assessments = []config.Assessment{a}
	var got []string
	for _, ref := range run(t, db, cat, opt).Judgements[0].References {
		got = append(got, ref.Kind+"|"+ref.Name+"|"+ref.URL)
	}
	if !strings.HasPrefix(got[0], "document|Policy|") || !strings.HasPrefix(got[1], "ticket|") || got[2] != "address||https://wiki.example/x" || got[3] != "||" || got[4] != "||" {
		t.Errorf("%q", got)
	}
}

func TestJudgementsAreStored(t *testing.T) {
	db, cat := world(t, nil)
	opt := yearOptions()
	opt.Assessments = []config.Assessment{assessment("iso20000-1:2018/5.2.1", "nonconforming", "2026-11-30")}
	r := run(t, db, cat, opt)
	if err := Store(t.Context(), db, r); err != nil {
		t.Fatal(err)
	}
	type row struct{ Status, Measured, Judged, JudgedBy, JudgedOn string }
	got, err := model.One[row](t.Context(), db, "SELECT status, measured, judged, judged_by, CAST(judged_on AS VARCHAR) AS judged_on FROM requirement_result WHERE requirement = 'iso20000-1:2018/5.2.1'")
	q, _ := r.Requirement("iso20000-1:2018/5.2.1")
	if err != nil || got != (row{"nonconforming", string(q.Measured), "nonconforming", "Ada", "2026-11-30"}) {
		t.Errorf("%+v %v", got, err)
	}
	n, err := model.One[int64](t.Context(), db, "SELECT count(*) FROM requirement_result WHERE judged IS NOT NULL OR measured IS NULL")
	if err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}
