package sla

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// definition runs the steps of one clock and stores what comes out.
func (r *replay) definition(ctx context.Context, d *Definition, zones zoneNumbers) error {
	in := definitionInput{
		AsOf: r.asOf, Start: d.Start, Pause: orElse(d.Pause, "FALSE"), Resume: d.Resume, Stop: d.Stop,
		Reset: orElse(d.Reset, "FALSE"), Cancel: orElse(d.Cancel, "FALSE"), AppliesWhen: orElse(d.AppliesWhen, "TRUE"),
		Reopen: d.Reopen, GoalChange: d.GoalChange, EachMoment: d.GoalChange == "goal_at_each_moment",
		ValidFrom: d.validFrom, ValidTo: d.validTo, Definition: d.ID, DefinitionKind: d.Kind, Clock: d.Clock,
	}
	in.Chooses = d.AppliesWhen != ""
	for _, text := range []*string{&in.Start, &in.Pause, &in.Stop, &in.Reset, &in.Cancel, &in.AppliesWhen} {
		*text += "\n" // a comment at its end must not swallow what follows
	}
	if in.Resume != "" {
		in.Resume += "\n"
	}
	for i := range d.Goals {
		g := d.Goals[i]
		g.When += "\n"
		in.Goals = append(in.Goals, g)
		in.Days = in.Days || d.Goals[i].Within.Days > 0
	}
	switch d.ZoneChoice {
	case "customer":
		in.ZoneSubject = "customer_id"
	case "service":
		in.ZoneSubject = "service_id"
	}
	in.TicketColumns, in.Ticket = r.ticketColumns(ctx), r.shared.Ticket
	if err := r.goals(ctx, d, zones); err != nil {
		return err
	}
	if err := r.step(ctx, "20_flag.sql", in, false); err != nil {
		return err
	}
	// Where no state leaves the clock as it was, nothing has to be remembered along the history.
	holding, err := model.One[int64](ctx, r.db, "SELECT COUNT(*) FROM clock_flag WHERE mark = 0 OR hold = 0")
	if err != nil {
		return err
	}
	in.Latch = holding > 0
	in.Before = d.Reopen != "each_cycle" || d.GoalChange == "restart"
	if err := r.steps(ctx, in, "21_phase.sql", "22_shape.sql", "23_turn.sql view", "24_stretch.sql", "25_end.sql", "26_cycle.sql",
		"27_part.sql", "28_apply.sql", "29_excluded.sql view"); err != nil {
		return err
	}
	if in.Days {
		if err := r.dayGoals(ctx, in); err != nil {
			return err
		}
	}
	if err := r.steps(ctx, in, "31_measured.sql view", "32_running.sql", "33_total.sql"); err != nil {
		return err
	}
	if err := r.reach(ctx, "SELECT due_calendar_id AS calendar_id, MAX(due_work) + 1 AS work FROM clock_total GROUP BY due_calendar_id"); err != nil {
		return err
	}
	// The database fills a table from a table on all processors, but from joins on one.
	if err := r.steps(ctx, in, "34_result.sql view", "35_store_cycle.sql", "36_store_segment.sql"); err != nil {
		return err
	}
	return r.db.InTx(ctx, func(ctx context.Context) error { return r.storeResults(ctx, d) })
}

