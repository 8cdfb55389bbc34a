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
		Type:   "helix",
		Source: "user: collector\npassword: env:DESK_TOKEN\npage_size: 5\noptions: {sweep: always}\nmap: {priority: {P1: 1, P2: 2, P3: 3, P4: 4}}",
		Signed: func(r *http.Request) bool {
			return r.URL.Path == "/api/jwt/login" || r.Header.Get("Authorization") == "AR-JWT helix-session-1"
		},
		Serve:  helix,
		Logout: true,
		Lacks:  map[string]string{"merged": "Helix does not merge"},
	})
}

var helixSince = regexp.MustCompile(`^'[A-Za-z ]+' >= (\d+)$`)

// helix answers like the AR System: a session as plain text, forms, qualifications, offsets without a colon, an audit log of which
// each entry tells all values after a change.
func helix(s *Server, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/jwt/login" {
		if r.FormValue("username") != "collector" || r.FormValue("password") != Token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("helix-session-1"))
		return
	}
	q := r.URL.Query()
	stamp := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format("2006-01-02T15:04:05.000+0000")
	}
	text := func(v string) any {
		if v == "" {
			return nil
		}
		return v
	}
	status := map[string]string{"new": "New", "in_progress": "In Progress", "on_hold": "Pending", "resolved": "Resolved", "closed": "Closed"}
	type entry struct {
		at     time.Time
		values map[string]any
	}
	var all []entry
	form, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/arsys/v1/entry/"), "/")
	number := func(k Ticket) string { return fmt.Sprintf("INC%012d", k.ID) }
	for _, k := range s.Tickets() {
		if k.Gone() && form == "HPD:Help Desk" {
			continue
		}
		switch form {
		case "HPD:Help Desk":
			all = append(all, entry{k.Updated, map[string]any{"Entry ID": fmt.Sprintf("E%d", k.ID), "Incident Number": number(k), "Description": k.Title, "Detailed Decription": "private words " + Token,
				"Service Type": map[string]string{"incident": "User Service Restoration", "service_request": "User Service Request"}[k.Kind], "Status": status[k.Status], "Priority": fmt.Sprint("P", k.Priority),
				"Assigned Group": k.Team, "Assignee": text(k.Assignee), "First Name": k.Requester, "Submit Date": stamp(k.Created), "Last Modified Date": stamp(k.Updated), "Last Resolved Date": stamp(k.Resolved())}})
		case "HPD:HelpDesk_AuditLogSystem":
			now := k
			for _, c := range slices.Backward(k.Changes) {
				switch c.Field {
				case "status":
					now.Status = c.From
				case "team":
					now.Team = c.From
				case "assignee":
					now.Assignee = c.From
				case "priority":
					now.Priority, _ = strconv.Atoi(c.From)
				}
			}
			put := func(n int, at time.Time, who string) {
				all = append(all, entry{at, map[string]any{"Request ID": fmt.Sprintf("A%04d-%04d", k.ID, n), "Original Request ID": fmt.Sprintf("E%d", k.ID), "Audit Date": stamp(at), "User": who, "Log": "private words " + Token,
					"Status": status[now.Status], "Assigned Group": now.Team, "Assignee": text(now.Assignee), "Priority": fmt.Sprint("P", now.Priority)}})
			}
			put(0, k.Created, k.Requester)
			for i, c := range k.Changes {
				switch c.Field {
				case "status":
					now.Status = c.To
				case "team":
					now.Team = c.To
				case "assignee":
					now.Assignee = c.To
				case "priority":
					now.Priority, _ = strconv.Atoi(c.To)
				}
				put(i+1, c.At, c.Who)
			}
		case "HPD:WorkLog":
			for _, m := range k.Messages {
				access, kind := "Internal", "General Information"
				if m.Public {
					access, kind = "Public", "Customer Communication"
				}
				if m.Who == k.Requester {
					kind = "Customer Inbound"
				}
				all = append(all, entry{m.At, map[string]any{"Work Log ID": fmt.Sprintf("WLG%d", m.ID), "Incident Number": number(k), "Work Log Submit Date": stamp(m.At), "Submitter": m.Who, "View Access": access,
					"Work Log Type": kind, "Last Modified Date": stamp(m.At), "Detailed Description": "private words " + Token}})
			}
		case "SLM:Measurement":
			all = append(all, entry{k.Created, map[string]any{"Instance ID": fmt.Sprintf("M%d", k.ID), "ApplicationUserFriendlyID": number(k), "SVTTitle": "Resolution 8 h", "GoalTypeName": "Incident Resolution Time",
				"MeasurementStatus": "In Process", "SVTDueDate": stamp(k.Created.Add(8 * time.Hour)), "OverallElapsedTime": 60, "Modified Date": stamp(k.Created)}})
		default:
			w.WriteHeader(http.StatusForbidden)
			return
		}
	}
	answer := func(e entry) any { return map[string]any{"values": e.values, "_links": map[string]any{}} }
	if id != "" {
		for _, e := range all {
			if e.values["Entry ID"] == id {
				JSON(w, answer(e))
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if m := helixSince.FindStringSubmatch(q.Get("q")); m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		all = slices.DeleteFunc(all, func(e entry) bool { return e.at.Unix() < n })
	} else if q.Get("q") != "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if strings.HasSuffix(q.Get("sort"), ".asc") {
		slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	out := []any{}
	for _, e := range Page(all, offset, limit, 1000) {
		out = append(out, answer(e))
	}
	JSON(w, map[string]any{"entries": out})
}
