package sla

import (
	"context"
	"embed"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

//go:embed explain/*.sql
var explainFiles embed.FS

// Explanation is everything that can be said of the clocks of one ticket. The text on the terminal, the page and the
// drawing are made of it and of nothing else. It is read from the warehouse alone; Locate adds the places in the configuration.
// Instants are UTC; seconds are whole.
type Explanation struct {
	TicketID   string              `json:"ticket_id"`
	Key        string              `json:"key"`
	URL        string              `json:"url,omitempty"`
	Title      string              `json:"title"`
	Kind       string              `json:"kind"`
	Status     string              `json:"status"`
	Priority   *int64              `json:"priority,omitempty"`
	OpenedAt   time.Time           `json:"opened_at"`
	HasHistory bool                `json:"has_history"`
	DeletedAt  *time.Time          `json:"deleted_at,omitempty"`
	MergedInto string              `json:"merged_into,omitempty"`
	AsOf       *time.Time          `json:"as_of,omitempty"` // moment of the build; nil when none is recorded
	Zone       string              `json:"time_zone"`       // IANA zone of the organization: for what belongs to no calendar
	Events     []EventExplanation  `json:"events"`          // changes that the definitions look at, in source order
	Clocks     []ClockExplanation  `json:"clocks"`
	Native     []NativeExplanation `json:"tool"` // what the tool itself said

	zone *time.Location
}

// EventExplanation is a change of the ticket in words.
type EventExplanation struct {
	At    time.Time `json:"at"`
	Field string    `json:"field"`
	Text  string    `json:"text"`
}

// Rule is an entry of a definition that decided something: pause: status = 'on_hold'.
type Rule struct {
	Entry string `json:"entry"`           // key in the configuration: start, pause, goals[0], reopen, …
	Text  string `json:"text"`            // its words
	Place string `json:"place,omitempty"` // deskproof.yaml:42; "default" or "preset jira" where that says it; empty = not known
}

// String writes the rule on one line.
func (r Rule) String() string {
	s := r.said()
	if name := r.Name(); name != "" {
		s = name + ": " + s
	}
	return s
}

// said is the words of the rule and their place.
func (r Rule) said() string {
	if r.Place == "" {
		return r.Text
	}
	return r.Text + " (" + r.Place + ")"
}

// Name is the key of the rule for people: goal for goals[0].
func (r Rule) Name() string {
	name, _, _ := strings.Cut(r.Entry, "[")
	return strings.ReplaceAll(strings.TrimSuffix(name, "s"), "_", " ")
}

// ClockExplanation is one definition and what it made of the ticket.
type ClockExplanation struct {
	Definition string             `json:"definition"`
	Title      string             `json:"title"`
	Kind       string             `json:"kind"`
	Clock      string             `json:"clock"`
	Line       int                `json:"line"`            // in the configuration
	Place      string             `json:"place,omitempty"` // deskproof.yaml:40
	Rules      []Rule             `json:"rules"`           // applies_when, start, pause, …: what the definition says
	Goals      []GoalExplanation  `json:"goals"`
	Choices    []Rule             `json:"choices"`            // answers to the questions on which tools differ
	Valid      string             `json:"valid,omitempty"`    // for tickets opened from … to …
	Excluded   string             `json:"excluded,omitempty"` // why nothing was computed
	Cycles     []CycleExplanation `json:"cycles"`

	settings map[string]string // the choices as configured
}

// GoalExplanation is one goal of a definition.
type GoalExplanation struct {
	Rule     Rule   `json:"rule"`
	Within   string `json:"within"`
	Calendar string `json:"calendar"`

	time config.Within
}

// NativeExplanation is what the tool itself said of a clock. Differences are the tool's figure minus the recomputed one, seconds.
type NativeExplanation struct {
	Name              string     `json:"name"`
	Clock             string     `json:"clock"`
	Definition        string     `json:"definition,omitempty"` // it is compared with; empty = none of this kind of clock
	Cycle             int64      `json:"cycle,omitempty"`
	Breached          *bool      `json:"breached,omitempty"`
	Goal              *int64     `json:"goal_seconds,omitempty"`
	Elapsed           *int64     `json:"elapsed_seconds,omitempty"`
	DueAt             *time.Time `json:"due_at,omitempty"`
	GoalDifference    *int64     `json:"goal_difference_seconds,omitempty"`
	ElapsedDifference *int64     `json:"elapsed_difference_seconds,omitempty"`
	DueDifference     *int64     `json:"due_difference_seconds,omitempty"`
	Verdict           string     `json:"verdict,omitempty"` // same, differs, not comparable
	Cause             string     `json:"likely_cause,omitempty"`
}

// Explain tells every clock of a ticket. ticket is its id or a key that only one ticket has. A ticket that is not there is
// an error that names near ones.
func Explain(ctx context.Context, db *model.DB, ticket string) (*Explanation, error) {
	id, err := findTicket(ctx, db, ticket)
	if err != nil {
		return nil, err
	}
	e, err := explainTicket(ctx, db, id)
	if err != nil {
		return nil, err
	}
	if err := e.clocks(ctx, db); err != nil {
		return nil, err
	}
	if err := e.cycles(ctx, db); err != nil {
		return nil, err
	}
	if e.Native, err = explainRows[NativeExplanation](ctx, db, "native", id, id); err != nil {
		return nil, err
	}
	return e, e.events(ctx, db)
}

// explainRows runs one of the queries of explain/.
func explainRows[T any](ctx context.Context, db *model.DB, name string, args ...any) ([]T, error) {
	text, err := explainFiles.ReadFile("explain/" + name + ".sql")
	if err != nil {
		return nil, err
	}
	return model.Select[T](ctx, db, string(text), args...)
}

func explainTicket(ctx context.Context, db *model.DB, id string) (*Explanation, error) {
	type head struct {
		TicketID, Key, URL, Title, Kind, Status string
		Priority                                *int64
		OpenedAt                                time.Time
		HasHistory                              bool
		DeletedAt                               *time.Time
		MergedInto                              string
	}
	h, err := model.One[head](ctx, db, `SELECT ticket_id, key, url, title, kind, status, CAST(priority AS BIGINT) AS priority, opened_at, has_history, deleted_at, merged_into
		FROM ticket WHERE ticket_id = ?`, id)
	if err != nil {
		return nil, err
	}
	e := &Explanation{TicketID: h.TicketID, Key: h.Key, URL: h.URL, Title: h.Title, Kind: h.Kind, Status: h.Status, Priority: h.Priority,
		OpenedAt: h.OpenedAt, HasHistory: h.HasHistory, DeletedAt: h.DeletedAt, MergedInto: h.MergedInto, zone: time.UTC}
	type build struct {
		AsOf     time.Time
		TimeZone string
	}
	builds, err := model.Select[build](ctx, db, "SELECT as_of, time_zone FROM build_info")
	if err != nil {
		return nil, err
	}
	if len(builds) > 0 {
		e.AsOf, e.zone = &builds[0].AsOf, location(builds[0].TimeZone)
	}
	e.Zone = e.zone.String()
	return e, nil
}

// Location is the zone of the organization.
func (e *Explanation) Location() *time.Location { return e.zone }

// Locate adds where in the configuration each rule stands. cfg must be the configuration that was built; a definition whose
// id and line it does not have stays without places.
func (e *Explanation) Locate(cfg *config.Config) {
	for i := range e.Clocks {
		c := &e.Clocks[i]
		for j := range cfg.SLA {
			if cfg.SLA[j].ID == c.Definition && cfg.SLA[j].Pos.Line == c.Line {
				c.locate(&cfg.SLA[j])
				break
			}
		}
	}
}

func (c *ClockExplanation) locate(s *config.SLA) {
	at := func(file string, line int) string { return fmt.Sprintf("%s:%d", filepath.Base(file), line) }
	c.Place = at(s.Pos.File, s.Pos.Line)
	place := func(r *Rule) {
		if p, ok := s.Places[r.Entry]; ok && p.Line > 0 {
			r.Place = at(p.File, p.Line)
		}
	}
	for i := range c.Rules {
		place(&c.Rules[i])
	}
	for i := range c.Goals {
		place(&c.Goals[i].Rule)
	}
	for i := range c.Choices {
		place(&c.Choices[i])
	}
	for i := range c.Cycles {
		k := &c.Cycles[i]
		place(&k.Ended)
		for j := range k.GoalRules {
			place(&k.GoalRules[j])
		}
		for j := range k.Segments {
			place(&k.Segments[j].Rule)
			for g := range k.Segments[j].GoalRules {
				place(&k.Segments[j].GoalRules[g])
			}
		}
	}
}

// findTicket turns an id or a key into an id.
func findTicket(ctx context.Context, db *model.DB, ticket string) (string, error) {
	ids, err := model.Select[string](ctx, db, "SELECT DISTINCT ticket_id FROM ticket WHERE ticket_id = ? OR key = ? ORDER BY ticket_id", ticket, ticket)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		if id == ticket {
			return id, nil
		}
	}
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		near, err := model.Select[string](ctx, db, `SELECT ticket_id FROM ticket
			ORDER BY least(damerau_levenshtein(lower(key), lower(?)), damerau_levenshtein(lower(ticket_id), lower(?))), ticket_id LIMIT 5`, ticket, ticket)
		if err != nil {
			return "", err
		}
		if len(near) == 0 {
			return "", fmt.Errorf("there is no ticket %q: the warehouse holds no tickets yet; run `deskproof collect` and `deskproof build`", ticket)
		}
		return "", fmt.Errorf("there is no ticket %q; near ones are %s", ticket, strings.Join(near, ", "))
	}
	more := ""
	if len(ids) > 10 {
		ids, more = ids[:10], ", …"
	}
	return "", fmt.Errorf("several tickets have the key %q; give one of their ids: %s%s", ticket, strings.Join(ids, ", "), more)
}

// location is a zone by its name; UTC where there is none.
func location(zone string) *time.Location {
	if loc, err := time.LoadLocation(zone); err == nil && zone != "" && zone != "Local" {
		return loc
	}
	return time.UTC
}
