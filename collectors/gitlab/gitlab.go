// Package gitlab collects issues and incidents of GitLab 13.2 and later, with their history, notes and links.
//
// The list of issues is walked in the order of the last change; each page begins at the last change of the page before. What
// happened to an issue stands in several lists, each one request: events of the state and of labels, and notes, of which those of the
// system tell who was assigned. What only GraphQL tells of incidents (status, due time) is one more. GitLab tells nobody what was
// deleted: once a day all issues are listed, and what is missing is asked for.
package gitlab

import (
	"bytes"
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

// Tool is the source type "gitlab".
var Tool = rest.Tool{
	Type: "gitlab", Name: "GitLab", Summary: "GitLab issues and incidents with their history, by REST",
	Sample: sample, Readme: readme, Model: model, API: "/api/v4",
	Schemes:  []rest.Scheme{rest.Bearer("access token of a person, group or project, with the scope read_api")},
	PageSize: 100, MaxPage: 100, Parallel: 4,
	Projects: "paths (group/name) or numbers of projects; default all issues that the account sees",
	Options: []rest.Option{
		{Name: "status_labels", Doc: "labels that stand for a status of an open issue, e.g. [workflow::in dev, workflow::blocked]"},
		{Name: "priority_labels", Doc: "labels that stand for a priority; without one the severity of an incident counts"},
		{Name: "kind_labels", Doc: "labels that stand for a kind; without one the type of the issue counts"},
		{Name: "team_labels", Doc: "labels that stand for a team"},
		{Name: "service_labels", Doc: "labels that stand for a service"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"}, Doc: "when to list all issues to find deleted ones: auto = once a day"},
	},
	Texts: map[string][]string{"issue": {"issue.description", "notes.body"}},
	Pace:  rest.PaceBy("RateLimit-Remaining", "RateLimit-Reset"),
	Probe: probe, Collect: collect,
}

// scopes are the lists of issues: one a project, or one of all.
func scopes(c *rest.Client) []string {
	if len(c.Source.Projects) == 0 {
		return []string{""}
	}
	return c.Source.Projects
}

func listOf(project string, q url.Values) rest.Request {
	q.Set("scope", "all") // without it only the account's own issues are listed
	q.Set("state", "all")
	path := "issues"
	if project != "" {
		path = "projects/" + url.PathEscape(project) + "/issues"
	}
	return rest.Request{Path: path, Query: q}
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "GitLab", Zone: "UTC"}
	r, err := c.Get(ctx, "version", nil)
	switch s := rest.Status(err); {
	case s == 403 || s == 404:
	case err != nil:
		return p, err
	default:
		if p.Version = rest.Field(r.Body, "version"); p.Version != "" {
			p.Product += " " + p.Version
		}
	}
	r, err = c.Get(ctx, "user", nil)
	switch s := rest.Status(err); {
	case s == 403 || s == 404:
		p.Notes = append(p.Notes, "GitLab does not tell whose token it is")
	case err != nil:
		return p, err
	default:
		p.Account = rest.Field(r.Body, "username")
	}
	for _, project := range scopes(c) {
		what := project
		if project == "" {
			what = "all projects that the account sees"
		}
		q := listOf(project, url.Values{"order_by": {"updated_at"}, "sort": {"desc"}, "per_page": {"1"}})
		r, err := c.Do(ctx, q)
		if s := rest.Status(err); s == 403 || s == 404 {
			p.Lacks = append(p.Lacks, "the project "+project+": it is not there, or the token may not read it")
			continue
		}
		if err != nil {
			return p, err
		}
		var rows []json.RawMessage
		if err := r.Into(&rows); err != nil {
			return p, err
		}
		n := r.Header.Get("X-Total")
		if n == "" {
			n = "many" // GitLab counts no more than 10,000
		}
		line := n + " issues in " + what
		if len(rows) > 0 {
			if _, err := history(ctx, c, rows[0]); err != nil {
				return p, err
			}
			line += "; the history of each issue, seen at " + rest.Field(rows[0], "references.full")
		} else {
			p.Lacks = append(p.Lacks, "no issue in "+what+": is the account a member (Reporter or more)?")
		}
		p.Reads = append(p.Reads, line)
	}
	p.Notes = append(p.Notes, "confidential issues and internal notes are missing without notice where the account is less than Reporter")
	if len(c.Source.Options["status_labels"]) == 0 {
		p.Notes = append(p.Notes, "issues are open or closed only: unless status_labels names labels for waiting and for work in progress, no pause is seen")
	}
	return p, nil
}

// walk is one reading.
type walk struct {
	*rest.Run
	silent int // incidents of which GraphQL told nothing
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r}
	w.Entity("issue")
	whole := true
	for _, project := range scopes(r.Client) {
		all, err := w.changed(ctx, project)
		if s := rest.Status(err); s == 404 && project != "" {
			w.Gap("the project %s: it is not there, or the token may not read it", project)
			whole = false
			continue
		}
		if err != nil {
			return err
		}
		whole = whole && all
	}
	if w.silent > 0 {
		w.Warn("GraphQL told nothing of %d incidents: their status and due time are missing", w.silent)
	}
	return w.sweep(ctx, whole)
}

