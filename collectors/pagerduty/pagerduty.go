// Package pagerduty collects from PagerDuty by its REST interface, version 2.
//
// Incidents cannot be asked for by their last change. What happened to all of them is one list, the log entries, in the order of
// time: it is read window by window, and every incident that it names is read as it is now. Lists give no more than their
// first ten thousand records, so a window that holds more is halved.
package pagerduty

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
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

// Tool is the source type "pagerduty".
var Tool = rest.Tool{
	Type: "pagerduty", Name: "PagerDuty", Summary: "PagerDuty: incidents with acknowledgements, assignments and notes, and services, by REST",
	Sample: sample, Readme: readme, Model: model, Accept: "application/vnd.pagerduty+json;version=2",
	Schemes:  []rest.Scheme{rest.Header("Authorization", "Token token=", "read-only API access key, from Integrations → API Access Keys")},
	PageSize: 100, MaxPage: 100, Parallel: 4,
	Projects: "ids of the teams to read; default all that the key sees",
	Texts: map[string][]string{"incident": {"description", "body.details", "first_trigger_log_entry.channel.details", "first_trigger_log_entry.channel.summary",
		"first_trigger_log_entry.summary", "resolve_reason.incident.summary"}},
	Pace:  rest.PaceBy("Ratelimit-Remaining", "Ratelimit-Reset"),
	Probe: probe, Collect: collect,
}

const (
	window = 30 * 24 * time.Hour // the tool refuses more than six months
	depth  = 10_000              // records that a list gives at most
	ahead  = time.Hour           // how far the clock of the tool may be ahead
)

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// plain asks for times in UTC: without it they are read and written in the zone of the account.
func plain(q url.Values) url.Values {
	if q == nil {
		q = url.Values{}
	}
	q.Set("time_zone", "UTC")
	return q
}

// oldest is the first incident of all; nil = there is none.
func oldest(ctx context.Context, c *rest.Client) ([]byte, int64, error) {
	q := rest.Request{Path: "incidents", Query: plain(url.Values{"date_range": {"all"}, "sort_by": {"created_at:asc"}, "limit": {"1"}, "total": {"true"}, "team_ids[]": c.Source.Projects})}
	for p, err := range c.Pages(ctx, q, rest.List{Records: "incidents", Total: "total", Style: rest.Offset{Param: "offset"}}) {
		if err != nil || len(p.Items) == 0 {
			return nil, 0, err
		}
		return p.Items[0], p.Total, nil
	}
	return nil, 0, ctx.Err()
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "PagerDuty", Zone: "UTC"}
	first, total, err := oldest(ctx, c)
	if err != nil {
		return p, err
	}
	r, err := c.Get(ctx, "users/me", nil)
	switch s := rest.Status(err); {
	case err == nil:
		p.Account = rest.Field(r.Body, "user.name")
		p.Notes = append(p.Notes, "the key belongs to a person: incidents of teams that this person may not see are missing without notice")
	case s == 400 || s == 403 || s == 404:
		p.Account = "a key of the whole account"
	default:
		return p, err
	}
	if first == nil {
		p.Lacks = append(p.Lacks, "no incident at all: may the key see the teams that are to be measured?")
		return p, nil
	}
	if total > 0 {
		p.Reads = append(p.Reads, fmt.Sprintf("%d incidents since %s", total, rest.Field(first, "created_at")))
	} else {
		p.Reads = append(p.Reads, "incidents since "+rest.Field(first, "created_at"))
	}
	at, err := created(first)
	if err != nil {
		return p, err
	}
	q := plain(url.Values{"since": {stamp(at)}, "until": {stamp(at.Add(window))}, "is_overview": {"false"}, "limit": {"1"}})
	r, err = c.Get(ctx, "log_entries", q)
	if s := rest.Status(err); s == 403 || s == 404 {
		p.Lacks = append(p.Lacks, "the log entries: when an incident was acknowledged, handed on and resolved is not known, and nothing can be collected")
		return p, nil
	} else if err != nil {
		return p, err
	}
	if e := rest.Field(r.Body, "log_entries"); e == "" || e == "[]" {
		p.Lacks = append(p.Lacks, "the log of the first incident is empty: when incidents were acknowledged and resolved is not known so far back")
	} else {
		p.Reads = append(p.Reads, "the log of all incidents: acknowledgements, assignments, notes, resolutions")
	}
	return p, nil
}

