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
		Type: "znuny",
		Path: "/znuny/nph-genericinterface.pl/Webservice/Tickets",
		Source: `user: collector
password: env:DESK_TOKEN
time_zone: America/New_York
page_size: 4
map:
  kind: {Incident: incident, Service Request: service_request}
  status: {solved: resolved}
  priority: {4 very high: 1, 3 high: 2, 2 normal: 3, 1 low: 4}`,
		Serve: znuny,
	})
}

// znunyZone is OTRSTimeZone, which the interface does not tell.
var znunyZone = func() *time.Location {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return loc
}()

func znunyStamp(t time.Time) string { return t.In(znunyZone).Format("2006-01-02 15:04:05") }

var (
	znunyStates     = map[string]string{"new": "new", "in_progress": "open", "on_hold": "pending reminder", "resolved": "solved", "closed": "closed successful"}
	znunyPriorities = []string{"", "4 very high", "3 high", "2 normal", "1 low"}
	znunyTypes      = map[string]string{"incident": "Incident", "service_request": "Service Request"}
)

// znunyUser numbers people: 1 is the system, which stands for customers and owns what nobody owns.
func znunyUser(who string) (id int, login string) {
	if i := slices.Index(Agents, who); i >= 0 {
		return 11 + i, who
	}
	return 1, "root@localhost"
}

func znunyNumber(id int) string { return fmt.Sprintf("20260901%08d", id) }

// znuny answers like Znuny 6.5: status 200 to whatever goes wrong inside, one ticket that is not there spoils a request for many,
// searches of numbers only without total or offset, no hit an empty object, dates in one form only, the age at every reading
// another one, local times.
func znuny(s *Server, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	q := r.URL.Query()
	path := strings.TrimPrefix(r.URL.Path, "/znuny/nph-genericinterface.pl/Webservice/Tickets/")
	operation := map[bool]string{true: "TicketSearch", false: "TicketGet"}[path == "Ticket"]
	if strings.HasPrefix(path, "TicketHistory/") {
		operation = "TicketHistoryGet"
	}
	fault := func(code, said string) {
		JSON(w, map[string]any{"Error": map[string]string{"ErrorCode": operation + "." + code, "ErrorMessage": operation + ": " + said}})
	}
	if r.Method != http.MethodGet || path == r.URL.Path {
		http.Error(w, "HTTP::REST Error while determine Operation for request URI '/"+path+"'.", http.StatusInternalServerError)
		return
	}
	user, password := r.Header.Get("X-OTRS-Header-UserLogin"), r.Header.Get("X-OTRS-Header-Password")
	if q.Has("UserLogin") {
		user, password = q.Get("UserLogin"), q.Get("Password")
	}
	if user != "collector" || password != Token {
		fault("AuthFail", "Authorization failing!")
		return
	}
	var live []Ticket
	for _, k := range s.Tickets() {
		if !k.Gone() {
			live = append(live, k)
		}
	}
	route, ids, many := strings.Cut(path, "/")
	if !many {
		znunySearch(w, live, q)
		return
	}
	out := []any{}
	for _, id := range strings.Split(ids, ",") {
		i := slices.IndexFunc(live, func(k Ticket) bool { return strconv.Itoa(k.ID) == id })
		if i < 0 {
			fault("AccessDenied", "User does not have access to the ticket!")
			return
		}
		if route == "TicketHistory" {
			out = append(out, map[string]any{"TicketID": id, "History": znunyHistory(live, live[i])})
		} else {
			out = append(out, znunyTicket(s, live[i], q.Get("AllArticles") == "1"))
		}
	}
	JSON(w, map[string]any{map[string]string{"TicketHistory": "TicketHistory", "Ticket": "Ticket"}[route]: out})
}

