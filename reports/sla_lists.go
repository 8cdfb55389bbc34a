package reports

import (
	"strings"
)

// slaHonesty shows what may flatter a clock: pauses, priorities lowered, tickets closed and opened again.
func (b *builder) slaHonesty(d *slaData) Section {
	s := Section{ID: "honesty", Short: "Clock honesty", Subtitle: "cycles of the service levels, " + b.periodText() + "; signs worth a look, not proof of anything"}
	if d.paused.N == 0 {
		s.Title = say("no_data", "metric", "Clock honesty", "missing", "no clock of a service level came to its end in "+b.periodText())
		return s
	}
	// Without a status history nothing is known of pauses and reopenings: their place says so, no zero stands there.
	known, unknown := d.paused.WithHistory, d.paused.N-d.paused.WithHistory
	unpaused, unsigned := "No clock was paused.", "No ticket shows one of the four signs."
	switch share := FormatPercent(float64(d.paused.Paused)/float64(d.paused.Whole), nil, 0); {
	case known == 0:
		s.Title = say("no_data", "metric", "Clock honesty", "missing", noHistory)
		unpaused, unsigned = "Not measured: "+noHistory+".", "Not measured: "+noHistory+"."
	case d.paused.Whole == 0:
		s.Title = say("no_data", "metric", "The paused share", "missing", "no clock ran for any time")
	case unknown > 0:
		s.Title = say("pauses_known", "share", share, "n", known, "all", d.paused.N)
	default:
		s.Title = say("pauses", "share", share, "n", known)
	}
	if known > 0 && unknown > 0 {
		s.Subtitle += "; " + say("history_of", "k", d.paused.TicketsWithHistory, "n", d.paused.Tickets)
		unsigned = say("signs_none", "n", d.paused.TicketsWithHistory)
	}
	n := map[string]int64{}
	for _, f := range d.findings {
		n[f.Finding]++
	}
	signs := []struct{ id, word, rule string }{
		{"near_due", "paused just before due", "a pause began with less than a tenth of the goal left"},
		{"many_pauses", "more than three pauses", "in one cycle"},
		{"lowered", "priority lowered", "after opening, so that the goal became longer"},
		{"quick_reopen", "reopened within 3 days", "after being resolved or closed"},
	}
	words := map[string]string{}
	c := &Table{ID: "sign-counts", Title: "Four signs that a clock may flatter", Subtitle: "tickets with the sign; a ticket may show several",
		Columns: []Column{{Key: "sign", Title: "Sign", Priority: 1}, {Key: "rule", Title: "Rule", Priority: 1, Wrap: true}, {Key: "n", Title: "Tickets", Kind: Count, Priority: 1}}, Sheet: "Clock honesty"}
	for _, x := range signs {
		words[x.id] = x.word
		c.Rows = append(c.Rows, []Value{T(x.word), T(x.rule), signCount(n[x.id], known)})
	}
	if known > 0 && unknown > 0 {
		c.Subtitle += "; " + say("history_of", "k", d.paused.TicketsWithHistory, "n", d.paused.Tickets)
	}
	t := &Table{ID: "pauses", Title: "Paused time by reason", Subtitle: "wall time; a pause belongs to the event that began it; longest first", PDFRows: 8, Empty: unpaused, Sheet: "Clock honesty",
		Columns: []Column{{Key: "reason", Title: "Reason (in the source's words)", Priority: 1, Wrap: true, Width: 6}, {Key: "cycles", Title: "Cycles", Kind: Count, Priority: 1},
			{Key: "paused", Title: "Paused (wall time)", Kind: Duration, Priority: 1}, {Key: "share", Title: "Share of all pauses", Kind: Percent, Priority: 1}}}
	var all int64
	for _, p := range d.pauses {
		all += p.PausedSeconds
	}
	for _, p := range d.pauses {
		t.Rows = append(t.Rows, []Value{T(p.Reason), N(p.Cycles), Seconds(float64(p.PausedSeconds)), Rate(p.PausedSeconds, all, nil)})
	}
	f := &Table{ID: "signs", Title: "Tickets with a sign", Subtitle: "first occurrence of each sign a ticket", PDFRows: 8, Search: true, Filters: []string{"sign", "service"}, Sheet: "Clock honesty",
		Empty: unsigned,
		Columns: []Column{{Key: "sign", Title: "Sign", Priority: 1}, {Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1}, {Key: "priority", Title: "Priority", Priority: 2}, {Key: "service", Title: "Service", Priority: 2, Wrap: true},
			{Key: "team", Title: "Team", Priority: 3, Wrap: true}, {Key: "when", Title: "When", Kind: Instant, Priority: 1}, {Key: "detail", Title: "Detail", Priority: 1}}}
	for _, x := range d.findings {
		detail := x.Detail
		if x.Seconds != nil {
			detail = "after " + FormatDuration(float64(*x.Seconds))
		}
		f.Rows = append(f.Rows, []Value{T(words[x.Finding]), Key(x.TicketKey, httpURL(x.URL)), T(x.Priority), T(x.Service), T(x.Team), At(x.HappenedAt), T(detail)})
	}
	s.Blocks = append(s.Blocks, c, t, f)
	return s
}

