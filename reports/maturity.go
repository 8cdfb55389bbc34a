package reports

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"deskproof/controls"
)

// buildMaturity makes the process maturity report: the capability that records indicate, against the goal, with the
// evidence behind every rating (blueprint section 7). There is no overall score: no scheme here defines one.
func buildMaturity(ctx context.Context, b *builder) (*Document, error) {
	doc := b.document("maturity", "Process maturity report")
	doc.About = about("Process maturity report (maturity)",
		"shows how far each process is from its goal level and what keeps it there",
		"process owners, service manager, management", "quarterly, and before an assessment",
		"indicated capability by process and attribute, the controls behind each rating, indicators, method",
		b.Config.Reports.Formats)
	doc.Header = b.header(
		Field{"Scale", T("ISO/IEC 33020:2019, levels 0 to 5, ratings N P L F; records can indicate levels 0 to 3")},
		Field{"Rated by", T(b.ratedBy())},
		Field{"Kind of statement", T(controls.Indicative)},
	)
	if b.Results == nil {
		doc.Headline = say("mat_none", "missing", "the controls were not evaluated; run “deskproof check”")
		doc.Sections = []Section{b.dataSection("data")}
		return doc, nil
	}
	list, err := controls.Maturity(ctx, b.Results, b.Config.Catalogue.Goals)
	if err != nil {
		return nil, err
	}
	doc.Headline, doc.Lead = maturityHeadline(list)
	doc.Figures = maturityFigures(list)
	sorted := byGap(list)
	if gap := b.gapSentence(); gap != "" {
		doc.Lead = append(doc.Lead, gap)
	}
	roadmap, err := b.maturityRoadmap(ctx)
	if err != nil {
		return nil, err
	}
	if s := judgedSentence(list); s != "" {
		doc.Lead = append(doc.Lead, s)
	}
	doc.Sections = []Section{b.maturityProfile(sorted), maturityHeat(b.Results, sorted), b.maturityJudged(list), roadmap, maturityStrength(list), maturityEvidence(list)}
	pages, err := b.maturityProcesses(ctx, list)
	if err != nil {
		return nil, err
	}
	doc.Sections = append(doc.Sections, pages...)
	doc.Sections = append(doc.Sections, maturityMethod(b.Results.Catalogue), b.dataSection("data"))
	return doc, nil
}

// reached says whether a process is at its goal; the second result is false without a goal or a rating.
func reached(p controls.ProcessRating) (at, known bool) {
	if p.Goal == 0 || p.Level < 0 {
		return false, false
	}
	return p.Level >= p.Goal, true
}

// byGap sorts processes by their distance to the goal, largest first; those without a rating stand last.
func byGap(list []controls.ProcessRating) []controls.ProcessRating {
	out := append([]controls.ProcessRating{}, list...)
	gap := func(p controls.ProcessRating) int {
		switch {
		case p.Level < 0:
			return -100
		case p.Goal == 0:
			return -50
		}
		return p.Goal - p.Level
	}
	sort.SliceStable(out, func(i, j int) bool { return gap(out[i]) > gap(out[j]) })
	return out
}

func maturityHeadline(list []controls.ProcessRating) (string, []string) {
	var at, known, rated int
	var below, open []string
	var worst *controls.ProcessRating
	for i := range list {
		p := &list[i]
		if p.Level < 0 {
			open = append(open, p.Title)
			continue
		}
		rated++
		ok, k := reached(*p)
		if !k {
			continue
		}
		known++
		if ok {
			at++
			continue
		}
		below = append(below, p.Title)
		if worst == nil || p.Goal-p.Level > worst.Goal-worst.Level {
			worst = p
		}
	}
	var head string
	switch {
	case rated == 0:
		return say("mat_none", "missing", "no control of level 1 gave an answer in the period"), []string{controls.Indicative}
	case known == 0:
		head = say("mat_nogoal", "m", rated)
	case at == known:
		head = sayN("mat_summary_all", int64(known))
	default:
		head = say("mat_summary", "k", known-at, "m", known, "names", names(below, 3))
	}
	var lead []string
	if worst != nil {
		lead = append(lead, gapSentence(list)+" "+worst.Title+" first. "+worst.Caps)
	} else if known > 0 {
		lead = append(lead, say("mat_nogap"))
	}
	if len(open) > 0 {
		lead = append(lead, say("mat_unassessed_n", "n", len(open), "names", names(open, 4)))
	}
	return head, append(lead, controls.Indicative)
}

