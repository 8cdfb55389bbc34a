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
	"net/http"
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

var attribute = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func check(src *config.Source, ps *strictyaml.Problems) {
	for _, a := range src.Options["history"] {
		if !attribute.MatchString(a) {
			ps.Add(src.At("options.history"), "source "+src.Name+".options.history", "write the code of the attribute, as in the data model", "%q is not the code of an attribute", a)
		}
	}
}

// tickets are the classes in whose history changes are looked for.
const tickets = "objclass IN ('Ticket','UserRequest','Incident','Problem','Change','ApprovedChange','RoutineChange','NormalChange','EmergencyChange')"

// attributes are those whose changes are history.
var attributes = []string{"status", "agent_id", "team_id", "priority", "impact", "urgency", "service_id", "servicesubcategory_id", "caller_id", "org_id", "request_type", "title",
	"start_date", "end_date", "outage", "operational_status", "tto_escalation_deadline", "ttr_escalation_deadline"}

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
	lack, err := timesLack(ctx, c)
	if err != nil {
		return p, err
	}
	if lack != "" {
		p.Lacks = append(p.Lacks, lack)
	}
	p.Notes = append(p.Notes, "iTop writes times without their zone: they are read as "+c.Source.TimeZone+", the time_zone of the source",
		"iTop does not tell its own zone: compare the time of a ticket in a report with what iTop shows",
		"records of organizations that the account may not see are missing without notice")
	return p, nil
}

// written says that a time is not in the form that can be read: iTop writes times as its configuration says for the language of
// the account.
func written(text string) error {
	if _, err := time.Parse(form, text); text == "" || err == nil {
		return nil
	}
	return &rest.Fault{What: fmt.Sprintf("iTop writes the time %q: set date_and_time_format of iTop's configuration to Y-m-d and H:i:s for the language of the account", text)}
}

// timesLack says that times cannot be read, or lie ahead; empty = they can, and none does.
func timesLack(ctx context.Context, c *rest.Client) (string, error) {
	r, err := ask(ctx, c, "Ticket", "", "id,last_update", 1)
	if refused(err) {
		return "", nil // told above
	} else if err != nil {
		return "", err
	}
	_, list, err := read(r, "Ticket", 1)
	if err != nil {
		return "", err
	}
	for _, o := range list {
		if err := written(o.field("last_update")); err != nil {
			return "the times of tickets: " + err.Error(), nil
		}
	}
	z, errZone := time.LoadLocation(c.Source.TimeZone)
	date, errDate := http.ParseTime(r.Header.Get("Date"))
	if errZone != nil || errDate != nil {
		return "", nil
	}
	ahead := date.In(z).Add(20 * time.Minute).Format(form)
	n, err := count(ctx, c, "Ticket", "last_update > '"+ahead+"'")
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf("the right time of anything: read as %s, the last change of %d tickets lies ahead. Set time_zone of the source to the zone of the server, and build again", c.Source.TimeZone, n), nil
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r}
	if at := r.Least(); !at.IsZero() {
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
	return w.Forget(ctx, entity)
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
			if err := written(o.field("last_update")); err != nil {
				return err
			}
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
	from := until
	if at, err := time.Parse(form, until); err == nil {
		from = at.Add(-w.Overlap()).Format(form)
	}
	if w.least != "" && (!w.Since.IsZero() || w.least > from) {
		return w.least
	}
	return from
}
