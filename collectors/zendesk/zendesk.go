// Package zendesk collects from Zendesk Support by its REST interface.
//
// Tickets, their whole history with messages, and the events of Zendesk's own service level clocks come in bulk, by the
// incremental exports: ten requests a minute, a thousand records each. Deleted tickets stand in the export of tickets.
// Only of a ticket that was closed by merging the audits are asked for one by one, to find which ticket it went into.
package zendesk

import (
	"context"
	_ "embed"
	"encoding/json"
	"net/http"
	"net/url"
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

// Tool is the source type "zendesk".
var Tool = rest.Tool{
	Type: "zendesk", Name: "Zendesk", Summary: "Zendesk Support: tickets with history, messages, satisfaction and its own service level clocks, by REST",
	Sample: sample, Readme: readme, Model: model, API: "/api/v2",
	Schemes: []rest.Scheme{
		rest.UserToken("/token", "user: mail address of an administrator's account; token: API token from Admin Centre → Apps and integrations → Zendesk API"),
		rest.Bearer("access token of an OAuth client, with the scope read"),
	},
	PageSize: 1000, MaxPage: 1000, Parallel: 4,
	Options: []rest.Option{
		{Name: "sla", Default: "yes", Allowed: []string{"yes", "no"}, Doc: "whether to read the events of Zendesk's own service level clocks"},
	},
	Texts: map[string][]string{"ticket": {"description", "satisfaction_rating.comment", "recipient", "via.source.from.address", "via.source.from.name",
		"via.source.from.phone", "via.source.from.formatted_phone", "via.source.from.username", "via.source.from.profile_url", "via.source.to.address",
		"via.source.to.name", "via.source.to.phone", "via.source.to.formatted_phone", "via.source.to.username", "via.source.to.profile_url"}},
	Pace:  pace,
	Probe: probe, Collect: collect,
}

// settled is how old a start time must be: exports leave out the last minute and refuse to begin in it.
const settled = 2 * time.Minute

// pace waits when nothing remains of a quota: of the account, or of one address, which Zendesk tells in a header of its own
// ("total=100; remaining=0; resets=41").
func pace(r *rest.Response, now time.Time) time.Duration {
	wait := rest.PaceBy("Ratelimit-Remaining", "Ratelimit-Reset")(r, now)
	for name, values := range r.Header {
		if !strings.HasPrefix(http.CanonicalHeaderKey(name), "Zendesk-Ratelimit-") || len(values) == 0 {
			continue
		}
		got := map[string]string{}
		for _, part := range strings.Split(values[0], ";") {
			k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
			got[k] = v
		}
		if s, err := strconv.ParseFloat(got["resets"], 64); err == nil && got["remaining"] == "0" && s > 0 && s < 3600 {
			wait = max(wait, time.Duration(s*float64(time.Second)))
		}
	}
	return wait
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r}
	for _, l := range []struct {
		entity, path, records string
		query                 url.Values
		keep                  []string
		optional              bool
	}{
		{"agent", "users.json", "users", url.Values{"role[]": {"agent", "admin"}}, []string{"id", "name", "role", "active", "suspended"}, false},
		{"group", "groups.json", "groups", url.Values{"exclude_deleted": {"false"}}, []string{"id", "name", "deleted"}, false},
		{"field", "ticket_fields.json", "ticket_fields", nil, []string{"id", "title", "type", "active"}, false},
		{"custom_status", "custom_statuses.json", "custom_statuses", nil, []string{"id", "status_category", "agent_label", "active", "default"}, true},
	} {
		if err := w.list(ctx, l.entity, l.path, l.records, l.query, l.keep, l.optional); err != nil {
			return err
		}
	}
	r.Entity("merge")
	r.Query = "incremental exports by start_time"
	r.WindowFrom, r.WindowTo = r.From("ticket"), r.Now
	if err := w.exports(ctx); err != nil {
		return err
	}
	return w.merges(ctx)
}

// walk is one reading of Zendesk.
type walk struct{ *rest.Run }

// list reads a short list whole and keeps some members of each record.
func (w *walk) list(ctx context.Context, entity, path, records string, query url.Values, keep []string, optional bool) error {
	w.Entity(entity)
	q := rest.Request{Path: path, Query: query}.With("page[size]", min(w.Client.PageSize(), 100))
	style := rest.Keyset{Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		next := p.Field("links.next")
		if next == "" || p.Field("meta.has_more") != "true" { // the last page may name a next one
			return q, false, nil
		}
		q.Path, q.Query = next, nil
		return q, true, nil
	}}
	for p, err := range w.Client.Pages(ctx, q, rest.List{Records: records, Style: style}) {
		if s := rest.Status(err); optional && (s == 403 || s == 404) {
			return nil // older accounts have no statuses of their own
		} else if err != nil {
			return err
		}
		for _, item := range p.Items {
			short, err := rest.Only(path, item, keep...)
			if err != nil {
				return err
			}
			if err := w.PutRaw(entity, rest.Field(item, "id"), path, short); err != nil {
				return err
			}
		}
	}
	return w.SafePoint(ctx)
}

