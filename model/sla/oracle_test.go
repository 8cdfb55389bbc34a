package sla

import "sort"

// The oracle answers the same questions as the replay, slowly and in another way: it asks the clock on the wall of every
// minute, and walks each ticket event by event. It shares no code with the calendar compiler or the SQL.

// oState is what is true of a ticket after an event; empty texts stand for none.
type oState struct {
	status, source, priority, team, supplier, customer, service string
	opened, responded                                           bool
	comment                                                     string
}

// oEvent is a change of a field, or "opened", "first_response" or "comment".
type oEvent struct {
	second   int64
	sequence int
	field    string
	from     string // the value before, of a field
	value    string
	source   string // the status in the words of the source
}

// oTicket is a generated ticket: its record and its history.
type oTicket struct {
	id      string
	opened  int64
	record  map[string]string // fields of which no event tells
	history bool              // has_history
	// Instants of the record; -1 = none.
	resolved, closed, response int64
	events                     []oEvent
}

type oGoal struct {
	when     func(oState) bool
	seconds  int64
	days     int
	kind     string // working or calendar
	calendar string
}

type oDefinition struct {
	start, pause, resume, stop, reset, cancel func(oState) bool
	applies                                   func(oState) bool // of the state as of the replay; nil = all
	validFrom, validTo                        int64             // opened in [validFrom, validTo); 0 = open
	zone                                      string            // customer, service; else the calendar's own
	goals                                     []oGoal
	reopen, change                            string
}

// oZones are the zones that customers and services have.
type oZones struct{ customer, service map[string]string }

// oPiece is a stretch of a round.
type oPiece struct {
	from, to int64
	paused   bool
	goal     int // index; -1 = none
}

type oRound struct {
	pieces, gap []oPiece
	end         string // open, stop, cancel, restart
	undone      bool   // cancelled, also after it was stopped: a reopening begins anew
}

// oCycle is the oracle's answer.
type oCycle struct {
	goal, start, stop, elapsed, paused, due, breach int64 // stop, breach: -1 = none
	state, calendar                                 string
}

// oSegment is a time in which a clock did the same: neighbours that differ in nothing are one, those of no length are left out.
type oSegment struct {
	cycle                   int32
	from, to, goal, elapsed int64
	paused                  bool
	calendar                string
}

// addSegment appends a stretch, joined with the one before it where it says the same.
func addSegment(all []oSegment, s oSegment) []oSegment {
	if s.from == s.to {
		return all
	}
	if n := len(all); n > 0 {
		last := &all[n-1]
		if last.cycle == s.cycle && last.to == s.from && last.paused == s.paused && last.goal == s.goal && last.calendar == s.calendar {
			last.to, last.elapsed = s.to, last.elapsed+s.elapsed
			return all
		}
	}
	return append(all, s)
}

func (d oDefinition) goalOf(s oState) int {
	for i, g := range d.goals {
		if g.when == nil || g.when(s) {
			for j := range i {
				o := d.goals[j]
				if o.seconds == g.seconds && o.days == g.days && o.kind == g.kind && o.calendar == g.calendar {
					return j
				}
			}
			return i
		}
	}
	return -1
}

// story is the state of a ticket before everything, and its events in order with what its record alone tells among them.
func (t oTicket) story() (oState, []oEvent) {
	value := map[string]string{}
	for f, v := range t.record {
		value[f] = v
	}
	told := map[string]bool{}
	ordered := append([]oEvent{}, t.events...)
	inOrder(ordered)
	for _, e := range ordered {
		if !told[e.field] {
			value[e.field], told[e.field] = e.from, true
			if e.field == "status" {
				value["source_status"] = ""
			}
		}
	}
	events := append([]oEvent{{second: t.opened, sequence: -4, field: "opened"}}, ordered...)
	if t.response >= 0 && !told["first_response"] {
		events = append(events, oEvent{second: t.response, sequence: -2, field: "first_response"})
	}
	if !t.history && !told["status"] {
		value["status"], value["source_status"] = "", ""
		events = append(events, oEvent{second: t.opened, sequence: -3, field: "status", value: "new"})
		if t.resolved >= 0 {
			events = append(events, oEvent{second: t.resolved, sequence: 1e9 + 1, field: "status", value: "resolved"})
		}
		if t.closed >= 0 {
			events = append(events, oEvent{second: t.closed, sequence: 1e9 + 2, field: "status", value: "closed"})
		}
	}
	inOrder(events)
	return oState{status: value["status"], source: value["source_status"], priority: value["priority"], team: value["team"],
		supplier: value["supplier_id"], customer: value["customer_id"], service: value["service_id"]}, events
}

