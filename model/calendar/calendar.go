// Package calendar lays the service times of deskproof.yaml out as stretches of UTC seconds.
//
// An instant is working time when the clock on the wall of the calendar's zone shows a time inside the hours of that
// local day, and the day is no holiday. Everything else follows from this: a day with a clock change has 23 or 25
// hours, a repeated hour counts twice, an hour that the clock skips counts not at all. Stretches are half open. The
// engine never asks for a time zone again: it joins instants to calendar_piece, which covers every second.
package calendar

import (
	"fmt"
	"sort"
	"strings"
	"time"
	_ "time/tzdata" // zones must be known on machines that have no zone database

	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

const daySeconds = int64(86400)

// Set is all calendars of a configuration, and the variants of them in other zones that were asked for.
type Set struct {
	calendars []*Calendar
	byName    map[string]int // name, or name and zone, to the index in calendars

	fromDay, toDay int64 // UTC days that are laid out: [fromDay, toDay)
}

// Calendar is one service time in one zone.
type Calendar struct {
	ID   int64  // number within the Set, from 1
	Name string // name in deskproof.yaml; a variant carries its zone in brackets
	Zone *time.Location
	Text string // hours and holidays in words

	hours    [7][]config.Span        // by weekday, 0 is Monday
	open     map[int64][]config.Span // extra working time by local day
	holidays []holidaySource

	// Where the layout stands, for the next stretch.
	worked, ordinal, label int64
}

// holidaySource names the closures between two local days (both included).
type holidaySource interface {
	closures(c *Calendar, fromDay, toDay int64) (days map[int64]string, timed []stretch, err error)
}

// stretch is a half open span of UTC seconds.
type stretch struct{ from, to int64 }

// Compile reads every calendar of a checked configuration. The error lists all problems (strictyaml.Problems).
func Compile(cfg *config.Config) (*Set, error) {
	s := &Set{byName: map[string]int{}}
	always := &Calendar{Name: config.Always, Zone: time.UTC, Text: "24 hours, 7 days"}
	for d := range always.hours {
		always.hours[d] = []config.Span{{From: 0, To: daySeconds}}
	}
	s.add(always)
	var problems strictyaml.Problems
	names := make([]string, 0, len(cfg.Calendars))
	for n := range cfg.Calendars {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, name := range names {
		if c := compileOne(cfg, name, &problems); c != nil {
			s.add(c)
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Set) add(c *Calendar) {
	c.ID = int64(len(s.calendars) + 1)
	c.ordinal, c.label = -1, -1<<62
	s.calendars = append(s.calendars, c)
	s.byName[c.Name] = len(s.calendars) - 1
}

func compileOne(cfg *config.Config, name string, ps *strictyaml.Problems) *Calendar {
	in := cfg.Calendars[name]
	zone := in.TimeZone
	if zone == "" {
		zone = cfg.Organization.TimeZone
	}
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		ps.Add(in.At("time_zone"), "calendars."+name+".time_zone", "use an IANA name such as Europe/Berlin", "the time zone %q is not known", zone)
		return nil
	}
	c := &Calendar{Name: name, Zone: loc, open: map[int64][]config.Span{}}
	var words []string
	for _, key := range sortedDayKeys(in.Hours) {
		days, err := config.ParseDays(key)
		if err != nil {
			ps.Add(in.At("hours."+key), "calendars."+name+".hours."+key, "", "%v", err)
			continue
		}
		for i, text := range in.Hours[key] {
			span, err := config.ParseSpan(text)
			if err != nil {
				ps.Add(in.At(fmt.Sprintf("hours.%s[%d]", key, i)), "calendars."+name+".hours."+key, "", "%v", err)
				continue
			}
			for _, d := range days {
				c.hours[d] = append(c.hours[d], span)
			}
		}
		words = append(words, key+" "+strings.Join(in.Hours[key], ", "))
	}
	for key, spans := range in.Open {
		day, err := config.ParseDay(key)
		if err != nil {
			ps.Add(in.At("open."+key), "calendars."+name+".open."+key, "", "%v", err)
			continue
		}
		for _, text := range spans {
			span, err := config.ParseSpan(text)
			if err != nil {
				ps.Add(in.At("open."+key), "calendars."+name+".open."+key, "", "%v", err)
				continue
			}
			c.open[day] = append(c.open[day], span)
		}
	}
	for i, text := range in.Holidays {
		at, path := in.At(fmt.Sprintf("holidays[%d]", i)), fmt.Sprintf("calendars.%s.holidays[%d]", name, i)
		h, err := config.ParseHoliday(text)
		if err != nil {
			ps.Add(at, path, "", "%v", err)
			continue
		}
		switch {
		case h.Country != "":
			src, hint := country(h.Country)
			if src == nil {
				ps.Add(at, path, hint, "there is no country calendar %q", h.Country)
				continue
			}
			c.holidays = append(c.holidays, src)
		case h.File != "":
			src, err := readICS(cfg.Path(h.File))
			if err != nil {
				ps.Add(at, path, "", "%v", err)
				continue
			}
			c.holidays = append(c.holidays, src)
		default:
			c.holidays = append(c.holidays, listed(h))
		}
	}
	c.Text = fmt.Sprintf("%s (%s)", strings.Join(words, "; "), zone)
	if len(in.Holidays) > 0 {
		c.Text += "; holidays " + strings.Join(in.Holidays, ", ")
	}
	return c
}

// sortedDayKeys sorts day keys as a week runs, so that words about a calendar read naturally.
func sortedDayKeys(hours map[string]config.StringList) []string {
	keys := make([]string, 0, len(hours))
	first := map[string]int64{}
	for k := range hours {
		keys = append(keys, k)
		first[k] = 7
		if days, err := config.ParseDays(k); err == nil {
			first[k] = days[0]
		}
	}
	sort.Slice(keys, func(i, j int) bool {
		if first[keys[i]] != first[keys[j]] {
			return first[keys[i]] < first[keys[j]]
		}
		return keys[i] < keys[j]
	})
	return keys
}

// Lookup gives the number of a calendar; zone asks for its hours in another zone and may be empty.
// A zone that is not known gives the calendar in its own zone and false.
func (s *Set) Lookup(name, zone string) (id int64, ok bool) {
	i, known := s.byName[name]
	if !known {
		return 0, false
	}
	base := s.calendars[i]
	if zone == "" || zone == base.Zone.String() {
		return base.ID, true
	}
	full := fmt.Sprintf("%s (%s)", name, zone)
	if i, known := s.byName[full]; known {
		return s.calendars[i].ID, true
	}
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return base.ID, false
	}
	variant := *base
	variant.Name, variant.Zone = full, loc
	variant.worked = 0
	variant.Text = base.Text + ", read in " + zone
	s.add(&variant)
	return variant.ID, true
}

// Get gives a calendar by its number.
func (s *Set) Get(id int64) *Calendar { return s.calendars[id-1] }

// listedDays are days, ranges and yearly days that stand in the configuration itself.
type listedDays config.Holiday

func listed(h config.Holiday) holidaySource { return listedDays(h) }

func (h listedDays) closures(_ *Calendar, fromDay, toDay int64) (map[int64]string, []stretch, error) {
	out := map[int64]string{}
	if !h.Yearly {
		for d := max(h.From, fromDay); d <= min(h.To, toDay); d++ {
			out[d] = "closed day"
		}
		return out, nil, nil
	}
	first, last := dayTime(fromDay).Year(), dayTime(toDay).Year()
	for y := first; y <= last; y++ {
		t := time.Date(y, h.Month, h.Day, 0, 0, 0, 0, time.UTC)
		if d := t.Unix() / daySeconds; t.Day() == h.Day && d >= fromDay && d <= toDay { // 29 February only where it is
			out[d] = "closed day"
		}
	}
	return out, nil, nil
}

// dayTime is the midnight, written in UTC, of a day counted since 1970-01-01.
func dayTime(day int64) time.Time { return time.Unix(day*daySeconds, 0).UTC() }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
