package reports

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskproof/controls"
	"deskproof/model"
	"deskproof/model/metrics"
)

// indicators are the metrics that tell most about a process, in this order.
var indicators = map[string][]string{
	"incident":      {"incident_time_to_resolve", "reopen_rate", "first_contact_resolution", "reassignments_per_ticket", "major_incidents", "time_to_acknowledge"},
	"request":       {"request_lead_time", "request_approval_wait", "request_work_time", "request_hold_time", "first_contact_resolution"},
	"problem":       {"time_to_root_cause", "problem_age", "known_errors_with_workaround", "change_caused_incidents"},
	"change":        {"change_success_rate", "unauthorised_changes", "emergency_change_ratio", "emergency_approval_delay", "change_caused_incidents"},
	"release":       {"release_success_rate"},
	"configuration": {"ci_accuracy", "tickets_without_ci"},
	"service_level": {"sla_compliance", "sla_overdue_time", "sla_tool_agreement", "first_response_time", "resolution_business_time"},
	"availability":  {"service_availability", "mean_time_between_failures", "mean_time_to_restore"},
	"relationship":  {"csat", "survey_response_rate"},
	"reporting":     {"tickets_without_service", "tickets_without_category"},
}

// maturityProcesses is half a page a process: level, goal, indicators, gaps.
func (b *builder) maturityProcesses(ctx context.Context, list []controls.ProcessRating) ([]Section, error) {
	defs, err := metrics.Definitions(ctx, b.DB)
	if err != nil {
		return nil, err
	}
	known := map[string]metrics.Definition{}
	for _, d := range defs {
		known[d.Metric] = d
	}
	var out []Section
	for _, p := range list {
		s := Section{ID: "process-" + anchor(p.Process), Level: 2, Short: cut(p.Title, 28), Subtitle: fmt.Sprintf("%s of %s answered; %s; indicators over %s", FormatCount(int64(p.Assessed)), Plural(int64(p.Controls), "control", "controls"), b.goalWords(p), b.periodText())}
		switch {
		case p.Level < 0:
			s.Title = say("mat_unassessed", "process", p.Title, "missing", "no control of level 1 gave an answer")
		case p.CapsLevel == "":
			s.Title = say("mat_top", "process", p.Title, "level", p.Level)
		default:
			rating := "not assessed"
			for _, a := range p.Attributes {
				if a.Attribute == p.CapsLevel && a.Rating != "" {
					rating = a.Rating + " (" + b.Results.Catalogue.Scale.Word(a.Rating) + ")"
				}
			}
			s.Title = say("mat_cap", "process", p.Title, "level", p.Level, "attribute", p.CapsLevel, "rating", rating)
		}
		var ratings []string
		for _, a := range p.Attributes {
			if len(a.Evidence) > 0 {
				ratings = append(ratings, a.Attribute+" "+orWord(a.Rating, "○"))
			}
		}
		facts := &Facts{ID: "facts-" + anchor(p.Process), Items: []Field{{"Ratings", T(orWord(strings.Join(ratings, ", "), "none"))}, {"Next level", T(orWord(p.Caps, "–"))}}}
		if j := p.Judged; j != nil {
			facts.Items = append(facts.Items, Field{"Judged", T(fmt.Sprintf("level %d by %s: %s", *j.Level, who(j), j.Rationale))})
		}
		s.Blocks = append(s.Blocks, facts)
		t := b.metricTable("indicators-"+anchor(p.Process), "Indicators of "+strings.ToLower(p.Title[:1])+p.Title[1:])
		for _, m := range indicators[p.Process] {
			d, ok := known[m]
			if !ok {
				continue
			}
			row, _, err := b.metricRow(ctx, d)
			if err != nil {
				return nil, err
			}
			t.Rows = append(t.Rows, row)
		}
		t.Subtitle = "12 months: from the lowest month ▁ to the highest █, · no data"
		t.Sheet = "Indicators"
		if len(t.Rows) > 0 {
			s.Blocks = append(s.Blocks, t)
		} else {
			s.Blocks = append(s.Blocks, &Paragraph{Muted: true, Text: "No metric indicates this process; its rating rests on the controls alone."})
		}
		var gaps []string
		for _, a := range p.Attributes {
			for _, e := range a.Evidence {
				if e.PassRate != nil && *e.PassRate < 1 {
					gaps = append(gaps, fmt.Sprintf("%s: %s (%s, %s among %s tested)", e.Control, e.Title, a.Attribute, Plural(e.Exceptions, "exception", "exceptions"), FormatCount(e.Population)))
				}
			}
		}
		if len(gaps) > 0 {
			s.Blocks = append(s.Blocks, &List{Items: gaps})
		}
		out = append(out, s)
	}
	return out, nil
}

type improvementRow struct {
	ImprovementID, Title, Owner string
	DueOn                       *time.Time
	Status, EffectExpected      string
	Late                        *int64
}

