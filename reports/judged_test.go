package reports

import (
	"strings"
	"testing"

	"deskproof/controls"
	"deskproof/model/config"
)

// judgedInput is the small desk with what people decided about it: two differences, one requirement that only a person
// can answer, one assessment too late, a waiver that has ended, and a scope that names a service nobody knows.
func judgedInput(t *testing.T) (in Input, none, good, bad string) {
	base := evidenceInput(t)
	for _, q := range base.Results.Requirements {
		if q.Heading || !strings.HasPrefix(q.ID, "iso20000-1:") {
			continue
		}
		switch q.Status {
		case controls.NotAssessed:
			none = q.ID
		case controls.Conforming:
			good = q.ID
		case controls.Nonconforming:
			bad = q.ID
		}
	}
	if none == "" || good == "" || bad == "" {
		t.Fatalf("not assessed %q, conforming %q, nonconforming %q", none, good, bad)
	}
	a := func(id, status, on string) config.Assessment {
		return config.Assessment{Requirement: id, Status: status, Rationale: "Seen on site <b>.", Evidence: []string{"DOC-2", "https://wiki.example/a", "minutes"}, By: "Ada Brown", On: on}
	}
	three, one := 3, 1
	in = base
	k := &in.Config.Catalogue
	k.Assessments = []config.Assessment{a(none, "conforming", "2026-10-01"), a(good, "nonconforming", "2026-10-02"), a(bad, "conforming", "2026-10-03"), a(none, "nonconforming", "2026-11-20"),
		{Process: "incident", Level: &three, Rationale: "Interviews.", Evidence: []string{"DOC-2"}, By: "Ben", On: "2025-10-01"}, {Process: "supplier", Level: &one, Rationale: "Seen.", Evidence: []string{"x"}, By: "Ben", On: "2026-10-01"}}
	k.Waivers = append(k.Waivers, config.Waiver{ID: "chg-in-window", Reason: "old tool", Owner: "Ben", Until: "2026-09-30"})
	k.Statement = &config.ScopeStatement{Statement: "All of it.", Services: []string{"Atlantis"}, Sites: []string{"Berlin"}, DecidedBy: "Board", On: "2026-01-20",
		OtherParties: []config.OtherParty{{Name: "Hoster", Does: []string{"data centre"}, Control: "monthly review", KeptBy: "Ada"}}}
	return evaluate(t, in), none, good, bad
}

func TestEvidenceShowsWhatPeopleJudged(t *testing.T) {
	in, none, good, bad := judgedInput(t)
	doc := build(t, "evidence", in)
	text := dump(doc)
	for _, want := range []string{
		"rests on the judgement of a person alone: nothing was measured.", "For 2 requirements a person found something else than was measured.",
		"People judged 3 requirements; 2 of them differ from what was measured", "judged by Ada Brown on 1 Oct 2026", "not yet in force: made after as-of",
		"in force, old", "level 3", "(Incident procedure); https://wiki.example/a; minutes (not in the records)", "Hoster | data centre | monthly review | Ada",
		"Atlantis (not in the records)", `the scope names the service "Atlantis", which the records do not have`, "Decided: Board, 2026-01-20", "knows no exclusions",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	differ := findTable(t, doc, "judged-differences")
	if len(differ.Rows) != 2 {
		t.Fatalf("%d differences", len(differ.Rows))
	}
	matrix := findTable(t, doc, "matrix-table-"+anchor("iso20000-1:2018"))
	short := func(id string) string { _, s := controls.SplitRequirement(id); return s }
	for _, tc := range []struct {
		id                       string
		status, measured, judged Status
	}{
		{none, "conforming", "not_assessed", "conforming"},
		{good, "nonconforming", "conforming", "nonconforming"},
		{bad, "nonconforming", "nonconforming", "conforming"},
	} {
		for key, want := range map[string]Status{"status": tc.status, "measured": tc.measured, "judged": tc.judged} {
			if got := cell(t, matrix, short(tc.id), key); got.Status != want {
				t.Errorf("%s, %s: %s, want %s", tc.id, key, got.Status, want)
			}
		}
	}
	waivers := findTable(t, doc, "waiver-list")
	if got := cell(t, waivers, "chg-in-window", "state").Text; got != "ended" {
		t.Errorf("the waiver is %q", got)
	}
	if got := cell(t, waivers, "inc-priority-set", "without"); got.Status != StatusNonconforming {
		t.Errorf("without the waiver: %v", got)
	}
	if got := cell(t, findTable(t, doc, "scope-list"), "iso20000-1:2018/8.7.2", "measured"); got.Kind != State {
		t.Errorf("what was measured of an exclusion: %v", got)
	}
}

func TestMaturityShowsWhatPeopleJudged(t *testing.T) {
	in, _, _, _ := judgedInput(t)
	list, err := controls.Maturity(t.Context(), in.Results, in.Config.Catalogue.Goals)
	if err != nil {
		t.Fatal(err)
	}
	doc := build(t, "maturity", in)
	levels := findTable(t, doc, "levels")
	found := 0
	for _, p := range list {
		want := "–"
		if p.Process == "incident" {
			want = "3"
		} else if p.Process == "supplier" {
			want = "1"
		}
		if got := Format(cell(t, levels, p.Title, "judged"), in.Config.Zone()); got != want {
			t.Errorf("%s: judged %s, want %s", p.Title, got, want)
		}
		if p.Judged != nil {
			found++
		}
	}
	if rows := findTable(t, doc, "judged-levels").Rows; len(rows) != 2 || found != 2 {
		t.Errorf("%d rows, %d judged", len(rows), found)
	}
	text := dump(doc)
	for _, want := range []string{"People judged 2 processes: ", "the levels of 2 processes were also judged by people", "level 3 by Ben on 1 Oct 2025, which is old: Interviews."} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}
