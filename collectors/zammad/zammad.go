// Package zammad collects from Zammad 5 and later by its REST interface.
//
// What changed is found by a search in the order of the last change. That search needs the search index (Elasticsearch);
// without one it finds nothing and says nothing, so the probe tries it with a ticket that is known, then tries a search in
// the database, and where neither works every run lists all tickets. The history, the messages and the links of a ticket
// come only ticket by ticket. A deleted ticket leaves no trace at all: all ids are listed and compared.
package zammad

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"deskproof/collectors/rest"
)

var (
	//go:embed model.sql
	model string
	//go:embed sample.yaml
	sample string
	//go:embed README.md
	readme string
)

// Tool is the source type "zammad".
var Tool = rest.Tool{
	Type: "zammad", Name: "Zammad", Summary: "Zammad: tickets with history, messages, links and its own service level times, by REST",
	Sample: sample, Readme: readme, Model: model, API: "/api/v1",
	Schemes: []rest.Scheme{
		rest.Header("Authorization", "Token token=", "access token of the account, from its profile: Token Access"),
		rest.Basic("login and password of the account"),
	},
	PageSize: 200, MaxPage: 200, Parallel: 4,
	Options: []rest.Option{
		{Name: "search", Default: "auto", Allowed: []string{"auto", "index", "database", "list"},
			Doc: "how changed tickets are found: by the search index, by a search in the database, or by listing all; auto tries them in this order"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"},
			Doc: "when to list all tickets to find deleted ones: auto = once a day, and when the number of tickets differs"},
		{Name: "links", Default: "yes", Allowed: []string{"yes", "no"}, Doc: "whether to ask for the links of each changed ticket, which is one more request"},
	},
	Texts: map[string][]string{"detail": {"articles.body", "articles.subject", "articles.from", "articles.to", "articles.cc", "articles.reply_to"},
		"ticket": {"note"}},
	Probe: probe, Collect: collect,
}

const (
	listPage    = 100            // most tickets that the list gives at a time
	searchDepth = 10_000         // the search index gives nothing behind so many hits
	sweepEvery  = 20 * time.Hour // a daily run shall sweep although it begins some minutes earlier than the day before
	system      = "1"            // id of the user that stands for Zammad itself, and for "nobody" as owner
	never       = "2999-01-01T00:00:00Z"
)