// maturityRoadmap is what people decided to improve: action, owner, due, late ones first.
func (b *builder) maturityRoadmap(ctx context.Context) (Section, error) {
	s := Section{ID: "roadmap", Short: "Roadmap", Subtitle: "register of improvements as people keep it, late ones first; which gap an action closes stands in its title, not in the records"}
	var list []improvementRow
	today := b.AsOf.Add(-time.Microsecond).In(b.zone).Format("2006-01-02")
	if err := b.sql("improvements", func(q string) (err error) { list, err = model.Select[improvementRow](ctx, b.DB, q, today); return err }); err != nil {
		return s, err
	}
	all, err := model.One[int64](ctx, b.DB, "SELECT count(*) FROM improvement")
	if err != nil {
		return s, err
	}
	t := &Table{ID: "improvements", Title: "Open actions", Subtitle: fmt.Sprintf("as of %s; %s in the register, %s of them done or rejected", b.instant(b.AsOf), Plural(all, "improvement", "improvements"), FormatCount(all-int64(len(list)))), PDFRows: 20, Sheet: "Roadmap",
		Columns: []Column{{Key: "id", Title: "Id", Kind: ID, Priority: 1}, {Key: "action", Title: "Action", Priority: 1, Wrap: true, Width: 6}, {Key: "owner", Title: "Owner", Priority: 1, Wrap: true, Width: 3}, {Key: "due", Title: "Due", Kind: Date, Priority: 1},
			{Key: "late", Title: "Days late", Kind: Count, Priority: 1}, {Key: "status", Title: "Status", Priority: 1}, {Key: "effect", Title: "Effect expected", Priority: 2, Wrap: true, Width: 4}}}
	var late int64
	for _, x := range list {
		days := T("–")
		if x.Late != nil {
			days = N(*x.Late)
			late++
		}
		t.Rows = append(t.Rows, []Value{Key(x.ImprovementID, ""), T(x.Title), orMissing(x.Owner, "no owner"), dayOrMissing(x.DueOn, "no date"), days, T(orWord(strings.ReplaceAll(x.Status, "_", " "), "–")), T(orWord(x.EffectExpected, "–"))})
	}
	switch {
	case all == 0:
		s.Title = say("mat_roadmap_none")
	case len(list) == 0:
		s.Title = say("mat_roadmap_done")
	default:
		s.Title = say("mat_roadmap", "n", len(list), "late", late)
	}
	if len(list) > 0 {
		s.Blocks = []Block{t}
	}
	return s, nil
}

func (b *builder) goalWords(p controls.ProcessRating) string {
	if p.Goal == 0 {
		return "no goal is configured"
	}
	return fmt.Sprintf("goal level %d", p.Goal)
}

// cut shortens a name to n characters.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

// maturityMethod says how ratings come about and what they cannot say.
func maturityMethod(cat *controls.Catalogue) Section {
	s := Section{ID: "method", Short: "Method and limits", Title: "How the ratings come about, and what they cannot say", Subtitle: "catalogue SHA-256 " + short(cat.SHA256())}
	s.Blocks = append(s.Blocks, &List{Numbered: true, Items: []string{
		"Each control belongs to a process and indicates one process attribute of ISO/IEC 33020:2019. It is tested on its whole population, never on a sample.",
		"A control contributes 1 when its exceptions are within tolerance, else the share of its population without exception. One that gave no answer contributes nothing and is named.",
		"The achievement of an attribute is the mean of the contributions; its letter follows from the scale below.",
		"Level n is reached when its attributes are rated L or F and those of all lower levels F.",
		"Levels 4 and 5 need judgement on quantitative control and innovation; no record shows them, so they are never reached here.",
		"Records show what was done and written down. They do not show whether it was the right thing. " + controls.Indicative,
		"A person may judge the level of a process in a file of judgements. It stands beside the indicated level and changes neither it nor the distance to the goal.",
		"There is no overall score: processes are not equal, and no scheme in use here defines one.",
	}})
	if cat.Scale != nil {
		t := &Table{ID: "scale", Sheet: "Scale", Title: "The scale", Subtitle: "achievement above the bound, up to the next one",
			Columns: []Column{{Key: "code", Title: "Letter", Priority: 1}, {Key: "word", Title: "Meaning", Priority: 1}, {Key: "above", Title: "Above", Kind: Percent, Priority: 1}}}
		for _, r := range cat.Scale.Ratings {
			t.Rows = append(t.Rows, []Value{T(r.Code), T(r.Word), Pct(float64(r.Above), nil)})
		}
		l := &Table{ID: "scale-levels", Sheet: "Scale", Title: "Levels and their attributes", Subtitle: "names of ISO/IEC 33020:2019; those marked * are from memory and not confirmed",
			Columns: []Column{{Key: "level", Title: "Level", Kind: Count, Priority: 1}, {Key: "name", Title: "Name", Priority: 1}, {Key: "attributes", Title: "Process attributes", Priority: 1, Wrap: true, Width: 8}}}
		for _, v := range cat.Scale.Levels {
			var attributes []string
			for _, a := range v.Attributes {
				name, certainty := cat.AttributeName(a)
				if certainty == "M" {
					name += "*"
				}
				attributes = append(attributes, a+" "+name)
			}
			l.Rows = append(l.Rows, []Value{N(v.Level), T(v.Name), T(strings.Join(attributes, "; "))})
		}
		s.Blocks = append(s.Blocks, t, l)
	}
	return s
}
