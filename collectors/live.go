package collectors

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"deskproof/model"
)

// stream is the way of a live source's records into the warehouse. A record whose key was certainly not met before goes
// straight to its place; of the others only keys and hashes are laid down, SQL judges them, and what is new follows.
type stream struct {
	db     *model.DB
	source string

	known map[string]bool // entities of which something was stored when the run began
	seen  keyFilter       // keys of the other entities

	records, keys *model.Appender // nil = nothing appended since the tables were last asked
	appended      int             // rows that records holds
	row           []driver.Value  // of raw_record, used again and again
	fixed         fixedValues

	held      []heldRecord // laid down and not judged, in their order
	heldBytes int

	counts map[string]*Count // of what was judged since the last commit
}

// fixedValues are values of raw_record that most rows share; a driver.Value made once costs nothing per row.
type fixedValues struct {
	source, runID, seenAt, first driver.Value
	entity, origin               texts
}

// texts is a text that is likely to come again, and its value.
type texts struct {
	text  string
	value driver.Value
}

func (t *texts) of(text string) driver.Value {
	if t.value == nil || t.text != text {
		t.text, t.value = text, text
	}
	return t.value
}

// heldRecord is a record that waits for its verdict.
type heldRecord struct {
	item
	ordinal   int64
	key, hash string
}

// Records are judged when so many came together; nothing is committed by that. They are held in memory till then.
const (
	mostHeld      = 16_000
	mostHeldBytes = 16 << 20
)

// newStream finds out what is stored of a source. seenAt is the start of the run.
func newStream(ctx context.Context, db *model.DB, source string, runID int64, seenAt time.Time) (*stream, error) {
	entities, err := model.Select[string](ctx, db, "SELECT DISTINCT entity FROM raw_record WHERE source = ?", source)
	if err != nil {
		return nil, err
	}
	s := &stream{db: db, source: source, known: map[string]bool{}, counts: map[string]*Count{}, row: make([]driver.Value, 0, len(rawColumns))}
	for _, e := range entities {
		s.known[e] = true
	}
	s.fixed = fixedValues{source: source, runID: runID, seenAt: seenAt, first: int32(1)}
	return s, nil
}

// put takes a record or a tombstone.
func (s *stream) put(ctx context.Context, ordinal int64, i *item) error {
	sum := sha256.Sum256([]byte(i.Payload))
	hash := hex.EncodeToString(sum[:])
	key := i.Key
	if key == "" {
		key = hash[:16]
	}
	if !s.known[i.Entity] && s.seen.add(i.Entity, key) && !i.gone {
		s.count(i.Entity).Stored++
		return s.append(ctx, i, ordinal, key, s.fixed.first, hash)
	}
	if s.keys == nil {
		var err error
		if s.keys, err = s.db.NewAppender(ctx, "staged_key", "ordinal", "entity", "key", "sha256", "deleted", "merged"); err != nil {
			return err
		}
	}
	if err := s.keys.Append(ordinal, i.Entity, key, hash, i.gone, i.gone && i.Payload != "{}"); err != nil {
		return err
	}
	s.held = append(s.held, heldRecord{*i, ordinal, key, hash})
	s.heldBytes += len(i.Payload)
	if len(s.held) < mostHeld && s.heldBytes < mostHeldBytes {
		return nil
	}
	return s.settle(ctx)
}

// rawColumns are the columns of raw_record in the order in which append gives them.
var rawColumns = []string{"source", "entity", "key", "version", "run_id", "seen_at", "sha256", "origin", "line", "ordinal", "deleted", "payload"}

// appendRows is after how many rows an appender is closed: it holds what it got in memory until then.
const appendRows = 2048

func (s *stream) append(ctx context.Context, i *item, ordinal int64, key string, version driver.Value, hash string) (err error) {
	if s.records == nil {
		if s.records, err = s.db.NewAppender(ctx, "raw_record", rawColumns...); err != nil {
			return err
		}
	}
	f := &s.fixed
	origin := driver.Value(nil)
	if i.Origin != "" {
		origin = f.origin.of(i.Origin)
	}
	line := driver.Value(nil)
	if i.Line > 0 {
		line = i.Line
	}
	s.row = append(s.row[:0], f.source, f.entity.of(i.Entity), key, version, f.runID, f.seenAt, hash, origin, line, ordinal, i.gone, i.Payload)
	if err := s.records.Append(s.row...); err != nil {
		return err
	}
	if s.appended++; s.appended < appendRows {
		return nil
	}
	return closeAppender(&s.records, &s.appended)
}

