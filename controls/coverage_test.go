package controls

import (
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deskproof/model"
)

// The identifier lists were compiled beside the repository; where they are at hand, the frameworks must be just them.
func TestFrameworksAreThoseOfTheLists(t *testing.T) {
	files, err := filepath.Glob("../../shared/facts/ids/*.csv")
	if err != nil || len(files) == 0 {
		t.Skip("the identifier lists (../shared/facts/ids beside the repository) are not here")
	}
	cat, err := Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) == "crosswalk.csv" {
			continue
		}
		r, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(r).ReadAll()
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, row := range rows[1:] { // framework,edition,id,parent_id,level,title,kind,certainty,source
			want = append(want, strings.Join([]string{row[2], row[3], row[4], row[5], row[6], row[7]}, " | "))
		}
		f := cat.Framework(rows[1][0] + ":" + rows[1][1])
		if f == nil {
			t.Errorf("%s is missing", file)
			continue
		}
		for i, e := range f.Entries {
			if i+1 < len(rows) && rows[i+1][7] == "M" && e.Certainty == "S2" {
				e.Certainty = "M" // a source was seen since the list was made: the framework's own source key names it
			}
			got = append(got, strings.Join([]string{e.ID, e.Parent, fmt.Sprint(f.Level(e.ID)), e.Title, e.Kind, e.Certainty}, " | "))
		}
		for i := range max(len(want), len(got)) {
			if i >= len(want) || i >= len(got) || want[i] != got[i] {
				t.Errorf("%s: entry %d is not that of the list", f.ID(), i+1)
				break
			}
		}
	}
}

func TestCrosswalkIsSound(t *testing.T) {
	cat, err := Load(context.Background(), nil) // endpoints, one row a pair, equals that contradict: all found by Load
	if err != nil {
		t.Fatal(err)
	}
	searched := 0
	for _, x := range cat.Crosswalk {
		if n := len(strings.Fields(x.Why)); n > 12 {
			t.Errorf("%s:%d: %d words", x.Pos.File, x.Pos.Line, n)
		}
		if x.Relation == "none" {
			searched++
			if x.To != "" {
				t.Errorf("%s:%d: none, and yet to %s", x.Pos.File, x.Pos.Line, x.To)
			}
			continue
		}
		// The file names both frameworks.
		for _, end := range []string{x.From, x.To} {
			fw, _ := SplitRequirement(end)
			name, edition, _ := strings.Cut(fw, ":")
			stem := strings.TrimSuffix(filepath.Base(x.Pos.File), ".yaml")
			if parts := strings.Split(stem, "--"); !slices.Contains(parts, name) && !slices.Contains(parts, name+"-"+edition) {
				t.Errorf("%s:%d relates %s", x.Pos.File, x.Pos.Line, fw)
			}
		}
	}
	if searched != 7 {
		t.Errorf("%d rows say that nothing was found", searched)
	}
	// Each FitSM requirement has a row; the clauses that FitSM does not reach are these.
	c := cat.Compare(cat.Framework("fitsm-1:3.0"), cat.Framework("iso20000-1:2018"))
	var unreached []string
	for _, g := range c.Unreached {
		unreached = append(unreached, g.Entry.ID)
	}
	if len(c.Unrelated) > 0 || strings.Join(unreached, " ") != "4.1 6.1.1 6.1.2 6.1.3 7.1 7.2 7.3 7.6 8.2.1 8.2.5 8.3.1 8.4.1 8.5.2.2 9.2.2 10.1.2" {
		t.Errorf("unrelated %v, unreached %v", c.Unrelated, unreached)
	}
	// All 34 practices are used, and the standards about something else are met where they should be.
	practices := map[string]bool{}
	for _, x := range cat.Compare(cat.Framework("iso20000-1:2018"), cat.Framework("itil:4")).Relations {
		practices[x.To] = true
	}
	if len(practices) != 34 {
		t.Errorf("%d practices of ITIL 4 are related", len(practices))
	}
	meets := cat.Meets(cat.Framework("iso27001:2022"))
	for _, id := range []string{"A.8.32", "A.5.26", "9.2.1"} {
		if !slices.Contains(meets, id) {
			t.Errorf("%s does not meet service management", id)
		}
	}
	if slices.Contains(meets, "A.7.1") || len(meets) >= 100 {
		t.Errorf("%d entries of ISO/IEC 27001 meet service management: %v", len(meets), meets)
	}
}

