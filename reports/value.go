package reports

import (
	"math"
	"time"
)

// Kind says what a Value is, and so how it is written, aligned and stored.
type Kind string

// The kinds of values.
const (
	Text     Kind = ""         // words
	ID       Kind = "id"       // a key: text, never a number; may carry a link
	Count    Kind = "count"    // whole number
	Number   Kind = "number"   // number with decimals (Decimals)
	Percent  Kind = "percent"  // share: Number 0.921 prints 92.1 %
	Points   Kind = "points"   // difference of two shares: −0.029 prints −2.9 points
	Duration Kind = "duration" // seconds
	Instant  Kind = "instant"  // Time, printed in the document's zone
	Date     Kind = "date"     // a calendar day: Time at 00:00 UTC
	State    Kind = "status"   // Status: symbol and word
	Missing  Kind = "missing"  // not measured: Code and Text (the missing input)
)

// Value is one typed value. The zero Value is an empty text.
type Value struct {
	Kind     Kind
	Text     string // Text, ID; Missing: the missing input in words
	Number   float64
	Decimals int       // Number, Percent: decimals; 0 = the default of the kind (Percent 1)
	Target   *float64  // Percent: the target it is judged against, so that rounding never crosses it
	Time     time.Time // Instant, Date
	Status   Status    // State
	Code     string    // Missing: x not measured, z not applicable, c withheld, p provisional, e estimated
	URL      string    // ID, Text: link outside (http, https)
	Ref      string    // link inside: ID of a section or table
	Strong   bool
	Business bool // Duration: time of a working calendar, printed in hours and never in days of 24 hours
}

// T is a text.
func T(s string) Value { return Value{Text: s} }

// Key is an id with an optional address.
func Key(id, url string) Value { return Value{Kind: ID, Text: id, URL: url} }

// N is a count.
func N[I int | int64 | int32](n I) Value { return Value{Kind: Count, Number: float64(n)} }

// Pct is a share of one, judged against target when that is not nil. A NaN is "no data".
func Pct(share float64, target *float64) Value {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return NotMeasured("no data")
	}
	return Value{Kind: Percent, Number: share, Target: target}
}

// Rate is k of n as a share; with n = 0 it is not measured, never 0 % or 100 %.
func Rate(k, n int64, target *float64) Value {
	if n == 0 {
		return NotMeasured("no data: nothing was counted")
	}
	return Pct(float64(k)/float64(n), target)
}

// Seconds is a duration in seconds.
func Seconds(s float64) Value { return Value{Kind: Duration, Number: s} }

// WorkTime is a duration in seconds of a working calendar: 39 h of work are never "1 d 15 h".
func WorkTime(s float64) Value { return Value{Kind: Duration, Number: s, Business: true} }

// At is an instant.
func At(t time.Time) Value {
	if t.IsZero() {
		return T("–")
	}
	return Value{Kind: Instant, Time: t}
}

// Day is a calendar day.
func Day(t time.Time) Value {
	if t.IsZero() {
		return T("–")
	}
	return Value{Kind: Date, Time: t}
}

// S is a status with its symbol and word.
func S(s Status) Value { return Value{Kind: State, Status: s} }

// NotMeasured keeps the place of a value that was not measured and names the missing input.
func NotMeasured(missingInput string) Value {
	return Value{Kind: Missing, Code: "x", Text: missingInput}
}

// NotApplicable keeps the place of a value that cannot exist.
func NotApplicable(why string) Value { return Value{Kind: Missing, Code: "z", Text: why} }

// Ptr is the address of a number: for targets and chart values.
func Ptr(f float64) *float64 { return &f }
