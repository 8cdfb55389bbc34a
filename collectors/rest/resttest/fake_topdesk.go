package resttest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type:   "topdesk",
		Source: "user: collector\npassword: env:DESK_TOKEN\npage_size: 5\noptions: {sweep: always}",
		Signed: func(r *http.Request) bool {
			user, password, _ := r.BasicAuth()
			return user == "collector" && password == Token
		},
		Serve: topdesk,
		Lacks: map[string]string{"merged": "TOPdesk does not merge", "history": "no history of statuses by REST"},
	})
}

// topdesk answers like TOPdesk: 204 without a body for no record, 206 where more pages follow, FIQL, offsets without a colon.
func topdesk(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	path := strings.TrimPrefix(r.URL.Path, "/tas/api/")
	stamp := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format("2006-01-02T15:04:05.000+0000")
	}
	named := func(name string) any {
		if name == "" {
			return nil
		}
		return map[string]any{"id": "id-" + name, "name": name}
	}
	row := func(k Ticket) map[string]any {
		status := map[string]string{"new": "Logged", "in_progress": "In progress", "on_hold": "Waiting for user", "resolved": "Completed", "closed": "Closed"}[k.Status]
		return map[string]any{"id": fmt.Sprintf("unid-%d", k.ID), "number": fmt.Sprintf("I 2609 %03d", k.ID), "briefDescription": k.Title, "request": "private words " + Token,
			"callType": named(map[string]string{"incident": "Incident", "service_request": "Service request"}[k.Kind]), "processingStatus": named(status), "priority": named("P" + strconv.Itoa(k.Priority)),
			"operatorGroup": named(k.Team), "operator": named(k.Assignee), "caller": map[string]any{"id": k.Requester, "dynamicName": k.Requester}, "callDate": stamp(k.Created), "creationDate": stamp(k.Created),
			"modificationDate": stamp(k.Updated), "closed": k.Status == "closed", "completedDate": stamp(k.Resolved()), "targetDate": stamp(k.Created.Add(8 * time.Hour)), "onHold": k.Status == "on_hold"}
	}
	list := func(all []any, start, size int) {
		if start >= len(all) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if start+size < len(all) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusPartialContent)
		}
		JSON(w, Page(all, start, size, 10000))
	}
	id, trail, _ := strings.Cut(strings.TrimPrefix(path, "incidents/id/unid-"), "/")
	switch {
	case path == "version":
		JSON(w, map[string]any{"version": "3.5.1", "note": Token})
	case path == "incidents":
		since, _ := time.Parse(time.RFC3339, strings.TrimPrefix(q.Get("query"), "modificationDate=ge="))
		if !strings.HasPrefix(q.Get("sort"), "modificationDate:asc") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var all []any
		for _, k := range bySince(s.Tickets(), since) {
			all = append(all, row(k))
		}
		start, _ := strconv.Atoi(q.Get("pageStart"))
		size, _ := strconv.Atoi(q.Get("pageSize"))
		list(all, start, size)
	case strings.HasPrefix(path, "incidents/id/"):
		k, ok := numbered(s.Tickets(), id)
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if trail == "" {
			JSON(w, row(k))
			return
		}
		var all []any
		for _, m := range k.Messages {
			e := map[string]any{"id": fmt.Sprint("trail-", m.ID), "memoText": "private words " + Token, "invisibleForCaller": !m.Public, "entryDate": stamp(m.At), "operator": named(m.Who), "person": nil}
			if m.Who == k.Requester {
				e["operator"], e["person"] = nil, named(m.Who)
			}
			all = append(all, e)
		}
		start, _ := strconv.Atoi(q.Get("start"))
		size, _ := strconv.Atoi(q.Get("page_size"))
		list(all, start, size)
	default: // operatorChanges: this account may not read them
		w.WriteHeader(http.StatusForbidden)
	}
}
