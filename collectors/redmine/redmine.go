// Package redmine collects from Redmine 4.1 and later by its REST interface.
//
// Redmine gives the history of an issue (journals) only with the issue itself, so every changed issue is one request. What it
// tells nobody is what was deleted: the number of issues is compared with what is stored, and where they differ all ids
// are listed and compared.
package redmine

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strconv"
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

// Tool is the source type "redmine".
var Tool = rest.Tool{
	Type: "redmine", Name: "Redmine", Summary: "Redmine: issues with their whole history, by REST",
	Sample: sample, Readme: readme, Model: model,
	Schemes: []rest.Scheme{
		rest.Header("X-Redmine-API-Key", "", "API access key of the account, from its page My account"),
		rest.Basic("login and password of the account"),
	},
	PageSize: 100, MaxPage: 100, Parallel: 4,
	Projects: "identifiers of the projects to read, without their subprojects; default all that the account sees",
	Options: []rest.Option{{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"},
		Doc: "when to list all ids to find deleted issues and new relations: auto = when the number of issues differs"}},
	Texts: map[string][]string{"issue": {"description", "journals.notes"}, "project": {"description"}},
	Probe: probe, Collect: collect,
}

// references are the lists that give names to the ids in the history.
var references = []struct{ entity, path, records string }{
	{"status", "issue_statuses.json", "issue_statuses"},
	{"tracker", "trackers.json", "trackers"},
	{"priority", "enumerations/issue_priorities.json", "issue_priorities"},
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Redmine"}
	r, err := c.Get(ctx, "users/current.json", nil)
	if err != nil {
		return p, err
	}
	var me struct {
		User struct {
			Login string `json:"login"`
			Admin bool   `json:"admin"`
		} `json:"user"`
	}
	if err := r.Into(&me); err != nil {
		return p, err
	}
	p.Account = me.User.Login
	var projects []string
	for page, err := range c.Pages(ctx, rest.Request{Path: "projects.json"}, rest.List{Records: "projects", Total: "total_count", Style: rest.Offset{Param: "offset", Limit: "limit"}}) {
		if err != nil {
			return p, err
		}
		for _, item := range page.Items {
			projects = append(projects, rest.Field(item, "name"))
		}
	}
	issues, err := first(ctx, c, "issues.json", url.Values{"status_id": {"*"}, "sort": {"updated_on:desc"}}, "issues")
	if err != nil {
		return p, err
	}
	seen := fmt.Sprintf("%d issues in the %d projects that the account sees: %s", issues.Total, len(projects), rest.Some(projects))
	if len(c.Source.Projects) == 0 { // a project that is not seen shows in the numbers alone
		last, err := first(ctx, c, "issues.json", url.Values{"status_id": {"*"}, "sort": {"id:desc"}}, "issues")
		if err != nil {
			return p, err
		}
		if len(last.Items) > 0 {
			if high, err := strconv.ParseInt(rest.Field(last.Items[0], "id"), 10, 64); err == nil && high > last.Total {
				seen += fmt.Sprintf("; %d more numbers up to %d belong to issues that were deleted, or that the account may not see: collect tells which", high-last.Total, high)
			}
		}
	}
	p.Reads = append(p.Reads, seen)
	if len(issues.Items) == 0 {
		p.Lacks = append(p.Lacks, "no issue at all: is the account a member of the projects, and may it view issues?")
		return p, nil
	}
	id := rest.Field(issues.Items[0], "id")
	r, err = c.Get(ctx, "issues/"+id+".json", url.Values{"include": {"journals"}})
	if err != nil {
		return p, err
	}
	if rest.Field(r.Body, "issue.journals") == "" {
		p.Lacks = append(p.Lacks, "the history of issues: no clock can be replayed, and pauses are not seen")
	} else {
		p.Reads = append(p.Reads, "the history of each issue, seen at issue "+id)
	}
	if !me.User.Admin {
		p.Notes = append(p.Notes, "private notes and private issues are missing without notice where the role of the account may not see them")
	}
	return p, nil
}

// first is the first record of a list, and the number of all.
func first(ctx context.Context, c *rest.Client, path string, query url.Values, records string) (*rest.Page, error) {
	q := rest.Request{Path: path, Query: query}.With("limit", 1)
	for p, err := range c.Pages(ctx, q, rest.List{Records: records, Total: "total_count", Style: rest.Offset{Param: "offset"}}) {
		return p, err
	}
	return nil, ctx.Err()
}

