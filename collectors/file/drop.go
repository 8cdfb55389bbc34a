package file

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"deskproof/collectors"
	"deskproof/model/config"
)

// A place where a nightly export drops files: a folder, a pattern behind new:, or objects of a store. Of such a place only files
// that were not read yet are read, and what a newer file says of a record counts; the files of a plain pattern are the parts of one export.

// newPrefix marks a pattern as a place where files are dropped.
const newPrefix = "new:"

// object is a file of a source, on this machine or in a store.
type object struct {
	origin string // as the books show it
	path   string // where it lies; empty = in a store
	size   int64
	moment time.Time // when it came
	tag    string    // what differs when it is replaced
	remote *bucket
	key    string // in the store
}

// local gives the path of the file, which is brought here first where it lies in a store. done removes it again.
func (o object) local(ctx context.Context) (path string, done func(), err error) {
	if o.remote == nil {
		return o.path, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "deskproof-")
	if err != nil {
		return "", nil, fmt.Errorf("there is no room to bring %s here: %w", o.origin, err)
	}
	done = func() { _ = os.RemoveAll(dir) }
	path, err = o.remote.fetch(ctx, o, dir)
	if err != nil {
		done()
		return "", nil, err
	}
	return path, done, nil
}

// named puts the name of the object in place of the path where it was brought to.
func (o object) named(path, s string) string { return strings.ReplaceAll(s, path, o.origin) }

// unfinished is true for names that programs give to files while they write them.
func unfinished(name string) bool {
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	if strings.HasPrefix(base, ".") {
		return true
	}
	for _, end := range []string{".tmp", ".part", ".filepart", ".crdownload"} {
		if strings.HasSuffix(strings.ToLower(base), end) {
			return true
		}
	}
	return false
}

// objects finds the files that a path or pattern names; drop says that new ones are dropped there.
func objects(ctx context.Context, cfg *config.Config, pattern string) (found []object, drop bool, err error) {
	if isRemote(pattern) {
		b, err := openBucket(pattern)
		if err != nil {
			return nil, true, err
		}
		found, err = b.list(ctx)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("no object fits %s", pattern)
		}
		return found, true, err
	}
	plain, drop := strings.CutPrefix(pattern, newPrefix)
	if st, err := os.Stat(cfg.Path(plain)); err == nil && st.IsDir() && (drop || strings.HasSuffix(plain, "/")) {
		plain, drop = strings.TrimRight(plain, "/")+"/*", true
	}
	paths, err := find(cfg, plain)
	if err != nil {
		return nil, drop, err
	}
	for _, p := range paths {
		if drop && unfinished(p) {
			continue
		}
		o := object{origin: relative(cfg, plain, p), path: p}
		if st, err := os.Stat(p); err == nil {
			o.size, o.moment = st.Size(), st.ModTime().UTC()
			o.tag = fmt.Sprint(o.size, "@", o.moment.UnixNano())
		}
		found = append(found, o)
	}
	return found, drop, nil
}

// position is how far a place was read: everything that came before Until, and what is named from Since to there. A store gives a
// large object the time when its upload began, so the last two days are compared by name.
type position struct {
	Until time.Time         `json:"until"`
	Seen  map[string]string `json:"seen"` // origin → tag
}

// lookBack is how much of a place is compared by name.
const lookBack = 48 * time.Hour

// positionOf reads the cursor of a part.
func positionOf(s *collectors.Session, cursor string) position {
	p := position{Seen: map[string]string{}}
	if text := s.Cursor(cursor); text != "" {
		if err := json.Unmarshal([]byte(text), &p); err != nil || p.Seen == nil {
			return position{Seen: map[string]string{}} // everything is read once more
		}
	}
	return p
}

// fresh are the files that were not read yet, the newest first. A file that comes late brings back those that are newer than it is, so
// that it does not overwrite what they said.
func (p position) fresh(all []object) []object {
	var out []object
	var late time.Time
	isNew := func(o object) bool {
		return (p.Seen[o.origin] != o.tag || o.tag == "") && (p.Until.IsZero() || !o.moment.Before(p.Until.Add(-lookBack)))
	}
	for _, o := range all {
		if isNew(o) && (late.IsZero() || o.moment.Before(late)) {
			late = o.moment
		}
	}
	for _, o := range all {
		if isNew(o) || !late.IsZero() && o.moment.After(late) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b object) int {
		if c := b.moment.Compare(a.moment); c != 0 {
			return c
		}
		return strings.Compare(b.origin, a.origin)
	})
	return out
}

// after is the position when all files were read but those that failed.
func (p position) after(all []object, failed map[string]bool) position {
	out := position{Until: p.Until, Seen: map[string]string{}}
	var first time.Time // of those that failed
	for _, o := range all {
		if failed[o.origin] && (first.IsZero() || o.moment.Before(first)) {
			first = o.moment
		}
		if o.moment.After(out.Until) {
			out.Until = o.moment
		}
	}
	if !first.IsZero() && first.Before(out.Until) {
		out.Until = first // it is looked for again, however long that takes
	}
	for _, o := range all {
		if !failed[o.origin] && !o.moment.Before(out.Until.Add(-lookBack)) {
			out.Seen[o.origin] = o.tag
		}
	}
	return out
}

func (p position) text() string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return string(b)
}

// newer remembers which records newer files of the run held.
type newer struct {
	keys    map[[16]byte]bool
	file    [][16]byte // of the file that is being read
	skipped int64
}

// has is true when a newer file held the record; else it is noted.
func (n *newer) has(key string) bool {
	if n == nil {
		return false
	}
	sum := sha256.Sum256([]byte(key))
	id := [16]byte(sum[:16])
	if n.keys[id] {
		n.skipped++
		return true
	}
	n.file = append(n.file, id)
	return false
}

// next begins an older file.
func (n *newer) next() {
	if n == nil {
		return
	}
	for _, id := range n.file {
		n.keys[id] = true
	}
	n.file = n.file[:0]
}

// cursorOf names the position of a part: another path is another place.
func cursorOf(p *part) string { return "files@" + p.entity + "@" + p.pattern }
