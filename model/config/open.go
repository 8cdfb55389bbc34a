package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// OpenTimes are single stretches of working time. In the file they are a mapping of days to stretches of the day, or a
// list of texts as ParseOpen reads them.
type OpenTimes []OpenTime

// OpenTime is one entry of OpenTimes.
type OpenTime struct {
	Text string // as ParseOpen reads it
	Path string // where it stands in its calendar: open.2026-12-05[0], open[0]
}

// UnmarshalStrict reads both forms.
func (o *OpenTimes) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		var list StringList
		decodeAny(d, n, &list, path)
		for i, text := range list {
			*o = append(*o, OpenTime{text, fmt.Sprintf("open[%d]", i)})
		}
		return
	}
	d.Pairs(n, path, func(key, value *yaml.Node, at string) {
		var spans StringList
		decodeAny(d, value, &spans, at)
		if _, err := ParseDay(key.Value); err != nil {
			d.Add(key, at, "", "%v", err)
			return
		}
		if len(spans) == 0 {
			d.Add(key, at, "write e.g. 08:00-12:00", "no working time is given")
		}
		for i, text := range spans {
			// Beside its day stands a stretch of a day and nothing else.
			if _, err := ParseSpan(text); err != nil {
				d.Problems.Add(d.At(value), fmt.Sprintf("%s[%d]", at, i), "", "%v", err)
				continue
			}
			*o = append(*o, OpenTime{strings.TrimSpace(key.Value) + " " + text, fmt.Sprintf("open.%s[%d]", key.Value, i)})
		}
	})
}

// Window is a single stretch of working time, or a file of such stretches.
type Window struct {
	File string // path of an .ics file; the rest is empty then
	// From and To are what the clock on the wall shows, in seconds since 1970-01-01 00:00, half open.
	From, To int64
}

// maxWindow is the longest single stretch of working time, seconds.
const maxWindow = 366 * daySeconds

// ParseOpen reads "2026-12-05 08:00-12:00" (22:00-06:00 runs over midnight), "2026-03-01 22:00..2026-03-02 04:00",
// 2026-12-05 and 2026-12-05..2026-12-06 (whole days), or windows.ics.
func ParseOpen(s string) (Window, error) {
	s = strings.TrimSpace(s)
	if strings.HasSuffix(strings.ToLower(s), ".ics") {
		return Window{File: s}, nil
	}
	if a, b, isRange := strings.Cut(s, ".."); isRange {
		from, err := parseMoment(a, 0)
		if err != nil {
			return Window{}, err
		}
		to, err := parseMoment(b, daySeconds)
		switch {
		case err != nil:
			return Window{}, err
		case to <= from:
			return Window{}, fmt.Errorf("%s ends before it begins", s)
		case to-from > maxWindow:
			return Window{}, fmt.Errorf("%s is longer than a year: write it as hours", s)
		}
		return Window{From: from, To: to}, nil
	}
	day, span := cutMoment(s)
	from, err := ParseDay(day)
	if err != nil {
		return Window{}, fmt.Errorf("%q is no working time: write 2026-12-05 08:00-12:00, 2026-03-01 22:00..2026-03-02 04:00, 2026-12-05 or a file windows.ics", s)
	}
	if span == "" {
		return Window{From: from * daySeconds, To: (from + 1) * daySeconds}, nil
	}
	t, err := ParseSpan(span)
	if err != nil {
		return Window{}, err
	}
	return Window{From: from*daySeconds + t.From, To: from*daySeconds + t.To}, nil
}

// parseMoment reads a day and a clock time; a day alone stands for its begin or its end, seconds after midnight.
func parseMoment(s string, alone int64) (int64, error) {
	day, clock := cutMoment(strings.TrimSpace(s))
	d, err := ParseDay(day)
	if err != nil {
		return 0, err
	}
	if clock == "" {
		return d*daySeconds + alone, nil
	}
	c, err := parseClock(clock)
	return d*daySeconds + c, err
}

// cutMoment separates a day from what stands behind it.
func cutMoment(s string) (day, rest string) {
	if i := strings.IndexAny(s, " T"); i >= 0 {
		return s[:i], strings.TrimSpace(s[i+1:])
	}
	return s, ""
}
