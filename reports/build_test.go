package reports

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskproof/controls"
	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/metrics"
)

var update = flag.Bool("update", false, "write the golden files anew")

const testConfig = `organization: {name: Example GmbH, time_zone: Europe/Berlin, scope: "IT services for all sites"}
calendars:
  office: {time_zone: Europe/Berlin, hours: {mon-fri: [08:00-16:00]}, holidays: [2026-10-03]}
reports: {prepared_by: A. Author}
`

// testInput opens an empty warehouse and the input of a report over October 2026.
func testInput(t *testing.T) Input {
	t.Helper()
	db, err := model.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := config.Parse("deskproof.yaml", []byte(testConfig))
	if err != nil {
		t.Fatal(err)
	}
	asOf, err := config.ParseAsOf("2026-11-05", c.Zone())
	if err != nil {
		t.Fatal(err)
	}
	period := func(s string) Period {
		from, to, label, err := config.ParsePeriod(s, c.Zone())
		if err != nil {
			t.Fatal(err)
		}
		return Period{From: from, To: to, Label: label}
	}
	return Input{DB: db, Config: c, Period: period("2026-10"), AuditPeriod: period("2025-11..2026-10"), AsOf: asOf, Hash: strings.Repeat("ab", 32)}
}

// hostileTitle is the title of INC-1: a formula, a script and slots of a template. It must pass through as data.
const hostileTitle = `=cmd|' /C calc'!A0 <script>alert(1)</script> {k} of {n}`

func exec(t *testing.T, db *model.DB, file string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(context.Background(), string(text)); err != nil {
		t.Fatal(err)
	}
}

func compute(t *testing.T, in Input) {
	t.Helper()
	if err := metrics.Compute(context.Background(), in.DB, in.AsOf, in.Config.Organization.TimeZone); err != nil {
		t.Fatal(err)
	}
}

// evaluate runs the catalogue over the audit period.
func evaluate(t *testing.T, in Input) Input {
	t.Helper()
	cat, err := controls.Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := controls.Evaluate(context.Background(), in.DB, cat, controls.Options{From: in.AuditPeriod.From, To: in.AuditPeriod.To, AsOf: in.AsOf,
		Zone: in.Config.Zone(), Frameworks: in.Config.Catalogue.Frameworks, Scope: in.Config.Catalogue.Scope, Waivers: in.Config.Catalogue.Waivers,
		Assessments: in.Config.Catalogue.Assessments, Statement: in.Config.Catalogue.Statement, ReassessAfter: in.Config.Catalogue.ReassessAfter})
	if err != nil {
		t.Fatal(err)
	}
	in.Catalogue, in.Results = cat, res
	return in
}

func build(t *testing.T, name string, in Input) *Document {
	t.Helper()
	doc, err := Build(context.Background(), name, in)
	if err != nil {
		t.Fatal(err)
	}
	checkDocument(t, doc)
	return doc
}

// golden compares with a stored dump. The sections of metrics are left out: their words belong to another package.
func golden(t *testing.T, name, got string) {
	t.Helper()
	var parts []string
	for _, part := range strings.Split(got, "\n\n") {
		if !strings.Contains(strings.SplitN(part, "\n", 2)[0], "[metrics]") {
			parts = append(parts, part)
		}
	}
	got = strings.Join(parts, "\n\n")
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range g {
			if i >= len(w) || g[i] != w[i] {
				line := "(end)"
				if i < len(w) {
					line = w[i]
				}
				t.Fatalf("%s line %d:\n got %s\nwant %s\n(go test ./reports -update writes it anew)", path, i+1, g[i], line)
			}
		}
		t.Fatalf("%s: the document is shorter than the golden file", path)
	}
}

