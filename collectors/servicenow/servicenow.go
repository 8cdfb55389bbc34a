// Package servicenow collects from ServiceNow by its Table API.
//
// Every table is a stream of its own in the order of (last change, sys_id). The page size is applied before the rules of
// access, so a short or empty page may hide rows and is never taken for the end; a filter that the instance does not
// understand is ignored by it, so every row is held against what was asked for. History and comments are asked for by the
// ids of the tickets that changed, a hundred at a time, because those tables are too large to be searched by date. Deleted
// tickets are told by the log of deletions, and where it cannot be read by a comparison of all ids.
package servicenow

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
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

// Tool is the source type "servicenow".
var Tool = rest.Tool{
	Type: "servicenow", Name: "ServiceNow", Summary: "ServiceNow: tickets with history, approvals, SLA results, surveys, services and CIs, by the Table API",
	Sample: sample, Readme: readme, Model: model,
	Schemes: []rest.Scheme{
		rest.Basic("login and password of the account"),
		rest.Header("x-sn-apikey", "", "API key of the account"),
		rest.ClientCredentials("oauth_token.do", "", "client id and secret of an OAuth application, grant type client credentials"),
		rest.PasswordGrant("oauth_token.do", "", "the same with login and password of the account, where client credentials are not allowed"),
	},
	PageSize: 1000, MaxPage: 10000, Parallel: 2,
	Options: []rest.Option{
		{Name: "tables", Default: strings.Join(ticketTables, " "), Doc: "tables of tickets to read"},
		{Name: "query", Doc: "encoded query that limits the tickets, e.g. company.name=Example"},
		{Name: "fields", Doc: "columns of your own to read, e.g. [u_site, u_supplier]; they are mapped as custom.u_site"},
		{Name: "history", Default: "auto", Allowed: []string{"auto", "sys_audit", "metric_instance"}, Doc: "where the history comes from: auto = sys_audit, and metric_instance where that cannot be read"},
		{Name: "cis", Default: "referenced", Allowed: []string{"referenced", "all", "none"}, Doc: "which configuration items to read: those that tickets name, all with their relations, or none"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"}, Doc: "when to list all ids to find what was deleted or changed its class: auto = when the numbers differ"},
	},
	Texts:       map[string][]string{"task": {"workaround", "cause_notes"}},
	CheckSource: check, Fault: fault, Probe: probe, Collect: collect,
}

var (
	tableName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	ownColumn = regexp.MustCompile(`^[ux]_[a-z0-9_]+$`)
)

// words are the parts of an option that is a list, or a text with blanks or commas.
func words(values []string) []string {
	return strings.FieldsFunc(strings.Join(values, " "), func(r rune) bool { return r == ' ' || r == ',' })
}

func check(src *config.Source, ps *strictyaml.Problems) {
	add := func(option, hint, format string, args ...any) {
		ps.Add(src.At("options."+option), "source "+src.Name+".options."+option, hint, format, args...)
	}
	for _, t := range words(src.Options["tables"]) {
		if !tableName.MatchString(t) {
			add("tables", "write it as ServiceNow does: "+strings.Join(ticketTables, ", "), "%q is not the name of a table", t)
		}
	}
	for _, f := range words(src.Options["fields"]) {
		if !ownColumn.MatchString(f) {
			add("fields", "columns of your own begin with u_ or x_; the others that the model wants are read anyway", "%q is not a column of your own", f)
		}
	}
	for _, q := range src.Options["query"] {
		for _, bad := range []string{"^NQ", "ORDERBY", "GROUPBY"} {
			if strings.Contains(q, bad) {
				add("query", "write conditions only, joined by ^", "%s cannot be part of it", bad)
			}
		}
	}
}

func tablesOf(src *config.Source) []string {
	if t := words(src.Options["tables"]); len(t) > 0 {
		return t
	}
	return ticketTables
}

// walk is one run.
type walk struct {
	*rest.Run
	tables    []string
	first     bool            // nothing was read before
	people    map[string]bool // sys_ids of people whose names were asked for
	items     map[string]bool // the same for configuration items
	fresh     []string        // people met since
	freshCI   []string
	noAudit   bool
	noJournal bool
	fetched   int64
	expected  int64
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r, tables: tablesOf(r.Source), people: map[string]bool{}, items: map[string]bool{}, noAudit: r.Client.Option("history") == "metric_instance"}
	w.first = !slices.ContainsFunc(w.tables, func(t string) bool { return r.Cursor("task@"+t) != "" })
	for _, known := range []struct {
		entity string
		in     map[string]bool
	}{{"user", w.people}, {"ci", w.items}} {
		r.Entity(known.entity)
		if r.Full {
			continue
		}
		keys, err := r.Keys(ctx, known.entity, "")
		if err != nil {
			return err
		}
		for _, k := range keys {
			known.in[k] = true
		}
	}
	if w.first {
		if err := w.beginDeletions(ctx); err != nil {
			return err
		}
	}
	for _, s := range masters {
		if s.entity == "choice" {
			s.query = "elementINstate,hold_reason,risk,problem_state^language=en^nameINtask," + strings.Join(w.tables, ",")
		}
		if err := w.stream(ctx, s, true); err != nil {
			return err
		}
	}
	for _, t := range w.tables {
		if err := w.tickets(ctx, t, ""); err != nil {
			return err
		}
	}
	streams := slices.Clone(related)
	if w.noAudit && r.Client.Option("history") != "sys_audit" {
		m := metrics
		m.query = "tableIN" + strings.Join(w.tables, ",")
		streams = append(streams, m)
	}
	for _, s := range streams {
		if s.entity == "task_sla" {
			s.query = "task.sys_class_nameIN" + strings.Join(w.tables, ",")
		}
		if err := w.stream(ctx, s, false); err != nil {
			return err
		}
	}
	if r.Client.Option("cis") == "all" {
		for _, s := range []stream{cis, ciTypes, ciLinks} {
			if err := w.stream(ctx, s, true); err != nil {
				return err
			}
		}
	}
	if err := w.deleted(ctx); err != nil {
		return err
	}
	return w.sweep(ctx)
}

