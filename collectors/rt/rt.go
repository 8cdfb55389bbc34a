// Package rt collects from Request Tracker 5 by REST 2.0.
//
// Three of its habits shape this package. Times in a query are read in the time zone of the account, which RT does not tell:
// queries reach back half a day further than needed. Rows of the history that the account may not see are taken out after
// paging: neither a short nor an empty page is the end. Members of a record come in another order each time: records are
// put in order before they are compared.
package rt

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
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

// Tool is the source type "rt".
var Tool = rest.Tool{
	Type: "rt", Name: "Request Tracker", Summary: "Request Tracker (RT) 5: tickets and all transactions, by REST 2.0",
	Sample: sample, Readme: readme, Model: model, API: "/REST/2.0",
	Schemes: []rest.Scheme{
		rest.Header("Authorization", "token ", "authentication token of the account, from Logged in as → Settings → Auth Tokens"),
		rest.Basic("login and password of the account"),
	},
	PageSize: 100, MaxPage: 100, Parallel: 2,
	Projects: "names of the queues to read; default all that the account sees",
	Probe:    probe, Collect: collect,
}

const (
	ticketFields      = "Subject,Status,Queue,Owner,Requestor,Creator,Priority,Created,Started,Starts,Resolved,Due,LastUpdated,CustomFields,Type,SLA,EffectiveId,TimeWorked"
	transactionFields = "Type,Field,OldValue,NewValue,Created,Creator,ObjectId,ObjectType"
	// theirHistory are the transactions that tell something. Records of sent mail are hidden from most accounts, in long
	// runs; leaving them out here keeps pages full.
	theirHistory = "ObjectType = 'RT::Ticket' AND (Type = 'Create' OR Type = 'Status' OR Type = 'Set' OR Type = 'CustomField' OR Type = 'Correspond' OR Type = 'Comment' OR Type = 'AddLink' OR Type = 'DeleteLink')"
	// emptyPages is how many pages without a row the account may see are passed over, where more must follow.
	emptyPages = 1000
)

// queues is the condition that limits a search to the configured queues, with AND before it.
func queues(c *rest.Client) string {
	if len(c.Source.Projects) == 0 {
		return ""
	}
	var any []string
	for _, q := range c.Source.Projects {
		any = append(any, "Queue = "+literal(q))
	}
	return " AND (" + strings.Join(any, " OR ") + ")"
}

// literal writes a text in TicketSQL.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func tickets(query string) rest.Request {
	return rest.Request{Path: "tickets", Query: url.Values{"query": {query}, "orderby": {"id"}, "order": {"ASC"},
		"fields": {ticketFields}, "fields[Queue]": {"Name,Lifecycle"}}}
}

// pages of tickets go on behind the last id: a ticket that changes meanwhile stays in its place.
func pages(c *rest.Client, condition string) rest.List {
	return rest.List{Records: "items", Total: "total", Style: rest.Keyset{Size: "per_page", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if len(p.Items) == 0 || p.Total >= 0 && p.Total <= int64(len(p.Items)) {
			return q, false, nil
		}
		last := rest.Field(p.Items[len(p.Items)-1], "id")
		return q.With("query", "id > "+last+condition), true, nil
	}}}
}

// one asks for the first ticket of a search, and the number of all.
func one(ctx context.Context, c *rest.Client, query string, order ...string) (*rest.Page, error) {
	q := tickets(query)
	if len(order) > 0 {
		q.Query.Set("orderby", order[0])
		q.Query.Set("order", "DESC")
	}
	q = q.With("per_page", 1)
	for p, err := range c.Pages(ctx, q, rest.List{Records: "items", Total: "total", Style: rest.Link{Field: "next_page"}}) {
		return p, err
	}
	return nil, ctx.Err()
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Request Tracker", Account: c.Source.User}
	r, err := c.Get(ctx, "rt", nil)
	if err != nil {
		return p, err
	}
	p.Version = rest.Field(r.Body, "Version")
	p.Product += " " + p.Version
	all, err := one(ctx, c, "id > 0"+queues(c), "LastUpdated")
	if err != nil {
		return p, err
	}
	names := 0
	for page, err := range c.Pages(ctx, rest.Request{Path: "queues/all", Query: url.Values{"fields": {"Name"}}}, queueList) {
		if err != nil {
			return p, err
		}
		names += len(page.Items)
	}
	p.Reads = append(p.Reads, fmt.Sprintf("%d tickets in %d queues that the account sees", all.Total, names))
	if len(all.Items) == 0 {
		p.Lacks = append(p.Lacks, "no ticket at all: has the account the rights SeeQueue and ShowTicket?")
		return p, nil
	}
	id := rest.Field(all.Items[0], "id")
	history, err := newest(ctx, c, id)
	if err != nil && rest.Status(err) != 403 {
		return p, err
	}
	if history == 0 {
		p.Lacks = append(p.Lacks, "the history of tickets: no clock can be replayed, and pauses are not seen")
	} else {
		p.Reads = append(p.Reads, "the history of all tickets, seen at ticket "+id)
	}
	p.Notes = append(p.Notes, "comments are missing without notice where the account lacks the right ShowTicketComments")
	return p, nil
}

