// Package github collects the issues of GitHub repositories with their timelines: GitHub.com and Enterprise Server.
//
// The list of issues is walked in the order of the last change; each page begins at the last change of the page before,
// because an issue that changes meanwhile moves to the end. It holds pull requests too, which are left out. The timeline of an issue
// (labels, assignees, closed and reopened, comments) is one request for each changed issue. GitHub tells nobody what was
// deleted or transferred: once a day all numbers are listed, and what is missing is asked for.
package github

import (
	"context"
	_ "embed"
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

// Tool is the source type "github".
var Tool = rest.Tool{
	Type: "github", Name: "GitHub", Summary: "GitHub issues with their timelines, by REST",
	Sample: sample, Readme: readme, Model: model, Accept: "application/vnd.github+json",
	Schemes:  []rest.Scheme{rest.Bearer("personal access token, fine-grained or classic, or the token of an app's installation")},
	PageSize: 100, MaxPage: 100, Parallel: 4,
	Projects: "repositories, as owner/name",
	Options: []rest.Option{
		{Name: "status_labels", Doc: "labels that stand for a status of an open issue, e.g. [in progress, waiting]"},
		{Name: "priority_labels", Doc: "labels that stand for a priority"},
		{Name: "kind_labels", Doc: "labels that stand for a kind, where the issue has no type; default bug, enhancement, question, documentation"},
		{Name: "team_labels", Doc: "labels that stand for a team"},
		{Name: "service_labels", Doc: "labels that stand for a service"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"}, Doc: "when to list all issues to find deleted and transferred ones: auto = once a day"},
	},
	CheckSource: check,
	Texts:       map[string][]string{"issue": {"issue.body", "timeline.body"}},
	Pace:        rest.PaceBy("X-RateLimit-Remaining", "X-RateLimit-Reset"),
	Probe:       probe, Collect: collect,
}

func check(src *config.Source, ps *strictyaml.Problems) {
	if len(src.Projects) == 0 {
		ps.Add(src.At("projects"), "source "+src.Name+".projects", "name the repositories: projects: [owner/name]", "missing")
	}
	for _, p := range src.Projects {
		if owner, name, ok := strings.Cut(p, "/"); !ok || owner == "" || name == "" || strings.Contains(name, "/") {
			ps.Add(src.At("projects"), "source "+src.Name+".projects", "write it as owner/name", "%q is not a repository", p)
		}
	}
	if u, err := url.Parse(src.URL); err == nil && (u.Host == "github.com" || u.Host == "www.github.com") {
		ps.Add(src.At("url"), "source "+src.Name+".url", "write https://api.github.com, or https://HOST/api/v3 for an Enterprise Server", "%s is for people, not for programs", src.URL)
	}
}

// header asks for the version of the interface that this package was written for.
var header = http.Header{"X-Github-Api-Version": {"2022-11-28"}}

// at is the path of a repository, and what follows it.
func at(repo, rest string) string {
	owner, name, _ := strings.Cut(repo, "/")
	return "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(name) + rest
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "GitHub", Zone: "UTC"}
	r, err := c.Do(ctx, rest.Request{Path: "user", Header: header})
	switch s := rest.Status(err); {
	case s == 403 || s == 404:
		p.Notes = append(p.Notes, "the token is that of an app: GitHub does not tell whose")
	case err != nil:
		return p, err
	default:
		p.Account = rest.Field(r.Body, "login")
	}
	for _, repo := range c.Source.Projects {
		r, err := c.Do(ctx, rest.Request{Path: at(repo, ""), Header: header})
		if s := rest.Status(err); s == 403 || s == 404 || s == 451 {
			p.Lacks = append(p.Lacks, "the repository "+repo+": it is not there, or the token may not read it")
			continue
		}
		if err != nil {
			return p, err
		}
		if rest.Field(r.Body, "has_issues") == "false" {
			p.Lacks = append(p.Lacks, "issues of "+repo+": they are switched off there")
			continue
		}
		if full := rest.Field(r.Body, "full_name"); full != "" && !strings.EqualFold(full, repo) {
			p.Notes = append(p.Notes, repo+" is now called "+full)
		}
		line := repo + ": " + rest.Field(r.Body, "open_issues_count") + " open issues and pull requests"
		n, err := newest(ctx, c, repo)
		if err != nil {
			return p, err
		}
		if n != "" {
			if _, err := timeline(ctx, c, repo, n); err != nil {
				return p, err
			}
			line += "; the timeline of each issue, seen at #" + n
		}
		p.Reads = append(p.Reads, line)
	}
	if len(c.Source.Options["status_labels"]) == 0 {
		p.Notes = append(p.Notes, "GitHub knows open and closed only: unless status_labels names labels for waiting and for work in progress, no pause is seen")
	}
	return p, nil
}

// newest is the number of the issue that changed last.
func newest(ctx context.Context, c *rest.Client, repo string) (string, error) {
	r, err := c.Do(ctx, rest.Request{Path: at(repo, "/issues"), Header: header, Query: url.Values{"state": {"all"}, "sort": {"updated"}, "direction": {"desc"}, "per_page": {"1"}}})
	if err != nil {
		return "", err
	}
	var rows []struct{ Number int }
	if err := r.Into(&rows); err != nil || len(rows) == 0 {
		return "", err
	}
	return strconv.Itoa(rows[0].Number), nil
}

// walk is one reading.
type walk struct{ *rest.Run }

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{r}
	w.Entity("issue")
	whole := true
	for _, repo := range r.Source.Projects {
		all, err := w.changed(ctx, repo)
		if s := rest.Status(err); s == 404 || s == 410 || s == 451 {
			w.Gap("the repository %s: its issues cannot be read (HTTP %d)", repo, s)
			whole = false
			continue
		}
		if err != nil {
			return err
		}
		whole = whole && all
	}
	return w.sweep(ctx, whole)
}

