package reports

import (
	"fmt"
	"sort"
)

// causeNames says what each cause of native_difference means, as a heading.
var causeNames = map[string]string{
	"pause": "pause", "calendar": "calendar", "calendar and pause": "calendar and pause", "reopen": "reopening", "goal": "goal", "stop": "moment of the stop",
	"rounding": "rounding", "still open": "still open", "no history": "no status history", "unknown": "unknown",
}

// slaToolSection compares the recomputation with what the tool says of itself.
func (b *builder) slaToolSection(d *slaData) Section {
	s := Section{ID: "tool", Short: "Tool versus recomputed", Subtitle: "tickets and clocks with a verdict of the tool and a counted cycle of an SLA; " + b.periodText()}
	if len(d.tool) == 0 {
		s.Title = say("no_data", "metric", "Agreement with the tool", "missing", "the sources give no service level results of their own for tickets of "+b.periodText())
		return s
	}
	n := int64(len(d.tool))
	counts := map[string]int64{}
	var rows []slaTool
	for _, x := range d.tool {
		counts[x.Relation]++
		if x.Cause != "none" || x.Relation != "agree" {
			rows = append(rows, x)
		}
	}
	if differ := n - counts["agree"]; differ == 0 {
		s.Title = sayN("differ_none", n)
		if k := int64(len(rows)); k > 0 {
			s.Title = fmt.Sprintf("The verdicts agree, but %s of goals, times or due times differ", Plural(k, "pair", "pairs"))
			if k == 1 {
				s.Title = "The verdicts agree, but one pair of goals, times or due times differs"
			}
		}
	} else {
		s.Title = say("differ", "k", differ, "n", n)
	}
	verdicts := &Table{ID: "tool-kinds", Sheet: "Differences", Title: "Verdicts of the tool and of the recomputation", Subtitle: "n = " + FormatCount(n) + " tickets and clocks",
		Columns: []Column{{Key: "kind", Title: "Tool and recomputation", Priority: 1, Wrap: true}, {Key: "n", Title: "Tickets", Kind: Count, Priority: 1}, {Key: "share", Title: "Share", Kind: Percent, Priority: 1}}}
	for _, k := range []struct{ relation, words string }{{"agree", "agree"}, {"tool_only", "late for the tool only"}, {"own_only", "late in the recomputation only"}} {
		if counts[k.relation] > 0 {
			verdicts.Rows = append(verdicts.Rows, []Value{T(k.words), N(counts[k.relation]), rateValue(KofN{counts[k.relation], n}, nil)})
		}
	}
	verdicts.Total = []Value{T("All"), N(n), rateValue(KofN{n, n}, nil)}
	s.Blocks = append(s.Blocks, verdicts)
	if len(rows) > 0 {
		s.Blocks = append(s.Blocks, causeTable(rows), differenceTable(d, rows))
	}
	return s
}

// causeTable adds the differences up by their cause: clocks, sum and largest.
func causeTable(rows []slaTool) *Table {
	type sum struct {
		n, differ, sized int64
		all, most        int64 // absolute seconds
	}
	by := map[string]*sum{}
	var whole sum
	for _, x := range rows {
		if by[x.Cause] == nil {
			by[x.Cause] = &sum{}
		}
		for _, c := range []*sum{by[x.Cause], &whole} {
			c.n++
			if x.Relation != "agree" {
				c.differ++
			}
			if x.Difference != nil {
				size := max(*x.Difference, -*x.Difference)
				c.sized++
				c.all, c.most = c.all+size, max(c.most, size)
			}
		}
	}
	causes := sortedKeys(by)
	sort.SliceStable(causes, func(i, j int) bool { return by[causes[i]].all > by[causes[j]].all })
	t := &Table{ID: "tool-causes", Sheet: "Differences", Title: "Differences by cause",
		Subtitle: "verdicts or times that differ, n = " + FormatCount(whole.n) + "; a cause is the way of counting that gives the tool's own figure, else it is unknown",
		Columns: []Column{{Key: "cause", Title: "Cause", Priority: 1, Wrap: true, Width: 4}, {Key: "n", Title: "Clocks", Kind: Count, Priority: 1}, {Key: "verdicts", Title: "Verdict differs", Kind: Count, Priority: 1},
			{Key: "sum", Title: "Sum of the differences", Kind: Duration, Priority: 1}, {Key: "most", Title: "Largest", Kind: Duration, Priority: 1}}}
	line := func(name string, c *sum) []Value {
		all, most := NotMeasured("the tool states no time"), NotMeasured("the tool states no time")
		if c.sized > 0 {
			all, most = WorkTime(float64(c.all)), WorkTime(float64(c.most))
		}
		return []Value{T(name), N(c.n), N(c.differ), all, most}
	}
	for _, c := range causes {
		t.Rows = append(t.Rows, line(causeNames[c], by[c]))
	}
	t.Total = line("All", &whole)
	if whole.sized < whole.n && whole.sized > 0 {
		t.Note = fmt.Sprintf("Sum and largest are of the %s for which the tool states a time.", Plural(whole.sized, "clock", "clocks"))
	}
	return t
}

