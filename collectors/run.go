package collectors

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

var (
	//go:embed sql/stage.sql
	stageSQL string
	//go:embed sql/judge.sql
	judgeSQL string
	//go:embed sql/store.sql
	storeSQL string
	//go:embed sql/duplicates.sql
	duplicatesSQL string
	//go:embed sql/tally.sql
	tallySQL string
	//go:embed sql/rejects.sql
	rejectsSQL string
	//go:embed sql/earlier.sql
	earlierSQL string
	//go:embed sql/same.sql
	sameSQL string
)

// Options say how to collect.
type Options struct {
	Now      func() time.Time // clock of the run; required
	Version  string           // version of deskproof, for the books
	Full     bool             // read everything again, whatever was read before
	Progress io.Writer        // where a progress bar goes when it is a terminal; nil: none
}

// Run collects from the named sources (none named: from all, registers included), one after another in the order of
// the configuration. Each source is one transaction: its records, versions, counts, rejects, files and cursor are
// stored together or not at all. A source that fails is booked as failed and the others go on. The error is about the
// names, the configuration or the warehouse; what happened to the sources is in the summary. When ctx ends, the source
// that is being read is rolled back, the ones before it stay, and the error says so.
func Run(ctx context.Context, db *model.DB, cfg *config.Config, names []string, opt Options) (Summary, error) {
	var sum Summary
	sources, err := choose(cfg, names)
	if err != nil {
		return sum, err
	}
	if err := checkAll(cfg, sources); err != nil {
		return sum, err
	}
	for i := range sources {
		src := &sources[i]
		if err := ctx.Err(); err != nil {
			return sum, interrupted(&sum, src.Name, err)
		}
		c, err := Lookup(src.Type)
		if err != nil {
			return sum, err
		}
		s := SourceSummary{Source: src.Name, Type: src.Type}
		err = runOne(ctx, db, cfg, src, c, opt, &s)
		var failure *sourceError
		switch {
		case ctx.Err() != nil && err != nil:
			return sum, interrupted(&sum, src.Name, ctx.Err())
		case errors.As(err, &failure):
			s = SourceSummary{Source: src.Name, Type: src.Type, RunID: s.RunID, Status: "failed", Message: failure.Error()}
			if err := bookFailure(ctx, db, src, opt, &s, failure.started); err != nil {
				return sum, err
			}
		case err != nil:
			return sum, fmt.Errorf("source %s: %w", src.Name, err)
		}
		sum.Sources = append(sum.Sources, s)
	}
	return sum, nil
}

// interrupted says what an interruption left behind.
func interrupted(sum *Summary, source string, err error) error {
	sum.Interrupted = source
	done := "nothing was stored"
	if n := len(sum.Sources); n > 0 {
		names := make([]string, n)
		for i, s := range sum.Sources {
			names[i] = s.Source
		}
		done = "stored before: " + strings.Join(names, ", ")
	}
	return fmt.Errorf("interrupted in source %s: nothing of it was stored; %s: %w", source, done, err)
}

// choose picks the sources to collect.
func choose(cfg *config.Config, names []string) ([]config.Source, error) {
	all := Sources(cfg)
	if err := CheckRegisters(cfg); err != nil && len(names) == 0 {
		return nil, err
	}
	if len(names) == 0 {
		return all, nil
	}
	var out []config.Source
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
		if slices.Contains(names, s.Name) {
			out = append(out, s)
		}
	}
	var errs []error
	for _, n := range names {
		if !slices.Contains(known, n) {
			errs = append(errs, fmt.Errorf("there is no source %q in %s: there is %s (%s)", n, cfg.File, strings.Join(known, ", "), strictyaml.Suggest(n, known)))
		}
	}
	return out, errors.Join(errs...)
}

