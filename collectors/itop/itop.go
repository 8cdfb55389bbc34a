// Package itop collects from iTop 2.7 and later by its REST/JSON interface.
//
// iTop answers everything with status 200 and says in the answer whether it went well. It gives lists in no order that can be
// relied on, and without limit, so every list is read in ranges of ids that are halved until one holds no more than a
// page. History is one stream of operations for all tickets; what was deleted stands in it too.
package itop

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
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

// Tool is the source type "itop".
var Tool = rest.Tool{
	Type: "itop", Name: "iTop", Summary: "iTop: requests, incidents, problems and changes with history, logs, SLA results, services, contracts and CIs, by REST",
	Sample: sample, Readme: readme, Model: model,
	Schemes: []rest.Scheme{
		{Needs: []string{"user", "password"}, Doc: "login and password of the account", Sign: inForm},
		rest.Header("Auth-Token", "", "token of the account, where the extension for tokens is installed"),
	},
	PageSize: 200, MaxPage: 1000, Parallel: 1,
	Options: []rest.Option{
		{Name: "history", Doc: "further attributes of tickets whose changes are read, by their codes"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"},
			Doc: "when to list the ids of all tickets to find deleted ones: auto = when the number of tickets differs"},
	},
	Texts: map[string][]string{"ticket": {"fields.description", "fields.solution", "fields.user_comment", "fields.pending_reason", "fields.escalation_reason",
		"fields.public_log.entries.message", "fields.public_log.entries.message_html", "fields.private_log.entries.message", "fields.private_log.entries.message_html",
		"fields.approval_comment", "fields.fallback"}},
	Fault: fault, CheckSource: check, Probe: probe, Collect: collect,
}

// inForm puts login and password into the form that is sent: so they stand in no address.
func inForm(r *http.Request, k rest.Keys) {
	if r.Body == nil {
		return
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	text := string(b) + "&" + url.Values{"auth_user": {k.User}, "auth_pwd": {k.Password}}.Encode()
	r.Body = io.NopCloser(strings.NewReader(text))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	r.ContentLength = int64(len(text))
}

// Codes that an answer may bear.
const (
	codeUnauthorized = 1
	codeMissingUser  = 5
	codeMissingPwd   = 6
	codeInternal     = 100
)

// fault finds what an answer says of itself.
func fault(r *rest.Response) error {
	var head struct {
		Code    *int
		Message string
	}
	if err := json.Unmarshal(r.Body, &head); err != nil || head.Code == nil {
		if strings.Contains(r.Header.Get("Content-Type"), "html") {
			return &rest.Fault{What: r.Path + ": the answer is a page for people: is the address that of iTop, and is the account a REST Services User?"}
		}
		return nil // cut off, or no JSON: that is found elsewhere
	}
	said := head.Message
	if runes := []rune(said); len(runes) > 200 {
		said = string(runes[:200]) + "…"
	}
	switch *head.Code {
	case 0:
		return nil
	case codeUnauthorized, codeMissingUser, codeMissingPwd:
		e := &rest.StatusError{Status: http.StatusUnauthorized, Path: r.Path, Said: said, Login: "user and password, or token"}
		if strings.Contains(said, "permission") {
			e.Status = http.StatusForbidden
		}
		return e
	case codeInternal:
		if strings.Contains(strings.ToLower(said), "class") { // this iTop does not have the module
			return &rest.StatusError{Status: http.StatusNotFound, Path: r.Path, Said: said}
		}
	}
	return &rest.Fault{What: fmt.Sprintf("%s: iTop refuses with code %d: %s", r.Path, *head.Code, said)}
}

var attribute = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func check(src *config.Source, ps *strictyaml.Problems) {
	for _, a := range src.Options["history"] {
		if !attribute.MatchString(a) {
			ps.Add(src.At("options.history"), "source "+src.Name+".options.history", "write the code of the attribute, as in the data model", "%q is not the code of an attribute", a)
		}
	}
}

// refused says that the account may not read a class, or that this iTop does not have it.
func refused(err error) bool {
	s := rest.Status(err)
	return s == 403 || s == 404
}

// object is one record of an answer.
type object struct {
	Class  string
	Key    json.Number
	Fields json.RawMessage
	id     int64
}

func (o object) field(name string) string { return rest.Field(o.Fields, name) }

// get asks for the records of a query; limit 0 = all.
func get(ctx context.Context, c *rest.Client, class, where, fields string, limit int) (found int64, out []object, err error) {
	oql := "SELECT " + class
	if where != "" {
		oql += " WHERE " + where
	}
	ask := map[string]any{"operation": "core/get", "class": class, "key": oql, "output_fields": fields}
	if limit > 0 {
		ask["limit"], ask["page"] = limit, 1
	}
	b, err := json.Marshal(ask)
	if err != nil {
		return 0, nil, err
	}
	r, err := c.Do(ctx, rest.Request{Method: http.MethodPost, Path: "webservices/rest.php?version=1.3", Form: url.Values{"json_data": {string(b)}}})
	if err != nil {
		return 0, nil, err
	}
	var answer struct {
		Message string
		Objects map[string]json.RawMessage
	}
	if err := r.Into(&answer); err != nil {
		return 0, nil, err
	}
	n, ok := strings.CutPrefix(answer.Message, "Found: ")
	if found, err = strconv.ParseInt(strings.TrimSpace(n), 10, 64); err != nil || !ok {
		return 0, nil, &rest.Fault{What: r.Path + ": iTop does not say how many records it found: " + answer.Message}
	}
	for name, raw := range answer.Objects {
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			return 0, nil, &rest.Fault{What: name + ": the record cannot be read"}
		}
		key := o.Key.String()
		if key == "" {
			_, key, _ = strings.Cut(name, "::")
		}
		if o.id, err = strconv.ParseInt(key, 10, 64); err != nil {
			return 0, nil, &rest.Fault{What: name + ": the record has no id"}
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b object) int { return int(a.id - b.id) })
	if limit == 0 && int64(len(out)) != found {
		return 0, nil, &rest.Fault{What: fmt.Sprintf("%s: iTop found %d records and gave %d", class, found, len(out)), Passes: true}
	}
	return found, out, nil
}