// Two frameworks of three levels, so that each way to read a row can be told from the others.
const (
	frameX = `framework: x
edition: "1"
name: X
source: s
licence: l
entries:
  - {id: A, title: A, certainty: S}
  - {id: A1, parent: A, title: A1, certainty: M}
  - {id: A2, parent: A, title: A2, certainty: S, disputed: "also printed AA"}
  - {id: B, title: B, certainty: S}
  - {id: C, title: C, certainty: S}
  - {id: D, title: D, certainty: S, asks: nothing, because: a remark}
  - {id: E, title: E, certainty: S, asks: judgement, because: a matter of taste}
`
	frameY = `framework: y
edition: "1"
name: Y
source: s
licence: l
entries:
  - {id: P, title: P, certainty: S}
  - {id: P1, parent: P, title: P1, certainty: S}
  - {id: Q, title: Q, certainty: S}
  - {id: R, title: R, certainty: S}
`
)

func crossed(t *testing.T, rows, maps string) (*Catalogue, error) {
	t.Helper()
	return Load(context.Background(), []string{folder(t, map[string]string{
		"frameworks/x.yaml": frameX, "frameworks/y.yaml": frameY, "crosswalk/x--y.yaml": "crosswalk:\n" + rows,
		"controls/own.yaml": strings.Replace(ownControl, `["iso20000-1:2018/8.6.1"]`, maps, 1), "tests/own-a.yaml": ownTest,
	})})
}

func TestTouching(t *testing.T) {
	row := func(from, relation, to string) string {
		return fmt.Sprintf("  - {from: \"%s\", relation: %s, to: \"%s\", why: w}\n", from, relation, to)
	}
	for _, tc := range []struct {
		name, rows, maps, ask string
		answers               bool
		relation              string // of the touch; empty: none
	}{
		{"itself", row("x:1/B", "intersects", "y:1/Q"), `"x:1/B"`, "x:1/B", true, ""},
		{"equal answers", row("x:1/B", "equal", "y:1/Q"), `"y:1/Q"`, "x:1/B", true, ""},
		{"asked here too", row("x:1/B", "superset", "y:1/Q"), `"y:1/Q"`, "x:1/B", false, "superset"},
		{"asked here too, read from the right", row("y:1/Q", "subset", "x:1/B"), `"y:1/Q"`, "x:1/B", false, "superset"},
		{"asks more there", row("x:1/B", "subset", "y:1/Q"), `"y:1/Q"`, "x:1/B", false, "subset"},
		{"overlaps", row("x:1/B", "intersects", "y:1/Q"), `"y:1/Q"`, "x:1/B", false, "intersects"},
		{"helped", row("y:1/Q", "supports", "x:1/B"), `"y:1/Q"`, "x:1/B", false, "supported_by"},
		{"what it helps says nothing about it", row("x:1/B", "supports", "y:1/Q"), `"y:1/Q"`, "x:1/B", false, ""},
		{"a part of what is asked whole", row("x:1/A", "subset", "y:1/Q"), `"y:1/Q"`, "x:1/A1", false, "subset"},
		{"a part of what asks more", row("x:1/A", "superset", "y:1/Q"), `"y:1/Q"`, "x:1/A1", false, "intersects"},
		{"a part of what is equal", row("x:1/A", "equal", "y:1/Q"), `"y:1/Q"`, "x:1/A1", false, "subset"},
		{"a part there", row("x:1/B", "superset", "y:1/P"), `"y:1/P1"`, "x:1/B", false, "superset"},
		{"a part there of what asks more", row("x:1/B", "subset", "y:1/P"), `"y:1/P1"`, "x:1/B", false, "intersects"},
		{"a part there of what is equal", row("x:1/B", "equal", "y:1/P"), `"y:1/P1"`, "x:1/B", false, "superset"},
		{"parts of equal headings", row("x:1/A", "equal", "y:1/P"), `"y:1/P1"`, "x:1/A1", false, "intersects"},
		{"the strongest of two", row("x:1/B", "intersects", "y:1/Q") + row("x:1/B", "superset", "y:1/R"), `"y:1/Q", "y:1/R"`, "x:1/B", false, "superset"},
		{"two steps are too far", row("x:1/B", "intersects", "y:1/Q") + row("x:1/C", "intersects", "y:1/Q"), `"x:1/C"`, "x:1/B", false, ""},
		{"no row", row("x:1/B", "intersects", "y:1/Q"), `"y:1/R"`, "x:1/B", false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cat, err := crossed(t, tc.rows, "["+tc.maps+"]")
			if err != nil {
				t.Fatal(err)
			}
			if got := len(cat.ControlsFor(tc.ask)) > 0; got != tc.answers {
				t.Errorf("answered: %v", got)
			}
			got := ""
			for _, x := range cat.Touching(tc.ask) {
				if got += x.Relation; x.Control.ID != "own-a" || x.Words() == "" {
					t.Errorf("%+v", x)
				}
			}
			if got != tc.relation {
				t.Errorf("touched: %q, want %q", got, tc.relation)
			}
		})
	}
}