func collect(ctx context.Context, r *rest.Run) error {
	for _, ref := range references {
		if err := list(ctx, r, ref.entity, ref.path, ref.records); err != nil {
			return err
		}
	}
	if err := list(ctx, r, "project", "projects.json", "projects"); err != nil {
		return err
	}
	w := &walk{Run: r, people: map[string]bool{}}
	r.Entity("user")
	if !r.Full {
		known, err := r.Keys(ctx, "user", "")
		if err != nil {
			return err
		}
		for _, id := range known {
			w.people[id] = true
		}
	}
	scopes := []string(r.Source.Projects)
	if len(scopes) == 0 {
		scopes = []string{""}
	}
	for _, project := range scopes {
		if err := w.changed(ctx, project); err != nil {
			return err
		}
	}
	return w.sweep(ctx, scopes)
}

// list reads a short list whole.
func list(ctx context.Context, r *rest.Run, entity, path, records string) error {
	r.Entity(entity)
	style := rest.Offset{Param: "offset", Limit: "limit"}
	var n int64
	for p, err := range r.Client.Pages(ctx, rest.Request{Path: path}, rest.List{Records: records, Total: "total_count", Style: style}) {
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			if err := r.PutRaw(entity, rest.Field(item, "id"), path, item); err != nil {
				return err
			}
			n++
		}
		if p.Total < 0 { // these lists have no pages
			break
		}
		r.Reported(entity, p.Total)
	}
	return r.SafePoint(ctx)
}

// walk is one reading of the issues.
type walk struct {
	*rest.Run
	people   map[string]bool // ids of people whose names were read, or could not be
	fresh    []string        // ids of people met since the names were read
	fetched  int64
	expected int64
}

// scope limits a list to a project.
func scope(project string, q url.Values) url.Values {
	q.Set("status_id", "*") // without it only open issues are listed
	if project != "" {
		q.Set("project_id", project)
		q.Set("subproject_id", "!*")
	}
	return q
}

func cursor(project string) string {
	if project == "" {
		return "issue"
	}
	return "issue@" + project
}

