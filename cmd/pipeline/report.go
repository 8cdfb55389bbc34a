package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"deskproof/model"
	"deskproof/model/strictyaml"
	"deskproof/reports"
	"deskproof/reports/pack"
	"deskproof/reports/render"
)

// ReportOptions say what to write.
type ReportOptions struct {
	Names      []string // none = all
	Period     string   // for every report; none = the configuration's
	Formats    []string // none = the configuration's
	Out        string   // folder; none = the configuration's
	Frameworks []string // ids or names of frameworks of the evidence report; none = the configuration's
	Baseline   string   // earlier check that the evidence report compares with; none = the last one, when there is one
}

// ReportFile is one written file.
type ReportFile struct {
	Report, Format, Path, SHA256 string
	Period                       reports.Period
	Size                         int64
}

// ReportResult is what one `report` wrote.
type ReportResult struct {
	Files     []ReportFile
	Documents []*reports.Document
	Pack      string // folder of the evidence pack; empty when evidence was not asked for
	AsOf      time.Time
	Notes     []string
}

// Report builds documents and renders them. Every file is whole or absent.
func (p *Project) Report(ctx context.Context, o ReportOptions) (out ReportResult, err error) {
	names, formats, err := p.choose(o)
	if err != nil {
		return out, err
	}
	dir := o.Out
	if dir == "" {
		dir = p.Cfg.Path(p.Cfg.Reports.Out)
	}
	db, asOf, release, err := p.read(ctx)
	if err != nil {
		return out, err
	}
	defer func() {
		if rerr := release(); err == nil {
			err = rerr
		}
	}()
	out.AsOf = asOf
	checked, frameworks, err := p.evaluateFor(ctx, db, asOf, o)
	if err != nil {
		return out, err
	}
	period, err := p.reportPeriod(ctx, db, asOf, o.Period)
	if err != nil {
		return out, err
	}
	hash, err := p.inputHash(ctx, db, asOf)
	if err != nil {
		return out, err
	}
	in := reports.Input{
		DB: db, Config: p.Cfg, Catalogue: checked.Catalogue, Results: checked.Results,
		Period: period, AuditPeriod: checked.Period, AsOf: asOf, Hash: hash, Frameworks: frameworks,
	}
	evidence := in // of named frameworks: the controls that answer or touch them alone
	if frameworks != nil {
		evidence.Results = checked.Results.Relevant()
	}
	if slices.Contains(names, "evidence") {
		if evidence.Changes, evidence.NotCompared, err = p.compare(ctx, db, checked.Results, o); err != nil {
			return out, err
		}
	}
	brand, err := p.brand()
	if err != nil {
		return out, err
	}
	for _, name := range names {
		from := in
		if name == "evidence" {
			from = evidence
		}
		doc, err := reports.Build(ctx, name, from)
		if err != nil {
			return out, fmt.Errorf("report %s: %w", name, err)
		}
		doc.Brand = brand
		out.Documents = append(out.Documents, doc)
	}
	if err := makeFolder(dir); err != nil {
		return out, err
	}
	if out.Files, err = renderAll(ctx, out.Documents, formats, dir, p.Cfg.Zone(), frameworks); err != nil {
		return out, err
	}
	if slices.Contains(names, "evidence") {
		out.Pack = filepath.Join(dir, "evidence-pack-"+named(frameworks)+slug(checked.Period, p.Cfg.Zone()))
		if err := writePack(ctx, out.Pack, evidence, out.Files); err != nil {
			return out, err
		}
	}
	if note := p.record(ctx, out, asOf); note != "" {
		out.Notes = append(out.Notes, note)
	}
	return out, nil
}

func (p *Project) choose(o ReportOptions) (names, formats []string, err error) {
	names, formats = o.Names, o.Formats
	known := reports.Names()
	if len(names) == 0 {
		names = known
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, nil, fmt.Errorf("there is no report %q (%s)", n, strictyaml.Suggest(n, known))
		}
	}
	if len(formats) == 0 {
		formats = p.Cfg.Reports.Formats
	}
	for _, f := range formats {
		if _, ok := render.For(f); !ok {
			return nil, nil, fmt.Errorf("--format %s is not known (html, pdf, xlsx, json)", f)
		}
	}
	if len(o.Frameworks)+len(o.Baseline) > 0 && !slices.Contains(names, "evidence") {
		return nil, nil, fmt.Errorf("--framework and --baseline belong to the report evidence, which was not asked for")
	}
	return names, formats, nil
}