func created(item []byte) (time.Time, error) {
	return rest.Instant(item, "created_at", "record", "id")
}

// walk is one reading of PagerDuty.
type walk struct {
	*rest.Run
	read     map[string]bool // ids of incidents that this run read
	expected int64
}

func collect(ctx context.Context, r *rest.Run) error {
	w := &walk{Run: r, read: map[string]bool{}}
	for _, l := range []struct{ entity, path string }{{"service", "services"}, {"user", "users"}, {"priority", "priorities"}} {
		if err := w.list(ctx, l.entity, l.path); err != nil {
			return err
		}
	}
	r.Entity("incident")
	r.Entity("entry")
	from := r.From("entry")
	if from.IsZero() {
		first, _, err := oldest(ctx, r.Client)
		if err != nil || first == nil {
			return err
		}
		if from, err = created(first); err != nil {
			return err
		}
	}
	from = from.Truncate(time.Second)
	r.Query = "log_entries since, and the incidents that they name"
	r.WindowFrom, r.WindowTo = from, r.Now
	until := r.Now.Truncate(time.Second).Add(ahead)
	for part := range rest.Windows(from, until, window) {
		if err := w.window(ctx, part); err != nil {
			return err
		}
		w.Progress(int64(part.To.Sub(from)/time.Second), int64(until.Sub(from)/time.Second))
	}
	return nil
}

