package mapping

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// timeShape is a way in which times are written. Where day and month cannot be told apart, the pattern holds {1} and
// {2} for the first and the second number.
type timeShape struct {
	Pattern string
	Count   int
}

var (
	isoShape    = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?))?)?$`)
	numberShape = regexp.MustCompile(`^(\d{1,4})([/.-])(\d{1,2})([/.-])(\d{2,4})(?:(,? |T)(.*))?$`)
	wordShape   = regexp.MustCompile(`^(\d{1,2})([ /.-])([A-Za-z]{3,9})([ /.-])(\d{4}|\d{2})(?:(,? )(.*))?$`)
	usShape     = regexp.MustCompile(`^([A-Za-z]{3,9}) (\d{1,2}), (\d{4})(?:(,? )(.*))?$`)
	unixShape   = regexp.MustCompile(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Za-z]{3})  ?(\d{1,2}) (\d{2}:\d{2}:\d{2}) (\d{4})$`)
	clockShape  = regexp.MustCompile(`^(\d{1,2}):(\d{2})(:(\d{2})([.]\d{1,6})?)?( ?([AaPp][Mm]))?( ?[+-]\d{2}:?\d{2})?$`)
)

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// shape is one written time: its pattern and the two numbers that may be day and month.
type shape struct {
	pattern string
	a, b    int
}

// shapeOf recognises how a time is written.
func shapeOf(v string) (shape, bool) {
	switch {
	case len(v) < 6 || len(v) > 40:
		return shape{}, false
	case isoShape.MatchString(v):
		return shape{pattern: "iso"}, v[:4] >= "1970" && v[:4] < "2200"
	}
	if m := numberShape.FindStringSubmatch(v); m != nil && m[2] == m[4] {
		clock, ok := clockPattern(m[6], m[7])
		if !ok {
			return shape{}, false
		}
		a, b := number(m[1]), number(m[3])
		switch {
		case len(m[1]) == 4: // the year stands first
			day := number(m[5])
			if len(m[5]) > 2 || a < 1970 || a > 2199 || b < 1 || b > 12 || day < 1 || day > 31 {
				return shape{}, false
			}
			return shape{pattern: "%Y" + m[2] + "%m" + m[2] + "%d" + clock}, true
		case len(m[1]) > 2 || len(m[5]) == 3 || a < 1 || b < 1 || a > 31 || b > 31 || (a > 12 && b > 12):
			return shape{}, false
		}
		year := "%Y"
		if len(m[5]) == 2 {
			year = "%y"
		} else if y := number(m[5]); y < 1970 || y > 2199 {
			return shape{}, false
		}
		return shape{"{1}" + m[2] + "{2}" + m[2] + year + clock, a, b}, true
	}
	if m := wordShape.FindStringSubmatch(v); m != nil {
		clock, ok := clockPattern(m[6], m[7])
		month, known := monthPattern(m[3])
		year := "%Y"
		if len(m[5]) == 2 {
			year = "%y"
		}
		return shape{pattern: "%d" + m[2] + month + m[4] + year + clock}, ok && known && number(m[1]) <= 31
	}
	if m := usShape.FindStringSubmatch(v); m != nil {
		clock, ok := clockPattern(m[4], m[5])
		month, known := monthPattern(m[1])
		return shape{pattern: month + " %d, %Y" + clock}, ok && known && number(m[2]) <= 31
	}
	if m := unixShape.FindStringSubmatch(v); m != nil { // as C's asctime writes it
		month, known := monthPattern(m[1])
		return shape{pattern: "%a " + month + " %d %H:%M:%S %Y"}, known && number(m[2]) <= 31
	}
	return shape{}, false
}

// clockPattern is the pattern of the time of day, with what stands before it.
func clockPattern(before, s string) (string, bool) {
	if s == "" {
		return "", before == ""
	}
	m := clockShape.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	p := before + "%H:%M"
	if m[7] != "" {
		p = before + "%I:%M"
	}
	if m[3] != "" {
		p += ":%S"
	}
	if m[5] != "" {
		p += ".%f"
	}
	if m[7] != "" {
		p += strings.Repeat(" ", len(m[6])-len(m[7])) + "%p"
	}
	if m[8] != "" {
		p += strings.Repeat(" ", len(m[8])-len(strings.TrimLeft(m[8], " "))) + "%z"
	}
	return p, number(m[1]) < 24 && number(m[2]) < 60
}