// count is how many records a query finds.
func count(ctx context.Context, c *rest.Client, class, where string) (int64, error) {
	n, _, err := get(ctx, c, class, where, "id", 1)
	return n, err
}

// highest is an id above all.
const highest = math.MaxInt32

// records reads what a query finds above an id, in the order of ids: a range of ids is halved until it holds no more than
// a page.
func records(ctx context.Context, c *rest.Client, class, where, fields string, above int64, take func([]object) error) error {
	bound := func(lo, hi int64) string {
		w := fmt.Sprintf("id > %d AND id <= %d", lo, hi)
		if where != "" {
			w = where + " AND " + w
		}
		return w
	}
	var walk func(lo, hi, n int64) error
	walk = func(lo, hi, n int64) error {
		if n == 0 {
			return nil
		}
		if n <= int64(c.PageSize()) || hi-lo <= 1 {
			_, list, err := get(ctx, c, class, bound(lo, hi), fields, 0)
			if err != nil {
				return err
			}
			return take(list)
		}
		mid := lo + (hi-lo)/2
		left, err := count(ctx, c, class, bound(lo, mid))
		if err != nil {
			return err
		}
		if err := walk(lo, mid, left); err != nil {
			return err
		}
		if left >= n {
			return nil
		}
		return walk(mid, hi, n-left)
	}
	above = max(above, 0)
	n, err := count(ctx, c, class, bound(above, highest))
	if err != nil {
		return err
	}
	return walk(above, highest, n)
}

// tickets are the classes in whose history changes are looked for.
const tickets = "objclass IN ('Ticket','UserRequest','Incident','Problem','Change','ApprovedChange','RoutineChange','NormalChange','EmergencyChange')"

// attributes are those whose changes are history.
var attributes = []string{"status", "agent_id", "team_id", "priority", "impact", "urgency", "service_id", "servicesubcategory_id", "caller_id", "org_id", "request_type", "title",
	"start_date", "end_date", "outage", "operational_status"}

func scalar(c *rest.Client) string {
	return tickets + " AND attcode IN ('" + strings.Join(append(slices.Clone(attributes), c.Source.Options["history"]...), "','") + "')"
}

