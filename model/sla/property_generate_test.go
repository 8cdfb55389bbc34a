package sla

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"deskproof/model"
)

// anchors are moments at which clocks or working time change.
var anchors = []int64{
	time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC).Unix(), // Berlin
	time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC).Unix(), // New York
	time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 10, 3, 15, 30, 0, 0, time.UTC).Unix(), // Lord Howe
	time.Date(2026, 5, 13, 15, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 12, 24, 16, 0, 0, 0, time.UTC).Unix(),
	time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC).Unix(), // agreements and hours are replaced
}

// generate makes a history: near clock changes and ends of work; several events in a second; states of no length; pauses
// before the start and after the end, and wholly in the night; reopenings; goals there and back; cancellations; events
// before the opening; fields that no event tells of, or that are emptied; statuses that nobody knows; no history at all.
func generate(r *rand.Rand, id int) oTicket {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	at := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Unix() + r.Int64N(330*86400)
	switch r.IntN(3) {
	case 0:
		at = anchors[r.IntN(len(anchors))] - r.Int64N(3*86400)
	case 1:
		at -= at % 1800 // on the half hour, where hours begin and end
	}
	t := oTicket{id: fmt.Sprintf("t%05d", id), opened: at, resolved: -1, closed: -1, response: -1, history: r.IntN(12) > 0, record: map[string]string{
		"status": "new", "priority": pick("", "", "1", "2", "3", "4"), "team": pick("", "", "a", "b", "c"), "supplier_id": pick("", "", "s1"),
		"customer_id": pick("", "c-jp", "c-us", "c-none", "c-bad", "c-unknown"), "service_id": pick("", "s-howe", "s-office", "s-bad"),
	}}
	if r.IntN(8) == 0 {
		t.opened += r.Int64N(7200) // registered after the first event
	}
	if r.IntN(6) == 0 {
		t.response = t.opened + r.Int64N(86400) - 3600
	}
	bare := !t.history && r.IntN(2) == 0
	if bare {
		t.record["status"] = pick("new", "resolved", "closed")
		if r.IntN(3) > 0 {
			t.resolved = t.opened + r.Int64N(5*86400)
		}
		if r.IntN(2) == 0 {
			t.closed = t.opened + r.Int64N(9*86400)
		}
	} else if r.IntN(12) == 0 {
		t.record["status"] = pick("in_progress", "on_hold", "resolved")
		t.record["source_status"] = pick("", "Work", "Parked")
		bare = true // a status that no event tells of
	}
	now := map[string]string{}
	for f, v := range t.record {
		now[f] = v
	}
	if r.IntN(3) > 0 {
		now["status"] = "" // most histories begin with the first status
	}
	n := r.IntN(10)
	for i := range n + 1 {
		e := oEvent{second: at, sequence: i + 1, field: "status"}
		switch k := r.IntN(100); {
		case i == 0 && !bare:
			e.value = pick("new", "new", "new", "on_hold", "in_progress")
		case k < 45:
			e.value = pick("new", "in_progress", "in_progress", "on_hold", "on_hold", "resolved", "resolved", "closed", "cancelled", "unmapped")
			if e.value == "cancelled" && r.IntN(2) > 0 {
				e.value = "in_progress"
			}
		case k < 65:
			e.field, e.value = "priority", pick("1", "2", "3", "4", "5", "", now["priority"])
		case k < 78:
			e.field, e.value = "team", pick("a", "b", "c", "", now["team"])
		case k < 84:
			e.field, e.value = "supplier_id", pick("s1", "s2", "")
		case k < 87:
			e.field, e.value = "customer_id", pick("c-jp", "c-us", "c-none", "")
		case k < 92:
			e.field, e.value = "first_response", pick("x", "")
		default:
			e.field, e.value = "comment", pick("agent", "requester", "supplier", "")
			e.sequence += 2_000_000_000 // comments follow the events of their second
		}
		if e.field == "status" {
			if bare {
				continue
			}
			e.source = pick("", "Work", "Parked", "Waiting")
		}
		if e.field != "comment" && e.field != "first_response" {
			e.from = now[e.field]
			now[e.field] = e.value
		}
		t.events = append(t.events, e)
		switch r.IntN(6) {
		case 0: // the same second
		case 1:
			at += 3600 * r.Int64N(30)
		case 2:
			at += 1 + r.Int64N(60)
		case 3:
			at += r.Int64N(6 * 86400)
		default:
			at += r.Int64N(86400)
		}
	}
	return t
}

