package resttest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// JiraCloud plays Jira Cloud with Service Management, JiraDataCenter the other edition.
var (
	JiraCloud = Fake{
		Type:   "jira",
		Source: "user: desk@example.org\ntoken: env:DESK_TOKEN\npage_size: 5",
		Signed: func(r *http.Request) bool {
			user, token, _ := r.BasicAuth()
			return user == "desk@example.org" && token == Token
		},
		Serve: func(s *Server, w http.ResponseWriter, r *http.Request) { (&jira{Server: s, cloud: true}).serve(w, r) },
		Lacks: map[string]string{"merged": "Jira has no merging"},
	}
	JiraDataCenter = Fake{
		Type:   "jira",
		Source: "token: env:DESK_TOKEN\npage_size: 5",
		Signed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token },
		Serve:  func(s *Server, w http.ResponseWriter, r *http.Request) { (&jira{Server: s}).serve(w, r) },
		Lacks:  JiraCloud.Lacks,
	}
)

func init() { AddFake(JiraCloud) }

// jiraZone is that of the account's profile: JQL literals are read in it.
var jiraZone = func() *time.Location {
	l, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return l
}()

// jira is one answer of a Jira. Memory: lag (time.Duration) = how far the search is behind; nobulk, noplain = changes of many issues, of one,
// are refused; noSLAFields = SLA cycles only by their own resource; unmarked = comments bear no jsdPublic; hidden = key of a project that the
// account does not see.
type jira struct {
	*Server
	cloud bool
}

var jiraWords = map[string]string{"new": "Open", "in_progress": "In Progress", "on_hold": "Waiting for customer", "resolved": "Resolved", "closed": "Closed",
	"incident": "[System] Incident", "service_request": "[System] Service request", "1": "Highest", "2": "High", "3": "Medium", "4": "Low"}

var (
	jiraStatuses = []string{"new", "in_progress", "on_hold", "resolved", "closed"}
	jiraKeys     = map[string]string{"Service Desk": "SD", "Network": "NET"}
)

func (j *jira) flag(name string) string {
	j.Lock.Lock()
	defer j.Lock.Unlock()
	return fmt.Sprint(j.Memory[name])
}

func jiraID(id int) string { return strconv.Itoa(10000 + id) }

func jiraKey(k Ticket) string { return fmt.Sprintf("%s-%d", jiraKeys[k.Team], k.ID) }

// stamp is a time as Jira writes it: in the zone of the profile, with milliseconds and without a colon in the offset.
func (j *jira) stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.In(jiraZone).Format("2006-01-02T15:04:05.000-0700")
}

func (j *jira) user(login string) any {
	if login == "" {
		return nil
	}
	if j.cloud {
		kind := "atlassian"
		if slices.Contains(Requesters, login) {
			kind = "customer"
		}
		return map[string]any{"accountId": "qm:" + login, "displayName": login, "accountType": kind, "active": true}
	}
	return map[string]any{"name": login, "key": "JIRAUSER" + login, "displayName": "Person " + login, "emailAddress": login + "@example.org"}
}

func jiraNamed(id int, name string) map[string]any {
	return map[string]any{"id": strconv.Itoa(id), "name": name}
}

func jiraStatus(s string) map[string]any {
	m := jiraNamed(1+slices.Index(jiraStatuses, s), jiraWords[s])
	m["statusCategory"] = map[string]any{"key": map[string]string{"new": "new", "resolved": "done", "closed": "done"}[s]}
	return m
}

func jiraProject(team string) map[string]any {
	m := jiraNamed(100+slices.Index(Teams, team), team)
	m["key"], m["projectTypeKey"] = jiraKeys[team], "service_desk"
	return m
}