// differenceTable lists every difference, the largest first.
func differenceTable(d *slaData, rows []slaTool) *Table {
	t := &Table{ID: "tool-list", Title: "Every difference", Subtitle: "largest first; times in the calendar of each side; where the tool gives no elapsed time, the due times are compared", PDFRows: 12, Search: true, Filters: []string{"cause"}, Sheet: "Differences",
		Columns: []Column{{Key: "ticket", Title: "Ticket", Kind: ID, Priority: 1}, {Key: "definition", Title: "Definition", Priority: 2, Wrap: true}, {Key: "tool", Title: "Tool says", Priority: 1}, {Key: "own", Title: "Recomputed", Priority: 1},
			{Key: "difference", Title: "Difference", Priority: 1, Wrap: true, Width: 4}, {Key: "cause", Title: "Cause", Priority: 1, Wrap: true, Width: 3}, {Key: "words", Title: "What gives the tool's figure", Priority: 1, Wrap: true, Width: 9},
			{Key: "tool_goal", Title: "Goal, tool", Kind: Duration, Priority: 3}, {Key: "own_goal", Title: "Goal, recomputed", Kind: Duration, Priority: 2}, {Key: "tool_elapsed", Title: "Elapsed, tool", Kind: Duration, Priority: 2},
			{Key: "own_elapsed", Title: "Elapsed, recomputed", Kind: Duration, Priority: 2}, {Key: "tool_due", Title: "Due, tool", Kind: Instant, Priority: 3}, {Key: "own_due", Title: "Due, recomputed", Kind: Instant, Priority: 3},
			{Key: "paused", Title: "Paused (wall time)", Kind: Duration, Priority: 3}}}
	seconds := func(p *int64) Value {
		if p == nil {
			return NotMeasured("not stated")
		}
		return WorkTime(float64(*p))
	}
	for _, x := range rows {
		size, due := T("not stated"), NotMeasured("not stated")
		if x.Difference != nil {
			words := " more for the tool"
			if x.ToolElapsed == nil {
				words = " later for the tool"
			}
			by := *x.Difference
			if by < 0 {
				by = -by
				if words = " less for the tool"; x.ToolElapsed == nil {
					words = " earlier for the tool"
				}
			}
			if size = T(FormatWorkTime(float64(by)) + words); by == 0 {
				size = T("none")
			}
		}
		if x.ToolDueAt != nil {
			due = At(*x.ToolDueAt)
		}
		own := T("–")
		if x.OwnDueAt != nil {
			own = At(*x.OwnDueAt)
		}
		t.Rows = append(t.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), T(d.title[x.Definition]), T(verdict(x.ToolLate)), T(verdict(x.OwnLate)), size, T(causeNames[x.Cause]), T(x.Words),
			seconds(x.ToolGoal), seconds(x.OwnGoal), seconds(x.ToolElapsed), seconds(x.OwnElapsed), due, own, pausedValue(x.PausedSeconds, x.HasHistory)})
	}
	return t
}

func verdict(late bool) string {
	if late {
		return "late"
	}
	return "in time"
}
