package calendar

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
)

type dated struct {
	time.Time
	name string
}

// civil is the calendar day that a time shows in its own zone, counted since 1970-01-01.
func civil(t time.Time) int64 {
	y, m, d := t.Date()
	return floorDiv(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix(), daySeconds)
}

// icsFile holds the closures of an .ics file: all-day and timed events, recurring ones with their exceptions.
// Times without a zone are read in the zone of the calendar.
type icsFile struct {
	path   string
	events []icsEvent
}

type icsEvent struct {
	uid, summary string
	allDay       bool
	start        icsTime
	length       time.Duration // of a timed event
	days         int           // of an all-day event
	rules        []string
	rdates       []icsTime
	exdates      []icsTime
	instead      *icsTime // RECURRENCE-ID: this event replaces that occurrence of its uid
	cancelled    bool
}

// icsTime is a wall clock time, its zone (nil = floating) and whether it is only a date.
type icsTime struct {
	wall time.Time // in UTC
	zone *time.Location
	date bool
}

func (t icsTime) in(floating *time.Location) time.Time {
	loc := t.zone
	if loc == nil {
		loc = floating
	}
	w := t.wall
	return time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, loc)
}

// maxOccurrences stops a file that recurs every second.
const maxOccurrences = 200_000

func readICS(path string) (holidaySource, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the holidays cannot be read: %w", err)
	}
	return parseICS(filepath.Base(path), data)
}

func parseICS(name string, data []byte) (*icsFile, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	cal, err := ical.ParseCalendar(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s is not an iCalendar file: %w", name, err)
	}
	f := &icsFile{path: name}
	for i, e := range cal.Events() {
		ev, err := parseEvent(e)
		if err != nil {
			return nil, fmt.Errorf("%s, event %d (%s): %w", name, i+1, property(e, ical.ComponentPropertySummary), err)
		}
		f.events = append(f.events, ev)
	}
	if len(f.events) == 0 {
		return nil, fmt.Errorf("%s holds no events", name)
	}
	return f, nil
}

func property(e *ical.VEvent, p ical.ComponentProperty) string {
	if v := e.GetProperty(p); v != nil {
		return v.Value
	}
	return ""
}

func parseEvent(e *ical.VEvent) (icsEvent, error) {
	ev := icsEvent{
		uid:       property(e, ical.ComponentPropertyUniqueId),
		summary:   property(e, ical.ComponentPropertySummary),
		cancelled: strings.EqualFold(property(e, ical.ComponentPropertyStatus), "CANCELLED"),
	}
	if ev.summary == "" {
		ev.summary = "closed"
	}
	startProp := e.GetProperty(ical.ComponentPropertyDtStart)
	if startProp == nil {
		return ev, fmt.Errorf("it has no DTSTART")
	}
	start, err := propertyTimes(startProp)
	if err != nil {
		return ev, err
	}
	ev.start, ev.allDay = start[0], start[0].date
	switch end := e.GetProperty(ical.ComponentPropertyDtEnd); {
	case end != nil:
		t, err := propertyTimes(end)
		if err != nil {
			return ev, err
		}
		if ev.allDay {
			ev.days = int(civil(t[0].wall) - civil(ev.start.wall))
		} else {
			ev.length = t[0].in(time.UTC).Sub(ev.start.in(time.UTC))
		}
	case property(e, "DURATION") != "":
		d, err := icsDuration(property(e, "DURATION"))
		if err != nil {
			return ev, err
		}
		ev.length, ev.days = d, int(d/(24*time.Hour))
	case ev.allDay:
		ev.days = 1
	}
	if ev.allDay && ev.days == 0 {
		ev.days = 1 // some programs write the same day as start and end
	}
	if ev.days < 0 || ev.length < 0 {
		return ev, fmt.Errorf("it ends before it begins")
	}
	if ev.days > 36600 || ev.length > 36600*24*time.Hour {
		return ev, fmt.Errorf("it is longer than 100 years")
	}
	for _, p := range e.GetProperties("RRULE") {
		opt, err := rrule.StrToROption(p.Value)
		if err != nil {
			return ev, fmt.Errorf("the rule %q cannot be read: %w", p.Value, err)
		}
		// The clock times of a day multiply; a rule by the second would be followed for hours.
		times := max(len(opt.Byhour), 1) * max(len(opt.Byminute), 1) * max(len(opt.Bysecond), 1)
		if opt.Freq == rrule.HOURLY || opt.Freq == rrule.MINUTELY || opt.Freq == rrule.SECONDLY || times > 96 {
			return ev, fmt.Errorf("the rule %q recurs too often for a closure; daily, weekly, monthly and yearly rules are read", p.Value)
		}
		ev.rules = append(ev.rules, p.Value)
	}
	for _, p := range e.GetProperties("RDATE") {
		t, err := propertyTimes(p)
		if err != nil {
			return ev, err
		}
		ev.rdates = append(ev.rdates, t...)
	}
	for _, p := range e.GetProperties("EXDATE") {
		t, err := propertyTimes(p)
		if err != nil {
			return ev, err
		}
		ev.exdates = append(ev.exdates, t...)
	}
	if p := e.GetProperty("RECURRENCE-ID"); p != nil {
		t, err := propertyTimes(p)
		if err != nil {
			return ev, err
		}
		ev.instead = &t[0]
	}
	return ev, nil
}