// noHistory is the missing input of everything that only a status history can tell.
const noHistory = "no status history"

// signCount is how many tickets show a sign; none of them can where no ticket has a history.
func signCount(n, known int64) Value {
	if known == 0 && n == 0 {
		return NotMeasured(noHistory)
	}
	return N(n)
}

// pausedValue is the time for which a clock was paused; it is not known without a status history.
func pausedValue(seconds int64, hasHistory bool) Value {
	if !hasHistory && seconds == 0 {
		return NotMeasured(noHistory)
	}
	return Seconds(float64(seconds))
}

// slaOpen lists the clocks that run, what will be late next, and how the month will end.
func (b *builder) slaOpen(d *slaData) Section {
	s := Section{ID: "open", Short: "Open and at risk", Subtitle: "clocks open at " + b.instant(b.AsOf) + "; due times assume that a paused clock resumes at once"}
	o := d.openCounts()
	if o.open == 0 {
		s.Title = say("open_none", "asof", b.instant(b.AsOf))
	} else {
		s.Title = say("open_risk", "open", o.open, "overdue", o.overdue, "week", o.week)
	}
	t := &Table{ID: "open-clocks", Title: "Overdue first, then by the share of the goal that is used", Subtitle: "used = elapsed ÷ goal; times in hours of the calendar; left is negative beyond the goal",
		PDFRows: 15, Search: true, Filters: []string{"definition", "service", "priority", "team", "state"}, Sheet: "Open",
		Empty: s.Title,
		Columns: []Column{{Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1}, {Key: "state", Title: "State", Priority: 1}, {Key: "used", Title: "Goal used", Kind: Percent, Priority: 1},
			{Key: "left", Title: "Left", Kind: Duration, Priority: 1}, {Key: "due", Title: "Due", Kind: Instant, Priority: 1}, {Key: "priority", Title: "Priority", Priority: 1}, {Key: "definition", Title: "Definition", Priority: 1, Wrap: true, Width: 4},
			{Key: "service", Title: "Service", Priority: 2, Wrap: true}, {Key: "team", Title: "Team", Priority: 2, Wrap: true},
			{Key: "goal", Title: "Goal", Kind: Duration, Priority: 3}, {Key: "elapsed", Title: "Elapsed", Kind: Duration, Priority: 3}}}
	for _, x := range d.open {
		state := "running"
		switch {
		case x.Overdue:
			state = "overdue"
		case x.UsedUp:
			state = "paused, goal used up"
		case x.State == "paused":
			state = "paused"
		}
		due := atOrDash(x.DueAt)
		if x.UsedUp {
			due = T("on resuming") // it has no time left: late as soon as it goes on
		}
		used := NotMeasured("the goal is zero")
		if x.Used != nil {
			used = Pct(*x.Used, Ptr(1.0))
		}
		t.Rows = append(t.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), T(state), used, WorkTime(float64(x.GoalSeconds - x.ElapsedSeconds)), due, T(x.Priority), T(d.title[x.Definition]), T(x.Service), T(x.Team),
			WorkTime(float64(x.GoalSeconds)), WorkTime(float64(x.ElapsedSeconds))})
	}
	s.Blocks = append(s.Blocks, t)
	if o.open > 0 {
		s.Blocks = append(s.Blocks, b.outlookTable(d))
	}
	return s
}

