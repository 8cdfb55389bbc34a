package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskproof/model/strictyaml"
)

const daySeconds = int64(86400)

// Span is a stretch of a local day in seconds after its midnight, half open. To is above 86,400 when it runs over midnight.
type Span struct {
	From, To int64
}

var clockTime = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2}))?$`)

// parseClock reads 8:00, 08:00, 08:00:30 or 24:00 as seconds after midnight.
func parseClock(s string) (int64, error) {
	m := clockTime.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is not a time: write 08:00", s)
	}
	h, _ := strconv.ParseInt(m[1], 10, 64)
	mi, _ := strconv.ParseInt(m[2], 10, 64)
	se := int64(0)
	if m[3] != "" {
		se, _ = strconv.ParseInt(m[3], 10, 64)
	}
	if h > 24 || mi > 59 || se > 59 || (h == 24 && mi+se > 0) {
		return 0, fmt.Errorf("%q is not a time: a day goes from 00:00 to 24:00", s)
	}
	return h*3600 + mi*60 + se, nil
}

// ParseSpan reads 08:00-12:00. An end before the start runs over midnight: 22:00-06:00. 00:00-24:00 is the whole day.
func ParseSpan(s string) (Span, error) {
	a, b, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(s), "–", "-"), "-")
	if !ok {
		return Span{}, fmt.Errorf("%q is not a stretch of time: write 08:00-12:00", s)
	}
	from, err := parseClock(strings.TrimSpace(a))
	if err != nil {
		return Span{}, fmt.Errorf("%s: %w", s, err)
	}
	to, err := parseClock(strings.TrimSpace(b))
	if err != nil {
		return Span{}, fmt.Errorf("%s: %w", s, err)
	}
	switch {
	case from == daySeconds:
		return Span{}, fmt.Errorf("%s begins at 24:00: write 00:00 and the next day", s)
	case from == to:
		return Span{}, fmt.Errorf("%s begins and ends at the same time: the whole day is 00:00-24:00", s)
	case to == 0:
		to = daySeconds // 18:00-00:00 ends at the next midnight
	case to < from:
		to += daySeconds
	}
	return Span{from, to}, nil
}

var weekdayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

var weekdayWords = map[string][]int64{
	"daily":    {0, 1, 2, 3, 4, 5, 6},
	"weekdays": {0, 1, 2, 3, 4},
	"weekend":  {5, 6},
}

func parseWeekday(s string) (int64, bool) {
	full := []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	i := slices.Index(weekdayNames, s)
	if i < 0 {
		i = slices.Index(full, s)
	}
	return int64(i), i >= 0
}

// ParseDays reads the days of a key: mon, mon-thu, fri-mon, "sat,sun", daily, weekdays, weekend. 0 is Monday.
func ParseDays(key string) ([]int64, error) {
	var out []int64
	for _, part := range strings.Split(strings.ToLower(key), ",") {
		part = strings.TrimSpace(part)
		if days, ok := weekdayWords[part]; ok {
			out = append(out, days...)
			continue
		}
		a, b, isRange := strings.Cut(part, "-")
		from, ok := parseWeekday(strings.TrimSpace(a))
		to := from
		if ok && isRange {
			to, ok = parseWeekday(strings.TrimSpace(b))
		}
		if !ok {
			hint := strictyaml.Suggest(part, append([]string{"daily", "weekdays", "weekend"}, weekdayNames...))
			return nil, fmt.Errorf("%q is not a day: write mon, mon-thu, \"sat,sun\", weekdays or daily; %s", part, hint)
		}
		for d := from; ; d = (d + 1) % 7 {
			out = append(out, d)
			if d == to {
				break
			}
		}
	}
	sorted := slices.Clone(out)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) < len(out) {
		return nil, fmt.Errorf("%q names a day twice", key)
	}
	return out, nil
}

// ParseDay reads 2026-12-24 as the number of days since 1970-01-01.
func ParseDay(s string) (int64, error) {
	t, err := time.Parse("2006-01-02", strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("%q is not a day: write 2026-12-24", s)
	}
	if t.Year() < 1900 || t.Year() > 2400 {
		return 0, fmt.Errorf("%s lies outside of 1900 to 2400", s)
	}
	return t.Unix() / daySeconds, nil
}

// Holiday is one entry of a list of holidays: exactly one of its forms is set.
type Holiday struct {
	From, To int64 // first and last day, days since 1970-01-01; a single day has From = To
	Yearly   bool  // Month and Day of every year
	Month    time.Month
	Day      int
	File     string // path of an .ics file
	Country  string // country calendar: DE, DE-BE, …
}

var (
	yearlyForm  = regexp.MustCompile(`^(\d{2})-(\d{2})$`)
	countryForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z]{2,3})?$`)
)

// ParseHoliday reads 2026-12-24, 2026-12-24..2027-01-01, 12-24 (every year), closures.ics or DE-BE.
func ParseHoliday(s string) (Holiday, error) {
	s = strings.TrimSpace(s)
	switch {
	case strings.HasSuffix(strings.ToLower(s), ".ics"):
		return Holiday{File: s}, nil
	case countryForm.MatchString(s):
		return Holiday{Country: strings.ToUpper(s)}, nil
	}
	if m := yearlyForm.FindStringSubmatch(s); m != nil {
		mo, _ := strconv.Atoi(m[1])
		d, _ := strconv.Atoi(m[2])
		if t := time.Date(2024, time.Month(mo), d, 0, 0, 0, 0, time.UTC); mo < 1 || mo > 12 || t.Day() != d || d == 0 {
			return Holiday{}, fmt.Errorf("%q is not a day of the year: write month and day, 12-24", s)
		}
		return Holiday{Yearly: true, Month: time.Month(mo), Day: d}, nil
	}
	a, b, isRange := strings.Cut(s, "..")
	from, err := ParseDay(a)
	if err != nil {
		return Holiday{}, fmt.Errorf("%q is not a holiday: write 2026-12-24, 2026-12-24..2027-01-01, 12-24, a file closures.ics or a country calendar DE-BE", s)
	}
	to := from
	if isRange {
		if to, err = ParseDay(b); err != nil {
			return Holiday{}, err
		}
	}
	if to < from {
		return Holiday{}, fmt.Errorf("%s ends before it begins", s)
	}
	return Holiday{From: from, To: to}, nil
}
