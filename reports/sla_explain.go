package reports

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// heatServices is how many services a heat map shows by name; the others stand in one row.
const heatServices = 12

// slaHeat shows where late tickets gather: priority × service, k of n in every cell.
func (b *builder) slaHeat(d *slaData) Section {
	s := Section{ID: "heatmap", Short: "Where it is late", Subtitle: "late of n by service and priority; tint = above or below what the targets allow; fewer than 10 stay white"}
	clocks := map[string][]slaHeat{}
	for _, h := range d.heat {
		clocks[h.Clock] = append(clocks[h.Clock], h)
	}
	var worst []string
	for _, clock := range sortedKeys(clocks) {
		c, cells := heatChart(clock, clocks[clock], b.periodText())
		worst = append(worst, cells...)
		s.Blocks = append(s.Blocks, c)
	}
	switch {
	case len(d.heat) == 0:
		s.Title = say("no_data", "metric", "Lateness by service and priority", "missing", "no clock of an SLA came to its end in "+b.periodText())
	case len(worst) == 0:
		s.Title = "No service and priority with 10 or more tickets is a whole ticket beyond its target"
	default:
		s.Title = say("heat", "cells", names(worst, 3))
	}
	return s
}

func heatChart(clock string, list []slaHeat, period string) (*Chart, []string) {
	type cell struct{ n, late, judged, allowed int64 }
	total, rowLate := map[string]int64{}, map[string]int64{}
	priorities := map[string]bool{}
	for _, h := range list {
		total[h.Service] += h.N
		rowLate[h.Service] += h.Late
		priorities[h.Priority] = true
	}
	services := sortedKeys(total)
	sort.SliceStable(services, func(i, j int) bool {
		a, b := services[i], services[j]
		if rowLate[a] != rowLate[b] {
			return rowLate[a] > rowLate[b]
		}
		return total[a] > total[b]
	})
	const others = "all other services"
	named := map[string]bool{}
	rows := services
	if len(services) > heatServices+1 {
		rows = append(append([]string{}, services[:heatServices]...), others)
	}
	for _, r := range rows {
		named[r] = true
	}
	cells := map[string]map[string]cell{}
	var n, late int64
	for _, h := range list {
		row := h.Service
		if !named[row] {
			row = others
		}
		if cells[row] == nil {
			cells[row] = map[string]cell{}
		}
		c := cells[row][h.Priority]
		cells[row][h.Priority] = cell{c.n + h.N, c.late + h.Late, c.judged + h.Judged, c.allowed + h.AllowedMillionths}
		n, late = n+h.N, late+h.Late
	}
	c := &Chart{ID: "heat-" + anchor(clock), Kind: ChartHeat, Unit: Count, Labels: rows, Columns: sortedKeys(priorities),
		Subtitle: fmt.Sprintf("late / n of cycles of the service levels; %s; services with most late first", period), Sheet: "Charts", Height: 16 + 6*len(rows),
		Alt: "Heat map of late tickets by service and priority."}
	type hot struct {
		name   string
		excess float64
	}
	var worst []hot
	for _, r := range rows {
		var line []ChartCell
		for _, p := range c.Columns {
			x := cells[r][p]
			if x.n == 0 {
				line = append(line, ChartCell{Text: "–"})
				continue
			}
			out := ChartCell{Text: FormatCount(x.late) + "/" + FormatCount(x.n)}
			if x.n >= SmallN && x.judged > 0 {
				switch over := x.late*million - x.allowed; {
				case over > 0:
					out.Tint = "worse"
					if over < million { // less than one ticket: tinted, but not worth a headline
						break
					}
					where := p + " " + r
					if len(rows) == 1 { // one service: its name tells nothing
						where = p
					}
					worst = append(worst, hot{fmt.Sprintf("%s (%s of %s)", where, FormatCount(x.late), FormatCount(x.n)), float64(over)})
				case x.late*10*million > x.allowed*9 && x.late > 0:
					out.Tint = "watch"
				default:
					out.Tint = "better"
				}
			}
			line = append(line, out)
		}
		c.Cells = append(c.Cells, line)
	}
	sort.SliceStable(worst, func(i, j int) bool { return worst[i].excess > worst[j].excess })
	var list2 []string
	for _, w := range worst {
		list2 = append(list2, w.name)
	}
	c.Title = fmt.Sprintf("%s of %s late", FormatCount(late), Plural(n, clock+" clock", clock+" clocks"))
	return c, list2
}

