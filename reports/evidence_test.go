package reports

import (
	"strings"
	"testing"

	"deskproof/controls"
	"deskproof/model/config"
)

func evidenceInput(t *testing.T) Input {
	in := testInput(t)
	exec(t, in.DB, "desk.sql")
	exec(t, in.DB, "registers.sql")
	compute(t, in)
	in.Config.Catalogue.Waivers = []config.Waiver{{ID: "inc-priority-set", Reason: "fields come with the new form", Owner: "Service manager", Until: "2026-12-31"}}
	in.Config.Catalogue.Scope = []config.ScopeEntry{{ID: "iso20000-1:2018/8.7.2", Reason: "run by the group", DecidedBy: "Management"}}
	in.Config.Catalogue.Goals = map[string]int{"default": 3}
	return evaluate(t, in)
}

func TestEvidenceReport(t *testing.T) {
	in := evidenceInput(t)
	doc := build(t, "evidence", in)
	text := dump(doc)
	for _, want := range []string{
		"Waived until 2026-12-31 by Service manager: fields come with the new form", // shown, never hidden
		"run by the group (decided by Management)",
		"self-prepared evidence; ratings are indicative; no certification statement",
		"DOC-2 | Incident procedure", "was due for review on 31 Oct 2026",
		"IT services for all sites", "SHA-256: feed", "Found at: export.csv:2; 1 record kept",
		hostileTitle,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		verdict := strings.HasPrefix(line, "==") || strings.HasPrefix(line, "HEADLINE") || strings.HasPrefix(line, "FIGURE") || strings.Contains(line, "Conclusion:")
		if l := strings.ToLower(line); verdict && (strings.Contains(l, "passed") || strings.Contains(l, "complian")) {
			t.Errorf("a verdict in other words than those of the standard: %s", line)
		}
		if strings.HasPrefix(line, "HEADLINE") && strings.Contains(line, "%") {
			t.Errorf("a percentage of requirements: %s", line)
		}
	}
	// Every requirement in scope has a row, and the counts of page 1 are those of the results.
	for _, f := range in.Results.Frameworks {
		table := findTable(t, doc, "matrix-table-"+anchor(f.Framework.ID()))
		if len(table.Rows) != len(f.Framework.Entries) {
			t.Errorf("%s: %d rows for %d entries", f.Framework.ID(), len(table.Rows), len(f.Framework.Entries))
		}
		n := map[Status]int{}
		for _, r := range table.Rows {
			if r[2].Kind == State {
				n[r[2].Status]++
			}
		}
		for _, c := range f.Counts {
			if n[Status(c.Status)] != c.Count {
				t.Errorf("%s: %d rows are %s, the results say %d", f.Framework.ID(), n[Status(c.Status)], c.Status, c.Count)
			}
		}
	}
	all := 0
	for _, r := range in.Results.Controls {
		all += len(r.Exceptions)
		if findTable(t, doc, "control-list") == nil {
			t.Error("no index")
		}
	}
	if got := len(findTable(t, doc, "exception-list").Rows); got != all || all == 0 {
		t.Errorf("%d exceptions in the register, %d in the results", got, all)
	}
	if again := dump(build(t, "evidence", in)); again != text {
		t.Error("two builds differ")
	}
}

// TestSamplesAreThoseOfTheControls: the sample drawn in SQL is the one that the Go rule draws from the population.
func TestSamplesAreThoseOfTheControls(t *testing.T) {
	in := evidenceInput(t)
	list, err := Samples(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	drawn := 0
	for _, d := range list {
		rows, err := controls.PopulationRows(t.Context(), in.DB, d.Control, in.Results.Params())
		if err != nil {
			t.Fatal(err)
		}
		want := controls.Sample(rows, d.Seed, len(d.Rows))
		for i := range want {
			drawn++
			if want[i].Subject != d.Rows[i].Subject {
				t.Fatalf("%s: row %d is %s in SQL, %s in Go", d.Control.ID, i, d.Rows[i].Subject, want[i].Subject)
			}
		}
	}
	if drawn == 0 {
		t.Error("nothing was drawn")
	}
}

func TestMaturityReport(t *testing.T) {
	in := evidenceInput(t)
	doc := build(t, "maturity", in)
	text := dump(doc)
	if !strings.Contains(text, controls.Indicative) {
		t.Error("the ratings are not called indicative")
	}
	list, err := controls.Maturity(t.Context(), in.Results, in.Config.Catalogue.Goals)
	if err != nil {
		t.Fatal(err)
	}
	table := findTable(t, doc, "levels")
	if len(table.Rows) != len(list) {
		t.Errorf("%d rows for %d processes", len(table.Rows), len(list))
	}
	level := map[string]Value{}
	for _, r := range table.Rows {
		level[r[0].Text] = r[1]
	}
	rated := 0
	for _, p := range list {
		v := level[p.Title]
		if p.Level < 0 && v.Kind != Missing || p.Level >= 0 && v.Number != float64(p.Level) {
			t.Errorf("%s is %d, the report says %v", p.Title, p.Level, Format(v, nil))
		}
		if p.Level >= 0 {
			rated++
		}
	}
	if rated == 0 {
		t.Error("no process was rated, so nothing was tested")
	}
}

func findTable(t *testing.T, d *Document, id string) *Table {
	t.Helper()
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			if x, ok := b.(*Table); ok && x.ID == id {
				return x
			}
		}
	}
	t.Fatalf("%s has no table %s", d.ID, id)
	return nil
}
