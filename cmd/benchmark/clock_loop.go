package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deskproof/model"
)

// The loop is what a careful programmer would write instead of the replay: it reads the events in order, walks each
// ticket once, looks working time up by binary search, uses a goroutine a processor, and stores the same rows.

// loopResult is what the loop took and whether it agrees.
type loopResult struct {
	Read      float64 `json:"read_and_compute_seconds"`
	Store     float64 `json:"store_seconds"`
	PeakMiB   float64 `json:"peak_mib"`
	Cycles    int     `json:"cycles"`
	Segments  int     `json:"segments"`
	Differing int64   `json:"differing_rows"` // cycles and segments that only one of the two has
}

// Codes of what an event sets; priorities are codePriority + 1 to 5, teams codeTeam + 0 to 19.
const (
	codeStatus   = 0 // + index in loopStatus
	codeResponse = 9
	codePriority = 10
	codeTeam     = 20
	codeOpened   = 99
)

var loopStatus = []string{"new", "in_progress", "on_hold", "resolved", "closed"}

// loopEvents reads the events as three numbers each: the one conversion is left to the database, which does it fastest.
const loopEvents = `SELECT CAST(right(ticket_id, 8) AS BIGINT) AS ticket_no, epoch_us(occurred_at) // 1000000 AS second,
	CASE field WHEN 'status' THEN CASE to_value WHEN 'new' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'on_hold' THEN 2 WHEN 'resolved' THEN 3 ELSE 4 END
		WHEN 'first_response' THEN 9 WHEN 'priority' THEN 10 + CAST(to_value AS BIGINT) ELSE 20 + CAST(substr(to_value, 6) AS BIGINT) END AS code
	FROM ticket_event ORDER BY ticket_id, occurred_at, sequence`

type loopEvent struct {
	second int64
	code   int32
}

type loopTicket struct {
	no     int64
	events []loopEvent
}

type loopSegment struct {
	from, to, counted int64
	paused, reopened  bool
	code              int32
	goal              int8
}

type loopCycle struct {
	ticket                                    int64
	clock                                     int8 // 0 response, 1 resolution
	goal                                      int8
	open                                      bool
	start, stop, elapsed, paused, due, breach int64 // breach 0 = none
	state                                     string
	segments                                  []loopSegment
}

// loopCalendar is F of one calendar: working seconds up to each piece.
type loopCalendar struct {
	name                string
	start, before       []int64
	works               []bool
	workStart, workFrom []int64 // only the pieces that work
}

type loopGoal struct {
	seconds  int64
	calendar string
}

var loopGoals = [2][]loopGoal{
	{{900, "always"}, {3600, "desk"}, {14400, "berlin"}},
	{{14400, "always"}, {28800, "newyork"}, {28800, "desk"}, {72000, "kolkata"}, {86400, "berlin"}},
}

func loop(ctx context.Context, db *model.DB) (*loopResult, error) {
	calendars, err := loopCalendars(ctx, db)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	found, err := loopCompute(ctx, db, calendars)
	if err != nil {
		return nil, err
	}
	r := &loopResult{Read: time.Since(start).Seconds()}
	start = time.Now()
	if err := loopStore(ctx, db, calendars, found); err != nil {
		return nil, err
	}
	r.Store = time.Since(start).Seconds()
	for _, part := range found {
		r.Cycles += len(part)
		for i := range part {
			r.Segments += len(part[i].segments)
		}
	}
	r.Differing, err = model.One[int64](ctx, db, `SELECT CAST(sum(n) AS BIGINT) FROM (
		SELECT count(*) AS n FROM (FROM sla_cycle EXCEPT ALL FROM loop_cycle) UNION ALL SELECT count(*) FROM (FROM loop_cycle EXCEPT ALL FROM sla_cycle)
		UNION ALL SELECT count(*) FROM (FROM sla_segment EXCEPT ALL FROM loop_segment) UNION ALL SELECT count(*) FROM (FROM loop_segment EXCEPT ALL FROM sla_segment))`)
	r.Read, r.Store = round(r.Read), round(r.Store)
	return r, err
}

func loopCalendars(ctx context.Context, db *model.DB) (map[string]*loopCalendar, error) {
	type row struct {
		Name                          string
		PieceStart, WorkBefore, Works int64
	}
	rows, err := model.Select[row](ctx, db, "SELECT d.name, p.piece_start, p.work_before, p.works FROM calendar_piece p JOIN calendar_definition d ON d.calendar_id = p.calendar_id ORDER BY d.name, p.piece_start")
	if err != nil {
		return nil, err
	}
	out := map[string]*loopCalendar{}
	for _, x := range rows {
		c := out[x.Name]
		if c == nil {
			c = &loopCalendar{name: x.Name}
			out[x.Name] = c
		}
		c.start, c.before, c.works = append(c.start, x.PieceStart), append(c.before, x.WorkBefore), append(c.works, x.Works == 1)
		if x.Works == 1 {
			c.workStart, c.workFrom = append(c.workStart, x.PieceStart), append(c.workFrom, x.WorkBefore)
		}
	}
	for _, goals := range loopGoals {
		for _, g := range goals {
			if out[g.calendar] == nil {
				return nil, fmt.Errorf("the calendar %s is not laid out: replay first", g.calendar)
			}
		}
	}
	return out, nil
}