// issue is an issue with the fields that were asked for.
func (j *jira) issue(k Ticket, fields []string) map[string]any {
	comments := []any{}
	for _, m := range k.Messages {
		c := map[string]any{"id": strconv.Itoa(m.ID), "author": j.user(m.Who), "created": j.stamp(m.At), "body": "words " + Token}
		if j.flag("unmarked") != "true" {
			c["jsdPublic"] = m.Public
		}
		comments = append(comments, c)
	}
	inline := comments[:min(len(comments), 2)] // only the first ones come with the issue
	all := map[string]any{"summary": k.Title, "status": jiraStatus(k.Status), "assignee": j.user(k.Assignee), "reporter": j.user(k.Requester), "creator": j.user(k.Requester),
		"priority": jiraNamed(k.Priority, jiraWords[strconv.Itoa(k.Priority)]), "issuetype": jiraNamed(map[string]int{"incident": 11, "service_request": 12}[k.Kind], jiraWords[k.Kind]),
		"project": jiraProject(k.Team), "created": j.stamp(k.Created), "updated": j.stamp(k.Updated), "resolutiondate": j.stamp(k.Resolved()), "duedate": nil, "description": "private words",
		"comment":           map[string]any{"comments": inline, "total": len(comments), "startAt": 0, "maxResults": 2},
		"worklog":           map[string]any{"worklogs": []any{map[string]any{"id": jiraID(k.ID), "author": j.user("ana"), "started": j.stamp(k.Created), "timeSpentSeconds": 600}}, "total": 1},
		"customfield_10001": map[string]any{"value": "Moderate / Limited"}, "customfield_10002": nil, "customfield_10005": []any{map[string]any{"id": "7", "name": "Example Ltd"}}, "issuelinks": []any{}}
	if j.flag("noSLAFields") != "true" {
		all["customfield_10003"] = j.sla(k)
	}
	if k.Status == "closed" {
		all["customfield_10004"] = map[string]any{"rating": 1 + k.ID%5}
	}
	out := map[string]any{}
	for _, f := range fields {
		if v, ok := all[f]; ok {
			out[f] = v
		}
	}
	return map[string]any{"id": jiraID(k.ID), "key": jiraKey(k), "fields": out}
}

// sla is the SLA of an issue; a running cycle changes with every answer.
func (j *jira) sla(k Ticket) map[string]any {
	moment := func(t time.Time) map[string]any {
		return map[string]any{"iso8601": t.Format("2006-01-02T15:04:05-0700"), "epochMillis": t.UnixMilli(), "friendly": "Today " + strconv.Itoa(j.Requests())}
	}
	length := func(d time.Duration) map[string]any { return map[string]any{"millis": d.Milliseconds()} }
	goal := 8 * time.Hour
	c := map[string]any{"startTime": moment(k.Created), "breachTime": moment(k.Created.Add(goal)), "goalDuration": length(goal), "breached": false}
	out := map[string]any{"id": "1", "name": "Time to resolution", "completedCycles": []any{}}
	if done := k.Resolved(); !done.IsZero() {
		c["stopTime"], c["elapsedTime"], c["breached"] = moment(done), length(done.Sub(k.Created)), done.Sub(k.Created) > goal
		out["completedCycles"] = []any{c}
		return out
	}
	c["elapsedTime"], c["remainingTime"] = length(time.Duration(j.Requests())*time.Second), length(goal-time.Duration(j.Requests())*time.Second)
	c["paused"], c["withinCalendarHours"] = false, j.Requests()%2 == 0
	out["ongoingCycle"] = c
	return out
}

