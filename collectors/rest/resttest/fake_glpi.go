package resttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type: "glpi",
		Source: `token: env:DESK_TOKEN
time_zone: UTC
page_size: 7`,
		Signed: func(r *http.Request) bool {
			return r.Header.Get("Session-Token") != "" || r.Header.Get("Authorization") == "user_token "+Token
		},
		Serve:  glpi,
		Logout: true,
	})
}

// glpiSession is how many requests a session of the fake lasts.
const glpiSession = 45

func glpiStamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

var glpiStatus = map[string]string{"new": "1", "in_progress": "2", "on_hold": "4", "resolved": "5", "closed": "6"}

// glpiPriority turns 1 (highest) into 5.
func glpiPriority(p string) string {
	n, _ := strconv.Atoi(p)
	return strconv.Itoa(6 - n)
}

// glpi answers like apirest.php: sessions that end, lists by id with ranges and Content-Range, no bound and no order by date,
// filters by the text of a column, records in the bin not listed, others gone, one log for all records, no body with GET.
func glpi(s *Server, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	path := strings.TrimPrefix(strings.Trim(r.URL.Path, "/"), "apirest.php/")
	fault := func(status int, code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode([]string{code, "words"})
	}
	if r.Method == http.MethodGet && r.ContentLength > 0 {
		fault(400, "ERROR_JSON_PAYLOAD_INVALID")
		return
	}
	s.Lock.Lock()
	number, _ := s.Memory["session"].(int)
	used, _ := s.Memory["used"].(int)
	if path == "initSession" {
		number, used = number+1, 0
	}
	used++
	s.Memory["session"], s.Memory["used"] = number, used
	noLogs, _ := s.Memory["no logs"].(bool)
	s.Lock.Unlock()
	session := fmt.Sprintf("secret-session-%d", number)
	if path == "initSession" {
		JSON(w, map[string]string{"session_token": session})
		return
	}
	if r.Header.Get("Session-Token") != session || used > glpiSession {
		fault(401, "ERROR_SESSION_TOKEN_INVALID")
		return
	}
	switch {
	case path == "changeActiveEntities", path == "killSession":
		JSON(w, true)
		return
	case path == "getFullSession":
		JSON(w, map[string]any{"session": map[string]any{"glpi_currenttime": glpiStamp(s.Now()), "glpiname": "collector", "api_token": Token}})
		return
	case path == "getGlpiConfig":
		JSON(w, map[string]any{"cfg_glpi": map[string]any{"version": "10.0.18"}})
		return
	case strings.HasPrefix(path, "listSearchOptions/"):
		JSON(w, glpiOptions(strings.TrimPrefix(path, "listSearchOptions/")))
		return
	}
	itemtype, id, one := strings.Cut(path, "/")
	rows, known := glpiRows(s, itemtype)
	if !known {
		fault(400, "ERROR_ITEMTYPE_NOT_FOUND_NOR_COMMONDBTM")
		return
	}
	if noLogs && itemtype == "Log" {
		fault(403, "ERROR_RIGHT_MISSING")
		return
	}
	q := r.URL.Query()
	text := func(row map[string]any, column string) string {
		if row[column] == nil {
			return ""
		}
		return fmt.Sprint(row[column])
	}
	if one {
		for _, row := range rows {
			if text(row, "id") == id {
				JSON(w, row)
				return
			}
		}
		fault(404, "ERROR_ITEM_NOT_FOUND")
		return
	}
	if q.Get("sort") != "id" { // a column whose empty value is null may not be sorted by
		fault(400, "ERROR")
		return
	}
	rows = slices.DeleteFunc(rows, func(row map[string]any) bool {
		for name, values := range q {
			column, ok := strings.CutPrefix(name, "searchText[")
			if !ok {
				continue
			}
			begin, atBegin := strings.CutPrefix(values[0], "^")
			whole, toEnd := strings.CutSuffix(begin, "$")
			v := text(row, strings.TrimSuffix(column, "]"))
			if atBegin && toEnd && v != whole || atBegin && !toEnd && !strings.HasPrefix(v, begin) {
				return true
			}
		}
		return text(row, "is_deleted") == "1"
	})
	slices.SortFunc(rows, func(a, b map[string]any) int { return a["id"].(int) - b["id"].(int) })
	if q.Get("order") == "DESC" {
		slices.Reverse(rows)
	}
	var from, to int
	if _, err := fmt.Sscanf(q.Get("range"), "%d-%d", &from, &to); err != nil {
		from, to = 0, 49
	}
	if from > len(rows) {
		fault(400, "ERROR_RANGE_EXCEED_TOTAL")
		return
	}
	page := Page(rows, from, to-from+1, 1000)
	out := make([]any, len(page))
	for i, row := range page {
		out[i] = row
		if q.Get("only_id") == "true" {
			out[i] = map[string]any{"id": row["id"]}
		}
	}
	w.Header().Set("Content-Range", fmt.Sprintf("%d-%d/%d", from, from+len(page)-1, len(rows)))
	JSON(w, out)
}

func glpiOptions(itemtype string) map[string]any {
	table := map[string]string{"Ticket": "glpi_tickets", "Problem": "glpi_problems", "Change": "glpi_changes"}[itemtype]
	option := func(table, field string) map[string]any {
		return map[string]any{"name": "Wort", "table": table, "field": field}
	}
	return map[string]any{"common": "Characteristics", "1": option(table, "name"), "3": option(table, "priority"), "7": option("glpi_itilcategories", "completename"),
		"12": option(table, "status"), "14": option(table, "type"), "21": option(table, "content"), "5": option("glpi_users", "name")}
}

