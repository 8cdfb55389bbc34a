package sla

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"deskproof/model"
)

// TestReplayAfterChanges: after whatever changes, going on from an earlier replay gives what replaying everything gives.
func TestReplayAfterChanges(t *testing.T) {
	before := manyChanged
	manyChanged = 1 // build upon the earlier replay even when nearly everything changed
	defer func() { manyChanged = before }()
	_, seed := histories(t, 0)
	t.Logf("seed %d (DESKPROOF_SEED)", seed)
	r := rand.New(rand.NewPCG(seed, 9999))
	ctx := context.Background()
	var tickets []oTicket
	for i := range 250 {
		tickets = append(tickets, generate(r, i))
	}
	cfg := parse(t, propertyConfig(propertyDefinitions(r, int(seed%8))[:3]))
	db := open(t)
	load(t, db, r, tickets)
	moments := []time.Time{
		time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC), time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC),
		time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 28, 9, 30, 0, 0, time.UTC),
	}
	changes := []string{
		"",
		`UPDATE ticket_event SET occurred_at = occurred_at + INTERVAL 1 SECOND WHERE hash(ticket_id) % 20 = 0`,
		`INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value)
			SELECT ticket_id, 5000, opened_at + INTERVAL 30 DAY, 'status', status, 'closed' FROM ticket WHERE hash(ticket_id) % 15 = 1`,
		`UPDATE ticket SET deleted_at = opened_at WHERE hash(ticket_id) % 30 = 2; DELETE FROM ticket WHERE hash(ticket_id) % 40 = 3`,
		`UPDATE ticket SET customer_id = 'another', priority = 1 WHERE hash(ticket_id) % 25 = 4`,
		`UPDATE ticket SET merged_into = 'x' WHERE hash(ticket_id) % 30 = 5; UPDATE ticket SET deleted_at = NULL WHERE hash(ticket_id) % 60 = 2;
			DELETE FROM ticket_event WHERE hash(ticket_id) % 35 = 6`,
	}
	exec := func(q string) {
		if err := db.Exec(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	for i, change := range changes {
		if change != "" {
			exec(change)
		}
		replayed(t, db, cfg, moments[i].Format(time.RFC3339))
		going := whole(t, db)
		exec("DELETE FROM sla_replay") // without it nothing is kept
		replayed(t, db, cfg, moments[i].Format(time.RFC3339))
		if all := whole(t, db); all != going {
			t.Fatalf("change %d: going on from the earlier replay differs from replaying everything:\n%s", i, firstDifference(all, going))
		}
	}
}

// whole is what a replay leaves.
func whole(t *testing.T, db *model.DB) string {
	t.Helper()
	rows, err := model.Select[string](context.Background(), db, `SELECT 'excluded ' || CAST(x AS VARCHAR) FROM sla_excluded x
		UNION ALL SELECT 'segment ' || CAST(s AS VARCHAR) FROM sla_segment s
		UNION ALL SELECT 'seen ' || CAST(p AS VARCHAR) FROM sla_replay_ticket p
		UNION ALL SELECT 'replay ' || CAST(p AS VARCHAR) FROM sla_replay p ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	return dump(t, db) + "\n" + strings.Join(rows, "\n")
}

// TestSeesWhatChangedElsewhere: two customers that change zones with each other, and what is told of the time after the replay,
// change results although no calendar and no ticket's own past does.
func TestSeesWhatChangedElsewhere(t *testing.T) {
	before := manyChanged
	manyChanged = 1
	defer func() { manyChanged = before }()
	cfg := parse(t, `
calendars:
  office: {hours: {mon-fri: [08:00-16:00]}}
sla:
  - {id: a, time_zone: customer, goals: [{when: priority = 1, within: 4h, calendar: office}, {within: 6h, calendar: office}]}
`)
	ctx, db := context.Background(), open(t)
	insert(t, db, "x", "2026-03-02T07:00:00Z status=new; 2026-03-02T15:00:00Z status=closed")
	insert(t, db, "y", "2026-03-02T07:00:00Z status=new; 2026-03-02T15:00:00Z status=closed")
	const asOf = "2026-04-01T00:00:00Z"
	exec := func(q string) {
		if err := db.Exec(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	exec(`UPDATE ticket SET customer_id = 'c' || ticket_id, priority = 3;
		INSERT INTO customer (customer_id, name, time_zone) VALUES ('cx', 'X', 'Asia/Tokyo'), ('cy', 'Y', 'America/New_York')`)
	replayed(t, db, cfg, asOf)
	first := whole(t, db)
	for _, change := range []string{
		"UPDATE customer SET time_zone = CASE customer_id WHEN 'cx' THEN 'America/New_York' ELSE 'Asia/Tokyo' END",
		// The priority was 1 until it became 3 again, after the replay.
		"INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value) VALUES ('x', 50, '2026-05-01 00:00:00+00', 'priority', '1', '3')",
	} {
		exec(change)
		replayed(t, db, cfg, asOf)
		going := whole(t, db)
		exec("DELETE FROM sla_replay")
		replayed(t, db, cfg, asOf)
		if all := whole(t, db); all != going {
			t.Errorf("%s: going on differs from replaying everything:\n%s", change, firstDifference(all, going))
		}
		if going == first {
			t.Errorf("%s: it changed nothing", change)
		}
		first = going
	}
}

// TestKeepsWhatDidNotChange: results of unchanged tickets are not computed again, unless a definition or a calendar changed.
func TestKeepsWhatDidNotChange(t *testing.T) {
	const yaml = `
calendars:
  office: {hours: {mon-fri: [08:00-16:00]}, holidays: [HOLIDAY]}
sla:
  - {id: a, goals: [{within: GOAL, calendar: office}]}
`
	ctx, db := context.Background(), open(t)
	insert(t, db, "old", "2026-03-02T08:00:00Z status=new; 2026-03-02T10:00:00Z status=closed")
	insert(t, db, "other", "2026-03-02T08:00Z status=new; 2026-03-03T10:00Z status=closed")
	for _, id := range []string{"x1", "x2", "x3", "x4"} {
		insert(t, db, id, "2026-03-02T09:00Z status=new; 2026-03-04T10:00Z status=closed")
	}
	config := func(goal, holiday string) string {
		return strings.NewReplacer("GOAL", goal, "HOLIDAY", holiday).Replace(yaml)
	}
	kept := func() int64 {
		n, err := model.One[int64](ctx, db, "SELECT COUNT(*) FROM sla_cycle WHERE calendar = 'mark'")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	mark := func() {
		if err := db.Exec(ctx, "UPDATE sla_cycle SET calendar = 'mark'"); err != nil {
			t.Fatal(err)
		}
	}
	replayed(t, db, parse(t, config("4h", "2026-12-24")), "2026-04-01T00:00:00Z")
	for _, c := range []struct {
		name, goal, holiday, change string
		kept                        int64
	}{
		{"nothing changed", "4h", "2026-12-24", "", 6},
		{"an event", "4h", "2026-12-24", "INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, to_value) VALUES ('other', 9, '2026-03-05 10:00:00+00', 'status', 'in_progress')", 5},
		{"a field that no condition asks about", "4h", "2026-12-24", "INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, to_value) VALUES ('other', 10, '2026-03-06 10:00:00+00', 'assignee', 'x')", 6},
		{"a goal", "5h", "2026-12-24", "", 0},
		{"a holiday", "5h", "2026-03-03", "", 0},
	} {
		mark()
		if c.change != "" {
			if err := db.Exec(ctx, c.change); err != nil {
				t.Fatal(err)
			}
		}
		replayed(t, db, parse(t, config(c.goal, c.holiday)), "2026-04-01T00:00:00Z")
		if got := kept(); got != c.kept {
			t.Errorf("%s: %d of 6 results kept, want %d", c.name, got, c.kept)
		}
	}
}