// updated is the last change of an issue.
func updated(item []byte) (time.Time, error) {
	return rest.Instant(item, "updated_at", "issue", "number")
}

// byChange goes from page to page: from the last change on, and by number among pages of one second. A second is added in front,
// because whether `since` includes the moment itself is not said.
func byChange(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
	if len(p.Items) == 0 || rest.NextLink(p.Response.Header["Link"]) == "" {
		return q, false, nil
	}
	last, err := updated(p.Items[len(p.Items)-1])
	if err != nil {
		return q, false, err
	}
	since := last.Add(-time.Second).UTC().Format(time.RFC3339)
	if q.Query.Get("since") == since {
		page, err := strconv.Atoi(q.Query.Get("page"))
		return q.With("page", page+1), true, err
	}
	return q.With("since", since).With("page", 1), true, nil
}

// changed reads the issues of a repository that changed since the last run. whole is true when that was everything.
func (w *walk) changed(ctx context.Context, repo string) (whole bool, err error) {
	cursor := "issue@" + repo
	from := w.From(cursor)
	w.WindowFrom, w.WindowTo, w.Query = from, w.Now, "state=all&sort=updated&direction=asc"
	q := rest.Request{Path: at(repo, "/issues"), Header: header, Query: url.Values{"state": {"all"}, "sort": {"updated"}, "direction": {"asc"}, "page": {"1"}}}
	if !from.IsZero() {
		q = q.With("since", from.UTC().Format(time.RFC3339))
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
			if rest.Field(item, "pull_request") != "" || last[string(item)] {
				continue
			}
			items = append(items, item)
			if from.IsZero() {
				if err := w.Present("issue", key(repo, rest.Field(item, "number"))); err != nil {
					return false, err
				}
			}
		}
		last = now
		if err := w.take(ctx, repo, items); err != nil {
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

func key(repo, number string) string { return repo + "#" + number }

// take reads the timeline of each issue and stores both.
func (w *walk) take(ctx context.Context, repo string, items [][]byte) error {
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(items), func(ctx context.Context, item []byte) ([]byte, error) {
		b, err := timeline(ctx, w.Client, repo, rest.Field(item, "number"))
		if s := rest.Status(err); s == 404 || s == 410 { // it went away meanwhile
			return nil, nil
		}
		return b, err
	}, func(item, events []byte) error {
		n := rest.Field(item, "number")
		if events == nil {
			return w.Delete("issue", key(repo, n))
		}
		payload := fmt.Appendf(nil, `{"issue":%s,"timeline":%s}`, item, events)
		return w.PutRaw("issue", key(repo, n), at(repo, "/issues/"+n), payload)
	})
}

// timeline is everything that happened to an issue, as a JSON list.
func timeline(ctx context.Context, c *rest.Client, repo, number string) ([]byte, error) {
	out := []byte("[")
	n := 0
	q := rest.Request{Path: at(repo, "/issues/"+url.PathEscape(number)+"/timeline"), Header: header}
	q = q.With("per_page", 100)
	for p, err := range c.Pages(ctx, q, rest.List{Style: rest.Link{}}) {
		if err != nil {
			return nil, err
		}
		for _, e := range p.Items {
			if n++; n > 1 {
				out = append(out, ',')
			}
			out = append(out, e...)
		}
	}
	return append(out, ']'), nil
}

// sweep finds issues that were deleted or transferred. whole says that all were just listed.
func (w *walk) sweep(ctx context.Context, whole bool) error {
	if !whole {
		if !w.Daily("sweep") {
			return nil
		}
		for _, repo := range w.Source.Projects {
			q := rest.Request{Path: at(repo, "/issues"), Header: header, Query: url.Values{"state": {"all"}, "sort": {"created"}, "direction": {"asc"}, "per_page": {"100"}}}
			for p, err := range w.Client.Pages(ctx, q, rest.List{Style: rest.Link{}}) {
				if err != nil {
					return err
				}
				for _, item := range p.Items {
					if rest.Field(item, "pull_request") == "" {
						if err := w.Present("issue", key(repo, rest.Field(item, "number"))); err != nil {
							return err
						}
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
	for _, k := range unknown {
		repo, n, _ := strings.Cut(k, "#")
		r, err := w.Client.Do(ctx, rest.Request{Path: at(repo, "/issues/"+n), Header: header})
		if s := rest.Status(err); s == 404 || s == 410 {
			continue
		}
		if err != nil {
			return err
		}
		if err := w.take(ctx, repo, [][]byte{r.Body}); err != nil {
			return err
		}
	}
	return w.verify(ctx, gone)
}

// verify asks for each issue that is no longer listed, why: 410 = deleted; a transferred one is answered from its new place.
func (w *walk) verify(ctx context.Context, keys []string) error {
	var hidden []string
	type answer struct {
		status int
		into   string
	}
	err := rest.Each(ctx, w.Client.Parallel(), slices.Values(keys), func(ctx context.Context, k string) (answer, error) {
		repo, n, _ := strings.Cut(k, "#")
		if !slices.Contains(w.Source.Projects, repo) {
			return answer{status: 403}, nil // the repository was taken out of the configuration
		}
		r, err := w.Client.Do(ctx, rest.Request{Path: at(repo, "/issues/"+n), Header: header})
		switch s := rest.Status(err); s {
		case 404, 410:
			return answer{status: s}, nil
		case 403, 451:
			return answer{status: 403}, nil
		}
		if err != nil {
			return answer{}, err
		}
		// repository_url ends with /repos/OWNER/NAME
		_, there, _ := strings.Cut(rest.Field(r.Body, "repository_url"), "/repos/")
		return answer{status: 200, into: key(there, rest.Field(r.Body, "number"))}, nil
	}, func(k string, a answer) error {
		switch {
		case a.status == 404 || a.status == 410:
			return w.Delete("issue", k)
		case a.status == 200 && !strings.EqualFold(a.into, k) && !strings.HasPrefix(a.into, "#"):
			return w.Merge("issue", k, a.into)
		}
		hidden = append(hidden, k)
		return nil
	})
	if len(hidden) > 0 {
		w.Gap("%d issues were read once and are no longer listed, although they may be there: %s", len(hidden), rest.Some(hidden))
	}
	return err
}
