package sla

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// wallCalendar is a service time as a person would check it: the clock on the wall of its zone is read at every minute.
// It knows nothing of stretches of constant offset, pieces or running sums of the calendar compiler.
type wallCalendar struct {
	name  string
	zone  *time.Location
	from  int64   // first second that is known, a whole minute
	works []bool  // by minute
	sum   []int64 // working seconds before each minute
	began []int64 // of a working minute: the second at which its span begins on the wall
	days  []wallDay
}

// wallDay is a working day: a span over midnight belongs to the day on which it begins.
type wallDay struct {
	day           int32 // days since 1970-01-01
	before, total int64 // working seconds up to its begin, and in it
}

// wallHours is a calendar as it is agreed: hours by weekday (Monday first, minutes after midnight, above 1440 over
// midnight), other hours from a day on, closed days, days with extra hours; or a combination of other calendars.
type wallHours struct {
	zone             string
	hours            [7][][2]int
	changes          []wallChange
	holidays         []string
	open             map[string][][2]int
	any, all, except []string
}

type wallChange struct {
	from  string
	hours [7][][2]int
}

// wallSet builds calendars when they are asked for: by name, and by name and another zone.
type wallSet struct {
	from, to time.Time
	agreed   map[string]wallHours
	built    map[string]*wallCalendar
}

// get gives a calendar, read in another zone when one is named.
func (w *wallSet) get(name, zone string) *wallCalendar {
	h := w.agreed[name]
	full := name
	if zone != "" && zone != h.zone {
		full = fmt.Sprintf("%s (%s)", name, zone)
		h.zone = zone
	}
	if c := w.built[full]; c != nil {
		return c
	}
	c := w.build(full, h)
	w.built[full] = c
	return c
}

