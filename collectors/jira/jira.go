// Package jira collects from Jira Cloud, Jira Data Center and Jira Service Management by their REST interfaces.
//
// Both editions list issues by JQL in the order of their last change. JQL knows minutes only, in the time zone of the
// account's profile; so every question begins at the minute, and what comes twice is known. Cloud gives pages by a token that
// is absent on the last one, no totals, and the history of up to a thousand issues at a time; Data Center pages by number and gives
// the history with the issue. Issues are known by their numeric ids, because a move to another project changes the key.
// Nobody tells what was deleted: the number of issues is compared, and where it differs all ids are.
//
// The record of an issue is put together from what Jira gives in pieces: fields, comments (without their words), work logs,
// changes and SLA cycles. What Jira counts anew at each answer (time that remains, "5 minutes ago") is left out of it.
package jira

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
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

// Tool is the source type "jira".
var Tool = rest.Tool{
	Type: "jira", Name: "Jira", Summary: "Jira Cloud, Data Center and Service Management: issues with their whole history, SLA cycles, approvals and satisfaction",
	Sample: sample, Readme: readme, Model: model,
	Schemes: []rest.Scheme{
		rest.UserToken("", "Cloud: e-mail address and API token of the account"),
		rest.Bearer("Data Center: personal access token; Cloud: OAuth access token"),
		rest.Basic("Data Center: login and password"),
	},
	PageSize: 100, MaxPage: 1000, Parallel: 4, Overlap: 10 * time.Minute,
	Projects: "keys of the projects to read; default all that the account sees",
	Options: []rest.Option{
		{Name: "fields", Doc: "names of the fields of your own to read; default all but long texts"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"}, Doc: "when to list all ids to find deleted issues: auto = when the number of issues differs, and on Cloud once a day"},
	},
	Pace:  rest.PaceBy("X-RateLimit-Remaining", "X-RateLimit-Reset"),
	Probe: probe, Collect: collect,
}

// systemFields are read of every issue.
var systemFields = []string{"summary", "status", "assignee", "reporter", "creator", "priority", "issuetype", "project", "created", "updated", "resolutiondate",
	"resolution", "duedate", "statuscategorychangedate", "components", "issuelinks", "parent", "comment", "worklog"}

// historyFields are the fields of Jira's own whose changes are history.
var historyFields = []string{"status", "assignee", "priority", "resolution", "issuetype", "project", "duedate"}

// Kinds of fields, by the end of schema.custom.
const (
	slaKind      = ":sd-sla-field"
	approvalKind = ":sd-approvals"
)

// unwanted are kinds of fields of long texts, and of what is Jira's own machinery.
var unwanted = []string{":textarea", ":gh-lexo-rank", ":devsummarycf", ":devsummary", ":vulnerabilitycf", ":jpo-custom-field-baseline-start"}

// field is a field as Jira describes it.
type field struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Custom bool   `json:"custom"`
	Schema struct {
		Type   string `json:"type"`
		Custom string `json:"custom"`
	} `json:"schema"`
}

// is tells whether a field is of a kind.
func (f field) is(kind string) bool { return strings.HasSuffix(f.Schema.Custom, kind) }

// site is what is known of the Jira that is asked.
type site struct {
	c        *rest.Client
	cloud    bool
	version  string
	account  string
	zone     string
	location *time.Location // nil = the zone is not known
	scope    string         // JQL that limits all questions; empty = none
}

func connect(ctx context.Context, c *rest.Client) (*site, error) {
	s := &site{c: c}
	var info struct {
		Version        string `json:"version"`
		DeploymentType string `json:"deploymentType"`
	}
	var me struct {
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
		TimeZone    string `json:"timeZone"`
	}
	for _, x := range []struct {
		path string
		to   any
	}{{"rest/api/2/myself", &me}, {"rest/api/2/serverInfo", &info}} {
		r, err := c.Get(ctx, x.path, nil)
		if err != nil {
			return s, err
		}
		if err := r.Into(x.to); err != nil {
			return s, err
		}
	}
	s.cloud, s.version, s.zone, s.account = info.DeploymentType == "Cloud", info.Version, me.TimeZone, me.Name
	if s.account == "" {
		s.account = me.DisplayName
	}
	if l, err := time.LoadLocation(me.TimeZone); err == nil && me.TimeZone != "" {
		s.location = l
	}
	var keys []string
	for _, k := range c.Source.Projects {
		keys = append(keys, quoted(k))
	}
	if len(keys) > 0 {
		s.scope = "project in (" + strings.Join(keys, ",") + ")"
	}
	return s, nil
}

// quoted is a text in JQL.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// where joins conditions. Cloud refuses a question without any.
func (s *site) where(parts ...string) string {
	parts = slices.DeleteFunc(append([]string{s.scope}, parts...), func(p string) bool { return p == "" })
	if len(parts) == 0 {
		parts = []string{`updated >= "1970-01-01"`}
	}
	return strings.Join(parts, " AND ")
}