// storeResults stores what was computed for a definition.
func (r *replay) storeResults(ctx context.Context, d *Definition) error {
	if err := r.store(ctx, d); err != nil {
		return err
	}
	if err := r.storeChoices(ctx, d); err != nil {
		return err
	}
	for _, q := range []string{
		"INSERT INTO sla_cycle BY NAME SELECT * FROM clock_store_cycle",
		"INSERT INTO sla_segment BY NAME SELECT * FROM clock_store_segment",
		"INSERT INTO sla_excluded SELECT ticket_id, " + model.QuoteText(d.ID) + ", reason FROM clock_excluded",
	} {
		if err := r.db.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// ticketColumns are the columns of ticket with those that the history tells replaced by their state as of the replay.
func (r *replay) ticketColumns(ctx context.Context) string {
	known := map[string]bool{}
	for _, f := range r.shared.Fields {
		known[f.Name] = f.Column
	}
	cols, err := model.Select[string](ctx, r.db, "SELECT column_name FROM duckdb_columns() WHERE table_name = 'ticket' AND NOT internal ORDER BY column_index")
	if err != nil {
		return "r.*"
	}
	for i, c := range cols {
		if known[c] {
			cols[i] = "m." + model.QuoteIdent(c)
		} else {
			cols[i] = "r." + model.QuoteIdent(c)
		}
	}
	return strings.Join(cols, ", ")
}

// goals writes the goals of a definition, one row for each zone whose calendars count.
func (r *replay) goals(ctx context.Context, d *Definition, zones zoneNumbers) error {
	if err := r.db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE clock_goal (goal BIGINT, zone_no BIGINT, calendar_id INTEGER, goal_s BIGINT, days BIGINT, day_kind BIGINT)"); err != nil {
		return err
	}
	add := func(zoneNo int, zone string) error {
		for i, g := range d.Goals {
			if g.Same != i+1 {
				continue
			}
			id, ok := r.defs.Calendars.Lookup(g.Calendar, zone)
			if id == 0 || (!ok && zone == "") {
				return fmt.Errorf("there is no calendar %q", g.Calendar)
			}
			if g.Calendar == config.Always && g.Within.DayUnit != config.CalendarDay {
				id, _ = r.defs.Calendars.Lookup(g.Calendar, "") // every second counts in every zone
			}
			kind := 0
			switch g.Within.DayUnit {
			case config.WorkingDay:
				kind = 1
			case config.CalendarDay:
				kind = 2
			}
			if err := r.db.Exec(ctx, "INSERT INTO clock_goal VALUES (?, ?, ?, ?, ?, ?)", i+1, zoneNo, id, g.Within.Seconds, g.Within.Days, kind); err != nil {
				return err
			}
		}
		return nil
	}
	if err := add(0, ""); err != nil {
		return err
	}
	for zone, no := range sortedZones(d.zonesOf(zones)) {
		if err := add(no, zone); err != nil {
			return err
		}
	}
	return r.db.Exec(ctx, "CREATE OR REPLACE TEMP VIEW clock_zone_choice AS SELECT subject, zone_no FROM clock_zone WHERE choice = "+model.QuoteText(d.ZoneChoice))
}

// dayGoals makes sure that enough days are laid out, and counts.
func (r *replay) dayGoals(ctx context.Context, in definitionInput) error {
	most := int64(0)
	for _, g := range in.Goals {
		most = max(most, g.Within.Days)
	}
	if err := r.extend(ctx, time.Unix(r.asOf+(most+400)*86400, 0)); err != nil {
		return err
	}
	for range 9 {
		if err := r.step(ctx, "30_day_goal.sql", in, false); err != nil {
			return err
		}
		missing, err := model.One[int64](ctx, r.db, "SELECT COUNT(*) FROM clock_day_goal WHERE day_seconds IS NULL")
		if err != nil || missing == 0 {
			return err
		}
		if err := r.further(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("a goal of %d days ends beyond the year 2500: the calendar has too few working days", most)
}

// reach extends the calendars until each holds the working seconds that due times need. query gives calendar_id and work.
func (r *replay) reach(ctx context.Context, query string) error {
	type short struct {
		Name string
	}
	for {
		lacking, err := model.Select[short](ctx, r.db, `SELECT c.name FROM (`+query+`) n JOIN calendar_definition c ON c.calendar_id = n.calendar_id
			LEFT JOIN (SELECT calendar_id, MAX(work_before + works * (piece_end - piece_start)) AS work FROM calendar_piece GROUP BY calendar_id) p ON p.calendar_id = n.calendar_id
			WHERE n.work > COALESCE(p.work, 0) ORDER BY c.name`)
		if err != nil || len(lacking) == 0 {
			return err
		}
		if err := r.further(ctx); err != nil {
			return fmt.Errorf("calendar %s: %w", lacking[0].Name, err)
		}
	}
}

// further doubles the stretch behind as-of that the calendars cover.
func (r *replay) further(ctx context.Context) error {
	until := r.defs.Calendars.Until()
	if until.Year() >= 2500 {
		return fmt.Errorf("its working time up to the year 2500 is not enough for the goals; check its holidays and the goals")
	}
	return r.extend(ctx, until.Add(until.Sub(time.Unix(r.asOf, 0))))
}

// store writes what the definition says, with every choice.
func (r *replay) store(ctx context.Context, d *Definition) error {
	optional := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	var target any
	if d.TargetMy >= 0 {
		target = fmt.Sprintf("%d.%06d", d.TargetMy/1_000_000, d.TargetMy%1_000_000)
	}
	return r.db.Exec(ctx, `INSERT INTO sla_definition
		(definition, definition_kind, clock, title, ordinal, line, target, applies_when, start_when, pause_when, stop_when, goals, calendars,
		 reopen, goal_change, response_on_hold, zone_choice, day_unit, open_overdue, valid_from, valid_to)
		VALUES (?, ?, ?, ?, ?, ?, CAST(? AS DECIMAL(9,6)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS DATE), CAST(? AS DATE))`,
		d.ID, d.Kind, d.Clock, d.Title, d.Ordinal, d.Pos.Line, target, optional(d.AppliesWhen), optional(d.Start), optional(d.pauseWords()),
		optional(d.stopWords()), d.goalWords(), d.calendarWords(r.defs.Calendars), d.Reopen, d.GoalChange, d.OnHold, d.ZoneChoice,
		d.DayUnit, d.OpenOverdue, optional(d.ValidFrom), optional(d.ValidTo))
}

func (d *Definition) pauseWords() string {
	if d.Resume == "" {
		return d.Pause
	}
	return d.Pause + "; resumes when " + d.Resume
}

func (d *Definition) stopWords() string {
	s := d.Stop
	if d.Reset != "" {
		s += "; starts anew when " + d.Reset
	}
	if d.Cancel != "" {
		s += "; cancelled when " + d.Cancel
	}
	return s
}
