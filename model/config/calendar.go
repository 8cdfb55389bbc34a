package config

import (
	"fmt"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// Calendar is the agreed service time: working hours in a zone, without holidays, or a calendar built from others. The
// calendar "always" (24 hours, 7 days, UTC) exists without being configured.
//
// Working time is (hours, without holidays) together with open: what is open stays open on a holiday.
type Calendar struct {
	Pos      strictyaml.Pos        `yaml:"-"`
	TimeZone string                `yaml:"time_zone"` // IANA zone; default the organization's
	Hours    map[string]StringList `yaml:"hours"`     // mon, tue-thu, daily → 08:00-12:00, 13:00-17:00; 22:00-06:00 runs over midnight; 00:00-24:00
	Changes  []HoursChange         `yaml:"changes"`   // other hours from a day on, in the order of their days
	Holidays StringList            `yaml:"holidays"`  // days (2026-12-24), .ics files, or a country calendar of the holiday library (DE-BE)
	// Open is working time on single days, holidays included: 2026-12-05 → 08:00-12:00, or a list of stretches
	// (2026-03-01 22:00..2026-03-02 04:00) and .ics files.
	Open OpenTimes `yaml:"open"`

	// A calendar built from others has none of its own hours. An instant is its working time when it is working time of at
	// least one calendar of AnyOf (if given) and of each of AllOf (if given), and of none of Except. The members keep
	// their zones; TimeZone only says where its days begin and end.
	AnyOf  StringList `yaml:"any_of"`
	AllOf  StringList `yaml:"all_of"`
	Except StringList `yaml:"except"`

	// Places says where each entry stands, by path: time_zone, hours.mon[0], holidays[2], open.2026-12-05[0].
	Places map[string]strictyaml.Pos `yaml:"-"`
}

// HoursChange replaces the hours of a calendar from a local day on. A stretch over midnight belongs to the day on which it
// begins: the night before From still ends as the former hours say.
type HoursChange struct {
	Pos   strictyaml.Pos        `yaml:"-"`
	From  string                `yaml:"from"`  // first local day, 2026-07-01
	Hours map[string]StringList `yaml:"hours"` // as the hours of a calendar
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
	for _, name := range sortedKeys(c.Calendars) {
		cal := c.Calendars[name]
		path := "calendars." + name
		if name == Always {
			ps.Add(cal.Pos, path, "give it another name", "always is built in: 24 hours, 7 days")
		}
		if cal.TimeZone != "" {
			CheckZone(ps, cal.At("time_zone"), path+".time_zone", cal.TimeZone)
		}
		if cal.Composed() {
			c.checkMembers(ps, name)
			continue
		}
		cal.checkTimes(ps, path)
		for i, h := range cal.Holidays {
			if _, err := ParseHoliday(h); err != nil {
				ps.Add(cal.At(fmt.Sprintf("holidays[%d]", i)), fmt.Sprintf("%s.holidays[%d]", path, i), "", "%v", err)
			}
		}
	}
	c.checkCircles(ps)
}

// checkTimes finds unknown days, times that are none, overlaps, and a calendar without any working time.
func (c *Calendar) checkTimes(ps *strictyaml.Problems, path string) {
	c.checkOpen(ps, path)
	if len(c.Hours) > 0 || len(c.Open) == 0 {
		if len(c.Hours) == 0 {
			ps.Add(c.Pos, path+".hours", "write e.g. {mon-fri: [08:00-17:00]}", "a calendar needs working hours")
		} else {
			c.checkWeek(ps, path, "hours", c.Hours, c.Pos, len(c.Open) == 0)
		}
	}
	last, lastText := int64(-1)<<62, ""
	for i, change := range c.Changes {
		at := fmt.Sprintf("changes[%d]", i)
		day, err := ParseDay(change.From)
		switch {
		case change.From == "":
			ps.Add(change.Pos, path+"."+at+".from", "write the first day of the new hours, from: 2026-07-01", "missing")
		case err != nil:
			ps.Add(c.At(at+".from"), path+"."+at+".from", "", "%v", err)
		case day == last:
			ps.Add(c.At(at+".from"), path+"."+at+".from", "keep one of them", "the hours already change on %s", change.From)
		case day < last:
			ps.Add(c.At(at+".from"), path+"."+at+".from", "put them in the order of their days", "%s comes after %s", change.From, lastText)
		default:
			last, lastText = day, change.From
		}
		if len(change.Hours) == 0 {
			ps.Add(change.Pos, path+"."+at+".hours", "write e.g. {mon-fri: [08:00-17:00]}; a service that ends is a range of holidays", "a change needs working hours")
			continue
		}
		c.checkWeek(ps, path, at+".hours", change.Hours, change.Pos, true)
	}
}

// checkWeek checks the hours of a week; key is their path in the calendar.
func (c *Calendar) checkWeek(ps *strictyaml.Problems, path, key string, hours map[string]StringList, pos strictyaml.Pos, needed bool) {
	before := len(*ps)
	var week []weekSpan
	for _, name := range sortedKeys(hours) {
		days, err := ParseDays(name)
		if err != nil {
			ps.Add(c.At(key+"."+name), path+"."+key+"."+name, "", "%v", err)
			continue
		}
		for i, text := range hours[name] {
			entry := fmt.Sprintf("%s.%s[%d]", key, name, i)
			span, err := ParseSpan(text)
			if err != nil {
				ps.Add(c.At(entry), path+"."+entry, "", "%v", err)
				continue
			}
			for _, d := range days {
				week = append(week, weekSpan{d*daySeconds + span.From, d*daySeconds + span.To, text, name, path + "." + entry, c.At(entry)})
			}
		}
	}
	if len(week) == 0 && len(*ps) == before && needed {
		ps.Add(pos, path+"."+key, "", "the calendar has no working time at all")
	}
	checkOverlap(ps, week)
}

// checkOpen reads the stretches of open and reports those that share time.
func (c *Calendar) checkOpen(ps *strictyaml.Problems, path string) {
	type opened struct {
		Window
		text string
		path string
	}
	var all []opened
	for _, o := range c.Open {
		w, err := ParseOpen(o.Text)
		if err != nil {
			ps.Add(c.At(o.Path), path+"."+o.Path, "", "%v", err)
			continue
		}
		if w.File == "" {
			all = append(all, opened{w, o.Text, o.Path})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].From < all[j].From })
	for i := 1; i < len(all); i++ {
		if all[i].From < all[i-1].To {
			ps.Add(c.At(all[i].path), path+"."+all[i].path, "", "%s overlaps %s", all[i].text, all[i-1].text)
		}
		if all[i].To < all[i-1].To { // the one that reaches furthest is asked next
			all[i].Window, all[i].text = all[i-1].Window, all[i-1].text
		}
	}
}

