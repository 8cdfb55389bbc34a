// Package glpi collects from GLPI 10 and 11 by the REST interface that both have (apirest.php).
//
// Every kind of record is a stream that is read by its ids: once from the beginning, then from the newest id back to the last
// one known. Where records change later, those of the days since the last run are read again, by the beginning of the text
// of their date: the interface neither sorts nor bounds by date. History is one such stream for all tickets, problems
// and changes. What was put into the bin or deleted is found by comparing ids.
package glpi

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
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

// Tool is the source type "glpi".
var Tool = rest.Tool{
	Type: "glpi", Name: "GLPI", Summary: "GLPI 10 and 11: tickets, problems and changes with history, approvals, satisfaction, SLAs and items, by REST",
	Sample: sample, Readme: readme, Model: model, API: "/apirest.php",
	Schemes: []rest.Scheme{
		session([]string{"token"}, "API token of the account, from its preferences: Remote access keys"),
		session([]string{"token", "client_secret"}, "API token of the account, and as client_secret the App-Token of the API client, where GLPI asks for one"),
		session([]string{"user", "password"}, "login and password of the account, where GLPI allows it"),
		session([]string{"user", "password", "client_secret"}, "login and password, and as client_secret the App-Token of the API client"),
	},
	PageSize: 500, MaxPage: 1000, Parallel: 4,
	Options: []rest.Option{
		{Name: "items", Doc: "types of configuration items to read; default Computer, NetworkEquipment, Appliance, Cluster; none = no items"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"},
			Doc: "when to list all ids to find deleted records: auto = when the number of records differs"},
	},
	Texts: map[string][]string{"ticket": {"content"}, "change": {"content", "impactcontent", "controlistcontent", "rolloutplancontent", "backoutplancontent", "checklistcontent"},
		"problem": {"content", "impactcontent", "causecontent", "symptomcontent"}, "followup": {"content"}, "solution": {"content"}, "task": {"content"},
		"validation": {"comment_submission", "comment_validation"}, "satisfaction": {"comment"}},
	Probe: probe, Collect: collect,
}

// session logs in with initSession and opens all entities that the account sees.
func session(needs []string, doc string) rest.Scheme {
	app := func(h http.Header, k rest.Keys) {
		if k.ClientSecret != "" {
			h["App-Token"] = []string{k.ClientSecret}
		}
	}
	return rest.Scheme{Needs: needs, Doc: doc,
		Sign: func(r *http.Request, k rest.Keys) {
			app(r.Header, k)
			r.Header["Session-Token"] = []string{k.Session}
		},
		Login: func(ctx context.Context, c *rest.Client, k rest.Keys) (string, time.Time, error) {
			h := http.Header{}
			app(h, k)
			if k.Token != "" {
				h["Authorization"] = []string{"user_token " + k.Token}
			} else {
				r := http.Request{Header: h}
				r.SetBasicAuth(k.User, k.Password)
			}
			r, err := c.Do(ctx, rest.Request{Path: "initSession", Header: h}.Unsigned())
			if err != nil {
				return "", time.Time{}, err
			}
			token := rest.Field(r.Body, "session_token")
			if token == "" {
				return "", time.Time{}, &rest.Fault{What: "initSession gives no session_token: is this address that of apirest.php, and is the API enabled?"}
			}
			h = http.Header{"Session-Token": {token}}
			app(h, k)
			_, err = c.Do(ctx, rest.Request{Method: http.MethodPost, Path: "changeActiveEntities", Header: h,
				JSON: map[string]any{"entities_id": "all", "is_recursive": true}}.Unsigned())
			if s := rest.Status(err); s == 400 || s == 403 { // an account of one entity may not choose
				err = nil
			}
			return token, time.Time{}, err
		},
		Logout: func(ctx context.Context, c *rest.Client) { _, _ = c.Get(ctx, "killSession", nil) },
	}
}

// stream is a kind of record.
type stream struct {
	entity, itemtype string
	filter           map[string]string // searchText; ^ and $ are the ends of the value
	dates            []string          // columns that move when a record changes
	swept            bool              // deleted records are looked for at every run
	core             bool              // without it nothing can be said
	prefixed         bool              // several types share the entity: the key begins with the type
	keep             []string          // members that are kept; nil = all
}

