package calendar

import (
	"sort"
	"time"

	"deskproof/model/config"
)

// working is a stretch of working time, or a part of one.
type working struct {
	stretch
	label int64 // local day that it belongs to: the day on which its span begins
	began int64 // UTC second at which the whole span, as agreed, begins
}

// closed is a holiday of a calendar, for the record.
type closed struct {
	day  int64
	name string
}

// layout finds the working time of [from, to) in UTC seconds, sorted and disjoint, and the holidays of these days. What
// it finds for a second does not depend on from and to.
func (c *Calendar) layout(from, to int64) ([]working, []closed, error) {
	l := &layouts{from: from, to: to, known: map[*Calendar]laid{}}
	whole, err := l.of(c)
	if err != nil {
		return nil, nil, err
	}
	var out []working
	for _, w := range whole.work {
		w.from, w.to = max(w.from, from), min(w.to, to)
		if n := len(out); n > 0 && out[n-1].label == w.label && out[n-1].to == w.from {
			out[n-1].to = w.to
		} else if w.from < w.to {
			out = append(out, w)
		}
	}
	var names []closed
	for _, h := range whole.off {
		if h.day*daySeconds >= from-daySeconds && h.day*daySeconds < to {
			names = append(names, h)
		}
	}
	return out, names, nil
}

// laid is what a calendar laid out over a window; the work may reach beyond it.
type laid struct {
	work []working
	off  []closed
}

// layouts lays calendars out over one window, each once however often others are built from it.
type layouts struct {
	from, to int64
	known    map[*Calendar]laid
}

func (l *layouts) of(c *Calendar) (laid, error) {
	if got, ok := l.known[c]; ok {
		return got, nil
	}
	lay := l.simple
	if c.composed() {
		lay = l.composed
	}
	out, err := lay(c)
	if err != nil {
		return laid{}, err
	}
	sort.Slice(out.off, func(i, j int) bool {
		a, b := out.off[i], out.off[j]
		return a.day < b.day || a.day == b.day && a.name < b.name
	})
	l.known[c] = out
	return out, nil
}

// simple lays out hours without holidays, together with what is open extra.
func (l *layouts) simple(c *Calendar) (laid, error) {
	from, to := l.from, l.to
	// Days more on each side: zones reach 14 hours, spans a day over midnight.
	firstDay, lastDay := floorDiv(from, daySeconds)-3, floorDiv(to, daySeconds)+3
	gather := func(sources []holidaySource) (map[int64]string, []stretch, error) {
		days := map[int64]string{}
		var timed []stretch
		for _, src := range sources {
			d, t, err := src.closures(c, firstDay, lastDay)
			if err != nil {
				return nil, nil, err
			}
			for day, name := range d {
				if had, ok := days[day]; !ok || had == closedDay || (name != closedDay && name < had) {
					days[day] = name
				}
			}
			timed = append(timed, t...)
		}
		return days, timed, nil
	}
	off, offTimed, err := gather(c.holidays)
	if err != nil {
		return laid{}, err
	}
	whole, windows, err := gather(c.windows)
	if err != nil {
		return laid{}, err
	}
	var hours, open []working
	for at := from; at < to; {
		offset, end := zoneSpan(c.Zone, at, to)
		h, o := c.layoutSpan(stretch{at, end}, offset, off, whole)
		hours, open = append(hours, h...), append(open, o...)
		at = end
	}
	for _, w := range windows {
		open = append(open, c.cutDays(w, firstDay*daySeconds, lastDay*daySeconds)...)
	}
	out := laid{work: blend([][]working{blend([][]working{hours}, nil, offTimed), open}, nil, nil)}
	for day, name := range off {
		out.off = append(out.off, closed{day, name})
	}
	return out, nil
}

