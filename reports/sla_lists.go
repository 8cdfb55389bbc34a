package reports

import (
	"context"
	"fmt"
	"time"

	"deskproof/model"
)

// slaHonesty shows what may flatter a clock: pauses, priorities lowered, tickets closed and opened again.
func (b *builder) slaHonesty(d *slaData) Section {
	s := Section{ID: "honesty", Short: "Clock honesty", Subtitle: "SLA cycles of " + b.periodText() + "; signs worth a look, not proof of anything"}
	if d.paused.N == 0 {
		s.Title = say("no_data", "metric", "Clock honesty", "missing", "no clock of an SLA came to its end in "+b.periodText())
		return s
	}
	share := "0.0%"
	if d.paused.Whole > 0 {
		share = FormatPercent(float64(d.paused.Paused)/float64(d.paused.Whole), nil, 0)
	}
	s.Title = say("pauses", "share", share, "n", d.paused.N)
	n := map[string]int64{}
	for _, f := range d.findings {
		n[f.Finding]++
	}
	s.Blocks = append(s.Blocks, &List{Items: []string{
		say("near_due", "k", n["near_due"]),
		fmt.Sprintf("%s paused more than three times.", Plural(n["many_pauses"], "ticket was", "tickets were")),
		say("lowered", "k", n["lowered"]),
		say("quick_reopen", "k", n["quick_reopen"]),
	}})
	t := &Table{ID: "pauses", Title: "Paused time by reason", Subtitle: "wall time; a pause belongs to the event that began it; longest first", PDFRows: 12, Empty: "No clock was paused.",
		Columns: []Column{{Key: "reason", Title: "Reason (in the source's words)", Priority: 1, Wrap: true, Width: 6}, {Key: "cycles", Title: "Cycles", Kind: Count, Priority: 1},
			{Key: "paused", Title: "Paused (wall time)", Kind: Duration, Priority: 1}, {Key: "share", Title: "Share of all pauses", Kind: Percent, Priority: 1}}}
	var all int64
	for _, p := range d.pauses {
		all += p.PausedSeconds
	}
	for _, p := range d.pauses {
		t.Rows = append(t.Rows, []Value{T(p.Reason), N(p.Cycles), Seconds(float64(p.PausedSeconds)), Rate(p.PausedSeconds, all, nil)})
	}
	f := &Table{ID: "signs", Title: "Tickets with a sign", Subtitle: "first occurrence of each sign a ticket", PDFRows: 15, Search: true, Filters: []string{"sign", "service"}, Sheet: "Clock signs",
		Empty: "No ticket shows one of the four signs.",
		Columns: []Column{{Key: "sign", Title: "Sign", Priority: 1, Wrap: true}, {Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1}, {Key: "service", Title: "Service", Priority: 2, Wrap: true},
			{Key: "priority", Title: "Priority", Priority: 2}, {Key: "team", Title: "Team", Priority: 3, Wrap: true}, {Key: "when", Title: "When", Kind: Instant, Priority: 1}, {Key: "detail", Title: "Detail", Priority: 1, Wrap: true}}}
	words := map[string]string{"near_due": "paused just before due", "many_pauses": "more than three pauses", "lowered": "priority lowered", "quick_reopen": "reopened within 3 days"}
	for _, x := range d.findings {
		f.Rows = append(f.Rows, []Value{T(words[x.Finding]), Key(x.TicketKey, httpURL(x.URL)), T(x.Service), T(x.Priority), T(x.Team), At(x.HappenedAt), T(x.Detail)})
	}
	s.Blocks = append(s.Blocks, t, f)
	return s
}

