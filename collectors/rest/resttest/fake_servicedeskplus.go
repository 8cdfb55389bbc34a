package resttest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type:   "servicedeskplus",
		Source: "token: env:DESK_TOKEN\npage_size: 5\noptions: {sweep: always}\nmap: {priority: {P1: 1, P2: 2, P3: 3, P4: 4}}",
		Signed: func(r *http.Request) bool {
			return r.Header.Get("authtoken") == Token && r.Header.Get("Accept") == "application/vnd.manageengine.sdp.v3+json"
		},
		Serve: serviceDeskPlus,
		Lacks: map[string]string{"merged": "what a merge leaves behind is not known"},
	})
}

// serviceDeskPlus answers like ServiceDesk Plus: pages from 1 of at most 100, times in milliseconds as text, thin rows, deleted
// requests that are still there by their id, an error with status 200 when the criteria are not understood.
func serviceDeskPlus(s *Server, w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v3/")
	stamp := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return map[string]any{"display_value": t.Format("Jan 2, 2006 03:04 PM"), "value": strconv.FormatInt(t.UnixMilli(), 10)}
	}
	named := func(name string) any {
		if name == "" {
			return nil
		}
		return map[string]any{"id": "9" + name, "name": name}
	}
	status := map[string]string{"new": "Open", "in_progress": "In Progress", "on_hold": "Onhold", "resolved": "Resolved", "closed": "Closed"}
	all := s.Tickets()
	id, part, _ := strings.Cut(strings.TrimPrefix(path, "requests/"), "/")
	i := slices.IndexFunc(all, func(k Ticket) bool { return strconv.Itoa(k.ID) == id })
	if path != "requests" && i < 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch {
	case path == "requests":
		var in struct {
			ListInfo struct {
				RowCount       int    `json:"row_count"`
				StartIndex     int    `json:"start_index"`
				SortField      string `json:"sort_field"`
				SearchCriteria []struct{ Field, Condition, Value string }
				Criteria       []struct{ Field, Condition, Value string } `json:"search_criteria"`
			} `json:"list_info"`
		}
		if err := json.Unmarshal([]byte(r.URL.Query().Get("input_data")), &in); err != nil || len(in.ListInfo.Criteria) != 1 || in.ListInfo.StartIndex < 1 || in.ListInfo.SortField != "last_updated_time" {
			JSON(w, map[string]any{"response_status": map[string]any{"status_code": 4000, "messages": []any{map[string]any{"message": "input_data is not understood"}}}})
			return
		}
		ms, _ := strconv.ParseInt(in.ListInfo.Criteria[0].Value, 10, 64)
		found := bySince(all, time.UnixMilli(ms+1))
		rows := []any{}
		for _, k := range Page(found, in.ListInfo.StartIndex-1, in.ListInfo.RowCount, 100) {
			rows = append(rows, map[string]any{"id": strconv.Itoa(k.ID), "subject": k.Title, "last_updated_time": stamp(k.Updated)})
		}
		JSON(w, map[string]any{"requests": rows, "list_info": map[string]any{"has_more_rows": in.ListInfo.StartIndex-1+len(rows) < len(found)}, "response_status": []any{map[string]any{"status_code": 2000, "status": "success"}}})
	case part == "":
		k := all[i]
		JSON(w, map[string]any{"response_status": map[string]any{"status_code": 2000}, "request": map[string]any{"id": id, "subject": k.Title, "description": "private words " + Token,
			"request_type": named(map[string]string{"incident": "Incident", "service_request": "Service Request"}[k.Kind]), "status": named(status[k.Status]), "priority": named("P" + strconv.Itoa(k.Priority)),
			"group": named(k.Team), "technician": named(k.Assignee), "requester": named(k.Requester), "created_time": stamp(k.Created), "last_updated_time": stamp(k.Updated),
			"responded_time": stamp(k.FirstResponse()), "resolved_time": stamp(k.Resolved()), "is_trashed": k.Gone(), "udf_fields": map[string]any{"udf_sline_1": "Paris"}}})
	case part == "history":
		var out []any
		for _, c := range all[i].Changes {
			field := map[string]string{"assignee": "technician", "team": "group"}[c.Field]
			from, to := c.From, c.To
			switch c.Field {
			case "status":
				from, to = status[c.From], status[c.To]
			case "priority":
				from, to = "P"+c.From, "P"+c.To
			}
			if field == "" {
				field = c.Field
			}
			out = append(out, map[string]any{"id": c.ID, "operation": "UPDATE", "time": stamp(c.At), "by": named(c.Who), "diff": []any{map[string]any{"field": field, "previous_value": named(from), "current_value": named(to)}}})
		}
		answer := map[string]any{"response_status": map[string]any{"status_code": 2000}}
		if out != nil {
			answer["history"] = out
		}
		JSON(w, answer)
	case part == "notes":
		out := []any{}
		for _, m := range all[i].Messages {
			out = append(out, map[string]any{"id": strconv.Itoa(m.ID), "description": "private words " + url.QueryEscape(Token), "show_to_requester": m.Public, "created_by": named(m.Who), "created_time": stamp(m.At)})
		}
		JSON(w, map[string]any{"notes": out})
	}
}
