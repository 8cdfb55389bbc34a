package calendar

import (
	"sort"
	"time"
)

// working is a stretch of working time. label is the local day that it belongs to: the day on which its span begins.
type working struct {
	stretch
	label int64
}

// closed is a holiday of a calendar, for the record.
type closed struct {
	day  int64
	name string
}

// layout finds the working time of [from, to) in UTC seconds, sorted and disjoint, and the holidays of these days.
func (c *Calendar) layout(from, to int64) ([]working, []closed, error) {
	// Two days more on each side: zones reach 14 hours, spans a day over midnight.
	firstDay, lastDay := floorDiv(from, daySeconds)-2, floorDiv(to, daySeconds)+2
	days := map[int64]string{}
	var timed []stretch
	for _, src := range c.holidays {
		d, t, err := src.closures(c, firstDay, lastDay)
		if err != nil {
			return nil, nil, err
		}
		for day, name := range d {
			if had, ok := days[day]; !ok || had == "closed day" || (name != "closed day" && name < had) {
				days[day] = name
			}
		}
		timed = append(timed, t...)
	}
	var out []working
	for at := from; at < to; {
		offset, end := zoneSpan(c.Zone, at, to)
		out = append(out, c.layoutSpan(stretch{at, end}, offset, days)...)
		at = end
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].from < out[j].from })
	out = subtract(join(out), timed)
	var names []closed
	for day, name := range days {
		if day*daySeconds >= from-daySeconds && day*daySeconds < to {
			names = append(names, closed{day, name})
		}
	}
	sort.Slice(names, func(i, j int) bool { return names[i].day < names[j].day })
	return out, names, nil
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

// layoutSpan works in a stretch whose offset is constant.
func (c *Calendar) layoutSpan(span stretch, offset int64, holidays map[int64]string) []working {
	var out []working
	localFrom, localTo := span.from+offset, span.to+offset
	add := func(label, a, b int64) {
		a, b = max(a, localFrom), min(b, localTo)
		if a < b {
			out = append(out, working{stretch{a - offset, b - offset}, label})
		}
	}
	for day := floorDiv(localFrom, daySeconds) - 1; day*daySeconds < localTo; day++ {
		midnight := day * daySeconds
		for _, s := range c.hours[weekday(day)] {
			// A holiday takes its local day, midnight to midnight: also the morning end of a night before it.
			if _, off := holidays[day]; !off {
				add(day, midnight+s.From, midnight+min(s.To, daySeconds))
			}
			if _, off := holidays[day+1]; !off && s.To > daySeconds {
				add(day, midnight+max(s.From, daySeconds), midnight+s.To)
			}
		}
		for _, s := range c.open[day] {
			add(day, midnight+s.From, midnight+s.To)
		}
	}
	return out
}

// weekday of a day counted since 1970-01-01, a Thursday; 0 is Monday.
func weekday(day int64) int64 { return ((day+3)%7 + 7) % 7 }

// join makes sorted stretches disjoint; where two overlap the earlier one keeps the time.
func join(in []working) []working {
	var out []working
	for _, w := range in {
		if n := len(out); n > 0 {
			last := &out[n-1]
			if w.label == last.label && w.from <= last.to {
				last.to = max(last.to, w.to)
				continue
			}
			w.from = max(w.from, last.to)
		}
		if w.from < w.to {
			out = append(out, w)
		}
	}
	return out
}

// subtract takes closed stretches out of sorted disjoint ones.
func subtract(in []working, off []stretch) []working {
	if len(off) == 0 {
		return in
	}
	sort.Slice(off, func(i, j int) bool { return off[i].from < off[j].from })
	var out []working
	for _, w := range in {
		at := w.from
		// The first closure that could reach w: closures may overlap, so all that begin before its end are asked.
		for _, o := range off {
			if o.from >= w.to {
				break
			}
			if o.to <= at {
				continue
			}
			if o.from > at {
				out = append(out, working{stretch{at, o.from}, w.label})
			}
			at = max(at, o.to)
		}
		if at < w.to {
			out = append(out, working{stretch{at, w.to}, w.label})
		}
	}
	return out
}
