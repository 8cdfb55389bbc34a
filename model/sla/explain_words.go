package sla

import (
	"context"
	"regexp"
	"sort"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// choiceQuestions are the questions on which tools differ, in the order in which they are told.
var choiceQuestions = []string{"reopen", "goal_change", "response_on_hold", "time_zone", "day_unit", "open_overdue"}

var exclusionWords = map[string]string{
	"":             "",
	"deleted":      "the ticket was found deleted at its source",
	"merged":       "the ticket was merged into another",
	"no_goal":      "no goal of the definition matches the ticket",
	"not_started":  "nothing ever started the clock",
	"out_of_range": "the ticket was opened before 1970",
}

// GoalParts splits a goal as sla_definition.goals writes it: "priority = 1: within 4h, calendar always".
func GoalParts(line string) (when, within, calendar string, ok bool) {
	i, j := strings.LastIndex(line, ": within "), strings.LastIndex(line, ", calendar ")
	if i < 0 || j < i {
		return line, "", "", false
	}
	return line[:i], line[i+len(": within ") : j], line[j+len(", calendar "):], true
}

// choiceRow is a choice of a definition and who made it.
type choiceRow struct{ Definition, Choice, Words, Origin, Preset string }

// origin says who made the choice, where that is not the definition itself: its preset, or nobody.
func (c choiceRow) origin() string {
	switch c.Origin {
	case "preset":
		return "preset " + c.Preset
	case "default":
		return "default"
	}
	return ""
}

// clocks reads the definitions that name the ticket, and what they say.
func (e *Explanation) clocks(ctx context.Context, db *model.DB) error {
	type clock struct {
		Definition, Title, DefinitionKind, Clock           string
		Line                                               int64
		AppliesWhen, StartWhen, PauseWhen, StopWhen, Goals string
		Reopen, GoalChange, DayUnit, Exclusion             string
		ValidFrom, ValidTo                                 *time.Time
	}
	clocks, err := model.Select[clock](ctx, db, `SELECT d.definition, d.title, d.definition_kind, d.clock, CAST(d.line AS BIGINT) AS line, d.applies_when, d.start_when,
			d.pause_when, d.stop_when, d.goals, d.reopen, d.goal_change, d.day_unit, d.valid_from, d.valid_to, x.reason AS exclusion
		FROM sla_definition d LEFT JOIN sla_excluded x ON x.definition = d.definition AND x.ticket_id = ?
		WHERE x.ticket_id IS NOT NULL OR EXISTS (SELECT 1 FROM sla_cycle c WHERE c.definition = d.definition AND c.ticket_id = ?)
		ORDER BY d.ordinal`, e.TicketID, e.TicketID)
	if err != nil {
		return err
	}
	choices, err := model.Select[choiceRow](ctx, db, "SELECT definition, choice, words, origin, preset FROM sla_choice ORDER BY definition, ordinal")
	if err != nil {
		return err
	}
	for _, c := range clocks {
		x := ClockExplanation{Definition: c.Definition, Title: c.Title, Kind: c.DefinitionKind, Clock: c.Clock, Line: int(c.Line), Excluded: exclusionWords[c.Exclusion]}
		if x.Excluded == "" && c.Exclusion != "" {
			x.Excluded = strings.ReplaceAll(c.Exclusion, "_", " ")
		}
		pause, resume, _ := strings.Cut(c.PauseWhen, "; resumes when ")
		stop, cancel, _ := strings.Cut(c.StopWhen, "; cancelled when ")
		stop, reset, _ := strings.Cut(stop, "; starts anew when ")
		for _, r := range []Rule{{Entry: "applies_when", Text: c.AppliesWhen}, {Entry: "start", Text: c.StartWhen}, {Entry: "pause", Text: pause}, {Entry: "resume", Text: resume},
			{Entry: "stop", Text: stop}, {Entry: "reset", Text: reset}, {Entry: "cancel", Text: cancel}} {
			if r.Text != "" {
				x.Rules = append(x.Rules, r)
			}
		}
		x.settings = map[string]string{"reopen": c.Reopen, "goal_change": c.GoalChange}
		for _, q := range choiceQuestions {
			for _, k := range choices {
				if k.Definition == c.Definition && k.Choice == q {
					x.Choices = append(x.Choices, Rule{Entry: k.Choice, Text: k.Words, Place: k.origin()})
				}
			}
		}
		for i := range x.Rules {
			for _, k := range choices {
				if k.Definition == c.Definition && k.Choice == x.Rules[i].Entry {
					x.Rules[i].Place = k.origin()
				}
			}
		}
		for i, line := range strings.Split(c.Goals, "\n") {
			g := GoalExplanation{Rule: Rule{Entry: "goals[" + itoa(i) + "]", Text: line}}
			if _, within, calendar, ok := GoalParts(line); ok {
				g.Within, g.Calendar = within, calendar
				if w, err := config.ParseWithin(within, c.DayUnit); err == nil {
					g.time = w
				}
			}
			x.Goals = append(x.Goals, g)
		}
		day := func(t *time.Time) string { return t.UTC().Format("2006-01-02") }
		switch {
		case c.ValidFrom != nil && c.ValidTo != nil:
			x.Valid = "tickets opened from " + day(c.ValidFrom) + " to " + day(c.ValidTo)
		case c.ValidFrom != nil:
			x.Valid = "tickets opened from " + day(c.ValidFrom) + " on"
		case c.ValidTo != nil:
			x.Valid = "tickets opened up to " + day(c.ValidTo)
		}
		e.Clocks = append(e.Clocks, x)
	}
	return nil
}

// rule is what the definition says under a key.
func (c *ClockExplanation) rule(entry string) Rule {
	for _, r := range c.Rules {
		if r.Entry == entry {
			return r
		}
	}
	for _, x := range c.Choices {
		if x.Entry == entry {
			return x
		}
	}
	return Rule{}
}

var identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)

