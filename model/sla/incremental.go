package sla

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// A replay after another one computes only the clocks that may have changed: those of tickets whose record, history or
// comments differ, and where the moment of the replay moved, those that were open. What it leaves alone was computed
// from the same definitions, calendars and records, so the result is that of computing everything.

// kept is what an earlier replay left, and whether it can be built upon.
type kept struct {
	partly      bool
	definitions string // print of the definitions that are replayed now
	asOf        int64  // of the earlier replay, seconds
}

// manyChanged is the share of changed tickets, one in that many, from which on everything is computed anew.
var manyChanged = 4

// keep finds out what of an earlier replay still holds, and takes the rest away. Where something holds, only the changed
// tickets are looked at from then on.
func (r *replay) keep(ctx context.Context) (kept, error) {
	k := kept{}
	var err error
	if k.definitions, err = r.print(ctx); err != nil {
		return k, err
	}
	if err := r.step(ctx, "00_fingerprint.sql", &r.shared, false); err != nil {
		return k, err
	}
	type last struct {
		Definitions string
		AsOf        int64
	}
	rows, err := model.Select[last](ctx, r.db, "SELECT definitions, epoch_us(as_of) // 1000000 AS as_of FROM sla_replay")
	if err != nil {
		return k, err
	}
	if len(rows) == 1 && rows[0].Definitions == k.definitions {
		k.asOf = rows[0].AsOf
		if k.partly, err = r.sameCalendars(ctx); err != nil {
			return k, err
		}
		if k.partly {
			if k.partly, err = r.someChanged(ctx, k); err != nil {
				return k, err
			}
		}
	}
	return k, r.db.InTx(ctx, func(ctx context.Context) error { return r.clear(ctx, k) })
}

