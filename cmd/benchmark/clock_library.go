package main

import (
	"context"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/us"

	"deskproof/model"
)

// libraryResult compares business hours of single intervals: of a calendar with one span a day and holidays, which is
// what the library can do.
type libraryResult struct {
	Intervals   int     `json:"intervals"`
	Nanoseconds float64 `json:"library_ns_per_interval"`
	Ours        float64 `json:"ours_ns_per_interval"`
	LibraryOver float64 `json:"library_over_ours"`
	Differing   int     `json:"differing"` // answers that are not the same to the second
}

type span struct {
	FromS, ToS, Worked int64
}

// library measures intervals from the first to the last event of tickets on the calendar newyork.
func library(ctx context.Context, db *model.DB) (*libraryResult, error) {
	const n = 100_000
	if err := db.Exec(ctx, `CREATE OR REPLACE TEMP TABLE span AS SELECT epoch_us(min(occurred_at)) // 1000000 AS from_s, epoch_us(max(occurred_at)) // 1000000 AS to_s
		FROM ticket_event GROUP BY ticket_id ORDER BY ticket_id LIMIT ?`, n); err != nil {
		return nil, err
	}
	start := time.Now()
	if err := db.Exec(ctx, `CREATE OR REPLACE TEMP TABLE worked AS
		SELECT s.from_s, s.to_s, b.work_before + b.works * (s.to_s - b.piece_start) - a.work_before - a.works * (s.from_s - a.piece_start) AS worked
		FROM span s
		JOIN calendar_piece a ON a.calendar_id = (SELECT calendar_id FROM calendar_definition WHERE name = 'newyork') AND a.day_number = s.from_s // 86400 AND s.from_s >= a.piece_start AND s.from_s < a.piece_end
		JOIN calendar_piece b ON b.calendar_id = a.calendar_id AND b.day_number = s.to_s // 86400 AND s.to_s >= b.piece_start AND s.to_s < b.piece_end`); err != nil {
		return nil, err
	}
	ours := time.Since(start)
	spans, err := model.Select[span](ctx, db, "SELECT from_s, to_s, worked FROM worked")
	if err != nil || len(spans) == 0 {
		return nil, err
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return nil, err
	}
	c := cal.NewBusinessCalendar()
	c.AddHoliday(us.Holidays...)
	c.SetWorkHours(8*time.Hour, 18*time.Hour)
	r := &libraryResult{Intervals: len(spans)}
	start = time.Now()
	for _, s := range spans {
		worked := c.WorkHoursInRange(time.Unix(s.FromS, 0).In(zone), time.Unix(s.ToS, 0).In(zone))
		if int64(worked/time.Second) != s.Worked {
			r.Differing++
		}
	}
	theirs := time.Since(start)
	each := float64(len(spans))
	r.Nanoseconds, r.Ours = round(float64(theirs.Nanoseconds())/each), round(float64(ours.Nanoseconds())/each)
	if ours > 0 {
		r.LibraryOver = round(theirs.Seconds() / ours.Seconds())
	}
	return r, nil
}
