package config

import (
	"fmt"

	"deskproof/model/strictyaml"
)

// SLA is one service level definition: one clock.
type SLA struct {
	Pos         strictyaml.Pos `yaml:"-"`
	ID          string         `yaml:"id"`
	Title       string         `yaml:"title"`
	Kind        string         `yaml:"kind"`  // SLA (default), OLA, UC
	Clock       string         `yaml:"clock"` // response or resolution (default)
	AppliesWhen string         `yaml:"applies_when"`
	Start       string         `yaml:"start"` // opened (default) or a condition on events
	Pause       string         `yaml:"pause"`
	Resume      string         `yaml:"resume"`
	Stop        string         `yaml:"stop"` // condition on events, or first_response, resolved
	Reset       string         `yaml:"reset"`
	Cancel      string         `yaml:"cancel"`
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
}

// Goal is a time within which the clock must stop, for the tickets that its condition names.
type Goal struct {
	Pos      strictyaml.Pos `yaml:"-"`
	When     string         `yaml:"when"`     // SQL condition on the ticket; empty = all others
	Within   string         `yaml:"within"`   // 4h, 30m, 3 working_days, 2d 4h
	Calendar string         `yaml:"calendar"` // name of a calendar; default always
}

func (c *Config) defaultSLA() {
	for i := range c.SLA {
		s := &c.SLA[i]
		def := func(p *string, v string) {
			if *p == "" {
				*p = v
			}
		}
		def(&s.Title, s.ID)
		def(&s.Kind, "SLA")
		def(&s.Clock, "resolution")
		def(&s.Start, "opened")
		def(&s.Reopen, "last_closure")
		def(&s.GoalChange, "goal_at_stop")
		def(&s.OnHold, "runs")
		def(&s.ZoneChoice, "calendar")
		def(&s.DayUnit, "working_day")
		def(&s.OpenOverdue, "breached")
	}
}

func (c *Config) checkSLA(ps *strictyaml.Problems) {
	seen := map[string]int{}
	for i, s := range c.SLA {
		path := fmt.Sprintf("sla[%d]", i)
		if s.ID == "" {
			ps.Add(s.Pos, path+".id", "", "missing")
		} else if line, twice := seen[s.ID]; twice {
			ps.Add(s.Pos, path+".id", "", "%q is already used in line %d", s.ID, line)
		}
		seen[s.ID] = s.Pos.Line
		if len(s.Goals) == 0 {
			ps.Add(s.Pos, path+".goals", "", "a definition needs at least one goal")
		}
	}
}