// checkDocument asserts what holds for every document: unique ids, whole rows, no unfilled template, no long titles.
func checkDocument(t *testing.T, d *Document) {
	t.Helper()
	seen := map[string]bool{}
	id := func(what, s string) {
		if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%s: the id %q is not made of lower case letters, digits and dashes", what, s)
		}
		if seen[what+s] {
			t.Errorf("%s: the id %q stands twice", what, s)
		}
		seen[what+s] = true
	}
	if d.Headline == "" || d.Trust == "" || len(d.About) != 7 || len(d.Figures) > 4 {
		t.Errorf("%s: headline %q, trust %q, %d about, %d figures", d.ID, d.Headline, d.Trust, len(d.About), len(d.Figures))
	}
	for _, s := range d.Sections {
		id("section", s.ID)
		if s.Title == "" || len([]rune(s.Short)) > 28 || s.Short == "" {
			t.Errorf("section %s: title %q, short %q", s.ID, s.Title, s.Short)
		}
		for _, block := range s.Blocks {
			switch x := block.(type) {
			case *Table:
				id("table", x.ID)
				for i, r := range append(append([][]Value{}, x.Rows...), x.Total) {
					if r != nil && len(r) != len(x.Columns) {
						t.Errorf("table %s row %d has %d values for %d columns", x.ID, i, len(r), len(x.Columns))
					}
				}
				if x.Empty == "" && len(x.Rows) == 0 {
					t.Errorf("table %s is empty and says nothing", x.ID)
				}
				keys := map[string]bool{}
				for _, c := range x.Columns {
					if keys[c.Key] {
						t.Errorf("table %s: the column %s stands twice", x.ID, c.Key)
					}
					keys[c.Key] = true
				}
				for _, f := range x.Filters {
					if !keys[f] {
						t.Errorf("table %s filters by %s, which is no column", x.ID, f)
					}
				}
			case *Chart:
				id("chart", x.ID)
				for _, c := range x.Series {
					if len(c.Values) != len(x.Labels) {
						t.Errorf("chart %s: series %s has %d values for %d labels", x.ID, c.Name, len(c.Values), len(x.Labels))
					}
				}
				if x.Title == "" || x.Alt == "" {
					t.Errorf("chart %s has no title or description", x.ID)
				}
			}
		}
	}
	text := strings.ReplaceAll(dump(d), hostileTitle, "")
	for _, bad := range []string{"NaN", "+Inf", "-Inf", "%!", "{n", "{k", "<nil>"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s contains %q", d.ID, bad)
		}
	}
}

// TestEmptyWarehouse: no data is never a percentage.
func TestEmptyWarehouse(t *testing.T) {
	in := testInput(t)
	compute(t, in)
	evaluated := evaluate(t, in)
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			text := dump(build(t, name, in))
			noPercentage(t, text)
			golden(t, "empty-"+name, text)
			// The same with the catalogue evaluated over nothing.
			text = dump(build(t, name, evaluated))
			noPercentage(t, text)
			if name == "evidence" && !strings.Contains(text, "could be assessed") {
				t.Error("page 1 does not say that nothing was assessed")
			}
			if name != "sla" && strings.Contains(text, "✓ conforming") {
				t.Error("something is conforming in an empty warehouse")
			}
		})
	}
}

func noPercentage(t *testing.T, text string) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if regexp.MustCompile(`^   [NPLF] \| `).MatchString(line) { // the scale: bounds of ratings are agreed numbers, not measured ones
			continue
		}
		for _, bad := range []string{"0.0%", "100.0%", " 0%", "100%"} {
			if strings.Contains(line, bad) {
				t.Errorf("an empty warehouse shows a percentage: %s", line)
			}
		}
	}
}

func TestUnknownReport(t *testing.T) {
	if _, err := Build(context.Background(), "slx", Input{}); err == nil || !strings.Contains(err.Error(), "sla, maturity, evidence") {
		t.Errorf("the error names the reports: %v", err)
	}
}

// TestAllRecords: a period without bounds takes every record and compares with nothing.
func TestAllRecords(t *testing.T) {
	in := testInput(t)
	exec(t, in.DB, "desk.sql")
	compute(t, in)
	in.Period, in.AuditPeriod = Period{}, Period{}
	in = evaluate(t, in)
	for _, name := range Names() {
		doc := build(t, name, in)
		if !doc.Period.From.IsZero() || strings.Contains(dump(doc), "0001") {
			t.Errorf("%s prints a begin that nobody named", name)
		}
	}
	text := dump(build(t, "sla", in))
	if !strings.Contains(text, "62 of 70 incidents (88.6%)") || !strings.Contains(text, "the period has no start") {
		t.Error("not all 70 cycles are counted, or they are compared with a period that does not exist")
	}
}

func TestSpans(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from, to, _, _ := config.ParsePeriod("2026-04", zone)
	m := periodSpans(Period{From: from, To: to}, to, zone)
	for name, want := range map[string]string{
		// Clock changes lie inside: months stay months in the zone.
		"previous": "2026-02-28T23:00:00Z 2026-03-31T22:00:00Z",
		"year_ago": "2025-03-31T22:00:00Z 2025-04-30T22:00:00Z",
		"year":     "2025-04-30T22:00:00Z 2026-04-30T22:00:00Z",
		"trend":    "2024-04-30T22:00:00Z 2026-04-30T22:00:00Z",
	} {
		if got := m[name].from.Format(time.RFC3339) + " " + m[name].to.Format(time.RFC3339); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	year := Period{From: time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC), To: time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC)}
	if got := periodSpans(year, to, zone)["trend"]; !got.to.Equal(to) || !got.from.Equal(m["trend"].from) {
		t.Errorf("the trend of a year that is not over goes from %s to %s, want the 24 months before as-of", got.from, got.to)
	}
	if m := periodSpans(Period{From: far, To: to}, to, zone); len(m) != 4 {
		t.Errorf("a period without a start has now, asof, month and trend, not %v", m)
	}
}
