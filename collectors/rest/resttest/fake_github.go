package resttest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type: "github",
		Source: `token: env:DESK_TOKEN
projects: [example/desk]
page_size: 5
options: {sweep: always, status_labels: [doing, waiting, done], priority_labels: [P1, P2, P3, P4], kind_labels: [fault, wish], team_labels: [Service Desk, Network]}
map:
  kind: {fault: incident, wish: service_request}
  status: {doing: in_progress, waiting: on_hold, done: resolved}`,
		Signed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token },
		Serve:  github,
		Lacks:  map[string]string{"merged": "GitHub does not merge", "messages": "GitHub has no internal notes"},
	})
}

// github answers like GitHub: pages by Link, pull requests among the issues, 410 for deleted ones, everything that happened in the
// timeline, labels for what it does not know.
func github(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	number := func(name string, other int) int {
		if n, err := strconv.Atoi(q.Get(name)); err == nil {
			return n
		}
		return other
	}
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	label := map[string]string{"in_progress": "doing", "on_hold": "waiting", "resolved": "done", "incident": "fault", "service_request": "wish"}
	user := func(login string) any { return map[string]any{"login": login, "type": "User"} }
	list := func(all []any) {
		size, page := min(number("per_page", 30), 100), number("page", 1)
		if page*size < len(all) {
			next := url.URL{Path: r.URL.Path}
			v := r.URL.Query()
			v.Set("page", strconv.Itoa(page+1))
			next.RawQuery = v.Encode()
			w.Header().Set("Link", fmt.Sprintf(`<%s%s>; rel="next", <%s%s>; rel="last"`, s.URL, next.String(), s.URL, next.String()))
		}
		JSON(w, Page(all, (page-1)*size, size, 100))
	}
	row := func(k Ticket) map[string]any {
		labels := []any{}
		for _, l := range []string{label[k.Status], label[k.Kind], "P" + strconv.Itoa(k.Priority), k.Team} {
			if l != "" {
				labels = append(labels, map[string]any{"name": l})
			}
		}
		out := map[string]any{"number": k.ID, "title": k.Title, "body": "private words " + Token, "user": user(k.Requester), "state": "open", "labels": labels, "assignee": nil,
			"created_at": stamp(k.Created), "updated_at": stamp(k.Updated), "repository_url": s.URL + "/repos/example/desk", "html_url": "https://github.com/example/desk/issues/" + strconv.Itoa(k.ID)}
		if k.Assignee != "" {
			out["assignee"] = user(k.Assignee)
		}
		if k.Status == "closed" {
			out["state"], out["state_reason"], out["closed_at"] = "closed", "completed", stamp(k.Updated)
		}
		return out
	}
	path := strings.TrimPrefix(r.URL.Path, "/repos/example/desk")
	id, part, _ := strings.Cut(strings.TrimPrefix(path, "/issues/"), "/")
	all := s.Tickets()
	switch {
	case r.URL.Path == "/user":
		JSON(w, map[string]any{"login": "collector", "note": Token})
	case path == "":
		JSON(w, map[string]any{"full_name": "example/desk", "open_issues_count": 3, "has_issues": true})
	case path == "/issues":
		since, _ := time.Parse(time.RFC3339, q.Get("since"))
		var found []Ticket
		for _, k := range bySince(all, since) {
			if q.Get("state") == "all" || k.Status != "closed" {
				found = append(found, k)
			}
		}
		if q.Get("sort") == "created" {
			slices.SortFunc(found, func(a, b Ticket) int { return a.ID - b.ID })
		}
		if q.Get("direction") != "asc" {
			slices.Reverse(found)
		}
		var out []any
		for _, k := range found {
			out = append(out, row(k))
			if k.ID%6 == 0 { // a pull request is an issue too
				pull := row(k)
				pull["number"], pull["pull_request"] = 1000+k.ID, map[string]any{"url": "https://example.org"}
				out = append(out, pull)
			}
		}
		list(out)
	case part == "":
		i := slices.IndexFunc(all, func(k Ticket) bool { return strconv.Itoa(k.ID) == id })
		switch {
		case i < 0:
			w.WriteHeader(http.StatusNotFound)
		case all[i].Gone():
			w.WriteHeader(http.StatusGone)
		default:
			JSON(w, row(all[i]))
		}
	case part == "timeline":
		k, ok := numbered(all, id)
		if !ok {
			w.WriteHeader(http.StatusGone)
			return
		}
		var out []any
		at := func(t time.Time, who, event string, more map[string]any) {
			e := map[string]any{"id": len(out) + 1, "event": event, "actor": user(who), "created_at": stamp(t)}
			for name, v := range more {
				e[name] = v
			}
			out = append(out, e)
		}
		named := func(l string) map[string]any { return map[string]any{"label": map[string]any{"name": l}} }
		first := map[string]string{"priority": strconv.Itoa(k.Priority), "team": k.Team}
		for _, c := range slices.Backward(k.Changes) {
			first[c.Field] = c.From
		}
		for _, l := range []string{label[k.Kind], "P" + first["priority"], first["team"]} {
			at(k.Created, k.Requester, "labeled", named(l))
		}
		changes, messages := k.Changes, k.Messages
		for len(changes)+len(messages) > 0 {
			if len(changes) == 0 || len(messages) > 0 && messages[0].At.Before(changes[0].At) {
				m := messages[0]
				messages = messages[1:]
				if !m.Public {
					continue
				}
				member := "MEMBER"
				if m.Who == k.Requester {
					member = "NONE"
				}
				at(m.At, m.Who, "commented", map[string]any{"user": user(m.Who), "author_association": member, "body": "private words " + Token})
				continue
			}
			c := changes[0]
			changes = changes[1:]
			from, to := c.From, c.To
			switch c.Field {
			case "assignee":
				at(c.At, c.Who, "assigned", map[string]any{"assignee": user(to)})
				continue
			case "priority":
				from, to = "P"+from, "P"+to
			case "status":
				from, to = label[from], label[to]
				if c.To == "closed" {
					at(c.At, c.Who, "closed", map[string]any{"state_reason": nil})
				}
			}
			if from != "" {
				at(c.At, c.Who, "unlabeled", named(from))
			}
			if to != "" {
				at(c.At, c.Who, "labeled", named(to))
			}
		}
		for _, l := range all {
			if slices.Contains(l.Links, k.ID) {
				at(l.Created, l.Requester, "cross-referenced", map[string]any{"source": map[string]any{"type": "issue", "issue": map[string]any{"number": l.ID, "repository_url": s.URL + "/repos/example/desk"}}})
			}
		}
		list(out)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
