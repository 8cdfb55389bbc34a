package sla

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// CycleExplanation is one cycle of a clock. Seconds are whole; instants are UTC and shown in Zone.
type CycleExplanation struct {
	Cycle          int                  `json:"cycle"`
	State          string               `json:"state"`
	Calendar       string               `json:"calendar"`
	Hours          string               `json:"hours"`        // of the calendar, in words
	Zone           string               `json:"time_zone"`    // IANA zone that its local times are shown in
	GoalSeconds    int64                `json:"goal_seconds"` // that decides
	GoalRules      []Rule               `json:"goal"`         // the goal of the definition that it is; several where they give the same time
	ElapsedSeconds int64                `json:"elapsed_seconds"`
	LeftSeconds    int64                `json:"left_seconds"` // of the goal; negative = over it
	WallSeconds    int64                `json:"wall_seconds"`
	PausedSeconds  int64                `json:"paused_seconds"`
	StartedAt      time.Time            `json:"started_at"`
	StoppedAt      *time.Time           `json:"stopped_at,omitempty"`
	DueAt          *time.Time           `json:"due_at,omitempty"`
	DueWords       string               `json:"due_words"` // how the due time was found
	BreachedAt     *time.Time           `json:"breached_at,omitempty"`
	Ended          Rule                 `json:"ended"`                   // the rule that stopped, cancelled or restarted it; empty while it is open
	EndEvent       string               `json:"end_event,omitempty"`     // the event with which it ended
	Changes        []ClockChange        `json:"clock_changes,omitempty"` // changes of the zone's offset inside it
	Segments       []SegmentExplanation `json:"segments"`

	zone  *time.Location // in which it is told
	count *time.Location // in which its calendar counts days
}

// ClockChange is a change of the offset of a zone: the clock goes forward or back.
type ClockChange struct {
	At     time.Time `json:"at"`
	Before string    `json:"before"` // +01:00
	After  string    `json:"after"`
}

// SegmentExplanation is one stretch of a cycle, why it ran or paused, and the working time in it. Stretches of no length are not
// told; their events stand with the next one.
type SegmentExplanation struct {
	Sequence        int        `json:"sequence"`
	StartedAt       time.Time  `json:"started_at"`
	EndedAt         time.Time  `json:"ended_at"`
	State           string     `json:"state"`  // running, paused
	Reason          string     `json:"reason"` // the event that began it
	Rule            Rule       `json:"rule"`   // the entry of the definition that decided
	Calendar        string     `json:"calendar"`
	GoalSeconds     int64      `json:"goal_seconds"` // goal in force by its condition; 0 = none
	GoalRules       []Rule     `json:"goal"`
	ElapsedSeconds  int64      `json:"elapsed_seconds"`
	TotalSeconds    int64      `json:"total_seconds"`    // of the cycle, up to the end of this stretch
	CalendarSeconds int64      `json:"calendar_seconds"` // working time of the calendar in it, counted or not
	DueAt           *time.Time `json:"due_at,omitempty"` // where it falls into this stretch
	BreachedAt      *time.Time `json:"breached_at,omitempty"`
	Days            []DayHours `json:"days,omitempty"` // every local day of a running stretch
	Windows         []Window   `json:"-"`              // its working time, not cut at midnight

	zone *time.Location
}

// Window is a stretch of working time, [From, To).
type Window struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Seconds is its length.
func (w Window) Seconds() int64 { return w.To.Unix() - w.From.Unix() }

// Location is the zone in which the cycle is told.
func (c CycleExplanation) Location() *time.Location { return orUTC(c.zone) }

// Location is the zone in which the stretch is told.
func (s SegmentExplanation) Location() *time.Location { return orUTC(s.zone) }

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

// reopenedLater ends the reason of a stretch between a stop and a reopening (steps/36_store_segment.sql).
const reopenedLater = " (reopened later)"

func itoa(i int) string { return strconv.Itoa(i) }

// segmentKey names a stretch of the ticket.
type segmentKey struct {
	definition      string
	cycle, sequence int64
}

