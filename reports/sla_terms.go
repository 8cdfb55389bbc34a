package reports

import (
	"strings"
)

// slaLayers says how OLA and UC stand, and how often a late SLA ticket was late below as well.
func (b *builder) slaLayers(d *slaData) Section {
	s := Section{ID: "layers", Short: "OLA and supplier layers", Subtitle: "operational level agreements and underpinning contracts; their figures stand among the promises"}
	var sentences []string
	for _, x := range d.defs {
		if x.DefinitionKind != "SLA" {
			sentences = append(sentences, x.Title+": "+b.scoreSentence(d, x))
		}
	}
	switch below := d.stand(d.layersBelow()); {
	case len(sentences) == 0:
		s.Title = say("no_data", "metric", "The layer below the service levels", "missing", "no operational level agreement and no underpinning contract is configured")
		return s
	case below.measured() == 0:
		s.Title = say("no_data", "metric", "The layer below the service levels", "missing", "no clock with a target came to its end in "+b.periodText())
	case len(below.missed) > 0:
		s.Title = say("layers_mixed", "missed", len(below.missed), "n", below.measured())
	case below.measured() == 1:
		s.Title = say("layer_met_one")
	default:
		s.Title = say("layers_met", "n", below.measured())
	}
	t := &Table{ID: "layers-link", Title: "How often a late ticket was late below", Subtitle: "tickets of the layer that were late in a service level of the same period", Empty: "No ticket of these layers was counted.", Sheet: "Promises",
		Columns: []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true}, {Key: "both", Title: "Late in both", Kind: Count, Priority: 1}, {Key: "sla", Title: "Late in the service level", Kind: Count, Priority: 1}, {Key: "share", Title: "Share", Kind: Percent, Priority: 1}}}
	for _, l := range d.layers {
		share := rateValue(KofN{l.BothLate, l.SLALate}, nil)
		if l.SLALate == 0 {
			share = NotApplicable("none was late")
		}
		t.Rows = append(t.Rows, []Value{T(d.title[l.Definition]), N(l.BothLate), N(l.SLALate), share})
	}
	s.Blocks = append(s.Blocks, &List{Items: sentences}, t)
	return s
}

// slaDefinitions prints what is counted: conditions, goals, calendars, holidays and every choice on which tools differ.
func (b *builder) slaDefinitions(d *slaData) Section {
	s := Section{ID: "definitions", Short: "Definitions", Subtitle: "as configured in deskproof.yaml, SHA-256 " + short(b.Config.SHA256)}
	var targets int64
	list := &Table{ID: "definition-list", Title: "What each clock counts", Subtitle: "conditions as configured", Empty: "No service level is configured.", Sheet: "Definitions",
		Columns: []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true, Width: 4}, {Key: "id", Title: "Id", Kind: ID, Priority: 3}, {Key: "clock", Title: "Kind and clock", Priority: 1, Wrap: true}, {Key: "target", Title: "Target", Priority: 1},
			{Key: "applies", Title: "Applies to", Priority: 1, Wrap: true, Width: 4}, {Key: "starts", Title: "Starts", Priority: 1, Wrap: true, Width: 3}, {Key: "pauses", Title: "Pauses", Priority: 1, Wrap: true, Width: 4}, {Key: "stops", Title: "Stops", Priority: 1, Wrap: true, Width: 4}, {Key: "valid", Title: "Valid", Priority: 2, Wrap: true, Width: 3}}}
	goals := &Table{ID: "goals", Title: "Goals", Subtitle: "the first line that fits a ticket holds", Empty: "No service level is configured.", PDFRows: 30, Sheet: "Definitions",
		Columns: []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true, Width: 4}, {Key: "when", Title: "When", Priority: 1, Wrap: true, Width: 8}, {Key: "within", Title: "Within", Priority: 1}, {Key: "calendar", Title: "Calendar", Priority: 1}}}
	for _, x := range d.defs {
		target := "none agreed"
		if x.Target != nil {
			target = targetText(*x.Target)
			targets++
		}
		list.Rows = append(list.Rows, []Value{T(x.Title), Key(x.Definition, ""), T(x.DefinitionKind + ", " + x.Clock), T(target), T(orWord(x.AppliesWhen, "every ticket")), T(orWord(x.StartWhen, "when opened")),
			T(orWord(x.PauseWhen, "never")), T(orWord(x.StopWhen, "when resolved")), T(validity(x))})
		for line := range strings.Lines(x.Goals) {
			when, within, calendar := goalParts(strings.TrimSpace(line))
			goals.Rows = append(goals.Rows, []Value{T(x.Title), T(when), T(within), T(calendar)})
		}
	}
	s.Title = say("definitions", "n", len(d.defs), "t", targets)
	if len(d.defs) == 0 {
		s.Title = list.Empty
		s.Blocks = []Block{b.calendarTable()}
		return s
	}
	s.Blocks = []Block{list, goals, choiceTable(d)}
	if limits := presetLimits(d); limits != nil {
		s.Blocks = append(s.Blocks, &Paragraph{Text: "What the tools do and a preset cannot say:"}, limits)
	}
	s.Blocks = append(s.Blocks, b.calendarTable())
	return s
}