// renderAll renders every document in every format, as many at a time as there are cores.
func renderAll(ctx context.Context, docs []*reports.Document, formats []string, dir string, zone *time.Location, frameworks []string) ([]ReportFile, error) {
	type job struct {
		doc    *reports.Document
		format string
		place  int // in the result, which goes by document
	}
	// Format by format: a chart that the HTML drew is there when the PDF asks for it. Side by side both would draw it.
	var jobs []job
	for j, f := range formats {
		for i, d := range docs {
			jobs = append(jobs, job{d, f, i*len(formats) + j})
		}
	}
	files, errs := make([]ReportFile, len(jobs)), make([]error, len(jobs))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, j := range jobs {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; wg.Done() }()
			var err error
			if files[j.place], err = renderOne(ctx, j.doc, j.format, filepath.Join(dir, fileName(j.doc, zone, frameworks)+"."+j.format)); err != nil {
				errs[j.place] = fmt.Errorf("report %s as %s: %w", j.doc.ID, j.format, err)
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// fileName names a report by what it is, the frameworks that were asked for in place of the configuration's, and its period.
func fileName(doc *reports.Document, zone *time.Location, frameworks []string) string {
	if doc.ID != "evidence" {
		frameworks = nil
	}
	return doc.ID + "-" + named(frameworks) + slug(doc.Period, zone)
}

// named is the part of a name that tells frameworks: "cobit-2019_itil-4-"; empty for those of the configuration.
func named(frameworks []string) string {
	if len(frameworks) == 0 {
		return ""
	}
	return strings.ReplaceAll(strings.Join(frameworks, "_"), ":", "-") + "-"
}

func renderOne(ctx context.Context, doc *reports.Document, format, path string) (ReportFile, error) {
	if err := ctx.Err(); err != nil {
		return ReportFile{}, err
	}
	var buf bytes.Buffer
	r, ok := render.For(format)
	if !ok {
		return ReportFile{}, fmt.Errorf("there is no format %q", format)
	}
	if err := r.Render(ctx, &buf, doc); err != nil {
		return ReportFile{}, err
	}
	sum := sha256.Sum256(buf.Bytes())
	f := ReportFile{doc.ID, format, path, hex.EncodeToString(sum[:]), doc.Period, int64(buf.Len())}
	return f, model.WriteFileAtomic(path, buf.Bytes())
}

// slug names a period in a file name: 2026-10, 2025-11_2026-10, or days.
func slug(p reports.Period, zone *time.Location) string {
	from, to := p.From.In(zone), p.To.In(zone)
	last := to.Add(-time.Second)
	if from.Day() != 1 || to.Day() != 1 || to.Hour() != 0 {
		return from.Format("2006-01-02") + "_" + last.Format("2006-01-02")
	}
	if from.AddDate(0, 1, 0).Equal(to) {
		return from.Format("2006-01")
	}
	return from.Format("2006-01") + "_" + last.Format("2006-01")
}

// inputHash stands for everything that a report is made from: the newest records, configuration, judgements and moment.
func (p *Project) inputHash(ctx context.Context, db *model.DB, asOf time.Time) (string, error) {
	root, err := model.One[string](ctx, db, `SELECT coalesce(sha256(string_agg(sha256, '' ORDER BY source, entity, key)), '') FROM (
		SELECT source, entity, key, arg_max(sha256, version) AS sha256 FROM raw_record GROUP BY ALL)`)
	if err != nil {
		return "", err
	}
	parts := []string{root, p.Cfg.SHA256, asOf.UTC().Format(time.RFC3339), p.Version}
	for _, j := range p.Cfg.Catalogue.JudgementFiles {
		parts = append(parts, j.SHA256)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:]), nil
}

// record keeps the run of each report, so that service reporting itself is evidenced. Reading must never wait for a
// writer, so a busy warehouse leaves a note instead of an error.
func (p *Project) record(ctx context.Context, out ReportResult, asOf time.Time) string {
	w, err := model.OpenWarehouse(ctx, p.Path, p.Command, p.Now())
	if err != nil {
		return "the report run was not recorded: " + err.Error()
	}
	err = w.InTx(ctx, func(ctx context.Context) error {
		for _, f := range out.Files {
			if err := w.Exec(ctx, "DELETE FROM report_run WHERE report = ? AND format = ? AND period_from = ? AND period_to = ? AND as_of = ? AND path = ?",
				f.Report, f.Format, f.Period.From, f.Period.To, asOf, f.Path); err != nil {
				return err
			}
			if err := w.Exec(ctx, "INSERT INTO report_run VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				f.Report, f.Period.From, f.Period.To, asOf, p.Now().UTC(), f.Format, f.Path, f.SHA256); err != nil {
				return err
			}
		}
		return nil
	})
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return "the report run was not recorded: " + err.Error()
	}
	return ""
}

// writePack writes the evidence pack anew: populations, exceptions, queries, samples, reports, manifest.
func writePack(ctx context.Context, dir string, in reports.Input, files []ReportFile) error {
	var paths []string
	for _, f := range files {
		if f.Report == "evidence" {
			paths = append(paths, f.Path)
		}
	}
	_, err := pack.Write(ctx, dir, in, paths)
	return err
}
