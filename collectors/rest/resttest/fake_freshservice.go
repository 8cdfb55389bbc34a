package resttest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type:   "freshservice",
		Source: "token: env:DESK_TOKEN\npage_size: 5\nmap:\n  status: {Open: new, Working: in_progress}",
		Signed: func(r *http.Request) bool {
			key, _, _ := r.BasicAuth()
			return key == Token
		},
		Serve: freshservice,
	})
}

var (
	freshserviceStatus = map[string]int{"new": 2, "in_progress": 6, "on_hold": 3, "resolved": 4, "closed": 5}
	freshserviceWord   = map[string]string{"new": "Open", "in_progress": "Working", "on_hold": "Pending", "resolved": "Resolved", "closed": "Closed"}
	freshservicePrio   = []string{"", "Urgent", "High", "Medium", "Low"}
)

func freshserviceUser(login string) int {
	if i := slices.Index(Agents, login); i >= 0 {
		return 11 + i
	}
	return 21 + slices.Index(Requesters, login)
}

// freshserviceSpace is the workspace of a ticket: two of them, and a list without one shows the first only.
func freshserviceSpace(k Ticket) int { return 2 + k.ID%2 }

// freshservice answers like Freshservice: only one workspace and thirty days unless asked, pages of 100 at most and 300 of them,
// a Link header, deleted tickets in a list of their own, history in sentences. Memory: "order" = newest keeps the order that
// was asked for from being kept.
func freshservice(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	path := strings.TrimPrefix(strings.Trim(r.URL.Path, "/"), "api/v2/")
	page := max(1, func() int { n, _ := strconv.Atoi(q.Get("page")); return n }())
	size, _ := strconv.Atoi(q.Get("per_page"))
	if size == 0 {
		size = 30
	}
	list := func(name string, all []any) {
		if page > 300 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		items := Page(all, (page-1)*size, size, 100)
		if page*min(size, 100) < len(all) {
			next := r.URL.Query()
			next.Set("page", strconv.Itoa(page+1))
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, next.Encode()))
		}
		w.Header().Set("X-Ratelimit-Remaining", "99")
		JSON(w, map[string]any{name: items})
	}
	stamp := zendeskStamp
	switch {
	case path == "workspaces":
		list("workspaces", []any{map[string]any{"id": 2, "name": "IT", "primary": true}, map[string]any{"id": 3, "name": "HR"}})
	case path == "agents":
		var all []any
		for _, a := range Agents {
			all = append(all, map[string]any{"id": freshserviceUser(a), "first_name": a, "last_name": nil, "email": a + "@example.org", "signature": Token})
		}
		list("agents", all)
	case path == "groups":
		list("groups", []any{map[string]any{"id": 1, "name": Teams[0]}, map[string]any{"id": 2, "name": Teams[1]}})
	case path == "ticket_form_fields":
		list("ticket_fields", []any{map[string]any{"id": 1, "name": "status", "choices": []any{map[string]any{"id": 2, "value": "Open"}, map[string]any{"id": 6, "value": "Working"}}}})
	case path == "departments":
		list("departments", []any{map[string]any{"id": 7, "name": "Sales", "description": Token}})
	case path == "assets":
		list("assets", []any{map[string]any{"id": 900, "display_id": 9, "name": "mail1", "asset_type_id": 5, "description": "private words", "updated_at": "2026-09-01T00:00:00Z"}})
	case path == "asset_types":
		list("asset_types", []any{map[string]any{"id": 5, "name": "Server"}})
	case path == "problems", path == "releases", path == "changes":
		list(path, nil)
	case path == "tickets":
		var all []Ticket
		since, err := time.Parse(time.RFC3339, q.Get("updated_since"))
		if err != nil {
			since = s.Now().AddDate(0, 0, -30)
		}
		space, _ := strconv.Atoi(q.Get("workspace_id"))
		for _, k := range s.Tickets() {
			if k.Gone() == (q.Get("filter") == "deleted") && q.Get("filter") != "spam" && !k.Updated.Before(since) && freshserviceSpace(k) == max(space, 2) {
				all = append(all, k)
			}
		}
		s.Lock.Lock()
		newest := s.Memory["order"] == "newest"
		s.Lock.Unlock()
		slices.SortStableFunc(all, func(a, b Ticket) int {
			if newest || q.Get("order_by") != "updated_at" {
				return b.Created.Compare(a.Created)
			}
			return a.Updated.Compare(b.Updated)
		})
		var rows []any
		for _, k := range all {
			rows = append(rows, freshserviceTicket(k, q.Get("include") == "stats"))
		}
		list("tickets", rows)
	case strings.HasPrefix(path, "tickets/"):
		parts := strings.Split(path, "/")
		id, _ := strconv.Atoi(parts[1])
		all := s.Tickets()
		i := slices.IndexFunc(all, func(k Ticket) bool { return k.ID == id })
		if i < 0 || all[i].Gone() {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		switch {
		case len(parts) == 2:
			JSON(w, map[string]any{"ticket": freshserviceTicket(all[i], false)})
		case parts[2] == "activities":
			JSON(w, map[string]any{"activities": freshserviceActivities(all[i])})
		case parts[2] == "conversations":
			var rows []any
			for _, m := range all[i].Messages {
				rows = append(rows, map[string]any{"id": m.ID, "user_id": freshserviceUser(m.Who), "incoming": m.Who == all[i].Requester, "private": !m.Public, "body": "private words",
					"body_text": "private words " + Token, "to_emails": []string{"private@example.org"}, "created_at": stamp(m.At)})
			}
			list("conversations", rows)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func freshserviceTicket(k Ticket, stats bool) map[string]any {
	var responder any
	if k.Assignee != "" {
		responder = freshserviceUser(k.Assignee)
	}
	status := freshserviceStatus[k.Status]
	if k.MergedInto > 0 {
		status = 5
	}
	m := map[string]any{
		"id": k.ID, "subject": k.Title, "description": "private words", "description_text": "private words " + Token, "type": map[string]string{"incident": "Incident", "service_request": "Service Request"}[k.Kind],
		"status": status, "priority": 5 - k.Priority, "urgency": 1, "impact": 1, "group_id": 1 + slices.Index(Teams, k.Team), "responder_id": responder, "requester_id": freshserviceUser(k.Requester),
		"department_id": 7, "source": 2, "workspace_id": freshserviceSpace(k), "deleted": k.Gone(), "spam": false, "to_emails": []string{"private@example.org"}, "custom_fields": map[string]any{"service": Token},
		"created_at": zendeskStamp(k.Created), "updated_at": zendeskStamp(k.Updated), "due_by": zendeskStamp(k.Created.Add(24 * time.Hour)), "fr_due_by": zendeskStamp(k.Created.Add(time.Hour)),
		"fr_escalated": false, "is_escalated": false,
	}
	if stats {
		var resolved, responded any
		if at := k.Resolved(); !at.IsZero() {
			resolved = zendeskStamp(at)
		}
		if at := k.FirstResponse(); !at.IsZero() {
			responded = zendeskStamp(at)
		}
		m["stats"] = map[string]any{"resolved_at": resolved, "first_responded_at": responded}
	}
	return m
}

// freshserviceActivities is the history, the newest first, in sentences of several forms.
func freshserviceActivities(k Ticket) []any {
	opening := map[string]string{"status": "new", "team": k.Team, "priority": strconv.Itoa(k.Priority)}
	for _, c := range slices.Backward(k.Changes) {
		opening[c.Field] = c.From
	}
	word := func(field, v string) string {
		switch field {
		case "status":
			return freshserviceWord[v]
		case "priority":
			n, _ := strconv.Atoi(v)
			return freshservicePrio[n]
		}
		return v
	}
	name := map[string]string{"status": "Status", "team": "Group", "assignee": "Agent", "priority": "Priority"}
	actor := func(who string) any { return map[string]any{"id": freshserviceUser(who), "name": who} }
	out := []any{map[string]any{"actor": actor(k.Requester), "content": " submitted a new ticket - " + k.Title, "created_at": zendeskStamp(k.Created), "sub_contents": []string{
		"set Status as Open, set Priority as " + word("priority", opening["priority"]), "set Group as " + opening["team"]}}}
	for i, c := range k.Changes {
		a := map[string]any{"actor": actor(c.Who), "created_at": zendeskStamp(c.At), "content": " updated the ticket"}
		switch i % 3 {
		case 0:
			a["sub_contents"] = []string{"set " + name[c.Field] + " as <b>" + word(c.Field, c.To) + "</b>"}
		case 1:
			from := word(c.Field, c.From)
			if from == "" {
				from = "none"
			}
			a["sub_contents"] = []string{"sent a mail to private@example.org", name[c.Field] + " changed from " + from + " to " + word(c.Field, c.To)}
		default:
			a["content"], a["sub_contents"] = " set "+name[c.Field]+" as "+word(c.Field, c.To), nil
		}
		out = append(out, a)
	}
	if k.MergedInto > 0 {
		out = append(out, map[string]any{"actor": actor(Agents[0]), "created_at": zendeskStamp(k.MergedAt), "content": fmt.Sprintf(" closed and merged into ticket #%d", k.MergedInto), "sub_contents": []string{"set Status as Closed"}})
	}
	slices.Reverse(out)
	return out
}
