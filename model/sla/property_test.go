package sla

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskproof/model"
)

// histories says how many histories are generated, and from which seed.
func histories(t testing.TB, n int) (int, uint64) {
	seed := uint64(20261122)
	number := func(name string, into func(uint64)) {
		if s := os.Getenv(name); s != "" {
			v, err := strconv.ParseUint(s, 10, 63)
			if err != nil {
				t.Fatalf("%s=%s is not a number", name, s)
			}
			into(v)
		}
	}
	number("DESKPROOF_HISTORIES", func(v uint64) { n = int(v) })
	number("DESKPROOF_SEED", func(v uint64) { seed = v })
	t.Logf("%d histories, DESKPROOF_SEED=%d", n, seed)
	return n, seed
}

// answers is what the replay says of a ticket under a definition.
type answers struct {
	cycles   []oCycle
	numbers  []int32 // of the cycles, as stored: a cycle without a goal has a number and no row
	segments []oSegment
}

func answersOf(t testing.TB, db *model.DB, asOf int64) map[[2]string]*answers {
	t.Helper()
	ctx := context.Background()
	out := map[[2]string]*answers{}
	of := func(ticket, definition string) *answers {
		k := [2]string{ticket, definition}
		if out[k] == nil {
			out[k] = &answers{}
		}
		return out[k]
	}
	type cycle struct {
		TicketID, Definition, State, Calendar                            string
		Goal, Started, Stopped, Elapsed, Paused, Due, Breached, Wall, No int64
	}
	rows, err := model.Select[cycle](ctx, db, `SELECT ticket_id, definition, state, calendar, goal_seconds AS goal, epoch_us(started_at) // 1000000 AS started,
		coalesce(epoch_us(stopped_at) // 1000000, -1) AS stopped, elapsed_seconds AS elapsed, paused_seconds AS paused, epoch_us(due_at) // 1000000 AS due,
		coalesce(epoch_us(breached_at) // 1000000, -1) AS breached, calendar_seconds AS wall, cycle AS "no" FROM sla_cycle ORDER BY ticket_id, definition, cycle`)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range rows {
		a := of(x.TicketID, x.Definition)
		a.numbers = append(a.numbers, int32(x.No))
		a.cycles = append(a.cycles, oCycle{x.Goal, x.Started, x.Stopped, x.Elapsed, x.Paused, x.Due, x.Breached, x.State, x.Calendar})
		end := x.Stopped
		if end < 0 {
			end = asOf
		}
		if x.Elapsed < 0 || x.Paused < 0 || x.Elapsed+x.Paused > x.Wall || x.Wall != end-x.Started {
			t.Errorf("%s %s, cycle %d: elapsed %d, paused %d, wall %d of %d", x.TicketID, x.Definition, x.No, x.Elapsed, x.Paused, x.Wall, end-x.Started)
		}
	}
	type segment struct {
		TicketID, Definition, State, Calendar string
		Cycle                                 int32
		Started, Ended, Goal, Elapsed         int64
	}
	parts, err := model.Select[segment](ctx, db, `SELECT ticket_id, definition, state, calendar, cycle, epoch_us(started_at) // 1000000 AS started, epoch_us(ended_at) // 1000000 AS ended,
		goal_seconds AS goal, elapsed_seconds AS elapsed FROM sla_segment ORDER BY ticket_id, definition, cycle, sequence`)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range parts {
		a := of(x.TicketID, x.Definition)
		a.segments = addSegment(a.segments, oSegment{int32(slices.Index(a.numbers, x.Cycle)), x.Started, x.Ended, x.Goal, x.Elapsed, x.State == "paused", x.Calendar})
	}
	return out
}

func propertyConfig(defs []propertyDefinition) string {
	var b strings.Builder
	b.WriteString(propertyYAML)
	for _, d := range defs {
		b.WriteString("  - " + d.yaml + "\n")
	}
	return b.String()
}

// TestReplayEqualsTheOracle compares every cycle and every segment of generated histories. Histories come in batches, each
// under twelve definitions; the batches together have every choice with every other and with every shape of conditions.
func TestReplayEqualsTheOracle(t *testing.T) {
	n, seed := histories(t, 10_520)
	const batch = 1_315 // eight batches: every pair of choices with every shape of conditions
	calendars := propertyCalendars()
	tested, bad, count, parts, states := 0, 0, 0, 0, map[string]int{}
	for b := 0; b*batch < n; b++ {
		r := rand.New(rand.NewPCG(seed, uint64(b)))
		tickets := make([]oTicket, min(batch, n-b*batch))
		for i := range tickets {
			tickets[i] = generate(r, b*batch+i)
		}
		asOf := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC).Unix() + r.Int64N(34*86400)
		db := open(t)
		load(t, db, r, tickets)
		defs := propertyDefinitions(r, b)
		replayed(t, db, parse(t, propertyConfig(defs)), time.Unix(asOf, 0).UTC().Format(time.RFC3339))
		got := answersOf(t, db, asOf)
		for _, k := range tickets {
			if k.opened <= asOf {
				tested++
			}
			for i, d := range defs {
				cycles, segments := d.oracle.run(calendars, propertyZones, k, asOf)
				have := got[[2]string{k.id, fmt.Sprintf("d%d", i)}]
				if have == nil {
					have = &answers{}
				}
				for _, w := range cycles {
					states[w.state]++
				}
				count, parts = count+len(cycles), parts+len(segments)
				if slices.Equal(cycles, have.cycles) && slices.Equal(segments, have.segments) {
					continue
				}
				if bad++; bad <= 5 {
					t.Errorf("batch %d as of %s: %s, %s\n%sopened %s, record %v, history %v, response %s, resolved %s, closed %s\noracle %s%s\nreplay %s%s", b, stamp(asOf), k.id, d.yaml,
						historyText(k), stamp(k.opened), k.record, k.history, stamp(k.response), stamp(k.resolved), stamp(k.closed),
						cycleTexts(cycles), segmentTexts(segments), cycleTexts(have.cycles), segmentTexts(have.segments))
				}
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if bad > 0 {
		t.Errorf("%d tickets × definitions differ; repeat with DESKPROOF_SEED=%d", bad, seed)
	}
	t.Logf("%d histories with %d cycles and %d segments compared: %v", tested, count, parts, states)
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
		fmt.Fprintf(&b, "  %s #%d %s: %q → %q (%s)\n", stamp(e.second), e.sequence, e.field, e.from, e.value, e.source)
	}
	return b.String()
}

func cycleTexts(cs []oCycle) string {
	var b strings.Builder
	for _, c := range cs {
		fmt.Fprintf(&b, "\n  %s goal %d %s from %s to %s elapsed %d paused %d due %s breach %s", c.state, c.goal, c.calendar, stamp(c.start), stamp(c.stop), c.elapsed, c.paused, stamp(c.due), stamp(c.breach))
	}
	return b.String()
}

func segmentTexts(all []oSegment) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "\n    #%d %s..%s paused %v goal %d %s elapsed %d", s.cycle+1, stamp(s.from), stamp(s.to), s.paused, s.goal, s.calendar, s.elapsed)
	}
	return b.String()
}
