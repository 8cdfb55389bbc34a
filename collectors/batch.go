package collectors

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"deskproof/model"
)

// batch is what a session holds between two commits, and the books of the run so far.
type batch struct {
	db      *model.DB
	opt     Options
	out     *SourceSummary
	source  string    // its name
	started time.Time // start of the run
	live    bool
	stream  *stream          // of a live source
	totals  map[string]Count // of the batches before; of the writer while it runs

	done  int64             // records handed over up to the last mark
	bytes int64             // of the records handed over since then
	moved map[string]string // cursors as they were at the last mark
	size  int64             // records after which a batch is committed
	begun time.Time         // when the batch began
}

// Batches begin small, so that a slow source loses little, and grow, so that a large one is not held up, to what DuckDB
// writes as one piece of a table, at once to its place. What is less than that it writes thrice (into its log, in memory,
// and to its place); so a batch of which that many records would take too much memory is kept smaller at once.
const (
	firstBatch   = 2_000
	rowGroup     = 122_880
	rowGroupSize = 96 << 20 // bytes of the records of a batch that is to fill a row group
	largestBytes = 32 << 20 // bytes of another
	longestBatch = 20 * time.Second
)

// enough is true when what came together since the last mark is to be committed; n are its records.
func (b *batch) enough(n int64) bool {
	if n >= b.size || b.opt.Batch == 0 && b.opt.Now().Sub(b.begun) >= longestBatch {
		return true
	}
	return b.bytes >= largestBytes && (b.size < rowGroup || b.bytes/max(n, 1) > rowGroupSize/rowGroup)
}

// runNotEnded is the message of a run of which batches are stored and whose end is not.
const runNotEnded = "the run did not come to its end: what it stored is whole, and the next run goes on from there"

// begin lays out the tables of a batch.
func (b *batch) begin(ctx context.Context) error {
	if b.live {
		return b.db.Exec(ctx, stageKeysSQL)
	}
	return b.db.Exec(ctx, stageSQL)
}

// books are what a commit stores beside the records.
type books struct {
	fetched, reported                        map[string]int64
	moved                                    map[string]string
	address, account, rights, query, version string
	windowFrom, windowTo                     time.Time
	files                                    []File
}

