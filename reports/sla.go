package reports

import (
	"context"
	"fmt"
	"sort"
	"strings"
)

// buildSLA makes the service level report: what was promised, what was delivered, what explains the gap, and every
// ticket behind it (blueprint section 6).
func buildSLA(ctx context.Context, b *builder) (*Document, error) {
	d, err := loadSLA(ctx, b)
	if err != nil {
		return nil, err
	}
	doc := b.document("sla", "Service level report")
	doc.Headline, doc.Lead = b.slaHeadline(d)
	doc.Header = b.header(Field{"Agreements", T(layerCounts(d))})
	doc.Figures = b.slaFigures(d)
	doc.About = about("Service level report (sla)",
		"shows whether the agreed service levels were kept, and which tickets decide it",
		"service manager, customer, supplier", "monthly",
		"targets, results, trends, breaches, clock rules, differences to the tool, data quality",
		b.Config.Reports.Formats)
	worst, err := b.slaWorst(ctx, d)
	if err != nil {
		return nil, err
	}
	metrics, err := b.metricsSection(ctx)
	if err != nil {
		return nil, err
	}
	if len(d.defs) == 0 {
		first := b.slaScorecard(d)
		first.Blocks = append(first.Blocks, &Callout{Kind: "note", Title: "What is missing", Text: "Goals, targets and calendars stand under “sla” in deskproof.yaml. With at least one definition this report shows compliance, trend, breaches, open risks and their explanation; without any it claims nothing about service levels."})
		doc.Sections = []Section{first, metrics, b.totalsSection(d.ties), b.dataSection("data")}
		return doc, nil
	}
	if !b.anyCounted(d) {
		first := b.slaScorecard(d)
		first.Blocks = append(first.Blocks, &Callout{Kind: "note", Title: "Not measured", Text: "No clock came to its end in " + b.periodText() + ", so groups, causes of misses, time used, clock honesty, breaches and worst cases have nothing to show. They are counted neither as met nor as missed."})
		doc.Sections = []Section{first, b.slaTrend(d), b.slaOpen(d), metrics, b.totalsSection(d.ties), b.dataSection("data"), b.slaDefinitions(d)}
		return doc, nil
	}
	doc.Sections = []Section{b.slaScorecard(d), b.slaGroupsSection(d), b.slaHeat(d), b.slaTrend(d), b.slaExplained(d), b.slaSpread(d),
		b.slaHonesty(d), b.slaOpen(d), b.slaBreachRegister(d), worst, b.slaToolSection(d), b.slaLayers(d),
		metrics, b.totalsSection(d.ties), b.dataSection("data"), b.slaDefinitions(d)}
	return doc, nil
}

func layerCounts(d *slaData) string {
	n := map[string]int64{}
	for _, x := range d.defs {
		n[x.DefinitionKind]++
	}
	if len(d.defs) == 0 {
		return "none configured"
	}
	return fmt.Sprintf("%s SLA, %s OLA, %s UC", FormatCount(n["SLA"]), FormatCount(n["OLA"]), FormatCount(n["UC"]))
}

// promises are the definitions that count on page 1: SLA, with a target.
func (d *slaData) promises() []slaDefinition {
	var out []slaDefinition
	for _, x := range d.defs {
		if x.DefinitionKind == "SLA" && x.Target != nil {
			out = append(out, x)
		}
	}
	return out
}

// layers are the definitions below the service levels: OLA and UC with a target.
func (d *slaData) layersBelow() []slaDefinition {
	var out []slaDefinition
	for _, x := range d.defs {
		if x.DefinitionKind != "SLA" && x.Target != nil {
			out = append(out, x)
		}
	}
	return out
}

// standing is how a list of definitions stands in the period; missed and kept ones with the largest excess first.
type standing struct {
	missed, kept, open   []slaDefinition
	excess, late, cycles int64 // of the measured ones: tickets too many late, late, counted
}

func (s standing) measured() int { return len(s.missed) + len(s.kept) }