var spreadBins = []string{"0–10%", "10–20%", "20–30%", "30–40%", "40–50%", "50–60%", "60–70%", "70–80%", "80–90%", "90–100%", "100–150%", "150–200%", "over 200%"}

// slaSpread shows how much of the goal was used; a hump just before 100 % is a finding of its own.
func (b *builder) slaSpread(d *slaData) Section {
	s := Section{ID: "distribution", Short: "Time used of the goal", Subtitle: "elapsed ÷ goal of stopped clocks in " + b.periodText() + "; columns beyond the goal are late; the last columns are wider"}
	bins := map[string]map[int64]int64{}
	for _, x := range d.bins {
		if bins[x.Definition] == nil {
			bins[x.Definition] = map[int64]int64{}
		}
		bins[x.Definition][x.Bin] += x.N
	}
	t := &Table{ID: "quantiles", Sheet: "Promises", Title: "Elapsed time against the goal", Subtitle: "stopped clocks; business time; half stopped within the median, nine in ten within p90",
		Empty: "No clock was stopped in the period.",
		Columns: []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true}, {Key: "n", Title: "n", Kind: Count, Priority: 1},
			{Key: "median", Title: "Median of goal", Kind: Percent, Priority: 1}, {Key: "p90", Title: "p90 of goal", Kind: Percent, Priority: 1}, {Key: "p95", Title: "p95 of goal", Kind: Percent, Priority: 2},
			{Key: "median_time", Title: "Median (business time)", Kind: Duration, Priority: 1}, {Key: "p90_time", Title: "p90 (business time)", Kind: Duration, Priority: 1}, {Key: "hump", Title: "In the last tenth", Kind: Count, Priority: 2}}}
	worst := 0.0
	for _, x := range d.defs {
		q, ok := d.quantiles[x.Definition]
		if !ok {
			continue
		}
		hump := bins[x.Definition][9]
		row := []Value{T(x.Title), N(q.N), Pct(q.Median, nil), Pct(q.P90, nil), Pct(q.P95, nil), WorkTime(q.MedianSeconds), WorkTime(q.P90Seconds), N(hump)}
		if q.N < SmallN { // quantiles of a handful of clocks tell nothing that the register does not
			few := NotMeasured(fewValues)
			row[2], row[3], row[4], row[5], row[6] = few, few, few, few, few
			t.Rows = append(t.Rows, row)
			continue
		}
		t.Rows = append(t.Rows, row)
		if q.P90 > worst {
			worst, s.Title = q.P90, x.Title+": one in ten took more than "+FormatPercent(q.P90, nil, 0)+" of its goal"
		}
		if x.DefinitionKind == "SLA" {
			s.Blocks = append(s.Blocks, spreadChart(x, q, bins[x.Definition]))
		}
	}
	switch {
	case len(t.Rows) == 0:
		s.Title = say("no_data", "metric", "Time used of the goal", "missing", "no clock was stopped in "+b.periodText())
		return s
	case s.Title == "":
		s.Title = "Fewer than 10 clocks of each definition were stopped: too few for a distribution"
	}
	s.Blocks = append([]Block{t}, s.Blocks...)
	return s
}

func spreadChart(x slaDefinition, q slaQuantile, bins map[int64]int64) *Chart {
	c := &Chart{ID: "spread-" + anchor(x.Definition), Kind: ChartColumns, Unit: Count, Labels: spreadBins, Height: 40, Sheet: "Charts",
		Title:    x.Title + ": " + lowerFirst(say("spread", "n", q.N, "median", FormatPercent(q.Median, nil, 0), "p90", FormatPercent(q.P90, nil, 0))),
		Subtitle: "cycles by elapsed ÷ goal; the goal lies between 90–100% and 100–150%",
		Alt:      "Histogram of elapsed time divided by goal for " + x.Title + "."}
	in, out := ChartSeries{Name: "within the goal", Role: RoleActual}, ChartSeries{Name: "beyond the goal", Role: RoleWorse}
	for i := range spreadBins {
		v := Ptr(float64(bins[int64(i)]))
		if i < 10 {
			in.Values, out.Values = append(in.Values, v), append(out.Values, nil)
		} else {
			in.Values, out.Values = append(in.Values, nil), append(out.Values, v)
		}
	}
	c.Series = []ChartSeries{in, out}
	// A hump: the last tenth before the goal holds clearly more than the two tenths before it.
	hump := bins[9]
	if before := bins[8] + bins[7]; hump >= SmallN && hump > before {
		c.Note = say("hump", "k", hump, "n", q.N) + " That is more than in the two tenths before: work may follow the clock."
	}
	return c
}

