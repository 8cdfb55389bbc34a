package mapping

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"deskproof/collectors/file/reader"
	"deskproof/model/config"
)

// Inspection is a first deskproof.yaml for a file, and what was found, for people.
type Inspection struct {
	YAML    []byte   // a configuration that loads without errors
	Summary []string // what was recognised and what was not, a line each
}

// InspectRows is how many rows Inspect looks at.
const InspectRows = 200_000

// Inspect looks at an export and writes a first configuration for it, to stand in the folder dir. It proposes only
// what names and values show; what it could not tell stands in the file as a comment, and proposals say so.
// The error says that the file could not be read or holds no rows.
func Inspect(ctx context.Context, path, dir string) (Inspection, error) {
	t := &inspected{path: path, dir: dir}
	info, err := t.look(ctx, reader.Options{})
	if err != nil {
		return Inspection{}, err
	}
	if t.rows == 1 && len(info.Lists) > 0 {
		// One object around a list: the list is what was exported. The longest one is taken.
		whole, best, bestInfo := t, t, info
		for _, l := range info.Lists {
			inner := &inspected{path: path, dir: dir, records: l}
			if inside, err := inner.look(ctx, reader.Options{Records: l}); err == nil && (inner.rows > best.rows || best == whole) {
				best, bestInfo = inner, inside
			}
		}
		t, info = best, bestInfo
	}
	if t.rows == 0 {
		why := info.Gap
		switch {
		case t.rejects > 0:
			why = strings.TrimPrefix(why+"; no row can be read, the first because of this: "+t.rejected, "; ")
		case why == "":
			why = "it has no rows"
		}
		return Inspection{}, fmt.Errorf("%s: nothing to look at: %s", path, why)
	}
	t.info = info
	if err := t.recognise(); err != nil {
		return Inspection{}, err
	}
	out := Inspection{YAML: []byte(t.yaml()), Summary: t.summary()}
	if _, err := config.Parse(filepath.Join(dir, config.DefaultName), out.YAML); err != nil {
		return Inspection{}, errors.Join(fmt.Errorf("%s: the configuration that was written for it is not valid; please report this", path), err)
	}
	return out, nil
}

// look reads the file.
func (t *inspected) look(ctx context.Context, opt reader.Options) (reader.Info, error) {
	return reader.Read(ctx, t.path, opt, func(r *reader.Record) error {
		t.add(r)
		if t.rows >= InspectRows {
			return reader.ErrStop
		}
		return nil
	}, func(r reader.Reject) error {
		if t.rejects++; t.rejects == 1 {
			t.rejected = fmt.Sprintf("line %d: %s", r.Line, r.Reason)
		}
		return nil
	})
}

// seenColumn is one column of the file and its values.
type seenColumn struct {
	Name   string
	nested bool           // a member of a nested value: the name is the way to it
	counts map[string]int // rows by value, trimmed; rows without one are not counted
	order  []string       // distinct values as they came

	field   string      // what it was recognised as
	formats []timeShape // of times, the most frequent first
}

// inspected is the file while it is looked at.
type inspected struct {
	path, dir string
	records   string // way to the list of records in a JSON file
	info      reader.Info
	rows      int
	rejects   int
	rejected  string // where and why, of the first
	columns   []*seenColumn
	index     map[string]int

	words    words
	missing  []string // markers found
	updates  bool     // a row is an update
	repeated bool     // keys repeat, but nothing tells when
	dayFirst map[string]string
	natives  []nativeHint
	doubts   []string
}

type nativeHint struct{ column, clock, key string }

func (t *inspected) add(r *reader.Record) {
	if t.index == nil {
		t.index = map[string]int{}
	}
	t.rows++
	for i, name := range r.Names {
		t.value(name, r.Values[i], 0)
	}
}

// deepest is how far nested values are looked into, and widest how many columns they may make.
const (
	deepest = 3
	widest  = 400
)

// value notes one value; the members of a nested one count as columns with dotted names.
func (t *inspected) value(name string, value reader.Value, depth int) {
	if names, values := reader.Members(value); len(names) > 0 && depth < deepest && len(t.columns) < widest {
		for i, n := range names {
			t.value(name+"."+n, values[i], depth+1)
		}
		return
	}
	at, ok := t.index[name]
	if !ok {
		at = len(t.columns)
		t.index[name] = at
		t.columns = append(t.columns, &seenColumn{Name: name, nested: depth > 0, counts: map[string]int{}})
	}
	c := t.columns[at]
	v := ""
	if value.Kind != reader.Null {
		v = strings.TrimFunc(value.Text, unicode.IsSpace)
	}
	if v == "" {
		return
	}
	if c.counts[v] == 0 {
		c.order = append(c.order, v)
	}
	c.counts[v]++
}

