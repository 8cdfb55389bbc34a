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
		Type: "rest",
		Source: `token: env:DESK_TOKEN
page_size: 5
options: {sweep: always}
rest:
  product: Our desk
  api: /api/v2
  login: {scheme: bearer}
  account: {get: me, name: login}
  read:
    status: {get: states, records: data}
    ticket:
      get: tickets
      query: {sort: updated_at, updated_from: "{since}", start: "{offset}", limit: "{size}"}
      records: data
      paging: changed
      updated: updated_at
      one: "tickets/{key}"
      one_record: data
      each:
        trail: {get: "tickets/{key}/trail", query: {page: "{page}"}, records: data, paging: page, texts: [text]}
  model:
    map:
      status: {Open: new, Working: in_progress, Waiting: on_hold, Solved: resolved, Done: closed}
      kind: {Fault: incident, Wish: service_request}
    rows:
      - entity: ticket
        from: ticket
        fields: {title: subject, kind: type, status: {path: state_id, lookup: status.name}, priority: priority, team: group.name, assignee: owner, requester: reporter,
          opened_at: {path: created, as: epoch}, updated_at: updated_at, merged_into: merged_into, has_history: {value: "true"}}
      - entity: ticket_history
        from: trail
        each: items
        where: r.item->>'/what' = 'change'
        fields: {ticket_id: $key, occurred_at: at, sequence: id, field: field, from_value: old, to_value: new, actor: who}
      - entity: communication
        from: trail
        each: items
        where: r.item->>'/what' = 'message'
        fields: {communication_id: id, ticket_id: $key, sent_at: at, sender: who, sender_role: {path: from, is: {staff: agent, user: requester}}, is_public: {path: internal, as: not}}`,
		Signed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token },
		Serve:  madeUp,
	})
}

// bySince are the tickets that were last changed at a moment or later, in the order of their change.
func bySince(all []Ticket, since time.Time) []Ticket {
	out := slices.DeleteFunc(slices.Clone(all), func(k Ticket) bool { return k.Gone() || k.Updated.Before(since) })
	slices.SortStableFunc(out, func(a, b Ticket) int { return a.Updated.Compare(b.Updated) })
	return out
}

// numbered finds the ticket of a number among those that were not deleted.
func numbered(all []Ticket, id string) (Ticket, bool) {
	for _, k := range all {
		if !k.Gone() && strconv.Itoa(k.ID) == id {
			return k, true
		}
	}
	return Ticket{}, false
}

var madeUpStates = []string{"new", "in_progress", "on_hold", "resolved", "closed"}
var madeUpNames = []string{"Open", "Working", "Waiting", "Solved", "Done"}

// madeUp is a tool that nobody makes: pages of three entries of history, texts in them, a state that is only a number.
func madeUp(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	path := strings.TrimPrefix(r.URL.Path, "/api/v2/")
	state := func(name string) string { return madeUpNames[slices.Index(madeUpStates, name)] }
	row := func(k Ticket) map[string]any {
		out := map[string]any{"id": k.ID, "subject": k.Title, "type": map[string]string{"incident": "Fault", "service_request": "Wish"}[k.Kind],
			"state_id": 1 + slices.Index(madeUpStates, k.Status), "priority": k.Priority, "group": map[string]any{"name": k.Team}, "owner": k.Assignee, "reporter": k.Requester,
			"created": k.Created.Unix(), "updated_at": k.Updated.Format(time.RFC3339), "merged_into": nil}
		if k.MergedInto > 0 {
			out["merged_into"] = k.MergedInto
		}
		return out
	}
	id, trail, _ := strings.Cut(strings.TrimPrefix(path, "tickets/"), "/")
	switch {
	case path == "me":
		JSON(w, map[string]any{"login": "collector", "key": Token})
	case path == "states":
		out := []any{}
		for i, n := range madeUpNames {
			out = append(out, map[string]any{"id": i + 1, "name": n})
		}
		JSON(w, map[string]any{"data": out})
	case path == "tickets":
		since, _ := time.Parse(time.RFC3339, q.Get("updated_from"))
		start, _ := strconv.Atoi(q.Get("start"))
		limit, _ := strconv.Atoi(q.Get("limit"))
		out := []any{}
		for _, k := range Page(bySince(s.Tickets(), since), start, limit, 50) {
			out = append(out, row(k))
		}
		JSON(w, map[string]any{"data": out})
	case strings.HasPrefix(path, "tickets/"):
		k, ok := numbered(s.Tickets(), id)
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if trail == "" {
			JSON(w, map[string]any{"data": row(k)})
			return
		}
		out := []any{}
		for _, c := range k.Changes {
			e := map[string]any{"id": c.ID, "what": "change", "at": c.At.Format(time.RFC3339), "who": c.Who, "field": c.Field, "old": c.From, "new": c.To}
			if c.Field == "status" {
				e["old"], e["new"] = state(c.From), state(c.To)
			}
			out = append(out, e)
		}
		for _, m := range k.Messages {
			from := "staff"
			if m.Who == k.Requester {
				from = "user"
			}
			out = append(out, map[string]any{"id": fmt.Sprint("m", m.ID), "what": "message", "at": m.At.Format(time.RFC3339), "who": m.Who, "from": from, "internal": !m.Public, "text": "private words " + Token})
		}
		page, _ := strconv.Atoi(q.Get("page"))
		JSON(w, map[string]any{"data": Page(out, (page-1)*3, 3, 3)})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
