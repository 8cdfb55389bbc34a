package sla

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// workingDay is a day that a goal in working days counts.
type workingDay struct {
	Step, Day, Worked, WorkBefore, WorkSeconds int64
}

func (d workingDay) word() string {
	return dayWord(time.Unix(d.Day*86400, 0).UTC().Format("2006-01-02"))
}

// workingDays lists the working days of a goal and the working seconds up to it (steps/30_day_goal.sql).
func workingDays(ctx context.Context, db *model.DB, calendar string, from time.Time, n int64) ([]workingDay, int64, error) {
	list, err := explainRows[workingDay](ctx, db, "working_days", from.Unix(), from.Unix(), calendar, n)
	if err != nil || int64(len(list)) != n+1 {
		return nil, 0, err
	}
	first, last := list[0], list[n]
	return list, last.WorkBefore + min(first.Worked-first.WorkBefore, last.WorkSeconds) - first.Worked, nil
}

// calendarDays is the working seconds up to the same clock time n local days later; -1 when the calendar is not laid out there.
func calendarDays(ctx context.Context, db *model.DB, calendar string, from time.Time, zone *time.Location, n int64) (int64, error) {
	type row struct{ AtS, Worked int64 }
	rows, err := explainRows[row](ctx, db, "worked", from.Unix(), sameClock(from, zone, n).Unix(), calendar)
	if err != nil || len(rows) != 2 {
		return -1, err
	}
	return rows[1].Worked - rows[0].Worked, nil
}

// sameClock is the same clock time n local days later; a time that is skipped is read with the offset before the change.
func sameClock(from time.Time, zone *time.Location, n int64) time.Time {
	l := from.In(zone)
	want := time.Date(l.Year(), l.Month(), l.Day()+int(n), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
	_, o := l.Zone()
	guess := time.Unix(want.Unix()-int64(o), 0)
	_, there := guess.In(zone).Zone()
	if there == o {
		return guess
	}
	moved := time.Unix(want.Unix()-int64(there), 0)
	if _, again := moved.In(zone).Zone(); again == there {
		return moved
	}
	return guess
}

// dueWords says how the due time was found.
func (c *ClockExplanation) dueWords(ctx context.Context, db *model.DB, k *CycleExplanation) (string, error) {
	shift := ""
	if k.PausedSeconds > 0 {
		shift = "; pauses move it"
	}
	of := fmt.Sprintf("%s of calendar %s from the start%s", Duration(k.GoalSeconds), k.Calendar, shift)
	if len(k.GoalRules) == 0 {
		return of, nil
	}
	g := c.goal(k.GoalRules[0])
	if g == nil || g.time.Days == 0 {
		return of, nil
	}
	zone := k.Location()
	more := ""
	if g.time.Seconds > 0 {
		more = ", and " + Duration(g.time.Seconds) + " more"
	}
	makes := fmt.Sprintf("%s; that is %s of the calendar%s", more, Duration(k.GoalSeconds), shift)
	if g.time.DayUnit == config.CalendarDay {
		in := ""
		if k.count.String() != k.Zone {
			in = " " + k.count.String()
		}
		return fmt.Sprintf("%s after %s%s: the same time on %s%s%s", plural(int(g.time.Days), "calendar day", "calendar days"), localStamp(k.StartedAt, k.count, false), in,
			localStamp(sameClock(k.StartedAt, k.count, g.time.Days), k.count, false), in, makes), nil
	}
	days, _, err := workingDays(ctx, db, g.in(k), k.StartedAt, g.time.Days)
	if err != nil || len(days) == 0 {
		return of, err
	}
	from := "from " + localStamp(k.StartedAt, zone, false)
	if days[0].word() != dayWord(k.StartedAt.In(zone).Format("2006-01-02")) || days[0].Worked == days[0].WorkBefore {
		from += ", counted from the begin of the working day " + days[0].word()
	} else {
		from += fmt.Sprintf(", %s into the working day", Duration(days[0].Worked-days[0].WorkBefore))
	}
	var names []string
	for _, d := range days[1:] {
		names = append(names, d.word())
	}
	if len(names) > maxLines {
		names = append(append(names[:3:3], fmt.Sprintf("… %d more …", len(names)-5)), names[len(names)-2:]...)
	}
	last := days[len(days)-1]
	position := fmt.Sprintf(", as far into %s", last.word())
	if days[0].Worked-days[0].WorkBefore > last.WorkSeconds {
		position = fmt.Sprintf(", at the end of %s, which is shorter", last.word())
	} else if days[0].Worked == days[0].WorkBefore {
		position = fmt.Sprintf(", when the working day before %s is over", last.word())
	}
	return fmt.Sprintf("%s %s: %s%s%s", plural(int(g.time.Days), "working day", "working days"), from, strings.Join(names, ", "), position, makes), nil
}