// slaOpen lists the clocks that run: what will be late next.
func (b *builder) slaOpen(d *slaData) Section {
	s := Section{ID: "open", Short: "Open and at risk", Subtitle: "clocks open at " + b.instant(b.AsOf) + "; most used first; due times assume that a paused clock resumes at once"}
	var overdue, week int64
	for _, x := range d.open {
		if x.Overdue {
			overdue++
		} else if x.Week {
			week++
		}
	}
	if len(d.open) == 0 {
		s.Title = say("open_none", "asof", b.instant(b.AsOf))
	} else {
		s.Title = say("open_risk", "open", len(d.open), "overdue", overdue, "week", week)
	}
	t := &Table{ID: "open-clocks", Title: "Open clocks", Subtitle: "used = elapsed ÷ goal, in time of the calendar", PDFRows: 25, Search: true, Filters: []string{"definition", "service", "priority", "team", "state"}, Sheet: "Open",
		Empty: say("open_none", "asof", b.instant(b.AsOf)),
		Columns: []Column{{Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1}, {Key: "definition", Title: "Definition", Priority: 1, Wrap: true}, {Key: "state", Title: "State", Priority: 1},
			{Key: "priority", Title: "Priority", Priority: 2}, {Key: "service", Title: "Service", Priority: 2, Wrap: true}, {Key: "team", Title: "Team", Priority: 2, Wrap: true},
			{Key: "used", Title: "Goal used", Kind: Percent, Priority: 1}, {Key: "goal", Title: "Goal", Kind: Duration, Priority: 3}, {Key: "elapsed", Title: "Elapsed (business)", Kind: Duration, Priority: 2},
			{Key: "due", Title: "Due", Kind: Instant, Priority: 1}}}
	for _, x := range d.open {
		state := "running"
		switch {
		case x.Overdue:
			state = "overdue"
		case x.State == "paused":
			state = "paused"
		}
		if x.Week {
			state += ", due within 7 days"
		}
		used := NotMeasured("the goal is zero")
		if x.Used != nil {
			used = Pct(*x.Used, Ptr(1.0))
		}
		t.Rows = append(t.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), T(d.title[x.Definition]), T(state), T(x.Priority), T(x.Service), T(x.Team), used,
			Seconds(float64(x.GoalSeconds)), Seconds(float64(x.ElapsedSeconds)), atOrDash(x.DueAt)})
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

// slaBreachRegister is every late cycle of the period.
func (b *builder) slaBreachRegister(d *slaData) Section {
	s := Section{ID: "breaches", Short: "Breach register", Subtitle: "every cycle that was late in " + b.periodText() + "; furthest over its goal first; all rows stand in the workbook"}
	if len(d.breaches) == 0 {
		s.Title = say("breaches_none", "period", b.periodText())
		if measured := b.anyCounted(d); !measured {
			s.Title = say("no_data", "metric", "Lateness", "missing", "no clock came to its end in "+b.periodText())
		}
	} else {
		s.Title = say("breaches", "n", len(d.breaches), "over", FormatDuration(float64(d.breaches[0].OverSeconds)))
	}
	t := &Table{ID: "late-cycles", Title: "Late cycles", Subtitle: "goal, elapsed and over by in time of the cycle's calendar", PDFRows: 50, Search: true, Filters: []string{"definition", "service", "priority", "team"}, Sheet: "Breaches",
		Empty: s.Title,
		Columns: []Column{{Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1}, {Key: "definition", Title: "Definition", Priority: 1, Wrap: true}, {Key: "cycle", Title: "Cycle", Kind: Count, Priority: 3},
			{Key: "service", Title: "Service", Priority: 1, Wrap: true}, {Key: "priority", Title: "Priority", Priority: 1}, {Key: "customer", Title: "Customer", Priority: 3, Wrap: true}, {Key: "team", Title: "Team", Priority: 1, Wrap: true},
			{Key: "goal", Title: "Goal (business)", Kind: Duration, Priority: 2}, {Key: "elapsed", Title: "Elapsed (business)", Kind: Duration, Priority: 1}, {Key: "over", Title: "Over by (business)", Kind: Duration, Priority: 1},
			{Key: "paused", Title: "Paused (wall time)", Kind: Duration, Priority: 3}, {Key: "due", Title: "Due", Kind: Instant, Priority: 2}, {Key: "breached", Title: "Breached at", Kind: Instant, Priority: 3},
			{Key: "stopped", Title: "Stopped", Kind: Instant, Priority: 3}, {Key: "stretch", Title: "Longest stretch began with", Priority: 2, Wrap: true}, {Key: "spent", Title: "Longest stretch (business)", Kind: Duration, Priority: 3}},
		Note: "Longest stretch: the event after which most of the counted time passed. It says where the time went, not why."}
	for _, x := range d.breaches {
		stopped := Value{Text: "still open"}
		if x.StoppedAt != nil {
			stopped = At(*x.StoppedAt)
		}
		t.Rows = append(t.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), T(d.title[x.Definition]), N(x.Cycle), T(x.Service), T(x.Priority), T(x.Customer), T(x.Team),
			Seconds(float64(x.GoalSeconds)), Seconds(float64(x.ElapsedSeconds)), Seconds(float64(x.OverSeconds)), Seconds(float64(x.PausedSeconds)),
			atOrDash(x.DueAt), atOrDash(x.BreachedAt), stopped, orMissing(x.Reason, "no stretches kept"), Seconds(float64(x.Spent))})
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