// propertyTimes reads DTSTART and its kin: dates and times, several separated by commas, with the zone of TZID.
func propertyTimes(p *ical.IANAProperty) ([]icsTime, error) {
	var zone *time.Location
	if ids := p.ICalParameters["TZID"]; len(ids) > 0 {
		loc, err := time.LoadLocation(strings.TrimPrefix(strings.Trim(ids[0], `"`), "/"))
		if err != nil || ids[0] == "" || ids[0] == "Local" {
			return nil, fmt.Errorf("the time zone %q is not an IANA zone such as Europe/Berlin", ids[0])
		}
		zone = loc
	}
	var out []icsTime
	for _, v := range strings.Split(p.Value, ",") {
		v, _, _ = strings.Cut(strings.TrimSpace(v), "/") // of a period only the start counts here
		t, err := time.Parse("20060102", v)
		if err == nil {
			out = append(out, icsTime{wall: t, date: true})
			continue
		}
		loc := zone
		if w, ok := strings.CutSuffix(v, "Z"); ok {
			v, loc = w, time.UTC
		}
		if t, err = time.Parse("20060102T150405", v); err != nil {
			return nil, fmt.Errorf("%q is not a time", v)
		}
		out = append(out, icsTime{wall: t, zone: loc})
	}
	return out, nil
}

var durationForm = regexp.MustCompile(`^P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$`)

func icsDuration(s string) (time.Duration, error) {
	m := durationForm.FindStringSubmatch(strings.TrimPrefix(s, "+"))
	if m == nil {
		return 0, fmt.Errorf("the duration %q cannot be read", s)
	}
	var d time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n := 0
		for _, r := range m[i+1] {
			n = n*10 + int(r-'0')
		}
		d += time.Duration(n) * unit
	}
	return d, nil
}

func (f *icsFile) closures(c *Calendar, fromDay, toDay int64) (map[int64]string, []stretch, error) {
	days, timed := map[int64]string{}, []stretch(nil)
	replaced := map[string]map[int64]bool{} // uid → occurrences that another event stands for
	for _, e := range f.events {
		if e.instead != nil {
			if replaced[e.uid] == nil {
				replaced[e.uid] = map[int64]bool{}
			}
			replaced[e.uid][e.moment(*e.instead, c)] = true
		}
	}
	for _, e := range f.events {
		if e.cancelled {
			continue
		}
		starts, err := e.occurrences(c, fromDay, toDay)
		if err != nil {
			return nil, nil, fmt.Errorf("%s (%s): %w", f.path, e.summary, err)
		}
		for _, t := range starts {
			if e.instead == nil && replaced[e.uid][e.key(t)] {
				continue
			}
			if !e.allDay {
				timed = append(timed, stretch{t.Unix(), t.Add(e.length).Unix()})
				continue
			}
			for d := max(civil(t), fromDay); d < civil(t)+int64(e.days) && d <= toDay; d++ {
				days[d] = e.summary
			}
		}
	}
	return days, timed, nil
}

// moment is the identity of an occurrence: its day for all-day events, its instant otherwise.
func (e icsEvent) moment(t icsTime, c *Calendar) int64 {
	if e.allDay || t.date {
		return civil(t.wall)
	}
	return t.in(c.Zone).Unix()
}

func (e icsEvent) key(t time.Time) int64 {
	if e.allDay {
		return civil(t)
	}
	return t.Unix()
}

// occurrences are the starts that can reach [fromDay, toDay]. All-day ones are midnights written in UTC.
func (e icsEvent) occurrences(c *Calendar, fromDay, toDay int64) ([]time.Time, error) {
	zone := c.Zone
	if e.allDay {
		zone = time.UTC
	}
	at := func(t icsTime) time.Time {
		if e.allDay {
			return t.wall.Truncate(24 * time.Hour)
		}
		if t.date { // EXDATE as a date for a timed event: the same clock time on that day
			s := e.start.in(zone)
			return time.Date(t.wall.Year(), t.wall.Month(), t.wall.Day(), s.Hour(), s.Minute(), s.Second(), 0, s.Location())
		}
		return t.in(zone)
	}
	start := at(e.start)
	first := dayTime(fromDay).Add(-time.Duration(max(e.days, 1))*24*time.Hour - e.length)
	last := dayTime(toDay + 2)
	starts := map[int64]time.Time{}
	keep := func(t time.Time) error {
		if !t.Before(first) && !t.After(last) {
			starts[t.Unix()] = t
		}
		if len(starts) > maxOccurrences {
			return fmt.Errorf("it recurs more than %d times", maxOccurrences)
		}
		return nil
	}
	if err := keep(start); err != nil {
		return nil, err
	}
	for _, text := range e.rules {
		opt, err := rrule.StrToROptionInLocation(text, start.Location())
		if err != nil {
			return nil, err
		}
		opt.Dtstart = start
		rule, err := rrule.NewRRule(*opt)
		if err != nil {
			return nil, err
		}
		next := rule.Iterator()
		for n := 0; ; n++ {
			t, ok := next()
			if !ok || t.After(last) {
				break
			}
			if n > 20*maxOccurrences {
				return nil, fmt.Errorf("the rule %s recurs too often", text)
			}
			if err := keep(t); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range e.rdates {
		if err := keep(at(t)); err != nil {
			return nil, err
		}
	}
	for _, t := range e.exdates {
		delete(starts, at(t).Unix())
	}
	out := make([]time.Time, 0, len(starts))
	for _, t := range starts {
		out = append(out, t)
	}
	return out, nil
}
