// Package znuny collects from Znuny and the OTRS family by a REST web service of their generic interface.
//
// The interface has traps that shape everything here. A search gives numbers only, without a total and without an offset, so
// it is paged by the time of the last change. Every error comes with status 200, and one ticket that may not be read spoils
// a request for many. Times have no zone, and nothing tells which one is meant, except that messages bear the same moment
// in seconds since 1970 too: the zone is found by comparing the two.
package znuny

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

// fault finds the error in an answer: its status is 200 whatever happens.
func fault(r *rest.Response) error {
	head := r.Body[:min(len(r.Body), 64)]
	if !bytes.Contains(head, []byte(`"Error"`)) {
		return nil
	}
	code, said := rest.Field(r.Body, "Error.ErrorCode"), rest.Field(r.Body, "Error.ErrorMessage")
	if code == "" {
		return nil
	}
	e := &rest.StatusError{Path: r.Path, Said: said, Login: "user and password"}
	switch {
	case strings.HasSuffix(code, ".AuthFail"):
		e.Status = http.StatusUnauthorized
	case strings.HasSuffix(code, ".AccessDenied"):
		e.Status = http.StatusForbidden
	default:
		return &rest.Fault{What: r.Path + ": " + said + " (" + code + ")"}
	}
	return e
}

// form is how the interface writes and reads times.
const form = "2006-01-02 15:04:05"

// asks is one search. By is Changed or Age (the time of creation), filter the name of the lower bound that belongs to it.
type asks struct {
	by, filter, from string
	limit            int
	queues           []string
	down             bool
}

// search gives the numbers of tickets, and when the server answered, by its own clock.
func search(ctx context.Context, c *rest.Client, a asks) (ids []string, at time.Time, err error) {
	q := url.Values{"SortBy": {a.by}, "OrderBy": {"Up"}, "Limit": {strconv.Itoa(a.limit)}, "SearchInArchive": {"AllTickets"}}
	if a.down {
		q.Set("OrderBy", "Down")
	}
	if a.from != "" {
		q.Set(a.filter, a.from)
	}
	if len(a.queues) > 0 {
		q["Queues"], q["UseSubQueues"] = a.queues, []string{"1"}
	}
	r, err := c.Get(ctx, c.Option("search"), login(c, q))
	if err != nil {
		return nil, at, err
	}
	var out struct {
		TicketID []json.Number `json:"TicketID"`
	}
	if rest.Field(r.Body, "TicketID") != "" { // no hit is an object without it
		d := json.NewDecoder(bytes.NewReader(r.Body))
		if err := d.Decode(&out); err != nil {
			return nil, at, &rest.Fault{What: r.Path + ": the answer is not a list of numbers: " + err.Error()}
		}
	} else if s := bytes.TrimSpace(r.Body); len(s) == 0 || s[0] != '{' {
		return nil, at, &rest.Fault{What: r.Path + ": this is no answer of a web service: check url and the option search"}
	}
	for _, n := range out.TicketID {
		ids = append(ids, n.String())
	}
	if at, err = http.ParseTime(r.Header.Get("Date")); err != nil {
		at = time.Time{}
	}
	return ids, at, nil
}

// get asks for the records of several tickets. An error with the status 403 means that at least one may not be read.
func get(ctx context.Context, c *rest.Client, route, records string, ids []string, query url.Values) ([][]byte, error) {
	style := rest.Keyset{Then: func(q rest.Request, _ *rest.Page) (rest.Request, bool, error) { return q, false, nil }}
	q := rest.Request{Path: route + "/" + url.PathEscape(strings.Join(ids, ",")), Query: login(c, query)}
	for p, err := range c.Pages(ctx, q, rest.List{Records: records, Style: style}) {
		if err != nil {
			return nil, err
		}
		if len(p.Items) != len(ids) {
			return nil, &rest.Fault{What: fmt.Sprintf("%s: %d tickets were asked for, %d came", p.Response.Path, len(ids), len(p.Items))}
		}
		return p.Items, nil
	}
	return nil, ctx.Err()
}