// streams are what is read, in this order.
var streams = []stream{
	{entity: "entity", itemtype: "Entity", dates: []string{"date_mod"}, keep: []string{"id", "name", "completename", "date_mod"}},
	{entity: "user", itemtype: "User", dates: []string{"date_mod"}, keep: []string{"id", "name", "date_mod"}},
	{entity: "group", itemtype: "Group", dates: []string{"date_mod"}, keep: []string{"id", "name", "completename", "date_mod"}},
	{entity: "supplier", itemtype: "Supplier", dates: []string{"date_mod"}, keep: []string{"id", "name", "is_active", "is_deleted", "date_mod"}},
	{entity: "category", itemtype: "ITILCategory", dates: []string{"date_mod"}, keep: []string{"id", "name", "completename", "date_mod"}},
	{entity: "channel", itemtype: "RequestType", dates: []string{"date_mod"}, keep: []string{"id", "name", "date_mod"}},
	{entity: "state", itemtype: "State", dates: []string{"date_mod"}, keep: []string{"id", "name", "completename", "date_mod"}},
	{entity: "level", itemtype: "SLA", dates: []string{"date_mod"}, prefixed: true},
	{entity: "level", itemtype: "OLA", dates: []string{"date_mod"}, prefixed: true},
	{entity: "log", itemtype: "Log", filter: map[string]string{"itemtype": "^Ticket$"}, core: true},
	{entity: "log", itemtype: "Log", filter: map[string]string{"itemtype": "^Problem$"}},
	{entity: "log", itemtype: "Log", filter: map[string]string{"itemtype": "^Change$"}},
	{entity: "ticket", itemtype: "Ticket", dates: []string{"date_mod"}, swept: true, core: true},
	{entity: "problem", itemtype: "Problem", dates: []string{"date_mod"}, swept: true},
	{entity: "change", itemtype: "Change", dates: []string{"date_mod"}, swept: true},
	{entity: "actor", itemtype: "Ticket_User", prefixed: true}, {entity: "actor", itemtype: "Group_Ticket", prefixed: true}, {entity: "actor", itemtype: "Supplier_Ticket", prefixed: true},
	{entity: "actor", itemtype: "Problem_User", prefixed: true}, {entity: "actor", itemtype: "Group_Problem", prefixed: true}, {entity: "actor", itemtype: "Problem_Supplier", prefixed: true},
	{entity: "actor", itemtype: "Change_User", prefixed: true}, {entity: "actor", itemtype: "Change_Group", prefixed: true}, {entity: "actor", itemtype: "Change_Supplier", prefixed: true},
	{entity: "followup", itemtype: "ITILFollowup", dates: []string{"date_mod"}, core: true},
	{entity: "solution", itemtype: "ITILSolution", dates: []string{"date_mod"}},
	{entity: "task", itemtype: "TicketTask", dates: []string{"date_mod"}, prefixed: true},
	{entity: "task", itemtype: "ProblemTask", dates: []string{"date_mod"}, prefixed: true},
	{entity: "task", itemtype: "ChangeTask", dates: []string{"date_mod"}, prefixed: true},
	{entity: "validation", itemtype: "TicketValidation", dates: []string{"validation_date"}, prefixed: true},
	{entity: "validation", itemtype: "ChangeValidation", dates: []string{"validation_date"}, prefixed: true},
	{entity: "satisfaction", itemtype: "TicketSatisfaction", dates: []string{"date_answered"}},
	{entity: "link", itemtype: "Ticket_Ticket", prefixed: true}, {entity: "link", itemtype: "Problem_Ticket", prefixed: true},
	{entity: "link", itemtype: "Change_Ticket", prefixed: true}, {entity: "link", itemtype: "Change_Problem", prefixed: true},
	{entity: "item", itemtype: "Item_Ticket", prefixed: true}, {entity: "item", itemtype: "Item_Problem", prefixed: true}, {entity: "item", itemtype: "Change_Item", prefixed: true},
}