func znunySearch(w http.ResponseWriter, live []Ticket, q map[string][]string) {
	get := func(name string) string {
		if v := q[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	moments := map[string]func(k Ticket) time.Time{
		"TicketLastChangeTimeNewerDate": znunyChanged, "TicketCreateTimeNewerDate": func(k Ticket) time.Time { return k.Created },
		"TicketChangeTimeNewerDate": func(k Ticket) time.Time { // of the history, in which links stand too
			at := k.Updated
			for _, o := range live {
				if slices.Contains(o.Links, k.ID) && o.Created.After(at) {
					at = o.Created
				}
			}
			return at
		},
	}
	for name, of := range moments {
		v := get(name)
		if v == "" {
			continue
		}
		from, err := time.ParseInLocation("2006-01-02 15:04:05", v, znunyZone)
		var newer []Ticket
		for _, k := range live {
			if err == nil && !of(k).Before(from) {
				newer = append(newer, k)
			}
		}
		live = newer
	}
	of := moments["TicketCreateTimeNewerDate"]
	if get("SortBy") == "Changed" {
		of = znunyChanged
	}
	slices.SortStableFunc(live, func(a, b Ticket) int {
		if get("OrderBy") == "Up" {
			return of(a).Compare(of(b))
		}
		return of(b).Compare(of(a))
	})
	limit, err := strconv.Atoi(get("Limit"))
	if err != nil || limit <= 0 {
		limit = 500
	}
	ids := []string{}
	for _, k := range live[:min(limit, len(live))] {
		ids = append(ids, strconv.Itoa(k.ID))
	}
	if len(ids) == 0 {
		JSON(w, map[string]any{})
		return
	}
	JSON(w, map[string]any{"TicketID": ids})
}

// znunyChanged is the column Changed.
func znunyChanged(k Ticket) time.Time { return k.Updated }

func znunyTicket(s *Server, k Ticket, articles bool) map[string]any {
	owner, login := znunyUser(k.Assignee)
	state, kind := znunyStates[k.Status], "open"
	if k.MergedInto > 0 {
		state, kind = "merged", "merged"
	}
	s.Lock.Lock()
	age, _ := s.Memory["age"].(int)
	s.Memory["age"] = age + 1 // it depends on the moment of asking
	s.Lock.Unlock()
	out := map[string]any{
		"TicketID": k.ID, "TicketNumber": znunyNumber(k.ID), "Title": k.Title, "Type": znunyTypes[k.Kind], "State": state, "StateType": kind, "Priority": znunyPriorities[k.Priority],
		"Queue": k.Team, "QueueID": 5 + slices.Index(Teams, k.Team), "Owner": login, "OwnerID": owner, "Responsible": "root@localhost", "ResponsibleID": 1, "CustomerUserID": k.Requester, "CustomerID": "ACME",
		"Created": znunyStamp(k.Created), "Changed": znunyStamp(znunyChanged(k)), "Lock": "unlock", "Age": age, "UntilTime": -age,
		"EscalationResponseTime": 0, "EscalationSolutionTime": 0,
		"DynamicField": []any{map[string]any{"Name": "Note", "Value": "somebody pasted " + Token}, map[string]any{"Name": "Empty", "Value": nil}},
	}
	if !articles {
		return out
	}
	article := func(id int, at time.Time, sender string, public int, by int) map[string]any {
		return map[string]any{"ArticleID": id, "TicketID": k.ID, "CreateTime": znunyStamp(at), "IncomingTime": at.Unix(), "SenderType": sender, "IsVisibleForCustomer": public,
			"CommunicationChannelID": 1, "CreateBy": by, "Subject": "Re", "Body": "private words " + Token}
	}
	list := []any{article(k.ID, k.Created, "customer", 1, 1)}
	for _, m := range k.Messages {
		by, _ := znunyUser(m.Who)
		sender, public := "agent", 0
		if m.Who == k.Requester {
			sender = "customer"
		}
		if m.Public {
			public = 1
		}
		list = append(list, article(100000+m.ID, m.At, sender, public, by))
	}
	if k.MergedInto > 0 {
		list = append(list, article(200000+k.ID, k.MergedAt, "agent", 1, 11))
	}
	out["Article"] = list
	return out
}

func znunyHistory(live []Ticket, k Ticket) []any {
	type entry struct {
		at   time.Time
		line map[string]any
	}
	var lines []entry
	add := func(at time.Time, who, kind, name string) {
		by, _ := znunyUser(who)
		lines = append(lines, entry{at, map[string]any{"TicketID": strconv.Itoa(k.ID), "ArticleID": 0, "CreateTime": znunyStamp(at), "CreateBy": by, "HistoryType": kind, "Name": name, "OwnerID": 1}})
	}
	first := k
	for _, c := range slices.Backward(k.Changes) {
		switch c.Field {
		case "team":
			first.Team = c.From
		case "priority":
			first.Priority = int(c.From[0] - '0')
		}
	}
	add(k.Created, "", "NewTicket", "%%"+znunyNumber(k.ID)+"%%"+first.Team+"%%"+znunyPriorities[first.Priority]+"%%new%%"+strconv.Itoa(k.ID))
	add(k.Created, "", "TypeUpdate", "%%"+znunyTypes[k.Kind]+"%%2")
	add(k.Created, "", "CustomerUpdate", "%%CustomerID=ACME;CustomerUser="+k.Requester+";")
	add(k.Created, "", "TicketDynamicFieldUpdate", "%%FieldName%%Note%%Value%%somebody pasted "+Token+"%%OldValue%%")
	for _, c := range k.Changes {
		switch c.Field {
		case "status":
			add(c.At, c.Who, "StateUpdate", "%%"+znunyStates[c.From]+"%%"+znunyStates[c.To]+"%%")
		case "team":
			add(c.At, c.Who, "Move", "%%"+c.To+"%%6%%"+c.From+"%%5")
		case "priority":
			add(c.At, c.Who, "PriorityUpdate", "%%"+znunyPriorities[c.From[0]-'0']+"%%1%%"+znunyPriorities[c.To[0]-'0']+"%%2")
		case "assignee":
			id, login := znunyUser(c.To)
			add(c.At, c.Who, "OwnerUpdate", fmt.Sprintf("%%%%%s%%%%%d", login, id))
		}
	}
	for _, m := range k.Messages {
		add(m.At, m.Who, map[bool]string{true: "FollowUp", false: "SendAnswer"}[m.Who == k.Requester], "%%")
	}
	for _, o := range live { // both tickets of a link tell of it
		for _, to := range o.Links {
			for _, end := range [][2]int{{o.ID, to}, {to, o.ID}} {
				if end[0] == k.ID {
					add(o.Created, "", "TicketLinkAdd", fmt.Sprintf("%%%%%s%%%%%d%%%%%d", znunyNumber(end[1]), end[1], k.ID))
				}
			}
		}
		if o.MergedInto > 0 && (o.ID == k.ID || o.MergedInto == k.ID) {
			add(o.MergedAt, Agents[0], "Merged", fmt.Sprintf("%%%%%s%%%%%d%%%%%s%%%%%d", znunyNumber(o.ID), o.ID, znunyNumber(o.MergedInto), o.MergedInto))
			if o.ID == k.ID {
				add(o.MergedAt, Agents[0], "StateUpdate", "%%"+znunyStates[k.Status]+"%%merged%%")
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b entry) int { return a.at.Compare(b.at) })
	out := []any{}
	for _, l := range lines {
		out = append(out, l.line)
	}
	return out
}
