package zammad

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"deskproof/collectors/rest"
)

// changed reads the tickets that changed since the last run, in the order of their change. Every page begins a second
// before the last change of the page before, because the index gives no more than its first ten thousand hits.
func (w *walk) changed(ctx context.Context) error {
	size := w.Client.PageSize()
	since, page := "1970-01-01T00:00:00Z", 1
	if !w.WindowFrom.IsZero() {
		since = stamp(w.WindowFrom)
	}
	w.Query = "updated_at since " + since + ", by " + w.mode
	had, before := map[string]bool{}, map[string]bool{}
	style := rest.Keyset{Then: func(_ rest.Request, p *rest.Page) (rest.Request, bool, error) {
		n := len(p.Items)
		if n == 0 {
			return rest.Request{}, false, nil
		}
		at, err := updated(p.Items[n-1])
		if err != nil {
			return rest.Request{}, false, err
		}
		if next := stamp(at.Add(-time.Second)); next > since {
			since, page = next, 1
			before, had = had, map[string]bool{}
		} else if page++; w.mode == "index" && page*size > searchDepth {
			return rest.Request{}, false, &rest.Fault{What: fmt.Sprintf("more than %d tickets have the same last change (%s), and the search index shows no more of them: set options: {search: list}", searchDepth-size, since)}
		}
		return search(w.mode, since, page, size), true, nil
	}}
	for p, err := range w.Client.Pages(ctx, search(w.mode, since, page, size), rest.List{Style: style}) {
		if err != nil {
			return err
		}
		items := p.Items[:0:0]
		for _, item := range p.Items {
			id := rest.Field(item, "id") + " " + rest.Field(item, "updated_at")
			if !had[id] && !before[id] {
				items = append(items, item)
			}
			had[id] = true
		}
		if err := w.take(ctx, items); err != nil {
			return err
		}
		if n := len(p.Items); n > 0 {
			at, err := updated(p.Items[n-1])
			if err != nil {
				return err
			}
			w.Moved("ticket", at)
		}
		if err := w.SafePoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// all goes through the list of all tickets, by id.
func (w *walk) all(ctx context.Context, each func(items [][]byte) error) error {
	q := rest.Request{Path: "tickets", Query: url.Values{"expand": {"true"}, "per_page": {strconv.Itoa(min(w.Client.PageSize(), listPage))}}}
	for p, err := range w.Client.Pages(ctx, q, rest.List{Style: rest.Numbered{Param: "page", From: 1}}) {
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			if err := w.Present("ticket", rest.Field(item, "id")); err != nil {
				return err
			}
		}
		if err := each(p.Items); err != nil {
			return err
		}
	}
	return nil
}

// listed reads all tickets, and the details of those that changed since the last run: where no search can be had.
func (w *walk) listed(ctx context.Context) error {
	w.Query = "all tickets, by id"
	var newest time.Time
	err := w.all(ctx, func(items [][]byte) error {
		var changed [][]byte
		for _, item := range items {
			at, err := updated(item)
			if err != nil {
				return err
			}
			if at.After(newest) {
				newest = at
			}
			if !at.Before(w.WindowFrom) {
				changed = append(changed, item)
			}
		}
		return w.take(ctx, changed)
	})
	if err != nil {
		return err
	}
	if err := w.compare(ctx); err != nil {
		return err
	}
	if newest.After(w.Now) { // what changed while it was listed may have been passed by
		newest = w.Now
	}
	if !newest.IsZero() {
		w.Moved("ticket", newest)
	}
	return nil
}

// detail is what is known of a ticket beside its row.
type detail struct {
	ticket  []byte // its row; nil = it is gone
	payload []byte // nil = it is gone
	people  []string
	refused bool // the history may not be read
	status  int  // with which the ticket itself was refused
}

// take reads the details of tickets and hands both over.
func (w *walk) take(ctx context.Context, tickets [][]byte) error {
	w.shown += int64(len(tickets))
	w.Reported("ticket", w.shown)
	err := rest.Each(ctx, w.Client.Parallel(), slices.Values(tickets), func(ctx context.Context, ticket []byte) (detail, error) {
		return w.details(ctx, ticket)
	}, func(ticket []byte, d detail) error { return w.put(rest.Field(ticket, "id"), d) })
	if err != nil {
		return err
	}
	return w.names(ctx)
}

func (w *walk) put(id string, d detail) error {
	w.fetched++
	w.Progress(w.fetched, w.shown)
	if d.payload == nil {
		w.shown--
		w.Reported("ticket", w.shown)
		if d.status == 403 || d.status == 401 {
			w.Gap("ticket %s is listed, but the account may not read it", id)
			return nil
		}
		return w.gone(id)
	}
	if d.refused {
		w.refused = append(w.refused, id)
	}
	for _, p := range d.people {
		if p != "" && !w.people[p] {
			w.people[p] = true
			w.fresh = append(w.fresh, p)
		}
	}
	if err := w.PutRaw("ticket", id, "tickets/"+id, d.ticket); err != nil {
		return err
	}
	return w.PutRaw("detail", id, "ticket_history/"+id, d.payload)
}

func (w *walk) gone(id string) error {
	if err := w.Delete("ticket", id); err != nil {
		return err
	}
	return w.Delete("detail", id)
}

// details asks for the history, the messages and the links of a ticket.
func (w *walk) details(ctx context.Context, ticket []byte) (detail, error) {
	d := detail{ticket: ticket}
	id := rest.Field(ticket, "id")
	var history struct{ History []json.RawMessage }
	r, err := w.Client.Get(ctx, "ticket_history/"+url.PathEscape(id), nil)
	switch s := rest.Status(err); {
	case s == 404:
		return d, nil // deleted since it was listed
	case s == 403 || s == 401:
		d.refused = true
	case err != nil:
		return d, err
	default:
		if err := r.Into(&history); err != nil {
			return d, err
		}
	}
	var kept []json.RawMessage
	customer := rest.Field(ticket, "customer_id")
	for _, h := range history.History {
		if t := rest.Field(h, "type"); t == "notification" || t == "email" {
			continue // who was notified, with address
		}
		kept = append(kept, h)
		if by := rest.Field(h, "created_by_id"); by != customer {
			d.people = append(d.people, by)
		}
		if rest.Field(h, "attribute") == "owner" {
			d.people = append(d.people, rest.Field(h, "id_from"), rest.Field(h, "id_to"))
		}
	}
	var articles []json.RawMessage
	r, err = w.Client.Get(ctx, "ticket_articles/by_ticket/"+url.PathEscape(id), url.Values{"expand": {"true"}})
	if s := rest.Status(err); s == 404 || s == 403 || s == 401 {
		d.status = s
		return d, nil
	} else if err != nil {
		return d, err
	}
	if err := r.Into(&articles); err != nil {
		return d, err
	}
	var links struct{ Links []json.RawMessage }
	if w.Client.Option("links") == "yes" {
		r, err = w.Client.Get(ctx, "links", url.Values{"link_object": {"Ticket"}, "link_object_value": {id}})
		if s := rest.Status(err); s == 404 || s == 403 || s == 401 {
			links.Links = nil
		} else if err != nil {
			return d, err
		} else if err := r.Into(&links); err != nil {
			return d, err
		}
	}
	var b bytes.Buffer
	b.WriteString(`{"id":` + id)
	for _, x := range []struct {
		name string
		list []json.RawMessage
	}{{"history", kept}, {"articles", articles}, {"links", links.Links}} {
		if x.name == "history" && d.refused {
			continue
		}
		b.WriteString(`,"` + x.name + `":[`)
		for i, item := range x.list {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(item)
		}
		b.WriteByte(']')
	}
	b.WriteByte('}')
	d.payload = b.Bytes()
	return d, nil
}

// names reads the logins of the people met; of what else Zammad knows of them nothing is kept.
func (w *walk) names(ctx context.Context) error {
	ids := w.fresh
	w.fresh = nil
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (string, error) {
		r, err := w.Client.Get(ctx, "users/"+url.PathEscape(id), nil)
		if s := rest.Status(err); s == 404 || s == 403 || s == 401 {
			return "", nil
		} else if err != nil {
			return "", err
		}
		return rest.Field(r.Body, "login"), nil
	}, func(id, login string) error {
		if login == "" {
			return nil
		}
		short, err := json.Marshal(map[string]string{"id": id, "login": login})
		if err != nil {
			return err
		}
		return w.PutRaw("user", id, "users/"+id, short)
	})
}