var queueList = rest.List{Records: "items", Total: "total", Style: rest.Link{Field: "next_page", Size: "per_page"}}

// newest is the highest id in the history of a ticket that the account sees; 0 = none.
func newest(ctx context.Context, c *rest.Client, ticket string) (int64, error) {
	var high int64
	q := rest.Request{Path: "transactions", Query: url.Values{"query": {"ObjectId = " + ticket + " AND " + theirHistory}, "orderby": {"id"}, "order": {"DESC"}, "fields": {"Type"}}}
	for p, err := range c.Pages(ctx, q, rest.List{Records: "items", Style: rest.Numbered{Param: "page", Size: "per_page", From: 1}}) {
		if err != nil {
			return 0, err
		}
		for _, item := range p.Items {
			n, err := strconv.ParseInt(rest.Field(item, "id"), 10, 64)
			if err != nil {
				return 0, &rest.Fault{What: "a transaction has no number: " + rest.Field(item, "id")}
			}
			high = max(high, n)
		}
		if high > 0 {
			break
		}
	}
	return high, nil
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r, people: map[string]bool{}}
	for _, step := range []func(context.Context) error{w.queues, w.tickets, w.transactions, w.sweep} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// walk is one reading.
type walk struct {
	*rest.Run
	people map[string]bool // numbers of people whose names were read, or could not be
	newest string          // ticket that changed last, of those read
	at     time.Time       // when it did
	read   int64           // tickets
	all    int64           // tickets to be read
}

func (w *walk) queues(ctx context.Context) error {
	w.Entity("queue")
	for p, err := range w.Client.Pages(ctx, rest.Request{Path: "queues/all", Query: url.Values{"fields": {"Name,Lifecycle,SLADisabled"}}}, queueList) {
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			if err := w.put("queue", rest.Field(item, "id"), "queues/all", item); err != nil {
				return err
			}
		}
	}
	w.Entity("user")
	if w.Full {
		return w.SafePoint(ctx)
	}
	known, err := w.Keys(ctx, "user", "")
	for _, id := range known {
		w.people[id] = true
	}
	return err
}

func (w *walk) put(entity, key, path string, item []byte) error {
	b, err := rest.Canonical(item, "CustomFields", "Requestor")
	if err != nil {
		return err
	}
	return w.PutRaw(entity, key, path, b)
}

// tickets reads what changed since the last run, by id. How far the reading came stands in a cursor of its own, so that
// a long one that is cut off goes on.
func (w *walk) tickets(ctx context.Context) error {
	w.Entity("ticket")
	w.WindowFrom, w.WindowTo = w.From("ticket"), w.Now
	changed, after := "", "0"
	if !w.WindowFrom.IsZero() {
		// RT reads this in the zone of the account: it lies up to 12 hours before UTC, or 14 behind.
		changed = " AND LastUpdated >= " + literal(w.WindowFrom.Add(-12*time.Hour).UTC().Format("2006-01-02 15:04:05"))
	}
	var newest time.Time
	if from, id, high, ok := unpack(w.Cursor("ticket walk")); ok && !w.Full && w.Since.IsZero() && from.Equal(w.WindowFrom) {
		after, newest = id, high
	}
	changed += queues(w.Client)
	w.Query = "id > " + after + changed
	first := true
	for p, err := range w.Client.Pages(ctx, tickets(w.Query), pages(w.Client, changed)) {
		if err != nil {
			return err
		}
		if first {
			first = false
			w.all = max(p.Total, 0)
			w.Reported("ticket", w.all)
		}
		for _, item := range p.Items {
			at, err := time.Parse(time.RFC3339, rest.Field(item, "LastUpdated"))
			if err != nil {
				return &rest.Fault{What: "ticket " + rest.Field(item, "id") + ": LastUpdated is not a time: " + rest.Field(item, "LastUpdated")}
			}
			after = rest.Field(item, "id")
			if at.After(newest) {
				newest = at
			}
			if at.After(w.at) {
				w.newest, w.at = after, at
			}
			if err := w.put("ticket", after, "tickets", item); err != nil {
				return err
			}
		}
		w.read += int64(len(p.Items))
		w.Progress(w.read, w.all)
		w.SetCursor("ticket walk", pack(w.WindowFrom, after, newest))
		if err := w.SafePoint(ctx); err != nil {
			return err
		}
	}
	w.SetCursor("ticket walk", "")
	if !newest.IsZero() {
		w.Moved("ticket", newest)
	}
	return w.SafePoint(ctx)
}