// everything is what is asked of each ticket.
var everything = url.Values{"DynamicFields": {"1"}, "Extended": {"1"}, "AllArticles": {"1"}}

// moment is the same time twice: as the interface writes it, and in seconds since 1970.
type moment struct {
	text  string
	epoch int64
}

func moments(ticket []byte) []moment {
	var t struct {
		Article []struct {
			CreateTime   string
			IncomingTime json.Number
		}
	}
	if json.Unmarshal(ticket, &t) != nil {
		return nil
	}
	var out []moment
	for _, a := range t.Article {
		if n, err := a.IncomingTime.Int64(); err == nil && n > 0 {
			out = append(out, moment{a.CreateTime, n})
		}
	}
	return out
}

// zoneOf finds the zone of the times: that of the source, or UTC, whichever more of the moments fit; nil = neither.
func zoneOf(seen []moment, own *time.Location) *time.Location {
	var best *time.Location
	most := 0
	for _, loc := range []*time.Location{own, time.UTC} {
		n := 0
		for _, m := range seen {
			if at, err := time.ParseInLocation(form, m.text, loc); err == nil && at.Sub(time.Unix(m.epoch, 0)).Abs() <= 2*time.Minute {
				n++
			}
		}
		if n > most {
			best, most = loc, n
		}
	}
	return best
}

// ownZone is the zone that the configuration gives to times without one.
func ownZone(c *rest.Client) *time.Location {
	if loc, err := time.LoadLocation(c.Source.TimeZone); err == nil && c.Source.TimeZone != "" {
		return loc
	}
	return c.Config.Zone()
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Znuny (or another of the OTRS family; it does not tell its version)", Account: c.Source.User}
	newest, _, err := search(ctx, c, asks{by: "Changed", limit: 10, queues: c.Source.Projects, down: true})
	if err != nil {
		if s := rest.Status(err); s == http.StatusInternalServerError || s == http.StatusNotFound { // what Znuny answers is a page without words
			return p, fmt.Errorf("%w (is there a web service of this name, and has it the route %s for TicketSearch with GET? See Administration, Web Services)", err, c.Option("search"))
		}
		return p, err
	}
	if len(newest) == 0 {
		p.Lacks = append(p.Lacks, "no ticket at all: has the account the right ro on the queues?")
		return p, nil
	}
	oldest, _, err := search(ctx, c, asks{by: "Age", limit: 10, queues: c.Source.Projects})
	if err != nil {
		return p, err
	}
	var seen []moment
	fields := false
	for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(newest, oldest)))) {
		items, err := get(ctx, c, c.Option("ticket"), "Ticket", []string{id}, everything)
		if rest.Status(err) == http.StatusForbidden { // deleted since it was listed
			continue
		}
		if err != nil {
			return p, err
		}
		seen = append(seen, moments(items[0])...)
		fields = fields || rest.Field(items[0], "DynamicField") != ""
	}
	p.Reads = append(p.Reads, "tickets with their messages, seen at the "+strconv.Itoa(len(newest))+" that changed last")
	if c.Option("history") == "none" {
		p.Lacks = append(p.Lacks, "the history of tickets (options: {history: none}): no clock can be replayed, and pauses are not seen")
	} else {
		lines, err := get(ctx, c, c.Option("history"), "TicketHistory", newest[:1], nil)
		if err != nil && rest.Status(err) != http.StatusForbidden {
			return p, fmt.Errorf("the history of tickets cannot be read: add the operation TicketHistoryGet with the route %s/:TicketID to the web service, or write options: {history: none} to do without: %w", c.Option("history"), err)
		}
		if err == nil && len(lines) == 1 {
			p.Reads = append(p.Reads, "the history of each ticket, seen at the one with TicketID "+newest[0])
		}
	}
	if !fields {
		p.Notes = append(p.Notes, "no dynamic field is seen: there are none, or the web service does not give them")
	}
	own := ownZone(c)
	switch loc := zoneOf(seen, own); {
	case loc != nil:
		p.Zone = loc.String()
		if loc != own {
			p.Notes = append(p.Notes, fmt.Sprintf("its times are in %s, as its messages show, and not in the zone of the source (%s): they are read so", loc, own))
		}
	case len(seen) > 0:
		behind, _ := time.Parse(form, seen[0].text)
		p.Lacks = append(p.Lacks, fmt.Sprintf("%s: write time_zone with the value of its setting OTRSTimeZone; at %s it was %s from UTC",
			unknownZone, seen[0].text, behind.Sub(time.Unix(seen[0].epoch, 0)).Round(15*time.Minute)))
	default:
		p.Notes = append(p.Notes, "no message is seen by which the zone of its times could be checked: they are read in "+own.String())
	}
	p.Notes = append(p.Notes, "queues that the account may not read are missing without notice, and a ticket that is moved there looks deleted")
	return p, nil
}

