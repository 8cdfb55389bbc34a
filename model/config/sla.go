package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// SLA is one service level definition: one clock.
//
// Start, Pause, Resume, Stop, Reset and Cancel are SQL conditions over the state of the ticket after each event: the
// columns of ticket that can change (status, priority, team, …) and the words opened, first_response, resolved, closed
// and last_comment_by.
type SLA struct {
	Pos         strictyaml.Pos `yaml:"-"`
	ID          string         `yaml:"id"`
	Title       string         `yaml:"title"`
	Kind        string         `yaml:"kind"`  // SLA (default), OLA, UC
	Clock       string         `yaml:"clock"` // response or resolution (default)
	AppliesWhen string         `yaml:"applies_when"`
	Start       string         `yaml:"start"`  // default opened
	Pause       string         `yaml:"pause"`  // default never; for a response clock with response_on_hold: stops, status = 'on_hold'
	Resume      string         `yaml:"resume"` // default: as soon as pause is no longer true
	Stop        string         `yaml:"stop"`   // default resolved; for a response clock first_response OR resolved
	Reset       string         `yaml:"reset"`  // when it becomes true, the clock starts anew
	Cancel      string         `yaml:"cancel"` // default status = 'cancelled'
	Goals       []Goal         `yaml:"goals"`
	Target      string         `yaml:"target"` // 95 %
	Reopen      string         `yaml:"reopen"`
	GoalChange  string         `yaml:"goal_change"`
	OnHold      string         `yaml:"response_on_hold"`
	ZoneChoice  string         `yaml:"time_zone"`
	DayUnit     string         `yaml:"day_unit"`
	OpenOverdue string         `yaml:"open_overdue"`
	ValidFrom   string         `yaml:"valid_from"`
	ValidTo     string         `yaml:"valid_to"`
	Preset      string         `yaml:"preset"`   // how a tool chooses: servicenow, jira, zammad, glpi, znuny; none; default sla_preset
	Replaces    string         `yaml:"replaces"` // id of the definition that ends the day before this one begins
	// Places says where each entry stands, by its key: pause, goals[0].when, …
	Places map[string]strictyaml.Pos `yaml:"-"`

	origin map[string]string // where each choice and condition comes from
}

// Goal is a time within which the clock must stop, for the tickets that its condition names.
type Goal struct {
	Pos      strictyaml.Pos `yaml:"-"`
	When     string         `yaml:"when"`     // SQL condition on the ticket; empty = all others
	Within   string         `yaml:"within"`   // 4h, 30m, 3 working_days, 2d 4h
	Calendar string         `yaml:"calendar"` // name of a calendar; default always
}

// The choices on which tools differ; the first of each list is the default.
var (
	SLAKinds     = []string{"SLA", "OLA", "UC"}
	Reopens      = []string{"last_closure", "first_closure", "each_cycle", "cumulative"}
	GoalChanges  = []string{"goal_at_stop", "goal_at_each_moment", "restart"}
	OnHolds      = []string{"runs", "stops"}
	ZoneChoices  = []string{"calendar", "customer", "service"}
	DayUnits     = []string{WorkingDay, CalendarDay, Hours24}
	OpenOverdues = []string{"breached", "open"}
)

// UnmarshalStrict decodes a definition and remembers where each entry stands.
func (s *SLA) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	decodeStruct(d, n, s, path)
	s.Places = places(d, n)
}

// At is the place of an entry of the definition, or of the definition itself.
func (s *SLA) At(path string) strictyaml.Pos {
	if p, ok := s.Places[path]; ok {
		return p
	}
	return s.Pos
}

func (c *Config) defaultSLA() {
	for i := range c.SLA {
		s := &c.SLA[i]
		def := func(p *string, v string) {
			*p = strings.TrimSpace(*p)
			if *p == "" {
				*p = v
			}
		}
		def(&s.Title, s.ID)
		def(&s.Kind, "SLA")
		def(&s.Clock, "resolution")
		s.fill(strings.TrimSpace(c.SLAPreset))
		for g := range s.Goals {
			def(&s.Goals[g].Calendar, Always)
		}
	}
	c.endReplaced()
}

// endReplaced lets an agreement end the day before the one begins that replaces it.
func (c *Config) endReplaced() {
	for i := range c.SLA {
		s := &c.SLA[i]
		from, err := ParseDay(s.ValidFrom)
		if s.Replaces == "" || err != nil {
			continue
		}
		for j := range c.SLA {
			begin, err := ParseDay(c.SLA[j].ValidFrom)
			if old := &c.SLA[j]; i != j && old.ID == s.Replaces && old.ValidTo == "" && (err != nil || begin < from) {
				old.ValidTo = time.Unix((from-1)*daySeconds, 0).UTC().Format("2006-01-02")
			}
		}
	}
}

