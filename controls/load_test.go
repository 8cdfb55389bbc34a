package controls

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes files of an own catalogue and gives the folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const ownControl = `process: incident
controls:
  - id: own-a
    title: T
    question: Q
    why: W
    auditor_asks: A
    when_it_fails: F
    frequency: per_record
    owner_role: O
    attribute: PA1.1
    maps_to: ["iso20000-1:2018/8.6.1"]
    inputs:
      - {name: tickets, have: FROM ticket}
    population: |
      SELECT ticket_id AS subject, ticket_id, opened_at AS occurred_at
      FROM live_ticket
      WHERE opened_at < $as_of
    exceptions: |
      SELECT *, 'bad' AS reason FROM population WHERE subject = 'x'
`

const ownTest = `control: own-a
cases:
  - name: pass
    given: {ticket: [{ticket_id: a}]}
    expect: {status: conforming, population: 1}
  - name: fail
    given: {ticket: [{ticket_id: x}]}
    expect: {status: nonconforming, population: 1, exceptions: {x: bad}}
`

func TestOwnCatalogueAdds(t *testing.T) {
	dir := folder(t, map[string]string{"controls/own.yaml": ownControl, "tests/own-a.yaml": ownTest})
	cat, err := Lint(context.Background(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	if k := cat.Control("own-a"); k == nil || k.Process != "incident" || k.Finding != Nonconforming {
		t.Fatalf("%+v", k)
	}
}

func TestOwnCatalogueChangesOnlyWhatItStates(t *testing.T) {
	ctx := context.Background()
	shipped, err := Load(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"controls/own.yaml": "controls:\n  - {id: chg-in-window, tolerance: 2 %, parameters: {minutes_late: 5}}\n"})
	cat, err := Load(ctx, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	old, k := shipped.Control("chg-in-window"), cat.Control("chg-in-window")
	if k.Tolerance != 0.02 || k.Parameters["minutes_late"] != 5 || k.Parameters["minutes_early"] != 15 {
		t.Errorf("changed: %v %v", k.Tolerance, k.Parameters)
	}
	if k.Title != old.Title || k.Population.Text != old.Population.Text || k.Process != "change" || len(k.Files) != 2 {
		t.Errorf("kept: %+v", k)
	}
	if old.Tolerance != 0.05 || old.Parameters["minutes_late"] != 60 {
		t.Error("the shipped catalogue was changed")
	}
	if k.SHA256() == old.SHA256() || cat.SHA256() == shipped.SHA256() {
		t.Error("the hash does not tell that the definition changed")
	}
	if len(cat.Controls) != len(shipped.Controls) {
		t.Errorf("%d controls", len(cat.Controls))
	}
}

func TestMistakesAreFoundWithTheirPlace(t *testing.T) {
	edit := func(old, new string) map[string]string {
		if !strings.Contains(ownControl, old) {
			t.Fatalf("%q is not in the control", old)
		}
		return map[string]string{"controls/own.yaml": strings.Replace(ownControl, old, new, 1), "tests/own-a.yaml": ownTest}
	}
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"unknown key", edit("    question: Q", "    qestion: Q"), []string{`controls/own.yaml:5:5: controls[0].qestion: unknown key "qestion" (did you mean "question"?)`, `own-a.question: missing`}},
		{"requirement", edit("8.6.1", "8.6.12"), []string{`own.yaml:12:14: own-a.maps_to: "iso20000-1:2018/8.6.12" is not a requirement of the catalogue (did you mean "8.6.1"?)`}},
		{"framework", edit("iso20000-1:2018/8.6.1", "iso20000-1:2017/8.6.1"), []string{`did you mean "iso20000-1:2018"?`}},
		{"heading", edit("8.6.1", "8.6"), []string{`"iso20000-1:2018/8.6" is a heading (name the entries below it: 8.6.1, 8.6.2, 8.6.3)`}},
		{"SQL column", edit("      WHERE opened_at < $as_of", "      WHERE opend_at < $as_of"), []string{`own.yaml:18:13: own-a.population: Binder Error: Referenced column "opend_at" not found`}},
		{"SQL syntax", edit("      FROM live_ticket", "      FORM live_ticket"), []string{`own.yaml:17:7: own-a.population: Parser Error`}},
		{"SQL of exceptions", edit("'bad' AS reason", "'bad' AS raeson"), []string{`own.yaml:20:1: own-a.exceptions: the column reason is missing (it gives subject, ticket_id, occurred_at, reason)`}},
		{"SQL of inputs", edit("have: FROM ticket", "have: FROM tikcet"), []string{`own-a.inputs[0].have: Catalog Error: Table with name tikcet does not exist`}},
		{"parameter", edit("$as_of", "$asof"), []string{`own.yaml:18:25: own-a.population: the parameter $asof is not known (did you mean "as_of"?)`}},
		{"two statements", edit("'bad' AS reason FROM", "'bad' AS reason FROM population; DROP TABLE ticket; FROM"), []string{`own.yaml:20:48: own-a.exceptions: one SELECT belongs here`}},
		{"tolerance", edit("    title: T", "    title: T\n    tolerance: 120 %"), []string{`own.yaml:5:16: controls[0].tolerance: "120 %" is out of range`}},
		{"tolerance word", edit("    title: T", "    title: T\n    tolerance: none"), []string{`"none" is not a share (write it as 0.01 or 1 %)`}},
		{"process", edit("process: incident", "process: incidents"), []string{`own-a.process: "incidents" is not known (did you mean "incident"?)`}},
		{"attribute", edit("PA1.1", "PA4.1"), []string{`own-a.attribute: "PA4.1" is not known`}},
		{"id", edit("id: own-a", "id: Own"), []string{`"Own" is not an id for a control`, `there is no control "own-a"`, `Own: the control has no test`}},
		{"parameter name", edit("    title: T", "    title: T\n    parameters: {as_of: 3}"), []string{`"as_of" cannot be the name of a parameter`}},
		{"twice", map[string]string{"controls/a.yaml": ownControl, "controls/b.yaml": ownControl, "tests/own-a.yaml": ownTest}, []string{`b.yaml:3:5: controls[0].id: "own-a" is already in`}},
		{"no test", map[string]string{"controls/own.yaml": ownControl}, []string{`own-a: the control has no test (write tests/own-a.yaml`}},
		{"test status", map[string]string{"controls/own.yaml": ownControl, "tests/own-a.yaml": strings.Replace(ownTest, "conforming, pop", "conformng, pop", 1)},
			[]string{`tests/own-a.yaml:3:5: cases[0].expect.status: "conformng" is not a status that records can give (did you mean "conforming"?)`}},
		{"folder", map[string]string{"control/own.yaml": ownControl}, []string{`the folder "control" is not part of a catalogue (did you mean "controls"?)`}},
		{"syntax", map[string]string{"controls/own.yaml": "controls: [\n"}, []string{`controls/own.yaml:`}},
		{"framework file", map[string]string{"frameworks/x.yaml": "framework: x\nedition: \"1\"\nname: X\nsource: s\nlicence: l\nentries:\n  - {id: A, title: T, certainty: S}\n  - {id: A, title: T, certainty: Z}\n  - {id: B, parent: C, title: T, certainty: S}\n"},
			[]string{`x.yaml:8:5: entries[1].id: "A" is already in line 7`, `"Z" is not a mark`, `the parent "C" is not an entry`}},
		{"crosswalk", map[string]string{"crosswalk.yaml": "crosswalk:\n  - {from: \"iso20000-1:2018/4.2\", to: \"fitsm-1:3.0/GR3.1\", relation: equals, why: w}\n  - {from: \"fitsm-1:3.0/GR3.1\", to: \"iso20000-1:2018/4.2\", relation: equal, why: w}\n"},
			[]string{`crosswalk.yaml:3:5: crosswalk[1]: fitsm-1:3.0/GR3.1 and iso20000-1:2018/4.2 are already related`, `"equals" is not a relation (did you mean "equal"?)`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			check := Load // the database is asked only where it is about SQL: that takes longer
			if strings.HasPrefix(tc.name, "SQL") {
				check = Lint
			}
			_, err := check(context.Background(), []string{folder(t, tc.files)})
			if err == nil {
				t.Fatal("no mistake was found")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("missing\n  %s\nin\n  %v", want, err)
				}
			}
		})
	}
}