// exports reads what changed since the last run: tickets first, so that their history is at least as new as they are.
func (w *walk) exports(ctx context.Context) error {
	err := w.export(ctx, "ticket", "incremental/tickets/cursor.json", "tickets", url.Values{"include": {"metric_sets"}}, w.ticket)
	if err == nil {
		err = w.export(ctx, "event", "incremental/ticket_events.json", "ticket_events", url.Values{"include": {"comment_events"}}, w.event)
	}
	if err == nil && w.Client.Option("sla") == "yes" {
		err = w.export(ctx, "metric_event", "incremental/ticket_metric_events.json", "ticket_metric_events", nil, func(item []byte, _ *rest.Page) error {
			return w.PutRaw("metric_event", rest.Field(item, "id"), "incremental/ticket_metric_events.json", item)
		})
		if s := rest.Status(err); s == 403 || s == 404 {
			w.Warn("the account may not read the events of Zendesk's own service level clocks: they are not compared with the recomputed ones")
			err = nil
		}
	}
	if err == nil {
		err = w.export(ctx, "organization", "incremental/organizations.json", "organizations", nil, w.organization)
	}
	return err
}

// export reads one export from its cursor on. Pages follow each other by a cursor, or by the time of the last record, of
// which the records come again. The end is where Zendesk says so.
func (w *walk) export(ctx context.Context, entity, path, records string, query url.Values, take func(item []byte, p *rest.Page) error) error {
	w.Entity(entity)
	from := w.From(entity)
	if latest := w.Now.Add(-settled); from.After(latest) {
		from = latest
	}
	start := "0"
	if !from.IsZero() {
		start = strconv.FormatInt(from.Unix(), 10)
	}
	q := rest.Request{Path: path, Query: query}.With("start_time", start)
	size := w.Client.PageSize()
	style := rest.Keyset{Size: "per_page", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if p.Field("end_of_stream") == "true" {
			return q, false, nil
		}
		if cursor := p.Field("after_cursor"); cursor != "" {
			next := rest.Request{Path: q.Path, Query: url.Values{"cursor": {cursor}, "per_page": q.Query["per_page"]}}
			if v := q.Query.Get("include"); v != "" {
				next = next.With("include", v)
			}
			return next, true, nil
		}
		end := p.Field("end_time")
		if end == "" || p.Field("next_page") == "" {
			return q, false, nil
		}
		if end == q.Query.Get("start_time") && len(p.Items) < size {
			return q, false, nil // nothing came after the last second
		}
		return q.With("start_time", end), true, nil
	}}
	var seen int64
	for p, err := range w.Client.Pages(ctx, q, rest.List{Records: records, Style: style}) {
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			if err := take(item, p); err != nil {
				return err
			}
		}
		seen += int64(len(p.Items))
		w.Progress(seen, 0)
		end := p.Field("end_time")
		if n := len(p.Items); n > 0 && end == "" {
			end = rest.Field(p.Items[n-1], "generated_timestamp")
		}
		if s, err := strconv.ParseInt(end, 10, 64); err == nil && s > 0 && len(p.Items) > 0 {
			w.Moved(entity, time.Unix(s, 0))
		}
		if err := w.SafePoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ticket takes a ticket, with what Zendesk counted of it.
func (w *walk) ticket(item []byte, p *rest.Page) error {
	const path = "incremental/tickets/cursor.json"
	id := rest.Field(item, "id")
	if rest.Field(item, "status") == "deleted" {
		return w.Delete("ticket", id)
	}
	if rest.Field(item, "metric_set") == "" {
		if sets := p.Field("metric_sets"); sets != "" && sets != "[]" {
			var all []json.RawMessage
			if err := json.Unmarshal([]byte(sets), &all); err != nil {
				return &rest.Fault{What: path + ": metric_sets is no list: " + err.Error()}
			}
			for _, m := range all {
				if rest.Field(m, "ticket_id") == id {
					with, err := rest.WithMember("ticket "+id, item, "metric_set", m)
					if err != nil {
						return err
					}
					return w.PutRaw("ticket", id, path, with)
				}
			}
		}
	}
	return w.PutRaw("ticket", id, path, item)
}

// event takes one update of a ticket: its changes and messages, without the texts, addresses and places.
func (w *walk) event(item []byte, _ *rest.Page) error {
	all, err := rest.Members("ticket event "+rest.Field(item, "id"), item)
	if err != nil {
		return err
	}
	var children []json.RawMessage
	if err := json.Unmarshal(all["child_events"], &children); err != nil && len(all["child_events"]) > 0 {
		return &rest.Fault{What: "ticket event " + rest.Field(item, "id") + ": child_events is no list"}
	}
	delete(all, "system") // browser, address and place of whoever it was
	delete(all, "metadata")
	kept := []map[string]json.RawMessage{}
	for _, child := range children {
		m, err := rest.Members("ticket event "+rest.Field(item, "id")+": child_events", child)
		if err != nil {
			return err
		}
		_, message := m["public"]
		switch kind := rest.Field(child, "event_type"); {
		case kind == "Create" || kind == "Change" || message:
		default:
			continue // who was notified of what, with addresses
		}
		if !w.Source.KeepTexts {
			for _, text := range []string{"body", "html_body", "plain_body", "attachments", "metadata", "data", "formatted_from", "formatted_to", "transcription_visible", "description"} {
				delete(m, text)
			}
		}
		kept = append(kept, m)
	}
	short, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	all["child_events"] = short
	payload, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return w.PutRaw("event", rest.Field(item, "id"), "incremental/ticket_events.json", payload)
}

// organization takes the name of a customer, and nothing else.
func (w *walk) organization(item []byte, _ *rest.Page) error {
	id := rest.Field(item, "id")
	if rest.Field(item, "deleted_at") != "" {
		return w.Delete("organization", id)
	}
	short, err := rest.Only("organization "+id, item, "id", "name")
	if err != nil {
		return err
	}
	return w.PutRaw("organization", id, "incremental/organizations.json", short)
}
