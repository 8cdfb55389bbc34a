package resttest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type: "zendesk",
		Source: `user: reports@example.org
token: env:DESK_TOKEN
page_size: 5
map:
  kind: {ticket: incident}`,
		Signed: func(r *http.Request) bool {
			user, token, _ := r.BasicAuth()
			return user == "reports@example.org/token" && token == Token
		},
		Serve: zendesk,
	})
}

var (
	zendeskStatus   = map[string]string{"new": "new", "in_progress": "open", "on_hold": "pending", "resolved": "solved", "closed": "closed"}
	zendeskKind     = map[string]string{"incident": "incident", "service_request": "question"}
	zendeskPriority = []string{"", "urgent", "high", "normal", "low"}
)

func zendeskStamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func zendeskUser(login string) any {
	if i := slices.Index(Agents, login); i >= 0 {
		return 11 + i
	}
	if i := slices.Index(Requesters, login); i >= 0 {
		return 21 + i
	}
	return nil
}

// zendeskLimit is how many export requests go through until one is refused.
const zendeskLimit = 10

// zendesk answers like Zendesk Support: exports by cursor (tickets) or by time (whose next page begins in the second where this
// one ended, and whose pages are longer where one second holds more), deleted tickets as such, lists by cursor, and a refusal
// at every eleventh export request. With "minute" in Memory the last minute is left out, as the real one does.
func zendesk(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	number := func(name string) int { n, _ := strconv.Atoi(q.Get(name)); return n }
	path := strings.TrimSuffix(strings.TrimPrefix(strings.Trim(r.URL.Path, "/"), "api/v2/"), ".json")
	now := s.Now()
	list := func(name string, all []any) {
		at, _ := strconv.Atoi(q.Get("page[after]"))
		page := Page(all, at, number("page[size]"), 100)
		next := fmt.Sprintf("http://%s%s?page[size]=%d&page[after]=%d", r.Host, r.URL.Path, number("page[size]"), at+len(page))
		JSON(w, map[string]any{name: page, "meta": map[string]any{"has_more": at+len(page) < len(all)}, "links": map[string]any{"next": next}})
	}
	if strings.HasPrefix(path, "incremental/") {
		s.Lock.Lock()
		n, _ := s.Memory["exports"].(int)
		s.Memory["exports"] = n + 1
		minute, _ := s.Memory["minute"].(bool)
		s.Lock.Unlock()
		if n%(zendeskLimit+1) == zendeskLimit {
			w.Header().Set("Retry-After", "41")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if minute {
			now = now.Add(-time.Minute)
		}
	}
	switch {
	case path == "users/me":
		JSON(w, map[string]any{"user": map[string]any{"id": 99, "name": "Reports", "role": "admin", "notes": Token}})
	case path == "tickets/count":
		JSON(w, map[string]any{"count": map[string]any{"value": len(s.Tickets()), "refreshed_at": nil}})
	case path == "users":
		var all []any
		for _, a := range Agents {
			all = append(all, map[string]any{"id": zendeskUser(a), "name": a, "email": a + "@example.org", "role": "agent", "active": true})
		}
		list("users", all)
	case path == "groups":
		list("groups", []any{map[string]any{"id": 1, "name": Teams[0], "deleted": false}, map[string]any{"id": 2, "name": Teams[1], "deleted": false}})
	case path == "ticket_fields":
		list("ticket_fields", []any{map[string]any{"id": 501, "title": "Note", "type": "text", "active": true}})
	case path == "custom_statuses":
		w.WriteHeader(http.StatusNotFound)
	case path == "incremental/organizations":
		JSON(w, map[string]any{"organizations": []any{map[string]any{"id": 7, "name": "Example", "details": Token}}, "end_of_stream": true, "end_time": now.Unix(), "count": 1})
	case path == "incremental/tickets/cursor":
		zendeskTickets(w, r, s.Story.At(now), number("per_page"))
	case path == "incremental/ticket_events":
		zendeskByTime(w, r, "ticket_events", zendeskEvents(s.Story.At(now)), number("start_time"), number("per_page"))
	case path == "incremental/ticket_metric_events":
		zendeskByTime(w, r, "ticket_metric_events", zendeskClocks(s.Story.At(now)), number("start_time"), number("per_page"))
	case strings.HasPrefix(path, "tickets/") && strings.HasSuffix(path, "/audits"):
		id, _ := strconv.Atoi(strings.Split(path, "/")[1])
		for _, k := range s.Tickets() {
			if k.ID == id && !k.Gone() {
				audits := []any{map[string]any{"id": 1, "events": []any{map[string]any{"type": "Comment", "body": "see #9999 " + Token}}}}
				if k.MergedInto > 0 {
					audits = append(audits, map[string]any{"id": 2, "via": map[string]any{"channel": "web", "source": map[string]any{"from": map[string]any{}, "to": map[string]any{}, "rel": "merge"}},
						"events": []any{map[string]any{"type": "Change", "field_name": "tags", "value": []string{"closed_by_merge"}},
							map[string]any{"type": "Comment", "body": fmt.Sprintf("This request was closed and merged into request #%d \"x\".", k.MergedInto), "public": false}}})
				}
				JSON(w, map[string]any{"audits": audits, "next_page": nil, "count": len(audits)})
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// zendeskTickets is the export of tickets by cursor, in the order of the last change of any kind.
func zendeskTickets(w http.ResponseWriter, r *http.Request, all []Ticket, size int) {
	generated := func(k Ticket) int64 { return max(k.Updated.Unix(), k.DeletedAt.Unix(), k.MergedAt.Unix()) }
	from, after := int64(0), 0
	if c := r.URL.Query().Get("cursor"); c != "" {
		b, _ := base64.StdEncoding.DecodeString(c)
		_, _ = fmt.Sscanf(string(b), "%d||%d", &from, &after)
	} else {
		from, _ = strconv.ParseInt(r.URL.Query().Get("start_time"), 10, 64)
	}
	all = slices.DeleteFunc(all, func(k Ticket) bool { return generated(k) < from || generated(k) == from && k.ID <= after })
	slices.SortFunc(all, func(a, b Ticket) int {
		if c := generated(a) - generated(b); c != 0 {
			return int(c)
		}
		return a.ID - b.ID
	})
	page := Page(all, 0, size, 1000)
	tickets, sets := []any{}, []any{}
	cursor := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d||%d", from, after))
	for _, k := range page {
		tickets = append(tickets, zendeskTicket(k, generated(k)))
		sets = append(sets, map[string]any{"id": 800000 + k.ID, "ticket_id": k.ID, "reopens": 0, "group_stations": 1})
		cursor = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d||%d", generated(k), k.ID))
	}
	JSON(w, map[string]any{"tickets": tickets, "metric_sets": sets, "after_cursor": cursor, "before_cursor": nil, "end_of_stream": len(page) == len(all),
		"after_url": "http://" + r.Host + r.URL.Path + "?cursor=" + cursor})
}

func zendeskTicket(k Ticket, generated int64) map[string]any {
	status, tags := zendeskStatus[k.Status], []string{"vip"}
	switch {
	case k.Gone():
		status = "deleted"
	case k.MergedInto > 0:
		status, tags = "closed", []string{"closed_by_merge"}
	}
	var problem any
	if len(k.Links) > 0 {
		problem = k.Links[0]
	}
	return map[string]any{
		"id": k.ID, "subject": k.Title, "raw_subject": k.Title, "description": "private words " + Token, "type": zendeskKind[k.Kind], "status": status,
		"priority": zendeskPriority[k.Priority], "group_id": 1 + slices.Index(Teams, k.Team), "assignee_id": zendeskUser(k.Assignee), "requester_id": zendeskUser(k.Requester),
		"organization_id": 7, "problem_id": problem, "tags": tags, "created_at": zendeskStamp(k.Created), "updated_at": zendeskStamp(k.Updated), "generated_timestamp": generated,
		"via":           map[string]any{"channel": "email", "source": map[string]any{"from": map[string]any{"address": k.Requester + "@example.org", "name": "private name"}, "rel": nil}},
		"custom_fields": []any{map[string]any{"id": 501, "value": "somebody pasted " + Token}}, "satisfaction_rating": map[string]any{"score": "unoffered"},
	}
}

type zendeskEvent struct {
	at int64
	m  map[string]any
}

// zendeskByTime is an export by time.
func zendeskByTime(w http.ResponseWriter, r *http.Request, name string, all []zendeskEvent, start, size int) {
	slices.SortStableFunc(all, func(a, b zendeskEvent) int { return int(a.at - b.at) })
	all = slices.DeleteFunc(all, func(e zendeskEvent) bool { return e.at < int64(start) })
	n := min(max(size, 1), len(all))
	for n < len(all) && n > 0 && all[n].at == all[n-1].at {
		n++
	}
	items, end := []any{}, any(nil)
	for _, e := range all[:n] {
		items, end = append(items, e.m), e.at
	}
	JSON(w, map[string]any{name: items, "count": n, "end_of_stream": n == len(all), "end_time": end, "next_page": fmt.Sprintf("http://%s%s?start_time=%v", r.Host, r.URL.Path, end)})
}

// zendeskEvents are the updates of all tickets. Values of the opening are those before the first change.
func zendeskEvents(tickets []Ticket) []zendeskEvent {
	var out []zendeskEvent
	for _, k := range tickets {
		add := func(id int, at time.Time, who any, children ...any) {
			out = append(out, zendeskEvent{at.Unix(), map[string]any{"id": id, "ticket_id": k.ID, "timestamp": at.Unix(), "created_at": zendeskStamp(at), "updater_id": who, "via": "Mail",
				"event_type": "Audit", "system": map[string]any{"client": "private browser", "location": "private place"}, "child_events": children}})
		}
		value := func(c Change, v string) (string, any) {
			switch c.Field {
			case "status":
				return "status", zendeskStatus[v]
			case "team":
				return "group_id", strconv.Itoa(1 + slices.Index(Teams, v))
			case "assignee":
				return "assignee_id", zendeskUser(v)
			}
			n, _ := strconv.Atoi(v)
			return "priority", zendeskPriority[n]
		}
		create := func(name string, v any) any {
			return map[string]any{"id": 900000 + k.ID*10 + len(name), "via": "Mail", "event_type": "Create", name: v}
		}
		add(1_000_000+k.ID, k.Created, zendeskUser(k.Requester), create("status", "new"), create("subject", k.Title),
			map[string]any{"id": 600000 + k.ID, "type": "Comment", "event_type": "Comment", "author_id": zendeskUser(k.Requester), "body": "private words " + Token, "public": true, "via": "Mail"})
		for _, c := range k.Changes {
			name, to := value(c, c.To)
			_, from := value(c, c.From)
			add(2_000_000+c.ID, c.At, zendeskUser(c.Who), map[string]any{"id": 3_000_000 + c.ID, "via": "Web form", "event_type": "Change", name: to, "previous_value": from},
				map[string]any{"id": 4_000_000 + c.ID, "via": "Rule", "event_type": "Notification", "recipients": []int{21}, "body": "private words"})
		}
		for _, m := range k.Messages {
			add(5_000_000+m.ID, m.At, zendeskUser(m.Who), map[string]any{"id": 6_000_000 + m.ID, "type": "Comment", "event_type": "Comment", "author_id": zendeskUser(m.Who),
				"body": "private words " + Token, "html_body": "<p>private words</p>", "public": m.Public, "via": "Web form", "created_at": zendeskStamp(m.At)})
		}
		if k.MergedInto > 0 {
			add(7_000_000+k.ID, k.MergedAt, zendeskUser(Agents[0]), map[string]any{"id": 7_100_000 + k.ID, "via": "Web form", "event_type": "Change", "status": "closed", "previous_value": zendeskStatus[k.Status]})
		}
	}
	return out
}

// zendeskClocks are the events of the first reply, with a goal of two hours.
func zendeskClocks(tickets []Ticket) []zendeskEvent {
	var out []zendeskEvent
	for _, k := range tickets {
		add := func(n int, at time.Time, kind string, more map[string]any) {
			m := map[string]any{"id": k.ID*10 + n, "ticket_id": k.ID, "metric": "reply_time", "instance_id": 1, "type": kind, "time": zendeskStamp(at)}
			for name, v := range more {
				m[name] = v
			}
			out = append(out, zendeskEvent{at.Unix(), m})
		}
		add(1, k.Created, "activate", nil)
		add(2, k.Created, "apply_sla", map[string]any{"sla": map[string]any{"target": 120, "business_hours": false, "policy": map[string]any{"id": 1, "title": "Standard"}}})
		if at := k.FirstResponse(); !at.IsZero() {
			if late := k.Created.Add(2 * time.Hour); at.After(late) {
				add(3, late, "breach", map[string]any{"deleted": false})
			}
			spent := int(at.Sub(k.Created).Minutes())
			add(4, at, "fulfill", nil)
			add(5, at, "update_status", map[string]any{"status": map[string]any{"calendar": spent, "business": spent}})
		}
	}
	return out
}