// gapSentence names the processes with the largest gap.
func gapSentence(list []controls.ProcessRating) string {
	most := 0
	var who []string
	for _, p := range list {
		if at, known := reached(p); known && !at {
			switch gap := p.Goal - p.Level; {
			case gap > most:
				most, who = gap, []string{p.Title}
			case gap == most:
				who = append(who, p.Title)
			}
		}
	}
	if len(who) == 1 {
		return say("mat_gap_one", "process", who[0], "levels", most)
	}
	return say("mat_gap", "n", len(who), "levels", most)
}

func maturityFigures(list []controls.ProcessRating) []Figure {
	var at, known, rated, answers, asked, levels int64
	for _, p := range list {
		if p.Level >= 0 {
			rated++
		}
		if ok, k := reached(p); k {
			known++
			if ok {
				at++
			} else {
				levels += int64(p.Goal - p.Level)
			}
		}
		answers, asked = answers+int64(p.Assessed), asked+int64(p.Controls)
	}
	goal := Figure{ID: "kpi_goals_reached", Label: "Processes at their goal level", Value: T(kOfN(KofN{at, known})), Link: "profile", Status: StatusMissed, Basis: Plural(known, "process with goal and rating", "processes with goal and rating")}
	switch {
	case known == 0:
		goal.Value, goal.Status = NotMeasured("no process has both a goal and a rating"), StatusNotMeasured
	case at == known:
		goal.Status = StatusMet
	}
	share := func(id, label, link, missing string, k, n int64) Figure {
		f := Figure{ID: id, Label: label, Value: T(kOfN(KofN{k, n})), Link: link}
		if n == 0 {
			f.Value, f.Status = NotMeasured(missing), StatusNotMeasured
		}
		return f
	}
	short := Figure{ID: "kpi_levels_short", Label: "Levels short of the goals, in all", Value: N(levels), Link: "profile", Status: StatusMissed, Basis: "over " + Plural(known-at, "process", "processes")}
	switch {
	case known == 0:
		short.Value, short.Status, short.Basis = NotMeasured("no process has both a goal and a rating"), StatusNotMeasured, ""
	case levels == 0:
		short.Status = StatusMet
	}
	return []Figure{goal, short,
		share("kpi_processes_rated", "Processes rated", "heatmap", "the catalogue has no process", rated, int64(len(list))),
		share("kpi_controls_answered", "Controls that gave an answer", "evidence", "the catalogue has no control", answers, asked)}
}

func levelValue(level int) Value {
	if level < 0 {
		return NotMeasured("not assessed: no control of level 1 gave an answer")
	}
	return N(level)
}

func goalValue(goal int) Value {
	if goal == 0 {
		return NotApplicable("no goal is configured")
	}
	return N(goal)
}

func goalStatus(p controls.ProcessRating) Status {
	at, known := reached(p)
	switch {
	case p.Level < 0:
		return StatusNotMeasured
	case !known:
		return StatusNoPromise
	case at:
		return StatusMet
	}
	return StatusMissed
}

