// Package pack writes the evidence pack: a folder with the population, the exceptions, the query and the sample of
// every control, the report files, and a manifest with the SHA-256 of each. Verify rechecks a pack offline, without
// the warehouse and without the program's own word for anything that can be recomputed.
//
// The same input gives the same bytes: names are ids, rows are sorted by their queries, and no time of writing is kept.
package pack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"deskproof/controls"
	"deskproof/model"
	"deskproof/reports"
)

// Names of the manifests, at the top of a pack.
const (
	ManifestName = "manifest.json"
	SumsName     = "manifest.txt" // the same hashes as sha256sum writes them: sha256sum -c manifest.txt
)

// Format is the version of the layout of a pack.
const Format = 1

// Manifest lists everything in a pack and what it was made from. Instants are UTC, RFC 3339.
type Manifest struct {
	Format          int           `json:"format"`
	Organization    string        `json:"organization"`
	PeriodFrom      string        `json:"period_from"` // empty: from the first record
	PeriodTo        string        `json:"period_to"`   // not included
	AsOf            string        `json:"as_of"`
	InputSHA256     string        `json:"input_sha256"` // over warehouse, configuration, judgements and as-of; printed in the report
	ConfigSHA256    string        `json:"config_sha256"`
	CatalogueSHA256 string        `json:"catalogue_sha256"`
	Frameworks      []string      `json:"frameworks"`
	Runs            []Run         `json:"runs"`
	SourceFiles     []SourceFile  `json:"source_files"`
	Controls        []ControlNote `json:"controls"`
	Files           []File        `json:"files"` // sorted by path; the manifests themselves are not in it
}

