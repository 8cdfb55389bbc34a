package sla

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskproof/model"
)

// testHours are the calendars of the property tests, for the oracle; the YAML says the same.
const propertyYAML = `
calendars:
  office: {time_zone: Europe/Berlin, hours: {mon-thu: [08:00-12:00, 13:00-17:00], fri: [08:00-15:00]}, holidays: [DE-BE]}
  night: {time_zone: America/New_York, hours: {daily: [22:00-06:00]}, holidays: [2026-03-08, 2026-07-04..2026-07-06]}
  howe: {time_zone: Australia/Lord_Howe, hours: {daily: [00:00-24:00]}, holidays: [04-05]}
  kolkata: {time_zone: Asia/Kolkata, hours: {mon-sat: [09:30-18:15]}}
sla:
`

func propertyCalendars() map[string]*wallCalendar {
	from, to := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 12, 1, 0, 0, 0, 0, time.UTC)
	week := func(hours ...[][2]int) (out [7][][2]int) {
		for i := range out {
			out[i] = hours[min(i, len(hours)-1)]
		}
		return out
	}
	day, fri := [][2]int{{480, 720}, {780, 1020}}, [][2]int{{480, 900}}
	none := [][2]int{}
	return map[string]*wallCalendar{
		"always": newWallCalendar("UTC", week([][2]int{{0, 1440}}), nil, from, to),
		"office": newWallCalendar("Europe/Berlin", week(day, day, day, day, fri, none), []string{"2025-12-25", "2025-12-26", "2026-01-01", "2026-03-08", "2026-04-03",
			"2026-04-06", "2026-05-01", "2026-05-14", "2026-05-25", "2026-10-03", "2026-12-25", "2026-12-26", "2027-01-01", "2027-03-08", "2027-03-26", "2027-03-29",
			"2027-05-01", "2027-05-06", "2027-05-17", "2027-10-03"}, from, to),
		"night":   newWallCalendar("America/New_York", week([][2]int{{1320, 1800}}), []string{"2026-03-08", "2026-07-04", "2026-07-05", "2026-07-06"}, from, to),
		"howe":    newWallCalendar("Australia/Lord_Howe", week([][2]int{{0, 1440}}), []string{"2026-04-05", "2027-04-05"}, from, to),
		"kolkata": newWallCalendar("Asia/Kolkata", week([][2]int{{570, 1095}}, [][2]int{{570, 1095}}, [][2]int{{570, 1095}}, [][2]int{{570, 1095}}, [][2]int{{570, 1095}}, [][2]int{{570, 1095}}, none), nil, from, to),
	}
}

// propertyDefinition is a definition in YAML and for the oracle.
type propertyDefinition struct {
	yaml   string
	oracle oDefinition
}

func is(status ...string) func(oState) bool {
	return func(s oState) bool {
		for _, x := range status {
			if s.status == x {
				return true
			}
		}
		return false
	}
}

// propertyDefinitions crosses the policies with the shapes of conditions.
func propertyDefinitions() []propertyDefinition {
	priority := func(p string) func(oState) bool { return func(s oState) bool { return s.priority == p } }
	opened := func(s oState) bool { return s.opened }
	type goals struct {
		yaml   string
		oracle []oGoal
	}
	sets := []goals{
		{"[{when: priority = 1, within: 4h, calendar: always}, {when: priority = 2, within: 8h, calendar: office}, {when: priority = 3, within: 8h, calendar: office}, {within: 20h, calendar: kolkata}]",
			[]oGoal{{when: priority("1"), seconds: 14400, calendar: "always"}, {when: priority("2"), seconds: 28800, calendar: "office"}, {when: priority("3"), seconds: 28800, calendar: "office"}, {seconds: 72000, calendar: "kolkata"}}},
		{"[{when: priority = 1, within: 1 working_day, calendar: office}, {when: priority = 2, within: 2 calendar_days, calendar: night}, {when: team = 'b', within: 3 working_days 2h, calendar: night}, {when: priority <> 5, within: 30m, calendar: howe}]",
			[]oGoal{{when: priority("1"), days: 1, kind: "working", calendar: "office"}, {when: priority("2"), days: 2, kind: "calendar", calendar: "night"},
				{when: func(s oState) bool { return s.team == "b" }, days: 3, kind: "working", seconds: 7200, calendar: "night"},
				{when: func(s oState) bool { return s.priority != "" && s.priority != "5" }, seconds: 1800, calendar: "howe"}}},
		{"[{within: 3h, calendar: howe}]", []oGoal{{seconds: 10800, calendar: "howe"}}},
	}
	type shape struct {
		yaml   string
		oracle oDefinition
	}
	shapes := []shape{
		{"pause: status = 'on_hold'", oDefinition{start: opened, pause: is("on_hold"), stop: is("resolved", "closed"), cancel: is("cancelled")}},
		{"start: team = 'a', pause: status = 'on_hold', resume: status = 'in_progress', stop: closed, reset: team = 'c'",
			oDefinition{start: func(s oState) bool { return s.team == "a" }, pause: is("on_hold"), resume: is("in_progress"), stop: is("closed"),
				reset: func(s oState) bool { return s.team == "c" }, cancel: is("cancelled")}},
		{"clock: response, stop: first_response OR status = 'closed', cancel: status = 'cancelled' OR team = 'c'",
			oDefinition{start: opened, stop: func(s oState) bool { return s.responded || s.status == "closed" },
				cancel: func(s oState) bool { return s.status == "cancelled" || s.team == "c" }}},
		{"start: last_comment_by = 'requester', stop: last_comment_by = 'agent', pause: \"status IN ('on_hold', 'resolved')\"",
			oDefinition{start: func(s oState) bool { return s.comment == "requester" }, stop: func(s oState) bool { return s.comment == "agent" },
				pause: is("on_hold", "resolved"), cancel: is("cancelled")}},
	}
	var out []propertyDefinition
	for _, reopen := range []string{"first_closure", "last_closure", "each_cycle", "cumulative"} {
		for _, change := range []string{"goal_at_stop", "goal_at_each_moment", "restart"} {
			for i, sh := range shapes {
				g := sets[(i+len(out)/4)%len(sets)]
				o := sh.oracle
				o.goals, o.reopen, o.change = g.oracle, reopen, change
				out = append(out, propertyDefinition{fmt.Sprintf("{id: d%d, %s, reopen: %s, goal_change: %s, goals: %s}", len(out), sh.yaml, reopen, change, g.yaml), o})
			}
		}
	}
	return out
}

