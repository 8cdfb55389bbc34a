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
	doc.Sections = append(doc.Sections, b.slaSummary(d), b.slaScorecard(d, "SLA", "scorecard"))
	doc.Sections = append(doc.Sections, b.slaHeat(d), b.slaSpread(d), b.slaTrend(d), b.slaExplained(d),
		b.slaGroupsSection(d), b.slaHonesty(d), b.slaOpen(d), b.slaBreachRegister(d), worst,
		b.slaLeftOut(), b.slaToolSection(d), b.slaLayers(d), b.slaDefinitions(d))
	metrics, err := b.metricsSection(ctx)
	if err != nil {
		return nil, err
	}
	doc.Sections = append(doc.Sections, metrics, b.tieSection(d.ties, "ties"), b.dataSection("data"))
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

// promises are the definitions that count on page 1: SLA, with a target; without any, all definitions.
func (d *slaData) promises() []slaDefinition {
	var out []slaDefinition
	for _, x := range d.defs {
		if x.DefinitionKind == "SLA" && x.Target != nil {
			out = append(out, x)
		}
	}
	return out
}

// slaHeadline says the worst news first.
func (b *builder) slaHeadline(d *slaData) (string, []string) {
	var kept, measured int
	var missed, open, keptNames []string
	worst, worstExcess := -1, 0.0
	narrow, narrowExcess := -1, 0.0
	list := d.promises()
	for i, x := range list {
		p, _ := d.promise(x)
		switch {
		case p.N == 0:
			open = append(open, x.Title)
			continue
		case p.Kept():
			kept++
			if narrow < 0 || p.Excess() > narrowExcess {
				narrow, narrowExcess = i, p.Excess()
			}
			keptNames = append(keptNames, x.Title)
		default:
			missed = append(missed, x.Title)
			if worst < 0 || p.Excess() > worstExcess {
				worst, worstExcess = i, p.Excess()
			}
		}
		measured++
	}
	switch {
	case len(d.defs) == 0:
		return say("promises_none", "missing", "no service level is configured"), nil
	case len(list) == 0:
		return say("promises_none", "missing", "no definition has a target"), nil
	case measured == 0:
		return say("promises_none", "missing", "no clock came to its end in "+b.periodText()), nil
	}
	var head string
	switch {
	case measured == 1 && kept == 1:
		head = say("promises_one", "names", names(keptNames, 4))
	case measured == 1:
		head = say("promise_missed", "names", names(missed, 4))
	case kept == measured:
		head = say("promises_kept", "n", measured)
	case kept == 0:
		head = say("promises_lost", "n", measured, "names", names(missed, 4))
	default:
		head = say("promises_mixed", "k", kept, "n", measured, "names", names(missed, 4))
	}
	var lead []string
	if worst >= 0 {
		x := list[worst]
		p, _ := d.promise(x)
		lead = append(lead, x.Title+": "+promiseSentence(p, true, d.things(x.Definition), done(x.Clock)))
		if s := contributorSentence(d, x); s != "" {
			lead = append(lead, s)
		}
	}
	if worst < 0 && narrow >= 0 {
		x := list[narrow]
		p, _ := d.promise(x)
		lead = append(lead, "Closest to its target: "+x.Title+". "+promiseSentence(p, true, d.things(x.Definition), done(x.Clock)))
	}
	if below := d.layersMissed(); len(below) > 0 {
		lead = append(lead, say("layer_missed", "names", names(below, 3), "n", len(below)))
	}
	if len(open) > 0 {
		lead = append(lead, say("promises_open", "m", len(open), "all", len(list), "names", names(open, 4)))
	}
	return head, lead
}

