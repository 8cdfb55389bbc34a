package pack

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"deskproof/controls"
	"deskproof/model"
	"deskproof/model/config"
	"deskproof/reports"
)

// packed writes a pack over a small desk into a folder of its own.
func packed(t *testing.T) (dir string, in reports.Input, report string) {
	t.Helper()
	ctx := context.Background()
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, file := range []string{"desk.sql", "registers.sql"} {
		text, err := os.ReadFile(filepath.Join("..", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Exec(ctx, string(text)); err != nil {
			t.Fatal(err)
		}
	}
	// A subject that a spreadsheet would run, with a quote and a line break.
	if err := db.Exec(ctx, `UPDATE ticket SET ticket_id = '=1+1,"x"'||chr(10)||'y', key = '=1+1' WHERE key = 'INC-2'`); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("deskproof.yaml", []byte("organization: {name: Example GmbH, time_zone: Europe/Berlin}\n"))
	if err != nil {
		t.Fatal(err)
	}
	asOf := time.Date(2026, 11, 5, 23, 0, 0, 0, time.UTC)
	cat, err := controls.Load(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := controls.Evaluate(ctx, db, cat, controls.Options{From: asOf.AddDate(-1, 0, 0), To: asOf, AsOf: asOf, Zone: c.Zone(), Frameworks: c.Catalogue.Frameworks})
	if err != nil {
		t.Fatal(err)
	}
	in = reports.Input{DB: db, Config: c, Catalogue: cat, Results: res, AsOf: asOf, Hash: strings.Repeat("cd", 32)}
	report = filepath.Join(t.TempDir(), "evidence.html")
	if err := os.WriteFile(report, []byte("<html>"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "pack")
	if _, err := Write(ctx, dir, in, []string{report}); err != nil {
		t.Fatal(err)
	}
	return dir, in, report
}

func verify(t *testing.T, dir string) []string {
	t.Helper()
	problems, err := Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func TestPackIsWhole(t *testing.T) {
	dir, in, report := packed(t)
	if p := verify(t, dir); len(p) > 0 {
		t.Fatalf("a fresh pack has problems: %s", strings.Join(p, "\n"))
	}
	var m Manifest
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.SourceFiles) != 1 || len(m.Runs) != 1 || m.Runs[0].StartedAt != "" || m.InputSHA256 != in.Hash || len(m.Controls) != len(in.Results.Controls) {
		t.Errorf("manifest: %d source files, %d runs, %d controls", len(m.SourceFiles), len(m.Runs), len(m.Controls))
	}
	tested := 0
	for _, c := range m.Controls {
		if _, err := os.Stat(filepath.Join(dir, "queries", "Q-"+c.Control+".sql")); err != nil {
			t.Error(err)
		}
		_, err := os.Stat(filepath.Join(dir, "populations", "P-"+c.Control+".csv"))
		if (err == nil) != (c.Population != nil) {
			t.Errorf("%s: a list of the population exists exactly when the input does", c.Control)
		}
		if c.Population != nil && *c.Population > 0 {
			tested++
		}
	}
	if tested == 0 {
		t.Error("no control had a population, so nothing was tested")
	}
	// The same input gives the same bytes, and a pack replaces a pack.
	before := snapshot(t, dir)
	if _, err := Write(t.Context(), dir, in, []string{report}); err != nil {
		t.Fatal(err)
	}
	if after := snapshot(t, dir); before != after {
		t.Error("two packs of the same input differ")
	}
	list, err := readCSV(filepath.Join(dir, "populations", "P-inc-priority-set.csv"), populationHead)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range list {
		found = found || r[0] == "=1+1,\"x\"\ny"
	}
	raw, _ := os.ReadFile(filepath.Join(dir, "populations", "P-inc-priority-set.csv"))
	if !found || bytes.Contains(raw, []byte("\n\"=")) || bytes.Contains(raw, []byte("\n=")) {
		t.Error("a cell that begins with = stands there without an apostrophe, or was changed")
	}
}

func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	var files []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(files)
	for _, f := range files {
		hash, _, err := sumFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(f + " " + hash + "\n")
	}
	return b.String()
}

// TestVerifyFinds: every kind of tampering is found, also when the hashes were made anew.
func TestVerifyFinds(t *testing.T) {
	dir, _, _ := packed(t)
	edit := func(name string, f func(string) string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, filepath.FromSlash(name))
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(f(string(data))), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	dropLast := func(s string) string { return s[:strings.LastIndex(strings.TrimSuffix(s, "\n"), "\n")+1] }
	for _, c := range []struct {
		name   string
		tamper func(t *testing.T, dir string)
		rehash bool // whoever changed it made hashes and rows of the manifests anew
		want   string
	}{
		{"changed report", edit("evidence.html", func(s string) string { return s + " " }), false, "evidence.html: its SHA-256"},
		{"missing query", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "queries", "Q-inc-priority-set.sql")) }, false, "Q-inc-priority-set.sql: it is missing"},
		{"extra file", func(t *testing.T, dir string) { os.WriteFile(filepath.Join(dir, "note.txt"), nil, 0o644) }, false, "note.txt: the manifest does not list it"},
		{"other sums", edit(SumsName, func(s string) string { return strings.Replace(s, s[:1], "g", 1) }), false, SumsName},
		{"shorter population", edit("populations/P-inc-priority-set.csv", dropLast), true, "the result says"},
		{"exception left out", edit("exceptions/X-inc-priority-set.csv", dropLast), true, "exceptions/X-inc-priority-set.csv"},
		{"foreign exception", edit("exceptions/X-inc-priority-set.csv", func(s string) string { return dropLast(s) + "desk:NONE,desk:NONE,,x\n" }), true, `"desk:NONE" is not in the population`},
		{"picked sample", edit("samples/S-inc-priority-set.csv", func(s string) string {
			return strings.Replace(s, "1,", "1,desk:INC-PICKED,,,no exception,,,\n2,", 1)
		}), true, "samples/S-inc-priority-set.csv"},
		{"path outside", edit(ManifestName, func(s string) string { return strings.Replace(s, `"evidence.html"`, `"../evidence.html"`, 1) }), false, "no path inside the pack"},
	} {
		t.Run(c.name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "pack")
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			c.tamper(t, copied)
			if c.rehash {
				rehash(t, copied)
			}
			got := strings.Join(verify(t, copied), "\n")
			if !strings.Contains(got, c.want) {
				t.Errorf("the problems do not say %q:\n%s", c.want, got)
			}
		})
	}
	if _, err := Verify(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no evidence pack") {
		t.Errorf("a folder without a manifest: %v", err)
	}
}