func wallDayOf(y int, m time.Month, d int) int32 {
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func wallDayText(s string) int32 {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return wallDayOf(t.Date())
}

func (w *wallSet) build(name string, h wallHours) *wallCalendar {
	loc, err := time.LoadLocation(h.zone)
	if err != nil {
		panic(err)
	}
	c := &wallCalendar{name: name, zone: loc, from: w.from.Unix()}
	closed, open := map[int32]bool{}, map[int32][][2]int{}
	for _, d := range h.holidays {
		closed[wallDayText(d)] = true
	}
	for d, spans := range h.open {
		open[wallDayText(d)] = spans
	}
	var since []int32
	for _, x := range h.changes {
		since = append(since, wallDayText(x.from))
	}
	hoursOf := func(day int32) [][2]int {
		week := h.hours
		for i, x := range h.changes {
			if day >= since[i] {
				week = x.hours
			}
		}
		return week[(int(day)+3)%7] // 1970-01-01 was a Thursday
	}
	// inside gives the minute of the day at which the span begins that a minute lies in; -1 = none.
	inside := func(minute int, spans [][2]int) int {
		for _, s := range spans {
			if minute >= s[0] && minute < s[1] {
				return s[0]
			}
		}
		return -1
	}
	// Members keep their zones; only days are counted in the zone of the calendar that is built from them.
	members := func(names []string) (out []*wallCalendar) {
		for _, n := range names {
			zone := ""
			if n == "always" {
				zone = h.zone
			}
			out = append(out, w.get(n, zone))
		}
		return out
	}
	anyOf, allOf, except := members(h.any), members(h.all), members(h.except)
	sum, last := int64(0), int32(-1)
	for i, s := 0, w.from.Unix(); s < w.to.Unix(); i, s = i+1, s+60 {
		local := time.Unix(s, 0).In(loc)
		today := wallDayOf(local.Date())
		hour, minute, _ := local.Clock()
		minute += hour * 60
		works, label, began := false, today, int64(0)
		on := func(day int32, spans [][2]int, minute int) bool {
			start := inside(minute, spans)
			if works || start < 0 {
				return works
			}
			works, label = true, day
			y, m, d := time.Unix(int64(day)*86400, 0).UTC().Date()
			began = time.Date(y, m, d, 0, start, 0, 0, loc).Unix()
			return true
		}
		is := func(m *wallCalendar) bool { return m.works[i] }
		switch {
		case len(anyOf)+len(allOf) > 0:
			works = (len(anyOf) == 0 || slices.ContainsFunc(anyOf, is)) && !slices.ContainsFunc(allOf, func(m *wallCalendar) bool { return !is(m) }) &&
				!slices.ContainsFunc(except, is)
			owners := anyOf
			if len(anyOf) == 0 {
				owners = allOf
			}
			if works { // of several members the time belongs to the span that began first
				began = 1 << 60
				for _, m := range owners {
					if is(m) {
						began = min(began, m.began[i])
					}
				}
				label = wallDayOf(time.Unix(began, 0).In(loc).Date())
			}
		case !closed[today] && on(today-1, hoursOf(today-1), minute+1440), !closed[today] && on(today, hoursOf(today), minute),
			on(today-1, open[today-1], minute+1440), on(today, open[today], minute):
		}
		c.began = append(c.began, began)
		c.works, c.sum = append(c.works, works), append(c.sum, sum)
		if works {
			if label > last {
				c.days = append(c.days, wallDay{day: label, before: sum})
				last = label
			}
			c.days[len(c.days)-1].total += 60
			sum += 60
		}
	}
	return c
}

// f is the working seconds from the begin of what is known up to a second.
func (c *wallCalendar) f(s int64) int64 {
	i := (s - c.from) / 60
	v := c.sum[i]
	if c.works[i] {
		v += (s - c.from) % 60
	}
	return v
}

// usedUp is the first second at which n more working seconds than at s are counted.
func (c *wallCalendar) usedUp(s, n int64) int64 {
	want := c.f(s) + n
	if n <= 0 {
		return s
	}
	i := sort.Search(len(c.sum), func(i int) bool { return c.sum[i] >= want }) - 1
	return c.from + int64(i)*60 + want - c.sum[i]
}

// exceeded is the last second at which no more than n working seconds after s are counted.
func (c *wallCalendar) exceeded(s, n int64) int64 {
	want := c.f(s) + n
	i := sort.Search(len(c.sum), func(i int) bool { return c.sum[i] > want }) - 1
	return c.from + int64(i)*60 + want - c.sum[i]
}

// workingDays is the goal in seconds of n working days after s: the same position in a later working day, or its end.
func (c *wallCalendar) workingDays(s int64, n int) int64 {
	i := int((s - c.from) / 60)
	for !c.works[i] {
		i++
	}
	k := sort.Search(len(c.days), func(j int) bool { return c.days[j].before > c.sum[i] }) - 1
	here, there := c.days[k], c.days[k+n]
	return there.before + min(c.f(s)-here.before, there.total) - c.f(s)
}

// calendarDays is the goal in seconds of n local days after s: the same clock time on a later day.
func (c *wallCalendar) calendarDays(s int64, n int) int64 {
	local := time.Unix(s, 0).In(c.zone)
	_, offset := local.Zone()
	want := local.Format("15:04:05")
	y, m, d := local.Date()
	day := time.Date(y, m, d+n, 12, 0, 0, 0, time.UTC).Format("2006-01-02")
	same := s + int64(n)*86400
	found := int64(0)
	for t := same - 3*3600; t <= same+3*3600; t += 900 { // clocks are changed by quarters of an hour
		at := time.Unix(t, 0).In(c.zone)
		if at.Format("2006-01-02") != day || at.Format("15:04:05") != want {
			continue
		}
		_, o := at.Zone()
		if o == offset {
			return c.f(t) - c.f(s)
		}
		if found == 0 {
			found = t
		}
	}
	if found == 0 {
		found = same // the clock skips that time
	}
	return c.f(found) - c.f(s)
}
