package config

import (
	"fmt"
	"sort"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// Calendar is the agreed service time: working hours in a zone, without holidays. The calendar "always" (24 hours,
// 7 days, UTC) exists without being configured.
type Calendar struct {
	Pos      strictyaml.Pos        `yaml:"-"`
	TimeZone string                `yaml:"time_zone"` // IANA zone; default the organization's
	Hours    map[string]StringList `yaml:"hours"`     // mon, tue-thu, daily → 08:00-12:00, 13:00-17:00; 22:00-06:00 runs over midnight; 00:00-24:00
	Holidays StringList            `yaml:"holidays"`  // days (2026-12-24), .ics files, or a country calendar of the holiday library (DE-BE)
	// Open adds working time on single days, holidays included: 2026-12-05 → 08:00-12:00.
	Open map[string]StringList `yaml:"open"`
	// Places says where each entry stands, by path: time_zone, hours.mon[0], holidays[2], open.2026-12-05[0].
	Places map[string]strictyaml.Pos `yaml:"-"`
}

// Always is the calendar that exists without being configured: every second counts.
const Always = "always"

// UnmarshalStrict decodes a calendar and remembers where each entry stands.
func (c *Calendar) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	decodeStruct(d, n, c, path)
	c.Places = places(d, n)
}

// At is the place of an entry of the calendar, or of the calendar itself.
func (c *Calendar) At(path string) strictyaml.Pos {
	if p, ok := c.Places[path]; ok {
		return p
	}
	return c.Pos
}

// places notes the position of every scalar and list entry below a mapping, by its path in it.
func places(d *strictyaml.Decoder, n *yaml.Node) map[string]strictyaml.Pos {
	out := map[string]strictyaml.Pos{}
	var walk func(n *yaml.Node, path string, depth int)
	walk = func(n *yaml.Node, path string, depth int) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if depth > 8 { // deeper than any known key; anchors may contain themselves
			return
		}
		if path != "" {
			out[path] = d.At(n)
			if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
				p := out[path]
				p.Column++ // the place of the text, not of its quote
				out[path] = p
			}
		}
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				walk(n.Content[i+1], strictyaml.Join(path, n.Content[i].Value), depth+1)
			}
		case yaml.SequenceNode:
			for i, item := range n.Content {
				walk(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
			}
		case yaml.ScalarNode:
			// A single entry may stand without the brackets of its list.
			if _, twice := out[path+"[0]"]; !twice && path != "" {
				out[path+"[0]"] = out[path]
			}
		}
	}
	walk(n, "", 0)
	return out
}

func (c *Config) checkCalendars(ps *strictyaml.Problems) {
	names := make([]string, 0, len(c.Calendars))
	for name := range c.Calendars {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		cal := c.Calendars[name]
		path := "calendars." + name
		if name == Always {
			ps.Add(cal.Pos, path, "give it another name", "always is built in: 24 hours, 7 days")
		}
		if cal.TimeZone != "" {
			CheckZone(ps, cal.At("time_zone"), path+".time_zone", cal.TimeZone)
		}
		cal.checkHours(ps, path)
		for i, h := range cal.Holidays {
			if _, err := ParseHoliday(h); err != nil {
				ps.Add(cal.At(fmt.Sprintf("holidays[%d]", i)), fmt.Sprintf("%s.holidays[%d]", path, i), "", "%v", err)
			}
		}
	}
}

// checkHours finds unknown days, times that are none, overlaps, and a week without any working time.
func (c *Calendar) checkHours(ps *strictyaml.Problems, path string) {
	before := len(*ps)
	if len(c.Hours) == 0 {
		ps.Add(c.Pos, path+".hours", "write e.g. {mon-fri: [08:00-17:00]}", "a calendar needs working hours")
		return
	}
	var week []weekSpan
	for _, key := range sortedKeys(c.Hours) {
		days, err := ParseDays(key)
		if err != nil {
			ps.Add(c.At("hours."+key), path+".hours."+key, "", "%v", err)
			continue
		}
		for i, text := range c.Hours[key] {
			at, p := c.At(fmt.Sprintf("hours.%s[%d]", key, i)), fmt.Sprintf("%s.hours.%s[%d]", path, key, i)
			span, err := ParseSpan(text)
			if err != nil {
				ps.Add(at, p, "", "%v", err)
				continue
			}
			for _, d := range days {
				week = append(week, weekSpan{d*daySeconds + span.From, d*daySeconds + span.To, text, key, p, at})
			}
		}
	}
	for _, key := range sortedKeys(c.Open) {
		if _, err := ParseDay(key); err != nil {
			ps.Add(c.At("open."+key), path+".open."+key, "", "%v", err)
		}
		for i, text := range c.Open[key] {
			if _, err := ParseSpan(text); err != nil {
				ps.Add(c.At(fmt.Sprintf("open.%s[%d]", key, i)), fmt.Sprintf("%s.open.%s[%d]", path, key, i), "", "%v", err)
			}
		}
	}
	if len(week) == 0 && len(*ps) == before {
		ps.Add(c.Pos, path+".hours", "", "the calendar has no working time at all")
	}
	checkOverlap(ps, week)
}

type weekSpan struct {
	from, to  int64 // seconds since Monday 00:00; to may reach into the next week
	text, key string
	path      string
	at        strictyaml.Pos
}

// checkOverlap reports each pair of spans of a week that share time; Sunday night reaches into Monday.
func checkOverlap(ps *strictyaml.Problems, week []weekSpan) {
	sort.SliceStable(week, func(i, j int) bool { return week[i].from < week[j].from })
	reported := map[string]bool{}
	for i, s := range week { // each with the next one; the last with the first of the week after
		next, shift := week[(i+1)%len(week)], int64(0)
		if i+1 == len(week) {
			shift = 7 * daySeconds
		}
		if s.to <= next.from+shift {
			continue
		}
		id := s.path + "\x00" + next.path
		if reported[id] {
			continue
		}
		reported[id] = true
		ps.Add(next.at, next.path, "", "%s (%s) overlaps %s (%s)", next.text, next.key, s.text, s.key)
	}
}