// stamp is a moment as Zammad reads it in a search.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// search asks for the tickets that changed at or after a moment, the oldest change first.
func search(mode, from string, page, size int) rest.Request {
	q := url.Values{"sort_by": {"updated_at"}, "order_by": {"asc"}, "expand": {"true"}, "page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(size)}}
	if mode == "database" {
		q.Set("condition[ticket.updated_at][operator]", "after (absolute)")
		q.Set("condition[ticket.updated_at][value]", from)
	} else {
		q.Set("query", "updated_at:["+from+" TO *]")
	}
	return rest.Request{Path: "tickets/search", Query: q}
}

// hits are the tickets that one search gives; none where the tool refuses the question.
func hits(ctx context.Context, c *rest.Client, q rest.Request) ([]json.RawMessage, error) {
	r, err := c.Do(ctx, q)
	if s := rest.Status(err); s == 400 || s == 422 {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var out []json.RawMessage
	if err := r.Into(&out); err != nil {
		return nil, nil // an answer of another form: this search is not to be had
	}
	return out, nil
}

// searching finds out which search tells the truth, by a ticket that is there.
func searching(ctx context.Context, c *rest.Client, known []byte) (mode string, err error) {
	at, err := updated(known)
	if err != nil {
		return "", err
	}
	q := url.Values{"expand": {"true"}, "per_page": {"1"}, "page": {"1"},
		"query": {fmt.Sprintf("id:%s AND updated_at:[%s TO %s]", rest.Field(known, "id"), stamp(at.Add(-time.Second)), stamp(at.Add(time.Second)))}}
	found, err := hits(ctx, c, rest.Request{Path: "tickets/search", Query: q})
	if err != nil {
		return "", err
	}
	if len(found) == 1 && rest.Field(found[0], "id") == rest.Field(known, "id") {
		return "index", nil
	}
	found, err = hits(ctx, c, search("database", stamp(at.Add(-time.Second)), 1, 1))
	if err != nil {
		return "", err
	}
	none, err := hits(ctx, c, search("database", never, 1, 1))
	if err != nil {
		return "", err
	}
	if len(found) == 1 && len(none) == 0 { // the bound counts
		return "database", nil
	}
	return "list", nil
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Zammad", Zone: "UTC"}
	r, err := c.Get(ctx, "users/me", nil)
	if err != nil {
		return p, err
	}
	p.Account = rest.Field(r.Body, "login")
	if r, err := c.Get(ctx, "version", nil); err == nil { // only for administrators
		p.Version = rest.Field(r.Body, "version")
		p.Product += " " + p.Version
	} else if ctx.Err() != nil {
		return p, ctx.Err()
	}
	known, err := oldest(ctx, c)
	if err != nil {
		return p, err
	}
	if known == nil {
		p.Lacks = append(p.Lacks, "no ticket at all: has the account the role of an agent, with the right to read in the groups that are to be measured?")
		return p, nil
	}
	p.Reads = append(p.Reads, "tickets, the oldest is number "+rest.Field(known, "number"))
	id := rest.Field(known, "id")
	h, err := c.Get(ctx, "ticket_history/"+url.PathEscape(id), nil)
	switch s := rest.Status(err); {
	case s == 403 || s == 401:
		p.Lacks = append(p.Lacks, "the history of tickets: the account is not an agent of their groups. Pauses cannot be replayed, and when a ticket was solved or opened again is not known")
	case err != nil:
		return p, err
	case rest.Field(h.Body, "history") == "" || rest.Field(h.Body, "history") == "[]":
		p.Lacks = append(p.Lacks, "the history of ticket "+id+" is empty: pauses cannot be replayed")
	default:
		p.Reads = append(p.Reads, "the history of each ticket, seen at ticket number "+rest.Field(known, "number"))
	}
	mode := c.Option("search")
	if mode == "auto" {
		if mode, err = searching(ctx, c, known); err != nil {
			return p, err
		}
	}
	switch mode {
	case "index":
		p.Reads = append(p.Reads, "what changed, by the search index")
	case "database":
		p.Notes = append(p.Notes, "the search index (Elasticsearch) does not answer: what changed is found by a search in the database")
	default:
		p.Notes = append(p.Notes, "neither the search index nor the database finds tickets by their last change: every run lists all tickets")
	}
	p.Notes = append(p.Notes, "tickets of groups that the account may not read are missing without notice")
	return p, nil
}

// oldest is the ticket with the lowest id; nil = the account sees none.
func oldest(ctx context.Context, c *rest.Client) ([]byte, error) {
	r, err := c.Get(ctx, "tickets", url.Values{"page": {"1"}, "per_page": {"1"}, "expand": {"true"}})
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := r.Into(&list); err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func updated(ticket []byte) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, rest.Field(ticket, "updated_at"))
	if err != nil {
		return at, &rest.Fault{What: "ticket " + rest.Field(ticket, "id") + ": updated_at is not a time: " + rest.Field(ticket, "updated_at")}
	}
	return at, nil
}

func collect(ctx context.Context, r *rest.Run) error {
	if err := organizations(ctx, r); err != nil {
		return err
	}
	w := &walk{Run: r, people: map[string]bool{system: true}}
	for _, entity := range []string{"ticket", "detail", "user"} {
		r.Entity(entity)
	}
	if !r.Full {
		known, err := r.Keys(ctx, "user", "")
		if err != nil {
			return err
		}
		for _, id := range known {
			w.people[id] = true
		}
	}
	known, err := oldest(ctx, r.Client)
	if err != nil {
		return err
	}
	if w.mode = r.Client.Option("search"); w.mode == "auto" && known != nil {
		if w.mode, err = searching(ctx, r.Client, known); err != nil {
			return err
		}
	}
	r.WindowFrom, r.WindowTo = r.From("ticket"), r.Now
	if w.mode == "list" || known == nil {
		err = w.listed(ctx)
	} else {
		if err = w.changed(ctx); err == nil {
			err = w.sweep(ctx)
		}
	}
	if err == nil && len(w.refused) > 0 {
		r.Gap("the history of %d tickets may not be read, so their pauses are not known: %s", len(w.refused), rest.Some(w.refused))
	}
	return err
}

// organizations reads the customers. Of their members nothing is kept.
func organizations(ctx context.Context, r *rest.Run) error {
	q := rest.Request{Path: "organizations"}.With("per_page", listPage)
	r.Entity("organization")
	for p, err := range r.Client.Pages(ctx, q, rest.List{Style: rest.Numbered{Param: "page", From: 1}}) {
		if s := rest.Status(err); s == 403 || s == 401 {
			r.Warn("the account may not list organizations: tickets say which customer they belong to, and the customers have no names")
			return nil
		} else if err != nil {
			return err
		}
		for _, item := range p.Items {
			id := rest.Field(item, "id")
			short, err := json.Marshal(map[string]any{"id": id, "name": rest.Field(item, "name"), "active": rest.Field(item, "active") != "false"})
			if err == nil {
				err = r.Present("organization", id)
			}
			if err == nil {
				err = r.PutRaw("organization", id, "organizations", short)
			}
			if err != nil {
				return err
			}
		}
	}
	gone, _, err := r.Sweep(ctx, "organization")
	for _, id := range gone {
		if err == nil {
			err = r.Delete("organization", id)
		}
	}
	return err
}

// walk is one reading of the tickets.
type walk struct {
	*rest.Run
	mode    string
	people  map[string]bool // ids of people whose names were read, or could not be
	fresh   []string        // ids of people met since the names were read
	refused []string        // tickets whose history may not be read
	shown   int64           // tickets that a list showed
	fetched int64
}

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

// sweep finds deleted tickets, and those that the search did not show.
func (w *walk) sweep(ctx context.Context) error {
	mode := w.Client.Option("sweep")
	if mode == "never" || !w.Since.IsZero() || w.Source.Since != "" {
		return nil // what is stored is only a part
	}
	last, err := time.Parse(time.RFC3339, w.Cursor("sweep"))
	due := err != nil || w.Now.Sub(last) >= sweepEvery
	if mode == "auto" && !w.Full && !due {
		have, err := w.Count(ctx, "ticket")
		if err != nil {
			return err
		}
		there, known, err := w.total(ctx)
		if err != nil {
			return err
		}
		if !known || there == have {
			return nil
		}
	}
	if err := w.all(ctx, func([][]byte) error { return nil }); err != nil {
		return err
	}
	if err := w.compare(ctx); err != nil {
		return err
	}
	w.SetCursor("sweep", w.Now.UTC().Format(time.RFC3339))
	return nil
}

// total is how many tickets the account sees, where the search tells it.
func (w *walk) total(ctx context.Context) (n int64, known bool, err error) {
	q := search(w.mode, "1970-01-01T00:00:00Z", 1, 1).With("only_total_count", "true")
	r, err := w.Client.Do(ctx, q)
	if rest.Status(err) != 0 {
		return 0, false, nil
	} else if err != nil {
		return 0, false, err
	}
	n, err = strconv.ParseInt(rest.Field(r.Body, "total_count"), 10, 64)
	return n, err == nil, nil
}

// compare holds the listed ids against what is stored, and asks for each ticket that is on one side only.
func (w *walk) compare(ctx context.Context) error {
	gone, unknown, err := w.Sweep(ctx, "ticket")
	if err != nil {
		return err
	}
	one := func(ctx context.Context, id string) (detail, error) {
		r, err := w.Client.Get(ctx, "tickets/"+url.PathEscape(id), url.Values{"expand": {"true"}})
		if s := rest.Status(err); s == 404 || s == 403 || s == 401 {
			return detail{status: s}, nil
		} else if err != nil {
			return detail{}, err
		}
		return w.details(ctx, r.Body)
	}
	w.shown += int64(len(unknown))
	w.Reported("ticket", w.shown)
	if err := rest.Each(ctx, w.Client.Parallel(), slices.Values(unknown), one, w.put); err != nil {
		return err
	}
	if err := w.names(ctx); err != nil {
		return err
	}
	var hidden []string
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(gone), func(ctx context.Context, id string) (int, error) {
		_, err := w.Client.Get(ctx, "tickets/"+url.PathEscape(id), nil)
		if s := rest.Status(err); s == 404 || s == 403 || s == 401 {
			return s, nil
		}
		return 200, err
	}, func(id string, status int) error {
		if status == 404 {
			return w.gone(id)
		}
		hidden = append(hidden, id)
		return nil
	})
	if len(hidden) > 0 {
		w.Gap("%d tickets were read once and are no longer listed for this account, although they are there: %s", len(hidden), rest.Some(hidden))
	}
	return err
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
