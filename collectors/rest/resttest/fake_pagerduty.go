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
		Type:   "pagerduty",
		Source: "token: env:DESK_TOKEN\npage_size: 5\nmap:\n  priority: {SEV-1: 1, SEV-2: 2, SEV-3: 3, SEV-4: 4}",
		Signed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Token token="+Token },
		Serve:  pagerduty,
		Lacks: map[string]string{"deleted": "PagerDuty deletes no incidents", "kind": "PagerDuty knows incidents only", "messages": "notes are internal: nobody is answered",
			"status": "PagerDuty knows no waiting and no closing", "history": "PagerDuty knows no waiting and no closing"},
	})
}

var pagerdutyStatus = map[string]string{"new": "triggered", "in_progress": "acknowledged", "on_hold": "acknowledged", "resolved": "resolved", "closed": "resolved"}

func pagerdutyRef(kind, id, name string) map[string]any {
	return map[string]any{"id": id, "type": kind + "_reference", "summary": name}
}

func pagerdutyID(k int) string { return fmt.Sprintf("PX%05d", k) }

// pagerduty answers like PagerDuty: windows of six months at most, literals in the zone of the account (New York) unless
// time_zone says otherwise, nothing behind ten thousand records, no assignments of what is resolved, nothing by last change.
// Memory: "crowded" = a length of time: longer windows hold more than the list gives.
func pagerduty(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	path := strings.Trim(r.URL.Path, "/")
	number := func(name string, other int) int {
		if n, err := strconv.Atoi(q.Get(name)); err == nil {
			return n
		}
		return other
	}
	offset, limit := number("offset", 0), min(number("limit", 25), 100)
	if offset+limit > 10_000 || !strings.Contains(r.Header.Get("Accept"), "version=2") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	shift := 4 * time.Hour
	if q.Get("time_zone") == "UTC" {
		shift = 0
	}
	moment := func(name string, other time.Time) time.Time {
		if at, err := time.Parse(time.RFC3339, q.Get(name)); err == nil {
			return at.Add(shift)
		}
		return other
	}
	until := moment("until", s.Now())
	since := moment("since", until.AddDate(0, -1, 0))
	total := func(n int) any {
		s.Lock.Lock()
		crowded, _ := s.Memory["crowded"].(time.Duration)
		s.Lock.Unlock()
		if q.Get("total") != "true" {
			return nil
		}
		if crowded > 0 && until.Sub(since) > crowded {
			return 10_001
		}
		return n
	}
	list := func(name string, all []any) {
		w.Header().Set("Ratelimit-Remaining", "900")
		w.Header().Set("Ratelimit-Reset", "30")
		JSON(w, map[string]any{name: Page(all, offset, limit, 100), "limit": limit, "offset": offset, "more": offset+limit < len(all), "total": total(len(all))})
	}
	within := func(at time.Time) bool { return q.Get("date_range") == "all" || !at.Before(since) && at.Before(until) }
	if q.Get("date_range") != "all" && until.Sub(since) > 184*24*time.Hour {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	tickets := s.Tickets()
	switch {
	case path == "users/me":
		w.WriteHeader(http.StatusBadRequest) // a key of the account is nobody
	case path == "users":
		var all []any
		for i, a := range Agents {
			all = append(all, map[string]any{"id": fmt.Sprintf("PU%d", i), "name": a, "email": a + "@example.org", "description": Token})
		}
		list("users", all)
	case path == "services":
		list("services", []any{map[string]any{"id": "PS1", "name": "Mail", "status": "active", "description": Token, "teams": []any{pagerdutyRef("team", "PT0", Teams[0])}}})
	case path == "priorities":
		w.WriteHeader(http.StatusNotFound)
	case path == "incidents":
		slices.SortStableFunc(tickets, func(a, b Ticket) int { return a.Created.Compare(b.Created) })
		var all []any
		for _, k := range tickets {
			if within(k.Created) {
				all = append(all, pagerdutyIncident(k))
			}
		}
		list("incidents", all)
	case path == "log_entries":
		var all []any
		for _, e := range pagerdutyLog(tickets) {
			if within(e.at) {
				all = append(all, e.m)
			}
		}
		list("log_entries", all)
	case strings.HasPrefix(path, "incidents/"):
		for _, k := range tickets {
			if "incidents/"+pagerdutyID(k.ID) == path {
				JSON(w, map[string]any{"incident": pagerdutyIncident(k)})
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func pagerdutyUser(who string) map[string]any {
	if i := slices.Index(Agents, who); i >= 0 {
		return pagerdutyRef("user", fmt.Sprintf("PU%d", i), who)
	}
	return pagerdutyRef("service", "PS1", "Mail")
}

func pagerdutyIncident(k Ticket) map[string]any {
	m := map[string]any{
		"id": pagerdutyID(k.ID), "type": "incident", "incident_number": 1000 + k.ID, "title": k.Title, "description": "private words", "body": map[string]any{"details": "private words " + Token},
		"status": pagerdutyStatus[k.Status], "urgency": "high", "priority": map[string]any{"id": "PP", "summary": fmt.Sprintf("SEV-%d", k.Priority)}, "service": pagerdutyRef("service", "PS1", "Mail"),
		"teams": []any{pagerdutyRef("team", fmt.Sprintf("PT%d", slices.Index(Teams, k.Team)), k.Team)}, "created_at": zendeskStamp(k.Created), "updated_at": zendeskStamp(k.Updated),
		"last_status_change_at": zendeskStamp(k.Updated), "assignments": []any{}, "html_url": "https://example.pagerduty.com/incidents/" + pagerdutyID(k.ID),
	}
	if k.MergedInto > 0 {
		m["status"] = "resolved"
		m["resolve_reason"] = map[string]any{"type": "merge_resolve_reason", "incident": pagerdutyRef("incident", pagerdutyID(k.MergedInto), "private words")}
	}
	if k.Assignee != "" && m["status"] != "resolved" {
		m["assignments"] = []any{map[string]any{"at": zendeskStamp(k.Updated), "assignee": pagerdutyUser(k.Assignee)}}
	}
	return m
}

// pagerdutyLog is what happened to all incidents, the newest first, with what is of no use to anybody.
func pagerdutyLog(tickets []Ticket) []pagerdutyEntry {
	var out []pagerdutyEntry
	for _, k := range tickets {
		add := func(n int, at time.Time, kind string, who any, more map[string]any) {
			m := map[string]any{"id": fmt.Sprintf("R%05d%03d", k.ID, n), "type": kind + "_log_entry", "created_at": zendeskStamp(at), "agent": who, "summary": "private words",
				"channel": map[string]any{"type": "web", "details": "private words " + Token}, "incident": pagerdutyRef("incident", pagerdutyID(k.ID), "private words")}
			for name, v := range more {
				m[name] = v
			}
			out = append(out, pagerdutyEntry{at, m})
		}
		add(0, k.Created, "trigger", pagerdutyUser(""), nil)
		add(1, k.Created, "notify", pagerdutyUser(""), map[string]any{"user": pagerdutyUser(Agents[0])})
		status := "triggered"
		for i, c := range k.Changes {
			n := 10 + i
			switch c.Field {
			case "assignee":
				add(n, c.At, "assign", pagerdutyUser(c.Who), map[string]any{"assignees": []any{pagerdutyUser(c.To)}})
			case "priority": // what it was and is stands in the channel, beside texts
				add(n, c.At, "priority_change", pagerdutyUser(c.Who), map[string]any{"channel": map[string]any{"type": "web", "summary": "private words " + Token,
					"old_priority": pagerdutyRef("priority", "PP"+c.From, "SEV-"+c.From), "new_priority": pagerdutyRef("priority", "PP"+c.To, "SEV-"+c.To)}})
			case "status":
				to := pagerdutyStatus[c.To]
				kind := map[string]string{"acknowledged": "acknowledge", "resolved": "resolve", "triggered": "unacknowledge"}[to]
				if status == "resolved" && to != "resolved" {
					add(n+400, c.At, "reopen", pagerdutyUser(c.Who), nil)
				}
				add(n, c.At, kind, pagerdutyUser(c.Who), nil) // a second acknowledgement is told too
				status = to
			}
		}
		for i, m := range k.Messages {
			add(500+i, m.At, "annotate", pagerdutyUser(m.Who), nil)
		}
		if k.MergedInto > 0 {
			add(900, k.MergedAt, "resolve", pagerdutyUser(Agents[0]), nil)
		}
	}
	slices.SortStableFunc(out, func(a, b pagerdutyEntry) int { return b.at.Compare(a.at) })
	return out
}

type pagerdutyEntry struct {
	at time.Time
	m  map[string]any
}
