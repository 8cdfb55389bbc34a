package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/mapping"
	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/metrics"
	"deskproof/model/sla"
)

// CollectResult is what one `collect` did.
type CollectResult struct {
	Runs   collectors.Summary
	Mapped []mapping.Rejects // what the mapping refuses of the records that are there now
	Notes  []string
}

// refused is how many records the mapping refuses.
func (r CollectResult) refused() int64 {
	var n int64
	for _, m := range r.Mapped {
		n += m.Rows
	}
	return n
}

// CollectOptions say how much is read.
type CollectOptions struct {
	Full  bool   // everything again, whatever was read before
	Since string // day (organization's zone) or RFC 3339: not what was last changed before, by tools; empty = from where the last run ended
}

// Collect reads new and changed records of the named sources (none = all) into the warehouse. What cannot be read or
// mapped is kept as rejected; the error is then *IncompleteError.
func (p *Project) Collect(ctx context.Context, names []string, opt CollectOptions) (CollectResult, error) {
	var out CollectResult
	since, err := p.since(opt)
	if err != nil {
		return out, err
	}
	err = p.write(ctx, func(w *model.Warehouse) error {
		out.Notes = w.Notes
		var err error
		out.Runs, err = collectors.Run(ctx, w.DB, p.Cfg, names, collectors.Options{
			Now: p.Now, Version: p.Version, Full: opt.Full, Since: since, Progress: p.Progress,
		})
		if err != nil {
			return err
		}
		if err := w.Acknowledge(ctx); err != nil {
			return err
		}
		out.Mapped, err = mapping.CheckRows(ctx, w.DB, p.Cfg, collectors.Sources(p.Cfg))
		return err
	})
	if err != nil {
		return out, err
	}
	return out, out.gap()
}

// since reads the bound of a collection.
func (p *Project) since(opt CollectOptions) (time.Time, error) {
	if opt.Since == "" {
		return time.Time{}, nil
	}
	if opt.Full {
		return time.Time{}, errors.New("--full reads everything and --since a part: give one of them")
	}
	at, err := config.ParseSince(opt.Since, p.Cfg.Zone())
	if err != nil {
		return at, fmt.Errorf("--since: %w", err)
	}
	return at, nil
}

// gap names what is missing, or is nil.
func (r CollectResult) gap() error {
	rejected := r.Runs.Rejected() + r.refused()
	switch {
	case !r.Runs.Complete() && rejected == 0:
		return &IncompleteError{"a source could not be read completely; the runs above say which and why"}
	case rejected > 0:
		return &IncompleteError{fmt.Sprintf("%s rejected, and kept with file, line and reason: deskproof sql \"FROM rejected_record\"", count(rejected, "record was", "records were"))}
	case !r.Runs.Complete():
		return &IncompleteError{"a source could not be read completely; the runs above say which and why"}
	}
	return nil
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// BuildResult is what one `build` made.
type BuildResult struct {
	AsOf    time.Time
	Mapped  mapping.Result
	Tickets int64
	Events  int64
	Cycles  int64
	Facts   int64
	Newest  *time.Time // newest event of a ticket
	Notes   []string
}

// Refused is how many records the mapping refused.
func (r BuildResult) Refused() int64 {
	var n int64
	for _, e := range r.Mapped.Entities {
		n += e.Rejected
	}
	return n
}

// Build makes the model, the clocks and the metrics from the raw records; it needs no source.
func (p *Project) Build(ctx context.Context) (BuildResult, error) {
	var out BuildResult
	err := p.write(ctx, func(w *model.Warehouse) error {
		var err error
		out, err = p.buildInto(ctx, w.DB)
		out.Notes = append(out.Notes, w.Notes...)
		return err
	})
	if err != nil {
		return out, err
	}
	if n := out.Refused(); n > 0 {
		return out, &IncompleteError{fmt.Sprintf("%s rejected by the mapping, and kept with file, line and reason: deskproof sql \"FROM rejected_record WHERE stage = 'map'\"", count(n, "record was", "records were"))}
	}
	return out, nil
}

// buildInto builds as of p.Moment. A build that fails or is cut off leaves build_info empty, so nothing is reported from what
// it left; the published snapshot of the build before stays. The parts have transactions of their own: inside of one the
// database reads what was written there on one processor only.
func (p *Project) buildInto(ctx context.Context, db *model.DB) (BuildResult, error) {
	out := BuildResult{AsOf: p.Moment}
	runs, err := model.One[int64](ctx, db, "SELECT coalesce(max(run_id), 0) FROM collection_run")
	if err != nil {
		return out, err
	}
	if runs == 0 {
		return out, fmt.Errorf("nothing has been collected yet; run `deskproof collect`")
	}
	err = db.InTx(ctx, func(ctx context.Context) error {
		if err := db.Exec(ctx, "DELETE FROM build_info"); err != nil {
			return err
		}
		out.Mapped, err = mapping.Build(ctx, db, p.Cfg, collectors.Sources(p.Cfg), mapping.Options{AsOf: p.Moment})
		return err
	})
	if err != nil {
		return out, err
	}
	if err = db.UseThreads(ctx); err != nil { // a history has many rows a record
		return out, err
	}
	if err = sla.Replay(ctx, db, p.Cfg, p.Moment); err != nil {
		return out, err
	}
	err = db.InTx(ctx, func(ctx context.Context) error {
		if err := metrics.Compute(ctx, db, p.Moment, p.Cfg.Organization.TimeZone); err != nil {
			return err
		}
		return db.Exec(ctx, "INSERT INTO build_info VALUES (?, ?, ?, ?, ?)", p.Moment, p.Cfg.Organization.TimeZone, p.Cfg.SHA256, runs, p.Version)
	})
	if err != nil {
		return out, err
	}
	type totals struct {
		Tickets, Events, Cycles, Facts int64
		Newest                         *time.Time
	}
	t, err := model.One[totals](ctx, db, `SELECT (SELECT count(*) FROM ticket) AS tickets, (SELECT count(*) FROM ticket_event) AS events,
		(SELECT count(*) FROM sla_cycle) AS cycles, (SELECT count(*) FROM metric_fact) AS facts,
		(SELECT max(occurred_at) FROM ticket_event) AS newest`)
	out.Tickets, out.Events, out.Cycles, out.Facts, out.Newest = t.Tickets, t.Events, t.Cycles, t.Facts, t.Newest
	return out, err
}
