package reports

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
	list := &Table{ID: "tool-list", Title: "Every difference", Subtitle: "verdicts and times of both sides; times in the calendar of each side", PDFRows: 12, Search: true, Filters: []string{"cause"}, Sheet: "Differences", Empty: "There is no difference.",
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
			return WorkTime(float64(*p))
		}
		list.Rows = append(list.Rows, []Value{Key(x.TicketKey, httpURL(x.URL)), T(d.title[x.Definition]), T(verdict(x.ToolLate)), T(verdict(x.OwnLate)), sec(x.ToolGoal, "not stated"), sec(x.OwnGoal, "none"),
			sec(x.ToolElapsed, "not stated"), sec(x.OwnElapsed, "none"), pausedValue(x.PausedSeconds, x.HasHistory), T(x.Cause)})
	}
	n := int64(len(d.tool))
	if differ == 0 {
		s.Title = sayN("differ_none", n)
	} else {
		s.Title = say("differ", "k", differ, "n", n)
	}
	t := &Table{ID: "tool-kinds", Sheet: "Differences", Title: "Agreement and differences by kind", Subtitle: "n = " + FormatCount(n) + " tickets and clocks",
		Columns: []Column{{Key: "kind", Title: "Tool and recomputation", Priority: 1, Wrap: true}, {Key: "cause", Title: "What differs", Priority: 1, Wrap: true, Width: 5}, {Key: "n", Title: "Tickets", Kind: Count, Priority: 1}, {Key: "share", Title: "Share", Kind: Percent, Priority: 1}}}
	words := map[string]string{"agree": "agree", "tool_only": "late for the tool only", "own_only": "late in the recomputation only"}
	for _, k := range order {
		cause := k.cause
		if cause == "" {
			cause = "–"
		}
		t.Rows = append(t.Rows, []Value{T(words[k.relation]), T(cause), N(counts[k]), rateValue(KofN{counts[k], n}, nil)})
	}
	t.Total = []Value{T("All"), T(""), N(n), rateValue(KofN{n, n}, nil)}
	s.Blocks = append(s.Blocks, t)
	if differ > 0 {
		s.Blocks = append(s.Blocks, list)
	}
	return s
}

func verdict(late bool) string {
	if late {
		return "late"
	}
	return "in time"
}