// changed reads the issues that changed since the last run, in the order of their change.
func (w *walk) changed(ctx context.Context, project string) error {
	w.Entity("issue")
	entity := cursor(project)
	w.WindowFrom, w.WindowTo = w.From(entity), w.Now
	w.Query = "status_id=*&sort=updated_on,id"
	base := w.expected
	style := rest.Anchored{Since: "updated_on", Offset: "offset", Limit: "limit", Start: w.WindowFrom, At: updated,
		Format: func(t time.Time) string { return ">=" + t.UTC().Format("2006-01-02T15:04:05Z") }}
	q := rest.Request{Path: "issues.json", Query: scope(project, url.Values{"sort": {"updated_on,id"}})}
	for p, err := range w.Client.Pages(ctx, q, rest.List{Records: "issues", Total: "total_count", Style: style}) {
		if err != nil {
			return err
		}
		w.expected = max(w.expected, base+p.Total)
		w.Reported("issue", w.expected)
		ids := make([]string, len(p.Items))
		for i, item := range p.Items {
			ids[i] = rest.Field(item, "id")
		}
		if err := w.details(ctx, ids); err != nil {
			return err
		}
		if err := w.names(ctx); err != nil {
			return err
		}
		if n := len(p.Items); n > 0 {
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

func updated(item []byte) (time.Time, error) {
	return rest.Instant(item, "updated_on", "issue", "id")
}

// details reads issues one by one, with their history.
func (w *walk) details(ctx context.Context, ids []string) error {
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (*rest.Response, error) {
		r, err := w.Client.Get(ctx, "issues/"+url.PathEscape(id)+".json", url.Values{"include": {"journals,relations"}})
		if s := rest.Status(err); s == 404 || s == 403 {
			return &rest.Response{Status: s}, nil
		}
		return r, err
	}, func(id string, r *rest.Response) error {
		w.fetched++
		w.Progress(w.fetched, w.expected)
		switch r.Status {
		case 404: // deleted since it was listed
			w.expected--
			w.Reported("issue", w.expected)
			return w.Delete("issue", id)
		case 403:
			w.Gap("issue %s is listed, but the account may not read it", id)
			return nil
		}
		issue, err := r.Member("issue")
		if err != nil {
			return err
		}
		var who struct {
			Journals []struct {
				User    struct{ ID int64 }
				Details []struct {
					Name     string  `json:"name"`
					OldValue *string `json:"old_value"`
					NewValue *string `json:"new_value"`
				}
			}
		}
		if err := issue.Into(&who); err != nil {
			return err
		}
		for _, j := range who.Journals {
			w.met(fmt.Sprint(j.User.ID))
			for _, d := range j.Details {
				if d.Name == "assigned_to_id" {
					for _, v := range []*string{d.OldValue, d.NewValue} {
						if v != nil {
							w.met(*v)
						}
					}
				}
			}
		}
		w.met(rest.Field(issue.Body, "author.id"))
		w.met(rest.Field(issue.Body, "assigned_to.id"))
		return w.PutRaw("issue", id, "issues/"+id+".json", issue.Body)
	})
}

// sweep finds issues that were deleted, and those that the list of changes did not show.
func (w *walk) sweep(ctx context.Context, scopes []string) error {
	mode := w.Client.Option("sweep")
	if mode == "never" || !w.Since.IsZero() || w.Source.Since != "" {
		return nil // what is stored is only a part
	}
	have, err := w.Count(ctx, "issue")
	if err != nil {
		return err
	}
	var there int64
	for _, project := range scopes {
		p, err := first(ctx, w.Client, "issues.json", scope(project, url.Values{}), "issues")
		if err != nil {
			return err
		}
		there += p.Total
	}
	if mode == "auto" && !w.Full && have == there {
		return w.gaps(ctx)
	}
	for _, project := range scopes {
		q := rest.Request{Path: "issues.json", Query: scope(project, url.Values{"sort": {"id"}})}
		style := rest.Offset{Param: "offset", Limit: "limit"}
		for p, err := range w.Client.Pages(ctx, q, rest.List{Records: "issues", Total: "total_count", Style: style}) {
			if err != nil {
				return err
			}
			for _, item := range p.Items {
				if err := w.Present("issue", rest.Field(item, "id")); err != nil {
					return err
				}
			}
		}
	}
	gone, unknown, err := w.Sweep(ctx, "issue")
	if err != nil {
		return err
	}
	w.expected += int64(len(unknown))
	w.Reported("issue", w.expected)
	if err := w.details(ctx, unknown); err != nil {
		return err
	}
	if err := w.names(ctx); err != nil {
		return err
	}
	if err := w.verify(ctx, gone); err != nil {
		return err
	}
	return w.gaps(ctx)
}

// gaps asks, once, for the numbers without an issue: a deleted one answers 404, a hidden one 403.
func (w *walk) gaps(ctx context.Context) error {
	if len(w.Source.Projects) > 0 {
		return nil // most numbers belong to other projects
	}
	newest, err := first(ctx, w.Client, "issues.json", scope("", url.Values{"sort": {"id:desc"}}), "issues")
	if err != nil || len(newest.Items) == 0 {
		return err
	}
	high, err := strconv.ParseInt(rest.Field(newest.Items[0], "id"), 10, 64)
	if err != nil {
		return &rest.Fault{What: "an issue has no number: " + rest.Field(newest.Items[0], "id")}
	}
	ids, err := w.Gaps(ctx, "issue", high)
	if err != nil {
		return err
	}
	found := map[int][]string{}
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (int, error) {
		_, err := w.Client.Get(ctx, "issues/"+url.PathEscape(id)+".json", nil)
		if s := rest.Status(err); s == 404 || s == 403 {
			return s, nil
		}
		return 200, err
	}, func(id string, status int) error {
		found[status] = append(found[status], id)
		return nil
	})
	if err != nil {
		return err
	}
	if gone := found[404]; len(gone) > 0 {
		w.Warn("%d numbers belong to issues that were deleted before they were first read: %s", len(gone), rest.Some(gone))
	}
	if hidden := found[403]; len(hidden) > 0 {
		w.Warn("%d numbers belong to issues that the account may not see, and that are in no figure: %s", len(hidden), rest.Some(hidden))
	}
	w.GapsDone("issue", high)
	return w.SafePoint(ctx)
}

// verify asks for each issue that is stored and not listed, why.
func (w *walk) verify(ctx context.Context, ids []string) error {
	var hidden []string
	err := rest.Each(ctx, w.Client.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (int, error) {
		_, err := w.Client.Get(ctx, "issues/"+url.PathEscape(id)+".json", nil)
		if s := rest.Status(err); s != 0 {
			if s == 404 || s == 403 {
				return s, nil
			}
			return 0, err
		}
		return 200, err
	}, func(id string, status int) error {
		if status == 404 {
			return w.Delete("issue", id)
		}
		hidden = append(hidden, id)
		return nil
	})
	if len(hidden) > 0 {
		w.Gap("%d issues were read once and are no longer listed for this account, although they are there: %s", len(hidden), rest.Some(hidden))
	}
	return err
}

// met notes a person whose name is needed.
func (w *walk) met(id string) {
	if id != "" && !w.people[id] {
		w.people[id] = true
		w.fresh = append(w.fresh, id)
	}
}

// names reads the people met.
func (w *walk) names(ctx context.Context) error {
	ids := w.fresh
	w.fresh = nil
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (*rest.Response, error) {
		r, err := w.Client.Get(ctx, "users/"+url.PathEscape(id)+".json", nil)
		if s := rest.Status(err); s == 404 || s == 403 { // groups, and people who left: their names stand in the issues
			return nil, nil
		}
		return r, err
	}, func(id string, r *rest.Response) error {
		if r == nil {
			return nil
		}
		user, err := r.Member("user")
		if err != nil {
			return err
		}
		return w.PutRaw("user", id, "users/"+id+".json", user.Body)
	})
}