// list reads a short list whole and keeps names.
func (w *walk) list(ctx context.Context, entity, path string) error {
	w.Entity(entity)
	for p, err := range w.Client.Pages(ctx, rest.Request{Path: path}, rest.List{Records: path, Style: more(w.Client.PageSize())}) {
		if s := rest.Status(err); s == 403 || s == 404 {
			if entity != "priority" { // accounts without priorities have no such list
				w.Warn("the key may not list %s: their names are as incidents tell them", path)
			}
			return nil
		} else if err != nil {
			return err
		}
		for _, item := range p.Items {
			keep := []string{"id", "name", "status", "teams", "created_at"}
			if entity == "user" {
				keep = keep[:2]
			}
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

// errDeep is a list that holds more than the tool gives.
var errDeep = errors.New("more records than the list gives")

// more pages by offset until the tool says that there is no more. Rows that the key may not see are missing from pages, so a
// short or empty page is not the end.
func more(size int) rest.Style {
	return rest.Keyset{Size: "limit", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if p.Field("more") != "true" {
			return q, false, nil
		}
		at := size
		if n, err := strconv.Atoi(q.Query.Get("offset")); err == nil {
			at += n
		}
		if at+size > depth {
			return q, false, errDeep
		}
		return q.With("offset", at), true, nil
	}}
}

// pieces reads a list of one window, in halves where it holds more than the tool gives.
func (w *walk) pieces(ctx context.Context, q rest.Request, records string, part rest.Window, take func([]byte) error) error {
	asked := q.With("since", stamp(part.From)).With("until", stamp(part.To)).With("total", "true")
	deep, counted := false, records != "incidents"
	for p, err := range w.Client.Pages(ctx, asked, rest.List{Records: records, Total: "total", Style: more(w.Client.PageSize())}) {
		if errors.Is(err, errDeep) || err == nil && p.Total > depth {
			deep = true
			break
		} else if err != nil {
			return err
		}
		if !counted && p.Total > 0 {
			w.expected += p.Total
		}
		counted = true
		for _, item := range p.Items {
			if err := take(item); err != nil {
				return err
			}
		}
	}
	if !deep {
		return nil
	}
	half := part.To.Sub(part.From) / 2
	middle := part.From.Add(half).Truncate(time.Second)
	if !middle.After(part.From) {
		return &rest.Fault{What: fmt.Sprintf("%s: more than %d records in the second %s, and the tool gives no more of them", q.Path, depth, stamp(part.From))}
	}
	if err := w.pieces(ctx, q, records, rest.Window{From: part.From, To: middle}, take); err != nil {
		return err
	}
	return w.pieces(ctx, q, records, rest.Window{From: middle, To: part.To}, take)
}

// window reads the incidents of a window: those opened in it from a list, those that only something happened to one by one,
// as they are now. The cursor moves to the newest entry, which is a moment by the clock of the tool.
func (w *walk) window(ctx context.Context, part rest.Window) error {
	teams := []string(w.Source.Projects)
	lists := func(more url.Values) url.Values {
		q := plain(more)
		if len(teams) > 0 {
			q["team_ids[]"] = teams
		}
		return q
	}
	q := rest.Request{Path: "incidents", Query: lists(url.Values{"sort_by": {"created_at:asc"}, "include[]": {"priorities"}})}
	if err := w.pieces(ctx, q, "incidents", part, w.incident); err != nil {
		return err
	}
	var touched []string
	noted := map[string]bool{}
	var newest time.Time
	q = rest.Request{Path: "log_entries", Query: lists(url.Values{"is_overview": {"false"}})}
	err := w.pieces(ctx, q, "log_entries", part, func(item []byte) error {
		at, err := created(item)
		if err != nil {
			return err
		}
		if at.After(newest) {
			newest = at
		}
		id := rest.Field(item, "incident.id")
		if id != "" && !w.read[id] && !noted[id] {
			noted[id] = true
			touched = append(touched, id)
		}
		return w.entry(item)
	})
	if err != nil {
		return err
	}
	w.expected += int64(len(touched))
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(touched), func(ctx context.Context, id string) (*rest.Response, error) {
		r, err := w.Client.Get(ctx, "incidents/"+url.PathEscape(id), plain(nil))
		if s := rest.Status(err); s == 404 || s == 403 {
			return &rest.Response{Status: s}, nil
		}
		return r, err
	}, func(id string, r *rest.Response) error {
		switch r.Status {
		case 404:
			w.expected--
			return w.Delete("incident", id)
		case 403:
			w.expected--
			w.Gap("incident %s stands in the log, but the key may not read it", id)
			return nil
		}
		item, err := r.Member("incident")
		if err != nil {
			return err
		}
		return w.incident(item.Body)
	})
	if err != nil {
		return err
	}
	w.Reported("incident", w.expected)
	if !newest.IsZero() {
		w.Moved("entry", newest)
	}
	return w.SafePoint(ctx)
}

// incident takes an incident as it is now.
func (w *walk) incident(item []byte) error {
	id := rest.Field(item, "id")
	if w.read[id] {
		w.expected-- // two halves of a window share their boundary
		return nil
	}
	w.read[id] = true
	if teams := []string(w.Source.Projects); len(teams) > 0 {
		var of struct{ Teams []struct{ ID string } }
		if err := json.Unmarshal(item, &of); err != nil {
			return &rest.Fault{What: "incident " + id + ": " + err.Error()}
		}
		if !slices.ContainsFunc(of.Teams, func(t struct{ ID string }) bool { return slices.Contains(teams, t.ID) }) {
			w.expected--
			return nil
		}
	}
	return w.PutRaw("incident", id, "incidents", item)
}

// kept are the members of a log entry that are stored: not the texts of alerts, mails and calls.
var kept = []string{"id", "type", "created_at", "agent", "incident", "assignees", "escalation_policy", "urgency", "priority"}

// entry takes what happened to an incident. Who was called and mailed is not kept.
func (w *walk) entry(item []byte) error {
	switch rest.Field(item, "type") {
	case "notify_log_entry", "exhaust_escalation_path_log_entry", "repeat_escalation_path_log_entry":
		return nil
	}
	all, err := rest.Members("log entry "+rest.Field(item, "id"), item)
	if err != nil {
		return err
	}
	if rest.Field(item, "type") == "priority_change_log_entry" { // it stands in the channel, whose other members are texts of alerts
		change := map[string]string{}
		for _, side := range []string{"old", "new"} {
			name := rest.Field(item, "channel."+side+"_priority.summary")
			if name == "" {
				name = rest.Field(item, "channel."+side+"_priority.name")
			}
			change[side] = name
		}
		if all["priority"], err = json.Marshal(change); err != nil {
			return err
		}
	}
	for name := range all {
		if !slices.Contains(kept, name) {
			delete(all, name)
		}
	}
	if id := rest.Field(item, "incident.id"); id != "" { // its summary repeats the title
		quoted, err := json.Marshal(map[string]string{"id": id})
		if err != nil {
			return err
		}
		all["incident"] = quoted
	}
	payload, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return w.PutRaw("entry", rest.Field(item, "id"), "log_entries", payload)
}