// glpiRows are the records of a type as they are now.
func glpiRows(s *Server, itemtype string) (rows []map[string]any, known bool) {
	now := s.Now()
	switch itemtype {
	case "Ticket":
		for _, k := range s.Tickets() {
			if !k.Gone() || k.ID%2 == 1 { // others are purged
				rows = append(rows, glpiTicket(k))
			}
		}
	case "Log":
		return glpiLog(s.Story, now), true
	case "User":
		for i, login := range slices.Concat(Agents, Requesters) {
			rows = append(rows, map[string]any{"id": 11 + i, "name": login, "phone": "private words", "date_mod": "2026-01-01 00:00:00"})
		}
	case "Group":
		for i, name := range Teams {
			rows = append(rows, map[string]any{"id": 1 + i, "name": name, "completename": name, "comment": "private words", "date_mod": "2026-01-01 00:00:00"})
		}
	case "Ticket_User":
		for _, k := range s.Tickets() {
			if !k.Gone() {
				rows = append(rows, map[string]any{"id": k.ID, "tickets_id": k.ID, "users_id": glpiUser(k.Requester), "type": 1})
			}
		}
	case "ITILFollowup":
		for _, k := range s.Tickets() {
			for _, m := range k.Messages {
				private := 0
				if !m.Public {
					private = 1
				}
				rows = append(rows, map[string]any{"id": m.ID, "itemtype": "Ticket", "items_id": k.ID, "users_id": glpiUser(m.Who), "date": glpiStamp(m.At), "date_mod": glpiStamp(m.At),
					"is_private": private, "content": "private words " + Token, "sourceitems_id": 0})
			}
			if k.MergedInto > 0 { // its text as a followup of the other ticket
				rows = append(rows, map[string]any{"id": 800000 + k.ID, "itemtype": "Ticket", "items_id": k.MergedInto, "users_id": glpiUser(k.Requester), "date": glpiStamp(k.Created),
					"date_mod": glpiStamp(k.Created), "is_private": 0, "content": "private words", "sourceitems_id": k.ID})
			}
		}
	case "Ticket_Ticket":
		for _, k := range s.Tickets() {
			for _, l := range k.Links {
				rows = append(rows, map[string]any{"id": k.ID, "tickets_id_1": k.ID, "tickets_id_2": l, "link": 1})
			}
		}
	case "Cluster":
		return nil, false
	case "Computer":
		rows = append(rows, map[string]any{"id": 1, "name": "mail01", "states_id": 0, "date_mod": "2026-01-01 00:00:00", "is_deleted": 0})
	}
	return rows, true
}

func glpiUser(login string) int { return 11 + slices.Index(slices.Concat(Agents, Requesters), login) }

func glpiTicket(k Ticket) map[string]any {
	deleted := 0
	updated := k.Updated
	if k.Gone() {
		deleted, updated = 1, k.DeletedAt
	}
	if k.MergedInto > 0 {
		deleted, updated = 1, k.MergedAt
	}
	kind := map[string]int{"incident": 1, "service_request": 2}[k.Kind]
	return map[string]any{"id": k.ID, "name": k.Title, "content": "private words", "type": kind, "status": glpiStatus[k.Status], "priority": glpiPriority(fmt.Sprint(k.Priority)),
		"urgency": 3, "impact": 3, "entities_id": 0, "itilcategories_id": 0, "requesttypes_id": 1, "users_id_recipient": glpiUser(k.Requester), "date": glpiStamp(k.Created),
		"date_creation": glpiStamp(k.Created), "date_mod": glpiStamp(updated), "solvedate": nil, "closedate": nil, "is_deleted": deleted, "time_to_resolve": nil}
}

// glpiLog is the log of the whole story up to a moment, numbered in the order of time.
func glpiLog(story *Story, now time.Time) []map[string]any {
	type entry struct {
		at  time.Time
		row map[string]any
	}
	var all []entry
	for _, k := range story.Tickets {
		add := func(at time.Time, who string, option, action int, link, from, to string) {
			name := ""
			if who != "" {
				name = fmt.Sprintf("%s (%d)", who, glpiUser(who))
			}
			all = append(all, entry{at, map[string]any{"itemtype": "Ticket", "items_id": k.ID, "itemtype_link": link, "linked_action": action, "user_name": name,
				"date_mod": glpiStamp(at), "id_search_option": option, "old_value": from, "new_value": to}})
		}
		label := func(name string, id int) string { return fmt.Sprintf("%s of old (%d)", name, id) }
		team := func(name string) string { return label(name, 1+slices.Index(Teams, name)) }
		add(k.Created, k.Requester, 0, 20, "", "", "")
		add(k.Created, k.Requester, 21, 0, "", "private words", "private words")
		add(k.Created, "", 8, 15, "Group", "", team(Teams[0]))
		for _, c := range k.Changes {
			switch c.Field {
			case "status":
				add(c.At, c.Who, 12, 0, "", glpiStatus[c.From], glpiStatus[c.To])
			case "priority":
				add(c.At, c.Who, 3, 0, "", glpiPriority(c.From), glpiPriority(c.To))
			case "team":
				add(c.At, c.Who, 0, 16, "Group", team(c.From), "")
				add(c.At, c.Who, 8, 15, "Group", "", team(c.To))
			case "assignee":
				if c.From != "" {
					add(c.At, c.Who, 5, 16, "User", label(c.From, glpiUser(c.From)), "")
				}
				add(c.At, c.Who, 5, 15, "User", "", label(c.To, glpiUser(c.To)))
			}
		}
		if k.Gone() {
			add(k.DeletedAt, Agents[0], 0, 13, "", "", "")
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	var rows []map[string]any
	for i, e := range all {
		if !e.at.After(now) {
			e.row["id"] = i + 1
			rows = append(rows, e.row)
		}
	}
	return rows
}
