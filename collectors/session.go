package collectors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// Record is one record as a source gave it.
type Record struct {
	Entity  string // kind of record: ticket, ticket_update, ticket_history, service, …
	Key     string // key within source and entity; empty: made from the content
	Repeats bool   // records of one origin may share the key: they get #1, #2, … in their order
	Origin  string // file or endpoint
	Line    int64  // line, row or element within origin, from 1
	Payload string // the record as a JSON object
}

// Reject is a record that cannot be taken. Reason begins with the kind of fault and a colon.
type Reject struct {
	Entity  string
	Origin  string
	Line    int64
	Key     string
	Reason  string
	Content string // the record as far as it could be read
}

// File is a file that was read.
type File struct {
	Entity      string `db:"entity"`
	Path        string `db:"path"` // relative to the configuration
	SHA256      string `db:"sha256"`
	Size        int64  `db:"size_bytes"`
	Format      string `db:"format"`
	Encoding    string `db:"encoding"`
	Compression string `db:"compression"`
	Rows        int64  `db:"row_count"`
	Truncated   bool   `db:"truncated"`
}

// Session is one run of one source, as a collector sees it. Run makes it and ends it.
type Session struct {
	Config *config.Config
	Source *config.Source
	Now    time.Time // start of the run, UTC
	Full   bool      // everything is to be read again, whatever was read before
	Since  time.Time // what was last changed before is not asked for; zero = no bound
	// Sleep waits; it ends early, with the error of ctx, when ctx ends. Waiting for a source goes through it.
	Sleep func(ctx context.Context, d time.Duration) error

	// What the collector may fill in for the books.
	Address, Account, Rights, Query, Version string
	WindowFrom, WindowTo                     time.Time

	earlier      []File // files of the newest run, when that was complete
	earlierQuery string // what it asked for

	cursors  map[string]string // as stored
	moved    map[string]string // as moved in this run
	reported map[string]int64
	fetched  map[string]int64 // records and rejects handed over
	files    []File
	gaps     []string
	warnings []string
	same     bool

	progress *progress
	writer   *writer
	batch    *batch // books and transaction of the batch
}

// Entity says that the source holds records of this kind, so that it is counted even when there are none.
func (s *Session) Entity(entity string) { s.fetched[entity] += 0 }

// Put hands over a record. An error is one of the warehouse: the collector returns it.
func (s *Session) Put(r Record) error {
	s.fetched[r.Entity]++
	s.batch.bytes += int64(len(r.Payload))
	return s.writer.put(r)
}

// Reject hands over a record that cannot be taken. It is kept with its reason.
func (s *Session) Reject(r Reject) error {
	s.fetched[r.Entity]++
	s.batch.bytes += int64(len(r.Content))
	return s.writer.reject(r)
}

// Reported notes the total that the source itself reports. The run is incomplete when it was not reached.
func (s *Session) Reported(entity string, total int64) { s.reported[entity] = total }

// File notes a file that was read.
func (s *Session) File(f File) { s.files = append(s.files, f) }

// Gap notes that something could not be read: the run goes on and is booked as incomplete.
func (s *Session) Gap(format string, args ...any) {
	s.gaps = append(s.gaps, fmt.Sprintf(format, args...))
}

// Warn notes something that a person should know and that loses nothing.
func (s *Session) Warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// Cursor is how far the source was read for an entity, in the collector's own words; empty at first and with Full.
func (s *Session) Cursor(entity string) string {
	if s.Full && s.moved[entity] == "" {
		return ""
	}
	if v, ok := s.moved[entity]; ok {
		return v
	}
	return s.cursors[entity]
}

// SetCursor moves the cursor. It is stored with the records handed over so far: at the next SafePoint, or at the end of
// the run.
func (s *Session) SetCursor(entity, value string) { s.moved[entity] = value }

// Progress tells how far reading is, in units that done and total share.
func (s *Session) Progress(done, total int64) {
	if s.progress != nil {
		var n int64
		for _, v := range s.fetched {
			n += v
		}
		s.progress.show(n, done, total)
	}
}

// SameFiles is true when these files (entity, path and hash) are exactly what the newest run of the source read, with
// the same Query and nothing rejected. The collector then notes the files, hands over nothing more and returns: their
// records are booked as unchanged.
func (s *Session) SameFiles(files []File) bool {
	if s.Full || len(s.earlier) != len(files) || len(files) == 0 {
		return false
	}
	id := func(f File) string { return f.Entity + "\x00" + f.Path + "\x00" + f.SHA256 }
	var a, b []string
	for i := range files {
		a, b = append(a, id(files[i])), append(b, id(s.earlier[i]))
	}
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		return false
	}
	if s.earlierQuery != s.Query {
		return false
	}
	s.same = true
	s.files = append(s.files, s.earlier...)
	return true
}

// Earlier is true when there is an earlier run that SameFiles can compare with.
func (s *Session) Earlier() bool { return !s.Full && len(s.earlier) > 0 }

// batchSize is how many records go to the writer at once.
const batchSize = 512

// stageRows is after how many records of files an appender is closed and another one opened.
const stageRows = 1 << 15

