package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ParseAsOf reads the moment that a report stands for: RFC 3339 with its zone, a local time 2026-10-31T18:00, or a
// day, which means its end (the following midnight) in zone.
func ParseAsOf(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), nil
		}
	}
	if t, err := time.ParseInLocation("2006-01-02", s, zone); err == nil {
		return t.AddDate(0, 0, 1).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a moment: write 2026-10-31 (the end of that day), 2026-10-31T18:00 or RFC 3339", s)
}

var (
	monthForm   = regexp.MustCompile(`^(\d{4})-(\d{2})$`)
	quarterForm = regexp.MustCompile(`^(\d{4})-Q([1-4])$`)
	yearForm    = regexp.MustCompile(`^(\d{4})$`)
	dayForm     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// ParsePeriod reads a period, cut in zone: 2026-10, 2026-Q3, 2026, 2026-10-05, or FROM..TO of these (both included).
// It returns the half-open span [from, to) and the words for it. "all" gives zero times: everything up to as-of.
func ParsePeriod(s string, zone *time.Location) (from, to time.Time, label string, err error) {
	s = strings.TrimSpace(s)
	if s == "all" {
		return time.Time{}, time.Time{}, "all records", nil
	}
	if a, b, ok := strings.Cut(s, ".."); ok {
		f, _, fl, err := ParsePeriod(a, zone)
		if err != nil {
			return from, to, "", err
		}
		_, t, tl, err := ParsePeriod(b, zone)
		if err != nil {
			return from, to, "", err
		}
		if f.IsZero() || t.IsZero() || !f.Before(t) {
			return from, to, "", fmt.Errorf("the period %q ends before it begins", s)
		}
		return f, t, fl + " to " + tl, nil
	}
	day := func(y, m int) time.Time { return time.Date(y, time.Month(m), 1, 0, 0, 0, 0, zone) }
	if m := monthForm.FindStringSubmatch(s); m != nil {
		y, _ := strconv.Atoi(m[1])
		mo, _ := strconv.Atoi(m[2])
		if mo >= 1 && mo <= 12 {
			return day(y, mo).UTC(), day(y, mo+1).UTC(), day(y, mo).Format("January 2006"), nil
		}
	}
	if m := quarterForm.FindStringSubmatch(s); m != nil {
		y, _ := strconv.Atoi(m[1])
		q, _ := strconv.Atoi(m[2])
		return day(y, 3*q-2).UTC(), day(y, 3*q+1).UTC(), fmt.Sprintf("quarter %d of %d", q, y), nil
	}
	if m := yearForm.FindStringSubmatch(s); m != nil {
		y, _ := strconv.Atoi(m[1])
		return day(y, 1).UTC(), day(y+1, 1).UTC(), m[1], nil
	}
	if dayForm.MatchString(s) {
		if d, err := time.ParseInLocation("2006-01-02", s, zone); err == nil {
			return d.UTC(), d.AddDate(0, 0, 1).UTC(), d.Format("2 January 2006"), nil
		}
	}
	return from, to, "", fmt.Errorf("%q is not a period: write 2026-10, 2026-Q3, 2026, 2026-10-05, FROM..TO, all, or month, quarter, year", s)
}

// Relative periods count back from as-of.
var relative = map[string]int{"month": 1, "quarter": 3, "year": 12}

// PeriodAt reads a period like ParsePeriod, and also the words month, quarter and year: the last full calendar month
// before as-of, or the 3 or 12 months that end with it.
func PeriodAt(s string, asOf time.Time, zone *time.Location) (from, to time.Time, label string, err error) {
	months, ok := relative[strings.TrimSpace(s)]
	if !ok {
		return ParsePeriod(s, zone)
	}
	last, to, label := LastFullMonth(asOf, zone)
	first := last.In(zone).AddDate(0, 1-months, 0)
	if months > 1 {
		label = first.Format("January 2006") + " to " + label
	}
	return first.UTC(), to, label, nil
}

// LastFullMonth is the month before the one that as-of lies in; an as-of at the first midnight of a month closes the month before it.
func LastFullMonth(asOf time.Time, zone *time.Location) (from, to time.Time, label string) {
	l := asOf.In(zone)
	end := time.Date(l.Year(), l.Month(), 1, 0, 0, 0, 0, zone)
	start := end.AddDate(0, -1, 0)
	return start.UTC(), end.UTC(), start.Format("January 2006")
}
