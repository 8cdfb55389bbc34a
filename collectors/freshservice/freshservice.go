// Package freshservice collects from Freshservice by its REST interface, version 2.
//
// Tickets come in the order of their last change, by workspace: without a moment to begin with the tool shows 30 days only,
// and without a workspace only the primary one. The history of a ticket is a list of sentences, asked for ticket by ticket:
// model.sql reads them with care, and takes a history for whole only where it ends at what the ticket is now.
package freshservice

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
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

// Tool is the source type "freshservice".
var Tool = rest.Tool{
	Type: "freshservice", Name: "Freshservice", Summary: "Freshservice: tickets with history and messages, problems, changes with approvals, releases, assets, by REST",
	Sample: sample, Readme: readme, Model: model, API: "/api/v2",
	Schemes: []rest.Scheme{{Needs: []string{"token"}, Doc: "API key of an agent, from Profile settings",
		Sign: func(r *http.Request, k rest.Keys) { r.SetBasicAuth(k.Token, "X") }}},
	PageSize: 100, MaxPage: 100, Parallel: 2,
	Projects: "numbers of the workspaces to read; default all that the account sees",
	Options: []rest.Option{
		{Name: "changes", Default: "yes", Allowed: []string{"yes", "no"}, Doc: "whether to read problems, changes with their approvals, and releases"},
		{Name: "assets", Default: "yes", Allowed: []string{"yes", "no"}, Doc: "whether to read assets as configuration items, once a day"},
	},
	Texts: map[string][]string{
		"ticket": {"description", "description_text", "to_emails", "cc_emails", "fwd_emails", "reply_cc_emails", "name", "phone", "email", "requester.name", "requester.email",
			"requester.mobile", "requester.phone", "resolution_notes", "resolution_notes_html"},
		"problem": texts, "change": texts, "release": texts,
		"asset": {"description"},
	},
	Pace:  rest.PaceBy("X-Ratelimit-Remaining", "X-Ratelimit-Reset"),
	Probe: probe, Collect: collect,
}

var texts = []string{"description", "description_text", "analysis_fields.problem_symptom.description_text", "planning_fields.change_reason.description",
	"planning_fields.change_reason.description_text"}

const (
	deepest    = 300 // last page that the tool gives
	ever       = "2000-01-01T00:00:00Z"
	assetEvery = 20 * time.Hour
)

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func refused(err error) bool {
	s := rest.Status(err)
	return s == 401 || s == 403 || s == 404
}

// paged goes on while the tool names a next page, or the page is full.
func paged(size int) rest.Style {
	return rest.Keyset{Size: "per_page", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if n := len(p.Items); n == 0 || n < size && rest.NextLink(p.Response.Header["Link"]) == "" {
			return q, false, nil
		}
		at := 1
		if n, err := strconv.Atoi(q.Query.Get("page")); err == nil {
			at = n
		}
		if at >= deepest {
			return q, false, &rest.Fault{What: q.Path + ": the tool gives no more than " + strconv.Itoa(deepest) + " pages of this list"}
		}
		return q.With("page", at+1), true, nil
	}}
}

