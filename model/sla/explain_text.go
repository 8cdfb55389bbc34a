package sla

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// WriteText writes the explanation for a terminal. Times are local to the zone that is named, with their offset where the
// clock is changed on the way.
func (e *Explanation) WriteText(w io.Writer) error {
	p := &printer{w: w}
	for _, l := range e.Head() {
		p.line("%s", l)
	}
	if len(e.Clocks) == 0 {
		p.line("")
		p.line("No service level definition applies to this ticket.")
	}
	for i := range e.Clocks {
		e.Clocks[i].write(p)
	}
	if tool := e.ToolLines(); len(tool) > 0 {
		p.line("")
		p.line("What the tool itself said")
		for _, l := range tool {
			p.line("  %s", l)
		}
	}
	return p.err
}

// Head is what is said of the ticket before its clocks, a line each.
func (e *Explanation) Head() []string {
	lines := []string{e.TicketID + "  " + cut(Clean(e.Title), 300)}
	facts := []string{e.Kind, "status " + e.Status}
	if e.Priority != nil {
		facts = append(facts, fmt.Sprintf("priority %d", *e.Priority))
	}
	lines = append(lines, Clean(strings.Join(facts, ", "))+", opened "+e.Stamp(e.OpenedAt))
	if e.AsOf != nil {
		lines = append(lines, "as of "+e.Stamp(*e.AsOf))
	}
	return append(lines, e.Remarks()...)
}

// Remarks are what limits the explanation: merged, deleted, no history.
func (e *Explanation) Remarks() []string {
	var lines []string
	if e.MergedInto != "" {
		lines = append(lines, "It was merged into "+Clean(e.MergedInto)+".")
	}
	if e.DeletedAt != nil {
		lines = append(lines, "It was found deleted at its source on "+e.Stamp(*e.DeletedAt)+".")
	}
	if !e.HasHistory {
		lines = append(lines, "The source gave no status history: pauses are not known and count as time that ran.")
	}
	return lines
}