// levelTable is level, goal and gap of every process, in a line each.
func levelTable(list []controls.ProcessRating) *Table {
	t := &Table{ID: "levels", Title: "Level, goal and gap by process", Subtitle: "level now: 0 to 3, from records; judged level: what a person found, which changes no other figure here; decides: the attribute in the way of the next level, with its rating", Empty: "No process has a control.", Sheet: "Levels",
		Columns: []Column{{Key: "process", Title: "Process", Priority: 1, Wrap: true, Width: 6}, {Key: "level", Title: "Level now", Kind: Count, Priority: 1}, {Key: "judged", Title: "Judged level", Kind: Count, Priority: 1}, {Key: "goal", Title: "Goal", Kind: Count, Priority: 1},
			{Key: "gap", Title: "Levels short", Kind: Count, Priority: 1}, {Key: "status", Title: "Status", Kind: State, Priority: 1}, {Key: "decides", Title: "Decides", Priority: 1}, {Key: "controls", Title: "Controls that answered", Priority: 1}}}
	for _, p := range list {
		gap := NotApplicable("no goal is configured")
		switch {
		case p.Level < 0:
			gap = NotMeasured("not assessed")
		case p.Goal > 0:
			gap = N(max(0, p.Goal-p.Level))
		}
		decides := "–"
		for _, a := range p.Attributes {
			if a.Attribute == p.CapsLevel && p.CapsLevel != "" {
				decides = a.Attribute + " " + orWord(a.Rating, "○")
			}
		}
		t.Rows = append(t.Rows, []Value{T(p.Title), levelValue(p.Level), judgedLevel(p), goalValue(p.Goal), gap, S(goalStatus(p)), T(decides), T(kOfN(KofN{int64(p.Assessed), int64(p.Controls)}))})
	}
	return t
}

// maturityProfile is the dot plot: now and goal.
func (b *builder) maturityProfile(list []controls.ProcessRating) Section {
	s := Section{ID: "profile", Short: "Profile", Subtitle: "filled dot = level now, outlined square = goal; no dot = not assessed; sorted by gap"}
	c := &Chart{ID: "profile-dots", Sheet: "Levels", Kind: ChartDots, Unit: Count, Columns: []string{"0 Incomplete", "1 Performed", "2 Managed", "3 Established", "4 Predictable", "5 Innovating"},
		Min: Ptr(0.0), Max: Ptr(5.0), Alt: "Dot plot of the level now and the goal level of every process.", Empty: "No process has a control."}
	now, goal, judged := ChartSeries{Name: "now", Role: RoleActual}, ChartSeries{Name: "goal", Role: RolePlan}, ChartSeries{Name: "judged by a person", Role: RolePrevious}
	people := false
	var worst *controls.ProcessRating
	rated, goals := int64(0), false
	for i, p := range list {
		c.Labels = append(c.Labels, p.Title)
		if p.Level < 0 {
			now.Values, now.Texts = append(now.Values, nil), append(now.Texts, "○ not assessed")
		} else {
			rated++
			now.Values, now.Texts = append(now.Values, Ptr(float64(p.Level))), append(now.Texts, FormatCount(int64(p.Level)))
		}
		if p.Goal == 0 {
			goal.Values, goal.Texts = append(goal.Values, nil), append(goal.Texts, "")
		} else {
			goal.Values, goal.Texts = append(goal.Values, Ptr(float64(p.Goal))), append(goal.Texts, FormatCount(int64(p.Goal)))
		}
		if p.Judged == nil {
			judged.Values, judged.Texts = append(judged.Values, nil), append(judged.Texts, "")
		} else {
			people = true
			judged.Values, judged.Texts = append(judged.Values, Ptr(float64(*p.Judged.Level))), append(judged.Texts, FormatCount(int64(*p.Judged.Level)))
		}
		ok, known := reached(p)
		goals = goals || known
		if known && !ok && worst == nil {
			worst = &list[i]
		}
	}
	c.Series = []ChartSeries{now, goal}
	if people {
		c.Series = append(c.Series, judged)
		c.Alt = "Dot plot of the level now, the goal level and the level that a person found of every process."
		s.Subtitle = "filled dot = level now, hollow dot = judged by a person, outlined square = goal; no filled dot = not assessed; sorted by gap"
	}
	if worst != nil {
		s.Title = gapSentence(list)
	} else if rated == 0 {
		s.Title = say("mat_none", "missing", "no control of level 1 gave an answer in the period")
	} else if goals {
		s.Title = say("mat_nogap")
	} else {
		s.Title = say("mat_nogoal", "m", rated)
	}
	c.Title = "Level now and goal by process"
	c.Subtitle = fmt.Sprintf("capability level 0–5 by process; n = %s rated of %s; %s", FormatCount(rated), FormatCount(int64(len(list))), b.periodText())
	s.Blocks = append(s.Blocks, c, levelTable(list))
	return s
}