func TestCoverageCountsEachRequirementOnce(t *testing.T) {
	cat, err := crossed(t, "  - {from: \"x:1/C\", relation: intersects, to: \"y:1/Q\", why: w}\n  - {from: \"x:1/A\", relation: none, in: \"y:1\", why: looked}\n", `["x:1/B", "y:1/Q"]`)
	if err != nil {
		t.Fatal(err)
	}
	of := cat.Coverage(cat.Framework("x:1"))
	var got []string
	for _, q := range of.Requirements {
		got = append(got, q.Entry.Marked()+" "+q.Cover.Words())
	}
	if want := "A1* nothing, A2* nothing, B data, C touched, D asks nothing, E judgement"; strings.Join(got, ", ") != want {
		t.Errorf("%s", strings.Join(got, ", "))
	}
	c := cat.Compare(cat.Framework("x:1"), cat.Framework("y:1"))
	got = nil
	for _, g := range c.Unrelated {
		got = append(got, g.Entry.ID+" "+g.Why)
	}
	if len(c.Relations) != 1 || strings.Join(got, ", ") != "A1 looked, A2 looked, B , D , E " || len(c.Unreached) != 2 {
		t.Errorf("%+v, unrelated %q, unreached %+v", c.Relations, got, c.Unreached)
	}
	for _, f := range cat.Frameworks {
		of, sum := cat.Coverage(f), 0
		for _, how := range Covers() {
			sum += of.Counts[how]
		}
		if sum != len(of.Requirements) {
			t.Errorf("%s: the counts add up to %d of %d", f.ID(), sum, len(of.Requirements))
		}
	}
}