const form = "2006-01-02 15:04:05"

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "iTop", Zone: c.Source.TimeZone, Account: c.Source.User}
	for _, x := range []struct{ class, where, what, lack string }{
		{"Ticket", "", "tickets of all kinds", "tickets: has the account a profile that may read them in bulk?"},
		{"CMDBChangeOpSetAttributeScalar", tickets, "changes in the history of tickets", "the history (class CMDBChangeOp, bulk read): pauses cannot be replayed, and when a ticket was solved or opened again is not known"},
		{"CMDBChangeOpDelete", "objclass = 'Ticket'", "deleted tickets in the history", "what was deleted: it is found by comparing ids"},
		{"Service", "", "services", "services: tickets name theirs by number only"},
		{"CustomerContract", "", "contracts with customers", "contracts with customers"},
		{"FunctionalCI", "", "configuration items", "configuration items"},
	} {
		n, err := count(ctx, c, x.class, x.where)
		if refused(err) {
			p.Lacks = append(p.Lacks, x.lack)
			continue
		} else if err != nil {
			return p, err
		}
		p.Reads = append(p.Reads, fmt.Sprintf("%d %s", n, x.what))
	}
	p.Notes = append(p.Notes, "iTop writes times without their zone: they are read as "+c.Source.TimeZone+", the time_zone of the source",
		"records of organizations that the account may not see are missing without notice")
	return p, nil
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r}
	if at := r.From(""); !at.IsZero() {
		if z, err := time.LoadLocation(r.Source.TimeZone); err == nil {
			w.least, r.WindowFrom = at.In(z).Format(form), at
		}
	}
	r.WindowTo = r.Now
	r.Query = "SELECT Ticket WHERE last_update >= the newest one read"
	for _, l := range []struct {
		entity, class, fields string
		grows                 bool // only new records are read, and all with --full
	}{
		{"organization", "Organization", "id,name,status", false},
		{"team", "Team", "id,name", false},
		{"service", "Service", "id,name,org_id,status", false},
		{"subcategory", "ServiceSubcategory", "id,name", false},
		{"contract", "CustomerContract", "id,name,org_id,status,start_date,end_date", false},
		{"provider_contract", "ProviderContract", "id,name,org_id,provider_id,status,start_date,end_date", false},
		{"person", "Person", "id,friendlyname", true},
		{"ci", "FunctionalCI", "id,name,finalclass,org_id,business_criticity", true},
	} {
		r.Entity(l.entity)
		if err := w.list(ctx, l.entity, l.class, l.fields, l.grows); refused(err) {
			r.Warn("%s may not be read by this account, or is not there", l.class)
		} else if err != nil {
			return err
		}
	}
	if err := w.tickets(ctx); err != nil {
		return err
	}
	r.Entity("op")
	if err := w.operations(ctx); err != nil {
		return err
	}
	return w.sweep(ctx)
}

// walk is one reading.
type walk struct {
	*rest.Run
	least string // tickets that were last changed before, local time of the server, are left out; empty = none
	shown int64
}

func (w *walk) put(entity string, o object) error {
	b, err := json.Marshal(map[string]any{"class": o.Class, "id": o.id, "fields": o.Fields})
	if err != nil {
		return err
	}
	return w.PutRaw(entity, strconv.FormatInt(o.id, 10), o.Class, b)
}

// number is a cursor that is an id.
func (w *walk) number(entity string) int64 {
	n, _ := strconv.ParseInt(w.Cursor(entity), 10, 64) // empty at first
	return n
}

// list reads a class: whole, or what came since.
func (w *walk) list(ctx context.Context, entity, class, fields string, grows bool) error {
	above := int64(0)
	if grows {
		above = w.number(entity)
	}
	err := records(ctx, w.Client, class, "", fields, above, func(list []object) error {
		for _, o := range list {
			if err := w.put(entity, o); err != nil {
				return err
			}
			if !grows || w.Full {
				if err := w.Present(entity, strconv.FormatInt(o.id, 10)); err != nil {
					return err
				}
			} else {
				w.SetCursor(entity, strconv.FormatInt(o.id, 10))
			}
		}
		return w.SafePoint(ctx)
	})
	if err != nil || grows && !w.Full {
		return err
	}
	gone, _, err := w.Sweep(ctx, entity)
	for _, id := range gone {
		if err == nil {
			err = w.Delete(entity, id)
		}
	}
	return err
}

// mark is how far the tickets were read.
type mark struct {
	Last  int64  // highest id of the first reading
	Until string // changes were read up to this moment, local time of the server; while Done is false, when the reading began
	Done  bool   // the first reading came to its end
}