func TestFailingCasesAreReported(t *testing.T) {
	for _, tc := range []struct{ name, old, new, want string }{
		{"status", "status: conforming", "status: evidence_due", "status is conforming, expected evidence_due"},
		{"population", "population: 1}", "population: 7}", "population is 1, expected 7"},
		{"reason", "{x: bad}", "{x: good}", `the reason of x is "bad" and does not contain "good"`},
		{"missing exception", "{x: bad}", "{x: bad, y: bad}", "y should be an exception and is none"},
		{"unexpected exception", ", exceptions: {x: bad}", "", "x is an exception and should not be (bad)"},
		{"column", "ticket_id: a", "tiket_id: a", `has no column "tiket_id" (did you mean "ticket_id"?)`},
		{"table", "ticket: [{ticket_id: a}]", "tickt: [{ticket_id: a}]", `there is no table "tickt" (did you mean "ticket"?)`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			test := strings.Replace(ownTest, tc.old, tc.new, 1)
			cat, err := Load(context.Background(), []string{folder(t, map[string]string{"controls/own.yaml": ownControl, "tests/own-a.yaml": test})})
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range cat.Tests {
				if other.Control == "own-a" {
					cat.Tests = []*ControlTest{other}
					break
				}
			}
			results, err := RunTests(context.Background(), cat)
			if err != nil || len(results) != 2 {
				t.Fatalf("%v %v", results, err)
			}
			var failed []string
			for _, r := range results {
				if !r.Passed {
					failed = append(failed, r.Message)
				}
			}
			if len(failed) != 1 || !strings.Contains(failed[0], tc.want) {
				t.Errorf("got %q, want %q", failed, tc.want)
			}
		})
	}
}