func monthPattern(s string) (string, bool) {
	s = strings.ToLower(s)
	for _, m := range monthNames {
		if s == m && len(m) > 3 {
			return "%B", true
		}
		if s == m[:3] {
			return "%b", true
		}
	}
	return "", false
}

func number(s string) int { n, _ := strconv.Atoi(s); return n }

var (
	wholeText  = regexp.MustCompile(`^[+-]?\d{1,15}$`)
	numberText = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?$`)
	epochText  = regexp.MustCompile(`^(1\d{9}|2[0-3]\d{8})(\.\d+)?$`)
	milliText  = regexp.MustCompile(`^(1\d{12}|2[0-3]\d{11})$`)
)

func isWhole(v string) bool  { return wholeText.MatchString(v) }
func isNumber(v string) bool { return numberText.MatchString(v) }

var booleans = []string{"true", "false", "yes", "no", "y", "n", "0", "1", "ja", "nein", "nee", "oui", "non", "si", "sí", "wahr", "falsch", "vrai", "faux"}

func isBoolean(v string) bool { return slices.Contains(booleans, strings.ToLower(v)) }

// timeShapes are the ways in which the times of a column are written; none where it holds something else.
func timeShapes(c *seenColumn) []timeShape {
	counts := map[string]int{}
	bad, total := 0, 0
	for _, v := range c.order {
		n := c.counts[v]
		total += n
		s, ok := shapeOf(v)
		switch {
		case ok:
			counts[s.pattern] += n
		case epochText.MatchString(v):
			counts["epoch"] += n
		case milliText.MatchString(v):
			counts["epoch_ms"] += n
		default:
			bad += n
		}
	}
	if total == 0 || bad*10 > total {
		return nil
	}
	var out []timeShape
	for _, p := range sortedKeys(counts) {
		out = append(out, timeShape{p, counts[p]})
	}
	slices.SortStableFunc(out, func(a, b timeShape) int { return b.Count - a.Count })
	if len(out) > 4 {
		return nil
	}
	return out
}

// dayOrMonth tells for each pattern whether the day or the month stands first: "day", "month", "both" (the values
// contradict each other) or "" (no value tells). All times of a file that are written alike are asked together.
func dayOrMonth(columns []*seenColumn) map[string]string {
	out := map[string]string{}
	for _, c := range columns {
		if len(c.formats) == 0 {
			continue
		}
		for _, v := range c.order {
			s, ok := shapeOf(v)
			if !ok || s.a == 0 {
				continue
			}
			// Whether seconds are written says nothing of day and month.
			at := dateOf(s.pattern)
			switch {
			case s.a > 12 && (out[at] == "month" || out[at] == "both"), s.b > 12 && (out[at] == "day" || out[at] == "both"):
				out[at] = "both"
			case s.a > 12:
				out[at] = "day"
			case s.b > 12:
				out[at] = "month"
			}
		}
	}
	return out
}

func dateOf(pattern string) string {
	date, _, _ := strings.Cut(pattern, "%H")
	date, _, _ = strings.Cut(date, "%I")
	return strings.TrimRight(date, " ,T")
}

// format is the pattern with day and month in their places, and whether that is only a guess.
func (t *inspected) format(pattern string) (format string, guess bool) {
	if !strings.Contains(pattern, "{1}") {
		return pattern, false
	}
	first, second := "%d", "%m"
	switch t.dayFirst[dateOf(pattern)] {
	case "month":
		first, second = second, first
	case "day":
	default:
		guess = true
	}
	return strings.NewReplacer("{1}", first, "{2}", second).Replace(pattern), guess
}

var levelText = regexp.MustCompile(`(?i)^(?:p|s|prio|priority|prioritat|priorität|priorité|prioridad|prioriteit|sev|severity|level|stufe)?[ ._-]?([0-5])(?:[^0-9].*)?$`)

// proposal is the canonical value that a source value seems to mean; empty = it cannot be told.
func (t *inspected) proposal(field string, c *seenColumn, v string) string {
	byWord := t.values(field, v)
	switch {
	case field == "status":
		return t.statusOf(c, v)
	case !slices.Contains([]string{"priority", "impact", "urgency"}, field):
		return byWord
	}
	digit, zero, reversed := levelsOf(t, field, c)
	if d, ok := digit[v]; ok && !reversed {
		if zero {
			d++
		}
		if d >= 1 && d <= 5 {
			return strconv.Itoa(d)
		}
		return ""
	}
	if byWord == "" {
		byWord = t.values(field, strings.TrimLeft(v, "0123456789 .-_"))
	}
	return byWord
}

// openWords mean "new" where no other status does, and that somebody works on it where one is called new.
var openWords = []string{"open", "opened", "offen", "ouvert", "abierto", "abierta", "open staand"}

// waitWords begin a status in which the ticket waits for somebody; for whom it waits stands behind.
var waitWords = []string{"wait", "waiting", "awaiting", "pending", "on hold", "warten", "wartet", "wacht", "wachten", "en attente", "attente", "en espera", "esperando", "pendiente"}

// statusOf proposes a status. Words of the same meaning differ by what stands beside them: "Open" is a new ticket
// unless another status is called new.
func (t *inspected) statusOf(c *seenColumn, v string) string {
	to := t.values("status", v)
	w := folded(v)
	if to == "new" && slices.Contains(openWords, w) {
		for _, other := range c.order {
			if o := folded(other); !slices.Contains(openWords, o) && t.values("status", other) == "new" {
				return "in_progress"
			}
		}
	}
	if to == "" {
		for _, wait := range waitWords {
			if strings.HasPrefix(w+" ", wait+" ") {
				return "on_hold"
			}
		}
	}
	return to
}

var (
	bracketsBefore = regexp.MustCompile(`^\[[^\]]*\]\s*`)
	bracketsBehind = regexp.MustCompile(`\s*[\[(][^\])]*[\])]$`)
)

// values looks a word up in the lists of names.yaml; what stands in brackets is left out if that helps.
func (t *inspected) values(field, v string) string {
	if to := t.word(field, v); to != "" {
		return to
	}
	if bare := bracketsBehind.ReplaceAllString(bracketsBefore.ReplaceAllString(v, ""), ""); bare != v {
		return t.word(field, bare)
	}
	return ""
}

func (t *inspected) word(field, v string) string {
	w := folded(v)
	if w == "" {
		return ""
	}
	for _, to := range sortedKeys(t.words.Values[field]) {
		if slices.ContainsFunc(t.words.Values[field][to], func(n string) bool { return folded(n) == w }) || folded(to) == w {
			return to
		}
	}
	return ""
}

// levelsOf reads the digits of a column of levels. zero: they count from 0. reversed: the words beside the digits say
// that a high digit is a high level, so that the digits must not be taken.
func levelsOf(t *inspected, field string, c *seenColumn) (digit map[string]int, zero, reversed bool) {
	digit = map[string]int{}
	type both struct{ digit, word int }
	var pairs []both
	for _, v := range c.order {
		m := levelText.FindStringSubmatch(v)
		if m == nil {
			if isWhole(v) {
				// A number beyond five: this is another scale (0 to 100, say), and its digits mean something else.
				return map[string]int{}, false, true
			}
			continue
		}
		d := number(m[1])
		digit[v] = d
		zero = zero || d == 0
		if w := t.values(field, strings.TrimLeft(strings.TrimPrefix(v, m[1]), " .-_:")); w != "" {
			pairs = append(pairs, both{d, number(w)})
		}
	}
	for _, x := range pairs {
		for _, y := range pairs {
			if x.digit < y.digit && x.word > y.word {
				reversed = true
			}
		}
	}
	return digit, zero, reversed
}
