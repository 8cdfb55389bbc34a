package reports

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskproof/model/sla"
)

// worstCases is how many late cycles are explained stretch by stretch.
const worstCases = 3

// slaWorst explains the worst late cycles of the service levels, one a ticket, with a picture and every stretch.
func (b *builder) slaWorst(ctx context.Context, d *slaData) (Section, error) {
	s := Section{ID: "worst", Short: "Worst cases explained", Subtitle: "the late cycles furthest over their goal, one a ticket; “deskproof explain TICKET” shows any other"}
	t := &Table{ID: "stretches", Title: "Every stretch of these clocks, and the moment of the breach", Subtitle: "counted time in hours of the calendar; the sum runs up to the time elapsed", PDFRows: 40, Sheet: "Worst cases",
		Empty: "No stretches of these cycles are kept.",
		Columns: []Column{{Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1, Width: 3}, {Key: "from", Title: "From", Kind: Instant, Priority: 1, Width: 3}, {Key: "to", Title: "To", Kind: Instant, Priority: 1, Width: 3}, {Key: "local", Title: "Begins, time of the calendar", Priority: 2, Wrap: true, Width: 3},
			{Key: "state", Title: "Clock", Priority: 1, Width: 2}, {Key: "reason", Title: "Began with", Priority: 1, Wrap: true, Width: 5}, {Key: "rule", Title: "Rule that decided", Priority: 1, Wrap: true, Width: 5},
			{Key: "counted", Title: "Counted", Kind: Duration, Priority: 1, Width: 3}, {Key: "sum", Title: "Sum", Kind: Duration, Priority: 1, Width: 3}}}
	seen := map[string]bool{}
	for _, x := range d.breaches {
		if x.DefinitionKind != "SLA" || seen[x.TicketID] || len(seen) == worstCases {
			continue
		}
		seen[x.TicketID] = true
		c, err := b.explained(ctx, x)
		if err != nil {
			return s, err
		}
		s.Blocks = append(s.Blocks, caseChart(d, x, c))
		b.addStretches(t, x, c)
	}
	if len(seen) == 0 {
		s.Title = "There is no late cycle of a service level to explain"
		if !b.anyCounted(d) {
			s.Title = say("no_data", "metric", "Lateness", "missing", "no clock came to its end in "+b.periodText())
		}
		return s, nil
	}
	s.Blocks = append(s.Blocks, t)
	s.Title = fmt.Sprintf("Where the time went in the %s", Plural(int64(len(seen)), "worst case", "worst cases"))
	return s, nil
}

// explained is the explanation of one cycle; empty when none is kept.
func (b *builder) explained(ctx context.Context, x slaBreach) (sla.CycleExplanation, error) {
	e, err := sla.Explain(ctx, b.DB, x.TicketID)
	if err != nil {
		return sla.CycleExplanation{}, fmt.Errorf("explain %s: %w", x.TicketKey, err)
	}
	if b.Config != nil {
		e.Locate(b.Config)
	}
	for _, k := range e.Clocks {
		if k.Definition != x.Definition {
			continue
		}
		for _, c := range k.Cycles {
			if int64(c.Cycle) == x.Cycle {
				return c, nil
			}
		}
	}
	return sla.CycleExplanation{}, nil
}

func caseChart(d *slaData, x slaBreach, e sla.CycleExplanation) *Chart {
	stops := "paused " + FormatDuration(float64(x.PausedSeconds)) + " of wall time; " + Plural(x.Handovers, "handover", "handovers")
	if !x.HasHistory {
		stops = "pauses and handovers not measured: " + noHistory
	}
	c := &Chart{ID: "clock-" + anchor(x.TicketKey), Kind: ChartTimeline, Labels: []string{x.TicketKey}, Sheet: "Charts", Zone: e.Location(),
		Title: fmt.Sprintf("%s took %s of a goal of %s: %s too long", x.TicketKey, sla.Duration(x.ElapsedSeconds),
			sla.Duration(x.GoalSeconds), sla.Duration(x.OverSeconds)),
		Subtitle: fmt.Sprintf("%s; %s; %s; %s; calendar %s; %s; axis: time in %s", d.title[x.Definition], x.Priority, x.Service, x.Team, x.Calendar, stops, e.Location()),
		Empty:    "No stretches of this cycle are kept.", Alt: timelineAlt("the clock of " + x.TicketKey)}
	addLane(c, 0, x.TicketKey, e)
	return c
}

// addStretches adds the stretches of one cycle with their running sum; the one in which the goal was used up is cut there.
func (b *builder) addStretches(t *Table, x slaBreach, e sla.CycleExplanation) {
	row := func(from, to Value, local time.Time, zone *time.Location, state, reason string, rule Value, counted, sum Value) {
		t.Rows = append(t.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), from, to, T(b.localTime(local, zone)), {Text: state, Strong: strings.HasPrefix(state, "✗")}, T(reason), rule, counted, sum})
	}
	told := x.BreachedAt == nil
	breach := func(sum Value) {
		told = true
		row(At(*x.BreachedAt), T("–"), *x.BreachedAt, e.Location(), "✗ breach", "the goal of "+FormatWorkTime(float64(x.GoalSeconds))+" is used up", T("–"), T("–"), sum)
	}
	var sum int64
	for _, g := range e.Segments {
		rule := g.Rule.String()
		var holidays []string
		for _, day := range g.Days {
			if day.Name != "" {
				holidays = append(holidays, day.Date+" "+day.Name)
			}
		}
		if len(holidays) > 0 {
			rule += "; holidays: " + names(holidays, 3)
		}
		start, before := g.StartedAt, g.TotalSeconds-g.ElapsedSeconds
		// Where the goal changed on the way, the time before the breach cannot be told from the goal alone.
		if part := x.GoalSeconds - before; !told && g.State == "running" && !x.BreachedAt.Before(start) && x.BreachedAt.Before(g.EndedAt) && part >= 0 && part <= g.ElapsedSeconds {
			if x.BreachedAt.After(start) {
				row(At(start), At(*x.BreachedAt), start, g.Location(), g.State, orWord(g.Reason, "–"), T(rule), WorkTime(float64(part)), WorkTime(float64(x.GoalSeconds)))
			}
			breach(WorkTime(float64(x.GoalSeconds)))
			row(At(*x.BreachedAt), At(g.EndedAt), *x.BreachedAt, g.Location(), g.State, "goes on, beyond the goal", T(rule), WorkTime(float64(g.ElapsedSeconds-part)), WorkTime(float64(g.TotalSeconds)))
			sum = g.TotalSeconds
			continue
		}
		if !told && x.BreachedAt.Before(start) {
			breach(T("–"))
		}
		sum = g.TotalSeconds
		row(At(start), At(g.EndedAt), start, g.Location(), g.State, orWord(g.Reason, "–"), T(rule), WorkTime(float64(g.ElapsedSeconds)), WorkTime(float64(sum)))
	}
	if !told {
		breach(T("–"))
	}
	if len(e.Segments) > 0 && sum != x.ElapsedSeconds {
		t.Note = strings.TrimSpace(t.Note + fmt.Sprintf(" The stretches of %s add up to %s, the cycle says %s.", x.TicketKey, FormatWorkTime(float64(sum)), FormatWorkTime(float64(x.ElapsedSeconds))))
	}
}

// localTime writes an instant in the zone of a calendar, where that is another one than the report's.
func (b *builder) localTime(t time.Time, zone *time.Location) string {
	if zone == nil || zone.String() == b.zone.String() {
		return "–"
	}
	return t.In(zone).Format("2 Jan 15:04") + " " + zone.String()
}