// below is the last index whose value is at most x, or below x when strict.
func below(v []int64, x int64, strict bool) int {
	lo, hi := 0, len(v)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if v[m] < x || (!strict && v[m] == x) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return max(lo-1, 0)
}

// f is the working seconds up to a second.
func (c *loopCalendar) f(s int64) int64 {
	i := below(c.start, s, false)
	if c.works[i] {
		return c.before[i] + s - c.start[i]
	}
	return c.before[i]
}

// usedUp is the first second by which so many working seconds have passed; exceeded the last.
func (c *loopCalendar) usedUp(work int64) int64 {
	i := below(c.workFrom, work, true)
	return c.workStart[i] + work - c.workFrom[i]
}

func (c *loopCalendar) exceeded(work int64) int64 {
	i := below(c.workFrom, work, false)
	return c.workStart[i] + work - c.workFrom[i]
}

// loopCompute reads on one goroutine and walks tickets on as many as there are processors.
func loopCompute(ctx context.Context, db *model.DB, calendars map[string]*loopCalendar) ([][]loopCycle, error) {
	rows, err := db.Query(ctx, loopEvents)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type batch struct {
		no      int
		tickets []loopTicket
	}
	work := make(chan batch, 8)
	var found [][]loopCycle
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			w := newLoopWalker(calendars)
			for b := range work {
				cycles := make([]loopCycle, 0, 2*len(b.tickets))
				for _, t := range b.tickets {
					for clock := range int8(2) {
						if c, ok := w.walk(clock, t); ok {
							cycles = append(cycles, c)
						}
					}
				}
				mu.Lock()
				for len(found) <= b.no {
					found = append(found, nil)
				}
				found[b.no] = cycles
				mu.Unlock()
			}
		})
	}
	const size = 4096
	next := batch{tickets: make([]loopTicket, 0, size)}
	var current loopTicket
	current.no = -1
	var no, second, code int64
	for rows.Next() {
		if err = rows.Scan(&no, &second, &code); err != nil {
			break
		}
		if no != current.no {
			if current.no >= 0 {
				next.tickets = append(next.tickets, current)
			}
			if len(next.tickets) == size {
				work <- next
				next = batch{next.no + 1, make([]loopTicket, 0, size)}
			}
			// The opening comes before every event of its second; here it is the first event's.
			current = loopTicket{no, append(make([]loopEvent, 0, 10), loopEvent{second, codeOpened})}
		}
		current.events = append(current.events, loopEvent{second, int32(code)})
	}
	if current.no >= 0 {
		next.tickets = append(next.tickets, current)
	}
	work <- next
	close(work)
	group.Wait()
	if err == nil {
		err = rows.Err()
	}
	return found, err
}

// loopWalker computes one clock of one ticket after the other.
type loopWalker struct {
	calendars [2][]*loopCalendar
	asOf      int64
}

func newLoopWalker(calendars map[string]*loopCalendar) *loopWalker {
	w := &loopWalker{asOf: clockAsOf.Unix()}
	for clock, goals := range loopGoals {
		for _, g := range goals {
			w.calendars[clock] = append(w.calendars[clock], calendars[g.calendar])
		}
	}
	return w
}

func loopGoalOf(clock int8, priority, team int32) int8 {
	switch {
	case priority == 1:
		return 0
	case clock == 0 && priority == 2:
		return 1
	case clock == 0:
		return 2
	case priority == 2 && team == 3:
		return 1
	case priority == 2:
		return 2
	case team == 5:
		return 3
	}
	return 4
}

