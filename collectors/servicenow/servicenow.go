// Package servicenow collects from ServiceNow by its Table API.
//
// Every table is a stream of its own in the order of (last change, sys_id). The page size is applied before the rules of
// access, so a short or empty page may hide rows and is never taken for the end; a filter that the instance does not
// understand is ignored by it, so every row is held against what was asked for. History and comments are asked for by the
// ids of the tickets that changed, a hundred at a time, because those tables are too large to be searched by date. Deleted
// tickets are told by the log of deletions, and where it cannot be read by a comparison of all ids.
package servicenow

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
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

// ticketTables are read unless the option tables says otherwise.
var ticketTables = []string{"incident", "problem", "change_request", "sc_req_item"}

// audited are the fields whose changes are history.
const audited = "state,incident_state,problem_state,hold_reason,on_hold,assigned_to,assignment_group,priority,impact,urgency,business_service,cmdb_ci,major_incident_state,approval,type,risk,known_error"

// stream is a table that is read in the order of its changes.
type stream struct {
	entity, table, fields string
	query                 string // encoded query
	stamp                 string // column of the order; empty = sys_updated_on
	size                  int    // rows a request; 0 = as configured
	lack                  string // what cannot be said without it; empty = the run needs it
	people                []string
}

func (s stream) order() string {
	if s.stamp == "" {
		return "sys_updated_on"
	}
	return s.stamp
}

// taskFields are the columns of tickets of all classes; what a class does not have, the instance leaves out.
const taskFields = "number,sys_class_name,short_description,state,problem_state,hold_reason,on_hold,on_hold_reason,priority,impact,urgency,assigned_to,assignment_group," +
	"caller_id,requested_for,requested_by,opened_by,company,contact_type,category,subcategory,business_service,service_offering,cmdb_ci," +
	"opened_at,resolved_at,closed_at,sys_created_on,sys_mod_count,due_date,close_code,resolution_code,reopen_count,reassignment_count," +
	"major_incident_state,major_problem,known_error,workaround,cause_notes,confirmed_at,fix_at,type,risk,approval,start_date,end_date,work_start,work_end,review_date," +
	"problem_id,rfc,caused_by,parent_incident,duplicate_of,parent,request"

// masters are small tables that give names to ids; all of their rows are wanted, whenever they changed.
var masters = []stream{
	{entity: "choice", table: "sys_choice", fields: "name,element,value,label,inactive", lack: "labels of states (sys_choice): those that ServiceNow ships with are used, your own states appear as numbers"},
	{entity: "group", table: "sys_user_group", fields: "name,manager", lack: "names of groups (sys_user_group): teams appear as ids", people: []string{"manager"}},
	{entity: "company", table: "core_company", fields: "name,customer,vendor", lack: "companies (core_company): nothing can be said by customer or supplier"},
	{entity: "service", table: "cmdb_ci_service", fields: "name,owned_by,busines_criticality,operational_status", lack: "services (cmdb_ci_service): nothing can be said by service", people: []string{"owned_by"}},
	{entity: "contract_sla", table: "contract_sla", fields: "name,type,target,duration,schedule", lack: "definitions of service levels (contract_sla): ServiceNow's own SLA results have no name and no goal"},
}

// related are the streams beside the tickets. A change in them does not touch the ticket.
var related = []stream{
	{entity: "task_sla", table: "task_sla", fields: "task,sla,stage,has_breached,start_time,end_time,planned_end_time,duration,business_duration,schedule,active",
		lack: "ServiceNow's own SLA results (task_sla): the recomputed figures stand without comparison"},
	{entity: "approver", table: "sysapproval_approver", fields: "sysapproval,approver,state,group,sys_created_on", lack: "approvals (sysapproval_approver): who approved a change cannot be shown", people: []string{"approver"}},
	{entity: "assessment", table: "asmt_assessment_instance", fields: "task_id,trigger_table,trigger_id,taken_on,state,sys_created_on", lack: "surveys (asmt_assessment_instance): satisfaction cannot be measured"},
	{entity: "assessment_result", table: "asmt_metric_result", fields: "instance,metric,actual_value", lack: "answers of surveys (asmt_metric_result): satisfaction cannot be measured"},
	{entity: "assessment_metric", table: "asmt_metric", fields: "name,min,max,datatype", lack: "scales of surveys (asmt_metric): satisfaction cannot be measured"},
	{entity: "outage", table: "cmdb_ci_outage", fields: "cmdb_ci,type,begin,end,task_number", lack: "outages (cmdb_ci_outage): availability has to come from another source"},
	{entity: "knowledge", table: "kb_knowledge", fields: "number,short_description,workflow_state,author,published,valid_to", lack: "knowledge articles (kb_knowledge)", people: []string{"author"}},
	{entity: "worked", table: "task_time_worked", fields: "task,user,time_in_seconds,sys_created_on", lack: "time worked (task_time_worked): effort cannot be shown", people: []string{"user"}},
}