// items are the streams of configuration items that the configuration asks for.
func items(c *rest.Client) []stream {
	types := c.Source.Options["items"]
	if len(types) == 0 {
		types = []string{"Computer", "NetworkEquipment", "Appliance", "Cluster"}
	}
	var out []stream
	for _, t := range types {
		if t != "none" {
			out = append(out, stream{entity: "ci", itemtype: t, dates: []string{"date_mod"}, prefixed: true, swept: true,
				keep: []string{"id", "name", "entities_id", "states_id", "users_id", "groups_id", "date_mod", "is_deleted", "serial"}})
		}
	}
	return out
}

func (s stream) cursor() string {
	if s.filter["itemtype"] != "" {
		return s.entity + "@" + strings.Trim(s.filter["itemtype"], "^$")
	}
	return s.entity + "@" + s.itemtype
}

// request asks for the stream; more are further filters.
func (s stream) request(order string, more map[string]string) rest.Request {
	q := url.Values{"get_hateoas": {"false"}, "expand_dropdowns": {"false"}, "sort": {"id"}, "order": {order}}
	for _, m := range []map[string]string{s.filter, more} {
		for k, v := range m {
			q.Set("searchText["+k+"]", v)
		}
	}
	return rest.Request{Path: s.itemtype, Query: q}
}

func (s stream) key(id string) string {
	if s.prefixed {
		return s.itemtype + "/" + id
	}
	return id
}

// ranged pages by range=0-499. The whole number stands behind the stroke of Content-Range.
type ranged struct{ from int64 }

// First asks for the first page.
func (s ranged) First(q rest.Request, size int) rest.Request {
	return q.With("range", fmt.Sprintf("%d-%d", s.from, s.from+int64(size)-1))
}

// Next asks for what is behind the page.
func (s ranged) Next(q rest.Request, p *rest.Page, seen int64) (rest.Request, bool, error) {
	total, known := total(p)
	if n := s.from + seen; len(p.Items) > 0 && (!known || n < total) {
		from, to, _ := strings.Cut(q.Query.Get("range"), "-")
		a, _ := strconv.ParseInt(from, 10, 64)
		b, _ := strconv.ParseInt(to, 10, 64)
		return q.With("range", fmt.Sprintf("%d-%d", n, n+b-a)), true, nil
	}
	return q, false, nil
}

func total(p *rest.Page) (int64, bool) {
	_, n, ok := strings.Cut(p.Response.Header.Get("Content-Range"), "/")
	total, err := strconv.ParseInt(n, 10, 64)
	return total, ok && err == nil
}

// exceeds says that a list ended before the page that was asked for.
func exceeds(err error) bool {
	return rest.Status(err) == 400 && strings.Contains(err.Error(), "ERROR_RANGE_EXCEED_TOTAL")
}

// refused says that the account may not read a kind of record, or that this GLPI does not have it.
func refused(err error) bool {
	s := rest.Status(err)
	return s == 401 || s == 403 || s == 404 || s == 400 && strings.Contains(err.Error(), "ERROR_ITEMTYPE_NOT_FOUND")
}

// clock is the time of the server as it writes times, and the name of its zone where the account chose one.
func clock(ctx context.Context, c *rest.Client) (now, zone, account string, date time.Time, err error) {
	r, err := c.Get(ctx, "getFullSession", nil)
	if err != nil {
		return "", "", "", date, err
	}
	date, _ = http.ParseTime(r.Header.Get("Date"))
	return rest.Field(r.Body, "session.glpi_currenttime"), rest.Field(r.Body, "session.glpi_tz"), rest.Field(r.Body, "session.glpiname"), date, nil
}