// walk follows the events once. The last active stretch ends the cycle; what was stopped before counts as running.
func (w *loopWalker) walk(clock int8, t loopTicket) (loopCycle, bool) {
	c := loopCycle{ticket: t.no, clock: clock}
	status, priority, team, responded := int32(-1), int32(0), int32(-1), false
	var phase, goal int8
	held, lastActive, activeEnd := false, -1, int64(0)
	for _, e := range t.events {
		switch {
		case e.code == codeOpened:
		case e.code == codeResponse:
			responded = true
		case e.code < codeResponse:
			status = e.code - codeStatus
		case e.code < codeTeam:
			priority = e.code - codePriority
		default:
			team = e.code - codeTeam
		}
		wasPhase, wasHeld, wasGoal := phase, held, goal
		phase = 1
		if status >= 3 || clock == 0 && responded {
			phase = 2
		}
		held, goal = clock == 1 && status == 2, loopGoalOf(clock, priority, team)
		if phase == wasPhase && held == wasHeld && goal == wasGoal {
			continue
		}
		if n := len(c.segments); n > 0 {
			c.segments[n-1].to = e.second
			if lastActive == n-1 {
				activeEnd = e.second
			}
		} else if phase != 1 {
			continue // stopped before it began
		}
		if phase == 1 {
			lastActive = len(c.segments)
		}
		c.segments = append(c.segments, loopSegment{from: e.second, to: -1, paused: held, reopened: phase != 1, code: e.code, goal: goal})
	}
	if lastActive < 0 {
		return c, false
	}
	c.open = c.segments[lastActive].to < 0
	if c.open {
		activeEnd = w.asOf
		c.segments[lastActive].to = activeEnd
	}
	c.segments = c.segments[:lastActive+1]
	last := &c.segments[lastActive]
	c.start, c.stop, c.goal = c.segments[0].from, activeEnd, last.goal
	k, limit := w.calendars[clock][c.goal], loopGoals[clock][c.goal].seconds
	due, breach := int64(-1), int64(-1)
	to := k.f(c.start)
	for i := range c.segments {
		s := &c.segments[i]
		from := to
		if s.to != s.from {
			to = k.f(s.to)
		}
		if s.paused {
			c.paused += s.to - s.from
			continue
		}
		s.counted = to - from
		if c.elapsed < limit && c.elapsed+s.counted >= limit {
			due = from + limit - c.elapsed
		}
		if c.elapsed <= limit && c.elapsed+s.counted > limit {
			breach = from + limit - c.elapsed
		}
		c.elapsed += s.counted
	}
	if due < 0 {
		due = to + limit - c.elapsed
	}
	c.due = max(k.usedUp(due), c.start)
	switch {
	case breach >= 0 && c.open:
		c.state = "running_breached"
	case breach >= 0:
		c.state = "breached"
	case c.open && last.paused:
		c.state = "paused"
	case c.open:
		c.state = "running"
	default:
		c.state = "met"
	}
	if breach >= 0 {
		c.breach = k.exceeded(breach)
	}
	return c, true
}

// loopStore writes the rows as sla_cycle and sla_segment have them.
func loopStore(ctx context.Context, db *model.DB, calendars map[string]*loopCalendar, found [][]loopCycle) error {
	if err := db.Exec(ctx, "CREATE OR REPLACE TABLE loop_cycle AS FROM sla_cycle LIMIT 0; CREATE OR REPLACE TABLE loop_segment AS FROM sla_segment LIMIT 0"); err != nil {
		return err
	}
	w := newLoopWalker(calendars)
	names := [2]string{"response", "resolution"}
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	reasons := map[int32]string{codeOpened: "opened", codeResponse: "first response"}
	for i, s := range loopStatus {
		reasons[int32(codeStatus+i)] = "status = " + s
	}
	for i := range int32(20) {
		reasons[codeTeam+i] = fmt.Sprintf("team = team-%d", i)
	}
	for i := range int32(5) {
		reasons[codePriority+1+i] = fmt.Sprintf("priority = %d", i+1)
	}
	rows, err := db.NewAppender(ctx, "loop_cycle")
	if err != nil {
		return err
	}
	for _, part := range found {
		for i := range part {
			c := &part[i]
			var stopped, breached any
			if !c.open {
				stopped = at(c.stop)
			}
			if c.breach > 0 {
				breached = at(c.breach)
			}
			if err := rows.Append(loopID(c.ticket), names[c.clock], "SLA", names[c.clock], int32(1), w.calendars[c.clock][c.goal].name, loopGoals[c.clock][c.goal].seconds,
				at(c.start), stopped, c.elapsed, c.stop-c.start, c.paused, at(c.due), breached, c.state); err != nil {
				return err
			}
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	if rows, err = db.NewAppender(ctx, "loop_segment"); err != nil {
		return err
	}
	for _, part := range found {
		for i := range part {
			c := &part[i]
			id, name, calendar := loopID(c.ticket), names[c.clock], w.calendars[c.clock][c.goal].name
			for j := range c.segments {
				s := &c.segments[j]
				state, reason := "running", reasons[s.code]
				if s.paused {
					state = "paused"
				}
				if s.reopened {
					reason += " (reopened later)"
				}
				if err := rows.Append(id, name, int32(1), int32(j+1), at(s.from), at(s.to), state, reason, loopGoals[c.clock][s.goal].seconds, calendar, s.counted); err != nil {
					return err
				}
			}
		}
	}
	return rows.Close()
}

func loopID(no int64) string { return fmt.Sprintf("gen:T%08d", no) }
