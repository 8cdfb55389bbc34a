package config

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"deskproof/model/strictyaml"
)

// Where a choice of a definition comes from.
const (
	FromDefinition = "definition" // it is written in the definition
	FromPreset     = "preset"     // the preset of a tool says so
	FromDefault    = "default"    // nobody said anything
)

// Preset is how one tool chooses where tools differ.
type Preset struct {
	Title      string        `yaml:"title"`
	Choices    PresetChoices `yaml:"choices"`
	NotTheSame []string      `yaml:"not_the_same"` // what the tool does and the choices cannot say, a sentence each
}

// PresetChoices are the choices that a preset makes, by their keys in a definition.
type PresetChoices struct {
	Reopen      string `yaml:"reopen"`
	GoalChange  string `yaml:"goal_change"`
	Pause       string `yaml:"pause"` // of a resolution clock; a response clock pauses by response_on_hold
	OnHold      string `yaml:"response_on_hold"`
	ZoneChoice  string `yaml:"time_zone"`
	DayUnit     string `yaml:"day_unit"`
	OpenOverdue string `yaml:"open_overdue"`
}

//go:embed presets.yaml
var presetFile []byte

// Presets are the tools whose choices a definition may take, by name. The facts and their sources stand in presets.yaml.
var Presets = sync.OnceValue(func() map[string]Preset {
	out := map[string]Preset{}
	// The file is part of the program and read by a test: it cannot be wrong here.
	_ = strictyaml.Decode("presets.yaml", presetFile, &out)
	return out
})

// PresetNames are the names of the presets, sorted.
func PresetNames() []string { return sortedKeys(Presets()) }

// Choice is one answer of a definition to a question on which tools differ, or one of its conditions.
type Choice struct {
	Key    string // as in deskproof.yaml: reopen, pause, …
	Value  string
	Words  string // what the value means
	Origin string // definition, preset, default
}

// choiceWords says what each value of a choice means, by key and value. Reports, explain and the documentation print them.
var choiceWords = map[string]map[string]string{
	"reopen": {
		"last_closure":  "an earlier stop is taken as not having happened: the clock goes on until the last closure",
		"first_closure": "the first closure counts; later work is not measured",
		"each_cycle":    "every reopening starts a cycle of its own",
		"cumulative":    "one cycle, in which the time between stop and reopening is a pause",
	},
	"goal_change": {
		"goal_at_stop":        "the goal in force at the end holds for the whole time",
		"goal_at_each_moment": "each moment counts against the goal in force at that moment",
		"restart":             "another goal starts a new cycle; the one before keeps its time",
	},
	"response_on_hold": {
		"runs":  "the response clock runs on while on hold",
		"stops": "the response clock stops while on hold",
	},
	"time_zone": {
		"calendar": "hours are read in the zone of the calendar",
		"customer": "hours are read in the zone of the customer, else of the calendar",
		"service":  "hours are read in the zone of the service's calendar, else of the goal's calendar",
	},
	"day_unit": {
		WorkingDay:  "a day in a goal is one working day of the calendar",
		CalendarDay: "a day in a goal is the same clock time on the next date",
		Hours24:     "a day in a goal is 24 working hours",
	},
	"open_overdue": {
		"breached": "an open clock counts as late as soon as it is overdue",
		"open":     "an open clock counts as late only once it has stopped",
	},
}

// ChoiceKeys are the questions on which tools differ, in the order in which they are printed.
var ChoiceKeys = []string{"reopen", "goal_change", "response_on_hold", "time_zone", "day_unit", "open_overdue"}

// ConditionKeys are the conditions of a definition, in the order in which they are printed.
var ConditionKeys = []string{"start", "pause", "resume", "stop", "reset", "cancel"}

// ChoiceWords says what a value of a choice means; empty for an unknown one.
func ChoiceWords(key, value string) string { return choiceWords[key][value] }

// Choices are all choices and conditions of a definition with their words and where they come from. It is valid after
// Parse. The choice about on hold stands for response clocks only.
func (s *SLA) Choices() []Choice {
	var out []Choice
	for _, key := range ChoiceKeys {
		if key == "response_on_hold" && s.Clock != "response" {
			continue
		}
		v := *s.choice(key)
		out = append(out, Choice{key, v, ChoiceWords(key, v), s.origin[key]})
	}
	for _, key := range ConditionKeys {
		v := *s.choice(key)
		words := "when " + v
		switch {
		case key == "resume" && s.Pause == "":
			continue
		case key == "resume" && v == "":
			words = "as soon as pause is no longer true"
		case v == "":
			words = "never"
		}
		out = append(out, Choice{key, v, words, s.origin[key]})
	}
	return out
}

// choice is the field behind a key.
func (s *SLA) choice(key string) *string {
	return map[string]*string{
		"reopen": &s.Reopen, "goal_change": &s.GoalChange, "response_on_hold": &s.OnHold, "time_zone": &s.ZoneChoice,
		"day_unit": &s.DayUnit, "open_overdue": &s.OpenOverdue, "start": &s.Start, "pause": &s.Pause, "resume": &s.Resume,
		"stop": &s.Stop, "reset": &s.Reset, "cancel": &s.Cancel,
	}[key]
}

