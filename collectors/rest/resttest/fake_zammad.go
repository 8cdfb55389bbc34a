package resttest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type: "zammad",
		Source: `token: env:DESK_TOKEN
page_size: 7
map:
  kind: {request: service_request}
  status: {solved: resolved}
  priority: {P1: 1, P2: 2, P3: 3, P4: 4}`,
		Signed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Token token="+Token },
		Serve:  zammad,
	})
}

var (
	zammadRange  = regexp.MustCompile(`^updated_at:\[(\S+) TO 2999\S+\]$`) // a * is taken out, and the rest is no question
	zammadKnown  = regexp.MustCompile(`^id:(\d+) AND updated_at:\[(\S+) TO (\S+)\]$`)
	zammadStates = map[string]string{"new": "new", "in_progress": "open", "on_hold": "pending reminder", "resolved": "solved", "closed": "closed"}
)

func zammadStamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// zammadUser numbers people: 1 is Zammad itself, agents from 11, requesters from 21.
func zammadUser(login string) int {
	if i := slices.Index(Agents, login); i >= 0 {
		return 11 + i
	}
	if i := slices.Index(Requesters, login); i >= 0 {
		return 21 + i
	}
	return 1
}

// zammad answers like Zammad 6: a list by id without filters, a search by the index (which gives nothing behind ten thousand
// hits; what "search" in Memory says can be had), history, articles and links ticket by ticket, no sign of deleted tickets,
// merged ones in a state of their own and without articles.
func zammad(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	number := func(name string) int { n, _ := strconv.Atoi(q.Get(name)); return n }
	path := strings.TrimPrefix(strings.Trim(r.URL.Path, "/"), "api/v1/")
	var live []Ticket
	for _, k := range s.Tickets() {
		if !k.Gone() {
			live = append(live, k)
		}
	}
	rows := func(list []Ticket, most int) {
		page, size := number("page"), number("per_page")
		if size > most {
			w.WriteHeader(http.StatusUnprocessableEntity) // fewer would be given without notice
			return
		}
		out := []any{}
		if page*size <= 10_000 || most == 100 {
			for _, k := range Page(list, (page-1)*size, size, most) {
				out = append(out, zammadTicket(k))
			}
		}
		JSON(w, out)
	}
	find := func(prefix string) (Ticket, bool) {
		id, _ := strconv.Atoi(strings.TrimPrefix(path, prefix))
		i := slices.IndexFunc(live, func(k Ticket) bool { return k.ID == id })
		if i < 0 {
			w.WriteHeader(http.StatusNotFound)
			return Ticket{}, false
		}
		return live[i], true
	}
	switch {
	case path == "users/me":
		JSON(w, map[string]any{"id": 99, "login": "collector", "note": Token})
	case path == "version":
		w.WriteHeader(http.StatusForbidden)
	case path == "organizations":
		if number("page") > 1 {
			JSON(w, []any{})
			return
		}
		JSON(w, []any{map[string]any{"id": 1, "name": "Example", "active": true, "member_ids": []int{21, 22}}})
	case path == "tickets":
		rows(live, 100)
	case path == "tickets/search":
		zammadSearch(s, w, r, live, rows)
	case strings.HasPrefix(path, "tickets/"):
		if k, ok := find("tickets/"); ok {
			JSON(w, zammadTicket(k))
		}
	case strings.HasPrefix(path, "ticket_history/"):
		if k, ok := find("ticket_history/"); ok {
			JSON(w, map[string]any{"history": zammadHistory(k), "assets": map[string]any{"User": map[string]any{"99": map[string]any{"note": Token}}}})
		}
	case strings.HasPrefix(path, "ticket_articles/by_ticket/"):
		if k, ok := find("ticket_articles/by_ticket/"); ok {
			JSON(w, zammadArticles(k))
		}
	case path == "links":
		links := []any{}
		for _, k := range live {
			for _, l := range k.Links {
				if k.ID == number("link_object_value") {
					links = append(links, map[string]any{"link_type": "normal", "link_object": "Ticket", "link_object_value": l})
				} else if l == number("link_object_value") {
					links = append(links, map[string]any{"link_type": "normal", "link_object": "Ticket", "link_object_value": k.ID})
				}
			}
		}
		JSON(w, map[string]any{"links": links, "assets": map[string]any{}})
	case strings.HasPrefix(path, "users/"):
		id := strings.TrimPrefix(path, "users/")
		for _, login := range slices.Concat(Agents, Requesters) {
			if fmt.Sprint(zammadUser(login)) == id {
				JSON(w, map[string]any{"id": zammadUser(login), "login": login, "email": login + "@example.org"})
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// zammadSearch finds by the index, by conditions in the database, or, without both, by the text of tickets: nothing.
func zammadSearch(s *Server, w http.ResponseWriter, r *http.Request, live []Ticket, rows func([]Ticket, int)) {
	q := r.URL.Query()
	s.Lock.Lock()
	way, _ := s.Memory["search"].(string)
	s.Lock.Unlock()
	var from, to time.Time
	id, ok := "", false
	if m := zammadRange.FindStringSubmatch(q.Get("query")); m != nil && way == "" {
		from, _ = time.Parse(time.RFC3339, m[1])
		ok = true
	} else if m := zammadKnown.FindStringSubmatch(q.Get("query")); m != nil && way == "" {
		id, ok = m[1], true
		from, _ = time.Parse(time.RFC3339, m[2])
		to, _ = time.Parse(time.RFC3339, m[3])
	} else if v := q.Get("condition[ticket.updated_at][value]"); v != "" && way == "database" && q.Get("condition[ticket.updated_at][operator]") == "after (absolute)" {
		from, _ = time.Parse(time.RFC3339, v)
		ok = true
	}
	hits := slices.DeleteFunc(slices.Clone(live), func(k Ticket) bool {
		return !ok || id != "" && fmt.Sprint(k.ID) != id || k.Updated.Before(from) || !to.IsZero() && k.Updated.After(to)
	})
	slices.SortStableFunc(hits, func(a, b Ticket) int { return a.Updated.Compare(b.Updated) })
	if q.Get("only_total_count") == "true" {
		JSON(w, map[string]any{"total_count": len(hits)})
		return
	}
	rows(hits, 200)
}

func zammadTicket(k Ticket) map[string]any {
	owner, state := k.Assignee, zammadStates[k.Status]
	if owner == "" {
		owner = "-"
	}
	if k.MergedInto > 0 {
		state = "merged"
	}
	return map[string]any{
		"id": k.ID, "number": strconv.Itoa(67000 + k.ID), "title": k.Title, "type": map[string]string{"incident": "Incident", "service_request": "request"}[k.Kind],
		"state": state, "priority": "P" + strconv.Itoa(k.Priority), "group": k.Team, "owner": owner, "owner_id": zammadUser(owner), "customer": k.Requester,
		"customer_id": zammadUser(k.Requester), "organization": "Example", "organization_id": 1, "create_article_type": "email", "note": "private words",
		"created_at": zammadStamp(k.Created), "updated_at": zammadStamp(k.Updated), "close_at": nil, "first_response_in_min": nil, "escalation_at": nil,
	}
}

func zammadHistory(k Ticket) []any {
	out := []any{map[string]any{"id": k.ID * 1000, "o_id": k.ID, "object": "Ticket", "type": "created", "created_by_id": zammadUser(k.Requester), "created_at": zammadStamp(k.Created)}}
	n := 0
	add := func(at time.Time, who string, more map[string]any) {
		n++
		e := map[string]any{"id": k.ID*1000 + n, "o_id": k.ID, "object": "Ticket", "created_by_id": zammadUser(who), "created_at": zammadStamp(at)}
		for name, v := range more {
			e[name] = v
		}
		out = append(out, e)
	}
	for _, c := range k.Changes {
		e := map[string]any{"type": "updated", "value_from": c.From, "value_to": c.To}
		switch c.Field {
		case "status":
			e["attribute"], e["value_from"], e["value_to"] = "state", zammadStates[c.From], zammadStates[c.To]
		case "assignee":
			name := func(v string) string {
				if v == "" {
					return "-"
				}
				return "Full Name of " + v
			}
			e["attribute"], e["value_from"], e["value_to"], e["id_from"], e["id_to"] = "owner", name(c.From), name(c.To), zammadUser(c.From), zammadUser(c.To)
		case "team":
			e["attribute"] = "group"
		case "priority":
			e["attribute"], e["value_from"], e["value_to"] = "priority", "P"+c.From, "P"+c.To
		}
		add(c.At, c.Who, e)
		add(c.At, "", map[string]any{"type": "notification", "value_to": "someone@example.org(update:online,email)"})
	}
	if k.MergedInto > 0 {
		add(k.MergedAt, Agents[0], map[string]any{"type": "merged_into", "id_from": k.ID, "id_to": k.MergedInto})
		add(k.MergedAt, Agents[0], map[string]any{"type": "updated", "attribute": "state", "value_from": zammadStates[k.Status], "value_to": "merged"})
	}
	return out
}

func zammadArticles(k Ticket) []any {
	if k.MergedInto > 0 {
		return []any{map[string]any{"id": 900000 + k.ID, "ticket_id": k.ID, "sender": "Agent", "type": "note", "internal": false, "body": "merged",
			"created_by": Agents[0], "created_at": zammadStamp(k.MergedAt)}}
	}
	out := []any{}
	for _, m := range k.Messages {
		sender := "Agent"
		if m.Who == k.Requester {
			sender = "Customer"
		}
		out = append(out, map[string]any{"id": m.ID, "ticket_id": k.ID, "sender": sender, "type": "email", "internal": !m.Public, "from": m.Who + "@example.org",
			"subject": "words", "body": "private words " + Token, "created_by": m.Who, "created_at": zammadStamp(m.At)})
	}
	return out
}
