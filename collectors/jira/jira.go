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
	"context"
	_ "embed"
	"fmt"
	"slices"
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
	ratingKind   = ":sd-request-feedback"
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
	for p, err := range w.c.Pages(ctx, rest.Request{Path: path}, rest.List{Style: rest.Whole{}}) {
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
	path, l := "rest/api/2/project", rest.List{Style: rest.Whole{}}
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
			b, err := rest.Marshal(i)
			if err != nil {
				return fmt.Errorf("issue %s: %w", i.ID, err)
			}
			if err := w.PutRaw("issue", i.ID, q.Path, b); err != nil {
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