// minute is the beginning of the minute of a moment, or an earlier one where the account's clock shows that minute twice: the
// moment up to which a JQL literal is sure to reach back.
func (s *site) minute(t time.Time) time.Time {
	m := t.UTC().Truncate(time.Minute)
	if s.location == nil {
		return m.Add(-24 * time.Hour) // no zone is further from UTC
	}
	for _, d := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 24 * time.Hour} {
		if s.text(m) == s.text(m.Add(d)) {
			return m.Add(-d)
		}
	}
	return m
}

// text is a moment as JQL literal, in the zone of the account.
func (s *site) text(t time.Time) string {
	if s.location != nil {
		t = t.In(s.location)
	}
	return t.Format("2006-01-02 15:04")
}

// since is the condition for what changed at a moment or later; zero = everything.
func (s *site) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return "updated >= " + quoted(s.text(s.minute(t)))
}

// query asks for issues. On Data Center every page begins at the minute of the last issue of the page before: an issue that
// changes meanwhile moves to the end, and pages by number would pass over another one. Only within a minute is it paged so.
func (s *site) query(ctx context.Context, from time.Time, cond string, fields []string, size int) (rest.Request, rest.List) {
	order := " ORDER BY updated ASC, key ASC"
	body := map[string]any{"jql": s.where(s.since(from), cond) + order, "fields": fields}
	if s.cloud {
		q := rest.Request{Method: "POST", Path: "rest/api/3/search/jql", JSON: body}.With("maxResults", size)
		return q, rest.List{Records: "issues", Style: rest.Token{Param: "nextPageToken", Field: "nextPageToken"}}
	}
	q := rest.Request{Method: "POST", Path: "rest/api/2/search", JSON: body}.With("maxResults", size).With("startAt", 0)
	if slices.Contains(fields, "status") {
		q = q.With("expand", []string{"changelog"})
	}
	anchor, start := time.Time{}, 0
	if !from.IsZero() {
		anchor = s.minute(from)
	}
	return q, rest.List{Records: "issues", Total: "total", Style: rest.Keyset{Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if start += len(p.Items); len(p.Items) == 0 || p.Total >= 0 && int64(start) >= p.Total {
			return q, false, nil
		}
		at, err := updated(p.Items[len(p.Items)-1])
		if err != nil {
			return q, false, err
		}
		if next := s.minute(at); next.After(anchor) {
			anchor, start = next, 0
			q = q.With("jql", s.where(s.since(at), cond)+order)
		}
		return q.With("startAt", start), true, nil
	}}}
}

// count is the number of issues. On Cloud it is an estimate.
func (s *site) count(ctx context.Context, cond string) (int64, error) {
	q := rest.Request{Method: "POST", Path: "rest/api/2/search", JSON: map[string]any{"jql": s.where(cond), "maxResults": 0, "fields": []string{"updated"}}}
	member := "total"
	if s.cloud {
		q = rest.Request{Method: "POST", Path: "rest/api/3/search/approximate-count", JSON: map[string]any{"jql": s.where(cond)}}
		member = "count"
	}
	r, err := s.c.Do(ctx, q)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(rest.Field(r.Body, member), 10, 64)
	if err != nil {
		return 0, &rest.Fault{What: r.Path + ": the answer holds no number of issues"}
	}
	return n, nil
}

// updated is the last change of an issue.
func updated(item []byte) (time.Time, error) {
	text := rest.Field(item, "fields.updated")
	at, err := stamp(text)
	if err != nil {
		return at, &rest.Fault{What: fmt.Sprintf("issue %s: updated is not a time: %q", rest.Field(item, "id"), text)}
	}
	return at, nil
}