func pack(from time.Time, id string, newest time.Time) string {
	return strings.Join([]string{from.Format(time.RFC3339Nano), id, newest.Format(time.RFC3339Nano)}, " ")
}

func unpack(s string) (from time.Time, id string, newest time.Time, ok bool) {
	parts := strings.Fields(s)
	if len(parts) != 3 {
		return from, "", newest, false
	}
	from, err := time.Parse(time.RFC3339Nano, parts[0])
	if err != nil {
		return from, "", newest, false
	}
	newest, err = time.Parse(time.RFC3339Nano, parts[2])
	return from, parts[1], newest, err == nil
}

// transactions reads the history behind the last id that was read. Transactions are never changed.
func (w *walk) transactions(ctx context.Context) error {
	w.Entity("transaction")
	last, _ := strconv.ParseInt(w.Cursor("transaction"), 10, 64) // none = 0
	// The newest ticket that the account sees has a history that it sees: up to there an empty page is not the end.
	var known int64
	if p, err := one(ctx, w.Client, "id > 0", "LastUpdated"); err != nil {
		return err
	} else if len(p.Items) > 0 {
		if known, err = newest(ctx, w.Client, rest.Field(p.Items[0], "id")); err != nil {
			return err
		}
	}
	page, empty := 1, 0
	q := rest.Request{Path: "transactions", Query: url.Values{"orderby": {"id"}, "order": {"ASC"}, "fields": {transactionFields}}}
	behind := func(id int64) string { return fmt.Sprintf("id > %d AND %s", id, theirHistory) }
	style := rest.Keyset{Size: "per_page", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if len(p.Items) > 0 {
			page, empty = 1, 0
			q.Query.Del("page")
			return q.With("query", behind(last)), true, nil
		}
		if last >= known {
			return q, false, nil
		}
		page++
		if empty++; empty > emptyPages {
			return q, false, &rest.Fault{What: fmt.Sprintf("transactions behind %d: %d pages without one that the account may see, although %d is there: give the account the right to see more queues, or name its queues under projects", last, empty, known)}
		}
		return q.With("page", page), true, nil
	}}
	for p, err := range w.Client.Pages(ctx, q.With("query", behind(last)), rest.List{Records: "items", Style: style}) {
		if err != nil {
			return err
		}
		var people []string
		for _, item := range p.Items {
			id := rest.Field(item, "id")
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil || n <= last {
				return &rest.Fault{What: fmt.Sprintf("transactions behind %d: %q does not come behind it: the order is not kept", last, id)}
			}
			last = n
			if rest.Field(item, "Field") == "Owner" {
				people = append(people, rest.Field(item, "OldValue"), rest.Field(item, "NewValue"))
			}
			if err := w.put("transaction", id, "transactions", item); err != nil {
				return err
			}
		}
		if err := w.names(ctx, people); err != nil {
			return err
		}
		w.SetCursor("transaction", fmt.Sprint(last))
		w.Progress(last, max(known, last))
		if err := w.SafePoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// names reads the people behind numbers.
func (w *walk) names(ctx context.Context, numbers []string) error {
	var fresh []string
	for _, n := range numbers {
		if n != "" && !w.people[n] {
			w.people[n] = true
			fresh = append(fresh, n)
		}
	}
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(fresh), func(ctx context.Context, id string) (*rest.Response, error) {
		r, err := w.Client.Get(ctx, "user/"+url.PathEscape(id), nil)
		if s := rest.Status(err); s == 404 || s == 403 {
			return nil, nil // the number stands for the name
		}
		return r, err
	}, func(id string, r *rest.Response) error {
		if r == nil {
			return nil
		}
		// Only what is needed of a person is kept.
		b, err := rest.Canonical([]byte(fmt.Sprintf(`{"id":%q,"Name":%q}`, id, rest.Field(r.Body, "Name"))))
		if err != nil {
			return err
		}
		return w.PutRaw("user", id, "user/"+id, b)
	})
}

