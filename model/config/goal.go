package config

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// Day units: what one day in a goal means.
const (
	CalendarDay = "calendar_day" // the same clock time on a later day of the calendar's zone
	Hours24     = "24_hours"     // 86,400 working seconds
	WorkingDay  = "working_day"  // the same position in a later working day of the calendar
)

// Within is a goal as it was written: whole seconds of the calendar's working time, and days to be counted by DayUnit.
type Within struct {
	Seconds int64
	Days    int64
	DayUnit string // calendar_day or working_day; empty when Days is 0
}

var withinPart = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([a-z_]+|24_hours)\s*`)

// maxGoal keeps sums of seconds far away from the end of a BIGINT: 100 years.
const maxGoal = int64(100) * 366 * daySeconds

// ParseWithin reads a goal: 45m, 4h, 1h 30m, 2d 4h, 3 working_days, 1 day, 90 s. dayUnit is what a plain day means.
func ParseWithin(s, dayUnit string) (Within, error) {
	var w Within
	rest := strings.ToLower(strings.TrimSpace(s))
	if rest == "" {
		return w, fmt.Errorf("a goal needs a time: write 4h, 45m, 2d 4h or 3 working_days")
	}
	seen := map[string]bool{}
	for rest != "" {
		m := withinPart.FindStringSubmatch(rest)
		if m == nil {
			return w, fmt.Errorf("%q is not a time: write 4h, 45m, 2d 4h or 3 working_days", s)
		}
		rest = strings.TrimPrefix(strings.TrimSpace(rest[len(m[0]):]), ",")
		rest = strings.TrimSpace(rest)
		unit, seconds, kind := m[2], int64(0), ""
		switch unit {
		case "s", "sec", "secs", "second", "seconds":
			unit, seconds = "second", 1
		case "m", "min", "mins", "minute", "minutes":
			unit, seconds = "minute", 60
		case "h", "hr", "hrs", "hour", "hours":
			unit, seconds = "hour", 3600
		case "d", "day", "days":
			unit, kind = "day", dayUnit
		case "working_day", "working_days", "wd":
			unit, kind = "day", WorkingDay
		case "calendar_day", "calendar_days":
			unit, kind = "day", CalendarDay
		case "w", "week", "weeks":
			return w, fmt.Errorf("%q: a week may have 5 or 7 days; write days or working_days", s)
		default:
			return w, fmt.Errorf("%q: the unit %q is not known; use s, m, h, d, working_days or calendar_days", s, unit)
		}
		if seen[unit] {
			return w, fmt.Errorf("%q gives its %ss twice", s, unit)
		}
		seen[unit] = true
		if kind == Hours24 {
			seconds, kind = daySeconds, ""
		}
		if kind != "" {
			n, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil || n > 36600 {
				return w, fmt.Errorf("%q: days are counted whole, up to 36600", s)
			}
			w.Days, w.DayUnit = n, kind
			continue
		}
		// Rational arithmetic: 0.1h is 360 seconds, not 359.
		r, ok := new(big.Rat).SetString(m[1])
		if !ok {
			return w, fmt.Errorf("%q is not a time", s)
		}
		r.Mul(r, new(big.Rat).SetInt64(seconds))
		if !r.IsInt() {
			return w, fmt.Errorf("%q is not a whole number of seconds", s)
		}
		if !r.Num().IsInt64() || r.Num().Int64() > maxGoal-w.Seconds {
			return w, fmt.Errorf("%q is more than 100 years", s)
		}
		w.Seconds += r.Num().Int64()
	}
	if w.Days == 0 {
		w.DayUnit = ""
	}
	if w.Seconds == 0 && w.Days == 0 {
		return w, fmt.Errorf("%q is no time at all: a goal is at least one second", s)
	}
	return w, nil
}

var targetForm = regexp.MustCompile(`^(\d{1,3}(?:\.\d{1,4})?)\s*%$`)

// ParseTarget reads 95 % or 99.5% as millionths: 950,000. Empty means that no share was promised and gives -1.
func ParseTarget(s string) (millionths int64, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return -1, nil
	}
	m := targetForm.FindStringSubmatch(strings.Replace(s, ",", ".", 1))
	if m == nil {
		return 0, fmt.Errorf("%q is not a target: write 95 %% (at most four decimals)", s)
	}
	r, _ := new(big.Rat).SetString(m[1])
	r.Mul(r, big.NewRat(10000, 1))
	if n := r.Num().Int64(); n > 0 && n <= 1_000_000 {
		return n, nil
	}
	return 0, fmt.Errorf("%q is not a target: it lies above 0 %% and up to 100 %%", s)
}