// lowerFirst joins a sentence to a name before it.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// slaExplained shows which groups account for the gap of every missed target.
func (b *builder) slaExplained(d *slaData) Section {
	s := Section{ID: "contributions", Short: "What explains misses", Subtitle: "tickets too many that were late = late − (1 − target) × n; partition: priority × team; the parts add up to the gap"}
	var explained []slaDefinition
	for _, x := range d.defs {
		p, ok := d.promise(x)
		if !ok || p.Kept() || p.N == 0 {
			continue
		}
		list, excess, shares := Contributions(d.partition(x, "now"))
		c := &Chart{ID: "contributions-" + anchor(x.Definition), Kind: ChartBars, Unit: Number, Sheet: "Charts",
			Subtitle: fmt.Sprintf("%s; tickets too many by priority and team; sum %s; n = %s; %s", x.Title, signed(excess), FormatCount(p.N), b.periodText()),
			Alt:      "Bars of the tickets too many by priority and team."}
		top, rest, others := TopContributions(list, 7)
		over, under := ChartSeries{Name: "too many late", Role: RoleWorse}, ChartSeries{Name: "better than promised", Role: RoleBetter}
		add := func(label string, v float64, text string) {
			c.Labels = append(c.Labels, label)
			val := Ptr(roundTo(v, 6))
			if v > 0 {
				over.Values, under.Values = append(over.Values, val), append(under.Values, nil)
				over.Texts, under.Texts = append(over.Texts, text), append(under.Texts, "")
			} else {
				over.Values, under.Values = append(over.Values, nil), append(under.Values, val)
				over.Texts, under.Texts = append(over.Texts, ""), append(under.Texts, text)
			}
		}
		for _, g := range top {
			text := signed(g.Excess)
			if shares {
				text += " (" + wholePercent(g.Share) + ")"
			}
			add(fmt.Sprintf("%s (%s late of %s)", g.Name, FormatCount(g.Late()), FormatCount(g.N)), g.Excess, text)
		}
		if others > 0 {
			add(Plural(int64(others), "other group", "other groups"), rest, signed(rest))
		}
		c.Series = []ChartSeries{over}
		for _, v := range under.Values {
			if v != nil {
				c.Series = []ChartSeries{over, under}
				break
			}
		}
		c.Title = contributorSentence(d, x)
		if c.Title == "" {
			c.Title = fmt.Sprintf("The excess of %s in “%s” is spread over several groups", Plural(p.ExcessWhole(), "ticket", "tickets"), x.Title)
		}
		explained = append(explained, x)
		if last := list[len(list)-1]; last.Excess <= -1 {
			c.Note = say("offset", "group", last.Name, "m", roundCount(-last.Excess))
		}
		if note := b.changeNote(d, x); note != "" {
			c.Note = strings.TrimSpace(c.Note + " " + note)
		}
		s.Blocks = append(s.Blocks, c)
	}
	if len(explained) == 0 {
		s.Title = "No measured target was missed, so there is no gap to explain"
		if !b.anyCounted(d) {
			s.Title = say("no_data", "metric", "A gap", "missing", "no clock came to its end in "+b.periodText())
		}
		return s
	}
	s.Title = "What accounts for the gap of " + names(titled(explained), 3)
	s.Blocks = append(s.Blocks, &Paragraph{Muted: true, Text: "“Accounts for” is arithmetic over the groups shown, not a cause. A cause is quoted only from a record such as a problem or a review."})
	return s
}

