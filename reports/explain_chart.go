package reports

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"deskproof/model/sla"
)

// laneBands is how many bands of one clock are drawn; beyond, working hours are not told from others.
const laneBands = 600

// addLane draws one cycle of a clock into a row of a timeline: what ran and paused, the hours outside of the calendar, and marks for the
// events, the due time, the breach and the end. A drawing says what the text says, because both are made of the same stretches.
func addLane(c *Chart, row int, clock string, k sla.CycleExplanation) {
	n := 0
	for _, s := range k.Segments {
		n += len(s.Windows)
	}
	plain := n > laneBands
	for _, s := range k.Segments {
		c.Marks = append(c.Marks, ChartMark{Row: row, At: s.StartedAt, Kind: "event", Name: fmt.Sprint(s.Sequence), Text: s.Reason})
		if s.State != "running" {
			c.Bands = append(c.Bands, ChartBand{Row: row, From: s.StartedAt, To: s.EndedAt, State: "paused", Text: s.Rule.String()})
			continue
		}
		windows := s.Windows
		if plain || len(windows) == 0 && s.ElapsedSeconds > 0 { // no calendar is laid out for it
			windows = []sla.Window{{From: s.StartedAt, To: s.EndedAt}}
		}
		at := s.StartedAt
		for _, w := range windows {
			if w.From.After(at) {
				c.Bands = append(c.Bands, ChartBand{Row: row, From: at, To: w.From, State: "outside"})
			}
			from, b := w.From, k.BreachedAt
			if b != nil && b.After(from) && b.Before(w.To) {
				c.Bands = append(c.Bands, ChartBand{Row: row, From: from, To: *b, State: "running"})
				from = *b
			}
			state := "running"
			if b != nil && !b.After(from) {
				state = "breached"
			}
			c.Bands = append(c.Bands, ChartBand{Row: row, From: from, To: w.To, State: state})
			at = w.To
		}
		if s.EndedAt.After(at) {
			c.Bands = append(c.Bands, ChartBand{Row: row, From: at, To: s.EndedAt, State: "outside"})
		}
	}
	if plain {
		c.Note = strings.TrimSpace(c.Note + " " + clock + ": so many days that hours outside of the calendar are not drawn apart.")
	}
	// A due time far behind the end would press all else together; it stands in the words.
	last := k.StartedAt
	for _, s := range k.Segments {
		if s.EndedAt.After(last) {
			last = s.EndedAt
		}
	}
	if d := k.DueAt; d != nil && d.Sub(k.StartedAt) <= 3*last.Sub(k.StartedAt) {
		c.Marks = append(c.Marks, ChartMark{Row: row, At: *d, Kind: "due", Name: "due", Text: k.DueWords})
	}
	if k.BreachedAt != nil {
		c.Marks = append(c.Marks, ChartMark{Row: row, At: *k.BreachedAt, Kind: "breach", Name: "breach", Text: "the goal of " + sla.Duration(k.GoalSeconds) + " is exceeded from here on"})
	}
	if k.StoppedAt != nil {
		c.Marks = append(c.Marks, ChartMark{Row: row, At: *k.StoppedAt, Kind: "end", Name: "end", Text: strings.TrimSpace(k.EndEvent + " " + k.Ended.String())})
	}
	if c.Zone == nil {
		c.Zone = k.Location()
	}
}

// laneNote says how to read a timeline of clocks, in the zone of its axis.
func laneNote(zone *time.Location) string {
	return "Axis: time in " + zone.String() + ". Numbers are those of the stretches below. Time counts where the clock is running; it does not where it is paused or outside of working hours."
}

// timelineAlt describes a timeline of clocks for those who cannot see it.
func timelineAlt(what string) string {
	return "Timeline of " + what + ": when the clock ran, paused, lay outside of working hours, its events, due time, breach and end. The same is told in the table of stretches."
}

// sameZone is the zone that all cycles share; the second zone where they do not.
func sameZone(cycles []sla.CycleExplanation, otherwise *time.Location) *time.Location {
	seen := map[string]*time.Location{}
	for _, k := range cycles {
		seen[k.Zone] = k.Location()
	}
	names := make([]string, 0, len(seen))
	for n := range seen {
		names = append(names, n)
	}
	sort.Strings(names)
	if len(names) == 1 {
		return seen[names[0]]
	}
	return otherwise
}