func inOrder(events []oEvent) {
	sort.SliceStable(events, func(i, j int) bool {
		if events[i].second != events[j].second {
			return events[i].second < events[j].second
		}
		return events[i].sequence < events[j].sequence
	})
}

// after is the state after an event.
func (s oState) after(e oEvent) oState {
	switch e.field {
	case "opened":
		s.opened = true
	case "status":
		s.status, s.source = e.value, e.source
	case "priority":
		s.priority = e.value
	case "team":
		s.team = e.value
	case "supplier_id":
		s.supplier = e.value
	case "customer_id":
		s.customer = e.value
	case "service_id":
		s.service = e.value
	case "first_response":
		s.responded = true
	case "comment":
		s.comment = e.value
	}
	return s
}

// rounds walks the history and cuts it where the clock begins and ends. It also gives the state as of the replay.
func (d oDefinition) rounds(t oTicket, asOf int64) ([]oRound, oState) {
	s, events := t.story()
	var out []oRound
	yes := func(f func(oState) bool) bool { return f != nil && f(s) }
	active, held, wasReset := false, false, false
	since, goal := int64(0), -1
	flush := func(to int64) {
		if len(out) == 0 {
			return
		}
		r := &out[len(out)-1]
		p := oPiece{since, to, held, goal}
		if active {
			r.pieces = append(r.pieces, p)
		} else {
			r.gap = append(r.gap, p)
		}
	}
	for _, e := range events {
		if e.second > asOf {
			break
		}
		flush(e.second)
		since = e.second
		s = s.after(e)
		switch {
		case d.resume == nil:
			held = yes(d.pause)
		case yes(d.resume):
			held = false
		case yes(d.pause):
			held = true
		}
		goalBefore := goal
		goal = d.goalOf(s)
		isReset := yes(d.reset)
		restarts := isReset && !wasReset || d.change == "restart" && goal != goalBefore
		wasReset = isReset
		switch {
		case yes(d.stop):
			if active {
				out[len(out)-1].end, active = "stop", false
			}
		case yes(d.cancel):
			if active {
				out[len(out)-1].end, active = "cancel", false
			}
			if len(out) > 0 {
				out[len(out)-1].undone = true
			}
		case active && restarts:
			out[len(out)-1].end = "restart"
			out = append(out, oRound{end: "open"})
		case !active && (yes(d.start)):
			out = append(out, oRound{end: "open"})
			active = true
		}
	}
	flush(asOf)
	return out, s
}

// run gives the cycles of one ticket, and their segments.
func (d oDefinition) run(calendars *wallSet, zones oZones, t oTicket, asOf int64) ([]oCycle, []oSegment) {
	if t.opened > asOf || t.opened < d.validFrom || d.validTo > 0 && t.opened >= d.validTo {
		return nil, nil
	}
	rounds, now := d.rounds(t, asOf)
	if d.applies != nil && !d.applies(now) {
		return nil, nil
	}
	w := oWatch{calendars: calendars}
	switch d.zone {
	case "customer":
		w.zone = zones.customer[now.customer]
	case "service":
		w.zone = zones.service[now.service]
	}
	var groups [][]oRound
	for i, r := range rounds {
		joins := i > 0 && rounds[i-1].end == "stop" && !rounds[i-1].undone && d.reopen != "each_cycle"
		if joins && d.change == "restart" {
			before := rounds[i-1].pieces
			joins = before[len(before)-1].goal == r.pieces[0].goal
		}
		if joins {
			groups[len(groups)-1] = append(groups[len(groups)-1], r)
		} else {
			groups = append(groups, []oRound{r})
		}
	}
	var out []oCycle
	var segments []oSegment
	for _, g := range groups {
		if d.reopen == "first_closure" {
			g = g[:1]
		}
		var path []oPiece
		for i, r := range g {
			path = append(path, r.pieces...)
			if i+1 == len(g) {
				break
			}
			for _, p := range r.gap {
				p.paused = p.paused || d.reopen == "cumulative"
				path = append(path, p)
			}
		}
		if c, ok := d.judge(w, path, g[len(g)-1].end, func(s oSegment) {
			s.cycle = int32(len(out))
			segments = addSegment(segments, s)
		}); ok {
			out = append(out, c)
		}
	}
	return out, segments
}