// maturityHeat is the letter heat map process × attribute.
func maturityHeat(r *controls.Results, list []controls.ProcessRating) Section {
	s := Section{ID: "heatmap", Short: "Ratings and what caps", Subtitle: "N not, P partially, L largely, F fully achieved; ○ not assessed; – no control indicates it; outlined = keeps the process from the next level"}
	c := &Chart{ID: "ratings", Sheet: "Caps", Kind: ChartHeat, Alt: "Letter heat map of the rating of every process attribute.", Empty: "No process has a control."}
	capped := ""
	for _, p := range list {
		if len(c.Columns) == 0 {
			for _, a := range p.Attributes {
				c.Columns = append(c.Columns, a.Attribute)
			}
		}
		c.Labels = append(c.Labels, p.Title)
		var row []ChartCell
		for _, a := range p.Attributes {
			cell := ChartCell{Text: a.Rating, Tint: strings.ToLower(a.Rating), Mark: a.Caps}
			switch {
			case len(a.Evidence) == 0:
				cell.Text, cell.Tint = "–", ""
			case a.Rating == "":
				cell.Text, cell.Tint = "○", ""
			}
			row = append(row, cell)
			if a.Caps && capped == "" && p.Level >= 0 && a.Rating != "" {
				capped = say("mat_cap", "process", p.Title, "level", p.Level, "attribute", a.Attribute, "rating", a.Rating)
			}
		}
		c.Cells = append(c.Cells, row)
	}
	s.Title = orWord(capped, "Ratings by process and attribute")
	c.Title = "Rating of every process attribute"
	c.Subtitle = fmt.Sprintf("from records; %s; largest gap first; the outlined cell caps the level", Plural(int64(len(list)), "process", "processes"))
	s.Blocks = append(s.Blocks, c, capsTable(r, list))
	return s
}

// capsTable is what keeps each process from its next level, and the smallest step.
func capsTable(r *controls.Results, list []controls.ProcessRating) *Table {
	t := &Table{ID: "caps-table", Title: "What keeps each process from its next level, and the smallest step", Subtitle: "level n needs L or F at n and F at all levels below; step = what to do when the weakest control of the attribute fails", Empty: "No process has a control.", Sheet: "Caps",
		Columns: []Column{{Key: "process", Title: "Process", Priority: 1, Wrap: true, Width: 3}, {Key: "level", Title: "Level", Kind: Count, Priority: 1}, {Key: "attribute", Title: "Decides", Priority: 1, Wrap: true, Width: 3}, {Key: "rating", Title: "Rating", Priority: 1},
			{Key: "step", Title: "Smallest step", Priority: 1, Wrap: true, Width: 9}}}
	for _, p := range list {
		attribute, rating := T("–"), T("–")
		step := T("–")
		for _, a := range p.Attributes {
			if a.Attribute != p.CapsLevel {
				continue
			}
			attribute, rating = T(a.Attribute+" "+a.Name), T(a.Rating)
			if a.Rating == "" {
				rating = T("○")
			}
			step = smallestStep(r, a)
		}
		t.Rows = append(t.Rows, []Value{T(p.Title), levelValue(p.Level), attribute, rating, step})
	}
	return t
}

// smallestStep is what the control with the fewest exceptions asks for, or the input that is missing.
func smallestStep(r *controls.Results, a controls.AttributeRating) Value {
	var best *controls.AttributeEvidence
	for i := range a.Evidence {
		e := &a.Evidence[i]
		if e.PassRate == nil || *e.PassRate >= 1 {
			continue
		}
		if best == nil || e.Exceptions < best.Exceptions {
			best = e
		}
	}
	if best == nil {
		for _, e := range a.Evidence {
			if e.PassRate == nil {
				return NotMeasured(e.Control + ": " + e.Reason)
			}
		}
		return T("no record can show it: a person has to assess it")
	}
	if c, ok := r.Control(best.Control); ok {
		return T(fmt.Sprintf("%s (%s): %s", best.Control, Plural(best.Exceptions, "exception", "exceptions"), c.Control.WhenItFails))
	}
	return T(best.Control)
}

