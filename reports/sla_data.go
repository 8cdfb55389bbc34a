package reports

import (
	"context"
	"fmt"
	"time"
)

// slaDefinition is one clock as configured.
type slaDefinition struct {
	Definition, DefinitionKind, Clock, Title                      string
	Target                                                        *float64
	AppliesWhen, StartWhen, PauseWhen, StopWhen, Goals, Calendars string
	ValidFrom, ValidTo                                            *time.Time
}

type (
	slaCount struct {
		Definition, Span string
		N, K, Months     int64
	}
	slaMonth struct {
		Definition string
		Month      time.Time
		N, K       int64
	}
	slaKind struct{ Definition, Kind, Calendars string }
	slaHeat struct {
		Clock, Service, Priority           string
		N, Late, Judged, AllowedMillionths int64
	}
	slaGroup struct {
		Definition, Span, Priority, Team string
		N, K                             int64
	}
	slaMember struct {
		Dimension, Member, Definition string
		N, K                          int64
	}
	slaBin struct {
		Definition string
		Bin, N     int64
	}
	slaQuantile struct {
		Definition                string
		N                         int64
		Median, P90, P95          float64
		MedianSeconds, P90Seconds float64
	}
	slaPause struct {
		Reason                string
		Cycles, PausedSeconds int64
	}
	slaPausedShare struct {
		N, Tickets, WithHistory, TicketsWithHistory, Paused, Whole int64
	}
	slaFinding struct {
		Finding, TicketKey, URL, Service, Priority, Team string
		HappenedAt                                       time.Time
		Detail                                           string
		Seconds                                          *int64
	}
	slaOpen struct {
		TicketKey, URL, Definition, State, Priority, Service, Team string
		GoalSeconds, ElapsedSeconds                                int64
		DueAt                                                      *time.Time
		Used                                                       *float64
		Overdue, Week, UsedUp                                      bool
	}
	slaBreach struct {
		TicketID, TicketKey, URL, Definition, DefinitionKind    string
		HasHistory                                              bool
		Cycle                                                   int64
		Service, Priority, Customer, Team, Calendar, State      string
		GoalSeconds, ElapsedSeconds, OverSeconds, PausedSeconds int64
		DueAt, BreachedAt, StoppedAt                            *time.Time
		Reason                                                  string
		Spent                                                   int64
		PauseReason                                             string
		PauseSeconds, Handovers                                 int64
	}
	slaOutlook struct {
		Definition               string
		N, K, Due, Risk, Overdue int64
	}
	slaTool struct {
		TicketKey, URL, Definition                 string
		HasHistory                                 bool
		ToolLate, OwnLate                          bool
		ToolGoal, OwnGoal, ToolElapsed, OwnElapsed *int64
		ToolDueAt, OwnDueAt                        *time.Time
		Difference                                 *int64 // tool minus recomputed, seconds
		PausedSeconds                              int64
		Cause, Words, Relation                     string
	}
	slaChoice struct {
		Definition, Choice, Answer, Words, Origin, Preset, Tool, Limits string
	}
	slaLayer struct {
		Definition        string
		SLALate, BothLate int64
	}
)

// slaData is everything that the service level report reads, loaded once.
type slaData struct {
	defs      []slaDefinition
	choices   []slaChoice
	title     map[string]string
	noun      map[string]Noun
	calendars map[string]string           // names of the calendars that counted
	counts    map[string]map[string]KofN  // definition → span
	filled    map[string]map[string]int64 // definition → span → months with data
	months    map[string]map[time.Time]KofN
	heat      []slaHeat
	groups    []slaGroup
	members   []slaMember
	bins      []slaBin
	quantiles map[string]slaQuantile
	pauses    []slaPause
	paused    slaPausedShare
	findings  []slaFinding
	open      []slaOpen
	breaches  []slaBreach
	outlook   []slaOutlook
	tool      []slaTool
	layers    []slaLayer
	ties      []tieRow
}

type tieRow struct {
	Kind                                                          string
	OpenAtStart, Opened, Reopened, Resolved, Cancelled, OpenAtEnd int64
}

