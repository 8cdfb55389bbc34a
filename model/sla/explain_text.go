package sla

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// WriteText writes the explanation for a terminal. Times are local to the calendar that counted, with their offset.
func (e *Explanation) WriteText(w io.Writer) error {
	p := &printer{w: w}
	p.line("%s  %s", e.TicketID, clean(e.Title))
	facts := []string{e.Kind, "status " + e.Status}
	if e.Priority != nil {
		facts = append(facts, fmt.Sprintf("priority %d", *e.Priority))
	}
	p.line("%s, opened %s", strings.Join(facts, ", "), e.OpenedAt.UTC().Format("2 January 2006 15:04:05 UTC"))
	if !e.AsOf.IsZero() {
		p.line("as of %s", e.AsOf.UTC().Format("2 January 2006 15:04:05 UTC"))
	}
	if e.MergedInto != "" {
		p.line("It was merged into %s.", e.MergedInto)
	}
	if e.DeletedAt != nil {
		p.line("It was found deleted at its source on %s.", e.DeletedAt.UTC().Format("2 January 2006"))
	}
	if !e.HasHistory {
		p.line("The source gave no status history: pauses are not known and count as time that ran.")
	}
	if len(e.Clocks) == 0 {
		p.line("")
		p.line("No service level definition applies to this ticket.")
	}
	for _, c := range e.Clocks {
		c.write(p)
	}
	return p.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (c ClockExplanation) write(p *printer) {
	p.line("")
	title := c.Title
	if title != c.Definition {
		title += " (" + c.Definition + ")"
	}
	p.line("%s %s: %s clock, deskproof.yaml line %d", c.Kind, clean(title), c.Clock, c.Line)
	for _, l := range strings.Split(c.Goals, "\n") {
		p.line("  goal: %s", clean(l))
	}
	p.line("  starts when %s; stops when %s", clean(c.Start), clean(c.Stop))
	if c.Pause != "" {
		p.line("  pauses when %s", clean(c.Pause))
	}
	p.line("  choices: reopen %s, goal change %s, a day is a %s", c.Reopen, c.GoalChange, c.DayUnit)
	if c.Excluded != "" {
		p.line("  Not computed: %s.", c.Excluded)
	}
	for _, k := range c.Cycles {
		k.write(p)
	}
}

func (c CycleExplanation) write(p *printer) {
	local := func(t time.Time) string { return t.In(c.Zone).Format("Mon 2 Jan 2006 15:04:05 -07:00") }
	p.line("")
	p.line("  Cycle %d: %s", c.Cycle, strings.ToUpper(strings.ReplaceAll(c.State, "_", ", ")))
	p.line("    goal     %s of calendar %s: %s", Duration(c.GoalSeconds), clean(c.Calendar), clean(c.Hours))
	share := ""
	if c.GoalSeconds > 0 {
		// Cut, not rounded: 99.99 % of a goal must not read as 100 %.
		tenths := c.ElapsedSeconds * 1000 / c.GoalSeconds
		share = fmt.Sprintf(", %d.%d %% of the goal", tenths/10, tenths%10)
	}
	p.line("    counted  %s%s", Duration(c.ElapsedSeconds), share)
	p.line("    wall     %s, of which paused %s", Duration(c.WallSeconds), Duration(c.PausedSeconds))
	p.line("    started  %s", local(c.StartedAt))
	if c.StoppedAt != nil {
		p.line("    stopped  %s", local(*c.StoppedAt))
	}
	if c.DueAt != nil {
		p.line("    due      %s", local(*c.DueAt))
	}
	if c.BreachedAt != nil {
		p.line("    breached %s, by now %s over the goal", local(*c.BreachedAt), Duration(c.ElapsedSeconds-c.GoalSeconds))
	}
	for _, s := range c.Segments {
		s.write(p, c)
	}
}

func (s SegmentExplanation) write(p *printer, c CycleExplanation) {
	local := func(t time.Time, layout string) string { return t.In(s.Zone).Format(layout) }
	p.line("    %2d  %s – %s  %-7s  %s", s.Sequence, local(s.StartedAt, "Mon 2006-01-02 15:04:05 -07:00"), local(s.EndedAt, "Mon 2006-01-02 15:04:05 -07:00"), s.State, clean(s.Reason))
	goal := "no goal in force"
	if s.GoalSeconds > 0 {
		goal = "goal in force " + Duration(s.GoalSeconds)
	}
	p.line("        counted %s, total %s; %s; %s", Duration(s.ElapsedSeconds), Duration(s.TotalSeconds), goal, clean(s.Rule))
	if b := c.BreachedAt; b != nil && !b.Before(s.StartedAt) && b.Before(s.EndedAt) {
		p.line("        BREACHED at %s", local(*b, "Mon 2006-01-02 15:04:05 -07:00"))
	}
	const shown = 12
	for i, w := range s.Windows {
		if i == shown {
			p.line("        … and %d more stretches of working time", len(s.Windows)-shown+s.MoreWindows)
			break
		}
		to := local(w.To, "15:04:05")
		if local(w.To, "2006-01-02") != local(w.From, "2006-01-02") {
			to = local(w.To, "Mon 2 Jan 15:04:05")
		}
		p.line("        works  %s – %s  %s", local(w.From, "Mon 2 Jan 15:04:05"), to, Duration(int64(w.To.Sub(w.From)/time.Second)))
	}
	for i, h := range s.Holidays {
		if i == shown {
			p.line("        … and %d more holidays", len(s.Holidays)-shown)
			break
		}
		p.line("        holiday %s", clean(h))
	}
}

// Duration writes whole seconds in hours, minutes and seconds: 26 h 5 min. It never says days, whose length depends on the calendar.
func Duration(seconds int64) string {
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	var parts []string
	for _, u := range []struct {
		n    int64
		name string
	}{{3600, "h"}, {60, "min"}, {1, "s"}} {
		if v := seconds / u.n; v > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", v, u.name))
			seconds %= u.n
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return sign + strings.Join(parts, " ")
}

// clean keeps text from outside on its line and without control characters, so that it cannot steer a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
}