// histories are the changes of an issue; created is a text, or on Cloud's list for many issues a number of seconds or milliseconds.
func (j *jira) histories(k Ticket, bulk bool) []map[string]any {
	value := func(field, v string) (id, name any) {
		switch {
		case v == "":
			return nil, nil
		case field == "status":
			return jiraStatus(v)["id"], jiraWords[v]
		case field == "priority":
			return v, jiraWords[v]
		case field == "team":
			return jiraProject(v)["id"], v
		case j.cloud:
			return "qm:" + v, v
		}
		return "JIRAUSER" + v, "Person " + v
	}
	out := []map[string]any{}
	for _, c := range k.Changes {
		f := map[string]string{"team": "project"}[c.Field]
		if f == "" {
			f = c.Field
		}
		from, fromName := value(c.Field, c.From)
		to, toName := value(c.Field, c.To)
		h := map[string]any{"id": strconv.Itoa(c.ID), "author": j.user(c.Who), "created": j.stamp(c.At),
			"items": []any{map[string]any{"field": f, "fieldId": f, "from": from, "fromString": fromName, "to": to, "toString": toName}}}
		if bulk && k.ID%2 == 0 {
			h["created"] = c.At.UnixMilli()
		} else if bulk {
			h["created"] = c.At.Unix()
		}
		out = append(out, h)
	}
	if !bulk && len(out) > 0 { // what people wrote stands in the history too
		out[0]["items"] = append(out[0]["items"].([]any), map[string]any{"field": "description", "fieldId": "description", "from": nil, "fromString": "words " + Token, "to": nil, "toString": "private words"})
	}
	return out
}

var jiraClause = regexp.MustCompile(`^(?:updated >= "(\d{4}-\d\d-\d\d(?: \d\d:\d\d)?)"|project in \((.*)\)|id in \(([\d,]+)\))$`)

// search applies JQL. ok is false for what Jira would refuse.
func (j *jira) search(jql string) (out []Ticket, ok bool) {
	moment := j.Now()
	if lag, err := time.ParseDuration(j.flag("lag")); err == nil {
		moment = moment.Add(-lag)
	}
	cond, order, _ := strings.Cut(jql, " ORDER BY ")
	out = slices.DeleteFunc(j.Story.At(moment), func(k Ticket) bool { return k.Gone() || jiraKeys[k.Team] == j.flag("hidden") })
	for _, part := range strings.Split(cond, " AND ") {
		m := jiraClause.FindStringSubmatch(part)
		if m == nil {
			return nil, false
		}
		out = slices.DeleteFunc(out, func(k Ticket) bool {
			switch {
			case m[1] != "":
				from, err := time.ParseInLocation("2006-01-02 15:04", m[1], jiraZone)
				if err != nil {
					from, _ = time.ParseInLocation("2006-01-02", m[1], jiraZone)
				}
				return k.Updated.Before(from)
			case m[2] != "":
				return !strings.Contains(m[2], `"`+jiraKeys[k.Team]+`"`)
			}
			return !slices.Contains(strings.Split(m[3], ","), jiraID(k.ID))
		})
	}
	slices.SortStableFunc(out, func(a, b Ticket) int {
		c := a.Updated.Compare(b.Updated)
		if c == 0 {
			c = strings.Compare(jiraKey(a), jiraKey(b))
		}
		if strings.Contains(order, "DESC") {
			c = -c
		}
		return c
	})
	return out, true
}