func loadSLA(ctx context.Context, b *builder) (*slaData, error) {
	if err := b.sql("outcome", func(q string) error { return b.DB.Exec(ctx, q) }); err != nil {
		return nil, err
	}
	d := &slaData{title: map[string]string{}, noun: map[string]Noun{}, calendars: map[string]string{}, counts: map[string]map[string]KofN{}, filled: map[string]map[string]int64{},
		months: map[string]map[time.Time]KofN{}, quantiles: map[string]slaQuantile{}}
	var err error
	d.defs = get[slaDefinition](ctx, b, "sla_definitions", &err)
	d.choices = get[slaChoice](ctx, b, "sla_choices", &err)
	counts := get[slaCount](ctx, b, "sla_counts", &err)
	months := get[slaMonth](ctx, b, "sla_months", &err)
	kinds := get[slaKind](ctx, b, "sla_kinds", &err)
	quantiles := get[slaQuantile](ctx, b, "sla_quantiles", &err)
	paused := get[slaPausedShare](ctx, b, "sla_paused_share", &err)
	d.heat = get[slaHeat](ctx, b, "sla_heat", &err)
	d.groups = get[slaGroup](ctx, b, "sla_groups", &err)
	d.members = get[slaMember](ctx, b, "sla_members", &err)
	d.bins = get[slaBin](ctx, b, "sla_spread", &err)
	d.pauses = get[slaPause](ctx, b, "sla_pauses", &err)
	d.findings = get[slaFinding](ctx, b, "sla_honesty", &err)
	d.open = get[slaOpen](ctx, b, "sla_open", &err)
	d.breaches = get[slaBreach](ctx, b, "sla_breaches", &err)
	d.outlook = get[slaOutlook](ctx, b, "sla_outlook", &err)
	d.tool = get[slaTool](ctx, b, "sla_tool", &err)
	d.layers = get[slaLayer](ctx, b, "sla_layers", &err)
	d.ties = get[tieRow](ctx, b, "tie_out", &err)
	if err != nil {
		return nil, err
	}
	for _, x := range d.defs {
		d.title[x.Definition] = x.Title
	}
	for _, x := range counts {
		if d.counts[x.Definition] == nil {
			d.counts[x.Definition], d.filled[x.Definition] = map[string]KofN{}, map[string]int64{}
		}
		d.filled[x.Definition][x.Span] = x.Months
		d.counts[x.Definition][x.Span] = KofN{x.K, x.N}
	}
	for _, x := range months {
		if d.months[x.Definition] == nil {
			d.months[x.Definition] = map[time.Time]KofN{}
		}
		d.months[x.Definition][x.Month.UTC()] = KofN{x.K, x.N}
	}
	for _, x := range kinds {
		d.noun[x.Definition] = kindNoun(x.Kind)
		d.calendars[x.Definition] = x.Calendars
	}
	for _, x := range quantiles {
		d.quantiles[x.Definition] = x
	}
	if len(paused) > 0 {
		d.paused = paused[0]
	}
	return d, nil
}

// get runs an embedded query unless an earlier one failed.
func get[T any](ctx context.Context, b *builder, name string, err *error) []T {
	if *err != nil {
		return nil
	}
	out, e := rows[T](ctx, b, name)
	if e != nil {
		*err = fmt.Errorf("%w", e)
	}
	return out
}

// count is k of n of a definition in a span; nothing counted is zero of zero.
func (d *slaData) count(definition, span string) KofN { return d.counts[definition][span] }

// promise is the count of the period against the target; ok is false without a target.
func (d *slaData) promise(x slaDefinition) (p Promise, ok bool) {
	p.KofN = d.count(x.Definition, "now")
	if x.Target == nil {
		return p, false
	}
	p.Target = *x.Target
	return p, true
}

// status is how a definition stands in a span.
func (d *slaData) status(x slaDefinition, c KofN) Status {
	switch {
	case c.N == 0:
		return StatusNotMeasured
	case x.Target == nil:
		return StatusNoPromise
	}
	return Promise{c, *x.Target}.Status()
}

func (d *slaData) things(definition string) Noun {
	if n, ok := d.noun[definition]; ok {
		return n
	}
	return nounTicket
}

// done is the verb of a clock.
func done(clock string) string {
	switch clock {
	case "response":
		return "answered"
	case "resolution":
		return "resolved"
	}
	return "done"
}