// rehash makes hashes, sizes and rows of a changed pack fit again, as a forger would.
func rehash(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for i := range m.Files {
		f := &m.Files[i]
		if f.SHA256, f.Bytes, err = sumFile(filepath.Join(dir, f.Path)); err != nil {
			t.Fatal(err)
		}
		for prefix, head := range map[string][]string{"populations/": populationHead, "exceptions/": exceptionHead, "samples/": sampleHead} {
			if strings.HasPrefix(f.Path, prefix) {
				rows, err := readCSV(filepath.Join(dir, f.Path), head)
				if err != nil {
					t.Fatal(err)
				}
				n := int64(len(rows))
				f.Rows = &n
			}
		}
	}
	w := &writer{dir: dir, m: &m}
	if err := w.manifest(); err != nil {
		t.Fatal(err)
	}
}

func TestGuard(t *testing.T) {
	for in, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "'=1": "''=1", "x=1": "x=1", "'x": "'x", "": ""} {
		if got := guard(in); got != want {
			t.Errorf("guard(%q) = %q, want %q", in, got, want)
		}
	}
	if err := quick.Check(func(s string) bool { return unguard(guard(s)) == s && !strings.ContainsRune("=+-@", first(guard(s))) }, nil); err != nil {
		t.Error(err)
	}
}

func first(s string) rune {
	for _, r := range s {
		return r
	}
	return 'x'
}

func TestWriteRefusesOtherFolders(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := replaceable(dir); err == nil || !strings.Contains(err.Error(), "no evidence pack") {
		t.Errorf("a folder with other files would be deleted: %v", err)
	}
	if _, err := Write(t.Context(), filepath.Join(dir, "p"), reports.Input{}, nil); err == nil {
		t.Error("a pack without results was written")
	}
}