// outlookTable projects the month of as-of: what it ends at when nothing more is late, and when all that is at risk is.
func (b *builder) outlookTable(d *slaData) *Table {
	month := b.spans["month"].from.In(b.zone).Format("January 2006")
	var due, risk int64
	t := &Table{ID: "outlook", Subtitle: "best: nothing more is late; worst: all that have used three quarters of the goal are; clocks that open later are not foreseen", Empty: "No definition has a target.", Sheet: "Promises",
		Columns: []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true, Width: 4}, {Key: "so_far", Title: "In time so far", Priority: 1}, {Key: "due", Title: "Due by month end", Kind: Count, Priority: 1}, {Key: "risk", Title: "At risk", Kind: Count, Priority: 1},
			{Key: "overdue", Title: "Overdue, not counted yet", Kind: Count, Priority: 2}, {Key: "best", Title: "Best", Kind: Percent, Priority: 1}, {Key: "worst", Title: "Worst", Kind: Percent, Priority: 1}, {Key: "target", Title: "Target", Kind: Percent, Priority: 1}, {Key: "verdict", Title: "Outlook", Priority: 1, Wrap: true, Width: 4}}}
	targets := map[string]slaDefinition{}
	for _, x := range d.defs {
		targets[x.Definition] = x
	}
	for _, x := range d.outlook {
		def := targets[x.Definition]
		if def.Target == nil {
			continue
		}
		due, risk = due+x.Due, risk+x.Risk
		n := x.N + x.Due + x.Overdue
		best, worst := Promise{KofN{x.K + x.Due, n}, *def.Target}, Promise{KofN{x.K + x.Due - x.Risk, n}, *def.Target}
		verdict := "depends on the clocks at risk"
		switch {
		case n == 0:
			verdict = "nothing counted and nothing due"
		case worst.Kept():
			verdict = "kept with what is known"
		case !best.Kept():
			verdict = "missed with what is known"
		}
		t.Rows = append(t.Rows, []Value{T(def.Title), T(kOfN(KofN{x.K, x.N})), N(x.Due), N(x.Risk), N(x.Overdue), rateValue(best.KofN, def.Target), rateValue(worst.KofN, def.Target), targetValue(def.Target), T(verdict)})
	}
	t.Title = say("forecast_none", "month", month)
	if due > 0 {
		t.Title = say("forecast", "open", due, "month", month, "risk", risk)
	}
	return t
}

