package collectors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskproof/model"
)

// batch is what a session holds between two commits, and the books of the run so far.
type batch struct {
	db     *model.DB
	opt    Options
	out    *SourceSummary
	live   bool
	totals map[string]Count // of the batches before
	done   int64            // records handed over up to the last commit
	size   int64            // records after which a batch is committed
	begun  time.Time        // when the batch began
}

// Batches begin small, so that a slow source loses little, and grow, so that a large one is not held up.
const (
	firstBatch   = 2_000
	largestBatch = 64_000
	longestBatch = 20 * time.Second
)

// runNotEnded is the message of a run of which batches are stored and whose end is not.
const runNotEnded = "the run did not come to its end: what it stored is whole, and the next run goes on from there"

// begin lays out the tables of a batch and starts its writer.
func (s *Session) begin(ctx context.Context) error {
	b := s.batch
	if err := b.db.Exec(ctx, stageSQL); err != nil {
		return err
	}
	b.done = s.handed()
	if b.size = b.opt.Batch; b.size == 0 {
		b.size = min(max(firstBatch, b.done), largestBatch)
	}
	var err error
	s.writer, err = startWriter(ctx, b.db, b.out.RunID, s.Source.Name, b.done)
	return err
}

// handed is how many records and rejects were handed over.
func (s *Session) handed() int64 {
	var n int64
	for _, v := range s.fetched {
		n += v
	}
	return n
}

// SafePoint says that the cursors as they are set now belong to the records handed over so far: a run that ends here, by
// whatever cause, loses nothing and repeats little. Call it after every page. It commits when enough has come together.
// For a source that is not live it does nothing.
func (s *Session) SafePoint(ctx context.Context) error {
	b := s.batch
	if !b.live {
		return ctx.Err()
	}
	n := s.handed() - b.done
	if n == 0 && len(s.moved) == 0 || n < b.size && (b.opt.Batch > 0 || b.opt.Now().Sub(b.begun) < longestBatch) {
		return ctx.Err()
	}
	return s.commit(ctx)
}

