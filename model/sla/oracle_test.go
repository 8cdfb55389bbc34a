package sla

import (
	"sort"
	"time"
)

// The oracle answers the same questions as the replay, slowly and in another way: it asks the clock on the wall of every
// minute, and walks each ticket event by event. It shares no code with the calendar compiler or the SQL.

// wallCalendar is a service time as a person would check it: minute by minute.
type wallCalendar struct {
	zone     *time.Location
	hours    [7][][2]int // Monday first; minutes after midnight; above 1440 over midnight
	holidays map[string]bool

	from  int64   // first second that is known, a whole minute
	works []bool  // by minute
	sum   []int64 // working seconds before each minute
	day   []string
	days  []string // working days in order
	first map[string]int64
	total map[string]int64
}

func newWallCalendar(zone string, hours [7][][2]int, holidays []string, from, to time.Time) *wallCalendar {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	c := &wallCalendar{zone: loc, hours: hours, holidays: map[string]bool{}, from: from.Unix(), first: map[string]int64{}, total: map[string]int64{}}
	for _, h := range holidays {
		c.holidays[h] = true
	}
	sum := int64(0)
	for s := from.Unix(); s <= to.Unix(); s += 60 {
		day, works := c.look(s)
		c.works = append(c.works, works)
		c.sum = append(c.sum, sum)
		c.day = append(c.day, day)
		if works {
			if c.total[day] == 0 {
				c.days = append(c.days, day)
				c.first[day] = sum
			}
			c.total[day] += 60
			sum += 60
		}
	}
	return c
}

// look reads the clock on the wall: is this minute working time, and of which working day.
func (c *wallCalendar) look(second int64) (string, bool) {
	local := time.Unix(second, 0).In(c.zone)
	date := local.Format("2006-01-02")
	if c.holidays[date] {
		return "", false
	}
	minute := local.Hour()*60 + local.Minute()
	today := (int(local.Weekday()) + 6) % 7
	yesterday := local.AddDate(0, 0, 0)
	y, m, d := yesterday.Date()
	before := time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC).Format("2006-01-02")
	for _, h := range c.hours[(today+6)%7] {
		if minute+1440 >= h[0] && minute+1440 < h[1] {
			return before, true
		}
	}
	for _, h := range c.hours[today] {
		if minute >= h[0] && minute < h[1] {
			return date, true
		}
	}
	return "", false
}

// f is the working seconds from the begin of what is known up to a second.
func (c *wallCalendar) f(s int64) int64 {
	i := (s - c.from) / 60
	v := c.sum[i]
	if c.works[i] {
		v += (s - c.from) % 60
	}
	return v
}

// usedUp is the first second at which n more working seconds than at s are counted.
func (c *wallCalendar) usedUp(s, n int64) int64 {
	want := c.f(s) + n
	if n <= 0 {
		return s
	}
	i := sort.Search(len(c.sum), func(i int) bool { return c.sum[i] >= want }) - 1
	return c.from + int64(i)*60 + want - c.sum[i]
}

// exceeded is the last second at which no more than n working seconds after s are counted.
func (c *wallCalendar) exceeded(s, n int64) int64 {
	want := c.f(s) + n
	i := sort.Search(len(c.sum), func(i int) bool { return c.sum[i] > want }) - 1
	return c.from + int64(i)*60 + want - c.sum[i]
}

// workingDays is the goal in seconds of n working days after s.
func (c *wallCalendar) workingDays(s int64, n int) int64 {
	i := int((s - c.from) / 60)
	for !c.works[i] {
		i++
	}
	k := sort.Search(len(c.days), func(j int) bool { return c.first[c.days[j]] > c.sum[i] }) - 1
	here, there := c.days[k], c.days[k+n]
	return c.first[there] + min(c.f(s)-c.first[here], c.total[there]) - c.f(s)
}

// calendarDays is the goal in seconds of n local days after s.
func (c *wallCalendar) calendarDays(s int64, n int) int64 {
	local := time.Unix(s, 0).In(c.zone)
	_, offset := local.Zone()
	want := local.Format("15:04:05")
	y, m, d := local.Date()
	day := time.Date(y, m, d+n, 12, 0, 0, 0, time.UTC).Format("2006-01-02")
	same := s + int64(n)*86400
	found := int64(0)
	for t := same - 3*3600; t <= same+3*3600; t++ {
		at := time.Unix(t, 0).In(c.zone)
		if at.Format("2006-01-02") != day || at.Format("15:04:05") != want {
			continue
		}
		_, o := at.Zone()
		if o == offset {
			return c.f(t) - c.f(s)
		}
		if found == 0 {
			found = t
		}
	}
	if found == 0 {
		found = same // the clock skips that time
	}
	return c.f(found) - c.f(s)
}

// oState is what is true of a ticket after an event.
type oState struct {
	status, priority, team string
	opened, responded      bool
	comment                string
}

type oEvent struct {
	second   int64
	sequence int
	field    string
	value    string
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
	goals                                     []oGoal
	reopen, change                            string
}

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

// OCycle is the oracle's answer.
type oCycle struct {
	goal, start, stop, elapsed, paused, due, breach int64 // stop, breach: -1 = none
	state                                           string
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

// rounds walks the history and cuts it where the clock begins and ends.
func (d oDefinition) rounds(opened int64, events []oEvent, asOf int64) []oRound {
	events = append([]oEvent{{opened, -4, "opened", ""}}, events...)
	sort.SliceStable(events, func(i, j int) bool {
		if events[i].second != events[j].second {
			return events[i].second < events[j].second
		}
		return events[i].sequence < events[j].sequence
	})
	var out []oRound
	var s oState
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
		switch e.field {
		case "opened":
			s.opened = true
		case "status":
			s.status = e.value
		case "priority":
			s.priority = e.value
		case "team":
			s.team = e.value
		case "first_response":
			s.responded = true
		case "comment":
			s.comment = e.value
		}
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
	return out
}

// run gives the cycles of one ticket.
func (d oDefinition) run(calendars map[string]*wallCalendar, opened int64, events []oEvent, asOf int64) []oCycle {
	rounds := d.rounds(opened, events, asOf)
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
		if c, ok := d.judge(calendars, path, g[len(g)-1].end); ok {
			out = append(out, c)
		}
	}
	return out
}

// seconds is a goal for a cycle that starts at a second.
func (g oGoal) of(calendars map[string]*wallCalendar, start int64) int64 {
	s := g.seconds
	switch {
	case g.days > 0 && g.kind == "working":
		s += calendars[g.calendar].workingDays(start, g.days)
	case g.days > 0:
		s += calendars[g.calendar].calendarDays(start, g.days)
	}
	return s
}

func (d oDefinition) judge(calendars map[string]*wallCalendar, path []oPiece, end string) (oCycle, bool) {
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
	c := oCycle{start: start, stop: stop, goal: d.goals[final].of(calendars, start), due: -1, breach: -1}
	cal := calendars[d.goals[final].calendar]
	for _, p := range path {
		limit, counts, pc := c.goal, !p.paused, cal
		if moment {
			if p.goal < 0 {
				counts, limit = false, 1<<60
			} else {
				limit, pc = d.goals[p.goal].of(calendars, start), calendars[d.goals[p.goal].calendar]
			}
		}
		n := int64(0)
		if counts {
			n = pc.f(p.to) - pc.f(p.from)
		} else {
			c.paused += p.to - p.from
		}
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
			cal = calendars[d.goals[last.goal].calendar]
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
