package file

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deskproof/collectors"
	"deskproof/collectors/file/reader"
	"deskproof/model/strictyaml"
)

// keyer knows where the parts of the key stand in records with certain names.
type keyer struct {
	key, ticket, at, field place
}

// place is the column of a value; within leads into a nested one.
type place struct {
	column int // -1: nowhere
	within []string
}

// placeOf finds a column by its name, or the column that a dotted name leads into: via.channel is the member channel
// of the column via. Tables have no nested values.
func placeOf(names []string, column string, tabular bool) place {
	if i := slices.Index(names, column); i >= 0 || tabular {
		return place{column: i}
	}
	parts := strings.Split(column, ".")
	for i := len(parts) - 1; i > 0; i-- {
		if at := slices.Index(names, strings.Join(parts[:i], ".")); at >= 0 {
			return place{at, parts[i:]}
		}
	}
	return place{column: -1}
}

// text is the value at a place.
func (p place) text(values []reader.Value) string {
	if p.column < 0 {
		return ""
	}
	v := values[p.column]
	for _, w := range p.within {
		if v = reader.Member(v, w); v.Kind == reader.Null {
			return ""
		}
	}
	return v.Text
}

// keyer finds the columns of the key. A table that lacks one gives no record a key, so the error names its columns.
// Records of other files differ in their names: an event without a time is still an event, one without a ticket is not.
func (p *part) keyer(names []string, tabular bool, path string) (keyer, error) {
	nowhere := place{column: -1}
	k := keyer{nowhere, nowhere, nowhere, nowhere}
	for _, c := range []struct {
		option, column string
		at             *place
	}{{"key", p.key, &k.key}, {"ticket", p.ticket, &k.ticket}, {"at", p.at, &k.at}, {"field", p.field, &k.field}} {
		option := c.option
		switch {
		case p.entity == "ticket_update" && option == "key":
			continue // it is the column "ticket" of an update
		case p.entity == "ticket_update" && option == "ticket":
			option = "key"
		case p.entity == "ticket_update" && option == "at":
			option = "updated"
		case p.entity == "ticket_history":
			option = "history." + option
		}
		if c.column == "" {
			if option == "key" && p.needsKey {
				return k, fmt.Errorf("%s: `key` is missing: name the column that identifies a record; the file has %s", path, strings.Join(names, ", "))
			}
			continue
		}
		if *c.at = placeOf(names, c.column, tabular); c.at.column < 0 {
			if !tabular && (c.option == "at" || c.option == "field") {
				continue
			}
			hint := strictyaml.Suggest(c.column, names)
			if !strings.HasPrefix(hint, "did you mean") {
				hint = "the file has " + strings.Join(names, ", ")
			}
			return k, fmt.Errorf("%s has no column %q, which `%s` names: %s", path, c.column, option, hint)
		}
	}
	return k, nil
}

// named is true when the configuration names the column of the key, or none is needed.
func (p *part) named() bool { return p.key != "" || p.ticket != "" || !p.needsKey }

// none is true for a value that says that there is none.
func (p *part) none(s string) bool {
	return strings.TrimSpace(s) == "" || slices.Contains(p.missing, s)
}

// of makes the key of a record; repeats says that several records of a file may share it; a reason says why there is none.
func (p *part) of(k keyer, values []reader.Value) (key string, repeats bool, reason string) {
	text := func(at place) string { return at.text(values) }
	switch {
	case k.ticket.column >= 0:
		if p.none(text(k.ticket)) {
			return "", false, fmt.Sprintf("no key: the column %s, which says which ticket it is, holds %q", p.ticket, text(k.ticket))
		}
		key = text(k.ticket) + "@" + text(k.at)
		if p.entity == "ticket_history" {
			key += "#" + text(k.field)
		}
		return key, true, ""
	case k.key.column >= 0:
		if p.none(text(k.key)) {
			return "", false, fmt.Sprintf("no key: the column %s holds %q", p.key, text(k.key))
		}
		return text(k.key), false, ""
	}
	return "", false, ""
}