func (d *slaData) stand(list []slaDefinition) (s standing) {
	for _, x := range list {
		p, _ := d.promise(x)
		switch {
		case p.N == 0:
			s.open = append(s.open, x)
			continue
		case p.Kept():
			s.kept = append(s.kept, x)
		default:
			s.missed = append(s.missed, x)
			s.excess += p.ExcessWhole()
		}
		s.late, s.cycles = s.late+p.Late(), s.cycles+p.N
	}
	for _, l := range [][]slaDefinition{s.missed, s.kept} {
		sort.SliceStable(l, func(i, j int) bool {
			p, _ := d.promise(l[i])
			q, _ := d.promise(l[j])
			return p.Excess() > q.Excess()
		})
	}
	return s
}

// titled are the titles of definitions for a sentence, in quotation marks because titles may hold commas.
func titled(list []slaDefinition) []string {
	var out []string
	for _, x := range list {
		out = append(out, "“"+x.Title+"”")
	}
	return out
}

// signals are the definitions whose last month stands out of its usual pattern.
func (b *builder) signals(d *slaData) (out []slaDefinition) {
	if wholeMonths(b.Period, b.zone) != 1 {
		return nil
	}
	for _, x := range d.defs {
		if points, l, ok := b.xmr(d, x); ok {
			if rule, _ := Signal(points, l); rule != "" {
				out = append(out, x)
			}
		}
	}
	return out
}

// slaHeadline says the worst news first; the lead says what is behind it and what is to be done next.
func (b *builder) slaHeadline(d *slaData) (head string, lead []string) {
	list := d.promises()
	s, below, signals := d.stand(list), d.stand(d.layersBelow()), b.signals(d)
	kept := say("kept_all", "n", len(s.kept))
	if len(s.kept) == 1 {
		kept = say("kept_one")
	}
	sentence := func(x slaDefinition) string {
		p, _ := d.promise(x)
		return x.Title + ": " + promiseSentence(p, true, d.things(x.Definition), done(x.Clock))
	}
	saidBelow, saidSignal := false, false
	switch {
	case len(d.defs) == 0:
		head = say("promises_none", "missing", "no service level is configured")
	case len(list) == 0:
		head = say("promises_none", "missing", "no definition has a target")
		for _, x := range d.defs[:min(2, len(d.defs))] {
			if c := d.count(x.Definition, "now"); c.N > 0 {
				lead = append(lead, x.Title+": "+promiseSentence(Promise{KofN: c}, false, d.things(x.Definition), done(x.Clock)))
			}
		}
	case s.measured() == 0:
		head = say("promises_none", "missing", "no clock came to its end in "+b.periodText())
	case len(s.missed) == 1 && s.measured() == 1:
		x := s.missed[0]
		p, _ := d.promise(x)
		head = say("promise_missed", "name", "“"+x.Title+"”", "target", targetText(p.Target), "late", p.Late(), "n", p.N, "things", d.things(x.Definition), "excess", p.ExcessWhole())
	case len(s.missed) > 0:
		head = say("promises_lost", "n", len(s.missed), "all", s.measured(), "excess", s.excess, "names", names(titled(s.missed), 3))
		lead = append(lead, sentence(s.missed[0]))
	case len(below.missed) > 0:
		saidBelow = true
		head = say("kept_but_layer", "names", names(titled(below.missed), 2), "n", len(below.missed), "excess", below.excess, "kept", strings.TrimSuffix(kept, "."))
	case len(signals) > 0:
		saidSignal = true
		head = say("kept_but_sign", "names", names(titled(signals), 2), "n", len(signals), "kept", strings.TrimSuffix(kept, "."))
	case len(s.kept) == 1:
		x := s.kept[0]
		p, _ := d.promise(x)
		head = say("promise_kept", "name", "“"+x.Title+"”", "target", targetText(p.Target), "late", p.Late(), "n", p.N, "things", d.things(x.Definition))
	default:
		head = say("promises_kept", "n", len(s.kept), "late", s.late, "cycles", s.cycles)
	}
	if len(s.missed) > 0 {
		if c := contributorSentence(d, s.missed[0]); c != "" {
			lead = append(lead, c)
		}
	} else if len(s.kept) > 1 {
		lead = append(lead, "Closest to its target: "+sentence(s.kept[0]))
	}
	if len(below.missed) > 0 && !saidBelow {
		lead = append(lead, say("layer_missed", "names", names(titled(below.missed), 3), "n", len(below.missed)))
	}
	if len(signals) > 0 && !saidSignal {
		lead = append(lead, "A signal, worth a look: "+names(titled(signals), 3)+".")
	}
	if o := d.openCounts(); o.overdue > 0 {
		lead = append(lead, say("overdue", "open", o.open, "overdue", o.overdue, "week", o.week))
	} else if o.open > 0 {
		lead = append(lead, sayN("overdue_none", o.open, "week", o.week))
	}
	if len(s.open) > 0 && s.measured() > 0 {
		lead = append(lead, say("promises_open", "m", len(s.open), "all", len(list), "names", names(titled(s.open), 3)))
	}
	if m := b.movements(d); m != "" && s.measured() == 0 {
		lead = append(lead, m)
	}
	if gap := b.gapSentence(); gap != "" {
		lead = append(lead, gap)
	}
	return head, lead
}

