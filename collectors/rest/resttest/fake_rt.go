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
		Type: "rt",
		Source: `token: env:DESK_TOKEN
page_size: 5
map:
  fields: {kind: custom.Kind}
  kind: {Break: incident, Wish: service_request}
  status: {done: closed}
  priority: {"90": 1, "70": 2, "40": 3, "10": 4}`,
		Signed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "token "+Token },
		Serve:  rt,
	})
}

var (
	rtID      = regexp.MustCompile(`\bid > (\d+)`)
	rtObject  = regexp.MustCompile(`ObjectId = (\d+)`)
	rtUpdated = regexp.MustCompile(`LastUpdated >= '([^']*)'`)
)

func rtStatus(s string) string {
	return map[string]string{"new": "new", "in_progress": "open", "on_hold": "stalled", "resolved": "resolved", "closed": "done"}[s]
}

func rtPriority(p int) string { return []string{"90", "70", "40", "10"}[p-1] }

// rtUser numbers people; 6 is Nobody.
func rtUser(login string) string {
	if login == "" {
		return "6"
	}
	return strconv.Itoa(40 + slices.Index(slices.Concat(Agents, Requesters), login))
}

// rtTransactions is the history of all tickets, in the order of its numbers. Every third row is hidden from the account, as
// records of mail are, and there is a long run of hidden rows.
func (s *Server) rtTransactions() []map[string]any {
	type row struct {
		at     time.Time
		order  int
		values map[string]any
	}
	var rows []row
	add := func(order int, k Ticket, at time.Time, who, typ, field, from, to string) {
		rows = append(rows, row{at, order, map[string]any{"Type": typ, "Field": field, "OldValue": from, "NewValue": to, "Created": at.UTC().Format(time.RFC3339),
			"Creator": map[string]any{"id": who, "type": "user"}, "ObjectId": strconv.Itoa(k.ID), "ObjectType": "RT::Ticket", "type": "transaction"}})
	}
	for _, k := range s.Tickets() {
		add(0, k, k.Created, k.Requester, "Create", "", "", "")
		for _, c := range k.Changes {
			switch c.Field {
			case "status":
				add(c.ID, k, c.At, c.Who, "Status", "Status", rtStatus(c.From), rtStatus(c.To))
			case "assignee":
				add(c.ID, k, c.At, c.Who, "Set", "Owner", rtUser(c.From), rtUser(c.To))
				add(c.ID, k, c.At, c.Who, "SetWatcher", "Owner", rtUser(c.From), rtUser(c.To))
			case "team":
				add(c.ID, k, c.At, c.Who, "Set", "Queue", strconv.Itoa(slices.Index(Teams, c.From)+1), strconv.Itoa(slices.Index(Teams, c.To)+1))
			case "priority":
				from, to := int(c.From[0]-'0'), int(c.To[0]-'0')
				add(c.ID, k, c.At, c.Who, "Set", "Priority", rtPriority(from), rtPriority(to))
			}
		}
		for _, m := range k.Messages {
			add(m.ID, k, m.At, m.Who, map[bool]string{true: "Correspond", false: "Comment"}[m.Public], "", "", "")
		}
		if k.Gone() {
			add(0, k, k.DeletedAt, "ana", "Status", "Status", rtStatus(k.Status), "deleted")
		}
		for _, to := range k.Links {
			add(0, k, k.Created, k.Requester, "AddLink", "RefersTo", "", fmt.Sprintf("fsck.com-rt://rt.example.org/ticket/%d", to))
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.order - b.order
	})
	var out []map[string]any
	id := 0
	for i, r := range rows {
		id++
		r.values["id"] = strconv.Itoa(id)
		out = append(out, r.values)
		hidden := i % 3 / 2
		if i == 20 {
			hidden = 23
		}
		for range hidden {
			id++
			out = append(out, map[string]any{"id": strconv.Itoa(id), "hidden": true, "Type": "Set"})
		}
	}
	return out
}