// isExample is true for the id of a row that only shows how a register is filled.
func isExample(key string) bool {
	key = strings.TrimSpace(key)
	return len(key) >= len(collectors.ExamplePrefix) && strings.EqualFold(key[:len(collectors.ExamplePrefix)], collectors.ExamplePrefix)
}

// collect reads one file. What a newer file of the run held is passed over.
func (p *part) collect(ctx context.Context, s *collectors.Session, o object, n *newer, before, total int64) error {
	path, done, err := o.local(ctx)
	if err != nil {
		return &fileFault{err}
	}
	defer done()
	origin, size := o.origin, o.size
	opt := p.options
	opt.Progress = func(done, of int64) {
		if of > 0 {
			s.Progress(before+int64(float64(size)*float64(done)/float64(of)), total)
		}
	}
	var payload collectors.Payload
	var names []string
	var k keyer
	var noKey, storeErr error
	examples := 0
	record := func(r *reader.Record) error {
		if names == nil || len(names) != len(r.Names) || len(names) > 0 && &names[0] != &r.Names[0] {
			first := names == nil
			names = r.Names
			if k, noKey = p.keyer(names, r.Tabular, origin); noKey != nil && (first && r.Tabular || !p.named()) {
				return noKey // no record of this file can have a key
			}
		}
		payload.Begin()
		for i, v := range r.Values {
			switch v.Kind {
			case reader.Text:
				payload.Text(r.Names[i], v.Text)
			case reader.JSON:
				payload.JSON(r.Names[i], v.Text)
			default:
				payload.Null(r.Names[i])
			}
		}
		rec := collectors.Record{Entity: p.entity, Origin: origin, Line: r.Line, Payload: payload.End()}
		reason := ""
		if noKey != nil {
			// Records of JSON and XES differ in their names: one without the column is refused, the others are not.
			reason = "no key: " + noKey.Error()
		} else {
			rec.Key, rec.Repeats, reason = p.of(k, r.Values)
		}
		if reason != "" {
			storeErr = s.Reject(collectors.Reject{Entity: p.entity, Origin: origin, Line: r.Line, Reason: reason, Content: rec.Payload})
		} else if rec.Repeats || rec.Key == "" || !n.has(rec.Key) {
			storeErr = s.Put(rec)
			if p.register && isExample(rec.Key) {
				examples++
			} else {
				p.documents.note(rec, r)
			}
		}
		return storeErr
	}
	info, err := reader.Read(ctx, path, opt, record, func(r reader.Reject) error {
		storeErr = s.Reject(collectors.Reject{Entity: p.entity, Origin: origin, Line: r.Line, Reason: r.Reason, Content: r.Content})
		return storeErr
	})
	if storeErr != nil {
		return storeErr
	}
	if info.SHA256 != "" && info.Format != "" {
		s.File(collectors.File{Entity: p.entity, Path: origin, SHA256: info.SHA256, Size: info.Size, Format: info.Format,
			Encoding: info.Encoding, Compression: info.Compression, Rows: info.Rows, Truncated: info.Truncated})
	}
	if p.register && err == nil && info.Gap == "" && info.Rows == int64(examples) {
		s.Warn("%s: the register is empty, so that nothing is known from it", origin)
	}
	if examples > 0 {
		s.Warn("%s: example rows are no entries and not counted: %d with ids that begin with %s", origin, examples, collectors.ExamplePrefix)
	}
	for _, w := range info.Warnings {
		s.Warn("%s: %s", origin, w)
	}
	if err != nil && o.remote != nil {
		err = errors.New(o.named(path, err.Error()))
	}
	if err != nil {
		return &fileFault{err}
	}
	if info.Gap != "" {
		gap := info.Gap
		if o.remote != nil {
			gap = o.named(path, gap)
		}
		s.Gap("%s: %s", origin, gap)
	}
	return nil
}
