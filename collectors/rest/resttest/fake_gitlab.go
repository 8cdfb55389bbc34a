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
		Type: "gitlab",
		Source: `token: env:DESK_TOKEN
page_size: 5
options: {sweep: always, status_labels: [doing, waiting, done], priority_labels: [P1, P2, P3, P4], team_labels: [Service Desk, Network]}
map:
  status: {doing: in_progress, waiting: on_hold, done: resolved}`,
		Signed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token },
		Serve:  gitlab,
		Lacks:  map[string]string{"merged": "GitLab does not merge"},
	})
}

// gitlab answers like GitLab: milliseconds, the number of the next page in a header, no total, lists of events, people only in the words
// of the system, GraphQL with its errors in answers that are fine.
func gitlab(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	number := func(name string, other int) int {
		if n, err := strconv.Atoi(q.Get(name)); err == nil {
			return n
		}
		return other
	}
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	label := map[string]string{"in_progress": "doing", "on_hold": "waiting", "resolved": "done"}
	user := func(name string) any {
		return map[string]any{"id": len(name), "username": name, "name": strings.ToUpper(name)}
	}
	list := func(all []any) {
		size, page := min(number("per_page", 20), 100), number("page", 1)
		if page*size < len(all) {
			v := r.URL.Query()
			v.Set("page", strconv.Itoa(page+1))
			w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
			w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, s.URL, r.URL.EscapedPath(), v.Encode()))
		}
		JSON(w, Page(all, (page-1)*size, size, 100))
	}
	row := func(k Ticket) map[string]any {
		labels := []any{}
		for _, l := range []string{label[k.Status], "P" + strconv.Itoa(k.Priority), k.Team} {
			if l != "" {
				labels = append(labels, l)
			}
		}
		out := map[string]any{"id": 900 + k.ID, "iid": k.ID, "project_id": 5, "title": k.Title, "description": "private words " + Token, "author": user(k.Requester), "state": "opened", "labels": labels, "assignees": []any{},
			"issue_type": map[string]string{"incident": "incident", "service_request": "issue"}[k.Kind], "severity": "UNKNOWN", "moved_to_id": nil, "created_at": stamp(k.Created), "updated_at": stamp(k.Updated),
			"references": map[string]any{"full": fmt.Sprintf("ops/desk#%d", k.ID)}, "web_url": fmt.Sprintf("https://gitlab.example.org/ops/desk/-/issues/%d", k.ID)}
		if k.Assignee != "" {
			out["assignees"] = []any{user(k.Assignee)}
		}
		if k.Status == "closed" {
			out["state"], out["closed_at"] = "closed", stamp(k.Updated)
		}
		return out
	}
	all := s.Tickets()
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4/")
	switch path {
	case "version":
		JSON(w, map[string]any{"version": "17.5.0"})
		return
	case "user":
		JSON(w, map[string]any{"username": "collector", "note": Token})
		return
	case "/api/graphql":
		JSON(w, map[string]any{"data": map[string]any{"project": map[string]any{"issue": map[string]any{"escalationStatus": nil, "severity": "UNKNOWN", "slaDueAt": nil}}}})
		return
	case "issues":
		since, _ := time.Parse(time.RFC3339, q.Get("updated_after"))
		found := bySince(all, since.Add(time.Millisecond)) // later than, not of that moment
		if q.Get("order_by") == "created_at" {
			slices.SortFunc(found, func(a, b Ticket) int { return a.ID - b.ID })
		}
		if q.Get("sort") != "asc" {
			slices.Reverse(found)
		}
		var out []any
		for _, k := range found {
			if q.Get("scope") == "all" && q.Get("state") == "all" {
				out = append(out, row(k))
			}
		}
		list(out)
		return
	}
	path, ok := strings.CutPrefix(path, "projects/5/issues/")
	if !ok {
		path, ok = strings.CutPrefix(path, "projects/ops%2Fdesk/issues/")
	}
	iid, part, _ := strings.Cut(path, "/")
	k, found := numbered(all, iid)
	if !ok || !found {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	first := map[string]string{"priority": strconv.Itoa(k.Priority), "team": k.Team}
	for _, c := range slices.Backward(k.Changes) {
		first[c.Field] = c.From
	}
	var labels, states, notes []any
	mark := func(at time.Time, who, name, action string) {
		if name != "" {
			labels = append(labels, map[string]any{"id": len(labels) + 1, "user": user(who), "created_at": stamp(at), "label": map[string]any{"name": name}, "action": action})
		}
	}
	mark(k.Created, k.Requester, "P"+first["priority"], "add")
	mark(k.Created, k.Requester, first["team"], "add")
	for _, c := range k.Changes {
		from, to := c.From, c.To
		switch c.Field {
		case "assignee":
			notes = append(notes, map[string]any{"id": 5000 + c.ID, "system": true, "author": user(c.Who), "created_at": stamp(c.At), "body": "assigned to @" + to})
			continue
		case "priority":
			from, to = "P"+from, "P"+to
		case "status":
			from, to = label[from], label[to]
			if c.To == "closed" {
				states = append(states, map[string]any{"id": c.ID, "user": user(c.Who), "created_at": stamp(c.At), "state": "closed"})
			}
		}
		mark(c.At, c.Who, to, "add")
		mark(c.At, c.Who, from, "remove")
	}
	for _, m := range k.Messages {
		notes = append(notes, map[string]any{"id": m.ID, "system": false, "internal": !m.Public, "author": user(m.Who), "created_at": stamp(m.At), "body": "private words " + Token})
	}
	switch part {
	case "":
		JSON(w, row(k))
	case "resource_state_events":
		list(states)
	case "resource_label_events":
		list(labels)
	case "notes":
		list(notes)
	case "links":
		var links []any
		for _, l := range k.Links {
			links = append(links, map[string]any{"iid": l, "references": map[string]any{"full": fmt.Sprintf("ops/desk#%d", l)}, "link_type": "relates_to"})
		}
		list(links)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
