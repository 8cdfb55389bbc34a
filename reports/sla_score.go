package reports

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// slaScorecard is the full row of every definition of the given kinds, each judged in a sentence.
func (b *builder) slaScorecard(d *slaData, kinds, id string) Section {
	s := Section{ID: id, Short: "Scorecard", Subtitle: "n = cycles that came to an end, or became overdue, in " + b.periodText() + "; seconds are compared before any rounding"}
	t := &Table{ID: id + "-table", Title: "Targets and what was delivered", Subtitle: "allowed = (1 − target) × n; excess = late − allowed, rounded up to whole tickets; largest excess first",
		Empty: "No definition of this kind is configured.", Columns: scoreColumns(b.previousWords())}
	var sentences []string
	missed, measured := 0, 0
	type scored struct {
		x      slaDefinition
		excess float64
		row    []Value
	}
	var list []scored
	for _, x := range d.defs {
		if !strings.Contains(kinds, x.DefinitionKind) {
			continue
		}
		p, has := d.promise(x)
		if p.N > 0 && has {
			measured++
			if !p.Kept() {
				missed++
			}
		}
		e := math.Inf(-1)
		if p.N > 0 && has {
			e = p.Excess()
		}
		list = append(list, scored{x, e, b.scoreRow(d, x)})
		sentences = append(sentences, x.Title+": "+b.scoreSentence(d, x))
	}
	for i := range list { // insertion keeps the order of the configuration among equals
		for j := i; j > 0 && list[j].excess > list[j-1].excess; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	for _, l := range list {
		t.Rows = append(t.Rows, l.row)
	}
	switch {
	case measured == 0:
		s.Title = say("promises_none", "missing", "no clock with a target came to its end in "+b.periodText())
	case missed == 0:
		s.Title = say("targets_met", "n", measured)
	default:
		s.Title = say("targets_mixed", "missed", missed, "n", measured)
	}
	s.Blocks = append(s.Blocks, t)
	if len(sentences) > 0 {
		s.Blocks = append(s.Blocks, &List{Items: sentences})
	}
	return s
}

func scoreColumns(previous string) []Column {
	return []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true}, {Key: "clock", Title: "Clock", Priority: 3}, {Key: "calendar", Title: "Calendar", Priority: 3, Wrap: true},
		{Key: "target", Title: "Target", Kind: Percent, Priority: 1}, {Key: "n", Title: "n", Kind: Count, Priority: 1}, {Key: "k", Title: "In time", Kind: Count, Priority: 1},
		{Key: "rate", Title: "Rate", Kind: Percent, Priority: 1}, {Key: "gap", Title: "Gap (points)", Kind: Points, Priority: 1},
		{Key: "allowed", Title: "Allowed late", Kind: Number, Priority: 2}, {Key: "late", Title: "Late", Kind: Count, Priority: 1}, {Key: "excess", Title: "Too many", Kind: Count, Priority: 1},
		{Key: "previous", Title: "Rate, " + previous, Kind: Percent, Priority: 2}, {Key: "previous_basis", Title: "k of n, " + previous, Priority: 3},
		{Key: "year_ago", Title: "Rate, a year ago", Kind: Percent, Priority: 3}, {Key: "year_ago_basis", Title: "k of n, a year ago", Priority: 3},
		{Key: "year", Title: "Rate, 12 months", Kind: Percent, Priority: 2}, {Key: "year_basis", Title: "k of n, 12 months", Priority: 3},
		{Key: "status", Title: "Status", Kind: State, Priority: 1}}
}

func (b *builder) scoreRow(d *slaData, x slaDefinition) []Value {
	p, has := d.promise(x)
	gap, allowed := NotApplicable("no target is agreed"), NotApplicable("no target is agreed")
	if has {
		gap, allowed = NotMeasured("no data: nothing was counted"), NotMeasured("no data: nothing was counted")
		if p.N > 0 {
			gap = Value{Kind: Points, Number: roundTo(p.Gap(), 9)}
			allowed = Value{Kind: Number, Number: roundTo(p.Allowed(), 6), Decimals: 1}
		}
	}
	row := []Value{T(x.Title), T(x.Clock), T(orWord(d.calendars[x.Definition], "–")), targetValue(x.Target), N(p.N), N(p.K), Rate(p.K, p.N, x.Target), gap, allowed, N(p.Late()), excessValue(x, p.KofN)}
	for _, name := range []string{"previous", "year_ago", "year"} {
		if _, ok := b.spans[name]; !ok {
			na := NotApplicable("the period has no start")
			row = append(row, na, na)
			continue
		}
		c := d.count(x.Definition, name)
		row = append(row, Rate(c.K, c.N, x.Target), T(kOfN(c)))
	}
	return append(row, S(d.status(x, p.KofN)))
}