// oTicket is a generated ticket.
type oTicket struct {
	id     string
	opened int64
	events []oEvent
}

// generate makes a history: near clock changes and ends of work, with several events in a second now and then.
func generate(r *rand.Rand, id int) oTicket {
	anchors := []int64{
		time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC).Unix(), // Berlin
		time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC).Unix(), // New York
		time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 10, 3, 15, 30, 0, 0, time.UTC).Unix(), // Lord Howe
		time.Date(2026, 5, 13, 15, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 12, 24, 16, 0, 0, 0, time.UTC).Unix(),
	}
	at := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Unix() + r.Int64N(330*86400)
	switch r.IntN(3) {
	case 0:
		at = anchors[r.IntN(len(anchors))] - r.Int64N(3*86400)
	case 1:
		at -= at % 1800 // on the half hour, where hours begin and end
	}
	t := oTicket{id: fmt.Sprintf("t%05d", id), opened: at}
	if r.IntN(8) == 0 {
		t.opened += r.Int64N(7200) // registered after the first event
	}
	n := 1 + r.IntN(9)
	status := []string{"new", "in_progress", "on_hold", "resolved", "closed", "cancelled"}
	for i := range n {
		e := oEvent{second: at, sequence: i + 1, field: "status", value: "new"}
		switch {
		case i == 0:
		case r.IntN(10) < 5:
			e.value = status[r.IntN(len(status))]
			if e.value == "cancelled" && r.IntN(3) > 0 {
				e.value = "in_progress"
			}
		case r.IntN(10) < 4:
			e.field, e.value = "priority", strconv.Itoa(1+r.IntN(5))
		case r.IntN(10) < 4:
			e.field, e.value = "team", string(rune('a'+r.IntN(3)))
		case r.IntN(10) < 3:
			e.field, e.value = "first_response", "x"
		default:
			e.field, e.value = "comment", []string{"agent", "requester"}[r.IntN(2)]
			e.sequence += 2_000_000_000 // comments follow the events of their second
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

// load writes generated tickets into the warehouse.
func load(t testing.TB, db *model.DB, tickets []oTicket, asOf int64) {
	t.Helper()
	ctx := context.Background()
	events, err := db.NewAppender(ctx, "ticket_event", "ticket_id", "sequence", "occurred_at", "field", "from_value", "to_value")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.NewAppender(ctx, "ticket", "ticket_id", "source", "key", "kind", "status", "priority", "team", "opened_at", "reopen_count", "reassignment_count", "has_history")
	if err != nil {
		t.Fatal(err)
	}
	comments, err := db.NewAppender(ctx, "communication", "communication_id", "ticket_id", "sent_at", "sender_role", "is_public")
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range tickets {
		now := map[string]any{}
		for i, e := range k.events {
			if e.second > asOf {
				continue
			}
			at := time.Unix(e.second, int64(i)*1000).UTC()
			if e.field == "comment" {
				must(comments.Append(fmt.Sprintf("%s-%03d", k.id, i), k.id, at, e.value, true))
				continue
			}
			must(events.Append(k.id, int32(e.sequence), at, e.field, now[e.field], e.value))
			now[e.field] = e.value
		}
		if k.opened > asOf {
			continue
		}
		status, _ := now["status"].(string)
		if status == "" {
			status = "new"
		}
		var priority any
		if p, ok := now["priority"].(string); ok {
			n, _ := strconv.Atoi(p)
			priority = int32(n)
		}
		must(rows.Append(k.id, "desk", k.id, "incident", status, priority, now["team"], time.Unix(k.opened, 0).UTC(), int32(0), int32(0), true))
	}
	must(events.Close())
	must(rows.Close())
	must(comments.Close())
}

func histories(t testing.TB) (n int, seed uint64) {
	n, seed = 2000, 20261117
	if s := os.Getenv("DESKPROOF_HISTORIES"); s != "" {
		v, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("DESKPROOF_HISTORIES=%s is not a number", s)
		}
		n = v
	}
	if s := os.Getenv("DESKPROOF_SEED"); s != "" {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("DESKPROOF_SEED=%s is not a number", s)
		}
		seed = v
	}
	t.Logf("%d histories, seed %d (DESKPROOF_HISTORIES, DESKPROOF_SEED)", n, seed)
	return n, seed
}