func TestMistakesInFrameworksAndCrosswalk(t *testing.T) {
	for _, tc := range []struct{ name, rows, want string }{
		{"itself", "  - {from: \"x:1/B\", relation: equal, to: \"x:1/B\", why: w}\n", `x:1/B is related to itself`},
		{"two rows", "  - {from: \"x:1/B\", relation: subset, to: \"y:1/Q\", why: w}\n  - {from: \"y:1/Q\", relation: superset, to: \"x:1/B\", why: w}\n", `already related in`},
		{"not equal though equal", "  - {from: \"x:1/B\", relation: equal, to: \"y:1/Q\", why: w}\n  - {from: \"x:1/C\", relation: equal, to: \"y:1/Q\", why: w}\n  - {from: \"x:1/B\", relation: subset, to: \"x:1/C\", why: w}\n",
			`x:1/B and x:1/C are equal through other rows, and subset here`},
		{"otherwise to a third", "  - {from: \"x:1/B\", relation: equal, to: \"y:1/Q\", why: w}\n  - {from: \"x:1/B\", relation: subset, to: \"y:1/R\", why: w}\n  - {from: \"y:1/R\", relation: subset, to: \"y:1/Q\", why: w}\n",
			`y:1/R and y:1/Q contradict x:1/B and y:1/R in`},
	} {
		if _, err := crossed(t, tc.rows, `["x:1/B"]`); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	// The same relation to a third, read from either side, is no contradiction.
	if _, err := crossed(t, "  - {from: \"x:1/B\", relation: equal, to: \"y:1/Q\", why: w}\n  - {from: \"x:1/B\", relation: subset, to: \"y:1/R\", why: w}\n  - {from: \"y:1/R\", relation: superset, to: \"y:1/Q\", why: w}\n", `["x:1/B"]`); err != nil {
		t.Error(err)
	}
	bad := strings.Replace(frameX, "asks: nothing, because: a remark", "asks: nothng", 1)
	bad = strings.Replace(bad, "id: B, title: B, certainty: S", `id: B, title: B, certainty: S, grouping: {"itil:4": service, "itil:6": x}`, 1)
	_, err := Load(context.Background(), []string{folder(t, map[string]string{"frameworks/x.yaml": bad})})
	for _, want := range []string{`entries[5].asks: "nothng" is not known (did you mean "nothing"?)`, `entries[5].because: asks without because`,
		`entries[3].grouping: itil:4 has no entry "B"`, `entries[3].grouping: "itil:6" is not a framework`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

// What touches a requirement is named with its statuses, and leaves it not assessed.
func TestTouchedRequirementsStayNotAssessed(t *testing.T) {
	db, cat := world(t, nil)
	opt := yearOptions()
	opt.Frameworks = []string{"cmmi:3.0", "iso20000-1:2018"}
	r := run(t, db, cat, opt)
	q, ok := r.Requirement("cmmi:3.0/CM")
	if !ok || q.Status != NotAssessed || len(q.Controls) > 0 || !strings.HasPrefix(q.Reason, "No control and no document. Controls of related requirements, which decide nothing here: ") {
		t.Errorf("%v, %s: %s", ok, q.Status, q.Reason)
	}
	failing := false
	for _, x := range q.Touched {
		res, ran := r.Control(x.Control.ID)
		failing = failing || ran && res.Status == Nonconforming
	}
	if !failing || !strings.Contains(q.Reason, "nonconforming") {
		t.Errorf("no failing control touches it: %s", q.Reason)
	}
	for _, q := range r.Requirements {
		if len(q.Touched) > 0 && (len(q.Controls) > 0 || len(q.Documents) > 0 || q.Status != NotAssessed) {
			t.Errorf("%s is %s and touched", q.ID, q.Status)
		}
	}
	if q, _ := r.Requirement("iso20000-1:2018/8.3.1"); q.Status != NotAssessed || !strings.Contains(q.Reason, "Asks nothing: ") {
		t.Errorf("%s: %s", q.Status, q.Reason)
	}
	// A framework that nothing answers is checked by what touches it; one that something answers is not.
	ids, err := cat.Select(Narrow{Frameworks: []string{"cmmi:3.0"}})
	if err != nil || !slices.Contains(ids, "chg-approved-before-start") || slices.Contains(ids, "dq-not-in-future") && len(cat.Controls) == len(ids) {
		t.Errorf("%v, %v", ids, err)
	}
	ids, err = cat.Select(Narrow{Frameworks: []string{"itil:4"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(cat.Control(id).MapsTo, func(m string) bool { return strings.HasPrefix(m, "itil:4/") }) {
			t.Errorf("%s does not answer for itil:4", id)
		}
	}
	if f, err := cat.FindFramework("fitsm-2"); err == nil || f != nil || !strings.Contains(err.Error(), `did you mean "fitsm-`) {
		t.Errorf("%v, %v", f, err)
	}
}

// Nothing that ISO/IEC 20000-1 or FitSM-1 asks is left without a control.
func TestEveryRequirementIsAnswered(t *testing.T) {
	cat, err := Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"iso20000-1:2018", "fitsm-1:3.0"} {
		for _, q := range cat.Coverage(cat.Framework(id)).Requirements {
			switch {
			case q.Cover == CoverAsksNothing && q.Because != "":
			case len(q.Controls) == 0:
				t.Errorf("%s %s: %s", q.ID, q.Entry.Title, q.Cover.Words())
			}
		}
	}
}

func TestRegistersAreTables(t *testing.T) {
	db, err := model.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	shared, err := fs.ReadFile(embedded, "catalogue/shared.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range registers {
		if rows, err := db.Query(context.Background(), "DESCRIBE "+name); err == nil {
			rows.Close()
		} else if !strings.Contains(string(shared), name) {
			t.Errorf("%s is neither a table nor a shared part", name)
		}
	}
}