// oWatch reads calendars in the zone that counts for a ticket.
type oWatch struct {
	calendars *wallSet
	zone      string
}

// of is the calendar of a goal: every second counts in every zone, unless days are counted on the wall.
func (w oWatch) of(g oGoal) *wallCalendar {
	if g.calendar == "always" && g.kind != "calendar" {
		return w.calendars.get(g.calendar, "")
	}
	return w.calendars.get(g.calendar, w.zone)
}

// seconds is a goal for a cycle that starts at a second.
func (w oWatch) seconds(g oGoal, start int64) int64 {
	s := g.seconds
	switch {
	case g.days > 0 && g.kind == "working":
		s += w.of(g).workingDays(start, g.days)
	case g.days > 0:
		s += w.of(g).calendarDays(start, g.days)
	}
	return s
}

// judge measures a cycle; it gives each of its stretches to segment.
func (d oDefinition) judge(w oWatch, path []oPiece, end string, segment func(oSegment)) (oCycle, bool) {
	start, stop := path[0].from, path[len(path)-1].to
	final := path[len(path)-1].goal
	moment := d.change == "goal_at_each_moment"
	if moment {
		for i := len(path) - 1; final < 0 && i >= 0; i-- {
			final = path[i].goal
		}
	}
	if final < 0 {
		return oCycle{}, false
	}
	cal := w.of(d.goals[final])
	c := oCycle{start: start, stop: stop, goal: w.seconds(d.goals[final], start), due: -1, breach: -1, calendar: cal.name}
	moments := map[int]int64{-1: 0}
	for _, p := range path {
		if _, ok := moments[p.goal]; !ok {
			moments[p.goal] = w.seconds(d.goals[p.goal], start)
		}
	}
	for _, p := range path {
		limit, counts, pc := c.goal, !p.paused, cal
		if moment {
			if p.goal < 0 {
				counts, limit = false, 1<<60
			} else {
				limit, pc = moments[p.goal], w.of(d.goals[p.goal])
			}
		}
		n := int64(0)
		if counts {
			n = pc.f(p.to) - pc.f(p.from)
		} else {
			c.paused += p.to - p.from
		}
		segment(oSegment{from: p.from, to: p.to, goal: moments[p.goal], elapsed: n, paused: !counts, calendar: pc.name})
		if c.due < 0 && c.elapsed+n >= limit {
			c.due = p.from
			if limit > c.elapsed {
				c.due = pc.usedUp(p.from, limit-c.elapsed)
			} else if !moment {
				c.due = start // a goal of no time at all is used up when the clock starts
			}
		}
		if c.breach < 0 && c.elapsed+n > limit {
			c.breach = p.from
			if limit >= c.elapsed {
				c.breach = pc.exceeded(p.from, limit-c.elapsed)
			}
		}
		c.elapsed += n
	}
	if c.due < 0 {
		last := path[len(path)-1]
		if moment && last.goal >= 0 {
			cal = w.of(d.goals[last.goal])
		}
		c.due = cal.usedUp(last.to, c.goal-c.elapsed)
	}
	over := c.breach >= 0
	switch {
	case end == "cancel", end == "restart" && !over:
		c.state = "cancelled"
	case end == "open" && over:
		c.state, c.stop = "running_breached", -1
	case end == "open" && path[len(path)-1].paused:
		c.state, c.stop = "paused", -1
	case end == "open":
		c.state, c.stop = "running", -1
	case over:
		c.state = "breached"
	default:
		c.state = "met"
	}
	return c, true
}
