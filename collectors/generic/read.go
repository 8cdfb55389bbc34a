package generic

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"deskproof/collectors/rest"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// walk is one run.
type walk struct {
	*rest.Run
	def      *definition
	expected map[string]int64
	withheld map[string]int64 // records for which a list was refused
}

func (def *definition) collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r, def: def, expected: map[string]int64{}, withheld: map[string]int64{}}
	for _, l := range def.Read {
		if err := w.list(ctx, l); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(w.withheld) {
		w.Warn("%s was refused for %d records", name, w.withheld[name])
	}
	return nil
}

// list reads one list, and finds what is no longer there.
func (w *walk) list(ctx context.Context, l *list) error {
	scopes := []string{""}
	if slices.Contains(l.placeholders(), "project") {
		if scopes = []string(w.Source.Projects); len(scopes) == 0 {
			return fmt.Errorf("%s: its address holds {project}: name them under projects", l.Name)
		}
	}
	w.Entity(l.Name)
	for _, e := range l.Each {
		w.Entity(e.Name)
	}
	whole := true
	for _, project := range scopes {
		all, refused, err := w.read(ctx, l, project)
		if err != nil || refused {
			return err
		}
		whole = whole && all
	}
	if l.Keeps {
		return nil
	}
	cursor := "sweep@" + l.Name
	if !whole {
		if !w.Daily(cursor) {
			return nil
		}
		for _, project := range scopes {
			if err := w.listKeys(ctx, l, project); err != nil {
				return err
			}
		}
	}
	gone, unknown, err := w.Sweep(ctx, l.Name)
	if err != nil {
		return err
	}
	if err := w.missed(ctx, l, unknown); err != nil {
		return err
	}
	if err := w.verify(ctx, l, gone); err != nil {
		return err
	}
	if slices.Contains(l.placeholders(), "since") {
		w.SetCursor(cursor, w.Now.UTC().Format(time.RFC3339))
	}
	return w.SafePoint(ctx)
}

// read reads what changed. whole is true when that was everything.
func (w *walk) read(ctx context.Context, l *list, project string) (whole, refused bool, err error) {
	d := w.def.reading(w.Client, l)
	d.project = project
	cursor := l.Name
	if project != "" {
		cursor += "@" + project
	}
	if slices.Contains(l.placeholders(), "since") {
		d.since = w.From(cursor)
		if !d.since.IsZero() || w.WindowTo.IsZero() {
			w.WindowFrom, w.WindowTo = d.since, w.Now
		}
	}
	whole = d.since.IsZero()
	w.Query = w.Client.Hide(cmp.Or(w.Query, d.request().Query.Encode()))
	base, begun := w.expected[l.Name], false
	var newest time.Time
	last := map[string][]byte{}
	for p, err := range w.Client.Pages(ctx, d.request(), l.paged(d)) {
		if err != nil {
			if !begun && l.Without != "" && refusal(err) {
				if !slices.Contains(w.Probe.Lacks, l.Name+": "+l.Without) { // else it was said
					w.Warn("%s: %s", l.Name, l.Without)
				}
				return false, true, nil
			}
			return false, false, err
		}
		if p.Total >= 0 && (!begun || l.Paging != "changed") {
			w.expected[l.Name] = base + p.Total
			w.Reported(l.Name, w.expected[l.Name])
		}
		begun = true
		var items [][]byte
		now := map[string][]byte{}
		for _, item := range p.Items {
			key := rest.Field(item, l.Key)
			now[key] = item
			if key != "" && bytes.Equal(last[key], item) {
				continue // the page before ended with it
			}
			items = append(items, item)
			if whole && key != "" && !l.Keeps {
				if err := w.Present(l.Name, key); err != nil {
					return false, false, err
				}
			}
			if l.Updated == "" {
				continue
			}
			at, ok, err := l.updated(item, d.zone)
			if err != nil {
				return false, false, err
			}
			if ok && at.After(newest) {
				newest = at
			}
		}
		last = now
		if err := w.take(ctx, l, items); err != nil {
			return false, false, err
		}
		if l.Paging == "changed" && !newest.IsZero() {
			w.Moved(cursor, newest)
		}
		if err := w.SafePoint(ctx); err != nil {
			return false, false, err
		}
	}
	if l.Updated != "" && !newest.IsZero() {
		w.Moved(cursor, newest) // a list in another order is read up to here as a whole
	}
	return whole, false, nil
}

// found is a record with the lists that were read for it.
type found struct {
	key     string
	payload []byte
	each    []part
	absent  bool
}

type part struct {
	name, path string
	payload    []byte
}

// take reads what belongs to each record and stores it.
func (w *walk) take(ctx context.Context, l *list, items [][]byte) error {
	var gone []string
	err := rest.Each(ctx, w.Client.Parallel(), slices.Values(items), func(ctx context.Context, item []byte) (found, error) {
		return w.whole(ctx, l, rest.Field(item, l.Key), item)
	}, func(item []byte, f found) error {
		if f.absent {
			gone = append(gone, f.key)
			return nil
		}
		return w.store(l, f)
	})
	if len(gone) > 0 {
		w.Gap("%s: listed, and not there when they were read: %s", l.Name, rest.Some(gone))
	}
	return err
}