// cycles reads every cycle with its stretches.
func (e *Explanation) cycles(ctx context.Context, db *model.DB) error {
	type row struct {
		Definition                   string
		Cycle                        int64
		State, Calendar              string
		Hours, Zone                  string
		Goal, Elapsed, Wall, Paused  int64
		StartedAt                    time.Time
		StoppedAt, DueAt, BreachedAt *time.Time
	}
	rows, err := explainRows[row](ctx, db, "cycle", e.TicketID)
	if err != nil {
		return err
	}
	segments, err := e.segments(ctx, db)
	if err != nil {
		return err
	}
	for i := range e.Clocks {
		clock := &e.Clocks[i]
		for _, r := range rows {
			if r.Definition != clock.Definition {
				continue
			}
			c := CycleExplanation{Cycle: int(r.Cycle), State: r.State, Calendar: r.Calendar, Hours: r.Hours, GoalSeconds: r.Goal, ElapsedSeconds: r.Elapsed,
				LeftSeconds: r.Goal - r.Elapsed, WallSeconds: r.Wall, PausedSeconds: r.Paused, StartedAt: r.StartedAt, StoppedAt: r.StoppedAt, DueAt: r.DueAt,
				BreachedAt: r.BreachedAt, Segments: segments[segmentKey{r.Definition, r.Cycle, 0}], zone: e.show(r.Calendar, r.Zone), count: location(r.Zone)}
			c.Zone = c.zone.String()
			clock.Cycles = append(clock.Cycles, c)
		}
		for k := range clock.Cycles {
			if err := e.tell(ctx, db, clock, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// show is the zone in which a calendar is told. "always" counts every second in every zone, so it is told in the organization's;
// a variant of it that was made for calendar days keeps its own.
func (e *Explanation) show(calendar, zone string) *time.Location {
	if calendar == config.Always || zone == "" {
		return e.zone
	}
	return location(zone)
}

// segments reads the stretches of all cycles, by cycle (sequence 0).
func (e *Explanation) segments(ctx context.Context, db *model.DB) (map[segmentKey][]SegmentExplanation, error) {
	type row struct {
		Definition                    string
		Cycle, Sequence               int64
		StartedAt, EndedAt            time.Time
		State, Reason, Calendar, Zone string
		Goal, Elapsed, Total          int64
	}
	rows, err := explainRows[row](ctx, db, "segment", e.TicketID)
	if err != nil {
		return nil, err
	}
	type span struct {
		Definition      string
		Cycle, Sequence int64
		Starts, Ends    int64
	}
	spans, err := explainRows[span](ctx, db, "hours", e.TicketID)
	if err != nil {
		return nil, err
	}
	windows := map[segmentKey][]Window{}
	for _, s := range spans {
		key := segmentKey{s.Definition, s.Cycle, s.Sequence}
		windows[key] = append(windows[key], Window{time.Unix(s.Starts, 0).UTC(), time.Unix(s.Ends, 0).UTC()})
	}
	type off struct {
		Definition      string
		Cycle, Sequence int64
		Day, Name       string
	}
	offs, err := explainRows[off](ctx, db, "holiday", e.TicketID)
	if err != nil {
		return nil, err
	}
	holidays := map[segmentKey]map[string]string{}
	for _, h := range offs {
		key := segmentKey{h.Definition, h.Cycle, h.Sequence}
		if holidays[key] == nil {
			holidays[key] = map[string]string{}
		}
		holidays[key][h.Day] = h.Name
	}
	out := map[segmentKey][]SegmentExplanation{}
	var before []string // events of stretches without length
	for i, r := range rows {
		cycle := segmentKey{r.Definition, r.Cycle, 0}
		last := i+1 == len(rows) || rows[i+1].Definition != r.Definition || rows[i+1].Cycle != r.Cycle
		if r.StartedAt.Equal(r.EndedAt) && !(last && len(out[cycle]) == 0) {
			before = append(before, r.Reason)
			if last {
				before = nil
			}
			continue
		}
		key := segmentKey{r.Definition, r.Cycle, r.Sequence}
		s := SegmentExplanation{Sequence: len(out[cycle]) + 1, StartedAt: r.StartedAt, EndedAt: r.EndedAt, State: r.State,
			Reason: strings.Join(append(before, r.Reason), ", then "), Calendar: r.Calendar, GoalSeconds: r.Goal, ElapsedSeconds: r.Elapsed,
			TotalSeconds: r.Total, Windows: windows[key], zone: e.show(r.Calendar, r.Zone)}
		before = nil
		for _, w := range s.Windows {
			s.CalendarSeconds += w.Seconds()
		}
		if s.State == "running" {
			s.Days = daysOf(s.StartedAt, s.EndedAt, s.Windows, holidays[key], s.zone)
		} else {
			s.Days = holidaysOf(s.StartedAt, s.EndedAt, holidays[key], s.zone)
		}
		out[cycle] = append(out[cycle], s)
	}
	return out, nil
}

// tell adds the rules that decided to a cycle and its stretches, and the words for its due time.
func (e *Explanation) tell(ctx context.Context, db *model.DB, clock *ClockExplanation, k int) error {
	c := &clock.Cycles[k]
	goals, err := clock.goalTimes(ctx, db, c)
	if err != nil {
		return err
	}
	c.GoalRules = clock.goalsOf(goals, c.Calendar, c.GoalSeconds)
	restarted := k > 0 && clock.restarted(k-1)
	for i := range c.Segments {
		s := &c.Segments[i]
		s.GoalRules = clock.goalsOf(goals, s.Calendar, s.GoalSeconds)
		s.Rule = clock.decided(c, i, restarted)
		if i > 0 && s.GoalSeconds != c.Segments[i-1].GoalSeconds && s.State == c.Segments[i-1].State && !strings.HasSuffix(s.Reason, reopenedLater) {
			s.Rule = clock.rule("goal_change")
			s.Rule.Text = fmt.Sprintf("the goal in force changes from %s to %s; %s", goalWord(c.Segments[i-1].GoalSeconds), goalWord(s.GoalSeconds), s.Rule.Text)
		}
		s.Reason = strings.ReplaceAll(s.Reason, reopenedLater, ", reopened later")
		if inside(c.DueAt, s) && s.State == "running" {
			s.DueAt = c.DueAt
		}
		if inside(c.BreachedAt, s) {
			s.BreachedAt = c.BreachedAt
		}
	}
	switch {
	case c.StoppedAt == nil:
	case clock.restarted(k):
		c.Ended = clock.rule("reset")
		if clock.settings["goal_change"] == "restart" && (c.Ended.Entry == "" || clock.Cycles[k+1].GoalSeconds != c.GoalSeconds) {
			c.Ended = clock.rule("goal_change")
		}
	case c.State == "cancelled":
		c.Ended = clock.rule("cancel")
	default:
		c.Ended = clock.rule("stop")
	}
	c.DueWords, err = clock.dueWords(ctx, db, c)
	if err != nil {
		return err
	}
	until := c.StartedAt
	for _, t := range []*time.Time{c.StoppedAt, c.DueAt, c.BreachedAt} {
		if t != nil && t.After(until) {
			until = *t
		}
	}
	if n := len(c.Segments); n > 0 && c.Segments[n-1].EndedAt.After(until) {
		until = c.Segments[n-1].EndedAt
	}
	c.Changes = clockChanges(c.zone, c.StartedAt, until)
	return nil
}

// inside says whether an instant falls into a stretch; the due time may be its end.
func inside(t *time.Time, s *SegmentExplanation) bool {
	return t != nil && !t.Before(s.StartedAt) && t.Before(s.EndedAt)
}

func goalWord(seconds int64) string {
	if seconds == 0 {
		return "none"
	}
	return Duration(seconds)
}

// restarted says whether a cycle ended because the next one began in its middle.
func (c *ClockExplanation) restarted(k int) bool {
	if k+1 >= len(c.Cycles) || c.Cycles[k].StoppedAt == nil || !c.Cycles[k].StoppedAt.Equal(c.Cycles[k+1].StartedAt) {
		return false
	}
	return c.Cycles[k].State != "met" && (c.settings["goal_change"] == "restart" || c.rule("reset").Entry != "")
}

// decided is the rule by which stretch i of a cycle runs or pauses.
func (c *ClockExplanation) decided(k *CycleExplanation, i int, restarted bool) Rule {
	s := &k.Segments[i]
	later := strings.HasSuffix(s.Reason, reopenedLater)
	say := func(entry, format string) Rule {
		r := c.rule(entry)
		r.Text = fmt.Sprintf(format, r.Text)
		return r
	}
	switch {
	case later && s.State == "running":
		return say("reopen", "%s; this stop is taken as not having happened")
	case later && c.settings["reopen"] == "cumulative":
		return say("reopen", "%s; the time between stop and reopening is not counted")
	case s.State == "paused" && s.GoalSeconds == 0 && c.settings["goal_change"] == "goal_at_each_moment":
		return say("goal_change", "%s; none matches now")
	case s.State == "paused":
		return c.rule("pause")
	case i == 0 && restarted && c.rule("reset").Entry == "":
		return say("goal_change", "%s; a new cycle begins")
	case i == 0 && restarted && c.settings["goal_change"] != "restart":
		return c.rule("reset")
	case i == 0 && k.Cycle > 1 && c.settings["reopen"] == "each_cycle" && !restarted:
		return say("reopen", "%s")
	case i == 0:
		return c.rule("start")
	case k.Segments[i-1].State == "paused" && strings.Contains(k.Segments[i-1].Reason, "reopened later"):
		return say("reopen", "%s; reopened, it goes on")
	case k.Segments[i-1].State == "paused" && c.rule("resume").Entry != "":
		return c.rule("resume")
	case k.Segments[i-1].State == "paused" && k.Segments[i-1].Rule.Entry == "pause":
		return say("pause", "no longer %s")
	case k.Segments[i-1].State == "paused":
		return say("goal_change", "%s; a goal matches again")
	}
	return Rule{Text: "runs on: nothing pauses or stops it"}
}

// goalTimes is the time of every goal in a cycle, seconds of its calendar: a goal in days depends on the start. -1 = not known.
func (c *ClockExplanation) goalTimes(ctx context.Context, db *model.DB, k *CycleExplanation) ([]int64, error) {
	out := make([]int64, len(c.Goals))
	for i := range c.Goals {
		g := &c.Goals[i]
		out[i] = g.time.Seconds
		if g.time.Days == 0 {
			if g.time.Seconds == 0 {
				out[i] = -1
			}
			continue
		}
		var days int64
		var err error
		if g.time.DayUnit == config.WorkingDay {
			var list []workingDay
			list, days, err = workingDays(ctx, db, g.in(k), k.StartedAt, g.time.Days)
			if len(list) == 0 {
				days = -1
			}
		} else {
			days, err = calendarDays(ctx, db, g.in(k), k.StartedAt, k.count, g.time.Days)
		}
		if err != nil {
			return nil, err
		}
		if out[i] += days; days < 0 {
			out[i] = -1
		}
	}
	return out, nil
}

// in is the calendar of a goal as the cycle counts it: its variant in the cycle's zone, where that is what counted.
func (g *GoalExplanation) in(k *CycleExplanation) string {
	if base, _, _ := strings.Cut(k.Calendar, " ("); base == g.Calendar {
		return k.Calendar
	}
	return g.Calendar
}

// goalsOf finds the goals of the definition that give a time: first on the same calendar, then on any.
func (c *ClockExplanation) goalsOf(times []int64, calendar string, seconds int64) []Rule {
	if seconds == 0 {
		return nil
	}
	base, _, _ := strings.Cut(calendar, " (")
	var same, other []Rule
	for i, g := range c.Goals {
		switch {
		case times[i] != seconds:
		case g.Calendar == base || g.Calendar == calendar:
			same = append(same, g.Rule)
		default:
			other = append(other, g.Rule)
		}
	}
	if len(same) > 0 {
		return same
	}
	return other
}

// goal is the goal of the definition that a rule is.
func (c *ClockExplanation) goal(r Rule) *GoalExplanation {
	for i := range c.Goals {
		if c.Goals[i].Rule.Entry == r.Entry {
			return &c.Goals[i]
		}
	}
	return nil
}
