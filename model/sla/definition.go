// Package sla is the service level clock: it reads definitions from deskproof.yaml, replays them over the history of
// every ticket, and explains each result second by second.
//
// A condition is true or false of the state that a ticket has after an event; the clock follows it:
//
//   - a cycle begins when start is true while stop and cancel are not, and goes on until stop or cancel is true;
//   - it is paused while pause is true (with resume: from pause until resume);
//   - reset, when it becomes true, ends the cycle and begins the next at that moment;
//   - instants are whole seconds; of several events in a second each counts, in source order.
//
// The choices on which tools differ:
//
//   - reopen. first_closure: what comes after the first stop does not count. last_closure: an earlier stop is taken as not
//     having happened, so the time up to the reopening counts too. each_cycle: every reopening begins a cycle of its own.
//     cumulative: one cycle, in which the time between stop and reopening is a pause.
//   - goal_change. goal_at_stop: the goal in force at the end decides the whole cycle. goal_at_each_moment: at every moment
//     the goal in force then is compared with the time run so far, and each stretch counts in the calendar of its goal.
//     restart: another goal begins a new cycle; the one before keeps its time, and its breach if there was one.
//
// The replay runs in the database: model/sla/steps holds it as numbered SELECTs. Nothing here loops over tickets.
package sla

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/calendar"
	"deskproof/model/config"
)

// Definitions is all service level definitions of a configuration, checked, with their calendars.
type Definitions struct {
	Items     []*Definition
	Calendars *calendar.Set

	fields  []string // columns of ticket that some condition on events asks about, sorted
	columns []string // columns of ticket that anything asks about, sorted
	words   map[string]bool
}

// Definition is one clock.
type Definition struct {
	config.SLA
	Ordinal  int          // order in the configuration, from 1
	Goals    []GoalChoice // in the order in which they are tried
	TargetMy int64        // target share in millionths; -1 = none

	validFrom, validTo int64 // seconds: the clock is for tickets opened in [validFrom, validTo)
}

// GoalChoice is one goal of a definition.
type GoalChoice struct {
	When     string // condition; TRUE for the goal of all others
	Within   config.Within
	Calendar string
	Text     string // as written
	Same     int    // number (from 1) of the first goal with the same time and calendar: changing between them changes nothing
}

// Compile checks every definition and calendar of a configuration. The error lists all problems with their places
// (strictyaml.Problems).
func Compile(cfg *config.Config) (*Definitions, error) {
	ctx := context.Background()
	db, err := model.OpenMemory(ctx)
	if err != nil {
		return nil, err
	}
	d, err := compile(ctx, db, cfg)
	return d, errors.Join(err, db.Close())
}

func compile(ctx context.Context, db *model.DB, cfg *config.Config) (*Definitions, error) {
	out := &Definitions{words: map[string]bool{}}
	c, err := newChecker(ctx, db)
	if err != nil {
		return nil, err
	}
	set, err := calendar.Compile(cfg)
	if err != nil && !errors.As(err, &c.problems) {
		return nil, err
	}
	out.Calendars = set
	state := map[string]string{}
	for n, t := range eventFields {
		state[n] = t
	}
	for n, t := range eventWords {
		state[n] = t
	}
	used := map[string]bool{"status": true}
	for i := range cfg.SLA {
		d, err := compileOne(ctx, c, cfg, i, state, used)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, d)
	}
	if err := c.problems.Err(); err != nil {
		return nil, err
	}
	for n := range used {
		if _, ok := c.columns[n]; ok {
			out.columns = append(out.columns, n)
		}
		if _, ok := eventFields[n]; ok {
			out.fields = append(out.fields, n)
		} else if _, ok := eventWords[n]; ok {
			out.words[n] = true
		}
	}
	sort.Strings(out.fields)
	sort.Strings(out.columns)
	return out, nil
}

