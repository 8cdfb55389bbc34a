package reports

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
)

// slaScorecard is one row a definition, worst first, and a sentence on each service level.
func (b *builder) slaScorecard(d *slaData) Section {
	s := Section{ID: "scorecard", Short: "Promises", Subtitle: "n = cycles that came to an end, or became overdue, in " + b.periodText() + "; seconds are compared before any rounding"}
	t := &Table{ID: "scorecard-table", Sheet: "Promises", Title: "Every definition against its target",
		Subtitle: "allowed late = (1 − target) × n, rounded down; too many = late − allowed, in whole tickets; months: the last 12, oldest first; ✓ met  ◆ watch  ✗ missed  ○ not measured  – no target",
		Empty:    "No service level is configured.", Columns: scoreColumns(b.previousWords())}
	list := append([]slaDefinition{}, d.defs...)
	order := map[Status]int{StatusMissed: 0, StatusWatch: 1, StatusMet: 2, StatusNotMeasured: 3, StatusNoPromise: 4}
	rank := func(x slaDefinition) int { return order[d.status(x, d.count(x.Definition, "now"))] }
	excess := func(x slaDefinition) float64 {
		if p, has := d.promise(x); has && p.N > 0 {
			return p.Excess()
		}
		return math.Inf(-1)
	}
	sort.SliceStable(list, func(i, j int) bool {
		if rank(list[i]) != rank(list[j]) {
			return rank(list[i]) < rank(list[j])
		}
		return excess(list[i]) > excess(list[j])
	})
	var sentences []string
	for _, x := range list {
		t.Rows = append(t.Rows, b.scoreRow(d, x))
		if x.DefinitionKind == "SLA" {
			sentences = append(sentences, x.Title+": "+b.scoreSentence(d, x))
		}
	}
	t.Note = b.shortYears(d, list)
	var judged []slaDefinition
	for _, x := range d.defs {
		if x.Target != nil {
			judged = append(judged, x)
		}
	}
	switch all := d.stand(judged); {
	case len(d.defs) == 0:
		s.Title = say("promises_none", "missing", "no service level is configured")
	case all.measured() == 0:
		s.Title = say("promises_none", "missing", "no clock with a target came to its end in "+b.periodText())
	case len(all.missed) == 0 && all.measured() == 1:
		s.Title = say("target_met_one")
	case len(all.missed) == 0:
		s.Title = say("targets_met", "n", all.measured())
	default:
		s.Title = say("targets_mixed", "missed", len(all.missed), "n", all.measured(), "excess", all.excess)
	}
	s.Blocks = append(s.Blocks, t)
	if len(sentences) > 0 {
		s.Blocks = append(s.Blocks, &List{Items: sentences})
	}
	return s
}

// shortYears says where the rate of twelve months rests on fewer, because the others hold no data.
func (b *builder) shortYears(d *slaData, list []slaDefinition) string {
	if _, ok := b.spans["year"]; !ok {
		return ""
	}
	few := map[string][]string{}
	for _, x := range list {
		if n := d.filled[x.Definition]["year"]; n > 0 && n < 12 {
			key := fmt.Sprintf("%02d", n)
			few[key] = append(few[key], "“"+x.Title+"”")
		}
	}
	var parts []string
	for _, key := range sortedKeys(few) {
		n, _ := strconv.Atoi(key)
		parts = append(parts, Plural(int64(n), "month", "months")+" of "+names(few[key], 3))
	}
	if len(parts) == 0 {
		return ""
	}
	return say("short_year", "parts", strings.Join(parts, "; "))
}

func scoreColumns(previous string) []Column {
	return []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true, Width: 4}, {Key: "kind", Title: "Kind", Priority: 1},
		{Key: "status", Title: "Status", Kind: State, Priority: 1}, {Key: "target", Title: "Target", Kind: Percent, Priority: 1}, {Key: "rate", Title: "In time", Kind: Percent, Priority: 1},
		{Key: "n", Title: "n", Kind: Count, Priority: 1}, {Key: "late", Title: "Late", Kind: Count, Priority: 1}, {Key: "allowed", Title: "Allowed late", Kind: Count, Priority: 2}, {Key: "excess", Title: "Too many", Kind: Count, Priority: 1},
		{Key: "strip", Title: "Months", Kind: ID, Priority: 1}, {Key: "previous", Title: "In time, " + previous, Kind: Percent, Priority: 2}, {Key: "year", Title: "In time, 12 months", Kind: Percent, Priority: 2},
		{Key: "year_months", Title: "Months with data, of 12", Kind: Count, Priority: 3},
		{Key: "year_ago", Title: "In time, a year ago", Kind: Percent, Priority: 3}, {Key: "gap", Title: "Gap (points)", Kind: Points, Priority: 3}, {Key: "k", Title: "In time (n)", Kind: Count, Priority: 3},
		{Key: "previous_basis", Title: "k of n, " + previous, Priority: 3}, {Key: "year_basis", Title: "k of n, 12 months", Priority: 3}, {Key: "year_ago_basis", Title: "k of n, a year ago", Priority: 3},
		{Key: "clock", Title: "Clock", Priority: 3}, {Key: "calendar", Title: "Calendar", Priority: 3, Wrap: true}}
}

