package calendar

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"
)

// icsFile holds the events of an .ics file (RFC 5545): all-day and timed ones, recurring ones with their exceptions.
// Times without a zone are read in the zone of the calendar. Whether an event is marked busy or free does not matter:
// calendars of public holidays mark them free.
type icsFile struct {
	path   string
	events []icsEvent
}

// icsEvent is one VEVENT.
type icsEvent struct {
	uid, summary string
	start        icsTime
	length       icsLength
	rules        []icsRule
	rdates       []icsDate
	exdates      []icsTime
	instead      *icsTime // RECURRENCE-ID: this event replaces that occurrence of its uid
	cancelled    bool
}

// icsTime is a time on the wall in seconds since 1970-01-01 00:00, its zone (nil = floating) and whether it is only a date.
type icsTime struct {
	wall int64
	zone *time.Location
	date bool
}

// icsLength is how long an event takes: up to its end, or a number of days on the wall and seconds.
type icsLength struct {
	end           *icsTime
	days, seconds int64
	given         bool
}

// icsDate is one occurrence of RDATE; a period has a length of its own.
type icsDate struct {
	start  icsTime
	length *icsLength
}

// icsRule is one RRULE, its UNTIL apart.
type icsRule struct {
	text  string
	until *icsTime
}

const (
	maxOccurrences = 200_000   // of one event: stops a file that recurs without end
	maxICS         = 8 << 20   // bytes of a file
	maxLine        = 64 << 10  // bytes of a line that matters
	maxNesting     = 8         // components in components
	longest        = 100 * 366 // days of one event
	maxSummary     = 200       // letters of a name
)

func readICS(path string) (holidaySource, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxICS+1))
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	return parseICS(filepath.Base(path), data)
}

func parseICS(name string, data []byte) (*icsFile, error) {
	if len(data) > maxICS {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxICS>>20)
	}
	objects, err := cutICS(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, fmt.Errorf("%s is not an iCalendar file: %w", name, err)
	}
	f := &icsFile{path: name}
	for _, object := range objects {
		cal, err := ical.ParseCalendar(strings.NewReader(object))
		if err != nil {
			return nil, fmt.Errorf("%s is not an iCalendar file: %w", name, err)
		}
		zones := zonesOf(cal)
		for _, e := range cal.Events() {
			p := newProperties(e.Properties, zones)
			ev, err := p.event()
			if err != nil {
				return nil, fmt.Errorf("%s, event %d (%s): %w", name, len(f.events)+1, p.text("SUMMARY"), err)
			}
			f.events = append(f.events, ev)
		}
	}
	if len(f.events) == 0 {
		return nil, fmt.Errorf("%s holds no events", name)
	}
	return f, nil
}

// wanted are the properties that say when something happens and what it is called. Others may stand as they like.
var wanted = map[string]bool{"UID": true, "SUMMARY": true, "STATUS": true, "DTSTART": true, "DTEND": true, "DURATION": true, "RRULE": true,
	"RDATE": true, "EXDATE": true, "EXRULE": true, "RECURRENCE-ID": true, "TZID": true, "TZOFFSETFROM": true, "TZOFFSETTO": true, "X-LIC-LOCATION": true}

