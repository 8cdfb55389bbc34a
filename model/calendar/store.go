package calendar

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"deskproof/model"
)

//go:embed inverse.sql
var inverseSQL string

// piece is a row of calendar_piece.
type piece struct {
	day, from, to    int64
	works            bool
	workBefore, seat int64 // seat: ordinal of the working day that the piece belongs to, or of the next one
	offset           int64
}

// Write lays every calendar of the set out over the UTC days of [from, to] and replaces what the database held.
func (s *Set) Write(ctx context.Context, db *model.DB, from, to time.Time) error {
	for _, table := range []string{"calendar_definition", "calendar_piece", "calendar_inverse", "calendar_day", "calendar_holiday"} {
		if err := db.Exec(ctx, "DELETE FROM "+table); err != nil {
			return err
		}
	}
	s.fromDay = floorDiv(from.Unix(), daySeconds)
	s.toDay = floorDiv(to.Unix(), daySeconds) + 1
	for _, c := range s.calendars {
		c.worked, c.ordinal, c.label = 0, -1, -1<<62
		if err := s.write(ctx, db, c, s.fromDay, s.toDay); err != nil {
			return err
		}
	}
	return nil
}

// Extend lays the calendars out up to a later moment. Rows that exist do not change.
func (s *Set) Extend(ctx context.Context, db *model.DB, to time.Time) error {
	until := floorDiv(to.Unix(), daySeconds) + 1
	if until <= s.toDay {
		return nil
	}
	for _, c := range s.calendars {
		if err := s.write(ctx, db, c, s.toDay, until); err != nil {
			return err
		}
	}
	s.toDay = until
	return nil
}

// Until is the end of what is laid out.
func (s *Set) Until() time.Time { return time.Unix(s.toDay*daySeconds, 0).UTC() }

func (s *Set) write(ctx context.Context, db *model.DB, c *Calendar, fromDay, toDay int64) error {
	// Days more, to know which working day comes next: one may go on behind a break at the end of the stretch.
	work, holidays, err := c.layout(fromDay*daySeconds, (toDay+3)*daySeconds)
	if err != nil {
		return fmt.Errorf("calendar %s: %w", c.Name, err)
	}
	if fromDay == s.fromDay {
		if err := db.Exec(ctx, "INSERT INTO calendar_definition VALUES (?, ?, ?, ?)", c.ID, c.Name, c.Zone.String(), c.Text); err != nil {
			return err
		}
	}
	first := c.ordinal
	pieces := c.pieces(work, fromDay, toDay)
	rows, err := db.NewAppender(ctx, "calendar_piece", "calendar_id", "day_number", "piece_start", "piece_end", "works", "work_before", "seat", "utc_offset")
	if err != nil {
		return err
	}
	for _, p := range pieces {
		works := int64(0)
		if p.works {
			works = 1
		}
		if err := rows.Append(int32(c.ID), p.day, p.from, p.to, works, p.workBefore, p.seat, int32(p.offset)); err != nil {
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	off, err := db.NewAppender(ctx, "calendar_holiday", "calendar_id", "holiday_on", "name")
	if err != nil {
		return err
	}
	for _, h := range holidays {
		// A day on the edge belongs to the stretch in which it begins in UTC.
		if h.day < fromDay || h.day >= toDay {
			continue
		}
		if err := off.Append(int32(c.ID), dayTime(h.day), h.name); err != nil {
			return err
		}
	}
	if err := off.Close(); err != nil {
		return err
	}
	if err := db.Exec(ctx, inverseSQL, c.ID, fromDay, toDay); err != nil {
		return err
	}
	// The last working day of the former stretch may go on in this one.
	if err := db.Exec(ctx, "DELETE FROM calendar_day WHERE calendar_id = ? AND ordinal >= ?", c.ID, first); err != nil {
		return err
	}
	return db.Exec(ctx, `INSERT INTO calendar_day
		SELECT calendar_id, seat, min(work_before), CAST(sum(piece_end - piece_start) AS BIGINT)
		FROM calendar_piece WHERE calendar_id = ? AND works = 1 AND seat >= ? GROUP BY calendar_id, seat`, c.ID, first)
}

// pieces cuts working and other time at every UTC midnight and every clock change, so that they cover each second once.
func (c *Calendar) pieces(work []working, fromDay, toDay int64) []piece {
	var out []piece
	i := 0
	for day := fromDay; day < toDay; day++ {
		at, end := day*daySeconds, (day+1)*daySeconds
		for at < end {
			for i < len(work) && work[i].to <= at {
				i++
			}
			offset, stop := zoneSpan(c.Zone, at, end)
			works := i < len(work) && work[i].from <= at
			switch {
			case works:
				stop = min(stop, work[i].to)
				if work[i].label > c.label {
					c.label = work[i].label
					c.ordinal++
				}
			case i < len(work):
				stop = min(stop, work[i].from)
			}
			seat := c.ordinal
			if !works && i < len(work) && work[i].label > c.label || !works && i >= len(work) {
				seat++ // the next working day; behind the last one that is laid out it is the one to come
			}
			out = append(out, piece{day, at, stop, works, c.worked, seat, offset})
			if works {
				c.worked += stop - at
			}
			at = stop
		}
	}
	return out
}
