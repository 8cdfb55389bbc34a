package controls

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/model/strictyaml"
)

// badFolder puts testdata/bad, one file for each kind of mistake, into the folders of a catalogue. Controls that have no
// test of their own get one: the missing test is not what is wrong with them.
func badFolder(t *testing.T) (dir string, names []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 90 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	out := map[string]string{}
	tested := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(f)
		names = append(names, name)
		kind, _, _ := strings.Cut(name, "_")
		into := map[string]string{"control": "controls", "change": "controls", "framework": "frameworks", "crosswalk": "crosswalk", "test": "tests"}[kind]
		out[path.Join(into, name)] = string(text)
		if kind == "test" {
			tested[strings.TrimSpace(strings.TrimPrefix(strings.SplitN(string(text), "\n", 2)[0], "control:"))] = true
		}
	}
	for _, name := range names {
		id := "bad-" + strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(name, "control_"), ".yaml"), "_", "-")
		if strings.Contains(out["controls/"+name], "  - id: "+id+"\n") && !tested[id] {
			out["tests/zz-"+name] = "control: " + id + "\ncases:\n  - {name: none, expect: {status: not_assessed}}\n"
		}
	}
	return folder(t, out), names
}

// TestBadCatalogues compares what is said of each bad file with testdata/bad/said.txt. A file that is accepted, or whose
// mistake has no place, fails.
func TestBadCatalogues(t *testing.T) {
	dir, names := badFolder(t)
	_, err := Lint(context.Background(), []string{dir})
	var ps strictyaml.Problems
	if !errors.As(err, &ps) {
		t.Fatal(err)
	}
	said, count := "", map[string]int{}
	for _, p := range ps {
		line := p.Error()
		if !strings.HasPrefix(line, filepath.ToSlash(dir)) {
			t.Logf("not of these files: %s", line)
			continue
		}
		line = strings.ReplaceAll(strings.TrimPrefix(line, filepath.ToSlash(dir)+"/"), filepath.ToSlash(dir)+"/", "")
		said += line + "\n"
		count[path.Base(p.Pos.File)]++
		if p.Pos.Line == 0 || p.Pos.Column == 0 {
			t.Errorf("no place: %s", line)
		}
	}
	for _, name := range names {
		if count[name] == 0 {
			t.Errorf("%s was accepted", name)
		}
	}
	golden := "testdata/bad/said.txt"
	if os.Getenv("DESKPROOF_GOLDEN") == "write" {
		if err := os.WriteFile(golden, []byte(said), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != said {
		t.Errorf("%s differs (DESKPROOF_GOLDEN=write go test ./controls -run BadCatalogues writes it): %v\n%s", golden, err, said)
	}
}