var (
	metrics   = stream{entity: "metric", table: "metric_instance", fields: "id,table,definition,field,field_value,value,start,end", lack: "metric_instance"}
	deletions = stream{entity: "deletion", table: "sys_audit_delete", fields: "tablename,documentkey", stamp: "sys_created_on",
		lack: "the log of deletions (sys_audit_delete): deleted tickets are found by comparing all ids"}
	audits   = stream{entity: "audit", table: "sys_audit", fields: "tablename,documentkey,fieldname,oldvalue,newvalue,user,record_checkpoint", stamp: "sys_created_on"}
	journals = stream{entity: "journal", table: "sys_journal_field", fields: "element_id,element,sys_created_by", stamp: "sys_created_on"}
	users    = stream{entity: "user", table: "sys_user", fields: "user_name,name"}
	cis      = stream{entity: "ci", table: "cmdb_ci", fields: "name,sys_class_name,operational_status,owned_by", people: []string{"owned_by"}, lack: "configuration items (cmdb_ci)"}
	ciTypes  = stream{entity: "ci_link_type", table: "cmdb_rel_type", fields: "name", lack: "kinds of relations (cmdb_rel_type)"}
	ciLinks  = stream{entity: "ci_link", table: "cmdb_rel_ci", fields: "parent,child,type", lack: "relations of configuration items (cmdb_rel_ci)"}
)

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

// fault finds the error that comes with status 200: with a part of the list, or with a text in its place.
func fault(r *rest.Response) error {
	if !bytes.Contains(r.Body, []byte(`"error"`)) {
		return nil
	}
	said := rest.Field(r.Body, "error.message")
	if said == "" {
		return nil
	}
	f := &rest.Fault{What: r.Path + ": the instance says: " + strings.TrimSpace(said+" "+rest.Field(r.Body, "error.detail"))}
	if low := strings.ToLower(f.What); strings.Contains(low, "execution time") || strings.Contains(low, "cancelled") || strings.Contains(low, "canceled") {
		f.Status = tooMuch
	}
	return f
}

// tooMuch marks a request that was more than the instance does at a time.
const tooMuch = 413

// tooLarge is true for errors that a smaller page may heal: a time limit of the instance, an answer that always ends in the
// middle.
func tooLarge(err error) bool {
	var f *rest.Fault
	return errors.As(err, &f) && (f.Status == tooMuch || f.Passes && strings.HasSuffix(f.What, "the answer ends in the middle"))
}

// denied is true when the account may not read a table, or the instance has none of that name.
func denied(err error) bool {
	s := rest.Status(err)
	return s == 400 || s == 403 || s == 404
}

// ask reads one page of a table. Total is -1 unless counted.
func ask(ctx context.Context, c *rest.Client, s stream, query string, limit, offset int, counted bool) (*rest.Page, error) {
	q := url.Values{"sysparm_query": {query}, "sysparm_fields": {strings.TrimSuffix("sys_id,"+s.order()+","+s.fields, ",")}, "sysparm_limit": {strconv.Itoa(limit)},
		"sysparm_display_value": {"false"}, "sysparm_exclude_reference_link": {"true"}, "sysparm_suppress_pagination_header": {"true"}}
	if offset > 0 {
		q.Set("sysparm_offset", strconv.Itoa(offset))
	}
	if !counted {
		q.Set("sysparm_no_count", "true")
	}
	one := rest.Keyset{Then: func(q rest.Request, _ *rest.Page) (rest.Request, bool, error) { return q, false, nil }}
	for p, err := range c.Pages(ctx, rest.Request{Path: "api/now/v2/table/" + s.table, Query: q}, rest.List{Records: "result", TotalHeader: "X-Total-Count", Style: one}) {
		return p, err
	}
	return nil, ctx.Err()
}

