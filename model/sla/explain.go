package sla

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskproof/model"
)

// Explanation is everything that can be said of the clocks of one ticket. It is read from the warehouse alone, so it
// can be made from a published snapshot, without the configuration.
type Explanation struct {
	TicketID, Key, Title, Kind, Status string
	Priority                           *int64
	OpenedAt                           time.Time
	HasHistory                         bool
	DeletedAt                          *time.Time
	MergedInto                         string
	AsOf                               time.Time // moment of the build; zero when none is recorded
	Clocks                             []ClockExplanation
}

// ClockExplanation is one definition and what it made of the ticket.
type ClockExplanation struct {
	Definition, Title, Kind, Clock            string
	Line                                      int // in deskproof.yaml
	AppliesWhen, Start, Pause, Stop           string
	Goals                                     string
	Reopen, GoalChange, DayUnit, OnHold, Zone string
	OpenOverdue                               string
	Excluded                                  string // why nothing was computed; empty = it was
	Cycles                                    []CycleExplanation
}

// CycleExplanation is one cycle. Seconds are whole; instants are UTC; Zone is the zone that local times are shown in.
type CycleExplanation struct {
	Cycle                        int
	State, Calendar, Hours       string
	Zone                         *time.Location
	GoalSeconds, ElapsedSeconds  int64
	WallSeconds, PausedSeconds   int64
	StartedAt                    time.Time
	StoppedAt, DueAt, BreachedAt *time.Time
	Segments                     []SegmentExplanation
}

// SegmentExplanation is one stretch of a cycle, why it ran or paused, and the working time in it.
type SegmentExplanation struct {
	Sequence       int
	StartedAt      time.Time
	EndedAt        time.Time
	State          string // running, paused
	Reason         string // the event that began it
	Rule           string // the words of the definition that decided: start, pause or stop
	Calendar       string
	Zone           *time.Location
	GoalSeconds    int64 // goal in force by its condition
	ElapsedSeconds int64
	TotalSeconds   int64    // of the cycle, up to the end of this stretch
	Windows        []Window // working time in it; empty while paused
	MoreWindows    int      // windows that are not listed
	Holidays       []string // holidays it crosses, "2026-12-25 Christmas Day"
}

// Window is a stretch of working time.
type Window struct {
	From, To time.Time
}

// reopenedLater ends the reason of a stretch between a stop and a reopening (steps/23_store_segment.sql).
const reopenedLater = " (reopened later)"

// maxWindows is how many windows of a stretch are listed; a stretch of a year has some 500.
const maxWindows = 60

