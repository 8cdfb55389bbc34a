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
	//go:embed sql/stage_keys.sql
	stageKeysSQL string
	//go:embed sql/judge.sql
	judgeSQL string
	//go:embed sql/store.sql
	storeSQL string
	//go:embed sql/upsert.sql
	upsertSQL string
	//go:embed sql/present.sql
	presentSQL string
	//go:embed sql/gone.sql
	goneSQL string
	//go:embed sql/unknown.sql
	unknownSQL string
	//go:embed sql/duplicates.sql
	duplicatesSQL string
	//go:embed sql/tally.sql
	tallySQL string
	//go:embed sql/refused.sql
	refusedSQL string
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
	Since    time.Time        // do not ask for what was last changed before; zero = no bound, where the sources have a cursor that counts
	Progress io.Writer        // where a progress bar goes when it is a terminal; nil: none
	// Sleep waits for a source that asks for patience; nil = by the clock of the machine.
	Sleep func(ctx context.Context, d time.Duration) error
	// Batch is after how many records a live source's records are committed; 0 = as suits large and small sources.
	Batch int64
}

// Run collects from the named sources (none named: from all, registers included), one after another in the order of
// the configuration. A source of files is one transaction: its records, versions, counts, rejects, files and cursor are
// stored together or not at all. A live source is one transaction from each Session.SafePoint to the next: what was read
// up to one stays, with the cursor that says where to go on. A source that fails is booked as failed and the others go on. The error is about the
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
			return sum, interrupted(&sum, SourceSummary{Source: src.Name}, err)
		}
		c, err := Lookup(src.Type)
		if err != nil {
			return sum, err
		}
		s := SourceSummary{Source: src.Name, Type: src.Type}
		var failure *sourceError
		err = runOne(ctx, db, cfg, src, c, opt, &s)
		switch {
		case ctx.Err() != nil && err != nil:
			return sum, interrupted(&sum, s, ctx.Err())
		case errors.As(err, &failure):
			if err := failure.session.bookFailure(ctx, db, opt, &s, failure.error); err != nil {
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
func interrupted(sum *Summary, s SourceSummary, err error) error {
	sum.Interrupted = s.Source
	own := "nothing of it was stored"
	if s.partial {
		own = "what was read up to then is stored, and the next run goes on from there"
	}
	done := "nothing was stored"
	if n := len(sum.Sources); n > 0 {
		names := make([]string, n)
		for i, s := range sum.Sources {
			names[i] = s.Source
		}
		done = "stored before: " + strings.Join(names, ", ")
	}
	return fmt.Errorf("interrupted in source %s: %s; %s: %w", s.Source, own, done, err)
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
	session *Session
}

func (e *sourceError) Unwrap() error { return e.error }

// runOne is the run of one source: one transaction, or for a live source one from safe point to safe point.
func runOne(ctx context.Context, db *model.DB, cfg *config.Config, src *config.Source, c Collector, opt Options, out *SourceSummary) error {
	s := &Session{Config: cfg, Source: src, Now: opt.Now().UTC(), Full: opt.Full, Since: opt.Since, Sleep: opt.Sleep,
		cursors: map[string]string{}, moved: map[string]string{}, reported: map[string]int64{}, fetched: map[string]int64{}}
	if s.Sleep == nil {
		s.Sleep = Sleep
	}
	s.progress = newProgress(opt.Progress, src.Name)
	defer s.progress.end()
	b := &batch{db: db, opt: opt, out: out, source: src.Name, started: s.Now, live: c.Describe().Live, totals: map[string]Count{}}
	s.batch = b
	if b.live {
		free, err := boundMemory(ctx, db)
		if err != nil {
			return err
		}
		defer free()
	}
	err := db.InTx(ctx, func(ctx context.Context) error {
		var err error
		if out.RunID, err = model.One[int64](ctx, db, "SELECT coalesce(max(run_id), 0) + 1 FROM collection_run"); err != nil {
			return err
		}
		if err := s.remember(ctx, db, opt); err != nil {
			return err
		}
		if err := db.Exec(ctx, presentSQL); err != nil {
			return err
		}
		if b.live {
			if b.stream, err = newStream(ctx, db, src.Name, out.RunID, s.Now); err != nil {
				return err
			}
		}
		if err := b.begin(ctx); err != nil {
			return err
		}
		s.marked()
		// A commit is short; breaking off one of its statements takes the driver longer than finishing it.
		whole := context.WithoutCancel(ctx)
		s.writer = startWriter(ctx, db, out.RunID, src.Name, b.stream, func(k books) error { return b.commit(whole, k) })
		collectErr := c.Collect(ctx, s)
		if err := s.writer.close(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if collectErr != nil {
			var warehouse *model.SQLError
			if errors.As(collectErr, &warehouse) {
				return collectErr
			}
			return &sourceError{collectErr, s}
		}
		s.progress.end()
		if err := db.UseThreads(ctx); err != nil {
			return err
		}
		if s.same {
			err = s.keepSame(ctx)
		} else {
			err = b.keep(ctx, s.snapshot())
		}
		if err != nil {
			return err
		}
		s.judgeRun()
		if err := b.book(ctx, s.snapshot(), true); err != nil {
			return err
		}
		return db.Exec(ctx, "DROP TABLE present_record")
	})
	if err != nil || !out.partial {
		return err
	}
	// What was committed and not yet written to its place is written while memory is bounded.
	return db.Exec(context.WithoutCancel(ctx), "CHECKPOINT")
}

// collectSettings are what the database works with while a live source is read, so that a long collection takes no more
// memory than a short one.
var collectSettings = []struct{ name, value string }{
	// What it wrote it keeps in memory as long as it may.
	{"memory_limit", "128MiB"},
	// A checkpoint writes the newest rows of the table once more, so there is not one after every batch.
	{"checkpoint_threshold", "64MiB"},
	// To find out whether a dictionary pays, DuckDB copies every different text of 122,880 rows into memory that it does not
	// count; payloads are all different.
	{"disabled_compression_methods", "dictionary,dict_fsst"},
}

// boundMemory puts the settings into force, where the database is in a file; free takes them back to
// DuckDB's own, which a warehouse is opened with.
func boundMemory(ctx context.Context, db *model.DB) (free func(), err error) {
	file, err := model.One[bool](ctx, db, "SELECT path IS NOT NULL FROM duckdb_databases() WHERE database_name = current_database()")
	if err != nil || !file {
		return func() {}, err
	}
	var undo []string
	free = func() {
		ctx := context.WithoutCancel(ctx)
		for _, x := range undo {
			// What could be set can be reset; a failure costs speed only.
			_ = db.Exec(ctx, x)
		}
		// RESET changes what DuckDB tells of the limit and not the limit, so it is set to what is told. That is rounded down,
		// and told anew after another RESET.
		if limit, err := model.One[string](ctx, db, "SELECT current_setting('memory_limit')"); err == nil {
			_ = db.Exec(ctx, "SET memory_limit = "+model.QuoteText(limit))
			_ = db.Exec(ctx, "RESET memory_limit")
		}
	}
	for _, x := range collectSettings {
		// Not what it was before: DuckDB tells a limit of memory rounded down, and less of it would come back every time.
		undo = append(undo, "RESET "+x.name)
		if err := db.Exec(ctx, "SET "+x.name+" = "+model.QuoteText(x.value)); err != nil {
			free()
			return nil, err
		}
	}
	return free, nil
}

// Sleep waits by the clock of the machine. The error is that of the context, where it ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
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