// commit stores the batch with the cursors and the books of the run so far, and begins the next one.
func (s *Session) commit(ctx context.Context) error {
	b := s.batch
	w := s.writer
	s.writer = nil
	if err := w.close(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.keep(ctx); err != nil {
		return err
	}
	b.out.Status, b.out.Message = "incomplete", runNotEnded
	if err := s.book(ctx, false); err != nil {
		return err
	}
	if err := b.db.Renew(ctx); err != nil {
		return err
	}
	b.out.partial, b.begun = true, b.opt.Now()
	for entity, v := range s.moved {
		s.cursors[entity] = v
	}
	return s.begin(ctx)
}

// Delete notes that the source no longer has a record. It stays, marked, with the time of this run.
func (s *Session) Delete(entity, key string) error {
	s.Entity(entity)
	return s.writer.add(item{Record: Record{Entity: entity, Key: key, Payload: "{}"}, gone: true})
}

// Merge notes that the source made a record part of another one, whose key is into.
func (s *Session) Merge(entity, key, into string) error {
	s.Entity(entity)
	payload := append(AppendJSONText([]byte(`{"merged_into":`), into), '}')
	return s.writer.add(item{Record: Record{Entity: entity, Key: key, Payload: string(payload)}, gone: true})
}

// Present notes that the source lists a record, without handing it over; see Sweep.
func (s *Session) Present(entity, key string) error {
	return s.writer.add(item{Record: Record{Entity: entity, Key: key}, present: true})
}

// Sweep compares all keys noted by Present with what is stored, and forgets them: gone are stored and were not noted,
// unknown were noted and are not stored. It is a SafePoint that always commits.
func (s *Session) Sweep(ctx context.Context, entity string) (gone, unknown []string, err error) {
	if err := s.commit(ctx); err != nil {
		return nil, nil, err
	}
	db := s.batch.db
	err = s.pause(ctx, func() error {
		if gone, err = model.Select[string](ctx, db, goneSQL, s.Source.Name, entity); err != nil {
			return err
		}
		if unknown, err = model.Select[string](ctx, db, unknownSQL, s.Source.Name, entity); err != nil {
			return err
		}
		return db.Exec(ctx, "DELETE FROM present_record WHERE entity = ?", entity)
	})
	return gone, unknown, err
}

// Keys are the keys of the stored records of an entity that are not deleted and for which a condition holds: SQL over
// payload (JSON as text), key and seen_at, with ? for args; empty = all. What was handed over counts. It is a SafePoint that
// always commits.
func (s *Session) Keys(ctx context.Context, entity, condition string, args ...any) (keys []string, err error) {
	if condition == "" {
		condition = "TRUE"
	}
	return s.keys(ctx, entity, "NOT deleted AND ("+condition+")", args...)
}

// Deleted are the keys of the records of an entity that were found deleted, or merged into others. It is a SafePoint that
// always commits.
func (s *Session) Deleted(ctx context.Context, entity string) (keys []string, err error) {
	return s.keys(ctx, entity, "deleted")
}

func (s *Session) keys(ctx context.Context, entity, condition string, args ...any) (keys []string, err error) {
	if err := s.commit(ctx); err != nil {
		return nil, err
	}
	err = s.pause(ctx, func() error {
		keys, err = model.Select[string](ctx, s.batch.db, `SELECT key FROM (
				FROM raw_record WHERE source = ? AND entity = ? QUALIFY version = max(version) OVER (PARTITION BY key))
			WHERE `+condition+` ORDER BY length(key), key`, append([]any{s.Source.Name, entity}, args...)...)
		return err
	})
	return keys, err
}

// Count is how many records of an entity are stored and not deleted; what was handed over counts. It is a SafePoint that
// always commits.
func (s *Session) Count(ctx context.Context, entity string) (n int64, err error) {
	if err := s.commit(ctx); err != nil {
		return 0, err
	}
	err = s.pause(ctx, func() error {
		n, err = model.One[int64](ctx, s.batch.db, `SELECT count(*) FROM (
			SELECT arg_max(deleted, version) AS gone FROM raw_record WHERE source = ? AND entity = ? GROUP BY key) WHERE NOT gone`, s.Source.Name, entity)
		return err
	})
	return n, err
}

// pause lets f use the database: the writer is stopped and begins again.
func (s *Session) pause(ctx context.Context, f func() error) error {
	w := s.writer
	s.writer = nil
	if err := w.close(); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return s.begin(ctx)
}

// keep judges the staged records and stores them, and adds them to the books.
func (s *Session) keep(ctx context.Context) error {
	db, out := s.batch.db, s.batch.out
	var tally []Count
	var err error
	if s.same {
		tally, err = model.Select[Count](ctx, db, sameSQL, s.Source.Name)
		for _, c := range tally {
			s.fetched[c.Entity] += c.Unchanged
		}
		out.SameFiles = true
	} else {
		type step struct {
			query string
			args  []any
		}
		store := step{storeSQL, []any{s.Source.Name, out.RunID, s.Now}}
		steps := []step{{judgeSQL, []any{s.Source.Name}}, store, {duplicatesSQL, []any{out.RunID, s.Source.Name}}}
		if s.batch.live {
			steps = []step{{upsertSQL, []any{s.Source.Name}}, store}
		}
		for _, x := range steps {
			if err := db.Exec(ctx, x.query, x.args...); err != nil {
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
	totals := s.batch.totals
	for entity := range s.fetched {
		c := totals[entity]
		c.Entity = entity
		totals[entity] = c
	}
	for _, c := range tally {
		t := totals[c.Entity]
		totals[c.Entity] = Count{Entity: c.Entity, Stored: t.Stored + c.Stored, Unchanged: t.Unchanged + c.Unchanged, Rejected: c.Rejected,
			Deleted: t.Deleted + c.Deleted, Merged: t.Merged + c.Merged}
	}
	out.Counts = out.Counts[:0]
	for _, entity := range sortedKeys(totals) {
		c := totals[entity]
		c.Fetched = s.fetched[entity]
		if n, ok := s.reported[entity]; ok {
			c.Reported = &n
		}
		out.Counts = append(out.Counts, c)
	}
	out.Rejects, err = model.Select[Fault](ctx, db, rejectsSQL, out.RunID)
	return err
}

// judgeRun says how the run ended.
func (s *Session) judgeRun() {
	out := s.batch.out
	out.Files, out.Warnings, out.Gaps = s.files, s.warnings, s.gaps
	messages := append([]string(nil), s.gaps...)
	for _, c := range out.Counts {
		if sum := c.Stored + c.Unchanged + c.Rejected; c.Fetched != sum {
			messages = append(messages, fmt.Sprintf("%s: the totals do not tie out: %d fetched, %d stored + %d unchanged + %d rejected = %d", c.Entity, c.Fetched, c.Stored, c.Unchanged, c.Rejected, sum))
		}
		// A live source may grow while it is read; it may not shrink without saying what was deleted.
		if c.Reported != nil && (*c.Reported > c.Fetched || *c.Reported != c.Fetched && !s.batch.live) {
			short := fmt.Sprintf("%s: the source reports %d records, %d were fetched", c.Entity, *c.Reported, c.Fetched)
			messages = append(messages, short)
			if s.batch.live {
				out.Gaps = append(out.Gaps, short)
			}
		}
		if c.Rejected > 0 {
			messages = append(messages, fmt.Sprintf("%s: %d of %d records rejected", c.Entity, c.Rejected, c.Fetched))
		}
	}
	out.Status = "complete"
	if len(messages) > 0 {
		out.Status = "incomplete"
	}
	if s.batch.live {
		for _, w := range s.warnings {
			messages = append(messages, "note: "+w)
		}
	}
	out.Message = strings.Join(messages, "; ")
}

// book writes the books of the run as far as it has come; ended is false while it goes on.
func (s *Session) book(ctx context.Context, ended bool) error {
	db, out := s.batch.db, s.batch.out
	if out.partial {
		err := db.Exec(ctx, "DELETE FROM collection_count WHERE run_id = ?", out.RunID)
		if err = errors.Join(err, db.Exec(ctx, "DELETE FROM collection_run WHERE run_id = ?", out.RunID)); err != nil {
			return err
		}
	}
	for _, c := range out.Counts {
		err := db.Exec(ctx, `INSERT INTO collection_count (run_id, source, entity, reported, fetched, stored, unchanged, rejected, deleted, merged)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, out.RunID, s.Source.Name, c.Entity, c.Reported, c.Fetched, c.Stored, c.Unchanged, c.Rejected, c.Deleted, c.Merged)
		if err != nil {
			return err
		}
	}
	if ended {
		for _, f := range s.files {
			err := db.Exec(ctx, `INSERT INTO source_file (run_id, source, entity, path, sha256, size_bytes, format, encoding, compression, row_count, truncated)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, out.RunID, s.Source.Name, f.Entity, f.Path, f.SHA256, f.Size, f.Format, null(f.Encoding), null(f.Compression), f.Rows, f.Truncated)
			if err != nil {
				return err
			}
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
	return s.insertRun(ctx, ended)
}

func (s *Session) insertRun(ctx context.Context, ended bool) error {
	opt, out := s.batch.opt, s.batch.out
	moment := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC()
	}
	var end time.Time
	if ended {
		end = opt.Now()
	}
	return s.batch.db.Exec(ctx, `INSERT INTO collection_run (run_id, source, source_type, address, account, account_rights, query, window_from, window_to,
			started_at, ended_at, status, message, source_version, tool_version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		out.RunID, s.Source.Name, s.Source.Type, null(s.Address), null(s.Account), null(s.Rights), null(s.Query), moment(s.WindowFrom), moment(s.WindowTo),
		s.Now, moment(end), out.Status, null(out.Message), null(s.Version), opt.Version)
}

// bookFailure books a run that a fault of the source ended: of files nothing was stored, of a live source what was read
// up to the last commit.
func (s *Session) bookFailure(ctx context.Context, db *model.DB, opt Options, out *SourceSummary, fault error) error {
	if out.partial {
		out.Status, out.Message = "incomplete", fault.Error()+"; "+runNotEnded
		out.Gaps, out.Warnings = []string{fault.Error()}, append(s.warnings, runNotEnded)
		return db.InTx(ctx, func(ctx context.Context) error {
			return db.Exec(ctx, "UPDATE collection_run SET message = ?, ended_at = ? WHERE run_id = ?", out.Message, opt.Now().UTC(), out.RunID)
		})
	}
	*out = SourceSummary{Source: out.Source, Type: out.Type, RunID: out.RunID, Status: "failed", Message: fault.Error(), Warnings: s.warnings, Found: out.Found}
	if s.Address == "" || !s.batch.live {
		s.Address = s.Source.Path
		if s.batch.live {
			s.Address = s.Source.URL
		}
	}
	return db.InTx(ctx, func(ctx context.Context) error { return s.insertRun(ctx, true) })
}
