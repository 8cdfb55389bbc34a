// Package calendar lays the service times of deskproof.yaml out as stretches of UTC seconds.
//
// An instant is working time when the clock on the wall of the calendar's zone shows a time inside the hours of that
// local day, and the day is no holiday, or when it lies in what is open extra. Everything else follows from this: a day
// with a clock change has 23 or 25 hours, a repeated hour counts twice, an hour that the clock skips counts not at all.
// Stretches are half open. The engine never asks for a time zone again: it joins instants to calendar_piece, which covers
// every second.
//
// A calendar that is built from others counts the instants of its members, each in its own zone. Its working days are
// those of the members while these are in its zone; a member's stretch from another zone belongs to the day on which it
// begins there (the stretch as agreed: a closure that cuts its begin off does not move it to another day).
package calendar

import (
	"fmt"
	"slices"
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

	hours    []week                  // in the order of their days; each holds until the next
	open     map[int64][]config.Span // extra working time by local day
	windows  []holidaySource         // extra working time from files
	holidays []holidaySource

	anyOf, allOf, except []*Calendar // a calendar that is built from others has nothing but these

	// Where the layout stands, for the next stretch.
	worked, ordinal, label int64
}

// week is the hours by weekday (0 is Monday) from a local day on.
type week struct {
	from int64 // days since 1970-01-01
	days [7][]config.Span
}

func (c *Calendar) composed() bool { return len(c.anyOf)+len(c.allOf) > 0 }

// holidaySource names the closures between two local days (both included): days, and stretches of UTC seconds.
type holidaySource interface {
	closures(c *Calendar, fromDay, toDay int64) (days map[int64]string, timed []stretch, err error)
}

// stretch is a half open span of UTC seconds.
type stretch struct{ from, to int64 }

