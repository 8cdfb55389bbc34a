package glpi

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"deskproof/collectors/rest"
)

// wanted are the columns whose changes are history, by the tables that hold them.
var wanted = map[string][]string{
	"glpi_tickets": {"name", "status", "priority", "urgency", "impact", "type", "time_to_resolve"},
	"glpi_changes": {"name", "status", "priority", "urgency", "impact", "time_to_resolve"}, "glpi_problems": {"name", "status", "priority", "urgency", "impact", "time_to_resolve"},
	"glpi_itilcategories": {"completename"},
}

// options reads what the numbers in the history stand for.
func (w *walk) options(ctx context.Context) error {
	w.fields = map[string]bool{}
	w.Entity("option")
	for _, t := range []string{"Ticket", "Problem", "Change"} {
		r, err := w.Client.Get(ctx, "listSearchOptions/"+t, nil)
		if refused(err) {
			continue
		} else if err != nil {
			return err
		}
		var all map[string]json.RawMessage
		if err := r.Into(&all); err != nil {
			return err
		}
		for _, number := range slices.Sorted(maps.Keys(all)) {
			table, field := rest.Field(all[number], "table"), rest.Field(all[number], "field")
			if _, err := strconv.Atoi(number); err != nil || !slices.Contains(wanted[table], field) {
				continue
			}
			if table == "glpi_itilcategories" {
				field = "itilcategories_id"
			}
			w.fields[t+"/"+number] = true
			b, err := json.Marshal(map[string]string{"itemtype": t, "number": number, "field": field})
			if err == nil {
				err = w.PutRaw("option", t+"/"+number, "listSearchOptions/"+t, b)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// mark is how far a stream was read.
type mark struct {
	Offset int64  // records of the first reading so far
	Last   int64  // highest id read
	Loaded bool   // the first reading came to its end
	Until  string // changes were read up to this moment, local time of the server
}

// read brings a stream up to date.
func (w *walk) read(ctx context.Context, s stream) error {
	var m mark
	_ = json.Unmarshal([]byte(w.Cursor(s.cursor())), &m) // empty at first
	fresh := m.Until == ""
	if fresh {
		m.Until = w.now // what changes while it is read is found by the next run
	}
	if !m.Loaded {
		if err := w.load(ctx, s, &m); err != nil {
			return err
		}
	} else {
		if err := w.newer(ctx, s, &m); err != nil {
			return err
		}
	}
	for _, column := range s.dates {
		if fresh {
			break
		}
		if err := w.days(ctx, s, column, m.Until); err != nil {
			return err
		}
	}
	m.Until = w.now
	return w.set(ctx, s, m)
}

func (w *walk) set(ctx context.Context, s stream, m mark) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	w.SetCursor(s.cursor(), string(b))
	if !w.news { // a cursor alone is stored with the next records
		return ctx.Err()
	}
	w.news = false
	return w.SafePoint(ctx)
}

// pages goes through a list; one that ends while it is read has ended.
func (w *walk) pages(ctx context.Context, q rest.Request, from int64, each func(p *rest.Page) (more bool, err error)) error {
	for p, err := range w.Client.Pages(ctx, q, rest.List{Style: ranged{from}}) {
		if exceeds(err) {
			return nil
		} else if err != nil {
			return err
		}
		if more, err := each(p); err != nil || !more {
			return err
		}
	}
	return nil
}

// load reads a stream for the first time, by id from the lowest. It goes on where an earlier run was interrupted, if the
// last record of that run still stands where it stood; otherwise it begins again.
func (w *walk) load(ctx context.Context, s stream, m *mark) error {
	from, check := m.Offset, m.Offset > 0
	if check {
		from--
	}
	q := s.request("ASC", nil)
	restart := false
	var all int64
	err := w.pages(ctx, q, from, func(p *rest.Page) (bool, error) {
		items := p.Items
		if check {
			check = false
			if len(items) == 0 || rest.Field(items[0], "id") != strconv.FormatInt(m.Last, 10) {
				restart = true
				return false, nil
			}
			items = items[1:]
		}
		if err := w.put(s, items, m); err != nil {
			return false, err
		}
		if w.Full && !s.swept && s.entity != "log" {
			for _, item := range items {
				if err := w.Present(s.entity, s.key(rest.Field(item, "id"))); err != nil {
					return false, err
				}
			}
		}
		m.Offset += int64(len(items))
		if n, known := total(p); known {
			all = n
			w.Progress(m.Offset, n)
		}
		return true, w.set(ctx, s, *m)
	})
	if err != nil {
		return err
	}
	if restart || check {
		*m = mark{Until: m.Until}
		return w.load(ctx, s, m)
	}
	if all > m.Offset {
		w.Warn("%s: GLPI counts %d records and lists %d: the others are not visible to the account", s.itemtype, all, m.Offset)
	}
	m.Loaded = true
	return nil
}

// newer reads the records that came since, by id from the highest.
func (w *walk) newer(ctx context.Context, s stream, m *mark) error {
	last := m.Last
	return w.pages(ctx, s.request("DESC", nil), 0, func(p *rest.Page) (bool, error) {
		n := len(p.Items)
		for i, item := range p.Items {
			if id, err := strconv.ParseInt(rest.Field(item, "id"), 10, 64); err == nil && id <= last {
				n = i
				break
			}
		}
		return n == len(p.Items), w.put(s, p.Items[:n], m)
	})
}

// days reads what changed since a moment: the records whose date begins with one of the days, or of the months, since then.
func (w *walk) days(ctx context.Context, s stream, column, until string) error {
	at, err := time.Parse(form, until)
	if err != nil {
		return &rest.Fault{What: s.cursor() + ": the cursor holds no time: " + until}
	}
	from := at.Add(-w.Overlap()).Format(form)
	if !w.Since.IsZero() && w.least < from {
		from = w.least
	}
	for _, begin := range prefixes(from, w.now) {
		err := w.pages(ctx, s.request("ASC", map[string]string{column: "^" + begin}), 0, func(p *rest.Page) (bool, error) {
			var items [][]byte
			for _, item := range p.Items {
				if rest.Field(item, column) >= from {
					items = append(items, item)
				}
			}
			if err := w.put(s, items, nil); err != nil {
				return false, err
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// prefixes are the days from one moment to another one, or the months, where the days are many.
func prefixes(from, to string) []string {
	a, errA := time.Parse(time.DateOnly, from[:10])
	b, errB := time.Parse(time.DateOnly, to[:10])
	if errA != nil || errB != nil || b.Before(a) {
		return nil
	}
	var out []string
	if b.Sub(a) > 60*24*time.Hour {
		for m := time.Date(a.Year(), a.Month(), 1, 0, 0, 0, 0, time.UTC); !m.After(b); m = m.AddDate(0, 1, 0) {
			out = append(out, m.Format("2006-01-"))
		}
		return out
	}
	for d := a; !d.After(b); d = d.AddDate(0, 0, 1) {
		out = append(out, d.Format(time.DateOnly))
	}
	return out
}

// put hands records over. m notes the highest id; nil: the records are no news.
func (w *walk) put(s stream, items [][]byte, m *mark) error {
	for _, item := range items {
		id := rest.Field(item, "id")
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return &rest.Fault{What: s.itemtype + ": a record without an id"}
		}
		if m != nil {
			m.Last = max(m.Last, n)
		}
		if w.least != "" && s.swept && s.entity != "ci" && rest.Field(item, "date_mod") < w.least {
			continue
		}
		if s.entity == "log" && !w.told(item) {
			continue
		}
		if s.keep != nil {
			if item, err = rest.Only(s.itemtype+" "+id, item, s.keep...); err != nil {
				return err
			}
		}
		w.news = true
		if err := w.PutRaw(s.entity, s.key(id), s.itemtype, item); err != nil {
			return err
		}
	}
	return nil
}

// told says whether an entry of the history is about a field or an actor of the model. Others hold what people wrote.
func (w *walk) told(entry []byte) bool {
	switch rest.Field(entry, "linked_action") {
	case "", "0":
		return w.fields[rest.Field(entry, "itemtype")+"/"+rest.Field(entry, "id_search_option")]
	case "15", "16":
		return slices.Contains([]string{"User", "Group", "Supplier"}, rest.Field(entry, "itemtype_link"))
	case "13", "14", "20": // into the bin, out of it, created
		return true
	}
	return false
}