// unknownZone is what is wrong when times fit neither the zone of the source nor UTC.
const unknownZone = "its times, because they are neither in the zone of the source nor in UTC"

func collect(ctx context.Context, r *rest.Run) error {
	for _, lack := range r.Probe.Lacks {
		if strings.HasPrefix(lack, unknownZone) {
			return errors.New("times cannot be read: " + lack)
		}
	}
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
	partial := !r.Since.IsZero() || r.Source.Since != ""
	if !partial && r.Cursor(w.cursor) == "" { // for the bar of the first load
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
	if partial {
		return nil // what is stored is only a part
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
	least := w.Since
	if least.IsZero() && w.Source.Since != "" {
		least, _ = config.ParseAsOf(w.Source.Since, w.Config.Zone()) // checked when the configuration was read
	}
	from := ""
	if !least.IsZero() {
		from = least.In(w.zone).Format(form)
	}
	at, err := time.Parse(form, w.Cursor(w.cursor))
	if err != nil || !w.Since.IsZero() {
		return from
	}
	back := overlap
	if d, err := time.ParseDuration(w.Source.Overlap); err == nil {
		back = d
	}
	return max(from, at.Add(-back).Format(form)) // this form sorts as the times do
}

// least and most are how many tickets a search may give; it begins with the first, and doubles where one moment holds more.
const least, most = 2000, 1 << 24

// changed reads the tickets that changed, in the order of their change. Every search begins at the last change that the one
// before it gave; where that is no step forward, more tickets share a moment than a search gives, or the end is reached.
func (w *walk) changed(ctx context.Context, from string) error {
	for limit := least; ; {
		ids, at, err := search(ctx, w.Client, asks{by: "Changed", filter: "TicketLastChangeTimeNewerDate", from: from, limit: limit, queues: w.Source.Projects})
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		w.book(ids)
		reached, err := w.details(ctx, ids, at, true)
		if err != nil {
			return err
		}
		switch {
		case reached > from:
			from, limit = reached, least
		case len(ids) < limit:
			return nil
		case limit >= most:
			return &rest.Fault{What: fmt.Sprintf("more than %d tickets bear the same time of change, %s: they cannot be told apart", most, from)}
		default:
			limit *= 2
		}
	}
}

// linked reads the tickets of which only the history went on: a new link does not change a ticket.
func (w *walk) linked(ctx context.Context, from string) error {
	for limit := least; ; limit *= 2 {
		ids, at, err := search(ctx, w.Client, asks{by: "Changed", filter: "TicketChangeTimeNewerDate", from: from, limit: limit, queues: w.Source.Projects})
		if err != nil {
			return err
		}
		if len(ids) >= limit && limit < most {
			continue
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return w.listed[id] })
		w.book(ids)
		_, err = w.details(ctx, ids, at, false)
		return err
	}
}

// book notes what a search gave.
func (w *walk) book(ids []string) {
	for _, id := range ids {
		w.listed[id] = true
	}
	w.total = max(w.total, int64(len(w.listed)))
	w.Reported("ticket", int64(len(w.listed)))
}

// details reads tickets with their history, many a request, and says up to which change the list was read. A ticket that
// changed since it was listed at the moment at stands no longer where it stood: it says nothing of that.
func (w *walk) details(ctx context.Context, ids []string, at time.Time, move bool) (reached string, err error) {
	listed := "9999"
	if !at.IsZero() {
		listed = at.Add(-2 * time.Second).In(w.zone).Format(form)
	}
	err = rest.Each(ctx, w.Client.Parallel(), slices.Chunk(ids, w.Client.PageSize()), func(ctx context.Context, ids []string) ([]pair, error) {
		return w.read(ctx, ids)
	}, func(_ []string, pairs []pair) error {
		for _, p := range pairs {
			w.fetched++
			if p.ticket == nil { // deleted since it was listed, or taken out of the account's sight
				delete(w.listed, p.id)
				w.Reported("ticket", int64(len(w.listed)))
				continue
			}
			lasting, err := lasting(p.ticket)
			if err != nil {
				return &rest.Fault{What: "ticket " + p.id + ": it cannot be read: " + err.Error()}
			}
			if err := w.PutRaw("ticket", p.id, w.Client.Option("ticket")+"/"+p.id, lasting); err != nil {
				return err
			}
			if p.history != nil {
				if err := w.PutRaw("history", p.id, w.Client.Option("history")+"/"+p.id, p.history); err != nil {
					return err
				}
			}
			if t := rest.Field(p.ticket, "Changed"); len(t) == len(form) && t < listed {
				reached = max(reached, t)
			}
		}
		if move && reached > w.Cursor(w.cursor) {
			w.SetCursor(w.cursor, reached)
		}
		w.Progress(min(w.fetched, w.total), w.total)
		return w.SafePoint(ctx)
	})
	return reached, err
}

// pair is a ticket with its history; nil = it may not be read, or there is no longer such a ticket.
type pair struct {
	id              string
	ticket, history []byte
}

// read asks for several tickets at once. Where one of them may not be read, the answer is refused for all, without saying
// which one it is: then each half is asked for by itself.
func (w *walk) read(ctx context.Context, ids []string) ([]pair, error) {
	tickets, err := get(ctx, w.Client, w.Client.Option("ticket"), "Ticket", ids, everything)
	var histories [][]byte
	if route := w.Client.Option("history"); err == nil && route != "none" {
		histories, err = get(ctx, w.Client, route, "TicketHistory", ids, nil)
	}
	if rest.Status(err) == http.StatusForbidden {
		if len(ids) == 1 {
			return []pair{{id: ids[0]}}, nil
		}
		first, err := w.read(ctx, ids[:len(ids)/2])
		if err != nil {
			return nil, err
		}
		second, err := w.read(ctx, ids[len(ids)/2:])
		return append(first, second...), err
	}
	if err != nil {
		return nil, err
	}
	out := make([]pair, len(ids))
	for i, id := range ids {
		out[i] = pair{id: id, ticket: tickets[i]}
		if rest.Field(tickets[i], "TicketID") != id || histories != nil && rest.Field(histories[i], "TicketID") != id {
			return nil, &rest.Fault{What: "ticket " + id + " was asked for, another one came"}
		}
		if histories != nil {
			out[i].history = histories[i]
		}
	}
	return out, nil
}

// passing are members of a ticket that tell how long something is away from the moment of asking.
var passing = []string{"Age", "UntilTime", "EscalationTime", "EscalationTimeWorkingTime", "EscalationDestinationIn", "FirstResponseTime", "FirstResponseTimeWorkingTime",
	"UpdateTime", "UpdateTimeWorkingTime", "SolutionTime", "SolutionTimeWorkingTime"}

// lasting is a ticket without what is different at every reading: it would be a new version each time.
func lasting(ticket []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(ticket, &members); err != nil {
		return nil, err
	}
	for _, name := range passing {
		delete(members, name)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(members); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// listing is how many tickets a search gives that lists all.
const listing = 10_000

// list gives the numbers of all tickets, in the order of their creation, some of them more than once.
func (w *walk) list(ctx context.Context, take func(ids []string) error) error {
	from := ""
	for limit := listing; ; {
		ids, _, err := search(ctx, w.Client, asks{by: "Age", filter: "TicketCreateTimeNewerDate", from: from, limit: limit, queues: w.Source.Projects})
		if err != nil {
			return err
		}
		if err := take(ids); err != nil {
			return err
		}
		if len(ids) < limit {
			return nil
		}
		reached := ""
		for _, id := range slices.Backward(ids) { // the last one that was not deleted meanwhile
			items, err := get(ctx, w.Client, w.Client.Option("ticket"), "Ticket", []string{id}, nil)
			if rest.Status(err) == http.StatusForbidden {
				continue
			}
			if err != nil {
				return err
			}
			reached = rest.Field(items[0], "Created")
			break
		}
		switch {
		case reached > from:
			from, limit = reached, listing
		case limit >= most:
			return &rest.Fault{What: fmt.Sprintf("more than %d tickets bear the same time of creation, %s: they cannot be told apart", most, from)}
		default:
			limit *= 2
		}
	}
}

// sweep finds tickets that are there no longer, and those that the list of changes did not show.
func (w *walk) sweep(ctx context.Context) error {
	mode := w.Client.Option("sweep")
	if mode == "never" {
		return nil
	}
	have, err := w.Count(ctx, "ticket")
	if err != nil {
		return err
	}
	last, err := time.Parse(time.RFC3339, w.Cursor("sweep"))
	if mode == "auto" && have > listing && err == nil && w.Now.Sub(last) < 24*time.Hour {
		return nil
	}
	err = w.list(ctx, func(ids []string) error {
		for _, id := range ids {
			if err := w.Present("ticket", id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	gone, unknown, err := w.Sweep(ctx, "ticket")
	if err != nil {
		return err
	}
	w.book(unknown)
	if _, err := w.details(ctx, unknown, time.Time{}, false); err != nil {
		return err
	}
	if err := w.bury(ctx, gone); err != nil {
		return err
	}
	w.SetCursor("sweep", w.Now.UTC().Format(time.RFC3339))
	return nil
}

// bury marks tickets that are no longer listed as deleted. A ticket that the account may not see looks the same, so it is only
// believed of queues of which other tickets are still listed.
func (w *walk) bury(ctx context.Context, gone []string) error {
	if len(gone) == 0 {
		return nil
	}
	list := strings.Join(gone, ",")
	hidden, err := w.Keys(ctx, "ticket", `list_contains(string_split(?, ','), key) AND (payload->>'$.QueueID') NOT IN (
		SELECT payload->>'$.QueueID' FROM raw_record WHERE source = ? AND entity = 'ticket' AND NOT deleted AND NOT list_contains(string_split(?, ','), key)
			AND (payload->>'$.QueueID') IS NOT NULL)`, list, w.Source.Name, list)
	if err != nil {
		return err
	}
	var deleted []string
	for _, id := range gone {
		if slices.Contains(hidden, id) {
			continue
		}
		deleted = append(deleted, id)
		if err := w.Delete("ticket", id); err != nil {
			return err
		}
	}
	if len(deleted) > 0 {
		w.Warn("deleted, or moved to a queue that the account may not read (Znuny does not tell which): TicketID %s", rest.Some(deleted))
	}
	if len(hidden) > 0 {
		w.Gap("read once and no longer listed, nor is any other ticket of their queues (may the account still read them?): TicketID %s", rest.Some(hidden))
	}
	return nil
}
