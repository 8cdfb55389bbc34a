package pack

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"deskproof/controls"
)

// Verify rechecks a pack without the warehouse: every file of the manifest is there with its hash, size and number of
// rows, nothing else is there, manifest.txt says the same, every exception and every drawn row stands in its population,
// the counts are those of the results, and every sample is the one that its seed draws. Each problem is a sentence with
// the file; none means that the pack is whole. The error is for a pack that could not be read at all.
func Verify(dir string) (problems []string, err error) {
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return nil, fmt.Errorf("%s is no evidence pack: %w", dir, err)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, ManifestName), err)
	}
	if m.Format != Format {
		return nil, fmt.Errorf("%s: the pack has format %d; this version reads format %d", dir, m.Format, Format)
	}
	v := &verifier{dir: dir, m: &m, listed: map[string]bool{ManifestName: true, SumsName: true}, good: map[string]bool{}}
	v.sums(sum(data))
	for _, f := range m.Files {
		v.file(f)
	}
	if err := v.extra(); err != nil {
		return nil, err
	}
	for _, c := range m.Controls {
		v.control(c)
	}
	return v.problems, nil
}

type verifier struct {
	dir      string
	m        *Manifest
	listed   map[string]bool
	good     map[string]bool // files whose bytes are those of the manifest
	problems []string
}

func (v *verifier) problem(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// sums compares manifest.txt with manifest.json.
func (v *verifier) sums(manifest string) {
	got, err := os.ReadFile(filepath.Join(v.dir, SumsName))
	if err != nil {
		v.problem("%s: %v", SumsName, err)
		return
	}
	if string(got) != sums(v.m, manifest) {
		v.problem("%s: it does not list the same files and hashes as %s; one of the two was changed", SumsName, ManifestName)
	}
}

func (v *verifier) file(f File) {
	if f.Path == "" || path.IsAbs(f.Path) || !fs.ValidPath(f.Path) || strings.ContainsAny(f.Path, "\\:") {
		v.problem("%s: the manifest names %q, which is no path inside the pack", ManifestName, f.Path)
		return
	}
	if v.listed[f.Path] {
		v.problem("%s: it stands in the manifest twice", f.Path)
		return
	}
	v.listed[f.Path] = true
	full := filepath.Join(v.dir, filepath.FromSlash(f.Path))
	info, err := os.Lstat(full)
	switch {
	case err != nil:
		v.problem("%s: it is missing", f.Path)
		return
	case !info.Mode().IsRegular():
		v.problem("%s: it is no ordinary file", f.Path)
		return
	}
	hash, size, err := sumFile(full)
	switch {
	case err != nil:
		v.problem("%s: %v", f.Path, err)
	case size != f.Bytes || hash != f.SHA256:
		v.problem("%s: its SHA-256 is %s (%d bytes), the manifest says %s (%d bytes)", f.Path, hash, size, f.SHA256, f.Bytes)
	default:
		v.good[f.Path] = true
	}
}

// extra finds files that the manifest does not list.
func (v *verifier) extra() error {
	var found []string
	err := filepath.WalkDir(v.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(v.dir, p)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); !d.IsDir() && !v.listed[rel] {
			found = append(found, rel)
		}
		return nil
	})
	sort.Strings(found)
	for _, f := range found {
		v.problem("%s: the manifest does not list it", f)
	}
	return err
}

// rows reads a list whose bytes are as the manifest says; nil when it is not there or was already reported.
func (v *verifier) rows(name string, head []string) ([][]string, bool) {
	if !v.good[name] {
		if !v.listed[name] {
			v.problem("%s: the manifest does not list it, although the control has results", name)
		}
		return nil, false
	}
	rows, err := readCSV(filepath.Join(v.dir, filepath.FromSlash(name)), head)
	if err != nil {
		v.problem("%s: %v", name, err)
		return nil, false
	}
	for _, f := range v.m.Files {
		if f.Path == name && (f.Rows == nil || *f.Rows != int64(len(rows))) {
			v.problem("%s: it has %d rows, the manifest says %s", name, len(rows), number(f.Rows))
		}
	}
	return rows, true
}

func number(n *int64) string {
	if n == nil {
		return "nothing"
	}
	return fmt.Sprint(*n)
}

// control checks the lists of one control against each other and against its result.
func (v *verifier) control(c ControlNote) {
	if c.Population == nil {
		if c.Sample != nil {
			v.problem("control %s: it has a sample but no population", c.Control)
		}
		return
	}
	p := "populations/P-" + c.Control + ".csv"
	rows, ok := v.rows(p, populationHead)
	if !ok {
		return
	}
	if int64(len(rows)) != *c.Population {
		v.problem("%s: %d rows, the result says %d", p, len(rows), *c.Population)
	}
	in := map[string]bool{}
	population := make([]controls.Row, 0, len(rows))
	for _, r := range rows {
		if in[r[0]] {
			v.problem("%s: %q stands there twice", p, r[0])
		}
		in[r[0]] = true
		population = append(population, controls.Row{Subject: r[0], TicketID: r[1]})
	}
	failed := map[string]bool{}
	x := "exceptions/X-" + c.Control + ".csv"
	if rows, ok := v.rows(x, exceptionHead); ok {
		if c.Exceptions == nil || int64(len(rows)) != *c.Exceptions {
			v.problem("%s: %d rows, the result says %s", x, len(rows), number(c.Exceptions))
		}
		for _, r := range rows {
			failed[r[0]] = true
			if !in[r[0]] {
				v.problem("%s: %q is not in the population", x, r[0])
			}
		}
	}
	if c.Sample == nil {
		return
	}
	s := "samples/S-" + c.Control + ".csv"
	drawn, ok := v.rows(s, sampleHead)
	if !ok {
		return
	}
	want := controls.Sample(population, c.Sample.Seed, c.Sample.Size)
	if len(want) != len(drawn) {
		v.problem("%s: %d rows, the seed draws %d", s, len(drawn), len(want))
		return
	}
	for i, r := range drawn {
		if r[1] != want[i].Subject {
			v.problem("%s: row %d is %q, the seed %q draws %q", s, i+1, r[1], c.Sample.Seed, want[i].Subject)
			return
		}
		if (r[4] == "exception") != failed[r[1]] {
			v.problem("%s: row %d says %q, the list of exceptions says otherwise", s, i+1, r[4])
		}
	}
}