// rt answers like RT 5: pages of 100 at most, times of a query in the zone of the account (Paris), hidden rows taken out
// after paging, no totals for the history, deleted and merged tickets in no search, and members in another order each time.
func rt(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, "/REST/2.0"), "/")
	query := q.Get("query")
	perPage, _ := strconv.Atoi(q.Get("per_page"))
	if perPage == 0 {
		perPage = 20
	}
	perPage = min(perPage, 100)
	number, _ := strconv.Atoi(q.Get("page"))
	number = max(number, 1)
	after := 0
	if m := rtID.FindStringSubmatch(query); m != nil {
		after, _ = strconv.Atoi(m[1])
	}
	tickets := s.Tickets()
	switch {
	case path == "rt":
		JSON(w, map[string]any{"Version": "5.0.3", "token": Token})
	case path == "queues/all":
		JSON(w, map[string]any{"items": []any{map[string]any{"id": "1", "Name": Teams[0], "Lifecycle": "default"}, map[string]any{"id": "2", "Name": Teams[1], "Lifecycle": "default"}}, "total": nil})
	case strings.HasPrefix(path, "user/"):
		for _, login := range slices.Concat([]string{""}, Agents, Requesters) {
			if rtUser(login) == strings.TrimPrefix(path, "user/") {
				if login == "" {
					login = "Nobody"
				}
				JSON(w, map[string]any{"Name": login, "EmailAddress": login + "@example.org"})
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	case path == "transactions":
		all := s.rtTransactions()
		if m := rtObject.FindStringSubmatch(query); m != nil {
			all = slices.DeleteFunc(all, func(t map[string]any) bool { return t["ObjectId"] != m[1] })
		}
		all = slices.DeleteFunc(all, func(t map[string]any) bool {
			id, _ := strconv.Atoi(t["id"].(string))
			return id <= after || !strings.Contains(query, fmt.Sprintf("Type = '%s'", t["Type"]))
		})
		if q.Get("order") == "DESC" {
			slices.Reverse(all)
		}
		items := []any{}
		for _, t := range Page(all, (number-1)*perPage, perPage, 100) {
			if t["hidden"] == nil {
				items = append(items, t)
			}
		}
		JSON(w, map[string]any{"items": items, "count": len(items), "page": number, "per_page": perPage, "total": nil, "pages": nil})
	case path == "tickets":
		var found []Ticket
		for _, k := range tickets {
			if k.Gone() || k.MergedInto > 0 || k.ID <= after {
				continue
			}
			if m := rtUpdated.FindStringSubmatch(query); m != nil {
				at, err := time.Parse("2006-01-02 15:04:05", m[1])
				if err != nil || k.Updated.Before(at.Add(-2*time.Hour)) { // Paris is ahead of UTC
					continue
				}
			}
			found = append(found, k)
		}
		if q.Get("orderby") == "LastUpdated" {
			slices.SortStableFunc(found, func(a, b Ticket) int { return a.Updated.Compare(b.Updated) })
		}
		if q.Get("order") == "DESC" {
			slices.Reverse(found)
		}
		items := []any{}
		for _, k := range Page(found, (number-1)*perPage, perPage, 100) {
			items = append(items, rtTicket(k, q.Get("fields") == "", s.Requests()))
		}
		out := map[string]any{"items": items, "count": len(items), "page": number, "per_page": perPage, "total": len(found), "pages": (len(found) + perPage - 1) / perPage}
		if number*perPage < len(found) {
			next := *r.URL
			v := next.Query()
			v.Set("page", strconv.Itoa(number+1))
			next.RawQuery = v.Encode()
			out["next_page"] = "http://rt.internal" + next.String() // an address that leads nowhere from here
		}
		JSON(w, out)
	case strings.HasPrefix(path, "ticket/"):
		id, _ := strconv.Atoi(strings.TrimPrefix(path, "ticket/"))
		i := slices.IndexFunc(tickets, func(k Ticket) bool { return k.ID == id })
		if i < 0 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		k := tickets[i]
		if k.MergedInto > 0 {
			k = tickets[slices.IndexFunc(tickets, func(o Ticket) bool { return o.ID == k.MergedInto })]
		}
		JSON(w, rtTicket(k, false, s.Requests()))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func rtTicket(k Ticket, bare bool, turn int) map[string]any {
	if bare {
		return map[string]any{"id": strconv.Itoa(k.ID), "type": "ticket"}
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return "1970-01-01T00:00:00Z"
		}
		return t.UTC().Format(time.RFC3339)
	}
	owner := k.Assignee
	if owner == "" {
		owner = "Nobody"
	}
	status := rtStatus(k.Status)
	if k.Gone() {
		status = "deleted"
	}
	fields := []any{
		map[string]any{"id": "2", "name": "Kind", "values": []string{map[string]string{"incident": "Break", "service_request": "Wish"}[k.Kind]}},
		map[string]any{"id": "3", "name": "Note", "values": []string{"somebody pasted " + Token}},
	}
	if turn%2 == 0 {
		slices.Reverse(fields)
	}
	return map[string]any{
		"id": strconv.Itoa(k.ID), "Type": "ticket", "Subject": k.Title, "Status": status, "Queue": map[string]any{"id": strconv.Itoa(slices.Index(Teams, k.Team) + 1), "Name": k.Team},
		"Owner": map[string]any{"id": owner}, "Creator": map[string]any{"id": k.Requester}, "Requestor": []any{map[string]any{"id": k.Requester}}, "Priority": rtPriority(k.Priority),
		"Created": stamp(k.Created), "Started": stamp(time.Time{}), "Resolved": stamp(time.Time{}), "Due": stamp(time.Time{}), "LastUpdated": stamp(k.Updated), "CustomFields": fields,
	}
}
