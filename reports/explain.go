package reports

import (
	"fmt"
	"time"

	"deskproof/model/sla"
)

// ExplainDocument is the page on the clocks of one ticket: what the terminal says, with a drawn timeline. It is made of the
// explanation alone. organization and hash stand in its furniture.
func ExplainDocument(e *sla.Explanation, organization, language, hash string) *Document {
	zone := sharedZone(e)
	d := &Document{ID: "explain-" + anchor(e.TicketID), Title: "Clocks of " + sla.Clean(e.Key), Organization: organization, Language: languageOf(language), Zone: zone,
		Period: Period{Label: "as of the build"}, Headline: explainHeadline(e), Lead: e.Remarks(), Hash: hash}
	if e.AsOf != nil {
		d.AsOf = *e.AsOf
		d.Period = Period{To: *e.AsOf, Label: "as of " + e.Stamp(*e.AsOf)}
	}
	d.Header = []Field{{"Ticket", Key(e.TicketID, httpURL(e.URL))}, {"Title", T(orWord(sla.Clean(e.Title), "–"))}, {"Kind, status", T(sla.Clean(e.Kind) + ", " + sla.Clean(e.Status))}}
	if e.Priority != nil {
		d.Header = append(d.Header, Field{"Priority", N(*e.Priority)})
	}
	d.Header = append(d.Header, Field{"Opened", T(e.Stamp(e.OpenedAt))}, Field{"Axes and times", T(zone.String() + ", unless a clock names another zone")})
	d.Sections = append(d.Sections, explainOverview(e, zone))
	for i := range e.Clocks {
		d.Sections = append(d.Sections, explainClock(&e.Clocks[i], i+1, len(e.Clocks) > 1))
	}
	if s, ok := explainTool(e); ok {
		d.Sections = append(d.Sections, s)
	}
	d.Sections = append(d.Sections, explainEvents(e))
	return d
}