// updated is the last change of an issue.
func updated(item []byte) (time.Time, error) {
	return rest.Instant(item, "updated_at", "issue", "references.full")
}

// more is true where a page follows.
func more(p *rest.Page) bool {
	h := p.Response.Header
	return h.Get("X-Next-Page") != "" || rest.NextLink(h["Link"]) != ""
}

// byChange goes from page to page: from the last change on, and by number among pages of one second. A second is added in front,
// because whether updated_after includes the moment itself is not said.
func byChange(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
	if len(p.Items) == 0 || !more(p) {
		return q, false, nil
	}
	last, err := updated(p.Items[len(p.Items)-1])
	if err != nil {
		return q, false, err
	}
	since := last.Add(-time.Second).UTC().Format(time.RFC3339)
	if q.Query.Get("updated_after") == since {
		page, err := strconv.Atoi(q.Query.Get("page"))
		return q.With("page", page+1), true, err
	}
	return q.With("updated_after", since).With("page", 1), true, nil
}

// changed reads the issues that changed since the last run. whole is true when that was everything.
func (w *walk) changed(ctx context.Context, project string) (bool, error) {
	cursor := "issue"
	if project != "" {
		cursor += "@" + project
	}
	from := w.From(cursor)
	w.WindowFrom, w.WindowTo, w.Query = from, w.Now, "scope=all&state=all&order_by=updated_at&sort=asc"
	q := listOf(project, url.Values{"order_by": {"updated_at"}, "sort": {"asc"}, "page": {"1"}})
	if !from.IsZero() {
		q = q.With("updated_after", from.UTC().Format(time.RFC3339))
	}
	last := map[string]bool{}
	for p, err := range w.Client.Pages(ctx, q, rest.List{Style: rest.Keyset{Size: "per_page", Then: byChange}}) {
		if err != nil {
			return false, err
		}
		var items [][]byte
		now := map[string]bool{}
		var newest time.Time
		for _, item := range p.Items {
			if newest, err = updated(item); err != nil {
				return false, err
			}
			now[string(item)] = true
			if last[string(item)] {
				continue
			}
			items = append(items, item)
			if from.IsZero() {
				if err := w.Present("issue", rest.Field(item, "references.full")); err != nil {
					return false, err
				}
			}
		}
		last = now
		if err := w.take(ctx, items); err != nil {
			return false, err
		}
		if !newest.IsZero() {
			w.Moved(cursor, newest)
		}
		if err := w.SafePoint(ctx); err != nil {
			return false, err
		}
	}
	return from.IsZero(), nil
}

// take reads the history of each issue and stores both.
func (w *walk) take(ctx context.Context, items [][]byte) error {
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(items), func(ctx context.Context, item []byte) ([]byte, error) {
		b, err := history(ctx, w.Client, item)
		if rest.Status(err) == 404 { // it went away meanwhile
			return nil, nil
		}
		return b, err
	}, func(item, payload []byte) error {
		key := rest.Field(item, "references.full")
		if payload == nil {
			return w.Delete("issue", key)
		}
		if rest.Field(item, "issue_type") == "incident" && bytes.HasSuffix(payload, []byte(`"incident":null}`)) {
			w.silent++
		}
		return w.PutRaw("issue", key, "issues", payload)
	})
}

// parts are the lists that tell what happened to an issue.
var parts = []struct{ name, path string }{
	{"states", "resource_state_events"}, {"labels", "resource_label_events"}, {"notes", "notes"}, {"links", "links"},
}