// since is where a stream begins. Of masters every row is wanted, whatever `since` says.
func (w *walk) since(entity string, master bool) time.Time {
	if master && w.Cursor(entity) == "" {
		return time.Time{}
	}
	return w.From(entity)
}

// stream reads a table to its end. One that the account may not read is left out: the probe has said what that means.
func (w *walk) stream(ctx context.Context, s stream, master bool) error {
	w.Entity(s.entity)
	r := w.reader(s, w.since(s.entity, master), func(items [][]byte, total int64, last time.Time) error {
		if total >= 0 {
			w.Reported(s.entity, total)
		}
		for _, item := range items {
			if err := w.PutRaw(s.entity, rest.Field(item, "sys_id"), s.table, item); err != nil {
				return err
			}
			for _, p := range s.people {
				w.met(rest.Field(item, p))
			}
			if s.entity == "outage" {
				w.metCI(rest.Field(item, "cmdb_ci"))
			}
		}
		if err := w.names(ctx); err != nil {
			return err
		}
		w.Moved(s.entity, last)
		return w.SafePoint(ctx)
	})
	if err := r.read(ctx); err != nil && !(s.lack != "" && denied(err)) {
		return err
	}
	if r.seen == 0 && r.total > 0 {
		w.Reported(s.entity, 0) // the rules of access hide every row: as good as no right at all
	}
	return nil
}

func (w *walk) reader(s stream, from time.Time, take func([][]byte, int64, time.Time) error) *reader {
	return &reader{stream: s, client: w.Client, from: from, take: take, lost: func(id string) {
		w.Gap("%s %s cannot be read: the instance gives up on it, even when it is asked for alone", s.table, id)
	}}
}

// tickets reads a table of tickets with the history and the comments of each; only is a query for certain ones.
func (w *walk) tickets(ctx context.Context, table, only string) error {
	w.Entity("task")
	entity := "task@" + table
	s := stream{entity: "task", table: table, fields: strings.Join(append([]string{taskFields}, words(w.Source.Options["fields"])...), ","), query: and(w.Client.Option("query"), only)}
	from := w.From(entity)
	if only != "" {
		from = time.Time{}
	} else {
		w.WindowFrom, w.WindowTo, w.Query = from, w.Now, and(w.Client.Option("query"), "ORDERBYsys_updated_on^ORDERBYsys_id")
	}
	base := w.expected
	r := w.reader(s, from, func(items [][]byte, total int64, last time.Time) error {
		w.expected = base + max(total, 0)
		w.Reported("task", w.expected)
		ids := make([]string, len(items))
		for i, item := range items {
			var k struct {
				ID      string `json:"sys_id"`
				CI      ref    `json:"cmdb_ci"`
				For     ref    `json:"requested_for"`
				By      ref    `json:"requested_by"`
				Opener  ref    `json:"opened_by"`
				Holder  ref    `json:"assigned_to"`
				Caller  ref    `json:"caller_id"`
				Service ref    `json:"business_service"`
			}
			if err := (&rest.Response{Body: item, Path: table}).Into(&k); err != nil {
				return err
			}
			ids[i] = k.ID
			for _, p := range []ref{k.For, k.By, k.Opener, k.Holder, k.Caller} {
				w.met(string(p))
			}
			w.metCI(string(k.CI))
			if err := w.PutRaw("task", k.ID, table, item); err != nil {
				return err
			}
		}
		w.fetched += int64(len(items))
		w.Progress(w.fetched, w.expected)
		if err := w.history(ctx, table, ids); err != nil {
			return err
		}
		if err := w.names(ctx); err != nil {
			return err
		}
		if only == "" {
			w.Moved(entity, last)
		}
		return w.SafePoint(ctx)
	})
	err := r.read(ctx)
	if denied(err) {
		return fmt.Errorf("table %s: %w (options: {tables} says which ones are read)", table, err)
	}
	if only == "" && r.total > 0 && r.seen == 0 {
		w.Gap("the rules of access hide all %d tickets of %s from the account", r.total, table)
	}
	return err
}