// sweep finds what no search shows: deleted and merged tickets, by asking for the numbers that are missing.
func (w *walk) sweep(ctx context.Context) error {
	if !w.Since.IsZero() || w.Source.Since != "" {
		return nil // what is stored is only a part
	}
	have, err := w.Count(ctx, "ticket")
	if err != nil {
		return err
	}
	newest, err := one(ctx, w.Client, "id > 0"+queues(w.Client), "id")
	if err != nil || len(newest.Items) == 0 {
		return err
	}
	high, err := strconv.ParseInt(rest.Field(newest.Items[0], "id"), 10, 64)
	if err != nil {
		return &rest.Fault{What: "a ticket has no number: " + rest.Field(newest.Items[0], "id")}
	}
	if have != newest.Total || w.Full {
		gone, err := w.listed(ctx)
		if err == nil {
			err = w.ask(ctx, gone, true)
		}
		if err != nil {
			return err
		}
	}
	if len(w.Source.Projects) == 0 { // else most numbers belong to other queues
		gaps, err := w.Gaps(ctx, "ticket", high)
		if err == nil {
			err = w.ask(ctx, gaps, false)
		}
		if err != nil {
			return err
		}
	}
	w.GapsDone("ticket", high)
	return w.SafePoint(ctx)
}

// listed lists the numbers of all tickets, reads those that are not stored, and gives those that are no longer listed.
func (w *walk) listed(ctx context.Context) (gone []string, err error) {
	condition := queues(w.Client)
	q := rest.Request{Path: "tickets", Query: url.Values{"query": {"id > 0" + condition}, "orderby": {"id"}, "order": {"ASC"}}}
	for p, err := range w.Client.Pages(ctx, q, pages(w.Client, condition)) {
		if err != nil {
			return nil, err
		}
		for _, item := range p.Items {
			if err := w.Present("ticket", rest.Field(item, "id")); err != nil {
				return nil, err
			}
		}
	}
	gone, unknown, err := w.Sweep(ctx, "ticket")
	if err != nil {
		return nil, err
	}
	return gone, w.ask(ctx, unknown, true)
}

// ask asks for tickets one by one: a deleted one still answers, a merged one answers with the ticket it went into. known is
// true for tickets that the account once saw, or was told of.
func (w *walk) ask(ctx context.Context, ids []string, known bool) error {
	var hidden []string
	err := rest.Each(ctx, w.Client.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (*rest.Response, error) {
		r, err := w.Client.Get(ctx, "ticket/"+url.PathEscape(id), nil)
		if s := rest.Status(err); s == 404 || s == 403 {
			return &rest.Response{Status: s}, nil
		}
		return r, err
	}, func(id string, r *rest.Response) error {
		switch {
		case r.Status == 404:
			return w.Delete("ticket", id)
		case r.Status == 403:
			hidden = append(hidden, id)
			return nil
		}
		if into := rest.Field(r.Body, "id"); into != id {
			if !known { // all that RT still tells of it is the other one
				if err := w.put("ticket", id, "ticket/"+id, r.Body); err != nil {
					return err
				}
			}
			return w.Merge("ticket", id, into)
		}
		if t := rest.Field(r.Body, "Type"); t != "ticket" && t != "" {
			return nil // a reminder or an approval: no search for tickets shows it
		}
		if err := w.put("ticket", id, "ticket/"+id, r.Body); err != nil {
			return err
		}
		if rest.Field(r.Body, "Status") == "deleted" {
			return w.Delete("ticket", id)
		}
		return nil
	})
	switch {
	case err != nil || len(hidden) == 0:
		return err
	case known:
		w.Gap("%d tickets that were read or listed before may no longer be read by this account: %s", len(hidden), rest.Some(hidden))
		return nil
	}
	w.Warn("%d numbers below the highest one belong to tickets that the account may not see: %s", len(hidden), rest.Some(hidden))
	return nil
}