func (b *builder) anyCounted(d *slaData) bool {
	for _, c := range d.counts {
		if c["now"].N > 0 {
			return true
		}
	}
	return false
}

// segmentRow is one stretch of a cycle.
type segmentRow struct {
	Sequence           int64
	StartedAt, EndedAt time.Time
	State, Reason      string
	ElapsedSeconds     int64
}

// worstCases is how many late cycles are explained stretch by stretch.
const worstCases = 5

// slaWorst explains the worst late cycles, one ticket each, with a timeline and its stretches.
func (b *builder) slaWorst(ctx context.Context, d *slaData) (Section, error) {
	s := Section{ID: "worst", Short: "Worst cases explained", Subtitle: "the late cycles furthest over their goal, one a ticket; `deskproof explain TICKET` shows any other"}
	t := &Table{ID: "stretches", Title: "Every stretch of these clocks", Subtitle: "each begins with the event named; counted time in the calendar of the clock; sum = elapsed so far", PDFRows: 60,
		Empty: "No segments of these cycles are kept.",
		Columns: []Column{{Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1, Width: 3}, {Key: "from", Title: "From", Kind: Instant, Priority: 1, Width: 3}, {Key: "to", Title: "To", Kind: Instant, Priority: 1, Width: 3}, {Key: "state", Title: "Clock", Priority: 1, Width: 2},
			{Key: "reason", Title: "Began with", Priority: 1, Wrap: true, Width: 6}, {Key: "counted", Title: "Counted", Kind: Duration, Priority: 1, Width: 3}, {Key: "sum", Title: "Sum", Kind: Duration, Priority: 1, Width: 3}}}
	seen := map[string]bool{}
	for _, x := range d.breaches {
		if x.DefinitionKind != "SLA" || seen[x.TicketID] || len(seen) == worstCases {
			continue
		}
		seen[x.TicketID] = true
		var list []segmentRow
		err := b.sql("sla_segments", func(q string) (err error) {
			list, err = model.Select[segmentRow](ctx, b.DB, q, x.TicketID, x.Definition, x.Cycle)
			return err
		})
		if err != nil {
			return s, err
		}
		s.Blocks = append(s.Blocks, b.worstChart(d, x, list))
		addStretches(t, x, list)
	}
	if len(seen) == 0 {
		s.Title = "There is no late cycle to explain"
		return s, nil
	}
	s.Blocks = append(s.Blocks, t)
	s.Title = fmt.Sprintf("Where the time went in the %s", Plural(int64(len(seen)), "worst case", "worst cases"))
	return s, nil
}

func (b *builder) worstChart(d *slaData, x slaBreach, list []segmentRow) *Chart {
	c := &Chart{ID: "clock-" + anchor(x.TicketKey), Kind: ChartTimeline, Labels: []string{"counted", "paused"},
		Title: fmt.Sprintf("%s took %s of a goal of %s: %s too long", x.TicketKey, FormatDuration(float64(x.ElapsedSeconds)),
			FormatDuration(float64(x.GoalSeconds)), FormatDuration(float64(x.OverSeconds))),
		Subtitle: fmt.Sprintf("%s; %s; %s; %s; calendar %s; paused %s", d.title[x.Definition], x.Priority, x.Service, x.Team, x.Calendar, FormatDuration(float64(x.PausedSeconds))),
		Empty:    "No segments of this cycle are kept.", Alt: "Timeline of the clock: counted and paused stretches, and the moment of the breach."}
	for _, g := range list {
		row, state := 0, "running"
		if g.State == "paused" {
			row, state = 1, "paused"
		}
		if state == "running" && x.BreachedAt != nil && x.BreachedAt.Before(g.EndedAt) {
			if x.BreachedAt.After(g.StartedAt) {
				c.Bands = append(c.Bands, ChartBand{Row: row, From: g.StartedAt, To: *x.BreachedAt, State: state})
				g.StartedAt = *x.BreachedAt
			}
			state = "breached"
		}
		c.Bands = append(c.Bands, ChartBand{Row: row, From: g.StartedAt, To: g.EndedAt, State: state})
	}
	return c
}