// goalParts splits a goal in words, "priority = 1: within 4h, calendar always", as model/sla writes it.
func goalParts(line string) (when, within, calendar string) {
	i, j := strings.LastIndex(line, ": within "), strings.LastIndex(line, ", calendar ")
	if i < 0 || j < i {
		return line, "–", "–"
	}
	return line[:i], line[i+len(": within ") : j], line[j+len(", calendar "):]
}

// choiceTable says how every question on which tools differ is answered and who answered it, one row an answer.
func choiceTable(d *slaData) *Table {
	t := &Table{ID: "choices", Title: "Choices on which tools differ", Subtitle: "one row an answer, with where it comes from and the definitions that give it", Sheet: "Definitions",
		Empty: "No choices are kept: build the warehouse anew.",
		Columns: []Column{{Key: "question", Title: "Question", Priority: 1}, {Key: "value", Title: "Setting", Kind: ID, Priority: 1}, {Key: "answer", Title: "Answer", Priority: 1, Wrap: true, Width: 6},
			{Key: "origin", Title: "Said by", Priority: 1, Wrap: true}, {Key: "definitions", Title: "Definitions", Priority: 1, Wrap: true, Width: 5}}}
	for _, q := range []struct{ choice, question string }{
		{"reopen", "When a ticket is reopened"}, {"goal_change", "When the goal changes"}, {"response_on_hold", "The response clock on hold"}, {"time_zone", "Time zone of the hours"},
		{"day_unit", "A day in a goal"}, {"open_overdue", "Open and overdue"}, {"start", "Start"}, {"pause", "Pause"}, {"resume", "Resumption"}, {"stop", "Stop"}, {"reset", "Beginning anew"}, {"cancel", "Cancellation"},
	} {
		type answer struct{ value, words, origin string }
		var order []answer
		by := map[answer][]string{}
		asked := 0
		for _, c := range d.choices {
			if c.Choice != q.choice {
				continue
			}
			asked++
			a := answer{c.Answer, c.Words, originWords(c)}
			if by[a] == nil {
				order = append(order, a)
			}
			by[a] = append(by[a], d.title[c.Definition])
		}
		for _, a := range order {
			who, value := strings.Join(by[a], "; "), Key(a.value, "")
			if len(by[a]) == asked && asked == len(d.defs) {
				who = "all"
			}
			if strings.HasPrefix(a.words, "when ") || a.value == "" { // the condition stands in the words
				value = T("–")
			}
			t.Rows = append(t.Rows, []Value{T(q.question), value, T(a.words), T(a.origin), T(who)})
		}
	}
	return t
}

// originWords says who made a choice.
func originWords(c slaChoice) string {
	switch c.Origin {
	case "preset":
		return "preset " + c.Preset
	case "definition":
		return "the definition"
	}
	return c.Origin
}

// presetLimits says what the presets in use cannot reproduce of their tools; nil without a preset.
func presetLimits(d *slaData) Block {
	l := &List{}
	seen := map[string]bool{}
	for _, c := range d.choices {
		if c.Limits == "" || seen[c.Tool] {
			continue
		}
		seen[c.Tool] = true
		for line := range strings.Lines(c.Limits) {
			l.Items = append(l.Items, c.Tool+": "+strings.TrimSpace(line))
		}
	}
	if len(l.Items) == 0 {
		return nil
	}
	return l
}

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

func (b *builder) calendarTable() *Table {
	t := &Table{ID: "calendars", Sheet: "Definitions", Title: "Calendars, working hours and holidays", Subtitle: "hours in the calendar's own zone; “always” is 24 hours on 7 days", Empty: "No calendar is configured; every clock runs 24 hours on 7 days.",
		Columns: []Column{{Key: "calendar", Title: "Calendar", Priority: 1}, {Key: "zone", Title: "Time zone", Priority: 1}, {Key: "hours", Title: "Hours", Priority: 1, Wrap: true, Width: 4}, {Key: "holidays", Title: "Holidays", Priority: 1, Wrap: true, Width: 5}}}
	for _, name := range sortedKeys(b.Config.Calendars) {
		c := b.Config.Calendars[name]
		zone := c.TimeZone
		if zone == "" {
			zone = b.Config.Organization.TimeZone
		}
		holidays := orWord(strings.Join(c.Holidays, ", "), "none")
		if c.Composed() {
			holidays = "those of its members"
		}
		t.Rows = append(t.Rows, []Value{T(name), T(zone), T(c.HoursWords()), T(holidays)})
	}
	return t
}