// firstLetters shortens a text to n letters.
func firstLetters(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func languageOf(l string) string {
	if l == "" {
		return "en-GB"
	}
	return language(l)
}

// sharedZone is the zone of all clocks, or the organization's where they differ.
func sharedZone(e *sla.Explanation) *time.Location {
	var all []sla.CycleExplanation
	for _, c := range e.Clocks {
		all = append(all, c.Cycles...)
	}
	return sameZone(all, e.Location())
}

// explainHeadline says how the clocks stand, in a sentence; of a clock with several cycles the last one speaks.
func explainHeadline(e *sla.Explanation) string {
	key := sla.Clean(e.Key)
	var late []string
	clocks, one := 0, ""
	for _, c := range e.Clocks {
		n := len(c.Cycles)
		if n == 0 {
			continue
		}
		clocks++
		k := c.Cycles[n-1]
		one = fmt.Sprintf("%s: %s %s, %s", key, sla.Clean(c.Title), sla.StateWords(k.State), sla.LeftWords(k.LeftSeconds))
		if k.BreachedAt != nil {
			late = append(late, sla.Clean(c.Title))
		}
	}
	switch {
	case clocks == 0:
		return key + ": no service level clock was computed"
	case clocks == 1:
		return one
	case len(late) == 0:
		return fmt.Sprintf("%s: none of %d clocks exceeded its goal", key, clocks)
	}
	return fmt.Sprintf("%s: %d of %d clocks exceeded %s: %s", key, len(late), clocks, map[bool]string{true: "its goal", false: "their goals"}[len(late) == 1], names(late, 3))
}

func explainOverview(e *sla.Explanation, zone *time.Location) Section {
	s := Section{ID: "timeline", Short: "Timeline", Title: "All clocks of the ticket on one axis"}
	c := &Chart{ID: "clocks", Kind: ChartTimeline, Zone: zone, Title: "Clocks of " + sla.Clean(e.Key), Empty: "No clock was computed for this ticket.", Alt: timelineAlt("all clocks of the ticket")}
	for i := range e.Clocks {
		x := &e.Clocks[i]
		for _, k := range x.Cycles {
			c.Labels = append(c.Labels, laneLabel(x, k))
			addLane(c, len(c.Labels)-1, laneLabel(x, k), k)
		}
	}
	c.Subtitle = laneNote(zone)
	if len(c.Labels) == 0 {
		s.Title = "There is no clock to draw"
	}
	s.Blocks = []Block{c}
	if len(e.Clocks) == 0 {
		s.Blocks = []Block{&Paragraph{Text: "No service level definition applies to this ticket."}}
	}
	return s
}

func laneLabel(x *sla.ClockExplanation, k sla.CycleExplanation) string {
	label := sla.Clean(x.Title)
	if len(x.Cycles) > 1 {
		label += fmt.Sprintf(", cycle %d", k.Cycle)
	}
	return label
}

// explainClock is what one definition says, and each of its cycles as a calculation.
func explainClock(x *sla.ClockExplanation, number int, drawn bool) Section {
	s := Section{ID: fmt.Sprintf("clock-%d", number), Short: firstLetters(sla.Clean(x.Title), 28), Title: sla.Clean(x.Title), Subtitle: x.Heading()}
	if n := len(x.Cycles); n > 0 {
		k := x.Cycles[n-1]
		s.Title += ": " + sla.StateWords(k.State) + ", " + sla.LeftWords(k.LeftSeconds)
	}
	rules := &Table{ID: s.ID + "-rules", Title: "What the definition says", Columns: []Column{{Key: "entry", Title: "Entry", Priority: 1}, {Key: "text", Title: "Says", Priority: 1, Wrap: true, Width: 8}, {Key: "place", Title: "Where", Priority: 1}}}
	add := func(name string, r sla.Rule) {
		rules.Rows = append(rules.Rows, []Value{T(name), T(sla.Clean(r.Text)), T(orWord(sla.Clean(r.Place), "–"))})
	}
	for _, r := range x.Rules {
		add(sla.EntryWord(r.Entry), r)
	}
	for _, g := range x.Goals {
		add("goal", g.Rule)
	}
	if x.Valid != "" {
		add("valid for", sla.Rule{Text: x.Valid})
	}
	for _, c := range x.Choices {
		add(c.Name(), c)
	}
	if words := x.ExcludedWords(); words != "" {
		s.Blocks = append(s.Blocks, &Callout{Kind: "warning", Title: "Not computed", Text: words})
	}
	if len(x.Cycles) == 0 {
		s.Title += ": not computed"
	}
	if drawn && len(x.Cycles) > 0 { // alone, the timeline of all is its own
		zone := sameZone(x.Cycles, x.Cycles[0].Location())
		c := &Chart{ID: s.ID + "-timeline", Kind: ChartTimeline, Zone: zone, Title: sla.Clean(x.Title), Subtitle: laneNote(zone), Alt: timelineAlt(sla.Clean(x.Title))}
		for _, k := range x.Cycles {
			c.Labels = append(c.Labels, laneLabel(x, k))
			addLane(c, len(c.Labels)-1, laneLabel(x, k), k)
		}
		s.Blocks = append(s.Blocks, c)
	}
	for _, k := range x.Cycles {
		s.Blocks = append(s.Blocks, explainCycle(s.ID, k)...)
	}
	s.Blocks = append(s.Blocks, rules)
	return s
}

func explainCycle(section string, k sla.CycleExplanation) []Block {
	id := fmt.Sprintf("%s-cycle-%d", section, k.Cycle)
	f := &Facts{ID: id, Title: fmt.Sprintf("Cycle %d: %s", k.Cycle, sla.StateWords(k.State))}
	for _, x := range k.Facts() {
		f.Items = append(f.Items, Field{x.Label, T(x.Text)})
	}
	t := &Table{ID: id + "-stretches", Title: "The calculation, stretch by stretch", Subtitle: "times in " + k.ZoneWords() + "; the lines of a stretch add up to what it counted",
		Empty: "No stretches of this cycle are kept.",
		Columns: []Column{{Key: "number", Title: "No", Priority: 1, Width: 1}, {Key: "when", Title: "When", Priority: 1, Wrap: true, Width: 5}, {Key: "clock", Title: "Clock", Priority: 1, Width: 2},
			{Key: "why", Title: "Why, and the hours that counted", Priority: 1, Wrap: true, Width: 7}, {Key: "counted", Title: "Counted", Kind: ID, Priority: 1, Width: 3}, {Key: "total", Title: "Total", Kind: ID, Priority: 1, Width: 3}}}
	strong := func(text string) Value { return Value{Text: sla.Clean(text), Strong: true} }
	for _, s := range k.Segments {
		t.Rows = append(t.Rows, []Value{strong(fmt.Sprint(s.Sequence)), strong(s.Between()), strong(s.State), T(sla.Clean(s.Reason + "; " + s.Rule.String())),
			strong(sla.Duration(s.ElapsedSeconds)), strong(sla.Duration(s.TotalSeconds))})
		line := func(when, clock, why, counted string) {
			t.Rows = append(t.Rows, []Value{T(""), T(when), T(clock), T(sla.Clean(why)), T(counted), T("")})
		}
		for _, l := range s.Lines() {
			switch {
			case l.Mark == "due":
				t.Rows = append(t.Rows, []Value{T(""), strong(l.When), strong("◇ due"), T("the goal is used up"), T(""), T("")})
			case l.Mark != "":
				t.Rows = append(t.Rows, []Value{T(""), strong(l.When), strong("✗ " + l.Mark), strong("the goal of " + sla.Duration(k.GoalSeconds) + " is exceeded from here on"), T(""), T("")})
			case l.Seconds == 0:
				line(l.When, "", l.Hours, "–")
			default:
				line(l.When, "", l.Hours, sla.Duration(l.Seconds))
			}
		}
		for _, n := range s.Notes() {
			line("", "", n, "")
		}
		line("", "", s.GoalWords(), "")
	}
	return []Block{f, t}
}

// explainTool is what the tool itself said; false where it said nothing.
func explainTool(e *sla.Explanation) (Section, bool) {
	lines := e.ToolLines()
	if len(lines) == 0 {
		return Section{}, false
	}
	differs := 0
	for _, n := range e.Native {
		if n.Verdict == "differs" {
			differs++
		}
	}
	s := Section{ID: "tool", Short: "What the tool said", Title: "The tool itself came to no other verdict", Blocks: []Block{&List{Items: lines}}}
	if differs > 0 {
		s.Title = fmt.Sprintf("The tool itself came to another verdict in %s", Plural(int64(differs), "comparison", "comparisons"))
	}
	return s, true
}

func explainEvents(e *sla.Explanation) Section {
	t := &Table{ID: "events", Title: "Changes that the definitions look at", Subtitle: "in the order of the source; times in " + e.Zone, Search: true, Empty: "The source gave no such change.",
		Columns: []Column{{Key: "at", Title: "When", Priority: 1}, {Key: "change", Title: "Change", Priority: 1, Wrap: true, Width: 8}}}
	for _, x := range e.Events {
		t.Rows = append(t.Rows, []Value{T(e.Stamp(x.At)), T(sla.Clean(x.Text))})
	}
	return Section{ID: "history", Short: "History", Title: fmt.Sprintf("The history holds %s that the definitions look at", Plural(int64(len(e.Events)), "change", "changes")), Blocks: []Block{t}}
}