// clear takes away what is computed anew.
func (r *replay) clear(ctx context.Context, k kept) error {
	for _, t := range []string{"sla_replay", "sla_definition", "sla_choice", "sla_preset_limit"} {
		if err := r.db.Exec(ctx, "DELETE FROM "+t); err != nil {
			return err
		}
	}
	for _, t := range []string{"sla_cycle", "sla_segment", "sla_excluded", "sla_replay_ticket"} {
		q := "DELETE FROM " + t
		if k.partly {
			q += " WHERE ticket_id IN (SELECT ticket_id FROM clock_changed)"
		}
		if err := r.db.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// print is a digest of everything but records and calendars that results depend on: definitions, whose zone counts, and
// the steps themselves.
func (r *replay) print(ctx context.Context) (string, error) {
	h := sha256.New()
	names, err := stepFiles.ReadDir("steps")
	if err != nil {
		return "", err
	}
	for _, n := range names {
		text, err := stepFiles.ReadFile("steps/" + n.Name())
		if err != nil {
			return "", err
		}
		h.Write(text)
	}
	for _, d := range r.defs.Items {
		// Where an entry stands in the file, and what it is called, changes no figure.
		s := d.SLA
		s.Pos, s.Places, s.Title, s.Goals = strictyaml.Pos{}, nil, "", nil
		fmt.Fprintf(h, "%+v %d %d\n", s, d.validFrom, d.validTo)
		for _, g := range d.Goals {
			fmt.Fprintf(h, "%+v\n", g)
		}
	}
	zones, err := model.One[string](ctx, r.db, "SELECT COALESCE(CAST(SUM(hash(choice, subject, zone)) AS VARCHAR), '') FROM clock_zone")
	if err != nil {
		return "", err
	}
	h.Write([]byte(zones))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sameCalendars lays the calendars out over the time that they covered, and says whether each second works as it did.
func (r *replay) sameCalendars(ctx context.Context) (bool, error) {
	type reach struct{ First, Last int64 }
	rows, err := model.Select[reach](ctx, r.db, "SELECT COALESCE(MIN(day_number), 0) AS first, COALESCE(MAX(day_number), -1) AS last FROM calendar_piece")
	if err != nil || rows[0].Last < rows[0].First {
		return false, err
	}
	const before = `SELECT d.name, p.piece_start, p.piece_end, p.works, p.seat, p.utc_offset FROM calendar_piece p JOIN calendar_definition d ON d.calendar_id = p.calendar_id`
	if err := r.db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE clock_piece_before AS "+before); err != nil {
		return false, err
	}
	if err := r.write(ctx, rows[0].First*86400, max(rows[0].Last*86400, r.asOf+400*86400)); err != nil {
		return false, err
	}
	other, err := model.One[int64](ctx, r.db, fmt.Sprintf(`SELECT COUNT(*) FROM (
		(FROM clock_piece_before EXCEPT %[1]s) UNION ALL
		(%[1]s WHERE p.day_number <= %[2]d EXCEPT FROM clock_piece_before))`, before, rows[0].Last))
	return other == 0, err
}

// write lays the calendars out.
func (r *replay) write(ctx context.Context, from, to int64) error {
	r.laidOutFrom = from
	return r.db.InTx(ctx, func(ctx context.Context) error {
		// Until the replay is over, nothing may be taken as computed from these calendars.
		if err := r.db.Exec(ctx, "DELETE FROM sla_replay"); err != nil {
			return err
		}
		return r.defs.Calendars.Write(ctx, r.db, time.Unix(from, 0), time.Unix(to, 0))
	})
}

// layout lays the calendars out from the first event on, if they are not.
func (r *replay) layout(ctx context.Context, k kept) error {
	earliest, err := model.One[int64](ctx, r.db, "SELECT COALESCE(MIN(moments[1]), 0) FROM clock_course")
	if err != nil {
		return err
	}
	if earliest == 0 {
		earliest = r.asOf
	}
	// Metrics and reports ask for the agreed time of whole months, so the layout begins before the month of the first event;
	// a margin of 400 days ahead; due times that lie further extend it.
	from, to := earliest-40*86400, r.asOf+400*86400
	if k.partly {
		if from >= r.laidOutFrom {
			return nil
		}
		to = max(to, r.defs.Calendars.Until().Unix()-86400)
	}
	return r.write(ctx, from, to)
}

// someChanged finds the tickets that changed and puts their records aside. It says false where so many changed that
// computing everything costs no more.
func (r *replay) someChanged(ctx context.Context, k kept) (bool, error) {
	in := struct {
		AsOf, Before, Earlier, Later int64
		Comments                     bool
		Instants                     []string
	}{r.asOf, k.asOf, min(r.asOf, k.asOf), max(r.asOf, k.asOf), r.shared.Comments, []string{"opened_at", "first_response_at", "resolved_at", "closed_at"}}
	if err := r.step(ctx, "00_changed.sql", in, false); err != nil {
		return false, err
	}
	many, err := model.One[bool](ctx, r.db, fmt.Sprintf(
		"SELECT (SELECT COUNT(*) FROM clock_changed) * %d > (SELECT COUNT(*) FROM clock_fingerprint)", manyChanged))
	if err != nil || many {
		return false, err
	}
	for _, t := range []string{"ticket", "ticket_event", "communication"} {
		if err := r.db.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE clock_some_%[1]s AS SELECT * FROM %[1]s WHERE ticket_id IN (SELECT ticket_id FROM clock_changed)", t)); err != nil {
			return false, err
		}
	}
	r.shared.Ticket, r.shared.TicketEvent, r.shared.Communication = "clock_some_ticket", "clock_some_ticket_event", "clock_some_communication"
	return true, nil
}

// remember writes down what the results were computed from.
func (r *replay) remember(ctx context.Context, k kept) error {
	what := "INSERT INTO sla_replay_ticket SELECT ticket_id, fingerprint FROM clock_fingerprint"
	if k.partly {
		what += " WHERE ticket_id IN (SELECT ticket_id FROM clock_changed)"
	}
	if err := r.db.Exec(ctx, what); err != nil {
		return err
	}
	if err := r.db.Exec(ctx, "DELETE FROM sla_replay"); err != nil {
		return err
	}
	return r.db.Exec(ctx, "INSERT INTO sla_replay VALUES (make_timestamptz(?), ?)", r.asOf*1000000, k.definitions)
}

// extend lays the calendars out up to a later moment.
func (r *replay) extend(ctx context.Context, to time.Time) error {
	return r.db.InTx(ctx, func(ctx context.Context) error { return r.defs.Calendars.Extend(ctx, r.db, to) })
}