// settle has the held records judged and appends what is new of them. Afterwards nothing is held and nothing stands in an
// appender.
func (s *stream) settle(ctx context.Context) error {
	if err := closeAppender(&s.records, &s.appended); err != nil {
		return err
	}
	if len(s.held) == 0 {
		return nil
	}
	if err := closeAppender(&s.keys, nil); err != nil {
		return err
	}
	if err := s.db.Exec(ctx, upsertSQL, s.source); err != nil {
		return err
	}
	tally, err := model.Select[Count](ctx, s.db, tallySQL)
	if err != nil {
		return err
	}
	for _, t := range tally {
		c := s.count(t.Entity)
		*c = c.plus(t)
	}
	type place struct {
		Ordinal int64
		Version int32
	}
	places, err := model.Select[place](ctx, s.db, "SELECT ordinal, version FROM judged_record WHERE verdict IN ('stored', 'gone', 'merged') ORDER BY ordinal")
	if err != nil {
		return err
	}
	at := 0
	for _, p := range places {
		n, found := slices.BinarySearchFunc(s.held[at:], p.Ordinal, func(h heldRecord, o int64) int { return int(h.ordinal - o) })
		if at += n; !found {
			continue
		}
		h := &s.held[at]
		if err := s.append(ctx, &h.item, h.ordinal, h.key, p.Version, h.hash); err != nil {
			return err
		}
	}
	clear(s.held)
	s.held, s.heldBytes = s.held[:0], 0
	if err := closeAppender(&s.records, &s.appended); err != nil {
		return err
	}
	return s.db.Exec(ctx, stageKeysSQL)
}

// take gives the counts since they were last taken.
func (s *stream) take() []Count {
	out := make([]Count, 0, len(s.counts))
	for _, entity := range sortedKeys(s.counts) {
		out = append(out, *s.counts[entity])
	}
	clear(s.counts)
	return out
}

func (s *stream) count(entity string) *Count {
	c := s.counts[entity]
	if c == nil {
		c = &Count{Entity: entity}
		s.counts[entity] = c
	}
	return c
}

// close writes what stands in the appenders.
func (s *stream) close() error {
	return errors.Join(closeAppender(&s.records, &s.appended), closeAppender(&s.keys, nil))
}

// closeAppender writes what an appender holds, where there is one.
func closeAppender(a **model.Appender, rows *int) error {
	if rows != nil {
		*rows = 0
	}
	if *a == nil {
		return nil
	}
	err := (*a).Close()
	*a = nil
	return err
}

// keyFilter knows of a key that it was certainly not added before, in memory that does not grow (B. H. Bloom, Space/time
// trade-offs in hash coding with allowable errors, 1970): of a million keys hardly one is taken for one that was there, of ten
// million every twentieth.
type keyFilter struct{ bits []uint64 }

const (
	filterWords  = 1 << 20
	filterProbes = 4
)

// add adds a key and says whether it is certainly new.
func (f *keyFilter) add(entity, key string) (isNew bool) {
	if f.bits == nil {
		f.bits = make([]uint64, filterWords)
	}
	// FNV-1a, and the finish of SplitMix64, which spreads it over all bits.
	h := uint64(14695981039346656037)
	for _, s := range [2]string{entity, key} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h *= 1099511628211
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	h ^= h >> 31
	// All probes fall into one line of the processor's cache.
	line := f.bits[h%(filterWords/8)*8:][:8]
	h >>= 64 - 9*filterProbes
	for range filterProbes {
		word, bit := &line[h>>6&7], uint64(1)<<(h&63)
		isNew = isNew || *word&bit == 0
		*word |= bit
		h >>= 9
	}
	return isNew
}
