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
		Type:   "haloitsm",
		Source: "client_id: collector\nclient_secret: env:DESK_TOKEN\npage_size: 5\noptions: {sweep: always}",
		Signed: func(r *http.Request) bool {
			return r.URL.Path == "/auth/token" || r.Header.Get("Authorization") == "Bearer halo-session-1"
		},
		Serve: halo,
		Lacks: map[string]string{},
	})
}

var haloStates = []string{"new", "in_progress", "on_hold", "resolved", "closed"}

// halo answers like HaloITSM: an access token by client credentials, times without a zone, 1900 for no time, 0 for no id, pages only
// with the parameter pageinate, actions of which one says that the status changed.
func halo(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return "1900-01-01T00:00:00"
		}
		return t.UTC().Format("2006-01-02T15:04:05.000")
	}
	agents := append([]string{""}, Agents...)
	names := func(all ...string) []any {
		var out []any
		for i, n := range all {
			if n != "" {
				out = append(out, map[string]any{"id": i + 1, "name": n})
			}
		}
		return out
	}
	row := func(k Ticket) map[string]any {
		agent := 0
		if k.Assignee != "" {
			agent = slices.Index(agents, k.Assignee) + 1
		}
		return map[string]any{"id": k.ID, "summary": k.Title, "details": "private words " + Token, "tickettype_id": map[string]int{"incident": 1, "service_request": 2}[k.Kind],
			"status_id": slices.Index(haloStates, k.Status) + 1, "priority_id": k.Priority, "sla_id": 1, "team": k.Team, "agent_id": agent, "user_name": k.Requester, "client_id": 12, "client_name": "Example",
			"impact": 0, "urgency": 0, "serviceid": 0, "merged_into_id": k.MergedInto, "dateoccurred": stamp(k.Created), "last_update": stamp(k.Updated), "dateclosed": stamp(time.Time{}),
			"respondbydate": stamp(k.Created.Add(time.Hour)), "fixbydate": stamp(k.Created.Add(8 * time.Hour)), "responsedate": stamp(k.FirstResponse()), "slaresponsestate": "I", "slastate": "O", "excludefromsla": false}
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/"); {
	case path == "auth/token":
		if r.FormValue("client_secret") != Token || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "all" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		JSON(w, map[string]any{"access_token": "halo-session-1", "expires_in": 3600, "token_type": "Bearer"})
	case path == "api/status":
		JSON(w, names("New", "In Progress", "With User", "Resolved", "Closed"))
	case path == "api/tickettype":
		JSON(w, names("Incident", "Service Request"))
	case path == "api/priority":
		var out []any
		for i, n := range []string{"Critical", "High", "Medium", "Low"} {
			out = append(out, map[string]any{"id": "p" + strconv.Itoa(i+1), "priorityid": i + 1, "slaid": 1, "name": n})
		}
		JSON(w, out)
	case path == "api/agent":
		JSON(w, names(agents...))
	case path == "api/tickets":
		since, _ := time.Parse(time.RFC3339, q.Get("startdate"))
		found := bySince(s.Tickets(), since)
		slices.SortFunc(found, func(a, b Ticket) int { return a.ID - b.ID })
		page, _ := strconv.Atoi(q.Get("page_no"))
		size, _ := strconv.Atoi(q.Get("page_size"))
		rows := []any{}
		for _, k := range Page(found, (page-1)*size, size, 100) {
			if q.Get("pageinate") == "true" {
				rows = append(rows, row(k))
			}
		}
		JSON(w, map[string]any{"record_count": len(found), "tickets": rows})
	case strings.HasPrefix(path, "api/tickets/"):
		k, ok := numbered(s.Tickets(), strings.TrimPrefix(path, "api/tickets/"))
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		JSON(w, row(k))
	case path == "api/actions":
		k, _ := numbered(s.Tickets(), q.Get("ticket_id"))
		out := []any{}
		who := func(name string) int { return max(slices.Index(agents, name), 0) }
		for _, c := range k.Changes {
			if c.Field == "status" {
				out = append(out, map[string]any{"id": c.ID, "ticket_id": k.ID, "who": c.Who, "who_agentid": who(c.Who), "datetime": stamp(c.At), "note": "", "hiddenfromuser": false,
					"old_status": slices.Index(haloStates, c.From) + 1, "new_status": slices.Index(haloStates, c.To) + 1})
			}
		}
		for _, m := range k.Messages {
			out = append(out, map[string]any{"id": 1000 + m.ID, "ticket_id": k.ID, "who": m.Who, "who_agentid": who(m.Who), "datetime": stamp(m.At), "note": "private words", "note_html": Token, "email_message_id": "<m@desk>", "hiddenfromuser": !m.Public,
				"old_status": 2, "new_status": 2})
		}
		JSON(w, map[string]any{"record_count": len(out), "actions": out})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