// layersMissed names the OLA and UC that were missed.
func (d *slaData) layersMissed() []string {
	var out []string
	for _, x := range d.defs {
		if x.DefinitionKind != "SLA" && d.status(x, d.count(x.Definition, "now")) == StatusMissed {
			out = append(out, x.Title)
		}
	}
	return out
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

// slaFigures are the four tiles: missed first, then those with the largest count.
func (b *builder) slaFigures(d *slaData) []Figure {
	list := d.promises()
	sort.SliceStable(list, func(i, j int) bool {
		p, _ := d.promise(list[i])
		q, _ := d.promise(list[j])
		rank := func(p Promise) int {
			switch {
			case p.N == 0:
				return 2
			case p.Kept():
				return 1
			}
			return 0
		}
		if rank(p) != rank(q) {
			return rank(p) < rank(q)
		}
		return p.Excess() > q.Excess()
	})
	var out []Figure
	for _, x := range list[:min(4, len(list))] {
		p, _ := d.promise(x)
		f := Figure{ID: "kpi_" + ident(x.Definition), Label: x.Title, Value: rateValue(p.KofN, x.Target), Status: p.Status(),
			Target: Pct(p.Target, nil), Basis: kOfN(p.KofN), Link: "scorecard", Metric: x.Definition}
		if p.N > 0 {
			f.Variance = FormatPoints(p.Gap())
			if e := p.ExcessWhole(); e > 0 {
				f.Variance += "; " + FormatCount(e) + " too many late"
			}
		}
		out = append(out, f)
	}
	return out
}

// slaSummary is one row a definition with a strip of twelve months.
func (b *builder) slaSummary(d *slaData) Section {
	var missed, met int64
	for _, x := range d.defs {
		switch d.status(x, d.count(x.Definition, "now")) {
		case StatusMissed:
			missed++
		case StatusMet, StatusWatch:
			met++
		}
	}
	s := Section{ID: "summary", Short: "Summary", Title: say("summary_mixed", "missed", missed, "all", len(d.defs), "met", met, "open", int64(len(d.defs))-missed-met), Subtitle: "one row a definition; " + b.periodText() + "; strip = the last 12 months, oldest first"}
	t := &Table{ID: "promises", Title: "Promises at a glance", Subtitle: "share of cycles in time; missed first; ✓ met  ◆ watch  ✗ missed  ○ not measured  – no target",
		Empty: "No service level is configured.",
		Columns: []Column{{Key: "definition", Title: "Definition", Priority: 1, Wrap: true}, {Key: "kind", Title: "Kind", Priority: 3},
			{Key: "status", Title: "Status", Kind: State, Priority: 1}, {Key: "rate", Title: "In time", Kind: Percent, Priority: 1},
			{Key: "basis", Title: "k of n", Priority: 1}, {Key: "target", Title: "Target", Kind: Percent, Priority: 1},
			{Key: "excess", Title: "Too many late", Kind: Count, Priority: 1}, {Key: "strip", Title: "12 months", Priority: 2}}}
	list := append([]slaDefinition{}, d.defs...)
	order := map[Status]int{StatusMissed: 0, StatusWatch: 1, StatusNotMeasured: 2, StatusMet: 3, StatusNoPromise: 4}
	sort.SliceStable(list, func(i, j int) bool {
		return order[d.status(list[i], d.count(list[i].Definition, "now"))] < order[d.status(list[j], d.count(list[j].Definition, "now"))]
	})
	for _, x := range list {
		c := d.count(x.Definition, "now")
		row := []Value{T(x.Title), T(x.DefinitionKind), S(d.status(x, c)), rateValue(c, x.Target), T(kOfN(c))}
		row = append(row, targetValue(x.Target), excessValue(x, c), T(b.strip(d, x)))
		t.Rows = append(t.Rows, row)
	}
	s.Blocks = append(s.Blocks, t)
	return s
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

// strip is one symbol a month for the last twelve months of the trend.
func (b *builder) strip(d *slaData, x slaDefinition) string {
	months := b.months()
	if len(months) < 12 {
		return ""
	}
	var out []string
	for _, m := range months[len(months)-12:] {
		out = append(out, d.status(x, d.months[x.Definition][m]).Symbol())
	}
	return strings.Join(out, " ")
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