func (t *inspected) recognise() error {
	var err error
	if t.words, err = readWords(); err != nil {
		return err
	}
	t.findMissing()
	for _, c := range t.columns {
		c.formats = timeShapes(c)
	}
	t.dayFirst = dayOrMonth(t.columns)
	type candidate struct {
		score, field, column int
	}
	var all []candidate
	for fi, f := range t.words.Fields {
		for ci, c := range t.columns {
			score := c.fit(f)
			if score > 0 && t.fits(f.Field, c) {
				all = append(all, candidate{score, fi, ci})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		if a.score != b.score {
			return b.score - a.score
		}
		if a.field != b.field {
			return a.field - b.field
		}
		return a.column - b.column
	})
	for _, a := range all {
		f, c := t.words.Fields[a.field].Field, t.columns[a.column]
		if c.field == "" && t.column(f) == nil {
			c.field = f
		}
	}
	if t.column("key") == nil {
		t.guessKey()
	}
	t.findShape()
	t.findNative()
	return nil
}

// column is the column that was recognised as a field.
func (t *inspected) column(field string) *seenColumn {
	for _, c := range t.columns {
		if c.field == field {
			return c
		}
	}
	return nil
}

// findMissing looks for texts that stand for "no value": known ones that occur in several columns, or in one whose
// other values are times or numbers.
func (t *inspected) findMissing() {
	for _, m := range t.words.Missing {
		in := 0
		for _, c := range t.columns {
			if c.counts[m] == 0 {
				continue
			}
			in++
			if !strings.ContainsFunc(m, unicode.IsLetter) {
				in++ // signs alone are no word for anything else
			}
			others := 0
			typed := 0
			for v := range c.counts {
				if v == m || slices.Contains(t.words.Missing, v) {
					continue
				}
				others++
				if _, ok := shapeOf(v); ok || isNumber(v) {
					typed++
				}
			}
			if others > 0 && typed*10 >= others*9 {
				in++
			}
		}
		if in >= 2 {
			t.missing = append(t.missing, m)
		}
	}
	for _, c := range t.columns {
		for _, m := range t.missing {
			if c.counts[m] > 0 {
				delete(c.counts, m)
				c.order = slices.DeleteFunc(c.order, func(v string) bool { return v == m })
			}
		}
	}
}

// fits says whether the values of a column can be those of a field.
func (t *inspected) fits(field string, c *seenColumn) bool {
	if len(c.counts) == 0 {
		return false
	}
	switch {
	case strings.HasSuffix(field, "_at") || field == "updated":
		return len(c.formats) > 0
	case strings.HasSuffix(field, "_count"):
		return c.all(isWhole)
	case field == "sequence":
		return c.all(isWhole)
	case field == "is_major":
		return c.all(isBoolean)
	case field == "key":
		return t.filled(c)*20 >= t.rows*19 && len(c.formats) == 0 && !c.all(isBoolean)
	case t.words.Values[field] != nil && field != "status":
		if len(c.counts) > 30 {
			return false
		}
		for v := range c.counts {
			if t.proposal(field, c, v) != "" {
				return true
			}
		}
		return false
	case field == "status":
		return len(c.counts) <= 60 && len(c.formats) == 0 && !c.all(isBoolean)
	default:
		return len(c.formats) == 0 && (!c.all(isBoolean) || c.all(isWhole))
	}
}

func (t *inspected) filled(c *seenColumn) int {
	n := 0
	for _, k := range c.counts {
		n += k
	}
	return n
}

func (c *seenColumn) all(is func(string) bool) bool {
	for v := range c.counts {
		if !is(v) {
			return false
		}
	}
	return len(c.counts) > 0
}

// guessKey takes the first column whose values are all there, all different and short.
func (t *inspected) guessKey() {
	for _, c := range t.columns {
		if c.field != "" || t.filled(c) != t.rows || len(c.counts) != t.rows || len(c.formats) > 0 {
			continue
		}
		if c.all(func(v string) bool { return len(v) <= 40 }) {
			c.field = "key"
			t.doubts = append(t.doubts, fmt.Sprintf("column %q was taken for the key because its values are all different", c.Name))
			return
		}
	}
}

// findShape tells updates from tickets: the key repeats, and there is a time of the update.
func (t *inspected) findShape() {
	key := t.column("key")
	if key == nil || len(key.counts) == t.filled(key) {
		for _, f := range []string{"actor", "sequence"} {
			if c := t.column(f); c != nil {
				c.field = ""
			}
		}
		return
	}
	if t.column("updated") == nil {
		t.repeated = true
		return
	}
	t.updates = true
}

// findNative looks for flags of the tool's own clocks.
func (t *inspected) findNative() {
	for _, n := range []struct{ list, clock, key string }{
		{"response_met", "response", "met"}, {"response_breached", "response", "breached"},
		{"met", "resolution", "met"}, {"breached", "resolution", "breached"},
	} {
		for _, c := range t.columns {
			taken := slices.ContainsFunc(t.natives, func(h nativeHint) bool { return h.column == c.Name || h.clock == n.clock })
			if c.field == "" && !taken && match(c.Name, t.words.Native[n.list], true) > 0 && c.all(isBoolean) {
				t.natives = append(t.natives, nativeHint{c.Name, n.clock, n.key})
				c.field = "native"
			}
		}
	}
}