// Run is a collection run that the figures rest on, by entity.
type Run struct {
	RunID     int64  `json:"run_id"`
	Source    string `json:"source"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	StartedAt string `json:"started_at,omitempty"` // only for sources that are not files
	Entity    string `json:"entity"`
	Reported  *int64 `json:"reported"` // nil: the source reports no total
	Fetched   int64  `json:"fetched"`
	Stored    int64  `json:"stored"`
	Unchanged int64  `json:"unchanged"`
	Rejected  int64  `json:"rejected"`
}

// SourceFile is a file that a source read, with the hash of its bytes.
type SourceFile struct {
	Source   string `json:"source"`
	Path     string `json:"path"`
	SHA256   string `json:"sha256"`
	Bytes    int64  `json:"bytes"`
	RowCount int64  `json:"row_count"`
}

// ControlNote is the result of one control, so that the lists can be checked against it.
type ControlNote struct {
	Control    string   `json:"control"`
	Status     string   `json:"status"`
	Population *int64   `json:"population"` // nil: the input is missing
	Exceptions *int64   `json:"exceptions"`
	Tolerance  float64  `json:"tolerance"`
	SHA256     string   `json:"sha256"` // of the definition
	MapsTo     []string `json:"maps_to"`
	Sample     *Sample  `json:"sample"` // nil: nothing was drawn
}

// Sample says how a sample was drawn: the population sorted by SHA-256 of seed and subject, the first Size of it.
type Sample struct {
	Seed string `json:"seed"`
	Size int    `json:"size"`
	Why  string `json:"why"`
}

// File is one file of the pack. Rows is given for lists only, head not counted.
type File struct {
	Path   string `json:"path"`
	Code   string `json:"code,omitempty"` // P-…, X-…, Q-…, S-…
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   *int64 `json:"rows,omitempty"`
}

// Write makes the pack in dir and copies the files named (the evidence report in its formats) to its top. What is there
// is replaced when it is a pack or empty; any other folder is an error. The pack is written beside dir and renamed, so
// that it is whole or absent. in must hold Results; the queries run on in.DB.
func Write(ctx context.Context, dir string, in reports.Input, files []string) (*Manifest, error) {
	if in.Results == nil {
		return nil, errors.New("the evidence pack needs the results of the controls: run `deskproof check` first")
	}
	if err := replaceable(dir); err != nil {
		return nil, err
	}
	partial := strings.TrimRight(dir, string(filepath.Separator)) + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return nil, err
	}
	w := &writer{dir: partial, m: &Manifest{Format: Format, Organization: in.Config.Organization.Name, PeriodFrom: utc(in.Results.From), PeriodTo: utc(in.Results.To), AsOf: utc(in.AsOf),
		InputSHA256: in.Hash, ConfigSHA256: in.Config.SHA256, CatalogueSHA256: in.Results.CatalogueSHA256,
		Frameworks: []string{}, Runs: []Run{}, SourceFiles: []SourceFile{}, Controls: []ControlNote{}, Files: []File{}}}
	err := w.fill(ctx, in, files)
	if err == nil {
		err = w.manifest()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(partial))
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	return w.m, os.Rename(partial, dir)
}

// replaceable refuses to delete a folder that holds something else.
func replaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, ManifestName)); err != nil {
		return fmt.Errorf("%s holds files and no %s, so it is no evidence pack; name another folder or empty it", dir, ManifestName)
	}
	return nil
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

type writer struct {
	dir string
	m   *Manifest
}

func (w *writer) fill(ctx context.Context, in reports.Input, files []string) error {
	for _, f := range in.Results.Frameworks {
		w.m.Frameworks = append(w.m.Frameworks, f.Framework.ID())
	}
	if err := w.sources(ctx, in.DB); err != nil {
		return err
	}
	samples, err := reports.Samples(ctx, in)
	if err != nil {
		return err
	}
	drawn := map[string]reports.Drawn{}
	for _, s := range samples {
		drawn[s.Control.ID] = s
	}
	for i := range in.Results.Controls {
		r := &in.Results.Controls[i]
		s, has := drawn[r.Control.ID]
		if err := w.control(ctx, in, r, s, has); err != nil {
			return fmt.Errorf("control %s: %w", r.Control.ID, err)
		}
	}
	for i, j := range in.Config.Catalogue.JudgementFiles {
		if err := w.add(fmt.Sprintf("judgements/J-%02d.yaml", i+1), "J", j.Data, nil); err != nil {
			return err
		}
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if err := w.add(filepath.Base(f), "", data, nil); err != nil {
			return err
		}
	}
	return nil
}

// control writes the files of one control. One that had no input has only its query: a list would look like "none".
func (w *writer) control(ctx context.Context, in reports.Input, r *controls.ControlResult, s reports.Drawn, drawn bool) error {
	k := r.Control
	note := ControlNote{Control: k.ID, Status: string(r.Status), Tolerance: float64(k.Tolerance), SHA256: r.SHA256, MapsTo: append([]string{}, k.MapsTo...)}
	if err := w.add("queries/Q-"+k.ID+".sql", "Q-"+k.ID, []byte(query(in, r)), nil); err != nil {
		return err
	}
	if r.Inputs {
		n, x := r.Population, int64(len(r.Exceptions))
		note.Population, note.Exceptions = &n, &x
		rows, err := controls.PopulationRows(ctx, in.DB, k, in.Results.Params())
		if err != nil {
			return err
		}
		if int64(len(rows)) != n {
			return fmt.Errorf("the population has %d rows now and had %d when it was tested: the warehouse changed in between", len(rows), n)
		}
		if err := w.list("populations/P-"+k.ID+".csv", "P-"+k.ID, populationHead, len(rows), func(i int) []string { return populationCells(rows[i]) }); err != nil {
			return err
		}
		err = w.list("exceptions/X-"+k.ID+".csv", "X-"+k.ID, exceptionHead, len(r.Exceptions), func(i int) []string {
			e := r.Exceptions[i]
			return []string{e.Subject, e.TicketID, moment(e.OccurredAt), e.Reason}
		})
		if err != nil {
			return err
		}
	}
	if drawn {
		note.Sample = &Sample{Seed: s.Seed, Size: len(s.Rows), Why: s.Why}
		err := w.list("samples/S-"+k.ID+".csv", "S-"+k.ID, sampleHead, len(s.Rows), func(i int) []string {
			tool := "no exception"
			if s.Exception[s.Rows[i].Subject] {
				tool = "exception"
			}
			return append(append([]string{fmt.Sprint(i + 1)}, populationCells(s.Rows[i])...), tool, "", "", "")
		})
		if err != nil {
			return err
		}
	}
	w.m.Controls = append(w.m.Controls, note)
	return nil
}

var (
	populationHead = []string{"subject", "ticket_id", "occurred_at"}
	exceptionHead  = []string{"subject", "ticket_id", "occurred_at", "reason"}
	sampleHead     = []string{"no", "subject", "ticket_id", "occurred_at", "tool_result", "seen_by_auditor", "auditor_result", "auditor_remark"}
)

func populationCells(r controls.Row) []string {
	return []string{r.Subject, r.TicketID, moment(r.OccurredAt)}
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return utc(*t)
}

// query is the SQL of a control as it was run, with what it asks.
func query(in reports.Input, r *controls.ControlResult) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	p("-- code: Q-%s", r.Control.ID)
	p("-- question: %s", line(r.Control.Question))
	p("-- period: %s to %s (not included), as of %s", orBegin(utc(in.Results.From)), utc(in.Results.To), utc(in.AsOf))
	p("-- definition: SHA-256 %s", r.SHA256)
	p("-- Each of the two statements runs by hand as it stands.")
	p("\n-- population: the rows of P-%s\n%s\n;", r.Control.ID, r.PopulationAs)
	p("\n-- exceptions: the rows of X-%s\n%s\n;", r.Control.ID, r.ExceptionsAs)
	return b.String()
}

func orBegin(s string) string {
	if s == "" {
		return "the first record"
	}
	return s
}

// list writes a CSV file.
func (w *writer) list(path, code string, head []string, n int, row func(int) []string) error {
	data, err := csvBytes(head, n, row)
	if err != nil {
		return err
	}
	rows := int64(n)
	return w.add(path, code, data, &rows)
}

// add writes a file and notes it.
func (w *writer) add(path, code string, data []byte, rows *int64) error {
	for _, f := range w.m.Files {
		if f.Path == path {
			return fmt.Errorf("two files of the pack would be called %s", path)
		}
	}
	if path == ManifestName || path == SumsName {
		return fmt.Errorf("a file of the pack cannot be called %s", path)
	}
	full := filepath.Join(w.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	if err := write(full, data); err != nil {
		return err
	}
	w.m.Files = append(w.m.Files, File{Path: path, Code: code, SHA256: sum(data), Bytes: int64(len(data)), Rows: rows})
	return nil
}

// manifest writes both manifests.
func (w *writer) manifest() error {
	sort.Slice(w.m.Files, func(i, j int) bool { return w.m.Files[i].Path < w.m.Files[j].Path })
	data, err := json.MarshalIndent(w.m, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if err := write(filepath.Join(w.dir, ManifestName), data); err != nil {
		return err
	}
	return write(filepath.Join(w.dir, SumsName), []byte(sums(w.m, sum(data))))
}

// sums is manifest.txt: every file and manifest.json, as sha256sum writes them.
func sums(m *Manifest, manifest string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", manifest, ManifestName)
	for _, f := range m.Files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Path)
	}
	return b.String()
}

// write syncs a file to the disk before it counts as written.
func write(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

func sumFile(path string) (hash string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// sources notes the newest run of every source and the files that it read.
func (w *writer) sources(ctx context.Context, db *model.DB) error {
	type run struct {
		RunID                                int64
		Source, SourceType, Status           string
		StartedAt                            *time.Time
		Entity                               string
		Reported                             *int64
		Fetched, Stored, Unchanged, Rejected int64
	}
	runs, err := model.Select[run](ctx, db, `SELECT r.run_id, r.source, r.source_type, r.status, CASE WHEN r.source_type <> 'file' THEN r.started_at END AS started_at,
		COALESCE(c.entity, '') AS entity, c.reported, COALESCE(c.fetched, 0) AS fetched, COALESCE(c.stored, 0) AS stored, COALESCE(c.unchanged, 0) AS unchanged, COALESCE(c.rejected, 0) AS rejected
		FROM (SELECT * FROM collection_run QUALIFY row_number() OVER (PARTITION BY source ORDER BY run_id DESC) = 1) AS r
		LEFT JOIN collection_count AS c ON c.run_id = r.run_id AND c.source = r.source ORDER BY r.source, entity`)
	if err != nil {
		return err
	}
	for _, r := range runs {
		w.m.Runs = append(w.m.Runs, Run{r.RunID, r.Source, r.SourceType, r.Status, moment(r.StartedAt), r.Entity, r.Reported, r.Fetched, r.Stored, r.Unchanged, r.Rejected})
	}
	type file struct {
		Source, Path string
		SHA256       string `db:"sha256"`
		SizeBytes    int64
		RowCount     int64
	}
	files, err := model.Select[file](ctx, db, `SELECT f.source, f.path, f.sha256, f.size_bytes, f.row_count FROM source_file AS f
		JOIN (SELECT source, max(run_id) AS run_id FROM collection_run GROUP BY source) AS r ON r.source = f.source AND r.run_id = f.run_id
		ORDER BY f.source, f.path, f.entity`)
	if err != nil {
		return err
	}
	for _, f := range files {
		w.m.SourceFiles = append(w.m.SourceFiles, SourceFile{f.Source, f.Path, f.SHA256, f.SizeBytes, f.RowCount})
	}
	return nil
}