func (j *jira) serve(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		JQL             string   `json:"jql"`
		Fields          []string `json:"fields"`
		MaxResults      *int     `json:"maxResults"`
		StartAt         int      `json:"startAt"`
		NextPageToken   string   `json:"nextPageToken"`
		Expand          []string `json:"expand"`
		IssueIDsOrKeys  []string `json:"issueIdsOrKeys"`
		FieldIDs        []string `json:"fieldIds"`
		ReconcileIssues []int    `json:"reconcileIssues"`
	}
	if r.Method == http.MethodPost {
		b, _ := io.ReadAll(r.Body)
		if json.Unmarshal(b, &ask) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	}
	refuse := func(status int, said string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"errorMessages":[%q],"errors":{}}`, said)
	}
	path := strings.Trim(r.URL.Path, "/")
	size := 50
	if ask.MaxResults != nil {
		size = *ask.MaxResults
	}
	if strings.HasPrefix(path, "rest/api/3/") && !j.cloud || j.cloud && (path == "rest/api/2/search" || path == "rest/api/3/search") {
		refuse(map[bool]int{true: http.StatusGone, false: http.StatusNotFound}[j.cloud], "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")
		return
	}
	if path == "rest/api/3/search/jql" || path == "rest/api/2/search" || path == "rest/api/3/search/approximate-count" {
		found, ok := j.search(ask.JQL)
		switch {
		case !ok:
			refuse(http.StatusBadRequest, "Unbounded JQL queries are not allowed here, or an error in the JQL query")
		case strings.HasSuffix(path, "count"):
			JSON(w, map[string]any{"count": len(found)})
		default:
			j.list(w, ask.Fields, ask.Expand, found, size, ask.StartAt, ask.NextPageToken)
		}
		return
	}
	plain := map[string]any{
		"rest/api/2/serverInfo": map[string]any{"version": map[bool]string{true: "1001.0.0-SNAPSHOT", false: "9.12.4"}[j.cloud], "deploymentType": map[bool]string{true: "Cloud", false: "Server"}[j.cloud]},
		"rest/api/2/myself":     map[string]any{"displayName": "Collector", "timeZone": jiraZone.String()},
		"rest/api/2/priority":   []any{jiraNamed(1, "Highest"), jiraNamed(2, "High"), jiraNamed(3, "Medium"), jiraNamed(4, "Low")},
		"rest/api/2/issuetype":  []any{jiraNamed(11, "[System] Incident"), jiraNamed(12, "[System] Service request")},
		"rest/api/2/status":     []any{jiraStatus("new"), jiraStatus("in_progress"), jiraStatus("on_hold"), jiraStatus("resolved"), jiraStatus("closed")},
	}
	switch {
	case plain[path] != nil:
		JSON(w, plain[path])
	case path == "rest/api/2/field":
		var out []any
		for i, f := range [][2]string{{"Impact", "com.atlassian.jira.plugin.system.customfieldtypes:select"}, {"Diary", "com.atlassian.jira.plugin.system.customfieldtypes:textarea"},
			{"Time to resolution", "com.atlassian.servicedesk:sd-sla-field"}, {"Satisfaction", "com.atlassian.servicedesk:sd-request-feedback"}, {"Organizations", "com.atlassian.servicedesk:sd-customer-organizations"}} {
			if i != 2 || j.flag("noSLAFields") != "true" {
				out = append(out, map[string]any{"id": fmt.Sprintf("customfield_%d", 10001+i), "name": f[0], "custom": true, "schema": map[string]any{"type": "any", "custom": f[1]}})
			}
		}
		JSON(w, append(out, map[string]any{"id": "status", "name": "Status", "custom": false}))
	case path == "rest/api/3/project/search" || path == "rest/api/2/project":
		all := []any{}
		for _, t := range Teams {
			if jiraKeys[t] != j.flag("hidden") {
				all = append(all, jiraProject(t))
			}
		}
		if !j.cloud {
			JSON(w, all)
			return
		}
		at, _ := strconv.Atoi(r.URL.Query().Get("startAt"))
		JSON(w, map[string]any{"values": Page(all, at, 1, 1), "total": len(all), "isLast": at+1 >= len(all)}) // caps pages at one
	case path == "rest/api/3/changelog/bulkfetch":
		if j.flag("nobulk") == "true" || len(ask.IssueIDsOrKeys) > 1000 || len(ask.FieldIDs) > 10 {
			refuse(http.StatusForbidden, "not for you")
			return
		}
		j.bulk(w, ask.IssueIDsOrKeys, ask.FieldIDs, ask.NextPageToken)
	case path == "rest/api/3/issue/bulkfetch":
		issues, errors := []any{}, []any{}
		for _, id := range ask.IssueIDsOrKeys {
			if k, ok := j.find(id); ok {
				issues = append(issues, j.issue(k, ask.Fields))
			} else {
				errors = append(errors, map[string]any{"id": id, "errorMessage": "Issue does not exist or you do not have permission to see it."})
			}
		}
		JSON(w, map[string]any{"issues": issues, "issueErrors": errors})
	case strings.HasPrefix(path, "rest/api/2/issue/"), strings.HasPrefix(path, "rest/servicedeskapi/request/"):
		id, part, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, "rest/api/2/issue/"), "rest/servicedeskapi/request/"), "/")
		k, ok := j.find(id)
		if !ok || part == "changelog" && j.flag("noplain") == "true" {
			refuse(http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
			return
		}
		j.part(w, r, k, part)
	default:
		refuse(http.StatusNotFound, "no such resource")
	}
}

func (j *jira) find(id string) (Ticket, bool) {
	for _, k := range j.Tickets() {
		if jiraID(k.ID) == id && !k.Gone() && jiraKeys[k.Team] != j.flag("hidden") {
			return k, true
		}
	}
	return Ticket{}, false
}

// list is a page of a search: on Cloud by a token that the last page does not bear, and shorter than asked for when many fields are; elsewhere
// by number, with the history.
func (j *jira) list(w http.ResponseWriter, fields, expand []string, found []Ticket, size, start int, token string) {
	if len(fields) == 0 {
		fields = []string{"id"}
	}
	if j.cloud {
		start, _ = strconv.Atoi(strings.TrimPrefix(token, "token-"))
		if len(fields) > 3 {
			size = min(size, 4)
		}
	}
	issues := []any{}
	page := []Ticket{}
	if size > 0 {
		page = Page(found, start, size, 1000)
	}
	for _, k := range page {
		i := j.issue(k, fields)
		if slices.Contains(expand, "changelog") {
			h := j.histories(k, false)
			i["changelog"] = map[string]any{"total": len(h), "histories": h}
		}
		issues = append(issues, i)
	}
	out := map[string]any{"issues": issues}
	if !j.cloud {
		out["total"], out["startAt"], out["maxResults"] = len(found), start, size
	} else if start+size < len(found) {
		out["nextPageToken"] = "token-" + strconv.Itoa(start+size)
	}
	JSON(w, out)
}

// bulk gives histories of many issues in the order of time, three a page.
func (j *jira) bulk(w http.ResponseWriter, ids, fields []string, token string) {
	type entry struct {
		at    time.Time
		issue string
		h     map[string]any
	}
	var all []entry
	for _, k := range j.Tickets() {
		if !slices.Contains(ids, jiraID(k.ID)) || k.Gone() {
			continue
		}
		for n, h := range j.histories(k, true) {
			if slices.Contains(fields, h["items"].([]any)[0].(map[string]any)["fieldId"].(string)) {
				all = append(all, entry{k.Changes[n].At, jiraID(k.ID), h})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	start, _ := strconv.Atoi(strings.TrimPrefix(token, "token-"))
	logs := []any{}
	for _, e := range Page(all, start, 7, 7) {
		logs = append(logs, map[string]any{"issueId": e.issue, "changeHistories": []any{e.h}})
	}
	out := map[string]any{"issueChangeLogs": logs}
	if start+7 < len(all) {
		out["nextPageToken"] = "token-" + strconv.Itoa(start+7)
	}
	JSON(w, out)
}

// part is what belongs to one issue.
func (j *jira) part(w http.ResponseWriter, r *http.Request, k Ticket, part string) {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("startAt"))
	switch part {
	case "":
		JSON(w, j.issue(k, strings.Split(q.Get("fields"), ",")))
	case "comment":
		all := []any{}
		for _, m := range k.Messages {
			c := map[string]any{"id": strconv.Itoa(m.ID), "author": j.user(m.Who), "created": j.stamp(m.At), "body": "words " + Token}
			if q.Get("expand") == "properties" {
				c["properties"] = []any{map[string]any{"key": "sd.public.comment", "value": map[string]any{"internal": !m.Public}}}
			}
			all = append(all, c)
		}
		JSON(w, map[string]any{"comments": Page(all, start, 1, 1), "total": len(all), "startAt": start, "maxResults": 1})
	case "changelog":
		h := j.histories(k, false)
		JSON(w, map[string]any{"values": Page(h, start, 2, 2), "total": len(h), "startAt": start, "isLast": start+2 >= len(h)})
	case "sla":
		JSON(w, map[string]any{"values": []any{j.sla(k)}, "isLastPage": true, "start": 0})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
