package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"deskproof/cmd/sample"
)

// realClock stands for the wall clock; no byte of a demo may depend on it.
var realClock = time.Now

// TestDemo runs the demo twice at once, in different folders: every report file is the same, and the evidence report
// lists exactly the faults that were planted.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("the demo takes some seconds")
	}
	dirs := []string{filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")}
	results, errs := make([]DemoResult, 2), make([]error, 2)
	var wg sync.WaitGroup
	for i := range dirs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results[i], errs[i] = Demo(context.Background(), dirs[i], Options{Command: "deskproof demo", Version: "test", Now: realClock}, func(string) {})
		}()
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}

	first, second := hashes(t, filepath.Join(dirs[0], "reports")), hashes(t, filepath.Join(dirs[1], "reports"))
	if len(first) < 100 {
		t.Errorf("only %d files were written", len(first))
	}
	for name, sum := range first {
		if second[name] != sum {
			t.Errorf("%s differs between two runs", name)
		}
	}
	if len(first) != len(second) {
		t.Errorf("%d files in one run, %d in the other", len(first), len(second))
	}

	if problems, err := Verify(results[0].Report.Pack); err != nil || len(problems) > 0 {
		t.Errorf("the pack does not verify: %v %v", problems, err)
	}
	faultsInEvidence(t, results[0])
}

// hashes maps every file below a folder to its SHA-256.
func hashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		out[rel] = hex.EncodeToString(sum[:])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// evidenceJSON is as much of the JSON form of a report as the test reads.
type evidenceJSON struct {
	Sections []struct {
		ID     string `json:"id"`
		Blocks []struct {
			ID   string                        `json:"id"`
			Rows []map[string]*json.RawMessage `json:"rows"`
		} `json:"blocks"`
	} `json:"sections"`
}

// faultsInEvidence compares the register of exceptions, as it was written to disk, with the faults planted.
func faultsInEvidence(t *testing.T, res DemoResult) {
	t.Helper()
	var doc evidenceJSON
	for _, f := range res.Report.Files {
		if f.Report == "evidence" && f.Format == "json" {
			data, err := os.ReadFile(f.Path)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &doc); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []string
	for _, s := range doc.Sections {
		for _, b := range s.Blocks {
			if b.ID != "exception-list" {
				continue
			}
			for _, r := range b.Rows {
				got = append(got, strings.TrimPrefix(cell(t, r["code"]), "X-")+" "+short(cell(t, r["ticket"])))
			}
		}
	}
	faults, err := sample.Faults()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range faults {
		want = append(want, f.Control+" "+short(f.Subject))
	}
	sort.Strings(got)
	sort.Strings(want)
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w || len(want) < 35 {
		t.Errorf("the evidence report lists\n%s\n\nplanted were\n%s", g, w)
	}
}

// short is an id without its system: reports print the keys that people know.
func short(id string) string {
	_, key, ok := strings.Cut(id, ":")
	if !ok {
		return id
	}
	return key
}

// cell is the text of a value.
func cell(t *testing.T, raw *json.RawMessage) string {
	t.Helper()
	if raw == nil {
		t.Fatal("a row lacks a column")
	}
	var v struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(*raw, &v); err != nil {
		t.Fatal(err)
	}
	return v.Text
}