// tickets reads all tickets by id at first, then those that changed.
func (w *walk) tickets(ctx context.Context) error {
	w.Entity("ticket")
	var m mark
	_ = json.Unmarshal([]byte(w.Cursor("ticket")), &m) // empty at first
	where, above := "", m.Last
	if m.Done {
		where, above = "last_update >= '"+w.since(m.Until)+"'", 0
	} else if w.least != "" {
		where = "last_update >= '" + w.least + "'"
	}
	save := func() error {
		b, err := json.Marshal(m)
		if err == nil {
			w.SetCursor("ticket", string(b))
		}
		return err
	}
	// Tickets come by id: one that changes behind the reading is found by the next run only if that begins before this one did.
	bound, newest := w.Now.Format(form), ""
	if z, err := time.LoadLocation(w.Source.TimeZone); err == nil {
		bound = w.Now.In(z).Format(form)
	}
	if m.Done {
		newest = m.Until
	} else if m.Until == "" {
		m.Until = bound
	} else {
		bound = m.Until // the first reading began in an earlier run
	}
	err := records(ctx, w.Client, "Ticket", where, "*+", above, func(list []object) error {
		w.shown += int64(len(list))
		w.Reported("ticket", w.shown)
		for _, o := range list {
			if err := w.put("ticket", o); err != nil {
				return err
			}
			newest = max(newest, o.field("last_update"))
			m.Last = max(m.Last, o.id)
		}
		if !m.Done {
			if err := save(); err != nil {
				return err
			}
		}
		return w.SafePoint(ctx)
	})
	if err != nil {
		return err
	}
	if m.Until = min(bound, newest); newest == "" {
		m.Until = bound
	}
	m.Done = true
	return save()
}

// since is a moment less the overlap.
func (w *walk) since(until string) string {
	overlap := 5 * time.Minute
	if d, err := time.ParseDuration(w.Source.Overlap); err == nil {
		overlap = d
	}
	from := until
	if at, err := time.Parse(form, until); err == nil {
		from = at.Add(-overlap).Format(form)
	}
	if w.least != "" && (!w.Since.IsZero() || w.least > from) {
		return w.least
	}
	return from
}

// late is how many ids before the last one are read again: operations of a long transaction appear behind later ones.
const late = 500

// operations reads the history: what was created, changed and deleted.
func (w *walk) operations(ctx context.Context) error {
	for _, x := range []struct{ class, where, fields string }{
		{"CMDBChangeOpCreate", tickets, "id,objclass,objkey,date,userinfo"},
		{"CMDBChangeOpSetAttributeScalar", scalar(w.Client), "id,objclass,objkey,attcode,oldvalue,newvalue,date,userinfo"},
		{"CMDBChangeOpDelete", "objclass = 'Ticket'", "id,objclass,objkey,date,userinfo"},
	} {
		cursor := "op@" + x.class
		if x.class == "CMDBChangeOpSetAttributeScalar" && w.Cursor("attributes") != x.where {
			w.SetCursor(cursor, "0") // other attributes than before: from the beginning
			w.SetCursor("attributes", x.where)
		}
		last := w.number(cursor)
		err := records(ctx, w.Client, x.class, x.where, x.fields, last-late, func(list []object) error {
			for _, o := range list {
				var err error
				if x.class == "CMDBChangeOpDelete" {
					err = w.Delete("ticket", o.field("objkey"))
				} else {
					err = w.put("op", o)
				}
				if err != nil {
					return err
				}
				last = max(last, o.id)
			}
			w.SetCursor(cursor, strconv.FormatInt(last, 10))
			return w.SafePoint(ctx)
		})
		if refused(err) {
			if x.class != "CMDBChangeOpDelete" {
				w.Gap("the history may not be read (%s): pauses are not known", x.class)
			}
			continue
		} else if err != nil {
			return err
		}
	}
	return nil
}

// sweep finds deleted tickets that the history does not name, and those that a list did not show.
func (w *walk) sweep(ctx context.Context) error {
	mode := w.Client.Option("sweep")
	if mode == "never" || w.least != "" {
		return nil // what is stored is only a part
	}
	have, err := w.Count(ctx, "ticket")
	if err != nil {
		return err
	}
	there, err := count(ctx, w.Client, "Ticket", "")
	if err != nil || mode == "auto" && !w.Full && have == there {
		return err
	}
	err = records(ctx, w.Client, "Ticket", "", "id", 0, func(list []object) error {
		for _, o := range list {
			if err := w.Present("ticket", strconv.FormatInt(o.id, 10)); err != nil {
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
	for _, id := range unknown {
		_, list, err := get(ctx, w.Client, "Ticket", "id = "+id, "*+", 0)
		if err != nil {
			return err
		}
		for _, o := range list {
			if err := w.put("ticket", o); err != nil {
				return err
			}
		}
	}
	for _, id := range gone { // iTop tells neither why
		if err := w.Delete("ticket", id); err != nil {
			return err
		}
	}
	return nil
}
