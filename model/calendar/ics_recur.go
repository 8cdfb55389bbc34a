package calendar

import (
	"fmt"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
)

// maxInterval is the highest INTERVAL of a rule: the library counts years in it, and a higher one would never end.
const maxInterval = 10_000

// civil is the calendar day that a time shows in its own zone, counted since 1970-01-01.
func civil(t time.Time) int64 {
	_, offset := t.Zone()
	return floorDiv(t.Unix()+int64(offset), daySeconds)
}

// instantOf is the UTC second at which the clock of a zone shows a time on the wall. A repeated time is its first one; a
// skipped time is read with the offset before the change (RFC 5545, 3.3.5).
func instantOf(wall int64, zone *time.Location) int64 {
	offset := func(s int64) int64 {
		_, o := time.Unix(s, 0).In(zone).Zone()
		return int64(o)
	}
	before, after := offset(wall-daySeconds), offset(wall+daySeconds)
	if t := wall - before; offset(t) == before {
		return t
	}
	if t := wall - after; offset(t) == after {
		return t
	}
	return wall - before
}

// wallOf is what the clock of a zone shows at a UTC second.
func wallOf(instant int64, zone *time.Location) int64 {
	_, o := time.Unix(instant, 0).In(zone).Zone()
	return instant + int64(o)
}

// instant is the UTC second of a time; floating ones are read in the zone that is given.
func (t icsTime) instant(floating *time.Location) int64 {
	if t.zone != nil {
		floating = t.zone
	}
	return instantOf(t.wall, floating)
}

// day is the local day that a time names for an all-day event. Programs write these also as the instant of midnight.
func (t icsTime) day(zone *time.Location) int64 {
	if t.zone != nil && !t.date {
		if wall := wallOf(t.instant(zone), zone); wall%daySeconds == 0 {
			return floorDiv(wall, daySeconds)
		}
	}
	return floorDiv(t.wall, daySeconds)
}

// rule reads a recurrence rule. UNTIL is taken out of it: it is compared on the wall of the event.
func (p properties) rule(one ical.IANAProperty) (icsRule, error) {
	var out icsRule
	var parts []string
	for _, part := range strings.Split(strings.ToUpper(strings.TrimSpace(one.Value)), ";") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "":
			continue
		case "UNTIL":
			t, err := icsMoment(value, nil)
			if err != nil {
				return out, fmt.Errorf("the rule %.200q cannot be read: UNTIL: %w", one.Value, err)
			}
			out.until = &t
			continue
		}
		parts = append(parts, part)
	}
	out.text = strings.Join(parts, ";")
	opt, err := rrule.StrToROption(out.text)
	if err == nil && (opt.Interval < 0 || opt.Interval > maxInterval || opt.Count < 0) {
		err = fmt.Errorf("INTERVAL and COUNT go from 1, INTERVAL to %d", maxInterval)
	}
	if err == nil {
		_, err = rrule.NewRRule(*opt)
	}
	if err != nil {
		return out, fmt.Errorf("the rule %.200q cannot be read: %w", one.Value, err)
	}
	// The clock times of a day multiply; a rule by the second would be followed for hours.
	times := max(len(opt.Byhour), 1) * max(len(opt.Byminute), 1) * max(len(opt.Bysecond), 1)
	if opt.Freq == rrule.HOURLY || opt.Freq == rrule.MINUTELY || opt.Freq == rrule.SECONDLY || times > 96 {
		return out, fmt.Errorf("the rule %.200q recurs too often for a calendar; daily, weekly, monthly and yearly rules are read", one.Value)
	}
	return out, nil
}

// occurrence is an event at one time: whole local days, or a stretch of UTC seconds.
type occurrence struct {
	allDay          bool
	firstDay, until int64 // days since 1970-01-01; until is not included
	stretch
}

func (f *icsFile) closures(c *Calendar, fromDay, toDay int64) (map[int64]string, []stretch, error) {
	days, timed := map[int64]string{}, []stretch(nil)
	replaced := map[string][]icsTime{} // uid → occurrences that another event stands for
	for _, e := range f.events {
		if e.instead != nil && e.uid != "" {
			replaced[e.uid] = append(replaced[e.uid], *e.instead)
		}
	}
	for _, e := range f.events {
		if e.cancelled {
			continue
		}
		if e.instead == nil {
			e.exdates = append(e.exdates[:len(e.exdates):len(e.exdates)], replaced[e.uid]...)
		}
		found, err := e.occurrences(c.Zone, fromDay, toDay)
		if err != nil {
			return nil, nil, fmt.Errorf("%s (%s): %w", f.path, e.summary, err)
		}
		for _, o := range found {
			if !o.allDay {
				timed = append(timed, o.stretch)
				continue
			}
			for d := max(o.firstDay, fromDay); d < o.until && d <= toDay; d++ {
				if had, ok := days[d]; !ok || e.summary < had {
					days[d] = e.summary
				}
			}
		}
	}
	return days, timed, nil
}