// writer appends records in a goroutine of its own, and commits them there, so that reading and storing use two
// processors. Only between sync and the next record handed over may anybody else use the database handle.
type writer struct {
	ctx    context.Context
	db     *model.DB
	runID  int64
	source string
	batch  []item
	ch     chan message
	free   chan []item
	done   chan struct{}
	failed atomic.Bool
	err    error
	commit func(b books) error // stores what is staged; the tables are new afterwards

	stream                 *stream         // way of the records of a live source; nil = the source is not live
	records, rejects, keys *model.Appender // nil = nothing appended since the last commit
	ordinal                int64
}

// message is a batch of items, and after them a commit when mark is set.
type message struct {
	items []item
	mark  *mark
}

// mark is a place where a commit belongs; done is closed when it was made, or failed.
type mark struct {
	books books
	done  chan struct{}
}

// item is a record, a reject when reason is set, a tombstone when gone is set, or a key of a sweep when present is.
type item struct {
	Record
	reason  string
	gone    bool
	present bool
}

func startWriter(ctx context.Context, db *model.DB, runID int64, source string, stream *stream, commit func(b books) error) *writer {
	w := &writer{ctx: ctx, db: db, runID: runID, source: source, stream: stream, commit: commit,
		ch: make(chan message, 4), free: make(chan []item, 8), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *writer) put(r Record) error { return w.add(item{Record: r}) }

func (w *writer) reject(r Reject) error {
	if r.Reason == "" {
		r.Reason = "refused: the collector gave no reason"
	}
	return w.add(item{Record: Record{Entity: r.Entity, Key: r.Key, Origin: r.Origin, Line: r.Line, Payload: r.Content}, reason: r.Reason})
}

func (w *writer) add(i item) error {
	w.batch = append(w.batch, i)
	if len(w.batch) < batchSize {
		return nil
	}
	return w.flush()
}

func (w *writer) flush() error { return w.send(nil) }

// send hands the batch over, with a mark behind it.
func (w *writer) send(m *mark) error {
	if w.failed.Load() {
		return w.err
	}
	w.ch <- message{w.batch, m}
	select {
	case w.batch = <-w.free:
	default:
		w.batch = make([]item, 0, batchSize)
	}
	return w.ctx.Err()
}

// sync commits what was handed over, and waits until that is done.
func (w *writer) sync(b books) error {
	m := &mark{b, make(chan struct{})}
	if err := w.send(m); err != nil {
		return err
	}
	<-m.done
	if w.failed.Load() {
		return w.err
	}
	return nil
}

// close waits until everything is appended.
func (w *writer) close() error {
	w.ch <- message{items: w.batch}
	close(w.ch)
	<-w.done
	return w.err
}

func (w *writer) run() {
	defer close(w.done)
	fail := func(err error) {
		if err != nil && w.err == nil {
			w.err = err
			w.failed.Store(true)
		}
	}
	for m := range w.ch {
		for i := range m.items {
			if w.err != nil {
				break
			}
			fail(w.store(&m.items[i]))
		}
		if m.mark != nil {
			fail(w.closeAppenders())
			if w.err == nil {
				fail(w.ctx.Err())
			}
			if w.err == nil {
				fail(w.commit(m.mark.books))
			}
			close(m.mark.done)
		}
		clear(m.items)
		select {
		case w.free <- m.items[:0]:
		default:
		}
	}
	fail(w.closeAppenders())
}

// closeAppenders writes what they hold.
func (w *writer) closeAppenders() error {
	var errs []error
	for _, a := range []**model.Appender{&w.records, &w.rejects, &w.keys} {
		if *a != nil {
			errs = append(errs, (*a).Close())
			*a = nil
		}
	}
	if w.stream != nil {
		errs = append(errs, w.stream.close())
	}
	return errors.Join(errs...)
}

// appender opens one where there is none.
func (w *writer) appender(a **model.Appender, table string, columns ...string) (err error) {
	if *a == nil {
		*a, err = w.db.NewAppender(w.ctx, table, columns...)
	}
	return err
}

// store appends one record (of files: columns of sql/stage.sql) or one reject (columns of rejected_record).
func (w *writer) store(i *item) error {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	line := any(nil)
	if i.Line > 0 {
		line = i.Line
	}
	if i.present {
		if err := w.appender(&w.keys, "present_record", "entity", "key"); err != nil {
			return err
		}
		return w.keys.Append(i.Entity, i.Key)
	}
	if i.reason != "" {
		if err := w.appender(&w.rejects, "rejected_record", "run_id", "source", "entity", "stage", "origin", "line", "key", "reason", "content"); err != nil {
			return err
		}
		content := strings.ReplaceAll(i.Payload, "\x00", "\u2400")
		return w.rejects.Append(w.runID, w.source, i.Entity, "read", text(i.Origin), line, text(i.Key), i.reason, content)
	}
	w.ordinal++
	if w.stream != nil {
		return w.stream.put(w.ctx, w.ordinal, i)
	}
	if w.records != nil && w.ordinal%stageRows == 0 { // an appender holds what it got in memory until it is closed
		err := w.records.Close()
		if w.records = nil; err != nil {
			return err
		}
	}
	if err := w.appender(&w.records, "staged_record", "ordinal", "entity", "key", "repeats", "origin", "line", "sha256", "payload"); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(i.Payload))
	hash := hex.EncodeToString(sum[:])
	key, repeats := i.Key, i.Repeats
	if key == "" {
		key, repeats = hash[:16], true
	}
	return w.records.Append(w.ordinal, i.Entity, key, repeats, text(i.Origin), line, hash, i.Payload)
}
