package reports

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Minus is the sign in front of negative numbers (U+2212), as wide as a digit in the report font.
const Minus = "−"

// Format writes a value the way every reader of the report sees it. Numbers follow the rules of docs/reports.md:
// one decimal for percentages, never rounded across the target, never 100.0 % for less than all, durations in two units.
func Format(v Value, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	switch v.Kind {
	case Count:
		return FormatCount(int64(math.Round(v.Number)))
	case Number:
		digits := strconv.FormatFloat(math.Abs(v.Number), 'f', v.Decimals, 64)
		if strings.Trim(digits, "0.") == "" { // no minus in front of a printed zero
			return digits
		}
		return sign(v.Number) + group(digits)
	case Percent:
		return FormatPercent(v.Number, v.Target, v.Decimals)
	case Points:
		return FormatPoints(v.Number)
	case Duration:
		if v.Business {
			return FormatWorkTime(v.Number)
		}
		return FormatDuration(v.Number)
	case Instant:
		return v.Time.In(zone).Format("2 Jan 2006 15:04")
	case Date:
		return v.Time.Format("2 Jan 2006")
	case State:
		return strings.TrimSpace(v.Status.Symbol() + " " + v.Status.Word())
	case Missing:
		return "[" + v.Code + "]"
	default:
		return v.Text
	}
}

// FormatCount writes a whole number with separators: 1,204.
func FormatCount(n int64) string {
	return sign(float64(n)) + group(strings.TrimPrefix(strconv.FormatInt(n, 10), "-"))
}

// FormatPercent writes a share with decimals (1 when 0) and adds decimals as long as rounding would cross the
// target, print 100 for less than all or more than the whole, or 0 for more than none (4 decimals at most; then it is cut, not rounded).
func FormatPercent(share float64, target *float64, decimals int) string {
	if math.IsNaN(share) {
		return "[x]"
	}
	if decimals == 0 {
		decimals = 1
	}
	honest := func(d int, shown float64) bool {
		if share < 1 && shown >= 100 || share > 1 && shown <= 100 || share > 0 && shown <= 0 {
			return false
		}
		if target != nil && share != *target && math.Abs(share-*target) > 1e-12 {
			want, got := share < *target, shown < roundTo(*target*100, 9)
			if want != got {
				return false
			}
		}
		return true
	}
	for d := decimals; d <= 4; d++ {
		if shown := roundTo(share*100, d); honest(d, shown) {
			return sign(shown) + strconv.FormatFloat(math.Abs(shown), 'f', d, 64) + "%"
		}
	}
	cut := math.Trunc(share*1e6) / 1e4
	return sign(cut) + strconv.FormatFloat(math.Abs(cut), 'f', 4, 64) + "%"
}

// FormatPoints writes a difference of two shares in points, always signed: −2.9 points, +0.4 points, 0.0 points.
func FormatPoints(diff float64) string {
	p := roundTo(diff*100, 1)
	s := strconv.FormatFloat(math.Abs(p), 'f', 1, 64)
	switch {
	case p > 0:
		s = "+" + s
	case p < 0:
		s = Minus + s
	}
	return s + " points"
}

// FormatDuration writes seconds in two units: 3 h 25 min, 2 d 4 h (a day is 24 hours), 45 s.
func FormatDuration(seconds float64) string {
	if math.IsNaN(seconds) {
		return "[x]"
	}
	s := int64(math.Round(math.Abs(seconds)))
	pre := sign(seconds)
	if s == 0 {
		pre = ""
	}
	two := func(a int64, ua string, b int64, ub string) string {
		if b == 0 {
			return pre + FormatCount(a) + " " + ua
		}
		return pre + FormatCount(a) + " " + ua + " " + strconv.FormatInt(b, 10) + " " + ub
	}
	switch {
	case s < 60:
		return pre + strconv.FormatInt(s, 10) + " s"
	case s < 3600:
		return two(s/60, "min", s%60, "s")
	case s < 86400:
		return two(s/3600, "h", s%3600/60, "min")
	default:
		return two(s/86400, "d", s%86400/3600, "h")
	}
}

// FormatWorkTime writes seconds of a working calendar in hours and minutes: 39 h, 3 h 25 min. Days are left out, because
// a day of 24 hours is no working day.
func FormatWorkTime(seconds float64) string {
	s := int64(math.Round(math.Abs(seconds)))
	if math.IsNaN(seconds) || s < 86400 {
		return FormatDuration(seconds)
	}
	out := sign(seconds) + FormatCount(s/3600) + " h"
	if m := s % 3600 / 60; m > 0 {
		out += " " + strconv.FormatInt(m, 10) + " min"
	}
	return out
}

func roundTo(f float64, decimals int) float64 {
	p := math.Pow(10, float64(decimals))
	return math.Round(f*p) / p
}

func sign(f float64) string {
	if f < 0 {
		return Minus
	}
	return ""
}

// group puts a comma between groups of three digits of the whole part.
func group(digits string) string {
	whole, rest := digits, ""
	if i := strings.IndexByte(digits, '.'); i >= 0 {
		whole, rest = digits[:i], digits[i:]
	}
	if len(whole) <= 3 {
		return digits
	}
	var b strings.Builder
	head := len(whole) % 3
	b.WriteString(whole[:head])
	for i := head; i < len(whole); i += 3 {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(whole[i : i+3])
	}
	return b.String() + rest
}

// Symbol is the sign of a status (blueprint 3.3); every one is in the report font.
func (s Status) Symbol() string {
	switch s {
	case StatusMet, StatusConforming:
		return "✓"
	case StatusWatch:
		return "◆"
	case StatusMissed, StatusNonconforming:
		return "✗"
	case StatusNotMeasured, StatusNotAssessed:
		return "○"
	case StatusEvidenceDue:
		return "□"
	case StatusExcused, StatusWaived:
		return "△"
	case StatusNoPromise, StatusNotApplicable:
		return "–"
	}
	return ""
}

// Word is the word of a status, which always follows its symbol.
func (s Status) Word() string {
	switch s {
	case StatusNoPromise:
		return "no promise made"
	case StatusExcused:
		return "excused by agreement"
	}
	return strings.ReplaceAll(string(s), "_", " ")
}

// Plural picks the form for a count: Plural(1, "ticket", "tickets") is "1 ticket".
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return FormatCount(n) + " " + many
}

// MissingWord is the word for a shorthand of a missing value.
func MissingWord(code string) string {
	switch code {
	case "x":
		return "not measured"
	case "z":
		return "not applicable"
	case "c":
		return "withheld"
	case "p":
		return "provisional"
	case "r":
		return "revised"
	case "e":
		return "estimated"
	case "low":
		return "rounds to 0"
	}
	return "no value"
}

// MissingKey is the key of the shorthands that a table uses, in one line; empty when it uses none.
func MissingKey(t *Table) string {
	used := map[string]bool{}
	see := func(row []Value) {
		for _, v := range row {
			if v.Kind == Missing {
				used[v.Code] = true
			}
		}
	}
	for _, row := range t.Rows {
		see(row)
	}
	see(t.Total)
	var parts []string
	for _, code := range []string{"x", "z", "c", "p", "r", "e", "low"} {
		if used[code] {
			parts = append(parts, "["+code+"] "+MissingWord(code))
		}
	}
	return strings.Join(parts, " · ")
}