// cutICS unfolds the lines of a file, keeps those that matter with their names in capitals, and cuts it into its
// iCalendar objects.
func cutICS(data []byte) ([]string, error) {
	text := strings.ReplaceAll(string(bytes.ToValidUTF8(data, []byte("\uFFFD"))), "\r\n", "\n")
	text = strings.NewReplacer("\r", "\n", "\x00", "").Replace(text)
	text = strings.NewReplacer("\n ", "", "\n\t", "").Replace(text)
	var objects []string
	var open []string // components that were begun
	var out strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		cut := strings.IndexAny(line+":", ":;")
		name, rest := strings.ToUpper(line[:cut]), line[cut:] // capitals may take more bytes
		switch name {
		case "BEGIN":
			component := strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(rest, ":")))
			if (len(open) == 0) != (component == "VCALENDAR") {
				return nil, fmt.Errorf("line %d: BEGIN:%.40s stands where it cannot", i+1, component)
			}
			if open = append(open, component); len(open) > maxNesting {
				return nil, fmt.Errorf("line %d: components are nested too deeply", i+1)
			}
			line = "BEGIN:" + component
		case "END":
			component := strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(rest, ":")))
			if len(open) == 0 || open[len(open)-1] != component {
				return nil, fmt.Errorf("line %d: END:%.40s ends nothing that was begun", i+1, component)
			}
			open = open[:len(open)-1]
			line = "END:" + component
		default:
			if len(open) == 0 {
				return nil, fmt.Errorf("line %d: BEGIN:VCALENDAR does not stand first", i+1)
			}
			if !wanted[name] {
				continue
			}
			if len(line) > maxLine {
				return nil, fmt.Errorf("line %d: %s is longer than %d KiB", i+1, name, maxLine>>10)
			}
			line = name + strings.TrimRight(rest, " \t")
		}
		out.WriteString(line + "\r\n")
		if len(open) == 0 {
			objects = append(objects, out.String())
			out.Reset()
		}
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("it ends before END:%.40s, so a part of it is missing", open[len(open)-1])
	}
	if len(objects) == 0 {
		return nil, fmt.Errorf("there is no BEGIN:VCALENDAR")
	}
	return objects, nil
}

// properties are those of one event, by name.
type properties struct {
	byName map[string][]ical.IANAProperty
	zones  map[string]*time.Location
}

func newProperties(list []ical.IANAProperty, zones map[string]*time.Location) properties {
	p := properties{map[string][]ical.IANAProperty{}, zones}
	for _, one := range list {
		p.byName[one.IANAToken] = append(p.byName[one.IANAToken], one)
	}
	return p
}

func (p properties) text(name string) string {
	if list := p.byName[name]; len(list) > 0 {
		return strings.TrimSpace(list[0].Value)
	}
	return ""
}

// times reads every value of a property.
func (p properties) times(name string) ([]icsDate, error) {
	var out []icsDate
	for _, one := range p.byName[name] {
		t, err := p.read(one)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, t...)
	}
	return out, nil
}

// one reads a property that may stand only once and has one value; nil when it is missing.
func (p properties) one(name string) (*icsTime, error) {
	t, err := p.times(name)
	switch {
	case err != nil || len(p.byName[name]) == 0:
		return nil, err
	case len(t) != 1 || t[0].length != nil:
		return nil, fmt.Errorf("%s: one time is expected, not %d", name, len(t))
	}
	return &t[0].start, nil
}

func (p properties) event() (icsEvent, error) {
	name := strings.Join(strings.Fields(p.text("SUMMARY")), " ")
	if letters := []rune(name); len(letters) > maxSummary {
		name = string(letters[:maxSummary]) + "…"
	}
	ev := icsEvent{uid: p.text("UID"), summary: name, cancelled: strings.EqualFold(p.text("STATUS"), "CANCELLED")}
	if ev.summary == "" {
		ev.summary = closedDay
	}
	start, err := p.one("DTSTART")
	if err != nil {
		return ev, err
	}
	if start == nil {
		return ev, fmt.Errorf("it has no DTSTART")
	}
	ev.start = *start
	if ev.length.end, err = p.one("DTEND"); err != nil {
		return ev, err
	}
	if text := p.text("DURATION"); text != "" && ev.length.end == nil {
		if ev.length, err = icsDuration(text); err != nil {
			return ev, err
		}
	}
	if err := ev.length.check(ev.start); err != nil {
		return ev, err
	}
	if len(p.byName["EXRULE"]) > 0 {
		return ev, fmt.Errorf("EXRULE is not read (RFC 5545 dropped it): write the exceptions as EXDATE")
	}
	for _, one := range p.byName["RRULE"] {
		rule, err := p.rule(one)
		if err != nil {
			return ev, err
		}
		ev.rules = append(ev.rules, rule)
	}
	if ev.rdates, err = p.times("RDATE"); err != nil {
		return ev, err
	}
	for _, d := range ev.rdates {
		if d.length != nil {
			if err := d.length.check(d.start); err != nil {
				return ev, fmt.Errorf("RDATE: %w", err)
			}
		}
	}
	exdates, err := p.times("EXDATE")
	if err != nil {
		return ev, err
	}
	for _, d := range exdates {
		ev.exdates = append(ev.exdates, d.start)
	}
	if ev.instead, err = p.one("RECURRENCE-ID"); err != nil {
		return ev, err
	}
	if ev.instead != nil {
		if p.byName["RECURRENCE-ID"][0].ICalParameters["RANGE"] != nil {
			return ev, fmt.Errorf("RECURRENCE-ID with RANGE is not read: let the rule end before it, and begin a new one")
		}
		if len(ev.rules)+len(ev.rdates) > 0 {
			return ev, fmt.Errorf("an event that replaces an occurrence cannot recur itself")
		}
	}
	return ev, nil
}