// and joins encoded queries.
func and(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "^")
}

// layout is how the instance writes times, in UTC.
const layout = "2006-01-02 15:04:05"

// reader goes through a table.
type reader struct {
	stream
	client *rest.Client
	from   time.Time                                               // first moment; zero = from the beginning
	take   func(items [][]byte, total int64, last time.Time) error // gets the rows that were not given before
	lost   func(id string)                                         // a row that the instance cannot give
	seen   int64                                                   // rows given
	total  int64                                                   // rows of the list at its beginning, hidden ones included; -1 = not known
	anchor string                                                  // moment from which rows are asked for
	tie    string                                                  // sys_id behind which rows of that very moment are asked for
	behind bool                                                    // that moment is done
	had    map[string]bool                                         // rows of that moment that were given
}

// query is the encoded query of the next page.
func (r *reader) query() string {
	cond := ""
	switch {
	case r.tie != "":
		cond = r.order() + "=" + r.anchor + "^sys_id>" + r.tie
	case r.behind:
		cond = r.order() + ">" + r.anchor
	case r.anchor != "":
		cond = r.order() + ">=" + r.anchor
	}
	return and(r.stream.query, cond, "ORDERBY"+r.order(), "ORDERBYsys_id")
}

// read gives all rows in the order of their stamps. A page begins at the moment at which the one before ended, whose rows
// come again; only where one moment fills a page are the rest of its rows asked for by their ids.
func (r *reader) read(ctx context.Context) error {
	if !r.from.IsZero() {
		r.anchor = r.from.UTC().Format(layout)
	}
	size := r.size
	if size == 0 {
		size = r.client.PageSize()
	}
	r.total = -1
	for limit, offset := size, 0; ; {
		counted := r.total < 0 || offset > 0
		p, err := ask(ctx, r.client, r.stream, r.query(), limit, offset, counted)
		switch {
		case tooLarge(err) && limit > 1:
			limit /= 2
			continue
		case tooLarge(err):
			if err := r.pass(ctx, offset, err); err != nil {
				return err
			}
			offset = 0
			continue
		case err != nil:
			return err
		}
		if r.total < 0 {
			r.total = p.Total
		}
		last, fresh, err := r.fresh(p)
		if err != nil {
			return err
		}
		r.seen += int64(len(fresh))
		if len(fresh) > 0 {
			at, _ := time.Parse(layout, last.stamp)
			if err := r.take(fresh, r.total, at); err != nil {
				return err
			}
		}
		short := len(p.Items) < limit
		if short && r.total >= 0 && r.seen >= r.total {
			return nil
		}
		switch {
		case len(fresh) > 0:
			r.advance(p, last)
			limit, offset = min(limit*2, size), 0
		case !short && r.tie == "" && offset == 0:
			r.tie = last.id
		case counted && (p.Total < 0 || int64(offset+limit) >= p.Total) && r.tie == "":
			return nil
		case counted && (p.Total < 0 || int64(offset+limit) >= p.Total):
			r.tie, r.behind, offset = "", true, 0
		default: // rows that the account may not see fill the page: what is behind them?
			offset += limit
		}
	}
}

// place is where a row stands in the order.
type place struct{ stamp, id string }

func (r *reader) place(item []byte) place {
	return place{rest.Field(item, r.order()), rest.Field(item, "sys_id")}
}

// fresh are the rows of a page that were not given before, each held against what was asked for.
func (r *reader) fresh(p *rest.Page) (last place, out [][]byte, err error) {
	before := r.anchor
	for _, item := range p.Items {
		at := r.place(item)
		if _, err := time.Parse(layout, at.stamp); err != nil {
			return last, nil, &rest.Fault{What: fmt.Sprintf("%s: row %s says not when it changed (%s is %q): may the account read that column?", r.table, at.id, r.order(), at.stamp)}
		}
		if at.stamp < before || r.behind && at.stamp == r.anchor || r.tie != "" && at.stamp != r.anchor {
			return last, nil, &rest.Fault{What: fmt.Sprintf("%s: the instance does not keep to the query %s: row %s of %s is not what was asked for", r.table, r.query(), at.id, at.stamp)}
		}
		before, last = at.stamp, at
		if !r.had[string(item)] {
			out = append(out, item)
		}
	}
	return last, out, nil
}