func TestReplayEqualsTheOracle(t *testing.T) {
	n, seed := histories(t)
	r := rand.New(rand.NewPCG(seed, 1))
	tickets := make([]oTicket, n)
	for i := range tickets {
		tickets[i] = generate(r, i)
	}
	asOf := time.Date(2026, 12, 28, 9, 30, 0, 0, time.UTC).Unix()
	db := open(t)
	load(t, db, tickets, asOf)
	defs := propertyDefinitions()
	var yaml strings.Builder
	yaml.WriteString(propertyYAML)
	for _, d := range defs {
		yaml.WriteString("  - " + d.yaml + "\n")
	}
	cfg := parse(t, yaml.String())
	replayed(t, db, cfg, time.Unix(asOf, 0).UTC().Format(time.RFC3339))
	type row struct {
		TicketID, Definition, State                                      string
		Goal, Started, Stopped, Elapsed, Paused, Due, Breached, Calendar int64
	}
	rows, err := model.Select[row](context.Background(), db, `SELECT ticket_id, definition, state, goal_seconds AS goal, epoch(started_at)::BIGINT AS started,
		coalesce(epoch(stopped_at)::BIGINT, -1) AS stopped, elapsed_seconds AS elapsed, paused_seconds AS paused, epoch(due_at)::BIGINT AS due,
		coalesce(epoch(breached_at)::BIGINT, -1) AS breached, calendar_seconds AS calendar FROM sla_cycle ORDER BY ticket_id, definition, cycle`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]oCycle{}
	for _, x := range rows {
		k := x.TicketID + " " + x.Definition
		got[k] = append(got[k], oCycle{x.Goal, x.Started, x.Stopped, x.Elapsed, x.Paused, x.Due, x.Breached, x.State})
		if x.Elapsed < 0 || x.Elapsed+x.Paused > x.Calendar {
			t.Errorf("%s: elapsed %d, paused %d, wall %d", k, x.Elapsed, x.Paused, x.Calendar)
		}
	}
	calendars := propertyCalendars()
	bad, count, states := 0, 0, map[string]int{}
	for _, k := range tickets {
		if k.opened > asOf {
			continue
		}
		for i, d := range defs {
			want := d.oracle.run(calendars, k.opened, k.events, asOf)
			have := got[fmt.Sprintf("%s d%d", k.id, i)]
			for _, w := range want {
				states[w.state]++
			}
			count += len(want)
			if fmt.Sprint(want) == fmt.Sprint(have) {
				continue
			}
			if bad++; bad > 5 {
				continue
			}
			t.Errorf("%s, %s\n%s\nopened %s\noracle %s\nreplay %s", k.id, d.yaml, historyText(k), stamp(k.opened), cycleTexts(want), cycleTexts(have))
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d tickets × definitions differ", bad, n*len(defs))
	}
	t.Logf("%d cycles compared over %d definitions: %v", count, len(defs), states)
	for _, s := range []string{"met", "breached", "running", "running_breached", "paused", "cancelled"} {
		if states[s] < n/100 {
			t.Errorf("only %d cycles are %s: the histories do not test it", states[s], s)
		}
	}
}

func stamp(s int64) string {
	if s < 0 {
		return "-"
	}
	return time.Unix(s, 0).UTC().Format("2006-01-02T15:04:05Z")
}

func historyText(k oTicket) string {
	var b strings.Builder
	for _, e := range k.events {
		fmt.Fprintf(&b, "  %s #%d %s=%s\n", stamp(e.second), e.sequence, e.field, e.value)
	}
	return b.String()
}

func cycleTexts(cs []oCycle) string {
	var b strings.Builder
	for _, c := range cs {
		fmt.Fprintf(&b, "\n  %s goal %d from %s to %s elapsed %d paused %d due %s breach %s", c.state, c.goal, stamp(c.start), stamp(c.stop), c.elapsed, c.paused, stamp(c.due), stamp(c.breach))
	}
	return b.String()
}