func (b *builder) scoreRow(d *slaData, x slaDefinition) []Value {
	p, has := d.promise(x)
	gap, allowed := NotApplicable("no target is agreed"), NotApplicable("no target is agreed")
	if has {
		gap, allowed = NotMeasured("no data: nothing was counted"), NotMeasured("no data: nothing was counted")
		if p.N > 0 {
			gap = pointsValue(p)
			allowed = N(p.AllowedWhole())
		}
	}
	rate, basis := map[string]Value{}, map[string]Value{}
	for _, name := range []string{"previous", "year_ago", "year"} {
		rate[name], basis[name] = NotApplicable("the period has no start"), NotApplicable("the period has no start")
		if _, ok := b.spans[name]; ok {
			c := d.count(x.Definition, name)
			rate[name], basis[name] = rateValue(c, x.Target), T(kOfN(c))
		}
	}
	months := NotApplicable("the period has no start")
	if _, ok := b.spans["year"]; ok {
		months = N(d.filled[x.Definition]["year"])
	}
	return []Value{T(x.Title), T(x.DefinitionKind), S(d.status(x, p.KofN)), targetValue(x.Target), rateValue(p.KofN, x.Target),
		N(p.N), N(p.Late()), allowed, excessValue(x, p.KofN), {Kind: ID, Text: b.strip(d, x)}, rate["previous"], rate["year"],
		months, rate["year_ago"], gap, N(p.K), basis["previous"], basis["year"], basis["year_ago"], T(x.Clock), T(orWord(d.calendars[x.Definition], "–"))}
}

// pointsValue is the gap of a promise in points; of a few cycles it is none, because one of them moves it by ten points.
func pointsValue(p Promise) Value {
	if p.N < SmallN {
		return NotMeasured(fewValues)
	}
	return Value{Kind: Points, Number: roundTo(p.Gap(), 9)}
}

// fewValues says why a figure of a distribution or a share stands nowhere.
const fewValues = "fewer than 10"

// scoreSentence judges one definition, and whether its last month is unusual.
func (b *builder) scoreSentence(d *slaData, x slaDefinition) string {
	p, has := d.promise(x)
	if p.N == 0 {
		return say("no_verdict", "missing", "no clock came to its end in "+b.periodText())
	}
	out := promiseSentence(p, has, d.things(x.Definition), done(x.Clock))
	if year := d.count(x.Definition, "year"); p.N < SmallN && year.N > p.N {
		out += " " + say("small_year", "k", year.K, "n", year.N, "months", d.filled[x.Definition]["year"])
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

// slaTrend is what the months say of every definition: a list with the verdict, and one chart each on one scale.
func (b *builder) slaTrend(d *slaData) Section {
	s := Section{ID: "trend", Short: "Trend", Subtitle: "share of cycles in time by month of their end, up to 24 months; all charts share one scale; a month without cycles is a gap"}
	low, any := 1.0, false
	for _, x := range d.defs {
		small := b.fewAMonth(d, x)
		for _, m := range b.months() {
			if c := d.months[x.Definition][m]; c.N > 0 {
				any = true
				if !small {
					low = min(low, c.Share())
				}
			}
		}
		if x.Target != nil && !small {
			low = min(low, *x.Target)
		}
	}
	if !any {
		s.Title = say("no_data", "metric", "The trend", "missing", "no clock came to its end in the last 24 months")
		return s
	}
	axis := math.Floor(max(0, low-0.02)*10) / 10
	t := &Table{ID: "trend-list", Sheet: "Promises", Title: "What the months say", Subtitle: "usual range and signal by the XmR rules, from 12 months of 20 cycles or more; a signal is worth a look, no proof",
		Columns: []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true, Width: 4}, {Key: "met", Title: "Months met", Priority: 1}, {Key: "latest", Title: "Latest month", Kind: Percent, Priority: 1},
			{Key: "range", Title: "Usual range", Priority: 1}, {Key: "signal", Title: "Signal", Priority: 1, Wrap: true, Width: 3}, {Key: "outlook", Title: "As the process stands", Priority: 1, Wrap: true, Width: 4}}}
	var signals []slaDefinition
	judged := 0
	var charts []Block
	for _, x := range d.defs {
		if len(d.months[x.Definition]) == 0 {
			continue
		}
		row, signal, ok := b.trendRow(d, x)
		t.Rows = append(t.Rows, row)
		if ok {
			judged++
		}
		if signal {
			signals = append(signals, x)
		}
		if c := b.trendChart(d, x, axis); c != nil {
			charts = append(charts, c)
		}
	}
	s.Blocks = append([]Block{t}, charts...)
	switch {
	case len(signals) > 0:
		s.Title = "A signal in " + names(titled(signals), 3) + ", worth a look"
	case judged > 0:
		s.Title = fmt.Sprintf("No signal in the trend of %s", Plural(int64(judged), "definition", "definitions"))
	default:
		s.Title = "Too few months of enough tickets to judge what is usual"
	}
	return s
}