// Compile reads every calendar of a checked configuration. The error lists all problems (strictyaml.Problems).
func Compile(cfg *config.Config) (*Set, error) {
	s := &Set{byName: map[string]int{}}
	always := &Calendar{Name: config.Always, Zone: time.UTC, Text: "24 hours, 7 days", hours: []week{{from: forever}}}
	for d := range 7 {
		always.hours[0].days[d] = []config.Span{{From: 0, To: daySeconds}}
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
	for _, name := range names {
		s.connect(cfg, name)
	}
	for _, name := range names {
		in := cfg.Calendars[name]
		works, err := s.calendars[s.byName[name]].everWorks()
		switch {
		case err != nil:
			problems.Add(in.Pos, "calendars."+name, "", "%v", err)
		case !works:
			problems.Add(in.Pos, "calendars."+name, "check what closes it", "no working time is left at all from %d to %d", firstYear, lastYear)
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// forever lies before every day.
const forever = int64(-1) << 40

// The years in which a calendar must have some working time.
const firstYear, lastYear = 1970, 2100

// everWorks looks for any working time; the year that has most likely some comes first.
func (c *Calendar) everWorks() (bool, error) {
	for _, years := range [][2]int{{2026, 2027}, {2020, 2032}, {firstYear, 2020}, {2032, lastYear + 1}} {
		from, to := time.Date(years[0], 1, 1, 0, 0, 0, 0, time.UTC), time.Date(years[1], 1, 1, 0, 0, 0, 0, time.UTC)
		if work, _, err := c.layout(from.Unix(), to.Unix()); err != nil || len(work) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// connect gives a calendar that is built from others its members. The configuration was checked: all exist, in no circle.
func (s *Set) connect(cfg *config.Config, name string) {
	in := cfg.Calendars[name]
	if !in.Composed() {
		return
	}
	c := s.calendars[s.byName[name]]
	members := func(names []string) []*Calendar {
		var out []*Calendar
		for _, n := range names {
			out = append(out, s.calendars[s.byName[n]])
		}
		return out
	}
	c.anyOf, c.allOf, c.except = members(in.AnyOf), members(in.AllOf), members(in.Except)
	// What the members say stands once each, also where they are built from others themselves.
	seen := map[string]bool{name: true}
	var tell func(names []string)
	tell = func(names []string) {
		for _, n := range names {
			if member, ok := cfg.Calendars[n]; ok && !seen[n] {
				seen[n] = true
				if member.Composed() {
					c.Text += "; " + n + ": " + member.HoursWords()
					tell(slices.Concat(member.AnyOf, member.AllOf, member.Except))
				} else {
					c.Text += "; " + n + ": " + s.calendars[s.byName[n]].Text
				}
			}
		}
	}
	tell(slices.Concat(in.AnyOf, in.AllOf, in.Except))
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
	if in.Composed() {
		c.Text = fmt.Sprintf("%s (days in %s)", in.HoursWords(), zone)
		return c
	}
	c.hours = append(c.hours, week{forever, readWeek(in, name, "hours", in.Hours, ps)})
	for i, change := range in.Changes {
		key := fmt.Sprintf("changes[%d]", i)
		from, err := config.ParseDay(change.From)
		if err != nil {
			ps.Add(in.At(key+".from"), "calendars."+name+"."+key+".from", "", "%v", err)
		}
		c.hours = append(c.hours, week{from, readWeek(in, name, key+".hours", change.Hours, ps)})
	}
	file := func(path, at string, into *[]holidaySource) {
		src, err := readICS(cfg.Path(path))
		if err != nil {
			ps.Add(in.At(at), "calendars."+name+"."+at, "", "%v", err)
			return
		}
		*into = append(*into, src)
	}
	for _, o := range in.Open {
		w, err := config.ParseOpen(o.Text)
		switch {
		case err != nil:
			ps.Add(in.At(o.Path), "calendars."+name+"."+o.Path, "", "%v", err)
		case w.File != "":
			file(w.File, o.Path, &c.windows)
		default:
			c.addWindow(w.From, w.To)
		}
	}
	for i, text := range in.Holidays {
		key := fmt.Sprintf("holidays[%d]", i)
		at, path := in.At(key), "calendars."+name+"."+key
		h, err := config.ParseHoliday(text)
		switch {
		case err != nil:
			ps.Add(at, path, "", "%v", err)
		case h.Country != "":
			src, hint := country(h.Country)
			if src == nil {
				ps.Add(at, path, hint, "there is no country calendar %q", h.Country)
				continue
			}
			c.holidays = append(c.holidays, src)
		case h.File != "":
			file(h.File, key, &c.holidays)
		default:
			c.holidays = append(c.holidays, listed(h))
		}
	}
	c.Text = fmt.Sprintf("%s (%s)", in.HoursWords(), zone)
	if len(in.Holidays) > 0 {
		c.Text += "; holidays " + strings.Join(in.Holidays, ", ")
	}
	return c
}

// readWeek reads the hours of a week; key is their path in the calendar.
func readWeek(in config.Calendar, name, key string, hours map[string]config.StringList, ps *strictyaml.Problems) [7][]config.Span {
	var out [7][]config.Span
	for k, texts := range hours {
		days, err := config.ParseDays(k)
		if err != nil {
			ps.Add(in.At(key+"."+k), "calendars."+name+"."+key+"."+k, "", "%v", err)
			continue
		}
		for i, text := range texts {
			span, err := config.ParseSpan(text)
			if err != nil {
				ps.Add(in.At(fmt.Sprintf("%s.%s[%d]", key, k, i)), "calendars."+name+"."+key+"."+k, "", "%v", err)
				continue
			}
			for _, d := range days {
				out[d] = append(out[d], span)
			}
		}
	}
	for _, spans := range out {
		sort.Slice(spans, func(i, j int) bool { return spans[i].From < spans[j].From })
	}
	return out
}

// addWindow opens a single stretch of local time. Up to 24 hours it belongs to the day on which it begins; a longer one
// belongs to each of its days.
func (c *Calendar) addWindow(from, to int64) {
	for at := from; at < to; {
		day := floorDiv(at, daySeconds)
		end := to
		if to-from > daySeconds {
			end = min(to, (day+1)*daySeconds)
		}
		c.open[day] = append(c.open[day], config.Span{From: at - day*daySeconds, To: end - day*daySeconds})
		at = end
	}
}

// Lookup gives the number of a calendar; zone asks for its hours in another zone and may be empty. The hours of a calendar
// that is built from others do not move: its members keep their zones, and only its days are those of the other zone.
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
	if base.composed() {
		variant.Text = base.Text + ", days counted in " + zone
	}
	s.add(&variant)
	return variant.ID, true
}

// Get gives a calendar by its number.
func (s *Set) Get(id int64) *Calendar { return s.calendars[id-1] }

// closedDay names a holiday that has no name.
const closedDay = "closed day"

// listedDays are days, ranges and yearly days that stand in the configuration itself.
type listedDays config.Holiday

func listed(h config.Holiday) holidaySource { return listedDays(h) }

func (h listedDays) closures(_ *Calendar, fromDay, toDay int64) (map[int64]string, []stretch, error) {
	out := map[int64]string{}
	if !h.Yearly {
		for d := max(h.From, fromDay); d <= min(h.To, toDay); d++ {
			out[d] = closedDay
		}
		return out, nil, nil
	}
	first, last := dayTime(fromDay).Year(), dayTime(toDay).Year()
	for y := first; y <= last; y++ {
		t := time.Date(y, h.Month, h.Day, 0, 0, 0, 0, time.UTC)
		if d := t.Unix() / daySeconds; t.Day() == h.Day && d >= fromDay && d <= toDay { // 29 February only where it is
			out[d] = closedDay
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
