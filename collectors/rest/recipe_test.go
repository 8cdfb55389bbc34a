package rest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/rest"
	"deskproof/collectors/rest/resttest"
)

// sample, readme and model are embedded files in a real collector (go:embed).
var (
	sample = "sources:\n  - {name: desk, type: tiny, url: 'https://tiny.example.org', token: env:TINY_TOKEN}\n"
	readme = "# tiny\n\nThe account needs the role reader.\n"
	model  = tinyModel
)

// recipe:begin
// Tool is the source type "tiny": a tool with one list of cases, each with its whole history in it.
var Tool = rest.Tool{
	Type: "tiny", Name: "Tiny Desk", Summary: "Tiny Desk: cases with their history", Sample: sample, Readme: readme, Model: model,
	Schemes:  []rest.Scheme{rest.Bearer("API token of the account")},
	PageSize: 100, MaxPage: 100, // what the tool likes, and what it caps a page at
	Texts: map[string][]string{"case": {"text"}}, // what people wrote: only its length is stored
	Probe: probe, Collect: collect,
}

// cases is the list, ordered by the last change: a page begins where the one before ended.
func cases(from time.Time) (rest.Request, rest.List) {
	q := rest.Request{Path: "cases", Query: url.Values{"sort": {"changed"}}}
	return q, rest.List{Records: "cases", Total: "total", Style: rest.Anchored{
		Since: "changed_from", Offset: "offset", Limit: "limit", Start: from, At: changed,
		Format: func(t time.Time) string { return t.UTC().Format(time.RFC3339) }}}
}

func changed(item []byte) (time.Time, error) {
	return time.Parse(time.RFC3339, rest.Field(item, "changed"))
}

// probe says in words what the account may read.
func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Tiny Desk"}
	me, err := c.Get(ctx, "me", nil)
	if err != nil {
		return p, err
	}
	p.Account, p.Version = rest.Field(me.Body, "login"), rest.Field(me.Body, "version")
	q, list := cases(time.Time{})
	for page, err := range c.Pages(ctx, q.With("limit", 1), list) {
		if err != nil {
			return p, err
		}
		p.Reads = append(p.Reads, rest.Field(page.Response.Body, "total")+" cases")
		if len(page.Items) > 0 && rest.Field(page.Items[0], "history") == "" {
			p.Lacks = append(p.Lacks, "the history of cases: pauses are not seen, and no clock can be replayed")
		}
		break
	}
	return p, nil
}

// collect hands over what changed since the last run. The cursor moves with each page, and a safe point says that it
// belongs to what was handed over: a run that is cut off goes on from there.
func collect(ctx context.Context, r *rest.Run) error {
	r.WindowFrom = r.From("case")
	q, list := cases(r.WindowFrom)
	first := true
	for page, err := range r.Client.Pages(ctx, q, list) {
		if err != nil {
			return err
		}
		if first { // later pages tell the total from where they begin
			r.Reported("case", page.Total)
			first = false
		}
		for _, item := range page.Items {
			if err := r.PutRaw("case", rest.Field(item, "id"), "cases", item); err != nil {
				return err
			}
			at, err := changed(item)
			if err != nil {
				return err
			}
			r.Moved("case", at)
		}
		if err := r.SafePoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// recipe:end

// tinyModel is model.sql of the recipe.
const tinyModel = `-- name: tiny
-- purpose: cases of Tiny Desk as tickets and history
-- inputs: raw_case
-- output: rows named like the model, with the tool's own words
-- map:
--   status: {open: in_progress, waiting: on_hold, done: resolved}
--   kind: {fault: incident, wish: service_request}

-- entity: ticket
SELECT key, src, {{url}} || '/cases/' || key AS url, (payload->>'$.title') AS title, (payload->>'$.type') AS kind, (payload->>'$.state') AS status,
    (payload->>'$.created') AS opened_at, deleted_at, merged_into, json_exists(payload, '$.history') AS has_history
FROM raw_case

-- entity: ticket_history
SELECT key AS ticket_id, src, (h->>'$.at') AS occurred_at, (h->>'$.n') AS sequence, 'status' AS field,
    (h->>'$.from') AS from_value, (h->>'$.to') AS to_value, (h->>'$.by') AS actor
FROM (SELECT key, src, unnest(json_extract(payload, '$.history[*]')) AS h FROM raw_case)
`

// TestTheRecipeForALiveSourceWorks compares this file with CONTRIBUTING.md and collects with its collector.
func TestTheRecipeForALiveSourceWorks(t *testing.T) {
	guide, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.ReadFile("recipe_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(self), "// recipe:begin\n")
	code, _, _ = strings.Cut(code, "// recipe:end")
	for _, part := range []string{strings.TrimSpace(code), strings.TrimSpace(tinyModel)} {
		if !strings.Contains(string(guide), part) {
			t.Errorf("CONTRIBUTING.md does not hold this part of the recipe:\n%s", part)
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+resttest.Token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/me" {
			resttest.JSON(w, map[string]any{"login": "reader", "version": "1.0"})
			return
		}
		resttest.JSON(w, map[string]any{"total": 1, "cases": []any{map[string]any{"id": 7, "title": "Mail is down", "type": "fault", "state": "done", "text": "private",
			"created": "2026-03-02T08:00:00Z", "changed": "2026-03-02T10:00:00Z",
			"history": []any{map[string]any{"n": 1, "at": "2026-03-02T10:00:00Z", "from": "open", "to": "done", "by": "ana"}}}}})
	}))
	defer s.Close()
	collectors.Register(Tool.Collector())
	d := resttest.NewDesk(t, "- {name: desk, type: tiny, url: '"+s.URL+"', token: env:DESK_TOKEN}")
	d.Collect()
	d.Collect()
	d.Build()
	d.Want("SELECT concat_ws(' ', ticket_id, kind, status, resolved_at, has_history) FROM ticket", "desk:7 incident resolved 2026-03-02 10:00:00+00 true")
	d.Want("SELECT DISTINCT concat_ws(' ', key, version, payload LIKE '%private%') FROM raw_record", "7 1 false")
}
