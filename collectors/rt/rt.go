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
	return c.Page(ctx, q, rest.List{Records: "items", Total: "total"})
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
	var names []string
	for page, err := range c.Pages(ctx, rest.Request{Path: "queues/all", Query: url.Values{"fields": {"Name"}}}, queueList) {
		if err != nil {
			return p, err
		}
		for _, item := range page.Items {
			names = append(names, rest.Field(item, "Name"))
		}
	}
	seen := fmt.Sprintf("%d tickets in the %d queues that the account sees: %s", all.Total, len(names), rest.Some(names))
	if len(c.Source.Projects) == 0 && len(all.Items) > 0 { // a queue that is not seen shows in the numbers alone
		last, err := one(ctx, c, "id > 0", "id")
		if err != nil {
			return p, err
		}
		if len(last.Items) > 0 {
			if high, err := strconv.ParseInt(rest.Field(last.Items[0], "id"), 10, 64); err == nil && high > all.Total {
				seen += fmt.Sprintf("; %d more numbers up to %d belong to tickets that were deleted or merged, or that the account may not see: collect tells which", high-all.Total, high)
			}
		}
	}
	p.Reads = append(p.Reads, seen)
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
			at, err := rest.Instant(item, "LastUpdated", "ticket", "id")
			if err != nil {
				return err
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