// addStretches adds the stretches of one cycle with their running sum.
func addStretches(t *Table, x slaBreach, list []segmentRow) {
	var sum int64
	for _, g := range list {
		sum += g.ElapsedSeconds
		t.Rows = append(t.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), At(g.StartedAt), At(g.EndedAt), T(g.State), T(g.Reason), Seconds(float64(g.ElapsedSeconds)), Seconds(float64(sum))})
	}
	if len(list) > 0 && sum != x.ElapsedSeconds {
		t.Note += fmt.Sprintf("The stretches of %s add up to %s, the cycle says %s. ", x.TicketKey, FormatDuration(float64(sum)), FormatDuration(float64(x.ElapsedSeconds)))
	}
}

// slaToolSection compares the recomputation with what the tool says of itself.
func (b *builder) slaToolSection(d *slaData) Section {
	s := Section{ID: "tool", Short: "Tool versus recomputed", Subtitle: "tickets and clocks with a verdict of the tool and a counted cycle of an SLA; " + b.periodText()}
	if len(d.tool) == 0 {
		s.Title = say("no_data", "metric", "Agreement with the tool", "missing", "the sources give no service level results of their own for tickets of "+b.periodText())
		return s
	}
	type kind struct{ relation, cause string }
	counts := map[kind]int64{}
	var order []kind
	var differ int64
	list := &Table{ID: "tool-list", Title: "Every difference", Subtitle: "verdicts and times of both sides; times in the calendar of each side", PDFRows: 20, Search: true, Filters: []string{"cause"}, Sheet: "Differences", Empty: "There is no difference.",
		Columns: []Column{{Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1}, {Key: "definition", Title: "Definition", Priority: 2, Wrap: true}, {Key: "tool", Title: "Tool says", Priority: 1}, {Key: "own", Title: "Recomputed", Priority: 1},
			{Key: "tool_goal", Title: "Goal, tool", Kind: Duration, Priority: 3}, {Key: "own_goal", Title: "Goal, recomputed", Kind: Duration, Priority: 2}, {Key: "tool_elapsed", Title: "Elapsed, tool", Kind: Duration, Priority: 3},
			{Key: "own_elapsed", Title: "Elapsed, recomputed", Kind: Duration, Priority: 2}, {Key: "paused", Title: "Paused (wall time)", Kind: Duration, Priority: 3}, {Key: "cause", Title: "What differs", Priority: 1, Wrap: true, Width: 5}}}
	for _, x := range d.tool {
		k := kind{x.Relation, x.Cause}
		if counts[k] == 0 {
			order = append(order, k)
		}
		counts[k]++
		if x.Relation == "agree" {
			continue
		}
		differ++
		sec := func(p *int64, missing string) Value {
			if p == nil {
				return NotMeasured(missing)
			}
			return Seconds(float64(*p))
		}
		list.Rows = append(list.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), T(d.title[x.Definition]), T(verdict(x.ToolLate)), T(verdict(x.OwnLate)), sec(x.ToolGoal, "not stated"), sec(x.OwnGoal, "none"),
			sec(x.ToolElapsed, "not stated"), sec(x.OwnElapsed, "none"), Seconds(float64(x.PausedSeconds)), T(x.Cause)})
	}
	n := int64(len(d.tool))
	if differ == 0 {
		s.Title = say("differ_none", "n", n)
	} else {
		s.Title = say("differ", "k", differ, "n", n)
	}
	t := &Table{ID: "tool-kinds", Title: "Agreement and differences by kind", Subtitle: "n = " + FormatCount(n) + " tickets and clocks",
		Columns: []Column{{Key: "kind", Title: "Tool and recomputation", Priority: 1, Wrap: true}, {Key: "cause", Title: "What differs", Priority: 1, Wrap: true, Width: 5}, {Key: "n", Title: "Tickets", Kind: Count, Priority: 1}, {Key: "share", Title: "Share", Kind: Percent, Priority: 1}}}
	words := map[string]string{"agree": "agree", "tool_only": "late for the tool only", "own_only": "late in the recomputation only"}
	for _, k := range order {
		cause := k.cause
		if cause == "" {
			cause = "–"
		}
		t.Rows = append(t.Rows, []Value{T(words[k.relation]), T(cause), N(counts[k]), Rate(counts[k], n, nil)})
	}
	t.Total = []Value{T("All"), T(""), N(n), Rate(n, n, nil)}
	s.Blocks = append(s.Blocks, t, list)
	return s
}

func verdict(late bool) string {
	if late {
		return "late"
	}
	return "in time"
}