// Stamp writes an instant in the zone of the organization, which it names.
func (e *Explanation) Stamp(t time.Time) string {
	return localStamp(t, e.zone, true) + " " + e.Zone
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

// entryWords name the entries of a definition for people.
var entryWords = map[string]string{"applies_when": "applies to", "start": "starts", "pause": "pauses", "resume": "resumes", "stop": "stops", "reset": "starts anew", "cancel": "is cancelled"}

// EntryWord is the name of an entry for people: pauses for pause.
func EntryWord(entry string) string {
	if w, ok := entryWords[entry]; ok {
		return w
	}
	return entry
}

// Heading is the definition on one line.
func (c *ClockExplanation) Heading() string {
	title := Clean(c.Title)
	if c.Title != c.Definition {
		title += " (" + Clean(c.Definition) + ")"
	}
	place := c.Place
	if place == "" {
		place = fmt.Sprintf("line %d of the configuration", c.Line)
	}
	return fmt.Sprintf("%s %s: %s clock, %s", c.Kind, title, Clean(c.Clock), place)
}

func (c *ClockExplanation) write(p *printer) {
	p.line("")
	p.line("%s", c.Heading())
	said := func(name, text, place string) {
		if place != "" {
			text += "  [" + place + "]"
		}
		p.line("  %-12s %s", name, Clean(text))
	}
	for _, r := range c.Rules {
		said(EntryWord(r.Entry), r.Text, r.Place)
	}
	for _, g := range c.Goals {
		said("goal", g.Rule.Text, g.Rule.Place)
	}
	if c.Valid != "" {
		said("valid for", c.Valid, "")
	}
	for _, x := range c.Choices {
		said("choice", x.Name()+": "+x.Text, x.Place)
	}
	if words := c.ExcludedWords(); words != "" {
		p.line("  %s", words)
	}
	for _, k := range c.Cycles {
		k.write(p)
	}
}

// ExcludedWords says that a clock, or a part of it, was not computed, and why; empty when all of it was.
func (c *ClockExplanation) ExcludedWords() string {
	switch {
	case c.Excluded == "":
		return ""
	case len(c.Cycles) > 0:
		return "A cycle of this clock was not computed: " + c.Excluded + "."
	}
	return "Not computed: " + c.Excluded + "."
}

// Share is the part of the goal that was used, cut and not rounded: 99.99 % of a goal must not read as 100 %.
func (c CycleExplanation) Share() string {
	if c.GoalSeconds <= 0 {
		return ""
	}
	tenths := c.ElapsedSeconds * 1000 / c.GoalSeconds
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}

// LeftWords says what is left of a goal, or by how much it is exceeded.
func LeftWords(left int64) string {
	switch {
	case left < 0:
		return Duration(-left) + " over the goal"
	case left == 0:
		return "nothing left of the goal"
	}
	return Duration(left) + " left"
}

// StateWords is the state of a cycle for people: running, breached.
func StateWords(state string) string { return strings.ReplaceAll(state, "_", ", ") }

// ZoneWords names the zone of the times, and the changes of the clock in it.
func (c CycleExplanation) ZoneWords() string {
	words := c.Zone + c.StartedAt.In(c.Location()).Format(" (-07:00)")
	if c.Zone == "UTC" {
		words = "UTC"
	}
	for _, x := range c.Changes {
		words += fmt.Sprintf("; on %s %s", x.day(c.Location()), x.words(c.Location()))
	}
	return words
}

// Local writes an instant in the zone of the cycle, with its offset where the clock is changed on the way.
func (c CycleExplanation) Local(t time.Time) string {
	return localStamp(t, c.Location(), len(c.Changes) > 0)
}

// Local writes an instant in the zone of the stretch, with its offset where the clock is changed inside it.
func (s SegmentExplanation) Local(t time.Time) string {
	return localStamp(t, s.Location(), len(s.changes()) > 0)
}

// Labelled is a labelled line of an explanation.
type Labelled struct{ Label, Text string }

// Facts is what is said of a cycle before its stretches.
func (c CycleExplanation) Facts() []Labelled {
	var out []Labelled
	add := func(label, text string) { out = append(out, Labelled{label, Clean(text)}) }
	goal := Duration(c.GoalSeconds) + " of calendar " + c.Calendar
	for i, r := range c.GoalRules {
		if i == 0 {
			goal += ": " + r.said()
			continue
		}
		goal += "; the same time as " + r.said()
	}
	add("goal", goal)
	add("calendar", c.Calendar+": "+c.Hours)
	add("times in", c.ZoneWords())
	counted := Duration(c.ElapsedSeconds)
	if share := c.Share(); share != "" {
		counted += ", " + share + " of the goal"
	}
	add("counted", counted+"; "+LeftWords(c.LeftSeconds))
	add("wall time", Duration(c.WallSeconds)+", of which paused "+Duration(c.PausedSeconds))
	add("started", c.Local(c.StartedAt))
	if c.StoppedAt != nil {
		end := c.Local(*c.StoppedAt)
		if c.EndEvent != "" {
			end += "  " + c.EndEvent
		}
		if c.Ended.Text != "" {
			end += "; " + c.Ended.String()
		}
		add("ended", end)
	}
	if c.DueAt != nil {
		due := c.Local(*c.DueAt)
		if c.State == "paused" {
			due += " if it went on at once"
		}
		add("due", due+"; "+c.DueWords)
	}
	if c.BreachedAt != nil {
		add("breached", c.Local(*c.BreachedAt)+": the goal is exceeded from here on")
	}
	return out
}

func (c CycleExplanation) write(p *printer) {
	p.line("")
	p.line("  Cycle %d: %s", c.Cycle, strings.ToUpper(StateWords(c.State)))
	for _, f := range c.Facts() {
		p.line("    %-9s %s", f.Label, f.Text)
	}
	for _, s := range c.Segments {
		s.write(p)
	}
}

// GoalWords is the goal in force during a stretch and its place.
func (s SegmentExplanation) GoalWords() string {
	if s.GoalSeconds == 0 {
		return "no goal in force"
	}
	words := "goal in force " + Duration(s.GoalSeconds)
	var places []string
	for _, r := range s.GoalRules {
		if r.Place != "" {
			places = append(places, r.Place)
		}
	}
	if len(places) > 0 {
		words += " (" + strings.Join(places, ", ") + ")"
	}
	return words + ", " + LeftWords(s.GoalSeconds-s.TotalSeconds)
}

// Between says when a stretch began and ended.
func (s SegmentExplanation) Between() string {
	return s.Local(s.StartedAt) + " – " + s.Local(s.EndedAt)
}

// Notes are what is said of a stretch beside its hours: working time that a pause kept from counting, holidays in it, marks.
func (s SegmentExplanation) Notes() []string {
	var out []string
	if s.State != "running" {
		if s.CalendarSeconds > 0 {
			out = append(out, Duration(s.CalendarSeconds)+" of working time lie in it and are not counted")
		} else {
			out = append(out, "no working time lies in it")
		}
		for i, d := range s.Days {
			if i == maxLines {
				out = append(out, plural(len(s.Days)-i, "more holiday", "more holidays"))
				break
			}
			out = append(out, "holiday "+dayWord(d.Date)+": "+Clean(d.Name))
		}
		for _, c := range s.changes() {
			out = append(out, c.day(s.Location())+": "+c.words(s.Location()))
		}
		for _, m := range s.marks() {
			out = append(out, strings.ToUpper(m.mark)+" at "+s.Local(m.at))
		}
	}
	return out
}

func (s SegmentExplanation) write(p *printer) {
	p.line("")
	p.line("    %d. %s  %s", s.Sequence, s.Between(), s.State)
	p.line("       %s; %s", Clean(s.Reason), Clean(s.Rule.String()))
	for _, l := range s.Lines() {
		if l.Mark != "" {
			p.line("         >> %s  %s", l.When, strings.ToUpper(l.Mark))
			continue
		}
		counted := ""
		if l.Seconds > 0 {
			counted = "  = " + Duration(l.Seconds)
		}
		p.line("         %s  %s%s", l.When, Clean(l.Hours), counted)
	}
	for _, n := range s.Notes() {
		p.line("         %s", n)
	}
	p.line("       counted %s, total %s; %s", Duration(s.ElapsedSeconds), Duration(s.TotalSeconds), s.GoalWords())
}

// ToolLines is what the tool itself said of its clocks, a line each.
func (e *Explanation) ToolLines() []string {
	var out []string
	for _, n := range e.Native {
		out = append(out, n.words(e))
	}
	return out
}

func (n NativeExplanation) words(e *Explanation) string {
	said := []string{}
	switch {
	case n.Breached == nil:
		said = append(said, "no verdict")
	case *n.Breached:
		said = append(said, "breached")
	default:
		said = append(said, "not breached")
	}
	if n.Goal != nil {
		said = append(said, "goal "+Duration(*n.Goal))
	}
	if n.Elapsed != nil {
		said = append(said, "counted "+Duration(*n.Elapsed))
	}
	if n.DueAt != nil {
		said = append(said, "due "+e.Stamp(*n.DueAt))
	}
	text := fmt.Sprintf("%s (%s): %s", Clean(n.Name), Clean(n.Clock), strings.Join(said, ", "))
	if n.Definition == "" {
		return text + ". There is no clock of this kind to compare it with."
	}
	var diffs []string
	diff := func(name string, d *int64) {
		switch {
		case d == nil || *d == 0:
		case *d > 0:
			diffs = append(diffs, fmt.Sprintf("%s %s more than recomputed", name, Duration(*d)))
		default:
			diffs = append(diffs, fmt.Sprintf("%s %s less than recomputed", name, Duration(-*d)))
		}
	}
	diff("goal", n.GoalDifference)
	diff("counted", n.ElapsedDifference)
	if d := n.DueDifference; d != nil && *d > 0 {
		diffs = append(diffs, "due "+Duration(*d)+" later than recomputed")
	} else if d != nil && *d < 0 {
		diffs = append(diffs, "due "+Duration(-*d)+" earlier than recomputed")
	}
	verdict := map[string]string{"same": "the same verdict", "differs": "ANOTHER VERDICT", "not comparable": "no verdict to compare"}[n.Verdict]
	text += fmt.Sprintf(". Against %s, cycle %d: %s", Clean(n.Definition), n.Cycle, verdict)
	if len(diffs) > 0 {
		text += "; " + strings.Join(diffs, ", ")
	}
	if n.Cause != "" {
		text += "; likely cause: " + Clean(n.Cause)
	}
	return text + "."
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

// Clean keeps text from outside on its line and without control characters, so that it cannot steer a terminal or turn the
// direction of what stands beside it.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// cut shortens a text to n letters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
