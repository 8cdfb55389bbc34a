package sample

import (
	"sort"
	"time"
	_ "time/tzdata" // the zones must be known everywhere
)

// instant is a moment in seconds since 1970 UTC.
type instant = int64

const (
	minute int64 = 60
	hour         = 60 * minute
	day          = 24 * hour
)

var (
	berlin  = mustZone("Europe/Berlin")
	newYork = mustZone("America/New_York")

	// start and asOf bound the records; audit is the begin of the audit period of deskproof.yaml.
	start = local(berlin, 2025, 5, 1, 0, 0)
	audit = local(berlin, 2025, 11, 1, 0, 0)
	asOf  = local(berlin, 2026, 11, 1, 0, 0)
)

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zones are built into the program
	}
	return z
}

func local(z *time.Location, y, m, d, h, min int) instant {
	return time.Date(y, time.Month(m), d, h, min, 0, 0, z).Unix()
}

// clock counts working seconds: a calendar of deskproof.yaml, laid out once. It is written independently of the
// product's own calendars, so that the verdicts the sample tool reports are a check and not an echo.
type clock struct {
	zone   *time.Location
	from   []instant // begin of each working stretch
	to     []instant // end of each
	before []int64   // working seconds before each
}

// holidays that fall into the years of the sample: Berlin and the closures of the company; the federal ones of the USA.
var (
	berlinHolidays = days("2025-05-01", "2025-05-29", "2025-06-09", "2025-10-03", "2025-12-24", "2025-12-25", "2025-12-26", "2025-12-31",
		"2026-01-01", "2026-03-08", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-15", "2026-05-25", "2026-10-03",
		"2026-12-24", "2026-12-25", "2026-12-26", "2026-12-31", "2027-01-01")
	newYorkHolidays = days("2025-05-26", "2025-06-19", "2025-07-04", "2025-09-01", "2025-10-13", "2025-11-11", "2025-11-27", "2025-12-25",
		"2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03", "2026-07-04", "2026-09-07", "2026-10-12",
		"2026-11-11", "2026-11-26", "2026-12-25", "2027-01-01")
)

func days(list ...string) map[string]bool {
	m := map[string]bool{}
	for _, d := range list {
		m[d] = true
	}
	return m
}

// newClock lays out April 2025 to March 2027; hours are minutes of the local day in pairs (begin, end) by weekday.
func newClock(zone *time.Location, hours func(time.Weekday) []int, off map[string]bool) *clock {
	c := &clock{zone: zone}
	sum := int64(0)
	for d := time.Date(2025, 4, 1, 12, 0, 0, 0, zone); d.Year() < 2027 || d.Month() < 4; d = d.AddDate(0, 0, 1) {
		if off[d.Format("2006-01-02")] {
			continue
		}
		h := hours(d.Weekday())
		for i := 0; i+1 < len(h); i += 2 {
			a := time.Date(d.Year(), d.Month(), d.Day(), 0, h[i], 0, 0, zone).Unix()
			b := time.Date(d.Year(), d.Month(), d.Day(), 0, h[i+1], 0, 0, zone).Unix()
			c.from, c.to, c.before = append(c.from, a), append(c.to, b), append(c.before, sum)
			sum += b - a
		}
	}
	return c
}

var (
	always = newClock(time.UTC, func(time.Weekday) []int { return []int{0, 24 * 60} }, nil)
	// The service desk answers from 07:00 to 20:00 on working days.
	deskHours = newClock(berlin, weekdays([]int{7 * 60, 20 * 60}, nil), berlinHolidays)
	// The office in Berlin closes at noon, and early on Fridays.
	officeBerlin = newClock(berlin, weekdays([]int{8 * 60, 12 * 60, 13 * 60, 17 * 60}, []int{8 * 60, 12 * 60, 13 * 60, 16 * 60}), berlinHolidays)
	officeNY     = newClock(newYork, weekdays([]int{9 * 60, 17 * 60}, nil), newYorkHolidays)
)

func weekdays(usual, friday []int) func(time.Weekday) []int {
	return func(d time.Weekday) []int {
		switch {
		case d == time.Saturday || d == time.Sunday:
			return nil
		case d == time.Friday && friday != nil:
			return friday
		}
		return usual
	}
}

// worked is the working seconds up to t.
func (c *clock) worked(t instant) int64 {
	i := sort.Search(len(c.from), func(i int) bool { return c.from[i] > t }) - 1
	if i < 0 {
		return 0
	}
	return c.before[i] + min(t, c.to[i]) - c.from[i]
}

// elapsed is the working seconds from a to b.
func (c *clock) elapsed(a, b instant) int64 { return c.worked(b) - c.worked(a) }

// add is the first moment at which seconds of work have passed since t; with none, t or the next working moment.
func (c *clock) add(t instant, seconds int64) instant {
	if seconds <= 0 {
		return c.next(t)
	}
	w := c.worked(t) + seconds
	i := sort.Search(len(c.before), func(i int) bool { return c.before[i] >= w }) - 1
	return settle(c.from[i] + w - c.before[i])
}

// next is t, or the begin of the next working stretch when t is outside of all.
func (c *clock) next(t instant) instant {
	i := sort.Search(len(c.to), func(i int) bool { return c.to[i] > t })
	return settle(max(t, c.from[i]))
}

// settle moves a moment out of the hour that the clocks of Berlin strike twice: an export in local time could not tell
// which of the two is meant.
func settle(t instant) instant {
	for _, twice := range []instant{local(berlin, 2025, 10, 26, 2, 0), local(berlin, 2026, 10, 25, 2, 0)} {
		begin := twice - twice%hour
		if begin-hour <= t && t < begin+2*hour {
			return begin + 2*hour + (t-begin+hour)/60
		}
	}
	return t
}

// month is the local month in Berlin as 2026-10.
func month(t instant) string { return time.Unix(t, 0).In(berlin).Format("2006-01") }
