package resttest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type: "redmine",
		Source: `token: env:DESK_TOKEN
page_size: 5
map:
  kind: {Defect: incident, Request: service_request}
  status: {Assigned: in_progress, Waiting: on_hold}
  priority: {P1: 1, P2: 2, P3: 3, P4: 4}`,
		Signed: func(r *http.Request) bool { return r.Header.Get("X-Redmine-API-Key") == Token },
		Serve:  redmine,
		Lacks:  map[string]string{"merged": "Redmine has no merging"},
	})
}

// named is what Redmine makes of everything that has a name.
type named struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Closed bool   `json:"is_closed,omitempty"`
}

var redmineWords = map[string][]string{
	"status":   {"new", "in_progress", "on_hold", "resolved", "closed"},
	"statuses": {"New", "Assigned", "Waiting", "Resolved", "Closed"},
	"kinds":    {"incident", "service_request"},
}

func redmineStatus(s string) named {
	i := slices.Index(redmineWords["status"], s)
	return named{i + 1, redmineWords["statuses"][i], s == "closed"}
}

func redmineTeam(s string) named { return named{slices.Index(Teams, s) + 1, s, false} }

// redmineUser numbers people: agents from 11, requesters from 21.
func redmineUser(s string) named {
	if i := slices.Index(Agents, s); i >= 0 {
		return named{11 + i, "Agent " + s, false}
	}
	return named{21 + slices.Index(Requesters, s), "Requester " + s, false}
}

// redmine answers like Redmine 5: pages of 100 at most, only open issues unless asked, no history in lists, empty bodies with
// errors, no sign of what was deleted.
func redmine(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	number := func(name string) int { n, _ := strconv.Atoi(q.Get(name)); return n }
	path := strings.Trim(r.URL.Path, "/")
	var live []Ticket
	for _, k := range s.Tickets() {
		if !k.Gone() {
			live = append(live, k)
		}
	}
	list := func(name string, items []named) { JSON(w, map[string]any{name: items}) }
	switch {
	case path == "users/current.json":
		// As the real one does, it tells the key of whoever asks.
		JSON(w, map[string]any{"user": map[string]any{"id": 99, "login": "collector", "admin": false, "api_key": Token}})
	case path == "issue_statuses.json":
		var out []named
		for _, x := range redmineWords["status"] {
			out = append(out, redmineStatus(x))
		}
		list("issue_statuses", out)
	case path == "trackers.json":
		list("trackers", []named{{1, "Defect", false}, {2, "Request", false}})
	case path == "enumerations/issue_priorities.json":
		list("issue_priorities", []named{{1, "P1", false}, {2, "P2", false}, {3, "P3", false}, {4, "P4", false}})
	case path == "projects.json":
		all := []named{{1, Teams[0], false}, {2, Teams[1], false}}
		JSON(w, map[string]any{"projects": Page(all, number("offset"), number("limit"), 100), "total_count": len(all)})
	case strings.HasPrefix(path, "users/"):
		id, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(path, "users/"), ".json"))
		for _, login := range slices.Concat(Agents, Requesters) {
			if redmineUser(login).ID == id {
				JSON(w, map[string]any{"user": map[string]any{"id": id, "login": login}})
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	case path == "issues.json":
		if q.Get("status_id") != "*" {
			live = slices.DeleteFunc(live, func(k Ticket) bool { return k.Status == "closed" })
		}
		if v := q.Get("updated_on"); v != "" {
			from, err := time.Parse("2006-01-02T15:04:05Z", strings.TrimPrefix(v, ">="))
			if err != nil || !strings.HasPrefix(v, ">=") {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
			live = slices.DeleteFunc(live, func(k Ticket) bool { return k.Updated.Before(from) })
		}
		slices.SortFunc(live, func(a, b Ticket) int {
			if c := a.Updated.Compare(b.Updated); c != 0 && strings.HasPrefix(q.Get("sort"), "updated_on") {
				return c
			}
			return a.ID - b.ID
		})
		limit := number("limit")
		if limit == 0 {
			limit = 25
		}
		page := []any{}
		for _, k := range Page(live, number("offset"), limit, 100) {
			page = append(page, redmineIssue(k, false))
		}
		JSON(w, map[string]any{"issues": page, "total_count": len(live), "offset": number("offset"), "limit": min(limit, 100)})
	case strings.HasPrefix(path, "issues/"):
		id, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(path, "issues/"), ".json"))
		i := slices.IndexFunc(live, func(k Ticket) bool { return k.ID == id })
		if i < 0 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		JSON(w, map[string]any{"issue": redmineIssue(live[i], strings.Contains(q.Get("include"), "journals"))})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func redmineIssue(k Ticket, whole bool) map[string]any {
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
	out := map[string]any{
		"id": k.ID, "subject": k.Title, "description": "private words", "project": redmineTeam(k.Team), "tracker": named{1 + slices.Index(redmineWords["kinds"], k.Kind), map[string]string{"incident": "Defect", "service_request": "Request"}[k.Kind], false},
		"status": redmineStatus(k.Status), "priority": named{k.Priority, "P" + strconv.Itoa(k.Priority), false}, "author": redmineUser(k.Requester),
		"created_on": stamp(k.Created), "updated_on": stamp(k.Updated),
		"custom_fields": []any{map[string]any{"id": 1, "name": "Note", "value": "somebody pasted " + Token}},
	}
	if k.Assignee != "" {
		out["assigned_to"] = redmineUser(k.Assignee)
	}
	if !whole {
		return out
	}
	type entry struct {
		at time.Time
		m  map[string]any
	}
	var journals []entry
	for _, c := range k.Changes {
		d := map[string]any{"property": "attr", "name": map[string]string{"status": "status_id", "assignee": "assigned_to_id", "team": "project_id", "priority": "priority_id"}[c.Field]}
		id := func(v string) any {
			switch {
			case v == "":
				return nil
			case c.Field == "status":
				return strconv.Itoa(redmineStatus(v).ID)
			case c.Field == "assignee":
				return strconv.Itoa(redmineUser(v).ID)
			case c.Field == "team":
				return strconv.Itoa(redmineTeam(v).ID)
			}
			return v
		}
		d["old_value"], d["new_value"] = id(c.From), id(c.To)
		journals = append(journals, entry{c.At, map[string]any{"id": c.ID, "user": redmineUser(c.Who), "created_on": stamp(c.At), "notes": "", "private_notes": false, "details": []any{d}}})
	}
	for _, m := range k.Messages {
		journals = append(journals, entry{m.At, map[string]any{"id": 100000 + m.ID, "user": redmineUser(m.Who), "created_on": stamp(m.At), "notes": "words " + Token, "private_notes": !m.Public, "details": []any{}}})
	}
	slices.SortStableFunc(journals, func(a, b entry) int { return a.at.Compare(b.at) })
	list := []any{}
	for _, j := range journals {
		list = append(list, j.m)
	}
	out["journals"], out["relations"] = list, []any{}
	return out
}
