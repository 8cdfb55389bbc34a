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
		Type:   "ivanti",
		Source: "token: env:DESK_TOKEN\npage_size: 5\noptions: {sweep: always}",
		Signed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "rest_api_key="+Token },
		Serve:  ivanti,
		Lacks:  map[string]string{"merged": "Ivanti does not merge"},
	})
}

// ivanti answers like Ivanti's OData: at most 100 rows, 204 without a body for none, times of which some lack their zone.
func ivanti(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	status := map[string]string{"new": "Logged", "in_progress": "Active", "on_hold": "Waiting for Customer", "resolved": "Resolved", "closed": "Closed"}
	stamp := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	type row struct {
		at     time.Time
		values map[string]any
	}
	var all []row
	set, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/odata/businessobject/"), "('")
	for _, k := range s.Tickets() {
		rec := fmt.Sprintf("R%031d", k.ID)
		switch set {
		case "incidents":
			if !k.Gone() {
				all = append(all, row{k.Updated, map[string]any{"RecId": rec, "IncidentNumber": 10000 + k.ID, "Subject": k.Title, "Symptom": "private words " + Token,
					"TypeOfIncident": map[string]string{"incident": "Failure", "service_request": "Service Request"}[k.Kind], "Status": status[k.Status], "Priority": strconv.Itoa(k.Priority), "OwnerTeam": k.Team,
					"Owner": k.Assignee, "ProfileFullName": k.Requester, "CreatedDateTime": k.Created.Format("2006-01-02T15:04:05"), "LastModDateTime": stamp(k.Updated), "ResolvedDateTime": stamp(k.Resolved())}})
			}
		case "Audit_Incidents":
			for _, c := range k.Changes {
				name := map[string]string{"status": "Status", "team": "OwnerTeam", "assignee": "Owner", "priority": "Priority"}[c.Field]
				from, to := c.From, c.To
				if c.Field == "status" {
					from, to = status[from], status[to]
				}
				all = append(all, row{c.At, map[string]any{"RecId": fmt.Sprintf("A%031d", c.ID), "ParentLink_RecID": rec, "FieldName": name, "OldValue": from, "NewValue": to, "CreatedBy": c.Who, "CreatedDateTime": stamp(c.At)}})
			}
		case "Journals":
			for _, m := range k.Messages {
				all = append(all, row{m.At, map[string]any{"RecId": fmt.Sprintf("J%031d", m.ID), "ParentLink_RecID": rec, "ParentLink_Category": "Incident", "PublishToWeb": m.Public, "NotesBody": "private words " + Token,
					"CreatedBy": m.Who, "CreatedDateTime": stamp(m.At), "LastModDateTime": stamp(m.At)}})
			}
		case "Frs_data_escalation_watchs":
			all = append(all, row{k.Created, map[string]any{"RecId": fmt.Sprintf("W%031d", k.ID), "ParentLink_RecID": rec, "ParentLink_Category": "Incident", "Name": "Resolution", "BreachPassed": false, "ClockState": "Run",
				"TargetClockDuration": 28800000, "TotalRunningDuration": 60000, "BreachDateTime": stamp(k.Created.Add(8 * time.Hour)), "LastModDateTime": stamp(k.Created)}})
		default:
			w.WriteHeader(http.StatusForbidden)
			return
		}
	}
	if id != "" {
		for _, x := range all {
			if x.values["RecId"] == strings.TrimSuffix(id, "')") {
				JSON(w, x.values)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		return
	}
	order, _, _ := strings.Cut(q.Get("$orderby"), ",")
	if f := q.Get("$filter"); f != "" {
		field, since, ok := strings.Cut(f, " ge ")
		at, err := time.Parse(time.RFC3339, since)
		if !ok || err != nil || field != order {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		all = slices.DeleteFunc(all, func(x row) bool { return x.at.Before(at) })
	}
	slices.SortStableFunc(all, func(a, b row) int { return a.at.Compare(b.at) })
	skip, _ := strconv.Atoi(q.Get("$skip"))
	top, _ := strconv.Atoi(q.Get("$top"))
	rows := []any{}
	for _, x := range Page(all, skip, top, 100) {
		rows = append(rows, x.values)
	}
	if len(rows) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	JSON(w, map[string]any{"@odata.count": len(all), "value": rows})
}