// Explain tells every clock of a ticket. ticket is its id or a key that only one ticket has. A ticket that is not there is
// an error that names near ones.
func Explain(ctx context.Context, db *model.DB, ticket string) (*Explanation, error) {
	id, err := findTicket(ctx, db, ticket)
	if err != nil {
		return nil, err
	}
	type head struct {
		TicketID, Key, Title, Kind, Status string
		Priority                           *int64
		OpenedAt                           time.Time
		HasHistory                         bool
		DeletedAt                          *time.Time
		MergedInto                         string
	}
	h, err := model.One[head](ctx, db, `SELECT ticket_id, key, title, kind, status, CAST(priority AS BIGINT) AS priority, opened_at, has_history, deleted_at, merged_into
		FROM ticket WHERE ticket_id = ?`, id)
	if err != nil {
		return nil, err
	}
	e := &Explanation{TicketID: h.TicketID, Key: h.Key, Title: h.Title, Kind: h.Kind, Status: h.Status, Priority: h.Priority,
		OpenedAt: h.OpenedAt, HasHistory: h.HasHistory, DeletedAt: h.DeletedAt, MergedInto: h.MergedInto}
	builds, err := model.Select[time.Time](ctx, db, "SELECT as_of FROM build_info")
	if err != nil {
		return nil, err
	}
	if len(builds) > 0 {
		e.AsOf = builds[0]
	}
	type clock struct {
		Definition, Title, DefinitionKind, Clock                                        string
		Line                                                                            int64
		AppliesWhen, StartWhen, PauseWhen, StopWhen, Goals                              string
		Reopen, GoalChange, DayUnit, ResponseOnHold, ZoneChoice, OpenOverdue, Exclusion string
	}
	clocks, err := model.Select[clock](ctx, db, `SELECT d.definition, d.title, d.definition_kind, d.clock, CAST(d.line AS BIGINT) AS line, d.applies_when, d.start_when,
			d.pause_when, d.stop_when, d.goals, d.reopen, d.goal_change, d.day_unit, d.response_on_hold, d.zone_choice, d.open_overdue, x.reason AS exclusion
		FROM sla_definition d LEFT JOIN sla_excluded x ON x.definition = d.definition AND x.ticket_id = ?
		WHERE x.ticket_id IS NOT NULL OR EXISTS (SELECT 1 FROM sla_cycle c WHERE c.definition = d.definition AND c.ticket_id = ?)
		ORDER BY d.ordinal`, id, id)
	if err != nil {
		return nil, err
	}
	for _, c := range clocks {
		x := ClockExplanation{Definition: c.Definition, Title: c.Title, Kind: c.DefinitionKind, Clock: c.Clock, Line: int(c.Line), AppliesWhen: c.AppliesWhen,
			Start: c.StartWhen, Pause: c.PauseWhen, Stop: c.StopWhen, Goals: c.Goals, Reopen: c.Reopen, GoalChange: c.GoalChange, DayUnit: c.DayUnit,
			OnHold: c.ResponseOnHold, Zone: c.ZoneChoice, OpenOverdue: c.OpenOverdue, Excluded: exclusionWords[c.Exclusion]}
		if x.Cycles, err = explainCycles(ctx, db, id, x); err != nil {
			return nil, err
		}
		e.Clocks = append(e.Clocks, x)
	}
	return e, nil
}