// advance moves to the last row of a page. Rows of its moment come again, and are kept in mind for that.
func (r *reader) advance(p *rest.Page, last place) {
	if r.tie != "" || last.stamp == r.anchor {
		r.tie = last.id
		return
	}
	r.anchor, r.behind, r.had = last.stamp, false, map[string]bool{}
	for _, item := range p.Items {
		if r.place(item).stamp == last.stamp {
			r.had[string(item)] = true
		}
	}
}

// pass goes by a row with which even a page of one is too much.
func (r *reader) pass(ctx context.Context, offset int, cause error) error {
	bare := r.stream
	bare.fields = ""
	p, err := ask(ctx, r.client, bare, r.query(), 1, offset, false)
	if err != nil || len(p.Items) == 0 {
		return cause
	}
	at := r.place(p.Items[0])
	if at.id == "" || at.stamp == "" || r.lost == nil {
		return cause
	}
	r.lost(at.id)
	r.seen++
	r.anchor, r.tie, r.behind, r.had = at.stamp, at.id, false, nil
	return nil
}

// ref is a reference: a bare id, or an object that holds one, by the settings of the instance.
type ref string

// UnmarshalJSON reads either.
func (r *ref) UnmarshalJSON(b []byte) error {
	if v := rest.Field(b, "value"); v != "" {
		*r = ref(v)
		return nil
	}
	if b[0] != '{' {
		*r = ref(rest.Field(b, ""))
	}
	return nil
}

// probe asks for one row of everything that a run reads.
func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "ServiceNow"}
	me, err := ask(ctx, c, stream{table: "sys_user", fields: "user_name,time_zone"}, "user_name=javascript:gs.getUserName()", 1, 0, false)
	if err != nil && !denied(err) {
		return p, err
	}
	if err == nil && len(me.Items) > 0 {
		p.Account, p.Zone = rest.Field(me.Items[0], "user_name"), rest.Field(me.Items[0], "time_zone")
	}
	if v, err := ask(ctx, c, stream{table: "sys_properties", fields: "value"}, "name=glide.buildtag.last", 1, 0, false); err == nil && len(v.Items) > 0 {
		p.Version = rest.Field(v.Items[0], "value")
		p.Product += " " + p.Version
	} else if err != nil && !denied(err) {
		return p, err
	}
	query := c.Option("query")
	for _, t := range tablesOf(c.Source) {
		newest, err := ask(ctx, c, stream{table: t, fields: "number,sys_mod_count"}, and(query, "sys_mod_count>0", "ORDERBYDESCsys_updated_on"), 1, 0, true)
		if denied(err) {
			p.Lacks = append(p.Lacks, fmt.Sprintf("%s: the account may not read the table, or there is none; options: {tables} says which ones are read", t))
			continue
		}
		if err != nil {
			return p, err
		}
		switch {
		case newest.Total > 0 && len(newest.Items) == 0:
			p.Lacks = append(p.Lacks, fmt.Sprintf("%s: the rules of access hide the tickets from the account", t))
			continue
		case len(newest.Items) == 0:
			p.Notes = append(p.Notes, t+" holds no ticket that was ever changed")
			continue
		}
		p.Reads = append(p.Reads, fmt.Sprintf("%d changed tickets of %s", newest.Total, t))
		if c.Option("history") == "metric_instance" {
			continue
		}
		id, number := rest.Field(newest.Items[0], "sys_id"), rest.Field(newest.Items[0], "number")
		row, err := ask(ctx, c, audits, "tablename="+t+"^documentkey="+id, 1, 0, true)
		switch {
		case denied(err) || err == nil && row.Total > 0 && len(row.Items) == 0:
			p.Lacks = append(p.Lacks, "the history of "+t+": the account may not read sys_audit, so pauses cannot be replayed from it; metric_instance is used where it holds the state")
		case err != nil:
			return p, err
		case len(row.Items) == 0:
			p.Lacks = append(p.Lacks, fmt.Sprintf("the history of %s: ticket %s was changed and sys_audit knows nothing of it; is auditing switched on for the table?", t, number))
		default:
			p.Reads = append(p.Reads, "the history of "+t+", seen at ticket "+number)
		}
	}
	sources := append(slices.Clone(masters), related...)
	sources = append(sources, deletions, stream{table: "sys_journal_field", stamp: "sys_created_on", lack: "times of comments (sys_journal_field): the first response cannot be measured"},
		stream{table: "sys_user", lack: "names of people (sys_user): they appear as ids"})
	if c.Option("history") != "sys_audit" {
		sources = append(sources, stream{table: "metric_instance", lack: "metric_instance: there is no second source of history"})
	}
	for _, s := range sources {
		s.fields = ""
		row, err := ask(ctx, c, s, "", 1, 0, true)
		switch {
		case denied(err) || err == nil && row.Total > 0 && len(row.Items) == 0:
			p.Lacks = append(p.Lacks, s.lack)
		case err != nil:
			return p, err
		}
	}
	return p, nil
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