// load writes generated tickets into the warehouse: the record as it is at the end of the history, the events in any order of
// rows, and within a second at any microsecond.
func load(t testing.TB, db *model.DB, r *rand.Rand, tickets []oTicket) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	events, err := db.NewAppender(ctx, "ticket_event", "ticket_id", "sequence", "occurred_at", "field", "from_value", "to_value", "source_to_value")
	must(err)
	rows, err := db.NewAppender(ctx, "ticket", "ticket_id", "source", "key", "kind", "status", "source_status", "priority", "team", "supplier_id", "customer_id", "service_id",
		"opened_at", "first_response_at", "resolved_at", "closed_at", "reopen_count", "reassignment_count", "has_history")
	must(err)
	comments, err := db.NewAppender(ctx, "communication", "communication_id", "ticket_id", "sent_at", "sender_role", "is_public")
	must(err)
	instant := func(s int64) any {
		if s < 0 {
			return nil
		}
		return time.Unix(s, r.Int64N(1e9)/1000*1000).UTC()
	}
	type place struct{ ticket, event int }
	var all []place
	for i, k := range tickets {
		now := map[string]string{}
		for f, v := range k.record {
			now[f] = v
		}
		for j, e := range k.events {
			all = append(all, place{i, j})
			now[e.field] = e.value
			if e.field == "status" {
				now["source_status"] = e.source
			}
		}
		var priority any
		if now["priority"] != "" {
			n, err := strconv.Atoi(now["priority"])
			must(err)
			priority = int32(n)
		}
		must(rows.Append(k.id, "desk", k.id, "incident", now["status"], null(now["source_status"]), priority, null(now["team"]), null(now["supplier_id"]), null(now["customer_id"]), null(now["service_id"]),
			instant(k.opened), instant(k.response), instant(k.resolved), instant(k.closed), int32(0), int32(0), k.history))
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, p := range all {
		k := tickets[p.ticket]
		e := k.events[p.event]
		if e.field == "comment" {
			// Comments have no sequence: their microseconds are in order.
			must(comments.Append(fmt.Sprintf("%s-%03d", k.id, p.event), k.id, time.Unix(e.second, int64(p.event)*1000).UTC(), null(e.value), []any{true, nil}[r.IntN(2)]))
			if r.IntN(4) == 0 {
				must(comments.Append(fmt.Sprintf("%s-%03d-internal", k.id, p.event), k.id, time.Unix(e.second+60, 0).UTC(), "requester", false))
			}
			continue
		}
		must(events.Append(k.id, int32(e.sequence), instant(e.second), e.field, null(e.from), null(e.value), null(e.source)))
	}
	must(events.Close())
	must(rows.Close())
	must(comments.Close())
	must(db.Exec(ctx, `INSERT INTO customer (customer_id, name, time_zone) VALUES ('c-jp', 'A', 'Asia/Tokyo'), ('c-us', 'B', 'America/New_York'), ('c-none', 'C', NULL), ('c-bad', 'D', 'nowhere')`))
	must(db.Exec(ctx, `INSERT INTO service (service_id, name, service_calendar) VALUES ('s-howe', 'A', 'howe'), ('s-office', 'B', 'office'), ('s-bad', 'C', 'nothing')`))
}

// propertyZones are the zones of these customers and services.
var propertyZones = oZones{
	customer: map[string]string{"c-jp": "Asia/Tokyo", "c-us": "America/New_York"},
	service:  map[string]string{"s-howe": "Australia/Lord_Howe", "s-office": "Europe/Berlin"},
}