// about is the length in seconds; clock changes may make it a little longer or shorter.
func (l icsLength) about(start icsTime) int64 {
	if l.end != nil {
		return l.end.instant(time.UTC) - start.instant(time.UTC)
	}
	return l.days*daySeconds + l.seconds
}

// check refuses a length that goes backwards or is absurd.
func (l icsLength) check(start icsTime) error {
	switch length := l.about(start); {
	case length < 0:
		return fmt.Errorf("it ends before it begins")
	case length > longest*daySeconds:
		return fmt.Errorf("it is longer than 100 years")
	}
	return nil
}

// read reads one property with dates and times, separated by commas, in the zone of TZID.
func (p properties) read(one ical.IANAProperty) ([]icsDate, error) {
	var zone *time.Location
	if ids := one.ICalParameters["TZID"]; len(ids) > 0 {
		var err error
		if zone, err = p.zone(ids[0]); err != nil {
			return nil, err
		}
	}
	var out []icsDate
	for _, v := range strings.Split(one.Value, ",") {
		v, end, isPeriod := strings.Cut(strings.TrimSpace(v), "/")
		start, err := icsMoment(v, zone)
		if err != nil {
			return nil, err
		}
		d := icsDate{start: start}
		if isPeriod {
			d.length = &icsLength{}
			if strings.HasPrefix(end, "P") || strings.HasPrefix(end, "+P") {
				*d.length, err = icsDuration(end)
			} else {
				var t icsTime
				t, err = icsMoment(end, zone)
				d.length.end = &t
			}
			if err != nil {
				return nil, err
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// icsMoment reads 20261224, 20261224T080000 or 20261224T080000Z.
func icsMoment(v string, zone *time.Location) (icsTime, error) {
	t, err := time.Parse("20060102", v)
	if err == nil {
		return icsTime{wall: t.Unix(), date: true}, nil
	}
	text := v
	if w, ok := strings.CutSuffix(v, "Z"); ok {
		text, zone = w, time.UTC
	}
	if t, err = time.Parse("20060102T150405", text); err != nil || len(text) != len("20060102T150405") {
		return icsTime{}, fmt.Errorf("%.40q is not a time", v)
	}
	return icsTime{wall: t.Unix(), zone: zone}, nil
}

var durationForm = regexp.MustCompile(`^\+?P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$`)

// icsDuration reads P1D, PT8H30M, P2W: weeks and days are days on the wall, the rest is exact.
func icsDuration(s string) (icsLength, error) {
	m := durationForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil || strings.HasSuffix(s, "P") || strings.HasSuffix(s, "T") {
		return icsLength{}, fmt.Errorf("the duration %.40q cannot be read", s)
	}
	var n [5]int64
	for i := range n {
		for _, r := range m[i+1] {
			n[i] = n[i]*10 + int64(r-'0')
		}
	}
	return icsLength{days: n[0]*7 + n[1], seconds: n[2]*3600 + n[3]*60 + n[4], given: true}, nil
}