// history is an issue with everything that happened to it, as one JSON object. Notes of the system, which tell what it did in its own
// words, are kept apart from what people wrote.
func history(ctx context.Context, c *rest.Client, item []byte) ([]byte, error) {
	out := fmt.Appendf(nil, `{"issue":%s`, item)
	base := "projects/" + url.PathEscape(rest.Field(item, "project_id")) + "/issues/" + url.PathEscape(rest.Field(item, "iid")) + "/"
	var system [][]byte
	for _, part := range parts {
		q := rest.Request{Path: base + part.path}
		if part.name == "notes" {
			q = q.With("order_by", "created_at").With("sort", "asc")
		}
		var list [][]byte
		for p, err := range c.Pages(ctx, q.With("per_page", 100), rest.List{Style: rest.Link{}}) {
			if err != nil {
				return nil, err
			}
			for _, x := range p.Items {
				if part.name == "notes" && rest.Field(x, "system") == "true" {
					system = append(system, x)
				} else {
					list = append(list, x)
				}
			}
		}
		out = fmt.Appendf(out, `,%q:[%s]`, part.name, bytes.Join(list, []byte(",")))
	}
	out = fmt.Appendf(out, `,"system":[%s]`, bytes.Join(system, []byte(",")))
	incident, err := incident(ctx, c, item)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(out, `,"incident":%s}`, incident), nil
}

// incident is what only GraphQL tells of an incident; null for other issues, and where it tells nothing.
func incident(ctx context.Context, c *rest.Client, item []byte) ([]byte, error) {
	none := []byte("null")
	project, _, ok := strings.Cut(rest.Field(item, "references.full"), "#")
	if rest.Field(item, "issue_type") != "incident" || !ok {
		return none, nil
	}
	root, err := url.Parse(c.Source.URL)
	if err != nil {
		return nil, err
	}
	root.Path = strings.TrimSuffix(strings.TrimRight(root.Path, "/"), "/api/v4") + "/api/graphql"
	r, err := c.Do(ctx, rest.Request{Method: http.MethodPost, Path: root.String(), JSON: map[string]any{
		"query":     "query($project: ID!, $iid: String!) { project(fullPath: $project) { issue(iid: $iid) { escalationStatus severity slaDueAt } } }",
		"variables": map[string]any{"project": project, "iid": rest.Field(item, "iid")}}})
	switch s := rest.Status(err); {
	case s == 401 || s == 403 || s == 404:
		return none, nil
	case err != nil:
		return nil, err
	}
	if x := rest.Field(r.Body, "data.project.issue"); x != "" { // an error comes with status 200 and without data
		return []byte(x), nil
	}
	return none, nil
}

// sweep finds issues that were deleted. whole says that all were just listed.
func (w *walk) sweep(ctx context.Context, whole bool) error {
	if !whole {
		if !w.Daily("sweep") {
			return nil
		}
		for _, project := range scopes(w.Client) {
			q := listOf(project, url.Values{"order_by": {"created_at"}, "sort": {"asc"}, "per_page": {"100"}})
			for p, err := range w.Client.Pages(ctx, q, rest.List{Style: rest.Link{}}) {
				if err != nil {
					return err
				}
				for _, item := range p.Items {
					if err := w.Present("issue", rest.Field(item, "references.full")); err != nil {
						return err
					}
				}
			}
		}
	}
	gone, unknown, err := w.Sweep(ctx, "issue")
	if err != nil {
		return err
	}
	w.SetCursor("sweep", w.Now.UTC().Format(time.RFC3339))
	for _, key := range unknown {
		r, err := w.Client.Get(ctx, address(key), nil)
		if rest.Status(err) == 404 {
			continue
		}
		if err != nil {
			return err
		}
		if err := w.take(ctx, [][]byte{r.Body}); err != nil {
			return err
		}
	}
	return w.verify(ctx, gone)
}

// address is the path of an issue by its key, group/project#7.
func address(key string) string {
	project, iid, _ := strings.Cut(key, "#")
	return "projects/" + url.PathEscape(project) + "/issues/" + url.PathEscape(iid)
}

// verify asks for each issue that is no longer listed, why.
func (w *walk) verify(ctx context.Context, keys []string) error {
	var hidden []string
	err := rest.Each(ctx, w.Client.Parallel(), slices.Values(keys), func(ctx context.Context, key string) (string, error) {
		r, err := w.Client.Get(ctx, address(key), nil)
		switch s := rest.Status(err); {
		case s == 404:
			return "", nil
		case s == 403:
			return key, nil
		case err != nil:
			return "", err
		}
		return rest.Field(r.Body, "references.full"), nil
	}, func(key, now string) error {
		switch now {
		case "":
			return w.Delete("issue", key)
		case key:
			hidden = append(hidden, key)
			return nil
		}
		return w.Merge("issue", key, now) // the project was renamed
	})
	w.Hidden("issues", hidden)
	return err
}