// fill answers every question of a definition: what it says itself, else its preset, else the default. all is the preset of
// definitions that name none.
func (s *SLA) fill(all string) {
	s.origin = map[string]string{}
	answer := func(key, value, origin string) {
		if s.origin[key] == "" && value != "" {
			*s.choice(key), s.origin[key] = value, origin
		}
	}
	for _, key := range append(slices.Clone(ChoiceKeys), ConditionKeys...) {
		p := s.choice(key)
		*p = strings.TrimSpace(*p)
		answer(key, *p, FromDefinition)
	}
	response, pauses := s.Clock == "response", s.origin["pause"] != ""
	if strings.EqualFold(s.Pause, "false") {
		s.Pause = "" // it says never, so neither preset nor default fills it
	}
	if response && pauses { // an explicit pause is a choice
		answer("response_on_hold", map[bool]string{true: "stops", false: "runs"}[s.Pause != ""], FromDefinition)
	}
	if s.Preset = strings.TrimSpace(s.Preset); s.Preset == "" {
		s.Preset = all
	}
	if tool, ok := Presets()[s.Preset]; ok {
		c := tool.Choices
		answer("reopen", c.Reopen, FromPreset)
		answer("goal_change", c.GoalChange, FromPreset)
		answer("time_zone", c.ZoneChoice, FromPreset)
		answer("day_unit", c.DayUnit, FromPreset)
		answer("open_overdue", c.OpenOverdue, FromPreset)
		if response {
			answer("response_on_hold", c.OnHold, FromPreset)
		} else {
			answer("pause", c.Pause, FromPreset)
			if strings.EqualFold(s.Pause, "false") {
				s.Pause = ""
			}
		}
	}
	if s.Preset == "none" {
		s.Preset = ""
	}
	answer("start", "opened", FromDefault)
	answer("cancel", "status = 'cancelled'", FromDefault)
	answer("reopen", Reopens[0], FromDefault)
	answer("goal_change", GoalChanges[0], FromDefault)
	answer("response_on_hold", OnHolds[0], FromDefault)
	answer("time_zone", ZoneChoices[0], FromDefault)
	answer("day_unit", DayUnits[0], FromDefault)
	answer("open_overdue", OpenOverdues[0], FromDefault)
	if response {
		answer("stop", "first_response OR resolved", FromDefault)
		if s.OnHold == "stops" {
			answer("pause", "status = 'on_hold'", s.origin["response_on_hold"])
		}
	}
	answer("stop", "resolved", FromDefault)
	for _, key := range ConditionKeys {
		if s.origin[key] == "" {
			s.origin[key] = FromDefault // nothing is said: never
		}
	}
}

// checkPreset finds the name of a preset that is not there.
func checkPreset(ps *strictyaml.Problems, at strictyaml.Pos, path, name string) {
	if _, ok := Presets()[name]; name == "" || name == "none" || ok {
		return
	}
	hint := strictyaml.Suggest(name, PresetNames())
	if hint == "" {
		hint = "known: " + strings.Join(PresetNames(), ", ")
	}
	ps.Add(at, path, hint, "there is no preset %q", name)
}

// checkReplaces finds agreements that take over from others at no clear moment. A ticket stays under the agreement that held
// when it was opened: the older one ends the day before the newer one begins.
func (c *Config) checkReplaces(ps *strictyaml.Problems) {
	at := map[string]int{}
	for i := range c.SLA {
		if _, twice := at[c.SLA[i].ID]; !twice {
			at[c.SLA[i].ID] = i
		}
	}
	followed := map[string]int{}
	for i := range c.SLA {
		s := &c.SLA[i]
		if s.Replaces == "" {
			continue
		}
		path := fmt.Sprintf("sla[%d].replaces", i)
		add := func(hint, format string, args ...any) { ps.Add(s.At("replaces"), path, hint, format, args...) }
		j, ok := at[s.Replaces]
		switch {
		case !ok:
			add(strictyaml.Suggest(s.Replaces, sortedKeys(at)), "there is no definition %q", s.Replaces)
			continue
		case j == i:
			add("name the definition that ends when this one begins", "a definition cannot replace itself")
			continue
		case s.ValidFrom == "":
			add("say valid_from: the first day on which tickets are opened under this one", "from when on is not said")
			continue
		}
		old := &c.SLA[j]
		if old.Kind != s.Kind || old.Clock != s.Clock {
			add("", "%q is another clock: %s, %s instead of %s, %s", old.ID, old.Kind, old.Clock, s.Kind, s.Clock)
		}
		if k, twice := followed[s.Replaces]; twice {
			add("a chain of agreements replaces one after the other", "%q is already replaced by %q in line %d", s.Replaces, c.SLA[k].ID, c.SLA[k].Pos.Line)
			continue
		}
		followed[s.Replaces] = i
		from, err := ParseDay(s.ValidFrom)
		if err != nil {
			continue // said where valid_from is checked
		}
		if begin, err := ParseDay(old.ValidFrom); old.ValidFrom != "" && err == nil && begin >= from {
			add("", "%q begins on %s, not before %s", old.ID, old.ValidFrom, s.ValidFrom)
			continue
		}
		if end, err := ParseDay(old.ValidTo); old.ValidTo != "" && err == nil && end >= from {
			ps.Add(old.At("valid_to"), fmt.Sprintf("sla[%d].valid_to", j), "take it out: it ends the day before on its own",
				"%q would still hold when %q begins on %s, so that both count the same tickets", old.ID, s.ID, s.ValidFrom)
		}
	}
}