// scoreSentence judges one definition, and whether its last month is unusual.
func (b *builder) scoreSentence(d *slaData, x slaDefinition) string {
	p, has := d.promise(x)
	if p.N == 0 {
		return say("no_data", "metric", "It", "missing", "no clock came to its end in "+b.periodText())
	}
	out := promiseSentence(p, has, d.things(x.Definition), done(x.Clock))
	if year := d.count(x.Definition, "year"); p.N < SmallN && year.N > p.N {
		out += " " + say("small_year", "k", year.K, "n", year.N)
	}
	if s := b.usualSentence(d, x); s != "" {
		out += " " + s
	}
	return out
}

// usualSentence compares the last month with the months before it by the XmR rules, where those apply: at least
// twelve months of at least 20 cycles each, without a gap.
func (b *builder) usualSentence(d *slaData, x slaDefinition) string {
	points, l, ok := b.xmr(d, x)
	if !ok || wholeMonths(b.Period, b.zone) != 1 {
		return ""
	}
	if rule, _ := Signal(points, l); rule != "" {
		return say("signal", "rule", rule)
	}
	return say("usual", "low", FormatPercent(max(0, l.Low), nil, 0), "high", FormatPercent(min(1, l.High), nil, 0), "months", len(points))
}

func (b *builder) xmr(d *slaData, x slaDefinition) ([]float64, Limits, bool) {
	var points []float64
	for _, m := range b.months() {
		c := d.months[x.Definition][m]
		if c.N < 20 {
			points = nil // the line breaks here: only the months after a gap are compared
			continue
		}
		points = append(points, c.Share())
	}
	if len(points) < 12 {
		return points, Limits{}, false
	}
	l, ok := XmR(points)
	return points, l, ok
}

// slaTrend is one line chart a definition, all on one scale.
func (b *builder) slaTrend(d *slaData) Section {
	s := Section{ID: "trend", Short: "Trend", Subtitle: "share of cycles in time by month of their end, up to 24 months; all charts share one scale; a month without cycles is a gap"}
	low := 1.0
	any := 0
	for _, x := range d.defs {
		small := b.fewAMonth(d, x)
		for _, m := range b.months() {
			if c := d.months[x.Definition][m]; c.N > 0 {
				any++
				if !small {
					low = min(low, c.Share())
				}
			}
		}
		if x.Target != nil && !small {
			low = min(low, *x.Target)
		}
	}
	axis := math.Floor(max(0, low-0.02)*10) / 10
	if any == 0 {
		s.Title = say("no_data", "metric", "The trend", "missing", "no clock came to its end in the last 24 months")
		return s
	}
	months := b.months()
	var signals, single []string
	judged := 0
	for _, x := range d.defs {
		if len(d.months[x.Definition]) == 0 {
			continue
		}
		months := trimMonths(months, d.months[x.Definition])
		if b.fewAMonth(d, x) {
			s.Blocks = append(s.Blocks, b.countsChart(d, x, months))
			continue
		}
		c := &Chart{ID: "trend-" + anchor(x.Definition), Kind: ChartLine, Unit: Percent, Target: x.Target, Min: Ptr(axis), Max: Ptr(1.0)}
		series := ChartSeries{Name: "in time", Role: RoleActual}
		var total KofN
		filled := 0
		for _, m := range months {
			k := d.months[x.Definition][m]
			c.Labels = append(c.Labels, monthLabel(m))
			if k.N == 0 {
				series.Values = append(series.Values, nil)
				continue
			}
			filled++
			total.K, total.N = total.K+k.K, total.N+k.N
			series.Values = append(series.Values, Ptr(roundTo(k.Share(), 9)))
		}
		if filled < 2 {
			single = append(single, x.Title)
			continue
		}
		c.Series = []ChartSeries{series}
		c.Title = b.trendTitle(d, x, filled)
		c.Subtitle = fmt.Sprintf("%s; share in time (%%) by month; n = %s cycles in %s", x.Title, FormatCount(total.N), Plural(int64(filled), "month", "months"))
		if points, l, ok := b.xmr(d, x); ok {
			c.Limits = &Limits{Low: max(0, l.Low), Mean: l.Mean, High: min(1, l.High)}
			if len(points) < 24 {
				c.Note = fmt.Sprintf("Usual range from %d months: trial limits.", len(points))
			}
			judged++
			if rule, _ := Signal(points, l); rule != "" {
				signals = append(signals, x.Title)
			}
		} else if filled < 8 {
			c.Note = say("few_months", "months", filled)
		}
		c.Alt = fmt.Sprintf("Line of the monthly share in time of %s over %d months.", x.Title, len(months))
		s.Blocks = append(s.Blocks, c)
	}
	if len(single) > 0 {
		s.Blocks = append(s.Blocks, &Paragraph{Muted: true, Text: "Only one month with data, so no line is drawn: " + names(single, 20) + "."})
	}
	switch {
	case len(signals) > 0:
		s.Title = "A signal in " + names(signals, 3) + "; worth a look"
	case judged > 0:
		s.Title = fmt.Sprintf("No signal in the trend of %s", Plural(int64(judged), "definition", "definitions"))
	default:
		s.Title = "Too few months of enough tickets to judge what is usual"
	}
	return s
}