func (c *Config) checkSLA(ps *strictyaml.Problems) {
	seen := map[string]int{}
	calendars := sortedKeys(c.Calendars)
	if !slices.Contains(calendars, Always) {
		calendars = append(calendars, Always)
	}
	for i := range c.SLA {
		s := &c.SLA[i]
		path := fmt.Sprintf("sla[%d]", i)
		if s.ID == "" {
			ps.Add(s.Pos, path+".id", "", "missing")
		} else if line, twice := seen[s.ID]; twice {
			ps.Add(s.At("id"), path+".id", "a new agreement has an id of its own and says replaces: "+s.ID, "%q is already used in line %d", s.ID, line)
		}
		seen[s.ID] = s.Pos.Line
		s.checkChoices(ps, path)
		s.checkGoals(ps, path, calendars)
		if s.Places["preset"].Line > 0 {
			checkPreset(ps, s.At("preset"), path+".preset", s.Preset)
		}
	}
	checkPreset(ps, c.At("sla_preset"), "sla_preset", strings.TrimSpace(c.SLAPreset))
	c.checkReplaces(ps)
}

func (s *SLA) checkChoices(ps *strictyaml.Problems, path string) {
	for _, choice := range []struct {
		key, value string
		known      []string
	}{
		{"kind", s.Kind, SLAKinds},
		{"clock", s.Clock, []string{"resolution", "response"}},
		{"reopen", s.Reopen, Reopens},
		{"goal_change", s.GoalChange, GoalChanges},
		{"response_on_hold", s.OnHold, OnHolds},
		{"time_zone", s.ZoneChoice, ZoneChoices},
		{"day_unit", s.DayUnit, DayUnits},
		{"open_overdue", s.OpenOverdue, OpenOverdues},
	} {
		if !slices.Contains(choice.known, choice.value) {
			hint := strictyaml.Suggest(choice.value, choice.known)
			if choice.key == "time_zone" {
				hint = "calendar, customer or service: whose zone counts; a zone itself stands in the calendar"
			}
			ps.Add(s.At(choice.key), path+"."+choice.key, hint, "%q is not known", choice.value)
		}
	}
	if s.Clock == "response" && s.OnHold == "runs" && s.Pause != "" {
		ps.Add(s.At("response_on_hold"), path+".response_on_hold", "take one of them out",
			"the response clock runs while on hold, but pause says when it pauses")
	}
	if s.Clock != "response" && s.Places["response_on_hold"].Line > 0 {
		ps.Add(s.At("response_on_hold"), path+".response_on_hold", "use pause", "only a response clock has this choice")
	}
	if s.Resume != "" && s.Pause == "" {
		ps.Add(s.At("resume"), path+".resume", "", "there is no pause to resume from")
	}
	if _, err := ParseTarget(s.Target); err != nil {
		ps.Add(s.At("target"), path+".target", "", "%v", err)
	}
	var days [2]int64
	for i, v := range []struct{ key, value string }{{"valid_from", s.ValidFrom}, {"valid_to", s.ValidTo}} {
		if v.value == "" {
			continue
		}
		d, err := ParseDay(v.value)
		if err != nil {
			ps.Add(s.At(v.key), path+"."+v.key, "", "%v", err)
		}
		days[i] = d
	}
	if days[0] != 0 && days[1] != 0 && days[1] < days[0] {
		ps.Add(s.At("valid_to"), path+".valid_to", "", "the definition ends before it begins")
	}
}

func (s *SLA) checkGoals(ps *strictyaml.Problems, path string, calendars []string) {
	if len(s.Goals) == 0 {
		ps.Add(s.Pos, path+".goals", "", "a definition needs at least one goal")
	}
	if len(s.Goals) > 1000 {
		ps.Add(s.Pos, path+".goals", "", "a definition may have up to 1000 goals")
	}
	rest := -1
	for g, goal := range s.Goals {
		gp := fmt.Sprintf("goals[%d]", g)
		if _, err := ParseWithin(goal.Within, s.DayUnit); err != nil {
			at := s.At(gp + ".within")
			if goal.Within == "" {
				at = goal.Pos
			}
			ps.Add(at, path+"."+gp+".within", "", "%v", err)
		}
		if !slices.Contains(calendars, goal.Calendar) {
			ps.Add(s.At(gp+".calendar"), path+"."+gp+".calendar", strictyaml.Suggest(goal.Calendar, calendars), "there is no calendar %q", goal.Calendar)
		}
		if rest >= 0 {
			ps.Add(goal.Pos, path+"."+gp, "put the goal without a condition last", "goals[%d] is for all tickets, so this one is never reached", rest)
			break
		}
		if strings.TrimSpace(goal.When) == "" {
			rest = g
		}
	}
}