const form = "2006-01-02 15:04:05"

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "GLPI"}
	now, zone, account, date, err := clock(ctx, c)
	if err != nil {
		return p, err
	}
	p.Account, p.Zone = account, c.Source.TimeZone
	if r, err := c.Get(ctx, "getGlpiConfig", nil); err == nil {
		p.Version = rest.Field(r.Body, "cfg_glpi.version")
		p.Product = strings.TrimSpace("GLPI " + p.Version)
	} else if !refused(err) {
		return p, err
	}
	if lack := zoneLack(now, zone, c.Source.TimeZone, date); lack != "" {
		p.Lacks = append(p.Lacks, lack)
	}
	for _, x := range []struct {
		s          stream
		what, lack string
	}{
		{stream{itemtype: "Ticket"}, "tickets", "tickets: has the profile of the account the right to see all tickets?"},
		{stream{itemtype: "Problem"}, "problems", "problems: the report says nothing of them"},
		{stream{itemtype: "Change"}, "changes", "changes: the report says nothing of them"},
		{stream{itemtype: "Log", filter: map[string]string{"itemtype": "^Ticket$"}}, "entries in the history of tickets",
			"the history (right Administration → Logs of the profile): pauses cannot be replayed, and when a ticket was solved or opened again is not known"},
		{stream{itemtype: "ITILFollowup"}, "followups", "followups: when a requester was first answered is not known"},
		{stream{itemtype: "TicketValidation"}, "approvals", "approvals"},
		{stream{itemtype: "TicketSatisfaction"}, "satisfaction surveys", "satisfaction surveys"},
	} {
		q := x.s.request("DESC", nil).With("range", "0-0")
		r, err := c.Do(ctx, q)
		if refused(err) {
			p.Lacks = append(p.Lacks, x.lack)
			continue
		} else if err != nil && !exceeds(err) {
			return p, err
		}
		n := int64(0)
		if err == nil {
			n, _ = total(&rest.Page{Response: r})
		}
		p.Reads = append(p.Reads, fmt.Sprintf("%d %s", n, x.what))
	}
	p.Notes = append(p.Notes, "GLPI writes times without their zone: they are read as "+c.Source.TimeZone+", the time_zone of the source")
	return p, nil
}

// zoneLack says that times are not in the configured zone; empty = they are, as far as can be told.
func zoneLack(now, named, zone string, date time.Time) string {
	z, err := time.LoadLocation(zone)
	if err != nil || date.IsZero() {
		return ""
	}
	at, err := time.ParseInLocation(form, now, z)
	if err != nil {
		return ""
	}
	off := at.Sub(date).Round(time.Minute)
	if off.Abs() < 5*time.Minute {
		return ""
	}
	hint := "set time_zone of the source to the zone of the server"
	if named != "" {
		hint = "set time_zone of the source to " + named + ", which the account has chosen in GLPI"
	}
	return fmt.Sprintf("the right time of anything: GLPI says that it is %s, which read as %s is %s off: %s, and build again", now, zone, off, hint)
}

func collect(ctx context.Context, r *rest.Run) error {
	now, _, _, _, err := clock(ctx, r.Client)
	if err != nil {
		return err
	}
	w := &walk{Run: r, now: now, partly: map[string]bool{}}
	if _, err := time.Parse(form, now); err != nil {
		return &rest.Fault{What: "getFullSession does not say what time it is (glpi_currenttime): " + now}
	}
	if z, err := time.LoadLocation(r.Source.TimeZone); err == nil {
		if at := r.From(""); !at.IsZero() {
			w.least = at.In(z).Format(form)
			r.WindowFrom = at
		}
		r.WindowTo, _ = time.ParseInLocation(form, now, z)
	}
	r.Query = "records by id, and those of the days since the last run"
	if err := w.options(ctx); err != nil {
		return err
	}
	for _, s := range append(slices.Clone(streams), items(r.Client)...) {
		r.Entity(s.entity)
		err := w.read(ctx, s)
		if err == nil && s.swept {
			err = w.sweep(ctx, s)
		}
		if err != nil {
			w.partly[s.entity] = true
		}
		switch {
		case refused(err) && s.core:
			r.Gap("%s may not be read: %v", s.itemtype, err)
		case refused(err):
			r.Warn("%s may not be read by this account, or is not there", s.itemtype)
		case err != nil:
			return err
		}
	}
	return w.forget(ctx)
}