// stamp reads a time of Jira: 2026-03-28T16:06:08.713+0800 (no colon), ISO 8601, or seconds or milliseconds since 1970.
func stamp(text string) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n >= 1e11 {
			return time.UnixMilli(n).UTC(), nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	for _, f := range []string{"2006-01-02T15:04:05.999-0700", time.RFC3339Nano} {
		if at, err := time.Parse(f, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errors.New("not a time")
}

// instant is a time as this package writes it into records; empty = none.
func instant(raw json.RawMessage) string {
	at, err := stamp(rest.Field(raw, ""))
	if err != nil {
		return rest.Field(raw, "")
	}
	return at.Format("2006-01-02T15:04:05.000Z")
}

// person is somebody, as a record names him or her.
type person struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
}

// UnmarshalJSON reads a user of Cloud (accountId) or Data Center (key and name).
func (p *person) UnmarshalJSON(b []byte) error {
	var u struct{ AccountID, Key, Name, DisplayName, AccountType string }
	if err := json.Unmarshal(b, &u); err != nil {
		return err
	}
	*p = person{u.AccountID, u.Name, u.AccountType}
	if p.ID == "" {
		if p.ID = u.Key; p.ID == "" {
			p.ID = u.Name
		}
	}
	if p.Name == "" {
		p.Name = u.DisplayName
	}
	return nil
}

// comment is a comment without its words. Public is null where Jira does not say who can see it.
type comment struct {
	ID      string `json:"id"`
	Author  person `json:"author"`
	Created string `json:"created"`
	Public  *bool  `json:"public"`
}

// UnmarshalJSON reads a comment: internal ones are marked by jsdPublic, by a property, or by a restriction to a role or group.
func (c *comment) UnmarshalJSON(b []byte) error {
	var x struct {
		ID         string
		Author     person
		Created    json.RawMessage
		JSDPublic  *bool           `json:"jsdPublic"`
		Visibility json.RawMessage `json:"visibility"`
		Properties []struct {
			Key   string
			Value struct {
				Internal any `json:"internal"`
			}
		}
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	*c = comment{x.ID, x.Author, instant(x.Created), x.JSDPublic}
	for _, p := range x.Properties {
		if p.Key == "sd.public.comment" && c.Public == nil {
			public := fmt.Sprint(p.Value.Internal) != "true"
			c.Public = &public
		}
	}
	if len(x.Visibility) > 0 && string(x.Visibility) != "null" {
		c.Public = new(bool)
	}
	return nil
}

// worklog is time spent.
type worklog struct {
	ID      string `json:"id"`
	Author  person `json:"author"`
	Started string `json:"started"`
	Seconds int64  `json:"seconds"`
}

// UnmarshalJSON reads a work log without its words.
func (w *worklog) UnmarshalJSON(b []byte) error {
	var x struct {
		ID               string
		Author           person
		Started          json.RawMessage
		TimeSpentSeconds int64
	}
	err := json.Unmarshal(b, &x)
	*w = worklog{x.ID, x.Author, instant(x.Started), x.TimeSpentSeconds}
	return err
}

// history is what was changed at one go.
type history struct {
	ID      string `json:"id"`
	Author  person `json:"author"`
	Created string `json:"created"`
	Items   []item `json:"items"`
}

// item is the change of one field.
type item struct {
	Field      string  `json:"field"`
	FieldID    string  `json:"fieldId"`
	From       *string `json:"from"`
	FromString *string `json:"fromString"`
	To         *string `json:"to"`
	ToString   *string `json:"toString"`
}

// UnmarshalJSON reads a history whose time is a text or a number, and whose ids are either.
func (h *history) UnmarshalJSON(b []byte) error {
	var x struct {
		ID      json.RawMessage
		Author  person
		Created json.RawMessage
		Items   []item
	}
	err := json.Unmarshal(b, &x)
	*h = history{rest.Field(x.ID, ""), x.Author, instant(x.Created), x.Items}
	return err
}

// cycle is one cycle of an SLA, in the calendar that Jira counts it by; lengths are milliseconds.
type cycle struct {
	Start    string `json:"start,omitempty"`
	Stop     string `json:"stop,omitempty"`
	Due      string `json:"due,omitempty"`
	Breached bool   `json:"breached"`
	Goal     *int64 `json:"goal"`
	Elapsed  *int64 `json:"elapsed"`
	Running  bool   `json:"running"`
}

// UnmarshalJSON reads a cycle without what Jira counts anew at each answer.
func (c *cycle) UnmarshalJSON(b []byte) error {
	type moment struct {
		EpochMillis json.RawMessage
		ISO8601     json.RawMessage `json:"iso8601"`
	}
	type length struct{ Millis *int64 }
	var x struct {
		StartTime, StopTime, BreachTime *moment
		Breached                        bool
		GoalDuration, ElapsedTime       length
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	at := func(m *moment) string {
		switch {
		case m == nil:
			return ""
		case len(m.EpochMillis) > 0:
			return instant(m.EpochMillis)
		}
		return instant(m.ISO8601)
	}
	*c = cycle{at(x.StartTime), at(x.StopTime), at(x.BreachTime), x.Breached, x.GoalDuration.Millis, x.ElapsedTime.Millis, false}
	return nil
}

// sla are the cycles of one SLA of an issue.
type sla struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Cycles []cycle `json:"cycles"`
}

// UnmarshalJSON reads the value of an SLA field, or an element of the SLA resource: both are alike.
func (s *sla) UnmarshalJSON(b []byte) error {
	var x struct {
		ID              json.RawMessage
		Name            string
		CompletedCycles []cycle
		OngoingCycle    *cycle
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	*s = sla{rest.Field(x.ID, ""), x.Name, x.CompletedCycles}
	if x.OngoingCycle != nil {
		x.OngoingCycle.Running, x.OngoingCycle.Elapsed = true, nil
		s.Cycles = append(s.Cycles, *x.OngoingCycle)
	}
	return nil
}

// approval is one question for approval, with the answers so far.
type approval struct {
	ID            json.RawMessage
	Name          string
	FinalDecision string
	CreatedDate   struct{ EpochMillis, ISO8601 json.RawMessage }
	CompletedDate struct{ EpochMillis, ISO8601 json.RawMessage }
	Approvers     []struct {
		Approver         person
		ApproverDecision string
	}
}

// record is an issue as it is stored.
type record struct {
	ID        string                     `json:"id"`
	Key       string                     `json:"key"`
	Fields    map[string]json.RawMessage `json:"fields"`
	Comments  []comment                  `json:"comments"`
	Worklogs  []worklog                  `json:"worklogs"`
	SLAs      []sla                      `json:"slas"`
	Approvals []answer                   `json:"approvals"`
	Histories *[]history                 `json:"histories,omitempty"` // absent = the history could not be read

	moreComments, moreWorklogs, askSLA bool
}

// answer is what one person was asked to approve, and said.
type answer struct {
	ID       string `json:"id"`
	Who      person `json:"who"`
	Name     string `json:"name,omitempty"`
	Asked    string `json:"asked,omitempty"`
	Answered string `json:"answered,omitempty"` // when all were done; Jira does not tell when each answered
	Decision string `json:"decision,omitempty"`
}

// listed is a list inside an issue, which may be only its beginning.
type listed[T any] struct {
	Total    int64
	Comments []T
	Worklogs []T
}

// read makes a record of an issue of a list.
func (w *walk) read(b []byte) (*record, error) {
	var x struct {
		ID        string
		Key       string
		Fields    map[string]json.RawMessage
		Changelog *struct {
			Total     int
			Histories []history
		}
	}
	bad := func(err error) error {
		return &rest.Fault{What: fmt.Sprintf("issue %s: not the JSON that was expected: %v", rest.Field(b, "id"), err)}
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return nil, bad(err)
	}
	out := &record{ID: x.ID, Key: x.Key, Fields: map[string]json.RawMessage{}, Comments: []comment{}, Worklogs: []worklog{}, SLAs: []sla{}, Approvals: []answer{}}
	desk := rest.Field(x.Fields["project"], "projectTypeKey") == "service_desk"
	for name, v := range x.Fields {
		var err error
		f := w.fields[name]
		switch {
		case len(v) == 0 || string(v) == "null":
		case name == "comment":
			var l listed[comment]
			err = json.Unmarshal(v, &l)
			out.Comments = append(out.Comments, l.Comments...)
			unmarked := desk && len(l.Comments) > 0 && !slices.ContainsFunc(l.Comments, func(c comment) bool { return c.Public != nil })
			out.moreComments = l.Total > int64(len(l.Comments)) || unmarked
		case name == "worklog":
			var l listed[worklog]
			err = json.Unmarshal(v, &l)
			out.Worklogs = append(out.Worklogs, l.Worklogs...)
			out.moreWorklogs = l.Total > int64(len(l.Worklogs))
		case f.is(slaKind):
			var one sla
			if err = json.Unmarshal(v, &one); err == nil && len(one.Cycles) > 0 {
				if one.Name == "" {
					one.Name = f.Name
				}
				out.SLAs = append(out.SLAs, one)
			}
		case f.is(approvalKind):
			var more []answer
			more, err = answers(v)
			out.Approvals = append(out.Approvals, more...)
		default:
			out.Fields[name] = v
		}
		if err != nil {
			return nil, bad(fmt.Errorf("%s: %w", name, err))
		}
	}
	slices.SortFunc(out.SLAs, func(a, b sla) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	slices.SortStableFunc(out.Approvals, func(a, b answer) int { return strings.Compare(a.ID+"\x00"+a.Who.ID, b.ID+"\x00"+b.Who.ID) })
	out.askSLA = desk && !w.slaFields && !w.noSLA
	if x.Changelog != nil && x.Changelog.Total <= len(x.Changelog.Histories) {
		out.Histories = w.kept(x.Changelog.Histories)
	}
	return out, nil
}

// answers reads the field of approvals.
func answers(v json.RawMessage) ([]answer, error) {
	var list []approval
	if bytes.HasPrefix(bytes.TrimSpace(v), []byte("{")) {
		v = append(append([]byte("["), v...), ']')
	}
	if err := json.Unmarshal(v, &list); err != nil {
		return nil, err
	}
	first := func(a, b json.RawMessage) string {
		if len(a) > 0 {
			return instant(a)
		}
		return instant(b)
	}
	out := []answer{}
	for _, a := range list {
		for _, p := range a.Approvers {
			out = append(out, answer{rest.Field(a.ID, ""), p.Approver, a.Name, first(a.CreatedDate.EpochMillis, a.CreatedDate.ISO8601), first(a.CompletedDate.EpochMillis, a.CompletedDate.ISO8601), p.ApproverDecision})
		}
	}
	return out, nil
}

// kept are the histories in the order of time, of the fields that are history: others hold what people wrote.
func (w *walk) kept(all []history) *[]history {
	out := []history{}
	for _, h := range all {
		h.Items = slices.DeleteFunc(slices.Clone(h.Items), func(i item) bool {
			return !w.tracked[i.FieldID] && !(i.FieldID == "" && w.tracked[strings.ToLower(i.Field)])
		})
		if len(h.Items) > 0 {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b history) int {
		if c := strings.Compare(a.Created, b.Created); c != 0 {
			return c
		}
		x, _ := strconv.ParseInt(a.ID, 10, 64)
		y, _ := strconv.ParseInt(b.ID, 10, 64)
		return int(x - y)
	})
	return &out
}

// walk is one run.
type walk struct {
	*rest.Run
	*site
	fields    map[string]field // by id
	wanted    []string         // fields to ask for
	bulk      []string         // fields whose changes are asked for on Cloud
	tracked   map[string]bool  // ids and names of fields whose changes are kept
	slaFields bool             // there are fields that hold SLA cycles
	noSLA     bool             // the account may not ask for SLA cycles one by one
	noBulk    bool             // changes are asked for issue by issue
	fetched   int64
	expected  int64
}

func collect(ctx context.Context, r *rest.Run) error {
	s, err := connect(ctx, r.Client)
	if err != nil {
		return err
	}
	w := &walk{Run: r, site: s, fields: map[string]field{}, tracked: map[string]bool{}}
	for _, l := range []struct{ entity, path, id string }{{"status", "rest/api/2/status", "id"}, {"priority", "rest/api/2/priority", "id"},
		{"issuetype", "rest/api/2/issuetype", "id"}, {"field", "rest/api/2/field", "id"}} {
		if err := w.list(ctx, l.entity, l.path); err != nil {
			return err
		}
	}
	projects, err := w.projects(ctx)
	if err != nil {
		return err
	}
	w.choose()
	entity := "issue"
	if w.scope != "" {
		entity += "@" + strings.Join(r.Source.Projects, ",")
	}
	r.Entity("issue")
	r.WindowFrom, r.WindowTo = r.From(entity), r.Now
	from := r.WindowFrom
	if !from.IsZero() {
		from = from.Add(-2 * time.Minute) // Jira cuts seconds off, and its clock may be behind
	}
	r.Query = w.where(w.since(from)) + " ORDER BY updated ASC, key ASC"
	if w.expected, err = w.count(ctx, w.since(from)); err != nil {
		return err
	}
	if !w.cloud {
		r.Reported("issue", w.expected)
	}
	if err := w.issues(ctx, entity, from, ""); err != nil {
		return err
	}
	return w.sweep(ctx, projects)
}

// list reads a short list whole.
func (w *walk) list(ctx context.Context, entity, path string) error {
	w.Entity(entity)
	one := rest.Keyset{Then: func(q rest.Request, _ *rest.Page) (rest.Request, bool, error) { return q, false, nil }}
	for p, err := range w.c.Pages(ctx, rest.Request{Path: path}, rest.List{Style: one}) {
		if err != nil {
			return err
		}
		for _, b := range p.Items {
			if entity == "field" {
				var f field
				if err := (&rest.Response{Body: b, Path: path}).Into(&f); err != nil {
					return err
				}
				w.fields[f.ID] = f
			}
			if err := w.PutRaw(entity, rest.Field(b, "id"), path, b); err != nil {
				return err
			}
		}
	}
	return w.SafePoint(ctx)
}

// projects reads the projects that the account sees, and gives their ids.
func (w *walk) projects(ctx context.Context) (map[string]bool, error) {
	w.Entity("project")
	out := map[string]bool{}
	path, l := "rest/api/2/project", rest.List{Style: rest.Keyset{Then: func(q rest.Request, _ *rest.Page) (rest.Request, bool, error) { return q, false, nil }}}
	if w.cloud {
		path, l = "rest/api/3/project/search", rest.List{Records: "values", Total: "total", Style: rest.Offset{Param: "startAt", Limit: "maxResults"}}
	}
	for p, err := range w.c.Pages(ctx, rest.Request{Path: path}, l) {
		if err != nil {
			return nil, err
		}
		for _, b := range p.Items {
			id := rest.Field(b, "id")
			out[id] = true
			if err := w.PutRaw("project", id, path, b); err != nil {
				return nil, err
			}
		}
	}
	return out, w.SafePoint(ctx)
}

// choose decides which fields are asked for: all of Jira's own that the model wants, and the organization's without long texts.
func (w *walk) choose() {
	w.wanted = slices.Clone(systemFields)
	w.bulk = slices.Clone(historyFields)
	only := w.Source.Options["fields"]
	var mapped []string
	for _, m := range w.Source.Map.Fields {
		mapped = append(mapped, strings.TrimPrefix(m.Column, "custom."))
	}
	for id, f := range w.fields {
		if !f.Custom || slices.ContainsFunc(unwanted, f.is) {
			continue
		}
		own := strings.HasPrefix(f.Schema.Custom, "com.atlassian.servicedesk") // Service Management's own: SLA, approvals, satisfaction, organizations
		if f.is(slaKind) {
			w.slaFields = true
		} else if len(only) > 0 && !own && !slices.Contains(only, f.Name) && !slices.Contains(mapped, f.Name) {
			continue
		}
		w.wanted = append(w.wanted, id)
		if !own {
			w.tracked[id], w.tracked[strings.ToLower(f.Name)] = true, true
		}
		if slices.Contains(mapped, f.Name) {
			w.bulk = append(w.bulk, id)
		}
	}
	slices.Sort(w.wanted)
	slices.Sort(w.bulk[len(historyFields):])
	for _, f := range historyFields {
		w.tracked[f] = true
	}
}

// issues reads issues with all that belongs to them, in the order of their last change.
func (w *walk) issues(ctx context.Context, entity string, from time.Time, cond string) error {
	q, l := w.query(ctx, from, cond, w.wanted, w.c.PageSize())
	seen := map[string]bool{} // issues of the page before, with their last change: pages overlap
	for p, err := range w.c.Pages(ctx, q, l) {
		if err != nil {
			return err
		}
		var page []*record
		last := map[string]bool{}
		for _, b := range p.Items {
			id := rest.Field(b, "id") + " " + rest.Field(b, "fields.updated")
			last[id] = true
			if seen[id] {
				continue
			}
			i, err := w.read(b)
			if err != nil {
				return err
			}
			page = append(page, i)
		}
		seen = last
		if err := w.complete(ctx, page); err != nil {
			return err
		}
		for _, i := range page {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			if err := e.Encode(i); err != nil {
				return err
			}
			if err := w.PutRaw("issue", i.ID, q.Path, bytes.TrimSpace(b.Bytes())); err != nil {
				return err
			}
		}
		w.fetched += int64(len(page))
		w.Progress(w.fetched, max(w.expected, w.fetched))
		if n := len(p.Items); n > 0 && cond == "" {
			at, err := updated(p.Items[n-1])
			if err != nil {
				return err
			}
			w.Moved(entity, at)
		}
		if err := w.SafePoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// complete fetches what the list does not hold: the history on Cloud, the rest of long lists, SLA cycles without a field.
func (w *walk) complete(ctx context.Context, page []*record) error {
	if w.cloud && !w.noBulk {
		if err := w.changes(ctx, page); err != nil {
			return err
		}
	}
	one := func(ctx context.Context, i *record) (*record, error) { return i, w.rest(ctx, i) }
	return rest.Each(ctx, w.c.Parallel(), slices.Values(page), one, func(i *record, _ *record) error {
		if i.Histories == nil {
			w.Gap("the history of issue %s could not be read: its clocks cannot be replayed", i.Key)
		}
		return nil
	})
}

// inBulk is how many issues, and fields, Cloud gives the changes of at a time.
const (
	inBulk     = 1000
	bulkFields = 10
)

// changes reads the histories of a page of issues on Cloud. They come in the order of time over all issues, and an issue's
// are spread over the pages.
func (w *walk) changes(ctx context.Context, page []*record) error {
	type of struct{ issue, history string }
	all, at := map[string][]history{}, map[of]int{}
	for chunk := range slices.Chunk(page, inBulk) {
		ids := make([]string, len(chunk))
		for i, x := range chunk {
			ids[i] = x.ID
		}
		for fields := range slices.Chunk(w.bulk, bulkFields) {
			q := rest.Request{Method: "POST", Path: "rest/api/3/changelog/bulkfetch", JSON: map[string]any{"issueIdsOrKeys": ids, "fieldIds": fields, "maxResults": 1000}}
			for p, err := range w.c.Pages(ctx, q, rest.List{Records: "issueChangeLogs", Style: rest.Token{Param: "nextPageToken", Field: "nextPageToken"}}) {
				if s := rest.Status(err); s == 403 || s == 404 || s == 405 {
					w.noBulk = true // issue by issue then
					return nil
				}
				if err != nil {
					return err
				}
				for _, b := range p.Items {
					var log struct {
						IssueID         json.RawMessage
						ChangeHistories []history
					}
					if err := (&rest.Response{Body: b, Path: q.Path}).Into(&log); err != nil {
						return err
					}
					id := rest.Field(log.IssueID, "")
					for _, h := range log.ChangeHistories {
						if n, ok := at[of{id, h.ID}]; ok { // the same save, asked for by other fields
							all[id][n].Items = append(all[id][n].Items, h.Items...)
							continue
						}
						at[of{id, h.ID}] = len(all[id])
						all[id] = append(all[id], h)
					}
				}
			}
		}
	}
	for _, i := range page {
		i.Histories = w.kept(all[i.ID])
	}
	return nil
}

// rest fetches what belongs to one issue and is still missing. A part that is gone with its issue stays missing.
func (w *walk) rest(ctx context.Context, i *record) error {
	path := "rest/api/2/issue/" + url.PathEscape(i.ID)
	style := rest.Offset{Param: "startAt", Limit: "maxResults"}
	each := func(path string, query url.Values, records string, take func(b []byte) error) error {
		for p, err := range w.c.Pages(ctx, rest.Request{Path: path, Query: query}, rest.List{Records: records, Total: "total", Style: style}) {
			if err != nil {
				return err
			}
			for _, b := range p.Items {
				if err := take(b); err != nil {
					return err
				}
			}
		}
		return nil
	}
	into := func(b []byte, v any) error { return (&rest.Response{Body: b, Path: path}).Into(v) }
	if i.moreComments {
		all := []comment{}
		if err := each(path+"/comment", url.Values{"expand": {"properties"}}, "comments", func(b []byte) error {
			var c comment
			defer func() { all = append(all, c) }()
			return into(b, &c)
		}); err != nil && rest.Status(err) != 404 {
			return err
		}
		if len(all) >= len(i.Comments) {
			i.Comments = all
		}
	}
	if i.moreWorklogs {
		all := []worklog{}
		if err := each(path+"/worklog", nil, "worklogs", func(b []byte) error {
			var l worklog
			defer func() { all = append(all, l) }()
			return into(b, &l)
		}); err != nil && rest.Status(err) != 404 {
			return err
		}
		if len(all) >= len(i.Worklogs) {
			i.Worklogs = all
		}
	}
	if i.Histories == nil {
		all := []history{}
		err := each(path+"/changelog", nil, "values", func(b []byte) error {
			var h history
			defer func() { all = append(all, h) }()
			return into(b, &h)
		})
		switch s := rest.Status(err); {
		case err == nil:
			i.Histories = w.kept(all)
		case s != 403 && s != 404:
			return err
		}
	}
	if i.askSLA {
		all := []sla{}
		start := 0
		pages := rest.Keyset{Size: "limit", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
			start += len(p.Items)
			return q.With("start", start), len(p.Items) > 0 && p.Field("isLastPage") != "true", nil
		}}
		for p, err := range w.c.Pages(ctx, rest.Request{Path: "rest/servicedeskapi/request/" + url.PathEscape(i.ID) + "/sla"}, rest.List{Records: "values", Style: pages}) {
			if s := rest.Status(err); s == 403 || s == 404 {
				break // no request of a portal, or no right of an agent
			}
			if err != nil {
				return err
			}
			for _, b := range p.Items {
				var one sla
				if err := into(b, &one); err != nil {
					return err
				}
				all = append(all, one)
			}
		}
		i.SLAs = all
	}
	return nil
}

// sweep finds issues that were deleted, and those that the list of changes did not show.
func (w *walk) sweep(ctx context.Context, projects map[string]bool) error {
	mode := w.c.Option("sweep")
	if mode == "never" || !w.Since.IsZero() || w.Source.Since != "" {
		return nil // what is stored is only a part
	}
	have, err := w.Count(ctx, "issue")
	if err != nil {
		return err
	}
	there, err := w.count(ctx, "")
	if err != nil {
		return err
	}
	last, err := time.Parse(time.RFC3339Nano, w.Cursor("sweep"))
	daily := w.cloud && err == nil && w.Now.Sub(last) >= 24*time.Hour // the number is an estimate there
	if err != nil {
		w.Moved("sweep", w.Now)
	}
	if mode == "auto" && !w.Full && have == there && !daily {
		return nil
	}
	q, l := w.query(ctx, time.Time{}, "", []string{"updated"}, 1000)
	for p, err := range w.c.Pages(ctx, q, l) {
		if err != nil {
			return err
		}
		for _, b := range p.Items {
			if err := w.Present("issue", rest.Field(b, "id")); err != nil {
				return err
			}
		}
	}
	gone, unknown, err := w.Sweep(ctx, "issue")
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(unknown, 100) {
		if err := w.issues(ctx, "issue", time.Time{}, "id in ("+strings.Join(chunk, ",")+")"); err != nil {
			return err
		}
	}
	if !w.cloud {
		w.Reported("issue", min(w.expected, w.fetched)) // what was counted first and is gone was deleted meanwhile
	}
	if err := w.verify(ctx, gone, projects); err != nil {
		return err
	}
	w.Moved("sweep", w.Now)
	return nil
}

// verify asks for issues that are stored and not listed. One that is there was archived, or the index does not show it yet; one
// in a project that the account no longer sees may be there.
func (w *walk) verify(ctx context.Context, ids []string, projects map[string]bool) error {
	if len(ids) == 0 {
		return nil
	}
	known := []string{""}
	for id := range projects {
		known = append(known, id)
	}
	slices.Sort(known)
	unseen, err := w.Keys(ctx, "issue", "(payload->>'$.fields.project.id') NOT IN ("+strings.TrimSuffix(strings.Repeat("?,", len(known)), ",")+")", anys(known)...)
	if err != nil {
		return err
	}
	hidden := map[string]bool{}
	for _, id := range unseen {
		hidden[id] = true
	}
	var lost, moved []string
	take := func(id string, key string) error {
		switch project, _, _ := strings.Cut(key, "-"); {
		case key == "" && hidden[id]:
			lost = append(lost, id)
			return nil
		case key != "" && (len(w.Source.Projects) == 0 || slices.Contains(w.Source.Projects, project)):
			return nil
		case key != "":
			moved = append(moved, key)
		}
		return w.Delete("issue", id)
	}
	if w.cloud {
		for chunk := range slices.Chunk(ids, 100) {
			r, err := w.c.Do(ctx, rest.Request{Method: "POST", Path: "rest/api/3/issue/bulkfetch", JSON: map[string]any{"issueIdsOrKeys": chunk, "fields": []string{"project"}}})
			if err != nil {
				return err
			}
			var got struct{ Issues []struct{ ID, Key string } }
			if err := r.Into(&got); err != nil {
				return err
			}
			keys := map[string]string{}
			for _, i := range got.Issues {
				keys[i.ID] = i.Key
			}
			for _, id := range chunk {
				if err := take(id, keys[id]); err != nil {
					return err
				}
			}
		}
	} else if err := rest.Each(ctx, w.c.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (string, error) {
		r, err := w.c.Get(ctx, "rest/api/2/issue/"+url.PathEscape(id), url.Values{"fields": {"project"}})
		switch s := rest.Status(err); {
		case s == 404:
			return "", nil
		case s == 403:
			return "-", nil
		case err != nil:
			return "", err
		}
		return rest.Field(r.Body, "key"), nil
	}, func(id, key string) error {
		if key == "-" {
			lost = append(lost, id)
			return nil
		}
		return take(id, key)
	}); err != nil {
		return err
	}
	if len(moved) > 0 {
		w.Warn("%d issues are now in projects that are not read, and count as deleted: %s", len(moved), rest.Some(moved))
	}
	if len(lost) > 0 {
		w.Gap("%d issues were read once and the account no longer sees them or their projects; whether they are there nobody can tell: %s", len(lost), rest.Some(lost))
	}
	return nil
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Jira"}
	s, err := connect(ctx, c)
	if err != nil {
		return p, err
	}
	p.Product, p.Version, p.Account, p.Zone = "Jira Data Center "+s.version, s.version, s.account, s.zone
	if s.cloud {
		p.Product = "Jira Cloud"
	}
	if s.location == nil {
		p.Notes = append(p.Notes, "the time zone of the account's profile is not known: every run asks for a day more than it needs")
	}
	n, err := s.count(ctx, "")
	if rest.Status(err) == 400 {
		p.Lacks = append(p.Lacks, "the issues: Jira does not know one of the projects, or the account does not see it: "+err.Error())
		return p, nil
	}
	if err != nil {
		return p, err
	}
	about := ""
	if s.cloud {
		about = "about "
	}
	p.Reads = append(p.Reads, fmt.Sprintf("%s%d issues", about, n))
	w := &walk{Run: &rest.Run{Client: c}, site: s, fields: map[string]field{}, tracked: map[string]bool{"status": true}, bulk: []string{"status"}}
	r, err := c.Get(ctx, "rest/api/2/field", nil)
	if err != nil {
		return p, err
	}
	var fields []field
	if err := r.Into(&fields); err != nil {
		return p, err
	}
	wanted := slices.Clone(systemFields)
	for _, f := range fields {
		if w.fields[f.ID] = f; f.is(slaKind) {
			w.slaFields = true
			wanted = append(wanted, f.ID)
		}
	}
	q, l := s.query(ctx, time.Time{}, "", wanted, 1)
	q = q.With("jql", s.where()+" ORDER BY updated DESC")
	for page, err := range c.Pages(ctx, q, l) {
		if err != nil {
			return p, err
		}
		if len(page.Items) == 0 {
			break
		}
		return p, w.probeIssue(ctx, page.Items[0], &p)
	}
	p.Lacks = append(p.Lacks, "no issue at all: may the account browse the projects?")
	return p, nil
}

// probeIssue looks whether all that belongs to an issue can be read.
func (w *walk) probeIssue(ctx context.Context, b []byte, p *rest.Probe) error {
	i, err := w.read(b)
	if err != nil {
		return err
	}
	desk := rest.Field(i.Fields["project"], "projectTypeKey") == "service_desk"
	if w.cloud {
		if err := w.changes(ctx, []*record{i}); err != nil {
			return err
		}
	}
	i.askSLA = desk
	inline := i.SLAs
	if err := w.rest(ctx, i); err != nil {
		return err
	}
	if i.Histories == nil {
		p.Lacks = append(p.Lacks, "the history of issues: no clock can be replayed, and pauses are not seen")
	} else {
		p.Reads = append(p.Reads, "the history of issues, seen at "+i.Key)
	}
	if w.cloud && w.noBulk {
		p.Notes = append(p.Notes, "this site does not give the history of many issues at a time: every changed issue is one request more")
	}
	switch {
	case !desk:
		p.Notes = append(p.Notes, i.Key+" is no request of a service project: SLA results and the difference between replies and internal notes exist only there")
	case len(inline) > 0 || w.slaFields && len(i.SLAs) == 0:
		p.Reads = append(p.Reads, "SLA cycles, with the issues")
	case len(i.SLAs) > 0 && w.slaFields:
		p.Lacks = append(p.Lacks, "SLA cycles in the fields of "+i.Key+", although the request has some: the comparison with Jira's own SLA results is not complete")
	case len(i.SLAs) > 0:
		p.Reads = append(p.Reads, "SLA cycles, one request an issue")
	default:
		p.Lacks = append(p.Lacks, "Jira's own SLA results: the account needs to be an agent of the service project")
	}
	if desk && len(i.Comments) > 0 && !slices.ContainsFunc(i.Comments, func(c comment) bool { return c.Public != nil }) {
		p.Lacks = append(p.Lacks, "which comments are internal: the first response cannot be measured")
	}
	return nil
}