var exclusionWords = map[string]string{
	"":             "",
	"deleted":      "the ticket was found deleted at its source",
	"merged":       "the ticket was merged into another",
	"no_goal":      "no goal of the definition matches the ticket",
	"not_started":  "nothing ever started the clock",
	"out_of_range": "the ticket was opened before 1970",
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

func explainCycles(ctx context.Context, db *model.DB, id string, clock ClockExplanation) ([]CycleExplanation, error) {
	type row struct {
		Cycle                        int64
		State, Calendar, Hours, Zone string
		Goal, Elapsed, Wall, Paused  int64
		StartedAt                    time.Time
		StoppedAt, DueAt, BreachedAt *time.Time
	}
	rows, err := model.Select[row](ctx, db, `SELECT CAST(c.cycle AS BIGINT) AS cycle, c.state, c.calendar, k.hours, k.time_zone AS zone, c.goal_seconds AS goal,
			c.elapsed_seconds AS elapsed, c.calendar_seconds AS wall, c.paused_seconds AS paused, c.started_at, c.stopped_at, c.due_at, c.breached_at
		FROM sla_cycle c LEFT JOIN calendar_definition k ON k.name = c.calendar
		WHERE c.ticket_id = ? AND c.definition = ? ORDER BY c.cycle`, id, clock.Definition)
	if err != nil {
		return nil, err
	}
	var out []CycleExplanation
	for _, r := range rows {
		c := CycleExplanation{Cycle: int(r.Cycle), State: r.State, Calendar: r.Calendar, Hours: r.Hours, Zone: location(r.Zone), GoalSeconds: r.Goal,
			ElapsedSeconds: r.Elapsed, WallSeconds: r.Wall, PausedSeconds: r.Paused, StartedAt: r.StartedAt, StoppedAt: r.StoppedAt, DueAt: r.DueAt, BreachedAt: r.BreachedAt}
		if c.Segments, err = explainSegments(ctx, db, id, clock, c.Cycle); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func explainSegments(ctx context.Context, db *model.DB, id string, clock ClockExplanation, cycle int) ([]SegmentExplanation, error) {
	type row struct {
		Sequence                      int64
		StartedAt, EndedAt            time.Time
		State, Reason, Calendar, Zone string
		CalendarID                    int64
		Goal, Elapsed, Total          int64
	}
	rows, err := model.Select[row](ctx, db, `SELECT CAST(s.sequence AS BIGINT) AS sequence, s.started_at, s.ended_at, s.state, s.reason, s.calendar, k.time_zone AS zone,
			CAST(coalesce(k.calendar_id, 0) AS BIGINT) AS calendar_id, s.goal_seconds AS goal, s.elapsed_seconds AS elapsed,
			CAST(sum(s.elapsed_seconds) OVER (ORDER BY s.sequence ROWS UNBOUNDED PRECEDING) AS BIGINT) AS total
		FROM sla_segment s LEFT JOIN calendar_definition k ON k.name = s.calendar
		WHERE s.ticket_id = ? AND s.definition = ? AND s.cycle = ? ORDER BY s.sequence`, id, clock.Definition, cycle)
	if err != nil {
		return nil, err
	}
	var out []SegmentExplanation
	for i, r := range rows {
		s := SegmentExplanation{Sequence: int(r.Sequence), StartedAt: r.StartedAt, EndedAt: r.EndedAt, State: r.State, Reason: r.Reason, Calendar: r.Calendar,
			Zone: location(r.Zone), GoalSeconds: r.Goal, ElapsedSeconds: r.Elapsed, TotalSeconds: r.Total}
		switch {
		case strings.HasSuffix(s.Reason, reopenedLater) && s.State == "running":
			s.Rule = "reopen: " + clock.Reopen + ": an earlier stop is taken as not having happened"
		case strings.HasSuffix(s.Reason, reopenedLater) && clock.Reopen == "cumulative":
			s.Rule = "reopen: cumulative: the time between stop and reopening is not counted"
		case s.State == "paused" && clock.Pause != "":
			s.Rule = "pause: " + clock.Pause
		case s.State == "paused":
			s.Rule = "no goal was in force"
		case i == 0:
			s.Rule = "start: " + clock.Start
		default:
			s.Rule = "runs: nothing pauses or stops it"
		}
		if err := s.hours(ctx, db, r.CalendarID); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// hours lists the working time and the holidays of a stretch.
func (s *SegmentExplanation) hours(ctx context.Context, db *model.DB, calendarID int64) error {
	from, to := s.StartedAt.Unix(), s.EndedAt.Unix()
	if s.State == "running" && to > from {
		type window struct{ Starts, Ends int64 }
		// Pieces end at every UTC midnight; those that touch are one stretch for a reader.
		rows, err := model.Select[window](ctx, db, `SELECT min(starts) AS starts, max(ends) AS ends FROM (
				SELECT starts, ends, sum(CASE WHEN starts = before THEN 0 ELSE 1 END) OVER (ORDER BY starts ROWS UNBOUNDED PRECEDING) AS island FROM (
					SELECT greatest(piece_start, ?) AS starts, least(piece_end, ?) AS ends, lag(piece_end) OVER (ORDER BY piece_start) AS before
					FROM calendar_piece WHERE calendar_id = ? AND works = 1 AND day_number BETWEEN ? AND ? AND piece_end > ? AND piece_start < ?))
			GROUP BY island ORDER BY starts`, from, to, calendarID, from/86400, to/86400, from, to)
		if err != nil {
			return err
		}
		for i, w := range rows {
			if i == maxWindows {
				s.MoreWindows = len(rows) - maxWindows
				break
			}
			s.Windows = append(s.Windows, Window{time.Unix(w.Starts, 0).UTC(), time.Unix(w.Ends, 0).UTC()})
		}
	}
	first, last := s.StartedAt.In(s.Zone).Format("2006-01-02"), s.EndedAt.In(s.Zone).Format("2006-01-02")
	var err error
	s.Holidays, err = model.Select[string](ctx, db, `SELECT strftime(holiday_on, '%Y-%m-%d') || ' ' || name FROM calendar_holiday
		WHERE calendar_id = ? AND holiday_on BETWEEN CAST(? AS DATE) AND CAST(? AS DATE) ORDER BY holiday_on`, calendarID, first, last)
	return err
}

func location(zone string) *time.Location {
	if loc, err := time.LoadLocation(zone); err == nil && zone != "" && zone != "Local" {
		return loc
	}
	return time.UTC
}