// walk is one reading of Freshservice.
type walk struct {
	*rest.Run
	shown, fetched int64
	silent         []string // tickets whose history may not be read
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r}
	for _, l := range []struct {
		entity, path, records string
		keep                  []string
	}{
		{"agent", "agents", "agents", []string{"id", "first_name", "last_name", "active"}},
		{"group", "groups", "groups", []string{"id", "name"}},
		{"department", "departments", "departments", []string{"id", "name"}},
		{"vendor", "vendors", "vendors", []string{"id", "name"}},
		{"form_field", "ticket_form_fields", "ticket_fields", []string{"id", "name", "label", "choices"}},
	} {
		if err := w.list(ctx, l.entity, l.path, l.records, l.keep); err != nil {
			return err
		}
	}
	spaces := []string(r.Source.Projects)
	if len(spaces) == 0 {
		var err error
		if spaces, err = workspaces(ctx, r.Client); err != nil {
			return err
		}
		if len(spaces) == 0 {
			spaces = []string{""}
		}
	}
	for _, e := range []string{"ticket", "detail"} {
		r.Entity(e)
	}
	r.Query = "updated_since, by updated_at"
	for _, space := range spaces {
		if err := w.changed(ctx, "ticket", "tickets", space, w.details); err != nil {
			return err
		}
	}
	if len(w.silent) > 0 {
		r.Gap("the history of %d tickets may not be read, so their pauses are not known: %s", len(w.silent), rest.Some(w.silent))
	}
	if err := w.trash(ctx, spaces); err != nil {
		return err
	}
	if err := w.sweep(ctx); err != nil {
		return err
	}
	if r.Client.Option("changes") == "yes" {
		for _, e := range []struct{ entity, path string }{{"problem", "problems"}, {"change", "changes"}, {"release", "releases"}} {
			for _, space := range spaces {
				if err := w.changed(ctx, e.entity, e.path, space, w.plain(e.entity, e.path)); err != nil {
					return err
				}
			}
		}
	}
	return w.assets(ctx)
}

// list reads a list whole and keeps some members of each record. What the account may not list, or the plan does not have,
// is noted.
func (w *walk) list(ctx context.Context, entity, path, records string, keep []string) error {
	w.Entity(entity)
	for p, err := range w.Client.Pages(ctx, rest.Request{Path: path}, rest.List{Records: records, Style: paged(w.Client.PageSize())}) {
		if refused(err) && entity != "agent" {
			w.Warn("the account may not list %s: their names are missing", path)
			return nil
		} else if err != nil {
			return err
		}
		for _, item := range p.Items {
			payload, err := rest.Only(path, item, keep...)
			if err != nil {
				return err
			}
			if err := w.PutRaw(entity, rest.Field(item, "id"), path, payload); err != nil {
				return err
			}
		}
	}
	return w.SafePoint(ctx)
}

func updated(item []byte) (time.Time, error) {
	return rest.Instant(item, "updated_at", "record", "id")
}

// changed reads the records that changed since the last run. A page begins a second before the last change of the page
// before, because the tool gives no more than 300 pages. Where it does not keep the order that was asked for, pages are
// counted, and the cursor moves at the end only.
func (w *walk) changed(ctx context.Context, entity, path, space string, take func(context.Context, [][]byte) error) error {
	w.Entity(entity)
	cursor := entity
	if space != "" {
		cursor += "@" + space
	}
	from := w.From(cursor)
	if entity == "ticket" {
		w.WindowFrom, w.WindowTo = from, w.Now
	}
	since, page, ordered := ever, 1, true
	if !from.IsZero() {
		since = stamp(from)
	}
	ask := func() rest.Request {
		q := rest.Request{Path: path, Query: url.Values{"updated_since": {since}, "order_by": {"updated_at"}, "order_type": {"asc"},
			"per_page": {strconv.Itoa(w.Client.PageSize())}, "page": {strconv.Itoa(page)}}}
		if entity == "ticket" {
			q = q.With("include", "stats")
		}
		if space != "" {
			q = q.With("workspace_id", space)
		}
		return q
	}
	had, before := map[string]bool{}, map[string]bool{}
	var newest, last time.Time
	style := rest.Keyset{Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if len(p.Items) == 0 {
			return q, false, nil
		}
		if next := stamp(last.Add(-time.Second)); ordered && next > since {
			since, page = next, 1
			before, had = had, map[string]bool{}
			return ask(), true, nil
		}
		if page++; page > deepest {
			return q, false, &rest.Fault{What: fmt.Sprintf("%s: more than %d pages of one list, and the tool gives no more: set since, and read older ones by files", path, deepest)}
		}
		return ask(), true, nil
	}}
	for p, err := range w.Client.Pages(ctx, ask(), rest.List{Records: path, Style: style}) {
		if refused(err) && entity != "ticket" {
			w.Warn("the account may not read %s: what is measured of them is missing", path)
			return nil
		} else if err != nil {
			return err
		}
		fresh := p.Items[:0:0]
		for i, item := range p.Items {
			at, err := updated(item)
			if err != nil {
				return err
			}
			ordered = ordered && (i == 0 || !at.Before(last))
			last = at
			if at.After(newest) {
				newest = at
			}
			id := rest.Field(item, "id") + " " + rest.Field(item, "updated_at")
			if !had[id] && !before[id] {
				fresh = append(fresh, item)
			}
			had[id] = true
			if w.Full && entity == "ticket" {
				if err := w.Present(entity, rest.Field(item, "id")); err != nil {
					return err
				}
			}
		}
		if err := take(ctx, fresh); err != nil {
			return err
		}
		if ordered && !newest.IsZero() {
			w.Moved(cursor, newest)
		}
		if err := w.SafePoint(ctx); err != nil {
			return err
		}
	}
	if !newest.IsZero() {
		w.Moved(cursor, newest)
	}
	return w.SafePoint(ctx)
}