// events lists the changes of the fields that any definition of the ticket asks about.
func (e *Explanation) events(ctx context.Context, db *model.DB) error {
	wanted := map[string]bool{"status": true}
	for _, c := range e.Clocks {
		texts := []string{}
		for _, r := range c.Rules {
			texts = append(texts, r.Text)
		}
		for _, g := range c.Goals {
			texts = append(texts, g.Rule.Text)
		}
		for _, name := range identifier.FindAllString(strings.ToLower(strings.Join(texts, " ")), -1) {
			if _, ok := eventFields[name]; ok && name != "source_status" {
				wanted[name] = true
			}
			if name == "first_response" || name == "last_comment_by" {
				wanted[name] = true
			}
		}
	}
	fields := make([]string, 0, len(wanted))
	for f := range wanted {
		fields = append(fields, f)
	}
	sort.Strings(fields)
	type row struct {
		HappenedAt                             time.Time
		Field, FromValue, ToValue, SourceValue string
	}
	rows, err := explainRows[row](ctx, db, "event", strings.Join(fields, ","), e.TicketID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		text := r.Field + " = " + r.ToValue
		switch {
		case r.Field == "first_response":
			text = "first response"
		case r.Field == "last_comment_by":
			text = "comment by " + r.ToValue
		case r.ToValue == "":
			text = r.Field + " emptied"
		case r.SourceValue != "" && r.SourceValue != r.ToValue:
			text += " (" + r.SourceValue + ")"
		}
		if r.FromValue != "" && r.FromValue != r.ToValue {
			text += ", was " + r.FromValue
		}
		e.Events = append(e.Events, EventExplanation{r.HappenedAt, r.Field, text})
	}
	for i := range e.Clocks {
		for k := range e.Clocks[i].Cycles {
			e.Clocks[i].Cycles[k].EndEvent = e.eventsAt(e.Clocks[i].Cycles[k].StoppedAt)
		}
	}
	return nil
}

// eventsAt names what happened in the second in which a cycle ended.
func (e *Explanation) eventsAt(t *time.Time) string {
	var texts []string
	for _, x := range e.Events {
		if t != nil && x.At.Unix() == t.Unix() {
			texts = append(texts, x.Text)
		}
	}
	return strings.Join(texts, ", then ")
}