// maturityStrength says how much evidence stands behind the ratings.
func maturityStrength(list []controls.ProcessRating) Section {
	s := Section{ID: "strength", Short: "Evidence strength", Subtitle: "ratings that controls could indicate, and how many of them records did; documents and interviews are not rated here"}
	t := &Table{ID: "strength-table", Sheet: "Levels", Title: "Ratings and what they rest on", Subtitle: "a thing tested by two controls counts twice", Empty: "No process has a control.",
		Columns: []Column{{Key: "process", Title: "Process", Priority: 1, Wrap: true, Width: 4}, {Key: "rated", Title: "Ratings from records", Kind: Count, Priority: 1}, {Key: "possible", Title: "Ratings possible", Kind: Count, Priority: 1},
			{Key: "answered", Title: "Controls that answered", Kind: Count, Priority: 1}, {Key: "controls", Title: "Controls", Kind: Count, Priority: 1}, {Key: "tested", Title: "Things tested", Kind: Count, Priority: 1}, {Key: "exceptions", Title: "Exceptions", Kind: Count, Priority: 1}}}
	var all, rated int64
	for _, p := range list {
		var r, n, tested, exceptions int64
		for _, a := range p.Attributes {
			if len(a.Evidence) > 0 {
				n++
			}
			if a.Rating != "" {
				r++
			}
			for _, e := range a.Evidence {
				tested, exceptions = tested+e.Population, exceptions+e.Exceptions
			}
		}
		all, rated = all+n, rated+r
		t.Rows = append(t.Rows, []Value{T(p.Title), N(r), N(n), N(p.Assessed), N(p.Controls), N(tested), N(exceptions)})
	}
	s.Title = say("mat_strength", "k", rated, "n", all)
	s.Blocks = append(s.Blocks, t)
	return s
}

// maturityEvidence is every control behind every rating.
func maturityEvidence(list []controls.ProcessRating) Section {
	s := Section{ID: "evidence", Short: "Evidence behind ratings", Subtitle: "contribution: 1 within tolerance, else the share without exception; an attribute is the mean of its controls that answered"}
	t := &Table{ID: "rating-evidence", Title: "Controls behind every rating", Subtitle: "k of n without exception", Search: true, Filters: []string{"process", "attribute", "status"}, Sheet: "Evidence", PDFRows: 30, Empty: "No control belongs to a process.",
		Columns: []Column{{Key: "process", Title: "Process", Priority: 1, Wrap: true, Width: 3}, {Key: "attribute", Title: "Attribute", Priority: 1}, {Key: "rating", Title: "Rating", Priority: 1}, {Key: "control", Title: "Control", Kind: ID, Priority: 1, Wrap: true, Width: 3},
			{Key: "question", Title: "What holds when met", Priority: 3, Wrap: true, Width: 5}, {Key: "result", Title: "Without exception", Priority: 1}, {Key: "n", Title: "n", Kind: Count, Priority: 3}, {Key: "exceptions", Title: "Exceptions", Kind: Count, Priority: 2},
			{Key: "contribution", Title: "Contribution", Kind: Number, Priority: 3}, {Key: "status", Title: "Status", Kind: State, Priority: 1}}}
	n := int64(0)
	for _, p := range list {
		for _, a := range p.Attributes {
			rating := T(a.Rating)
			if a.Rating == "" {
				rating = NotMeasured(a.Reason)
			}
			for _, e := range a.Evidence {
				n++
				result, count, exceptions, part := NotMeasured(e.Reason), T("–"), T("–"), T("–")
				if e.PassRate != nil {
					result, count, exceptions = T(kOfN(KofN{e.Population - e.Exceptions, e.Population})), N(e.Population), N(e.Exceptions)
					part = Value{Kind: Number, Number: roundTo(*e.PassRate, 9), Decimals: 3}
				}
				t.Rows = append(t.Rows, []Value{T(p.Title), T(a.Attribute), rating, Key(e.Control, ""), T(e.Title), result, count, exceptions, part, S(Status(e.Status))})
			}
		}
	}
	s.Title = fmt.Sprintf("%s behind the ratings", Plural(n, "control stands", "controls stand"))
	s.Blocks = append(s.Blocks, t)
	return s
}