// checkAll finds the mistakes of all sources before the first is touched.
func checkAll(cfg *config.Config, sources []config.Source) error {
	var errs []error
	for i := range sources {
		c, err := Lookup(sources[i].Type)
		if err == nil {
			err = c.Check(cfg, &sources[i])
		}
		var placed strictyaml.Problems
		if errors.As(err, &placed) {
			errs = append(errs, placed)
		} else if err != nil {
			at := sources[i].Pos
			errs = append(errs, fmt.Errorf("%s:%d:%d: source %s: %w", cfg.File, at.Line, at.Column, sources[i].Name, err))
		}
	}
	return errors.Join(errs...)
}

// sourceError is a fault of the source, not of the warehouse.
type sourceError struct {
	error
	started time.Time
}

func (e *sourceError) Unwrap() error { return e.error }

// runOne is the run of one source, in one transaction.
func runOne(ctx context.Context, db *model.DB, cfg *config.Config, src *config.Source, c Collector, opt Options, out *SourceSummary) error {
	s := &Session{Config: cfg, Source: src, Now: opt.Now().UTC(), Full: opt.Full,
		cursors: map[string]string{}, moved: map[string]string{}, reported: map[string]int64{}, fetched: map[string]int64{}}
	s.progress = newProgress(opt.Progress, src.Name)
	defer s.progress.end()
	return db.InTx(ctx, func(ctx context.Context) error {
		var err error
		if out.RunID, err = model.One[int64](ctx, db, "SELECT coalesce(max(run_id), 0) + 1 FROM collection_run"); err != nil {
			return err
		}
		if err := s.remember(ctx, db, opt); err != nil {
			return err
		}
		if err := db.Exec(ctx, stageSQL); err != nil {
			return err
		}
		if s.writer, err = startWriter(ctx, db, out.RunID, src.Name); err != nil {
			return err
		}
		collectErr := c.Collect(ctx, s)
		if err := s.writer.close(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if collectErr != nil {
			return &sourceError{collectErr, s.Now}
		}
		s.progress.end()
		if err := db.UseThreads(ctx); err != nil {
			return err
		}
		if err := s.keep(ctx, db, out); err != nil {
			return err
		}
		return s.book(ctx, db, opt, out)
	})
}

// remember loads what the collector may want to know of the runs before: cursors, and the files of the newest one.
func (s *Session) remember(ctx context.Context, db *model.DB, opt Options) error {
	type cursor struct{ Entity, CursorValue string }
	cs, err := model.Select[cursor](ctx, db, "SELECT entity, cursor_value FROM source_cursor WHERE source = ?", s.Source.Name)
	if err != nil {
		return err
	}
	for _, c := range cs {
		s.cursors[c.Entity] = c.CursorValue
	}
	if s.earlier, err = model.Select[File](ctx, db, earlierSQL, s.Source.Name, opt.Version); err != nil || len(s.earlier) == 0 {
		return err
	}
	s.earlierQuery, err = model.One[string](ctx, db,
		"SELECT coalesce(arg_max(query, run_id), '') FROM collection_run WHERE source = ? AND status <> 'failed'", s.Source.Name)
	return err
}

// keep judges the staged records and stores them.
func (s *Session) keep(ctx context.Context, db *model.DB, out *SourceSummary) error {
	var tally []Count
	var err error
	if s.same {
		tally, err = model.Select[Count](ctx, db, sameSQL, s.Source.Name)
		for _, c := range tally {
			s.fetched[c.Entity] += c.Unchanged
		}
		out.SameFiles = true
	} else {
		for _, step := range []struct {
			query string
			args  []any
		}{
			{judgeSQL, []any{s.Source.Name}},
			{storeSQL, []any{s.Source.Name, out.RunID, s.Now}},
			{duplicatesSQL, []any{out.RunID, s.Source.Name}},
		} {
			if err := db.Exec(ctx, step.query, step.args...); err != nil {
				return err
			}
		}
		if tally, err = model.Select[Count](ctx, db, tallySQL, out.RunID); err == nil {
			err = db.Exec(ctx, "DROP TABLE staged_record; DROP TABLE judged_record")
		}
	}
	if err != nil {
		return err
	}
	counts := map[string]Count{}
	for entity, n := range s.fetched {
		counts[entity] = Count{Entity: entity, Fetched: n}
	}
	for _, c := range tally {
		c.Fetched = counts[c.Entity].Fetched
		counts[c.Entity] = c
	}
	for _, entity := range sortedKeys(counts) {
		c := counts[entity]
		if n, ok := s.reported[entity]; ok {
			c.Reported = &n
		}
		out.Counts = append(out.Counts, c)
	}
	out.Rejects, err = model.Select[Fault](ctx, db, rejectsSQL, out.RunID)
	return err
}

// book writes the books of the run.
func (s *Session) book(ctx context.Context, db *model.DB, opt Options, out *SourceSummary) error {
	out.Files, out.Warnings = s.files, s.warnings
	messages := append([]string(nil), s.gaps...)
	for _, c := range out.Counts {
		if sum := c.Stored + c.Unchanged + c.Rejected; c.Fetched != sum {
			messages = append(messages, fmt.Sprintf("%s: the totals do not tie out: %d fetched, %d stored + %d unchanged + %d rejected = %d", c.Entity, c.Fetched, c.Stored, c.Unchanged, c.Rejected, sum))
		}
		if c.Reported != nil && *c.Reported != c.Fetched {
			messages = append(messages, fmt.Sprintf("%s: the source reports %d records, %d were fetched", c.Entity, *c.Reported, c.Fetched))
		}
		if c.Rejected > 0 {
			messages = append(messages, fmt.Sprintf("%s: %d of %d records rejected", c.Entity, c.Rejected, c.Fetched))
		}
		err := db.Exec(ctx, `INSERT INTO collection_count (run_id, source, entity, reported, fetched, stored, unchanged, rejected, deleted, merged)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0)`, out.RunID, s.Source.Name, c.Entity, c.Reported, c.Fetched, c.Stored, c.Unchanged, c.Rejected)
		if err != nil {
			return err
		}
	}
	out.Gaps, out.Message = s.gaps, strings.Join(messages, "; ")
	out.Status = "complete"
	if len(messages) > 0 {
		out.Status = "incomplete"
	}
	for _, f := range s.files {
		err := db.Exec(ctx, `INSERT INTO source_file (run_id, source, entity, path, sha256, size_bytes, format, encoding, compression, row_count, truncated)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, out.RunID, s.Source.Name, f.Entity, f.Path, f.SHA256, f.Size, f.Format, null(f.Encoding), null(f.Compression), f.Rows, f.Truncated)
		if err != nil {
			return err
		}
	}
	for _, entity := range sortedKeys(s.moved) {
		if err := db.Exec(ctx, "DELETE FROM source_cursor WHERE source = ? AND entity = ?", s.Source.Name, entity); err != nil {
			return err
		}
		err := db.Exec(ctx, "INSERT INTO source_cursor (source, entity, cursor_value, run_id) VALUES (?, ?, ?, ?)",
			s.Source.Name, entity, s.moved[entity], out.RunID)
		if err != nil {
			return err
		}
	}
	return insertRun(ctx, db, s, opt, out)
}

func insertRun(ctx context.Context, db *model.DB, s *Session, opt Options, out *SourceSummary) error {
	moment := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC()
	}
	return db.Exec(ctx, `INSERT INTO collection_run (run_id, source, source_type, address, account, account_rights, query, window_from, window_to,
			started_at, ended_at, status, message, source_version, tool_version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		out.RunID, s.Source.Name, s.Source.Type, null(s.Address), null(s.Account), null(s.Rights), null(s.Query), moment(s.WindowFrom), moment(s.WindowTo),
		s.Now, opt.Now().UTC(), out.Status, null(out.Message), null(s.Version), opt.Version)
}

// bookFailure books a run of which nothing was stored.
func bookFailure(ctx context.Context, db *model.DB, src *config.Source, opt Options, out *SourceSummary, started time.Time) error {
	s := &Session{Source: src, Now: started, Address: src.Path}
	return db.InTx(ctx, func(ctx context.Context) error { return insertRun(ctx, db, s, opt, out) })
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