// openCounts are the clocks that are open at as-of.
type openCounts struct{ open, overdue, week int64 }

func (d *slaData) openCounts() (o openCounts) {
	for _, x := range d.open {
		o.open++
		if x.Overdue {
			o.overdue++
		} else if x.Week {
			o.week++
		}
	}
	return o
}

// movements say what the desk did, for a period in which no promise was measured.
func (b *builder) movements(d *slaData) string {
	t := total(d.ties)
	if t == (TieOut{}) {
		return ""
	}
	return say("movements", "opened", t.Opened, "done", t.Resolved+t.Cancelled, "period", b.periodText(), "end", t.OpenAtEnd)
}

// contributorSentence names the group that accounts for most of a gap.
func contributorSentence(d *slaData, x slaDefinition) string {
	list, _, shares := Contributions(d.partition(x, "now"))
	p, ok := d.promise(x)
	if !ok || p.Kept() || len(list) == 0 || list[0].Excess < 1 {
		return ""
	}
	top := list[0]
	if !shares {
		return say("contributor_no", "group", top.Name, "late", top.Late(), "n", top.N, "part", roundCount(top.Excess))
	}
	return say("contributor", "group", top.Name, "late", top.Late(), "n", top.N, "part", roundCount(top.Excess),
		"excess", p.ExcessWhole(), "share", wholePercent(top.Share))
}

// partition is the split of a definition by priority and team.
func (d *slaData) partition(x slaDefinition, span string) []Group {
	var out []Group
	if x.Target == nil {
		return nil
	}
	for _, g := range d.groups {
		if g.Definition == x.Definition && g.Span == span {
			out = append(out, Group{g.Priority + " · " + g.Team, KofN{g.K, g.N}, *x.Target})
		}
	}
	return out
}