// snapshot are the books as they are.
func (s *Session) snapshot() books {
	return books{fetched: maps.Clone(s.fetched), reported: maps.Clone(s.reported), moved: maps.Clone(s.moved),
		address: s.Address, account: s.Account, rights: s.Rights, query: s.Query, version: s.Version,
		windowFrom: s.WindowFrom, windowTo: s.WindowTo, files: s.files}
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
// whatever cause, loses nothing and repeats little. Call it after every page. When enough has come together it is committed,
// while the collector goes on. For a source that is not live it does nothing.
func (s *Session) SafePoint(ctx context.Context) error {
	b := s.batch
	if !b.live {
		return ctx.Err()
	}
	n := s.handed() - b.done
	if n == 0 && maps.Equal(s.moved, b.moved) || !b.enough(n) {
		return ctx.Err()
	}
	if err := s.writer.send(&mark{s.snapshot(), make(chan struct{})}); err != nil {
		return err
	}
	s.marked()
	return ctx.Err()
}

// marked begins to count the next batch.
func (s *Session) marked() {
	b := s.batch
	b.done, b.bytes, b.moved = s.handed(), 0, maps.Clone(s.moved)
	if b.live {
		b.begun = b.opt.Now()
	}
	if b.size = b.opt.Batch; b.size == 0 {
		b.size = min(max(firstBatch, b.done), rowGroup)
	}
}

// sync commits everything that was handed over. Until the next record the database handle is free.
func (s *Session) sync(ctx context.Context) error {
	if err := s.writer.sync(s.snapshot()); err != nil {
		return err
	}
	s.marked()
	return ctx.Err()
}

// commit stores the staged records with the books, and begins the next batch. It runs in the writer.
func (b *batch) commit(ctx context.Context, k books) error {
	if err := b.keep(ctx, k); err != nil {
		return err
	}
	b.out.Status, b.out.Message = "incomplete", runNotEnded
	if err := b.book(ctx, k, false); err != nil {
		return err
	}
	if err := b.db.Renew(ctx); err != nil {
		return err
	}
	b.out.partial = true
	return b.begin(ctx)
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
	if err := s.sync(ctx); err != nil {
		return nil, nil, err
	}
	db := s.batch.db
	if gone, err = model.Select[string](ctx, db, goneSQL, s.Source.Name, entity); err != nil {
		return nil, nil, err
	}
	if unknown, err = model.Select[string](ctx, db, unknownSQL, s.Source.Name, entity); err != nil {
		return nil, nil, err
	}
	return gone, unknown, db.Exec(ctx, "DELETE FROM present_record WHERE entity = ?", entity)
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
	if err := s.sync(ctx); err != nil {
		return nil, err
	}
	return model.Select[string](ctx, s.batch.db, `SELECT key FROM (
				FROM raw_record WHERE source = ? AND entity = ? QUALIFY version = max(version) OVER (PARTITION BY key))
			WHERE `+condition+` ORDER BY length(key), key`, append([]any{s.Source.Name, entity}, args...)...)
}

// Count is how many records of an entity are stored and not deleted; what was handed over counts. It is a SafePoint that
// always commits.
func (s *Session) Count(ctx context.Context, entity string) (n int64, err error) {
	if err := s.sync(ctx); err != nil {
		return 0, err
	}
	return model.One[int64](ctx, s.batch.db, `SELECT count(*) FROM (
		SELECT arg_max(deleted, version) AS gone FROM raw_record WHERE source = ? AND entity = ? GROUP BY key) WHERE NOT gone`, s.Source.Name, entity)
}

// keep judges what waits for it and stores it, and adds it to the books.
func (b *batch) keep(ctx context.Context, k books) error {
	if b.live {
		if err := b.stream.settle(ctx); err != nil {
			return err
		}
		return b.add(ctx, k, b.stream.take())
	}
	db, out := b.db, b.out
	for _, x := range []struct {
		query string
		args  []any
	}{
		{judgeSQL, []any{b.source}},
		{storeSQL, []any{b.source, out.RunID, b.started}},
		{duplicatesSQL, []any{out.RunID, b.source}},
	} {
		if err := db.Exec(ctx, x.query, x.args...); err != nil {
			return err
		}
	}
	tally, err := model.Select[Count](ctx, db, tallySQL)
	if err != nil {
		return err
	}
	if err := db.Exec(ctx, "DROP TABLE staged_record; DROP TABLE judged_record"); err != nil {
		return err
	}
	return b.add(ctx, k, tally)
}

// add adds counts to the books.
func (b *batch) add(ctx context.Context, k books, tally []Count) (err error) {
	for entity := range k.fetched {
		c := b.totals[entity]
		c.Entity = entity
		b.totals[entity] = c
	}
	refused, err := model.Select[Count](ctx, b.db, refusedSQL, b.out.RunID)
	if err != nil {
		return err
	}
	for _, c := range tally {
		b.totals[c.Entity] = b.totals[c.Entity].plus(c)
	}
	for _, c := range refused {
		b.totals[c.Entity] = b.totals[c.Entity].plus(c)
	}
	b.out.Counts = b.out.Counts[:0]
	for _, entity := range sortedKeys(b.totals) {
		c := b.totals[entity]
		c.Fetched = k.fetched[entity]
		if n, ok := k.reported[entity]; ok {
			c.Reported = &n
		}
		b.out.Counts = append(b.out.Counts, c)
	}
	b.out.Rejects, err = model.Select[Fault](ctx, b.db, rejectsSQL, b.out.RunID)
	return err
}

// keepSame books the records of files that were not read again.
func (s *Session) keepSame(ctx context.Context) error {
	tally, err := model.Select[Count](ctx, s.batch.db, sameSQL, s.Source.Name)
	if err != nil {
		return err
	}
	for _, c := range tally {
		s.fetched[c.Entity] += c.Unchanged
	}
	s.batch.out.SameFiles = true
	return s.batch.add(ctx, s.snapshot(), tally)
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
func (b *batch) book(ctx context.Context, k books, ended bool) error {
	db, out := b.db, b.out
	if out.partial {
		for _, table := range []string{"collection_count", "collection_run"} {
			if err := db.Exec(ctx, "DELETE FROM "+table+" WHERE run_id = ?", out.RunID); err != nil {
				return err
			}
		}
	}
	for _, c := range out.Counts {
		err := db.Exec(ctx, `INSERT INTO collection_count (run_id, source, entity, reported, fetched, stored, unchanged, rejected, deleted, merged)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, out.RunID, b.source, c.Entity, c.Reported, c.Fetched, c.Stored, c.Unchanged, c.Rejected, c.Deleted, c.Merged)
		if err != nil {
			return err
		}
	}
	if ended {
		for _, f := range k.files {
			err := db.Exec(ctx, `INSERT INTO source_file (run_id, source, entity, path, sha256, size_bytes, format, encoding, compression, row_count, truncated)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, out.RunID, b.source, f.Entity, f.Path, f.SHA256, f.Size, f.Format, null(f.Encoding), null(f.Compression), f.Rows, f.Truncated)
			if err != nil {
				return err
			}
		}
	}
	for _, entity := range sortedKeys(k.moved) {
		if err := db.Exec(ctx, "DELETE FROM source_cursor WHERE source = ? AND entity = ?", b.source, entity); err != nil {
			return err
		}
		err := db.Exec(ctx, "INSERT INTO source_cursor (source, entity, cursor_value, run_id) VALUES (?, ?, ?, ?)",
			b.source, entity, k.moved[entity], out.RunID)
		if err != nil {
			return err
		}
	}
	return b.insertRun(ctx, k, ended)
}

func (b *batch) insertRun(ctx context.Context, k books, ended bool) error {
	moment := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC()
	}
	var end time.Time
	if ended {
		end = b.opt.Now()
	}
	return b.db.Exec(ctx, `INSERT INTO collection_run (run_id, source, source_type, address, account, account_rights, query, window_from, window_to,
			started_at, ended_at, status, message, source_version, tool_version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.out.RunID, b.source, b.out.Type, null(k.address), null(k.account), null(k.rights), null(k.query), moment(k.windowFrom), moment(k.windowTo),
		b.started, moment(end), b.out.Status, null(b.out.Message), null(k.version), b.opt.Version)
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
	return db.InTx(ctx, func(ctx context.Context) error { return s.batch.insertRun(ctx, s.snapshot(), true) })
}