// plain takes problems, changes and releases; of changes the approvals too.
func (w *walk) plain(entity, path string) func(context.Context, [][]byte) error {
	return func(ctx context.Context, items [][]byte) error {
		if entity != "change" {
			for _, item := range items {
				if err := w.PutRaw(entity, rest.Field(item, "id"), path, item); err != nil {
					return err
				}
			}
			return nil
		}
		w.Entity("approval")
		return rest.Each(ctx, w.Client.Parallel(), slices.Values(items), func(ctx context.Context, item []byte) ([][]byte, error) {
			var out [][]byte
			q := rest.Request{Path: "changes/" + url.PathEscape(rest.Field(item, "id")) + "/approvals"}
			for p, err := range w.Client.Pages(ctx, q, rest.List{Records: "approvals", Optional: true, Style: paged(w.Client.PageSize())}) {
				if refused(err) {
					return out, nil
				} else if err != nil {
					return out, err
				}
				out = append(out, p.Items...)
			}
			return out, nil
		}, func(item []byte, approvals [][]byte) error {
			id := rest.Field(item, "id")
			for _, a := range approvals {
				path := "changes/" + id + "/approvals"
				with, err := rest.WithMember(path, a, "change_id", []byte(id))
				if err != nil {
					return err
				}
				if err := w.PutRaw("approval", rest.Field(a, "id"), path, with); err != nil {
					return err
				}
			}
			return w.PutRaw(entity, id, path, item)
		})
	}
}

// assets reads all assets, once a day: they cannot be asked for by their last change.
func (w *walk) assets(ctx context.Context) error {
	w.Entity("asset")
	last, err := time.Parse(time.RFC3339, w.Cursor("asset"))
	if w.Client.Option("assets") == "no" || err == nil && w.Now.Sub(last) < assetEvery {
		return nil
	}
	if err := w.list(ctx, "asset_type", "asset_types", "asset_types", []string{"id", "name"}); err != nil {
		return err
	}
	for p, err := range w.Client.Pages(ctx, rest.Request{Path: "assets"}, rest.List{Records: "assets", Style: paged(w.Client.PageSize())}) {
		if refused(err) {
			w.Warn("the account may not list assets: there are no configuration items")
			return nil
		} else if err != nil {
			return err
		}
		for _, item := range p.Items {
			id := rest.Field(item, "display_id")
			if err := w.Present("asset", id); err != nil {
				return err
			}
			if err := w.PutRaw("asset", id, "assets", item); err != nil {
				return err
			}
		}
	}
	if err := w.Forget(ctx, "asset"); err != nil {
		return err
	}
	w.SetCursor("asset", w.Now.UTC().Format(time.RFC3339))
	return nil
}
