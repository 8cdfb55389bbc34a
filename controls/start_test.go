package controls

import (
	"context"
	"strings"
	"testing"
)

// TestEveryStartIsCleanAndPasses begins a catalogue for each process: no mistake, and all three cases pass.
func TestEveryStartIsCleanAndPasses(t *testing.T) {
	ctx := context.Background()
	shipped, _, err := load(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, p := range Processes() {
		files, err := Start(shipped, "ours/", "own-"+strings.ReplaceAll(p.ID, "_", "-"), p.ID)
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		if len(files) != 3 {
			t.Fatalf("%d files", len(files))
		}
		for _, f := range files {
			if old := all[f.Path]; old != "" && f.Path != "README.md" {
				t.Errorf("%s twice", f.Path)
			}
			all[f.Path] = string(f.Text)
		}
	}
	dir := folder(t, all)
	cat, err := Lint(ctx, []string{dir})
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			if strings.HasPrefix(line, dir) {
				t.Error(line)
			}
		}
	}
	var own []*ControlTest
	for _, x := range cat.Tests {
		if strings.HasPrefix(x.Control, "own-") {
			own = append(own, x)
		}
	}
	cat.Tests = own
	results, err := RunOwnTests(ctx, cat)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if !r.Passed {
			t.Errorf("%s: %s: %s", r.Control, r.Case, r.Message)
		}
	}
	if len(results) != 3*len(Processes()) {
		t.Errorf("%d cases", len(results))
	}
}

func TestStartRefuses(t *testing.T) {
	cat, _, err := load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range [][3]string{
		{"Own", "incident", `"Own" is not an id for a control`}, {"inc-stale", "incident", `the catalogue has a control "inc-stale" already`},
		{"own-a", "incidents", `"incidents" is no process: did you mean "incident"?`},
	} {
		if _, err := Start(cat, "x", tc[0], tc[1]); err == nil || !strings.Contains(err.Error(), tc[2]) {
			t.Errorf("%v: %v", tc, err)
		}
	}
}