// trendRow is the verdict of the months on one definition.
func (b *builder) trendRow(d *slaData, x slaDefinition) (row []Value, signal, judged bool) {
	var met, n int64
	latest := NotMeasured("no cycle")
	for _, m := range b.months() {
		c := d.months[x.Definition][m]
		latest = rateValue(c, x.Target)
		if c.N == 0 {
			continue
		}
		n++
		if x.Target != nil && (Promise{c, *x.Target}).Kept() {
			met++
		}
	}
	months := T(kOfN(KofN{met, n}))
	if x.Target == nil {
		months = NotApplicable("no target is agreed")
	}
	points, l, ok := b.xmr(d, x)
	if !ok {
		few := NotMeasured("too few months")
		return []Value{T(x.Title), months, latest, few, few, few}, false, false
	}
	low, high := max(0, l.Low), min(1, l.High)
	words := "none"
	if rule, side := Signal(points, l); rule != "" {
		words, signal = map[int]string{1: "▲ ", -1: "▼ "}[side]+rule, true
	}
	outlook := NotApplicable("no target is agreed")
	if x.Target != nil {
		switch {
		case l.Low >= *x.Target:
			outlook = T("meets the target every month")
		case l.High < *x.Target:
			outlook = T("misses the target every month unless the process changes")
		default:
			outlook = T("meets the target in some months and misses it in others")
		}
	}
	usual := FormatPercent(low, nil, 0) + " to " + FormatPercent(high, nil, 0)
	return []Value{T(x.Title), months, latest, T(usual), T(words), outlook}, signal, true
}

// trendChart is the line of one definition, or counts where months hold few cycles; nil when there is no line to draw.
func (b *builder) trendChart(d *slaData, x slaDefinition, axis float64) Block {
	months := trimMonths(b.months(), d.months[x.Definition])
	if b.fewAMonth(d, x) {
		return b.countsChart(d, x, months)
	}
	c := &Chart{ID: "trend-" + anchor(x.Definition), Kind: ChartLine, Unit: Percent, Target: x.Target, Min: Ptr(axis), Max: Ptr(1.0), Height: trendHeight, Sheet: "Charts"}
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
		return nil
	}
	c.Series = []ChartSeries{series}
	c.Title = b.trendTitle(d, x, filled)
	c.Subtitle = fmt.Sprintf("share in time (%%) by month; n = %s cycles in %s", FormatCount(total.N), Plural(int64(filled), "month", "months"))
	if points, l, ok := b.xmr(d, x); ok {
		c.Limits = &Limits{Low: max(0, l.Low), Mean: l.Mean, High: min(1, l.High)}
		if len(points) < 24 {
			c.Subtitle += fmt.Sprintf("; usual range from %d months: trial limits", len(points))
		}
	} else if filled < 8 {
		c.Note = say("few_months", "months", filled)
	}
	c.Alt = fmt.Sprintf("Line of the monthly share in time of %s over %d months.", x.Title, len(months))
	return c
}

// trendHeight is the printed height of the charts of the trend in mm: five stand on a page.
const trendHeight = 42

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
	c := &Chart{ID: "trend-" + anchor(x.Definition), Kind: ChartStacked, Unit: Count, Height: trendHeight, Sheet: "Charts", Alt: "Cycles in time and late by month of " + x.Title + "."}
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
	c.Subtitle = "cycles in time and late by month; most months hold fewer than 10, so counts and no shares; n = " + FormatCount(total.N)
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
