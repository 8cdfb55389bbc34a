package reports

import (
	"fmt"
	"strings"
)

// slaLayers is the scorecard of OLA and UC, and how often a late SLA ticket was late below as well.
func (b *builder) slaLayers(d *slaData) Section {
	s := b.slaScorecard(d, "OLA,UC", "layers")
	s.Short = "OLA and supplier layers"
	layers := false
	for _, x := range d.defs {
		layers = layers || x.DefinitionKind != "SLA"
	}
	if !layers {
		return Section{ID: "layers", Short: s.Short, Title: say("no_data", "metric", "The layer below the SLA", "missing", "no operational level agreement and no underpinning contract is configured"), Subtitle: s.Subtitle}
	}
	t := &Table{ID: "layers-link", Title: "How often a late ticket was late below", Subtitle: "tickets of the layer that were late in an SLA of the same period", Empty: "No ticket of these layers was counted.",
		Columns: []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true}, {Key: "both", Title: "Late in both", Kind: Count, Priority: 1}, {Key: "sla", Title: "Late in the SLA", Kind: Count, Priority: 1}, {Key: "share", Title: "Share", Kind: Percent, Priority: 1}}}
	for _, l := range d.layers {
		t.Rows = append(t.Rows, []Value{T(d.title[l.Definition]), N(l.BothLate), N(l.SLALate), rateValue(KofN{l.BothLate, l.SLALate}, nil)})
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

// slaDefinitions prints what is counted: conditions, goals, calendars, holidays and every choice on which tools differ.
func (b *builder) slaDefinitions(d *slaData) Section {
	s := Section{ID: "definitions", Short: "Definitions", Title: fmt.Sprintf("What is counted: %s", Plural(int64(len(d.defs)), "definition", "definitions")),
		Subtitle: "as configured in deskproof.yaml, SHA-256 " + short(b.Config.SHA256)}
	for _, x := range d.defs {
		target := "none agreed"
		if x.Target != nil {
			target = targetText(*x.Target) + " of the cycles"
		}
		s.Blocks = append(s.Blocks, &Facts{ID: "definition-" + anchor(x.Definition), Title: x.Title, Items: []Field{
			{"Id", T(x.Definition)}, {"Kind and clock", T(x.DefinitionKind + ", " + x.Clock)},
			{"Applies to", T(orWord(x.AppliesWhen, "every ticket"))}, {"Starts", T(orWord(x.StartWhen, "when opened"))},
			{"Pauses", T(orWord(x.PauseWhen, "never"))}, {"Stops", T(orWord(x.StopWhen, "when resolved"))},
			{"Goals", T(lines(x.Goals))}, {"Calendars", T(lines(x.Calendars))}, {"Target", T(target)},
			{"When reopened", T(choice(x.Reopen))}, {"When the goal changes", T(choice(x.GoalChange))},
			{"Response clock on hold", T(choice(x.ResponseOnHold))}, {"Zone", T("that of the " + x.ZoneChoice)},
			{"A day in a goal", T(choice(x.DayUnit))}, {"Open and overdue", T(choice("overdue_" + x.OpenOverdue))},
			{"Valid", T(validity(x))},
		}})
	}
	s.Blocks = append(s.Blocks, b.calendarTable())
	return s
}

// lines sets the lines of a text in one, divided so that semicolons inside stay readable.
func lines(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", " · ") }

func validity(x slaDefinition) string {
	switch {
	case x.ValidFrom == nil && x.ValidTo == nil:
		return "always"
	case x.ValidTo == nil:
		return "from " + Format(Day(*x.ValidFrom), nil)
	case x.ValidFrom == nil:
		return "until " + Format(Day(*x.ValidTo), nil)
	}
	return Format(Day(*x.ValidFrom), nil) + " to " + Format(Day(*x.ValidTo), nil)
}

// choice says in words what a setting of a definition means.
func choice(s string) string {
	words := map[string]string{
		"first_closure":       "the first closure counts; later work is not measured",
		"last_closure":        "the clock goes on until the last closure",
		"each_cycle":          "every reopening starts a cycle of its own",
		"cumulative":          "the cycles of a ticket are added up",
		"goal_at_stop":        "the goal in force at the end holds for the whole time",
		"goal_at_each_moment": "each moment counts against the goal in force at that moment",
		"restart":             "the goal starts anew; time already run is kept",
		"runs":                "it runs on",
		"stops":               "it stops",
		"calendar_day":        "a day of the calendar date",
		"24_hours":            "24 hours",
		"working_day":         "one working day of the calendar",
		"overdue_breached":    "counts as late as soon as it is overdue",
		"overdue_open":        "counts as late only once it has stopped",
	}
	if w, ok := words[s]; ok {
		return w
	}
	return strings.ReplaceAll(s, "_", " ")
}

func (b *builder) calendarTable() *Table {
	t := &Table{ID: "calendars", Title: "Calendars, working hours and holidays", Subtitle: "hours in the calendar's own zone; “always” is 24 hours on 7 days", Empty: "No calendar is configured; every clock runs 24 hours on 7 days.",
		Columns: []Column{{Key: "calendar", Title: "Calendar", Priority: 1}, {Key: "zone", Title: "Time zone", Priority: 1}, {Key: "hours", Title: "Hours", Priority: 1, Wrap: true, Width: 4}, {Key: "holidays", Title: "Holidays", Priority: 1, Wrap: true, Width: 5}}}
	for _, name := range sortedKeys(b.Config.Calendars) {
		c := b.Config.Calendars[name]
		zone := c.TimeZone
		if zone == "" {
			zone = b.Config.Organization.TimeZone
		}
		var hours []string
		for _, days := range sortedKeys(c.Hours) {
			hours = append(hours, days+" "+strings.Join(c.Hours[days], ", "))
		}
		t.Rows = append(t.Rows, []Value{T(name), T(zone), T(strings.Join(hours, "; ")), T(orWord(strings.Join(c.Holidays, ", "), "none"))})
	}
	return t
}

// slaLeftOut says what stands outside the figures.
func (b *builder) slaLeftOut() Section {
	s := Section{ID: "exclusions", Short: "Exclusions", Subtitle: "tickets of the whole warehouse; nothing is left out by hand"}
	out := b.left.Deleted + b.left.Merged
	switch {
	case b.left.Tickets == 0:
		s.Title = say("no_data", "metric", "What was left out", "missing", "no ticket was collected")
	case out == 0:
		s.Title = say("excluded_none")
	default:
		s.Title = say("excluded", "n", out, "all", b.left.Tickets, "deleted", b.left.Deleted, "merged", b.left.Merged)
	}
	t := &Table{ID: "left-out", Title: "Tickets and their use", Subtitle: "n = " + FormatCount(b.left.Tickets),
		Columns: []Column{{Key: "group", Title: "Tickets", Priority: 1, Wrap: true}, {Key: "n", Title: "Number", Kind: Count, Priority: 1}, {Key: "share", Title: "Share", Kind: Percent, Priority: 1}}}
	for _, x := range []struct {
		name string
		n    int64
	}{{"counted", b.left.Live}, {"deleted at the source, counted nowhere", b.left.Deleted}, {"merged into another, counted nowhere", b.left.Merged}} {
		t.Rows = append(t.Rows, []Value{T(x.name), N(x.n), Rate(x.n, b.left.Tickets, nil)})
	}
	t.Total = []Value{T("All tickets"), N(b.left.Tickets), Rate(b.left.Tickets, b.left.Tickets, nil)}
	if b.left.NoHistory > 0 {
		s.Blocks = append(s.Blocks, &Callout{Kind: "warning", Title: "No history", Text: say("no_history", "n", b.left.NoHistory, "all", b.left.Live)})
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

// tieSection prints the balance of the backlog.
func (b *builder) tieSection(list []tieRow, id string) Section {
	s := Section{ID: id, Short: "Totals that tie out", Subtitle: "tickets by kind; movements between open and done in " + b.periodText()}
	t := &Table{ID: id + "-table", Title: "Backlog and its movements", Subtitle: "open at start + opened + reopened − resolved − cancelled = open at end", Empty: "No ticket was open or moved in the period.",
		Columns: []Column{{Key: "kind", Title: "Kind", Priority: 1}, {Key: "start", Title: "Open at start", Kind: Count, Priority: 1}, {Key: "opened", Title: "Opened", Kind: Count, Priority: 1}, {Key: "reopened", Title: "Reopened", Kind: Count, Priority: 1},
			{Key: "resolved", Title: "Resolved", Kind: Count, Priority: 1}, {Key: "cancelled", Title: "Cancelled", Kind: Count, Priority: 1}, {Key: "end", Title: "Open at end", Kind: Count, Priority: 1}, {Key: "difference", Title: "Difference", Kind: Count, Priority: 1}}}
	var all TieOut
	row := func(name string, x TieOut) []Value {
		return []Value{T(name), N(x.OpenAtStart), N(x.Opened), N(x.Reopened), N(x.Resolved), N(x.Cancelled), N(x.OpenAtEnd), N(x.Difference())}
	}
	for _, r := range list {
		x := TieOut{r.OpenAtStart, r.Opened, r.Reopened, r.Resolved, r.Cancelled, r.OpenAtEnd}
		all = TieOut{all.OpenAtStart + x.OpenAtStart, all.Opened + x.Opened, all.Reopened + x.Reopened, all.Resolved + x.Resolved, all.Cancelled + x.Cancelled, all.OpenAtEnd + x.OpenAtEnd}
		t.Rows = append(t.Rows, row(strings.ReplaceAll(r.Kind, "_", " "), x))
	}
	switch {
	case len(list) == 0:
		s.Title = say("ties_no_events", "missing", "no ticket was open or moved in "+b.periodText())
		s.Blocks = append(s.Blocks, t)
		return s
	case all.Difference() == 0:
		s.Title = say("ties", "start", all.OpenAtStart, "opened", all.Opened, "reopened", all.Reopened, "resolved", all.Resolved, "cancelled", all.Cancelled, "end", all.OpenAtEnd)
	default:
		s.Title = say("ties_not", "expected", all.Expected(), "end", all.OpenAtEnd, "diff", all.Difference())
	}
	t.Total = row("All", all)
	s.Blocks = append(s.Blocks, t)
	return s
}

func orWord(s, word string) string {
	if strings.TrimSpace(s) == "" {
		return word
	}
	return s
}

// short is the head of a hash, for print.
func short(hash string) string {
	if len(hash) > 12 {
		return hash[:12]
	}
	return hash
}