// walk is one reading.
type walk struct {
	*rest.Run
	now, least string // local times of the server: now, and what is to be left out before; empty = nothing
	fields     map[string]bool
	news       bool            // records were handed over since the last safe point
	partly     map[string]bool // entities that were not listed whole in this run
}

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
		for _, number := range slices.Sorted(mapKeys(all)) {
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

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
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
	overlap := w.Overlap()
	from := at.Add(-overlap).Format(form)
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
			if item, err = only(item, s.keep); err != nil {
				return &rest.Fault{What: s.itemtype + " " + id + ": the record cannot be read"}
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

// only is a record with some of its members.
func only(item []byte, names []string) ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(item, &all); err != nil {
		return nil, err
	}
	for _, k := range slices.Collect(mapKeys(all)) {
		if !slices.Contains(names, k) {
			delete(all, k)
		}
	}
	return json.Marshal(all)
}

// sweep finds records that were deleted, put into the bin or taken out of it.
func (w *walk) sweep(ctx context.Context, s stream) error {
	mode := w.Client.Option("sweep")
	if mode == "never" || w.least != "" {
		return nil // what is stored is only a part
	}
	ids := s.request("ASC", nil).With("only_id", "true")
	if mode == "auto" && !w.Full {
		have, err := w.stored(ctx, s)
		if err != nil {
			return err
		}
		r, err := w.Client.Do(ctx, ids.With("range", "0-0"))
		if err != nil && !exceeds(err) {
			return err
		}
		if there, known := int64(0), true; err == nil {
			if there, known = total(&rest.Page{Response: r}); known && there == have {
				return nil
			}
		}
	}
	if s.prefixed { // other types of the entity are not compared
		others, err := w.Keys(ctx, s.entity, "NOT starts_with(key, ?)", s.key(""))
		if err != nil {
			return err
		}
		for _, k := range others {
			if err := w.Present(s.entity, k); err != nil {
				return err
			}
		}
	}
	err := w.pages(ctx, ids, 0, func(p *rest.Page) (bool, error) {
		for _, item := range p.Items {
			id := rest.Field(item, "id")
			if err := w.Present(s.entity, s.key(id)); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	gone, unknown, err := w.Sweep(ctx, s.entity)
	if err != nil {
		return err
	}
	one := func(ctx context.Context, key string) (*rest.Response, error) {
		id := strings.TrimPrefix(key, s.key(""))
		r, err := w.Client.Get(ctx, s.itemtype+"/"+url.PathEscape(id), url.Values{"get_hateoas": {"false"}, "expand_dropdowns": {"false"}})
		if st := rest.Status(err); st == 404 || st == 403 || st == 401 {
			return &rest.Response{Status: st}, nil
		}
		return r, err
	}
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(unknown), one, func(key string, r *rest.Response) error {
		if r.Body == nil {
			return nil
		}
		return w.put(s, [][]byte{r.Body}, nil)
	})
	if err != nil {
		return err
	}
	var hidden []string
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(gone), one, func(key string, r *rest.Response) error {
		if r.Status == 404 || r.Body != nil && rest.Field(r.Body, "is_deleted") == "1" {
			return w.Delete(s.entity, key)
		}
		hidden = append(hidden, key)
		return nil
	})
	if len(hidden) > 0 {
		w.Gap("%s: %d records were read once and are no longer listed for this account, although they are there: %s", s.itemtype, len(hidden), rest.Some(hidden))
	}
	return err
}

// stored is how many records of the stream are stored.
func (w *walk) stored(ctx context.Context, s stream) (int64, error) {
	if !s.prefixed {
		return w.Count(ctx, s.entity)
	}
	keys, err := w.Keys(ctx, s.entity, "starts_with(key, ?)", s.key(""))
	return int64(len(keys)), err
}

// forget marks records as deleted that a reading of everything did not find: of those that are not looked for at every run.
func (w *walk) forget(ctx context.Context) error {
	if !w.Full || w.least != "" {
		return nil
	}
	done := map[string]bool{}
	for _, s := range streams {
		if s.swept || s.entity == "log" || w.partly[s.entity] || done[s.entity] {
			continue
		}
		done[s.entity] = true
		gone, _, err := w.Sweep(ctx, s.entity)
		if err != nil {
			return err
		}
		for _, key := range gone {
			if err := w.Delete(s.entity, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// Overlap is how far before the last run the next one begins.
func (w *walk) Overlap() time.Duration {
	if d, err := time.ParseDuration(w.Source.Overlap); err == nil {
		return d
	}
	return 5 * time.Minute
}