type weekSpan struct {
	from, to  int64 // seconds since Monday 00:00; to may reach into the next week
	text, key string
	path      string
	at        strictyaml.Pos
}

// checkOverlap reports spans of a week that share time; Sunday night reaches into Monday.
func checkOverlap(ps *strictyaml.Problems, week []weekSpan) {
	// The week that follows comes behind, so that the last night meets the first morning.
	for _, s := range week {
		s.from, s.to = s.from+7*daySeconds, s.to+7*daySeconds
		week = append(week, s)
	}
	sort.SliceStable(week, func(i, j int) bool { return week[i].from < week[j].from })
	reported := map[string]bool{}
	furthest := 0
	for i := 1; i < len(week); i++ {
		next, s := week[i], week[furthest]
		if s.to > next.from && !reported[next.path] {
			reported[next.path] = true
			ps.Add(next.at, next.path, "", "%s (%s) overlaps %s (%s)", next.text, next.key, s.text, s.key)
		}
		if next.to > s.to {
			furthest = i
		}
	}
}

// Composed says that the calendar is built from others.
func (c *Calendar) Composed() bool { return len(c.AnyOf)+len(c.AllOf)+len(c.Except) > 0 }

// HoursWords are the hours of a calendar, and when they change, in words; of one that is built from others, from which.
func (c *Calendar) HoursWords() string {
	var out []string
	for _, m := range c.memberLists() {
		if len(m.names) > 0 {
			out = append(out, m.word+" "+strings.Join(m.names, ", "))
		}
	}
	week := func(hours map[string]StringList) string {
		var days []string
		for _, key := range sortedDays(hours) {
			days = append(days, key+" "+strings.Join(hours[key], ", "))
		}
		return strings.Join(days, "; ")
	}
	if len(c.Hours) > 0 {
		out = append(out, week(c.Hours))
	}
	for _, change := range c.Changes {
		out = append(out, "from "+change.From+" "+week(change.Hours))
	}
	if n := len(c.Open); n > 0 {
		const shown = 8
		var texts []string
		for _, o := range c.Open[:min(n, shown)] {
			texts = append(texts, o.Text)
		}
		if n > shown {
			texts = append(texts, fmt.Sprintf("and %d more", n-shown))
		}
		out = append(out, "open "+strings.Join(texts, ", "))
	}
	return strings.Join(out, "; ")
}

// sortedDays sorts day keys as a week runs, so that words about a calendar read naturally.
func sortedDays(hours map[string]StringList) []string {
	keys := sortedKeys(hours)
	first := map[string]int64{}
	for _, k := range keys {
		first[k] = 7
		if days, err := ParseDays(k); err == nil {
			first[k] = days[0]
		}
	}
	sort.SliceStable(keys, func(i, j int) bool { return first[keys[i]] < first[keys[j]] })
	return keys
}
