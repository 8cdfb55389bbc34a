package resttest

import (
	"encoding/json"
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
		Type: "itop",
		Source: `user: collector
password: env:DESK_TOKEN
time_zone: UTC
page_size: 7`,
		Signed: func(r *http.Request) bool {
			return r.URL.Query().Get("auth_pwd") == "" && r.PostFormValue("auth_user") == "collector" && r.PostFormValue("auth_pwd") == Token
		},
		Serve: itop,
		Lacks: map[string]string{"merged": "iTop has no merging"},
	})
}

var (
	itopStatus  = map[string]string{"new": "new", "in_progress": "assigned", "on_hold": "pending", "resolved": "resolved", "closed": "closed"}
	itopSelect  = regexp.MustCompile(`^SELECT (\w+)(?: WHERE (.*))?$`)
	itopIn      = regexp.MustCompile(`^(\w+) IN \(([^)]*)\)$`)
	itopCompare = regexp.MustCompile(`^(\w+) (>=|<=|>|=) '?([^']*)'?$`)
)

func itopStamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// itopObject is a record: its class, its id, its fields (texts, but for logs and lists).
type itopObject struct {
	class  string
	id     int
	fields map[string]any
}

// itop answers like iTop's REST/JSON: always with status 200, a map in no order, everything unless there is a limit, an error as a
// code, numbers as texts, null where nothing is found. "code" in Memory is an error that it gives to everything.
func itop(s *Server, w http.ResponseWriter, r *http.Request) {
	refuse := func(code int, message string) {
		JSON(w, map[string]any{"code": code, "message": "Error: " + message, "objects": nil})
	}
	var ask struct {
		Operation, Class, Key string
		Fields                string `json:"output_fields"`
		Limit, Page           int
	}
	s.Lock.Lock()
	code, _ := s.Memory["code"].(int)
	denied, _ := s.Memory["denied"].(string)
	s.Lock.Unlock()
	if code > 0 {
		refuse(code, "Invalid login")
		return
	}
	if r.Method != http.MethodPost || r.URL.Query().Get("version") == "" || json.Unmarshal([]byte(r.PostFormValue("json_data")), &ask) != nil || ask.Operation != "core/get" {
		refuse(3, "Missing parameter 'json_data")
		return
	}
	m := itopSelect.FindStringSubmatch(ask.Key)
	if m == nil {
		refuse(100, "Unexpected input")
		return
	}
	if denied != "" && strings.HasPrefix(m[1], denied) {
		refuse(1, "The current user does not have enough permissions for exporting data of class "+m[1])
		return
	}
	all, known := itopClass(s, m[1])
	if !known {
		refuse(100, "class: Unknown class '"+m[1]+"'")
		return
	}
	if m[2] != "" {
		for _, c := range strings.Split(m[2], " AND ") {
			keep, ok := itopCondition(c)
			if !ok {
				refuse(100, "Unexpected input at "+c)
				return
			}
			all = slices.DeleteFunc(all, func(o itopObject) bool { return !keep(o) })
		}
	}
	found := len(all)
	if ask.Limit > 0 {
		all = Page(all, (ask.Page-1)*ask.Limit, ask.Limit, found)
	}
	answer := map[string]any{"code": 0, "message": fmt.Sprintf("Found: %d", found), "objects": nil}
	if len(all) > 0 {
		objects := map[string]any{}
		for _, o := range all {
			fields := map[string]any{}
			for name, v := range o.fields {
				if strings.HasPrefix(ask.Fields, "*") || slices.Contains(strings.Split(ask.Fields, ","), name) {
					fields[name] = v
				}
			}
			objects[fmt.Sprintf("%s::%d", o.class, o.id)] = map[string]any{"code": 0, "message": "", "class": o.class, "key": strconv.Itoa(o.id), "fields": fields}
		}
		answer["objects"] = objects
	}
	JSON(w, answer)
}

func itopCondition(c string) (keep func(itopObject) bool, ok bool) {
	value := func(o itopObject, name string) string {
		if name == "id" {
			return strconv.Itoa(o.id)
		}
		v, _ := o.fields[name].(string)
		return v
	}
	if m := itopIn.FindStringSubmatch(c); m != nil {
		list := strings.Split(strings.ReplaceAll(m[2], "'", ""), ",")
		return func(o itopObject) bool { return slices.Contains(list, value(o, m[1])) }, true
	}
	m := itopCompare.FindStringSubmatch(c)
	if m == nil {
		return nil, false
	}
	return func(o itopObject) bool {
		v := value(o, m[1])
		n := strings.Compare(v, m[3])
		if a, err := strconv.Atoi(v); err == nil {
			b, _ := strconv.Atoi(m[3])
			n = a - b
		}
		return map[string]bool{">=": n >= 0, "<=": n <= 0, ">": n > 0, "=": n == 0}[m[2]]
	}, true
}