// zoneSpan gives the offset of a zone at a second, and the end of the time, up to limit, in which the clock is not
// changed: there, local time is UTC plus a constant.
func zoneSpan(zone *time.Location, at, limit int64) (offset, end int64) {
	look := func(s int64) (int64, int64) {
		t := time.Unix(s, 0).In(zone)
		_, o := t.Zone()
		_, e := t.ZoneBounds()
		if e.IsZero() {
			return int64(o), limit
		}
		return int64(o), e.Unix()
	}
	offset, end = look(at)
	// On 31 December of a leap year ZoneBounds of a zone with a yearly rule ends before it begins (it takes the year for
	// 365 days); there the clock is asked every quarter of an hour.
	for next := at; end <= at; {
		next = next - next%900 + 900
		if next >= limit {
			return offset, limit
		}
		if o, _ := look(next); o != offset {
			return offset, next
		}
		if _, e := look(next); e > next {
			end = e
		}
	}
	return offset, min(end, limit)
}

// layoutSpan works in a stretch whose offset is constant: the hours without holidays, and what is open extra. whole are
// days that are open from midnight to midnight.
func (c *Calendar) layoutSpan(span stretch, offset int64, holidays, whole map[int64]string) (hours, open []working) {
	localFrom, localTo := span.from+offset, span.to+offset
	add := func(out *[]working, day int64, s config.Span, from, to int64) {
		midnight := day * daySeconds
		a, b := max(midnight+from, localFrom), min(midnight+to, localTo)
		if a >= b {
			return
		}
		began := midnight + s.From - offset
		if began-span.from < 2*daySeconds { // the span may begin before the clock was changed
			began = firstInstant(c.Zone, midnight+s.From, midnight+s.To)
		}
		*out = append(*out, working{stretch{a - offset, b - offset}, day, began})
	}
	for day := floorDiv(localFrom, daySeconds) - 1; day*daySeconds < localTo; day++ {
		for _, s := range c.hoursOf(day) {
			// A holiday takes its local day, midnight to midnight: also the morning end of a night before it.
			if _, off := holidays[day]; !off {
				add(&hours, day, s, s.From, min(s.To, daySeconds))
			}
			if _, off := holidays[day+1]; !off && s.To > daySeconds {
				add(&hours, day, s, max(s.From, daySeconds), s.To)
			}
		}
		for _, s := range c.open[day] {
			add(&open, day, s, s.From, s.To)
		}
		if _, on := whole[day]; on {
			add(&open, day, config.Span{From: 0, To: daySeconds}, 0, daySeconds)
		}
	}
	return hours, open
}

// hoursOf are the hours that are agreed for a local day.
func (c *Calendar) hoursOf(day int64) []config.Span {
	i := sort.Search(len(c.hours), func(i int) bool { return c.hours[i].from > day }) - 1
	if i < 0 {
		return nil
	}
	return c.hours[i].days[weekday(day)]
}

// firstInstant is the first UTC second at which the clock on the wall shows a time of [from, to), local seconds; some
// second must.
func firstInstant(zone *time.Location, from, to int64) int64 {
	const furthest = 16 * 3600 // no zone was ever further from UTC
	for at, limit := from-furthest, to+furthest; at < limit; {
		offset, end := zoneSpan(zone, at, limit)
		if a := max(at, from-offset); a < min(end, to-offset) {
			return a
		}
		at = end
	}
	return from
}

// cutDays gives the part of a stretch between two instants its days: up to 24 hours belong to the local day on which they
// begin, more to each of their days.
func (c *Calendar) cutDays(s stretch, from, to int64) []working {
	if s.to-s.from <= daySeconds {
		if s.from >= s.to || s.to <= from || s.from >= to {
			return nil
		}
		return []working{{s, civil(time.Unix(s.from, 0).In(c.Zone)), s.from}}
	}
	var out []working
	for at, end := max(s.from, from), min(s.to, to); at < end; {
		offset, stop := zoneSpan(c.Zone, at, end)
		day := floorDiv(at+offset, daySeconds)
		stop = min(stop, (day+1)*daySeconds-offset)
		began := at
		if n := len(out); n > 0 && out[n-1].label == day {
			began = out[n-1].began
		}
		out = append(out, working{stretch{at, stop}, day, began})
		at = stop
	}
	return out
}

// weekday of a day counted since 1970-01-01, a Thursday; 0 is Monday.
func weekday(day int64) int64 { return ((day+3)%7 + 7) % 7 }