// slaBreachRegister is every late cycle of the period.
func (b *builder) slaBreachRegister(d *slaData) Section {
	s := Section{ID: "breaches", Short: "Breach register", Subtitle: "every cycle that was late in " + b.periodText() + ", of service levels and of the levels below; furthest over its goal first"}
	if len(d.breaches) == 0 {
		s.Title = say("breaches_none", "period", b.periodText())
		if measured := b.anyCounted(d); !measured {
			s.Title = say("no_data", "metric", "Lateness", "missing", "no clock came to its end in "+b.periodText())
		}
	} else {
		s.Title = say("breaches", "n", len(d.breaches), "over", FormatWorkTime(float64(d.breaches[0].OverSeconds)))
	}
	t := &Table{ID: "late-cycles", Title: "Late cycles and where their time went", Subtitle: "goal, over by and counted time in hours of the cycle's calendar; waiting in wall time", PDFRows: 30, Search: true, Filters: []string{"definition", "service", "priority", "team"}, Sheet: "Breaches",
		Empty: s.Title,
		Columns: []Column{{Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1}, {Key: "over", Title: "Over by", Kind: Duration, Priority: 1}, {Key: "goal", Title: "Goal", Kind: Duration, Priority: 1}, {Key: "used", Title: "Used of goal", Kind: Percent, Priority: 3},
			{Key: "priority", Title: "Priority", Priority: 1}, {Key: "definition", Title: "Definition", Priority: 1, Wrap: true, Width: 4}, {Key: "service", Title: "Service", Priority: 1, Wrap: true, Width: 3}, {Key: "team", Title: "Team", Priority: 2, Wrap: true, Width: 3},
			{Key: "where", Title: "Where the time went", Priority: 1, Wrap: true, Width: 8}, {Key: "due", Title: "Due", Kind: Instant, Priority: 3},
			{Key: "cycle", Title: "Cycle", Kind: Count, Priority: 3}, {Key: "customer", Title: "Customer", Priority: 3, Wrap: true}, {Key: "elapsed", Title: "Elapsed", Kind: Duration, Priority: 3},
			{Key: "breached", Title: "Breached at", Kind: Instant, Priority: 3}, {Key: "stopped", Title: "Stopped", Kind: Instant, Priority: 3},
			{Key: "handovers", Title: "Handovers", Kind: Count, Priority: 3}, {Key: "paused", Title: "Paused (wall time)", Kind: Duration, Priority: 3}, {Key: "longest_pause", Title: "Longest pause began with", Priority: 3, Wrap: true},
			{Key: "spent", Title: "Longest stretch", Kind: Duration, Priority: 3}, {Key: "stretch", Title: "Longest stretch began with", Priority: 3, Wrap: true}},
		Note: "It says where the time went, not why: a cause is quoted only from a record such as a problem or a review."}
	for _, x := range d.breaches {
		stopped := Value{Text: "still open"}
		if x.StoppedAt != nil {
			stopped = At(*x.StoppedAt)
		}
		handovers := N(x.Handovers)
		if !x.HasHistory && x.Handovers == 0 {
			handovers = NotMeasured(noHistory)
		}
		t.Rows = append(t.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), WorkTime(float64(x.OverSeconds)), WorkTime(float64(x.GoalSeconds)), usedOf(x.ElapsedSeconds, x.GoalSeconds), T(x.Priority), T(d.title[x.Definition]), T(x.Service), T(x.Team), T(x.where()), atOrDash(x.DueAt),
			N(x.Cycle), T(x.Customer), WorkTime(float64(x.ElapsedSeconds)), atOrDash(x.BreachedAt), stopped,
			handovers, pausedValue(x.PausedSeconds, x.HasHistory), T(orWord(x.PauseReason, "–")), WorkTime(float64(x.Spent)), orMissing(x.Reason, "no stretches kept")})
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

// where says in a line where the time of a late cycle went: the longest counted stretch, the longest wait, handovers.
func (x slaBreach) where() string {
	var parts []string
	if x.Spent > 0 {
		parts = append(parts, FormatWorkTime(float64(x.Spent))+" after “"+inWords(x.Reason, "its start")+"”")
	}
	if x.PauseSeconds > 0 {
		parts = append(parts, "longest wait "+FormatDuration(float64(x.PauseSeconds))+" ("+inWords(x.PauseReason, "no reason recorded")+")")
	}
	if x.Handovers > 0 {
		parts = append(parts, Plural(x.Handovers, "handover", "handovers"))
	}
	if x.StoppedAt == nil {
		parts = append(parts, "still open")
	}
	return orWord(strings.Join(parts, "; "), "no stretches kept")
}

// inWords is the source's own word of an event: "status = on_hold (Waiting for customer)" is "Waiting for customer".
func inWords(reason, none string) string {
	if i := strings.LastIndex(reason, " ("); i > 0 && strings.HasSuffix(reason, ")") && strings.Contains(reason[:i], " = ") {
		return reason[i+2 : len(reason)-1]
	}
	return orWord(reason, none)
}

func (b *builder) anyCounted(d *slaData) bool {
	for _, c := range d.counts {
		if c["now"].N > 0 {
			return true
		}
	}
	return false
}

// usedOf is the share of a goal that was used.
func usedOf(elapsed, goal int64) Value {
	if goal <= 0 {
		return NotApplicable("the goal is no time at all")
	}
	return Pct(float64(elapsed)/float64(goal), nil)
}