func itopPerson(login string) int { return 11 + slices.Index(slices.Concat(Agents, Requesters), login) }

func itopClass(s *Server, class string) (out []itopObject, known bool) {
	switch class {
	case "Ticket":
		for _, k := range s.Tickets() {
			if !k.Gone() {
				out = append(out, itopTicket(k))
			}
		}
	case "CMDBChangeOpCreate", "CMDBChangeOpSetAttributeScalar", "CMDBChangeOpDelete":
		for _, o := range itopLog(s.Story, s.Now()) {
			if o.class == class {
				out = append(out, o)
			}
		}
	case "Organization":
		out = append(out, itopObject{"Organization", 1, map[string]any{"id": "1", "name": "Demo", "status": "active"}})
	case "Team":
		for i, name := range Teams {
			out = append(out, itopObject{"Team", 5 + i, map[string]any{"id": strconv.Itoa(5 + i), "name": name}})
		}
	case "Person":
		for _, login := range slices.Concat(Agents, Requesters) {
			out = append(out, itopObject{"Person", itopPerson(login), map[string]any{"friendlyname": login, "email": "private words"}})
		}
	case "Service", "ServiceSubcategory", "CustomerContract", "FunctionalCI":
	default: // ProviderContract: a module that was not installed
		return nil, false
	}
	return out, true
}

func itopTicket(k Ticket) itopObject {
	class := map[string]string{"incident": "Incident", "service_request": "UserRequest"}[k.Kind]
	log := func(public bool) map[string]any {
		entries := []any{}
		for _, m := range k.Messages {
			if m.Public == public {
				entries = append(entries, map[string]any{"date": itopStamp(m.At), "user_login": m.Who, "user_id": "1", "message": "private words " + Token, "message_html": "<p>private words</p>"})
			}
		}
		return map[string]any{"entries": entries}
	}
	parent := "0"
	if len(k.Links) > 0 {
		parent = strconv.Itoa(k.Links[0])
	}
	return itopObject{class, k.ID, map[string]any{"id": strconv.Itoa(k.ID), "ref": fmt.Sprintf("R-%06d", k.ID), "title": k.Title, "description": "private words", "finalclass": class,
		"status": itopStatus[k.Status], "priority": strconv.Itoa(k.Priority), "impact": "2", "urgency": "2", "team_id_friendlyname": k.Team, "agent_id_friendlyname": k.Assignee, "caller_id_friendlyname": k.Requester,
		"org_id": "1", "service_id": "0", "origin": "mail", "request_type": "service_request", "start_date": itopStamp(k.Created), "last_update": itopStamp(k.Updated), "public_log": log(true), "private_log": log(false),
		"parent_request_id": parent, "functionalcis_list": []any{}, "sla_tto_passed": "", "site": "Paris"}}
}

// itopLog is the history of the whole story up to a moment, numbered in the order of time. Every second deletion stands in it.
func itopLog(story *Story, now time.Time) []itopObject {
	type entry struct {
		at time.Time
		o  itopObject
	}
	var all []entry
	for _, k := range story.Tickets {
		class := itopTicket(k).class
		add := func(op string, at time.Time, who string, more map[string]any) {
			f := map[string]any{"objclass": class, "objkey": strconv.Itoa(k.ID), "date": itopStamp(at), "userinfo": who}
			for name, v := range more {
				f[name] = v
			}
			all = append(all, entry{at, itopObject{op, 0, f}})
		}
		add("CMDBChangeOpCreate", k.Created, k.Requester, nil)
		set := func(at time.Time, who, attcode, from, to string) {
			add("CMDBChangeOpSetAttributeScalar", at, who, map[string]any{"attcode": attcode, "oldvalue": from, "newvalue": to})
		}
		for _, c := range k.Changes {
			switch c.Field {
			case "status":
				set(c.At, c.Who, "status", itopStatus[c.From], itopStatus[c.To])
			case "priority":
				set(c.At, c.Who, "priority", c.From, c.To)
			case "team":
				set(c.At, c.Who, "team_id", strconv.Itoa(5+slices.Index(Teams, c.From)), strconv.Itoa(5+slices.Index(Teams, c.To)))
			case "assignee":
				from := "0"
				if c.From != "" {
					from = strconv.Itoa(itopPerson(c.From))
				}
				set(c.At, c.Who, "agent_id", from, strconv.Itoa(itopPerson(c.To)))
			}
			set(c.At, c.Who, "description", "private words", "private words")
		}
		if k.Gone() && k.ID%2 == 0 {
			add("CMDBChangeOpDelete", k.DeletedAt, Agents[0], map[string]any{"objclass": "Ticket", "fclass": class, "fname": k.Title})
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	var out []itopObject
	for i, e := range all {
		if !e.at.After(now) {
			e.o.id = 1000 + i
			out = append(out, e.o)
		}
	}
	return out
}