// occurrences are those that reach into the local days [fromDay, toDay] of a zone.
func (e icsEvent) occurrences(floating *time.Location, fromDay, toDay int64) ([]occurrence, error) {
	allDay := e.start.date
	zone := floating
	if e.start.zone != nil {
		zone = e.start.zone
	}
	// The wall of the event: the days of the calendar for all-day ones, else the clock of its zone.
	wall := func(t icsTime) int64 {
		switch {
		case allDay:
			return t.day(floating) * daySeconds
		case t.zone == nil || t.zone == zone:
			return t.wall
		}
		return wallOf(t.instant(floating), zone)
	}
	offDays, off := map[int64]bool{}, map[int64]bool{}
	for _, t := range e.exdates {
		if t.date || allDay {
			offDays[floorDiv(wall(t), daySeconds)] = true
		} else {
			off[t.instant(zone)] = true
		}
	}
	lowest, highest := (fromDay-2)*daySeconds, (toDay+3)*daySeconds
	var out []occurrence
	seen := map[int64]bool{}
	keep := func(at int64, length icsLength) error {
		start := instantOf(at, zone)
		if at > highest || seen[at] || offDays[floorDiv(at, daySeconds)] || !allDay && off[start] {
			return nil
		}
		o := e.at(at, start, length, allDay, zone, floating)
		if allDay && o.until*daySeconds < lowest || !allDay && o.to < lowest {
			return nil
		}
		if seen[at] = true; len(out) >= maxOccurrences {
			return fmt.Errorf("it recurs more than %d times", maxOccurrences)
		}
		out = append(out, o)
		return nil
	}
	// A period of RDATE says more than the rule that may name the same start.
	for _, d := range e.rdates {
		length := e.length
		if d.length != nil {
			length = *d.length
		}
		if err := keep(wall(d.start), length); err != nil {
			return nil, err
		}
	}
	if err := keep(wall(e.start), e.length); err != nil {
		return nil, err
	}
	for _, r := range e.rules {
		opt, err := rrule.StrToROption(r.text)
		if err != nil {
			return nil, err
		}
		last := highest
		if r.until != nil {
			until := wall(*r.until)
			if r.until.date || allDay {
				until = floorDiv(until, daySeconds)*daySeconds + daySeconds - 1 // that day included
			}
			last = min(last, until)
		}
		// The rule is followed on the wall, where no hour is missing or comes twice. Without an end the library gives up
		// after 292 years.
		begin := wall(e.start)
		if opt.Count == 0 && (opt.Freq == rrule.DAILY || opt.Freq == rrule.WEEKLY) {
			// Whole rounds that end before the window are left out.
			round := int64(max(opt.Interval, 1)) * daySeconds
			if opt.Freq == rrule.WEEKLY {
				round *= 7
			}
			begin += max(0, (lowest-e.length.about(e.start)-7*daySeconds-begin)/round) * round
		}
		opt.Dtstart, opt.Until = time.Unix(begin, 0).UTC(), time.Unix(last, 0).UTC()
		rule, err := rrule.NewRRule(*opt)
		if err != nil {
			return nil, err
		}
		next := rule.Iterator()
		for n := 0; ; n++ {
			t, ok := next()
			if !ok || t.Unix() > last {
				break
			}
			if n > 2*maxOccurrences {
				return nil, fmt.Errorf("the rule %.200s recurs too often", r.text)
			}
			if err := keep(t.Unix(), e.length); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// at is the occurrence that begins at a time on the wall of the event, which is the instant start.
func (e icsEvent) at(wall, start int64, length icsLength, allDay bool, zone, floating *time.Location) occurrence {
	if allDay {
		days := length.days + (length.seconds+daySeconds-1)/daySeconds
		if length.end != nil {
			days = length.end.day(floating) - e.start.day(floating)
		}
		day := floorDiv(wall, daySeconds)
		// Some programs write the same day as begin and end; without an end it is one day.
		return occurrence{allDay: true, firstDay: day, until: day + max(days, 1)}
	}
	end := start
	switch {
	case length.end != nil && length.end != e.length.end: // of a period
		end = length.end.instant(zone)
	case length.end != nil: // the exact length of the first occurrence counts for all
		end = start + length.end.instant(zone) - e.start.instant(zone)
	case length.given:
		end = instantOf(wall+length.days*daySeconds, zone) + length.seconds
		if length.days == 0 {
			end = start + length.seconds
		}
	}
	return occurrence{stretch: stretch{start, max(end, start)}}
}