// inQuery is how many ids stand in one query: the address must stay below 8 KB.
const inQuery = 100

// history reads the changes and the comments of tickets.
func (w *walk) history(ctx context.Context, table string, ids []string) error {
	type asked struct {
		stream
		off *bool
	}
	w.Entity("audit")
	w.Entity("journal")
	for _, a := range []asked{{audits, &w.noAudit}, {journals, &w.noJournal}} {
		if *a.off {
			continue
		}
		type answer struct {
			items  [][]byte
			denied bool
		}
		err := rest.Each(ctx, w.Client.Parallel(), slices.Chunk(ids, inQuery), func(ctx context.Context, ids []string) (answer, error) {
			s := a.stream
			if s.entity == "audit" {
				s.query = "tablename=" + table + "^documentkeyIN" + strings.Join(ids, ",") + "^fieldnameIN" + audited
			} else {
				s.query = "element_idIN" + strings.Join(ids, ",") + "^elementINcomments,work_notes"
			}
			var out answer
			r := &reader{stream: s, client: w.Client, take: func(items [][]byte, _ int64, _ time.Time) error {
				out.items = append(out.items, items...)
				return nil
			}}
			err := r.read(ctx)
			if denied(err) || err == nil && r.seen == 0 && r.total > 0 {
				return answer{denied: true}, nil
			}
			return out, err
		}, func(_ []string, got answer) error {
			*a.off = *a.off || got.denied
			for _, item := range got.items {
				if a.entity == "audit" && rest.Field(item, "fieldname") == "assigned_to" {
					w.met(rest.Field(item, "oldvalue"))
					w.met(rest.Field(item, "newvalue"))
				}
				if err := w.PutRaw(a.entity, rest.Field(item, "sys_id"), a.table, item); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) met(id string) {
	if id != "" && !w.people[id] {
		w.people[id] = true
		w.fresh = append(w.fresh, id)
	}
}

func (w *walk) metCI(id string) {
	if id != "" && !w.items[id] && w.Client.Option("cis") == "referenced" {
		w.items[id] = true
		w.freshCI = append(w.freshCI, id)
	}
}

// names reads the configuration items and the people met.
func (w *walk) names(ctx context.Context) error {
	byID := func(s stream, ids []string) error {
		for chunk := range slices.Chunk(ids, inQuery) {
			s.query = "sys_idIN" + strings.Join(chunk, ",")
			err := w.reader(s, time.Time{}, func(items [][]byte, _ int64, _ time.Time) error {
				for _, item := range items {
					for _, p := range s.people {
						w.met(rest.Field(item, p))
					}
					if err := w.PutRaw(s.entity, rest.Field(item, "sys_id"), s.table, item); err != nil {
						return err
					}
				}
				return nil
			}).read(ctx)
			if err != nil && !denied(err) {
				return err
			}
		}
		return nil
	}
	ids := w.freshCI
	w.freshCI = nil
	if err := byID(cis, ids); err != nil {
		return err
	}
	ids = w.fresh
	w.fresh = nil
	return byID(users, ids)
}

// beginDeletions notes how far the log of deletions is before the first ticket is read: what stands in it was never stored.
func (w *walk) beginDeletions(ctx context.Context) error {
	p, err := ask(ctx, w.Client, deletions, "tablenameIN"+strings.Join(w.tables, ",")+"^ORDERBYDESCsys_created_on", 1, 0, false)
	if denied(err) {
		return nil
	}
	if err != nil {
		return err
	}
	at := time.Unix(0, 0)
	if len(p.Items) > 0 {
		if t, err := time.Parse(layout, rest.Field(p.Items[0], "sys_created_on")); err == nil {
			at = t
		}
	}
	w.Moved(deletions.entity, at)
	return nil
}

// deleted reads the log of deletions since the last run. A ticket that was restored since is there, and stays.
func (w *walk) deleted(ctx context.Context) error {
	s := deletions
	s.query = "tablenameIN" + strings.Join(w.tables, ",")
	err := w.reader(s, w.since(s.entity, true), func(items [][]byte, _ int64, last time.Time) error {
		var ids []string
		for _, item := range items {
			if id := rest.Field(item, "documentkey"); id != "" {
				ids = append(ids, id)
			}
		}
		there, err := w.there(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if there[id] == "" {
				if err := w.Delete("task", id); err != nil {
					return err
				}
			}
		}
		w.Moved(s.entity, last)
		return w.SafePoint(ctx)
	}).read(ctx)
	if denied(err) {
		return nil
	}
	return err
}

// there are those of some tickets that the account sees, with their class.
func (w *walk) there(ctx context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for chunk := range slices.Chunk(ids, inQuery) {
		s := stream{table: "task", fields: "sys_class_name", query: "sys_idIN" + strings.Join(chunk, ",")}
		err := w.reader(s, time.Time{}, func(items [][]byte, _ int64, _ time.Time) error {
			for _, item := range items {
				out[rest.Field(item, "sys_id")] = rest.Field(item, "sys_class_name")
			}
			return nil
		}).read(ctx)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sweep finds tickets that were deleted without a trace, moved to an archive or to another class, and those that the list
// of changes did not show.
func (w *walk) sweep(ctx context.Context) error {
	mode := w.Client.Option("sweep")
	if mode == "never" || !w.Since.IsZero() || w.Source.Since != "" {
		return nil // what is stored is only a part
	}
	have, err := w.Count(ctx, "task")
	if err != nil {
		return err
	}
	query := w.Client.Option("query")
	var there int64
	for _, t := range w.tables {
		p, err := ask(ctx, w.Client, stream{table: t}, query, 1, 0, true)
		if err != nil {
			return err
		}
		there += max(p.Total, 0)
	}
	if mode == "auto" && !w.Full && have == there && w.fetched >= w.expected {
		return nil
	}
	var hidden int64
	for _, t := range w.tables {
		r := w.reader(stream{table: t, query: query, size: 5000}, time.Time{}, func(items [][]byte, _ int64, _ time.Time) error {
			for _, item := range items {
				if err := w.Present("task", rest.Field(item, "sys_id")); err != nil {
					return err
				}
			}
			return nil
		})
		if err := r.read(ctx); err != nil {
			return err
		}
		hidden += max(r.total-r.seen, 0)
	}
	gone, unknown, err := w.Sweep(ctx, "task")
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(unknown, inQuery) {
		for _, t := range w.tables {
			if err := w.tickets(ctx, t, "sys_idIN"+strings.Join(chunk, ",")); err != nil {
				return err
			}
		}
	}
	if hidden > 0 {
		w.Gap("the rules of access hide %d tickets from the account: give it the right to read them, or limit the source with options: {query}", hidden)
	} else {
		w.Reported("task", min(w.expected, w.fetched)) // what was counted first and is gone was deleted meanwhile
	}
	found, err := w.there(ctx, gone)
	if err != nil {
		return err
	}
	var moved, unseen []string
	for _, id := range gone {
		class := found[id]
		if slices.Contains(w.tables, class) || class == "" && hidden > 0 { // it no longer meets the query, or nobody can tell
			unseen = append(unseen, id)
			continue
		}
		if class != "" {
			moved = append(moved, id)
		}
		if err := w.Delete("task", id); err != nil {
			return err
		}
	}
	if len(moved) > 0 {
		w.Warn("%d tickets are now records of another class and count as deleted: %s", len(moved), rest.Some(moved))
	}
	if len(unseen) > 0 {
		w.Gap("%d tickets were read once and are no longer shown to the account: %s", len(unseen), rest.Some(unseen))
	}
	return nil
}