func TestEveryControlHasPassingFailingAndEmptyCases(t *testing.T) {
	cat, err := Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(cat.Controls) < 64 {
		t.Errorf("%d controls", len(cat.Controls))
	}
	for _, test := range cat.Tests {
		kinds := map[string]bool{}
		for _, c := range test.Cases {
			switch {
			case c.Expect.Status == Conforming:
				kinds["passing"] = true
			case c.Expect.Status == NotAssessed:
				kinds["empty"] = true
			case len(c.Expect.Exceptions) > 0:
				kinds["failing"] = true
			}
		}
		for _, kind := range []string{"passing", "failing", "empty"} {
			if !kinds[kind] {
				t.Errorf("%s: no %s case", test.Control, kind)
			}
		}
	}
	for _, k := range cat.Controls {
		// A management system is asked for by ISO/IEC 20000-1 or FitSM; practices of ITIL and COBIT answer where there is one.
		if maps := strings.Join(k.MapsTo, " "); !strings.Contains(maps, "iso20000-1:2018/") && !strings.Contains(maps, "fitsm-1:3.0/") {
			t.Errorf("%s answers neither in ISO/IEC 20000-1 nor in FitSM-1", k.ID)
		}
	}
}

func TestFrameworksAreWhole(t *testing.T) {
	cat, err := Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string][2]int{ // entries, requirements without children
		"asl:2": {32, 26}, "bisl:2": {30, 23}, "cmmi:3.0": {40, 31}, "cobit:2019": {276, 231}, "etom:25.5": {128, 120}, "etom:m3050": {90, 72},
		"fitsm-0:3.0": {81, 80}, "fitsm-1:3.0": {105, 82}, "iso20000-1:2018": {88, 63}, "iso27001:2022": {139, 123}, "iso33020:2019": {16, 11},
		"iso9001:2015": {91, 65}, "itil:4": {37, 34}, "itil:5": {36, 34}, "mof:4.0": {26, 22}, "togaf:10": {12, 11}, "usm:current": {9, 5},
	} {
		f := cat.Framework(id)
		if f == nil {
			t.Errorf("%s is missing", id)
			continue
		}
		leaves := 0
		for _, e := range f.Entries {
			if len(f.Children(e.ID)) == 0 {
				leaves++
			}
		}
		if len(f.Entries) != want[0] || leaves != want[1] {
			t.Errorf("%s: %d entries, %d without children, want %v", id, len(f.Entries), leaves, want)
		}
	}
	if cat.Framework("iso20000-1:2018").Level("8.5.1.3") != 4 {
		t.Error("8.5.1.3 is not on level 4")
	}
	if len(cat.Crosswalk) != 863 {
		t.Errorf("%d rows of the crosswalk", len(cat.Crosswalk))
	}
	// Both ways agree: whatever is read from one end is read inverted from the other.
	for _, x := range cat.Crosswalk {
		if x.Relation == "none" {
			continue
		}
		found := false
		for _, y := range cat.Related(x.To) {
			found = found || y.To == x.From && y.Relation == Inverse(x.Relation)
		}
		if !found {
			t.Errorf("%s and %s are not related both ways", x.From, x.To)
		}
	}
}
