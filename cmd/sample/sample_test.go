package sample

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"deskproof/model/config"
)

var update = flag.Bool("update", false, "write the subjects of the planted faults into faults.yaml")

// readAll is the content of every file of a folder.
func readAll(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameBytesTwice(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	began := time.Now()
	sum, err := Write(a)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d bytes, %d records, %d tickets %v in %v", len(sum.Files), sum.Bytes, sum.Records, sum.Tickets, sum.Kinds, time.Since(began))
	if _, err := Write(b); err != nil {
		t.Fatal(err)
	}
	first, second := readAll(t, a), readAll(t, b)
	if len(first) != len(sum.Files) || len(first) < 25 {
		t.Errorf("%d files on disk, %d in the summary", len(first), len(sum.Files))
	}
	for name, data := range first {
		if !bytes.Equal(data, second[name]) {
			t.Errorf("%s: two runs gave different bytes", name)
		}
	}
}

func TestConfigurationLoads(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(filepath.Join(dir, "deskproof.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := config.ParseAsOf(cfg.AsOf, cfg.Zone()); got.Unix() != asOf {
		t.Errorf("as_of is %v, the records end %v", got, time.Unix(asOf, 0).UTC())
	}
	if from, _, _, _ := config.ParsePeriod(cfg.Reports.Audit, cfg.Zone()); from.Unix() != audit {
		t.Errorf("audit_period begins %v", from)
	}
	for _, s := range cfg.Sources {
		if _, err := os.Stat(cfg.Path(s.Path)); err != nil {
			t.Errorf("source %s: %v", s.Name, err)
		}
	}
}

// TestFaultsHaveTheirSubject holds faults.yaml against what the code planted. `go test -run Subject -update` writes the
// subjects anew after a change of the generator.
func TestFaultsHaveTheirSubject(t *testing.T) {
	w := build()
	if *update {
		data, err := os.ReadFile("faults.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for id, subject := range w.planted {
			re := regexp.MustCompile(`(?m)(- id: ` + id + `\n.*\n    subject: ).*$`)
			if subject[0] >= '0' && subject[0] <= '9' {
				subject = `"` + subject + `"`
			}
			data = re.ReplaceAll(data, []byte("${1}"+subject))
		}
		if err := os.WriteFile("faults.yaml", data, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("faults.yaml was written anew; run the test again")
	}
	faults, err := Faults()
	if err != nil {
		t.Fatal(err)
	}
	controls, seen := map[string]bool{}, map[string]bool{}
	for _, f := range faults {
		if seen[f.ID] {
			t.Errorf("%s: listed twice", f.ID)
		}
		seen[f.ID] = true
		controls[f.Control] = true
		if f.What == "" || f.Control == "" {
			t.Errorf("%s: says neither what nor which control", f.ID)
		}
		if got := w.planted[f.ID]; got != f.Subject {
			t.Errorf("%s: faults.yaml says %q, the code planted %q", f.ID, f.Subject, got)
		}
	}
	for id := range w.planted {
		if !seen[id] {
			t.Errorf("%s is planted and not listed", id)
		}
	}
	if len(faults) < 35 || len(controls) < 30 {
		t.Errorf("%d faults for %d controls; 35 for 30 are wanted", len(faults), len(controls))
	}
	t.Logf("%d faults for %d controls", len(faults), len(controls))
}

func TestCounts(t *testing.T) {
	w := build()
	for _, c := range []struct {
		name     string
		got      int
		from, to int
	}{
		{"incidents", len(w.incidents), 2000, 2000}, {"requests", len(w.requests), 1300, 1300}, {"problems", len(w.problems), 95, 125},
		{"changes", len(w.changes), 400, 440}, {"releases", len(w.releases), 42, 48}, {"complaints", len(w.complaints), 60, 60},
		{"improvements", len(w.improvements), 50, 50}, {"security incidents", len(w.security), 25, 25}, {"tickets", len(w.tickets()), 3900, 4100},
		{"services", len(w.services), 12, 12}, {"customers", len(w.customers), 6, 6}, {"suppliers", len(suppliers), 5, 5}, {"teams", len(teams), 8, 8},
		{"configuration items", len(w.cis), 130, 165}, {"major incidents", len(majors(w)), 12, 30}, {"outages", len(w.outages), 80, 220},
		{"hostile titles", hostile(w), 8, 40},
	} {
		if c.got < c.from || c.got > c.to {
			t.Errorf("%s: %d, want %d to %d", c.name, c.got, c.from, c.to)
		}
	}
	priorities := make([]int, 6)
	for _, i := range w.incidents {
		priorities[i.priority]++
	}
	for p, want := range []int{0, 40, 200, 1100, 560, 100} {
		if d := priorities[p] - want; d > want/3+5 || d < -want/3-5 {
			t.Errorf("priority %d: %d incidents, want about %d", p, priorities[p], want)
		}
	}
	asked, answered, good := len(w.surveys), 0, 0
	for _, s := range w.surveys {
		if s.answered > 0 {
			answered++
			if s.score >= 4 {
				good++
			}
		}
	}
	if r := answered * 100 / asked; r < 21 || r > 29 {
		t.Errorf("%d %% of %d surveys were answered", r, asked)
	}
	if r := good * 100 / answered; r < 83 || r > 92 {
		t.Errorf("%d %% of %d answers were satisfied", r, answered)
	}
}

func majors(w *world) []*ticket {
	var out []*ticket
	for _, t := range w.incidents {
		if t.major {
			out = append(out, t)
		}
	}
	return out
}

func hostile(w *world) int {
	n := 0
	for _, t := range w.tickets() {
		if slices.Contains(hostileTitles, t.title) {
			n++
		}
	}
	return n
}