// whole reads what belongs to a record: itself where the list shows only a part of it, and the lists for it.
func (w *walk) whole(ctx context.Context, l *list, key string, item []byte) (found, error) {
	f := found{key: key, payload: item}
	if key == "" {
		return f, nil // it will be rejected
	}
	if l.Detail {
		b, err := w.def.reading(w.Client, l).detail(ctx, w.Client, key, item)
		if s := rest.Status(err); s == 404 || s == 410 {
			f.absent = true
			return f, nil
		}
		if err != nil {
			return f, err
		}
		f.payload = b
	}
	for _, e := range l.Each {
		d := w.def.reading(w.Client, e)
		d.key, d.record = key, f.payload
		p := part{name: e.Name, path: d.request().Path, payload: []byte(`{"items":[`)}
		n := 0
		var failed error
		for page, err := range w.Client.Pages(ctx, d.request(), e.paged(d)) {
			if err != nil {
				failed = err
				break
			}
			for _, x := range page.Items {
				if n++; n > 1 {
					p.payload = append(p.payload, ',')
				}
				p.payload = append(p.payload, x...)
			}
		}
		if failed != nil {
			if e.Without == "" || !refusal(failed) {
				return f, failed
			}
			f.each = append(f.each, part{name: e.Name})
			continue
		}
		p.payload = append(p.payload, "]}"...)
		f.each = append(f.each, p)
	}
	return f, nil
}

func (w *walk) store(l *list, f found) error {
	for _, p := range f.each {
		if p.payload == nil {
			w.withheld[p.name]++
			continue
		}
		if err := w.PutRaw(p.name, f.key, p.path, p.payload); err != nil {
			return err
		}
	}
	return w.PutRaw(l.Name, f.key, cmp.Or(l.Get, l.Post), f.payload)
}

// detail reads one record at its own address.
func (d *reading) detail(ctx context.Context, c *rest.Client, key string, item []byte) ([]byte, error) {
	d.key, d.record = key, item
	path, _ := d.expand(d.list.One, url.PathEscape)
	r, err := c.Do(ctx, rest.Request{Path: path, Header: d.headers})
	if err != nil {
		return nil, err
	}
	return member(r, d.list.OneRecord)
}

// member is the record within an answer.
func member(r *rest.Response, name string) ([]byte, error) {
	if name == "" {
		return bytes.TrimSpace(r.Body), nil
	}
	m, err := r.Member(name)
	if err != nil {
		return nil, err
	}
	if b := bytes.TrimSpace(m.Body); len(b) > 1 && b[0] == '[' { // a list of one
		return bytes.TrimSpace(b[1 : len(b)-1]), nil
	}
	return m.Body, nil
}

// listKeys notes all keys that the tool lists.
func (w *walk) listKeys(ctx context.Context, l *list, project string) error {
	d := w.def.reading(w.Client, l)
	d.project, d.query = project, l.SweepQuery
	for p, err := range w.Client.Pages(ctx, d.request(), l.paged(d)) {
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			if key := rest.Field(item, l.Key); key != "" {
				if err := w.Present(l.Name, key); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// missed reads records that are listed and that the list of changes did not show.
func (w *walk) missed(ctx context.Context, l *list, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	if l.One == "" {
		w.Gap("%s: %d records are there that the list of changes did not show; read everything once with --full: %s", l.Name, len(keys), rest.Some(keys))
		return nil
	}
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(keys), func(ctx context.Context, key string) (found, error) {
		b, err := w.def.reading(w.Client, l).detail(ctx, w.Client, key, nil)
		if s := rest.Status(err); s == 404 || s == 410 {
			return found{key: key, absent: true}, nil
		}
		if err != nil {
			return found{}, err
		}
		return w.whole(ctx, l, key, b)
	}, func(_ string, f found) error {
		if f.absent {
			return nil
		}
		return w.store(l, f)
	})
}

// verify asks for each record that is stored and no longer listed, why.
func (w *walk) verify(ctx context.Context, l *list, keys []string) error {
	if l.One == "" {
		for _, key := range keys {
			if err := w.Delete(l.Name, key); err != nil {
				return err
			}
		}
		return nil
	}
	var hidden []string
	type answer struct {
		status  int
		payload []byte
	}
	err := rest.Each(ctx, w.Client.Parallel(), slices.Values(keys), func(ctx context.Context, key string) (answer, error) {
		b, err := w.def.reading(w.Client, l).detail(ctx, w.Client, key, nil)
		switch s := rest.Status(err); s {
		case http.StatusForbidden, http.StatusNotFound, http.StatusGone:
			return answer{status: s}, nil
		}
		return answer{http.StatusOK, b}, err
	}, func(key string, a answer) error {
		deleted := l.Deleted != "" && !slices.Contains([]string{"", "false", "0"}, rest.Field(a.payload, l.Deleted))
		switch {
		case a.status == http.StatusNotFound || a.status == http.StatusGone:
			return w.Delete(l.Name, key)
		case a.status == http.StatusOK && deleted:
			if err := w.PutRaw(l.Name, key, l.One, a.payload); err != nil {
				return err
			}
			return w.Delete(l.Name, key)
		}
		hidden = append(hidden, key)
		return nil
	})
	if len(hidden) > 0 {
		w.Gap("%s: %d records were read once and are no longer listed for this account, although they are there: %s", l.Name, len(hidden), rest.Some(hidden))
	}
	return err
}