// fewAMonth tells that most months hold fewer than SmallN cycles: then counts are drawn, not a line of shares.
func (b *builder) fewAMonth(d *slaData, x slaDefinition) bool {
	filled, few := 0, 0
	for _, m := range b.months() {
		if c := d.months[x.Definition][m]; c.N > 0 {
			filled++
			if c.N < SmallN {
				few++
			}
		}
	}
	return few*2 > filled
}

// countsChart is the trend of a definition with few cycles a month, as counts in time and late.
func (b *builder) countsChart(d *slaData, x slaDefinition, months []time.Time) *Chart {
	c := &Chart{ID: "trend-" + anchor(x.Definition), Kind: ChartStacked, Unit: Count, Alt: "Cycles in time and late by month of " + x.Title + "."}
	in, late := ChartSeries{Name: "in time", Role: RoleActual}, ChartSeries{Name: "late", Role: RoleWorse}
	var total KofN
	for _, m := range months {
		k := d.months[x.Definition][m]
		c.Labels = append(c.Labels, monthLabel(m))
		in.Values, late.Values = append(in.Values, Ptr(float64(k.K))), append(late.Values, Ptr(float64(k.Late())))
		total.K, total.N = total.K+k.K, total.N+k.N
	}
	c.Series = []ChartSeries{in, late}
	c.Title = fmt.Sprintf("%s: %s in time over %s", x.Title, kOfN(total), Plural(int64(len(months)), "month", "months"))
	c.Subtitle = "cycles in time and late by month; fewer than 10 a month, so counts and no shares; n = " + FormatCount(total.N)
	return c
}

// trimMonths leaves out the months before the first one with data.
func trimMonths[K comparable, V any](months []K, have map[K]V) []K {
	for i, m := range months {
		if _, ok := have[m]; ok {
			return months[i:]
		}
	}
	return nil
}

func (b *builder) trendTitle(d *slaData, x slaDefinition, filled int) string {
	months := b.months()
	if x.Target == nil {
		return fmt.Sprintf("%s over %s", x.Title, Plural(int64(filled), "month", "months"))
	}
	var met, n int64
	for _, m := range months {
		if c := d.months[x.Definition][m]; c.N > 0 {
			n++
			if (Promise{c, *x.Target}).Kept() {
				met++
			}
		}
	}
	return fmt.Sprintf("%s met its target in %s of %s", x.Title, FormatCount(met), Plural(n, "month", "months"))
}