// leftOut says what stands outside the figures.
func (b *builder) leftOut() (title string, blocks []Block) {
	out := b.left.Deleted + b.left.Merged
	switch {
	case b.left.Tickets == 0:
		title = say("no_data", "metric", "What stands outside the figures", "missing", "no ticket was collected")
	case out == 0:
		title = say("excluded_none")
	default:
		title = say("excluded", "n", out, "all", b.left.Tickets, "deleted", b.left.Deleted, "merged", b.left.Merged)
	}
	if b.left.Tickets == 0 {
		return title, []Block{&Paragraph{Text: title}}
	}
	t := &Table{ID: "left-out", Sheet: "Totals", Title: title, Subtitle: "tickets of the whole warehouse, n = " + FormatCount(b.left.Tickets) + "; nothing is left out by hand",
		Columns: []Column{{Key: "group", Title: "Tickets", Priority: 1, Wrap: true}, {Key: "n", Title: "Number", Kind: Count, Priority: 1}, {Key: "share", Title: "Share", Kind: Percent, Priority: 1}}}
	for _, x := range []struct {
		name string
		n    int64
	}{{"counted", b.left.Live}, {"deleted at the source, counted nowhere", b.left.Deleted}, {"merged into another, counted nowhere", b.left.Merged}} {
		t.Rows = append(t.Rows, []Value{T(x.name), N(x.n), rateValue(KofN{x.n, b.left.Tickets}, nil)})
	}
	t.Total = []Value{T("All tickets"), N(b.left.Tickets), rateValue(KofN{b.left.Tickets, b.left.Tickets}, nil)}
	blocks = []Block{t}
	if b.left.NoHistory > 0 {
		blocks = append(blocks, &Callout{Kind: "warning", Title: "No history", Text: say("no_history", "n", b.left.NoHistory, "all", b.left.Live)})
	}
	return title, blocks
}

// totalsSection is the balance of the backlog and what stands outside every figure.
func (b *builder) totalsSection(ties []tieRow) Section {
	s := b.tieSection(ties, "ties")
	_, left := b.leftOut()
	s.Blocks = append(s.Blocks, left...)
	return s
}

// total is the sum of the movements of all kinds.
func total(list []tieRow) (all TieOut) {
	for _, r := range list {
		all = TieOut{all.OpenAtStart + r.OpenAtStart, all.Opened + r.Opened, all.Reopened + r.Reopened, all.Resolved + r.Resolved, all.Cancelled + r.Cancelled, all.OpenAtEnd + r.OpenAtEnd}
	}
	return all
}

// reopened is a count of reopenings; without any status history none could be seen.
func (b *builder) reopened(n int64) Value {
	if n == 0 && b.left.Live > 0 && b.left.NoHistory == b.left.Live {
		return NotMeasured(noHistory)
	}
	return N(n)
}

// tieSection prints the balance of the backlog.
func (b *builder) tieSection(list []tieRow, id string) Section {
	s := Section{ID: id, Short: "Totals that tie out", Subtitle: "tickets by kind; movements between open and done in " + b.periodText()}
	t := &Table{ID: id + "-table", Title: "Open tickets and their movements", Subtitle: "open at start + opened + reopened − resolved − cancelled = open at end", Empty: "No ticket was open or moved in the period.", Sheet: "Totals",
		Columns: []Column{{Key: "kind", Title: "Kind", Priority: 1}, {Key: "start", Title: "Open at start", Kind: Count, Priority: 1}, {Key: "opened", Title: "Opened", Kind: Count, Priority: 1}, {Key: "reopened", Title: "Reopened", Kind: Count, Priority: 1},
			{Key: "resolved", Title: "Resolved", Kind: Count, Priority: 1}, {Key: "cancelled", Title: "Cancelled", Kind: Count, Priority: 1}, {Key: "end", Title: "Open at end", Kind: Count, Priority: 1}, {Key: "difference", Title: "Difference", Kind: Count, Priority: 1}}}
	row := func(name string, x TieOut) []Value {
		return []Value{T(name), N(x.OpenAtStart), N(x.Opened), b.reopened(x.Reopened), N(x.Resolved), N(x.Cancelled), N(x.OpenAtEnd), N(x.Difference())}
	}
	for _, r := range list {
		t.Rows = append(t.Rows, row(strings.ReplaceAll(r.Kind, "_", " "), total([]tieRow{r})))
	}
	all := total(list)
	switch {
	case len(list) == 0:
		s.Title = say("ties_no_events", "missing", "no ticket was open or moved in "+b.periodText())
		s.Blocks = append(s.Blocks, t)
		return s
	case all.Difference() != 0:
		s.Title = say("ties_not", "expected", all.Expected(), "end", all.OpenAtEnd, "diff", all.Difference())
	default:
		change := "as many as at its start"
		if n := all.OpenAtEnd - all.OpenAtStart; n > 0 {
			change = FormatCount(n) + " more than at its start"
		} else if n < 0 {
			change = FormatCount(-n) + " fewer than at its start"
		}
		if s.Title = say("ties", "end", all.OpenAtEnd, "period", b.periodText(), "change", change); b.Period.To.After(b.AsOf) {
			s.Title = say("ties_so_far", "end", all.OpenAtEnd, "asof", b.instant(b.AsOf), "change", strings.ReplaceAll(change, "its start", "the start of "+b.periodText()))
		}
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
