package metrics

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write docs/metrics.md")

func TestDocumentationIsCurrent(t *testing.T) {
	want, err := Markdown()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "docs", "metrics.md")
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A checkout may turn line ends.
	if strings.ReplaceAll(string(got), "\r\n", "\n") != want {
		t.Error("docs/metrics.md is not what the headers say: run go test ./model/metrics -update")
	}
	all, _ := allFiles()
	for _, f := range all {
		if !strings.Contains(want, "`"+f.Metric+"`") {
			t.Errorf("%s (process %s) is missing in the documentation", f.Metric, f.Process)
		}
	}
}

func TestEveryFixtureBelongsToAMetric(t *testing.T) {
	names, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if _, err := find(strings.TrimSuffix(filepath.Base(n), ".yaml")); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
}

// A fixture tests a metric only when it expects a figure and says what is missing without its input.
func TestEveryFixtureHasAFigureAndAnEmptyPopulation(t *testing.T) {
	all, err := allFiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		figure, missing := false, false
		for _, c := range load(t, m.Metric).Cases {
			missing = missing || c.Missing != "" && len(c.Expect) == 0
			for _, e := range c.Expect {
				figure = figure || e.Figure != nil && e.N > 0
			}
		}
		if !figure || !missing {
			t.Errorf("testdata/%s.yaml: figure %v, missing input %v: both are needed", m.Metric, figure, missing)
		}
	}
}

const whole = `-- name: x
-- title: X
-- process: incident
-- definition: What is counted,
--   in words.
-- formula: a ÷ b
-- aggregate: ratio
-- unit: share
-- direction: higher
-- period_key: opened_at
-- origin: practice: x
-- input: ticket(opened_at, resolved_at) where kind = 'incident' | nothing is recorded
SELECT 1
`

func TestHeadersAreRead(t *testing.T) {
	f, faults := parse("x.sql", whole)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if f.Definition.Definition != "What is counted, in words." || f.query != "SELECT 1" || len(f.inputs) != 1 ||
		f.inputs[0].where != "kind = 'incident'" || len(f.inputs[0].columns) != 2 || f.inputs[0].absent != "nothing is recorded" {
		t.Fatalf("%+v", f)
	}
}

func TestFaultyHeadersAreRefusedAllAtOnce(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"missing key":     {"-- origin: practice: x\n", "", "x.sql:1:1: origin is missing"},
		"unknown key":     {"-- origin: practice: x", "-- origin: practice: x\n-- colour: red", `x.sql:12:1: "colour" is no key of a metric`},
		"key twice":       {"-- title: X", "-- title: X\n-- title: Y", "x.sql:3:1: title stands twice"},
		"unknown choice":  {"aggregate: ratio", "aggregate: average", `x.sql:7:1: aggregate "average" is none of ratio`},
		"other name":      {"name: x", "name: y", `x.sql:1:1: the name "y" is not that of the file`},
		"no input":        {"-- input: ticket(opened_at, resolved_at) where kind = 'incident' | nothing is recorded\n", "", "no input is named"},
		"input form":      {" | nothing is recorded", "", "x.sql:12:1: an input is written"},
		"no header line":  {"-- title: X", "-- title: X\n-- just words", "x.sql:3:1: a header line is written"},
		"no select":       {"SELECT 1\n", "", "the SELECT is missing"},
		"unit":            {"unit: share", "unit: percent", `unit "percent" is none of`},
		"process":         {"process: incident", "process: magic", `process "magic" is none of`},
		"direction":       {"direction: higher", "direction: up", `direction "up" is none of`},
		"empty file name": {whole, "", "x.sql:1:1: name is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(whole, c.old, c.new, 1)
			_, err := parseAll(fstest.MapFS{"x.sql": {Data: []byte(text)}, "bad.sql": {Data: []byte("-- what\nSELECT 1")}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err != nil && !strings.Contains(err.Error(), "bad.sql:1:1") {
				t.Errorf("the faults of the other file are not named: %v", err)
			}
		})
	}
}