func compileOne(ctx context.Context, c *checker, cfg *config.Config, i int, state map[string]string, used map[string]bool) (*Definition, error) {
	s := cfg.SLA[i]
	d := &Definition{SLA: s, Ordinal: i + 1}
	path := fmt.Sprintf("sla[%d]", i)
	check := func(key, text string, known map[string]string) error {
		if strings.TrimSpace(text) == "" {
			return nil
		}
		names, err := c.check(ctx, s.At(key), path+"."+key, text, known)
		for _, n := range names {
			used[n] = true
		}
		return err
	}
	for _, part := range []struct{ key, text string }{
		{"start", s.Start}, {"pause", s.Pause}, {"resume", s.Resume}, {"stop", s.Stop}, {"reset", s.Reset}, {"cancel", s.Cancel},
	} {
		if err := check(part.key, part.text, state); err != nil {
			return nil, err
		}
	}
	if err := check("applies_when", s.AppliesWhen, c.columns); err != nil {
		return nil, err
	}
	switch s.ZoneChoice { // whose zone counts is asked of the ticket as of the replay
	case "customer":
		used["customer_id"] = true
	case "service":
		used["service_id"] = true
	}
	for g, goal := range s.Goals {
		key := fmt.Sprintf("goals[%d].when", g)
		if err := check(key, goal.When, state); err != nil {
			return nil, err
		}
		w, err := config.ParseWithin(goal.Within, s.DayUnit)
		if err != nil {
			c.problems.Add(s.At(fmt.Sprintf("goals[%d].within", g)), path+fmt.Sprintf(".goals[%d].within", g), "", "%v", err)
			continue
		}
		choice := GoalChoice{When: orElse(goal.When, "TRUE"), Within: w, Calendar: orElse(goal.Calendar, config.Always), Text: goal.Within, Same: g + 1}
		for j, other := range d.Goals {
			if other.Within == choice.Within && other.Calendar == choice.Calendar {
				choice.Same = j + 1
				break
			}
		}
		d.Goals = append(d.Goals, choice)
	}
	var err error
	if d.TargetMy, err = config.ParseTarget(s.Target); err != nil {
		c.problems.Add(s.At("target"), path+".target", "", "%v", err)
	}
	d.validFrom, d.validTo = 0, 1<<60
	for _, v := range []struct {
		key, value string
		into       *int64
		days       int
	}{{"valid_from", s.ValidFrom, &d.validFrom, 0}, {"valid_to", s.ValidTo, &d.validTo, 1}} {
		if v.value == "" {
			continue
		}
		t, err := time.ParseInLocation("2006-01-02", v.value, cfg.Zone())
		if err != nil {
			c.problems.Add(s.At(v.key), path+"."+v.key, "write it as 2026-01-01", "%q is not a day", v.value)
			continue
		}
		*v.into = dayStart(t, v.days)
	}
	return d, nil
}

// dayStart is the first second of the local day some days after t's; where the clock skips midnight, the first second there is.
func dayStart(t time.Time, days int) int64 {
	y, m, d := t.Date()
	day := time.Date(y, m, d+days, 12, 0, 0, 0, t.Location())
	y, m, d = day.Date()
	at := day.Unix()
	// Walk back from noon to the first second that still shows this day: over at most one clock change.
	lo, hi := at-24*3600, at
	for lo < hi {
		mid := lo + (hi-lo)/2
		my, mm, md := time.Unix(mid, 0).In(t.Location()).Date()
		if my == y && mm == m && md == d {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return hi
}

func orElse(s, or string) string {
	if strings.TrimSpace(s) == "" {
		return or
	}
	return s
}

// goalWords is the goals of a definition in words, one a line.
func (d *Definition) goalWords() string {
	lines := make([]string, len(d.Goals))
	for i, g := range d.Goals {
		when := g.When
		if when == "TRUE" {
			when = "all others"
			if len(d.Goals) == 1 {
				when = "all"
			}
		}
		lines[i] = fmt.Sprintf("%s: within %s, calendar %s", when, g.Text, g.Calendar)
	}
	return strings.Join(lines, "\n")
}

func (d *Definition) calendarWords(set *calendar.Set) string {
	seen := map[string]bool{}
	var lines []string
	for _, g := range d.Goals {
		if seen[g.Calendar] {
			continue
		}
		seen[g.Calendar] = true
		if id, ok := set.Lookup(g.Calendar, ""); ok {
			lines = append(lines, g.Calendar+": "+set.Get(id).Text)
		}
	}
	return strings.Join(lines, "\n")
}