// changeNote splits the change against the previous period into speed and mix.
func (b *builder) changeNote(d *slaData, x slaDefinition) string {
	m := map[string]map[string]KofN{"now": {}, "previous": {}}
	for _, g := range d.groups {
		if g.Definition == x.Definition {
			m[g.Span][g.Priority+" · "+g.Team] = KofN{g.K, g.N}
		}
	}
	total, rate, mix, ok := Change(m["previous"], m["now"])
	if p, _ := d.promise(x); !ok || p.N < SmallN || d.count(x.Definition, "previous").N < SmallN {
		return ""
	}
	return say("change", "delta", FormatPoints(total), "month", "the "+b.previousWords(), "rate", FormatPoints(rate), "mix", FormatPoints(mix)) +
		" The split depends on the grouping by priority and team."
}

// slaGroupsSection is compliance by service, priority, customer and team; it is not a ranking.
func (b *builder) slaGroupsSection(d *slaData) Section {
	s := Section{ID: "groups", Short: "Groups", Subtitle: "k of n by definition; " + b.periodText() + "; sorted by tickets too many; not a ranking: groups with few tickets differ by chance"}
	t := &Table{ID: "groups-table", Title: "Compliance by service, priority, customer and team", Subtitle: "cycles in the period; every cycle stands once in each of the four divisions; below 10 read the counts",
		PDFRows: 18, Search: true, Filters: []string{"by", "definition", "status"}, Sheet: "Groups",
		Empty: say("no_data", "metric", "Compliance by group", "missing", "no clock came to its end in "+b.periodText()),
		Columns: []Column{{Key: "by", Title: "By", Priority: 1}, {Key: "group", Title: "Group", Priority: 1, Wrap: true, Width: 4}, {Key: "definition", Title: "Definition", Priority: 1, Wrap: true, Width: 4},
			{Key: "n", Title: "n", Kind: Count, Priority: 1}, {Key: "k", Title: "In time (n)", Kind: Count, Priority: 3}, {Key: "late", Title: "Late", Kind: Count, Priority: 1},
			{Key: "rate", Title: "In time", Kind: Percent, Priority: 1}, {Key: "target", Title: "Target", Kind: Percent, Priority: 2}, {Key: "excess", Title: "Too many (exact)", Kind: Number, Priority: 1},
			{Key: "status", Title: "Status", Kind: State, Priority: 1}}}
	target := map[string]slaDefinition{}
	for _, x := range d.defs {
		target[x.Definition] = x
	}
	excess := func(m slaMember) float64 {
		if x := target[m.Definition]; x.Target != nil {
			return Promise{KofN{m.K, m.N}, *x.Target}.Excess()
		}
		return math.Inf(-1)
	}
	list := append([]slaMember{}, d.members...)
	sort.SliceStable(list, func(i, j int) bool { return excess(list[i]) > excess(list[j]) })
	s.Title = say("groups_none")
	for _, m := range list {
		x, c, e := target[m.Definition], KofN{m.K, m.N}, excess(m)
		value := NotApplicable("no target is agreed")
		if x.Target != nil {
			value = Value{Kind: Number, Number: roundTo(e, 6), Decimals: 1}
		}
		if whole := d.count(m.Definition, "now").N; c.N >= SmallN && c.N < whole && e >= 1 && !strings.HasPrefix(m.Member, "(no ") && s.Title == say("groups_none") { // the whole is no group
			s.Title = say("groups", "member", m.Dimension+" “"+m.Member+"”", "late", c.Late(), "n", c.N, "definition", "“"+x.Title+"”")
			s.Title = strings.ToUpper(s.Title[:1]) + s.Title[1:]
		}
		t.Rows = append(t.Rows, []Value{T(m.Dimension), T(m.Member), T(x.Title), N(c.N), N(c.K), N(c.Late()), rateValue(c, x.Target), targetValue(x.Target), value, groupStatus(d, x, c)})
	}
	if len(list) == 0 {
		s.Title = t.Empty
	}
	s.Blocks = []Block{t}
	return s
}

// groupStatus judges a group against the target of its definition; groups of a few tickets are not judged.
func groupStatus(d *slaData, x slaDefinition, c KofN) Value {
	if c.N < SmallN {
		return T("too few to judge")
	}
	return S(d.status(x, c))
}

// signed writes a contribution with its sign and one decimal: +24.4.
func signed(f float64) string {
	s := Format(Value{Kind: Number, Number: roundTo(f, 1), Decimals: 1}, nil)
	if roundTo(f, 1) > 0 {
		return "+" + s
	}
	return s
}