// slaFigures are the four tiles, in the same places every month: promises kept, tickets too many late, the promise that
// stands worst, and what is overdue now. Without any promise the movements of the desk stand there.
func (b *builder) slaFigures(d *slaData) []Figure {
	list := d.promises()
	s, below := d.stand(list), d.stand(d.layersBelow())
	o := d.openCounts()
	overdue := Figure{ID: "kpi_open_overdue", Label: "Open clocks overdue", Value: N(o.overdue), Status: StatusMet, Link: "open",
		Basis: "of " + Plural(o.open, "open clock", "open clocks"), Variance: FormatCount(o.week) + " due within 7 days"}
	switch {
	case o.open == 0:
		overdue.Value, overdue.Status, overdue.Basis, overdue.Variance = NotMeasured("no clock is open"), StatusNotMeasured, "", ""
	case o.overdue > 0:
		overdue.Status = StatusMissed
	}
	if len(d.defs) == 0 {
		t := total(d.ties)
		moved := t != (TieOut{})
		f := func(id, label, basis string, n int64) Figure {
			out := Figure{ID: id, Label: label, Value: N(n), Link: "ties", Basis: basis}
			if !moved {
				out.Value, out.Basis = NotMeasured("no ticket was open or moved in "+b.periodText()), ""
			}
			return out
		}
		reopened := f("kpi_reopened", "Tickets reopened", "", t.Reopened)
		if moved {
			reopened.Value = b.reopened(t.Reopened)
		}
		return []Figure{f("kpi_opened", "Tickets opened", "", t.Opened), f("kpi_done", "Tickets resolved or cancelled", FormatCount(t.Cancelled)+" of them cancelled", t.Resolved+t.Cancelled),
			reopened, f("kpi_open", "Tickets open at the end", FormatCount(t.OpenAtStart)+" at the start", t.OpenAtEnd)}
	}
	missing := "no clock with a target came to its end in " + b.periodText()
	if len(list) == 0 {
		missing = "no service level has a target"
	}
	kept := Figure{ID: "kpi_promises_kept", Label: "Service levels kept", Value: T(kOfN(KofN{int64(len(s.kept)), int64(s.measured())})), Status: StatusMet, Link: "scorecard", Basis: "no target below them was measured"}
	if n := below.measured(); n > 0 {
		kept.Basis = "below them (OLA, UC): " + kOfN(KofN{int64(len(below.kept)), int64(n)})
	}
	excess := Figure{ID: "kpi_too_many_late", Label: "Too many late, service levels", Value: N(s.excess), Status: StatusMet, Link: "breaches", Basis: FormatCount(s.late) + " late of " + Plural(s.cycles, "clock", "clocks")}
	if below.excess > 0 {
		excess.Variance = FormatCount(below.excess) + " more below them (OLA, UC)"
	}
	if len(s.missed) > 0 {
		kept.Status, excess.Status = StatusMissed, StatusMissed
	}
	out := []Figure{kept, excess}
	if s.measured() == 0 {
		for i := range out {
			out[i].Value, out[i].Status, out[i].Basis, out[i].Variance = NotMeasured(missing), StatusNotMeasured, "", ""
		}
	}
	if worst := append(append(append([]slaDefinition{}, s.missed...), below.missed...), s.kept...); len(worst) > 0 {
		x := worst[0]
		p, _ := d.promise(x)
		label := "Worst: "
		if p.Kept() {
			label = "Closest to its target: "
		}
		f := Figure{ID: "kpi_worst", Label: label + x.Title, Value: rateValue(p.KofN, x.Target), Status: p.Status(), Target: Value{Text: targetText(p.Target)},
			Basis: kOfN(p.KofN), Link: "scorecard", Metric: x.Definition}
		if p.N >= SmallN {
			f.Variance = FormatPoints(p.Gap())
		}
		out = append(out, f)
	}
	return append(out, overdue)
}

func targetValue(target *float64) Value {
	if target == nil {
		return NotApplicable("no target is agreed")
	}
	return Pct(*target, nil)
}

func excessValue(x slaDefinition, c KofN) Value {
	switch {
	case x.Target == nil:
		return NotApplicable("no target is agreed")
	case c.N == 0:
		return NotMeasured("no data: nothing was counted")
	}
	return N(Promise{c, *x.Target}.ExcessWhole())
}

// strip is one symbol a month for the last twelve months of the trend, in one word.
func (b *builder) strip(d *slaData, x slaDefinition) string {
	months := b.months()
	if len(months) < 12 {
		return "–"
	}
	var out strings.Builder
	for _, m := range months[len(months)-12:] {
		out.WriteString(d.status(x, d.months[x.Definition][m]).Symbol())
	}
	return out.String()
}

// ident makes a name of lower case letters, digits and underscores.
func ident(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	return b.String()
}

// anchor is ident with dashes, for ids of sections and tables.
func anchor(s string) string { return strings.ReplaceAll(ident(s), "_", "-") }

// roundCount prints a contribution as a whole number of tickets.
func roundCount(f float64) string { return FormatCount(int64(roundTo(f, 0))) }

// wholePercent prints a share of a gap without decimals: 70 %.
func wholePercent(share float64) string {
	return FormatCount(int64(roundTo(share*100, 0))) + "%"
}
