// Package znuny collects from Znuny and the OTRS family by a REST web service of their generic interface.
//
// The interface has traps that shape everything here. A search gives numbers only, without a total and without an offset, so
// it is paged by the time of the last change. Every error comes with status 200, and one ticket that may not be read spoils
// a request for many. Times have no zone, and nothing tells which one is meant, except that messages bear the same moment
// in seconds since 1970 too: the zone is found by comparing the two.
package znuny

import (
	"context"
	_ "embed"
	"net/http"
	"net/url"
	"strings"
	"time"

	"deskproof/collectors/rest"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

var (
	//go:embed model.sql
	model string
	//go:embed sample.yaml
	sample string
	//go:embed README.md
	readme string
)

// Tool is the source type "znuny".
var Tool = rest.Tool{
	Type: "znuny", Name: "Znuny", Summary: "Znuny and OTRS: tickets with their whole history, by a REST web service",
	Sample: sample, Readme: readme, Model: model,
	Schemes: []rest.Scheme{{Needs: []string{"user", "password"}, Doc: "login and password of an agent with the right ro on the queues to be read",
		Sign: sign}},
	PageSize: 50, MaxPage: 500, Parallel: 2,
	Overlap:  overlap,
	Projects: "names of the queues to read, with their subqueues; default all that the account sees",
	Options: []rest.Option{
		{Name: "search", Default: "Ticket", Doc: "route of the operation TicketSearch, asked with GET"},
		{Name: "ticket", Default: "Ticket", Doc: "route of the operation TicketGet, before the number of the ticket"},
		{Name: "history", Default: "TicketHistory", Doc: "route of the operation TicketHistoryGet, before the number of the ticket; none = do without: no clock can be replayed then"},
		{Name: "credentials", Default: "header", Allowed: []string{"header", "address"},
			Doc: "where login and password travel: address only for versions that do not know the headers, because web servers write addresses into their logs"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"},
			Doc: "when to list all tickets to find deleted ones: auto = at every run up to 10,000 tickets, else once a day"},
	},
	Texts:       map[string][]string{"ticket": {"Article.Body", "Article.Subject"}},
	CheckSource: checkSource, Fault: fault, Probe: probe, Collect: collect,
}

// overlap is how far each run goes back: local times of the hour that autumn repeats sort as if it came once.
const overlap = 65 * time.Minute

// service is what the address of a web service holds.
const service = "/nph-genericinterface.pl/Webservice/"

func checkSource(src *config.Source, ps *strictyaml.Problems) {
	if src.URL != "" && !strings.Contains(src.URL, service) {
		ps.Add(src.At("url"), "source "+src.Name+".url", "e.g. https://desk.example.org/znuny"+service+"Tickets, where Tickets is the name of the web service",
			"is not the address of a web service")
	}
}

// sign puts the credentials into headers, or into the address where that names the login already.
func sign(r *http.Request, k rest.Keys) {
	if q := r.URL.Query(); q.Has("UserLogin") {
		q.Set("Password", k.Password)
		r.URL.RawQuery = q.Encode()
		return
	}
	r.Header.Set("X-OTRS-Header-UserLogin", k.User)
	r.Header.Set("X-OTRS-Header-Password", k.Password)
}

// login adds the login to a query where credentials travel in the address.
func login(c *rest.Client, query url.Values) url.Values {
	if c.Option("credentials") != "address" {
		return query
	}
	out := url.Values{"UserLogin": {c.Source.User}}
	for k, v := range query {
		out[k] = v
	}
	return out
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r, zone: ownZone(r.Client), listed: map[string]bool{}}
	if r.Probe.Zone == time.UTC.String() {
		w.zone = time.UTC
	}
	w.cursor = "ticket"
	if len(r.Source.Projects) > 0 {
		w.cursor += "@" + strings.Join(r.Source.Projects, "|")
	}
	r.Entity("ticket")
	if r.Client.Option("history") != "none" {
		r.Entity("history")
	}
	if !r.Partial() && r.Cursor(w.cursor) == "" { // for the bar of the first load
		if err := w.list(ctx, func(ids []string) error { w.total += int64(len(ids)); return nil }); err != nil {
			return err
		}
	}
	from := w.from()
	w.WindowTo = r.Now
	if at, err := time.ParseInLocation(form, from, w.zone); err == nil {
		w.WindowFrom = at
	}
	w.Query = "SortBy=Changed, TicketLastChangeTimeNewerDate, TicketChangeTimeNewerDate"
	if err := w.changed(ctx, from); err != nil {
		return err
	}
	if from != "" {
		if err := w.linked(ctx, from); err != nil {
			return err
		}
	}
	if r.Partial() {
		return nil
	}
	return w.sweep(ctx)
}

// walk is one reading of the tickets.
type walk struct {
	*rest.Run
	zone           *time.Location
	cursor         string
	listed         map[string]bool // tickets that searches of this run gave
	fetched, total int64
}

// from is the time of change to begin with, as the interface writes it: the cursor less the overlap, or what is configured
// as the least; empty = everything. The cursor is a time as the interface writes it.
func (w *walk) from() string {
	from := ""
	if least := w.Least(); !least.IsZero() {
		from = least.In(w.zone).Format(form)
	}
	at, err := time.Parse(form, w.Cursor(w.cursor))
	if err != nil || !w.Since.IsZero() {
		return from
	}
	return max(from, at.Add(-w.Overlap()).Format(form)) // this form sorts as the times do
}
