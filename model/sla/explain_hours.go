package sla

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// DayHours is one local day of a stretch and the working time of the stretch in it. The seconds of all days are those of the stretch.
type DayHours struct {
	Date    string   `json:"date"`             // 2026-03-27, local
	Spans   []Window `json:"spans,omitempty"`  // working time, cut at local midnight
	Seconds int64    `json:"seconds"`          // sum of the spans
	Name    string   `json:"closed,omitempty"` // name of the holiday
	Whole   bool     `json:"whole"`            // the stretch covers the whole day

	from, to time.Time // the day itself
}

// HourLine is a line of the calculation of a stretch: a day, several days, or a mark.
type HourLine struct {
	When    string `json:"when"`
	Hours   string `json:"hours"`
	Seconds int64  `json:"seconds"`        // counted in it
	Mark    string `json:"mark,omitempty"` // due, breach, both; no time is counted in a mark
}

// maxLines is how many lines of a stretch are told one by one; of more, the middle is summed up.
const maxLines = 10

// localDays cuts [from, to) at the midnights of a zone.
func localDays(from, to time.Time, zone *time.Location) []DayHours {
	var out []DayHours
	for at := from; at.Before(to) && len(out) < 100_000; {
		local := at.In(zone)
		begin := time.Unix(dayStart(local, 0), 0)
		var next time.Time
		for n := 1; n <= 3; n++ { // a day that never was has no begin of its own
			if next = time.Unix(dayStart(local, n), 0); next.After(at) {
				break
			}
		}
		if !next.After(at) {
			next = at.Add(24 * time.Hour)
		}
		end := next
		if to.Before(end) {
			end = to
		}
		out = append(out, DayHours{Date: local.Format("2006-01-02"), Whole: !at.After(begin) && !next.After(to), from: at.UTC(), to: end.UTC()})
		at = end
	}
	return out
}

// daysOf lays the working time of a stretch out by local day.
func daysOf(from, to time.Time, windows []Window, holidays map[string]string, zone *time.Location) []DayHours {
	days := localDays(from, to, zone)
	w := 0
	for i := range days {
		d := &days[i]
		d.Name = holidays[d.Date]
		for ; w < len(windows); w++ {
			span := windows[w]
			if span.From.Before(d.from) {
				span.From = d.from
			}
			if span.To.After(d.to) {
				span.To = d.to
			}
			if span.To.After(span.From) {
				d.Spans = append(d.Spans, span)
				d.Seconds += span.Seconds()
			}
			if windows[w].To.After(d.to) {
				break // it goes on in the next day
			}
		}
	}
	return days
}

// holidaysOf is the holidays that a paused stretch crosses.
func holidaysOf(from, to time.Time, holidays map[string]string, zone *time.Location) []DayHours {
	if len(holidays) == 0 {
		return nil
	}
	var out []DayHours
	for _, d := range localDays(from, to, zone) {
		if d.Name = holidays[d.Date]; d.Name != "" {
			out = append(out, d)
		}
	}
	return out
}

// Lines is the calculation of a running stretch, to be checked by hand: the seconds add up to what was counted.
func (s SegmentExplanation) Lines() []HourLine {
	if s.State != "running" {
		return nil
	}
	type part struct {
		HourLine
		closed bool
		keep   bool // near a mark: never summed up
		begins time.Time
		day    DayHours
	}
	var parts []part
	marks := s.marks()
	zone := s.Location()
	for _, d := range s.Days {
		first := d.from
		cut := func(to time.Time, keep bool) {
			x := d
			x.Spans, x.Seconds = nil, 0
			for _, w := range d.Spans {
				if w.From.Before(first) {
					w.From = first
				}
				if w.To.After(to) {
					w.To = to
				}
				if w.To.After(w.From) {
					x.Spans = append(x.Spans, w)
					x.Seconds += w.Seconds()
				}
			}
			whole := d.Whole && first.Equal(d.from) && to.Equal(d.to)
			x.from, x.to, x.Whole = first, to, whole
			if x.Seconds > 0 || !keep {
				parts = append(parts, part{HourLine: x.line(zone), closed: x.Seconds == 0 && whole, keep: keep, begins: x.from, day: x})
			}
			first = to
		}
		marked := false
		for _, m := range marks {
			if !m.at.Before(d.from) && m.at.Before(d.to) {
				marked = true
				if m.at.After(first) {
					cut(m.at, true)
				}
				parts = append(parts, part{HourLine: HourLine{When: localStamp(m.at, zone, len(s.changes()) > 0), Mark: m.mark}, keep: true, begins: d.from})
			}
		}
		if first.Before(d.to) {
			cut(d.to, marked)
		}
	}
	// Neighbouring closed days are one line.
	merged := parts[:0:0]
	for _, p := range parts {
		if n := len(merged); n > 0 && p.closed && merged[n-1].closed {
			q := &merged[n-1]
			begin, _, _ := strings.Cut(q.When, " – ")
			q.When = begin + " – " + dayWord(p.day.Date)
			if p.day.Name != "" {
				more := p.day.Name + " (" + dayWord(p.day.Date) + ")"
				if q.Hours == "closed" {
					q.Hours = "closed: " + more
				} else {
					q.Hours += ", " + more
				}
			}
			continue
		}
		if p.closed && p.day.Name != "" {
			p.Hours = "closed: " + p.day.Name + " (" + dayWord(p.day.Date) + ")"
		}
		merged = append(merged, p)
	}
	var out []HourLine
	if len(merged) <= maxLines {
		for _, p := range merged {
			out = append(out, p.HourLine)
		}
		return out
	}
	const head, tail = 4, 3
	keep := make([]bool, len(merged))
	for i := range merged {
		if i < head || i >= len(merged)-tail || merged[i].keep {
			keep[i] = true
		}
	}
	for i := 0; i < len(merged); {
		j := i
		for j < len(merged) && !keep[j] {
			j++
		}
		if j-i < 3 {
			j = max(j, i+1)
			for ; i < j; i++ {
				out = append(out, merged[i].HourLine)
			}
			continue
		}
		var days []DayHours
		for _, d := range s.Days { // closed days were joined: the days themselves are summed up
			if !d.from.Before(merged[i].day.from) && d.from.Before(merged[j].begins) {
				days = append(days, d)
			}
		}
		out = append(out, summary(days, zone))
		i = j
	}
	return out
}

// mark is a moment inside a stretch.
type mark struct {
	at   time.Time
	mark string
}

func (s SegmentExplanation) marks() []mark {
	switch {
	case s.DueAt != nil && s.BreachedAt != nil && s.DueAt.Equal(*s.BreachedAt):
		return []mark{{*s.DueAt, "due and breach"}}
	case s.DueAt != nil && s.BreachedAt != nil:
		return []mark{{*s.DueAt, "due"}, {*s.BreachedAt, "breach"}}
	case s.DueAt != nil:
		return []mark{{*s.DueAt, "due"}}
	case s.BreachedAt != nil:
		return []mark{{*s.BreachedAt, "breach"}}
	}
	return nil
}

func (s SegmentExplanation) changes() []ClockChange {
	return clockChanges(s.Location(), s.StartedAt, s.EndedAt)
}

// line writes one day: Fri 2026-03-27, 15:00–17:00.
func (d DayHours) line(zone *time.Location) HourLine {
	l := HourLine{When: dayWord(d.Date), Seconds: d.Seconds}
	changes := clockChanges(zone, d.from, d.to)
	if len(d.Spans) == 0 {
		l.Hours = "closed"
		if !d.Whole {
			l.Hours = fmt.Sprintf("no working time from %s to %s", clockTime(d.from, zone, false), endTime(d.from, d.to, zone, false))
			if d.Name != "" {
				l.Hours += ": " + d.Name
			}
		}
	}
	var spans []string
	for _, w := range d.Spans {
		spans = append(spans, clockTime(w.From, zone, len(changes) > 0)+"–"+endTime(w.From, w.To, zone, len(changes) > 0))
	}
	if len(spans) > 0 {
		l.Hours = strings.Join(spans, ", ")
		if d.Name != "" {
			l.Hours += " (worked although " + d.Name + ")"
		}
	}
	for _, c := range changes {
		l.Hours += "; " + c.words(zone)
	}
	return l
}

// summary sums up many days in one line.
func summary(days []DayHours, zone *time.Location) HourLine {
	var l HourLine
	kinds := map[int64]int{}
	working, closed := 0, 0
	var names []string
	for _, d := range days {
		l.Seconds += d.Seconds
		if d.Seconds > 0 {
			working++
			kinds[d.Seconds]++
			continue
		}
		closed++
		if d.Name != "" {
			names = append(names, d.Name+" ("+dayWord(d.Date)+")")
		}
	}
	l.When = "…"
	if len(days) > 0 {
		l.When = "… " + dayWord(days[0].Date) + " – " + dayWord(days[len(days)-1].Date)
	}
	lengths := make([]int64, 0, len(kinds))
	for s := range kinds {
		lengths = append(lengths, s)
	}
	sort.Slice(lengths, func(i, j int) bool {
		if kinds[lengths[i]] != kinds[lengths[j]] {
			return kinds[lengths[i]] > kinds[lengths[j]]
		}
		return lengths[i] > lengths[j]
	})
	var parts []string
	for _, s := range lengths {
		parts = append(parts, fmt.Sprintf("%d of %s", kinds[s], Duration(s)))
	}
	switch {
	case len(lengths) == 1 && working > 1:
		l.Hours = fmt.Sprintf("%d more working days of %s each", working, Duration(lengths[0]))
	case working > 0:
		l.Hours = fmt.Sprintf("%s more: %s", plural(working, "working day", "working days"), strings.Join(parts, ", "))
	default:
		l.Hours = "no working time"
	}
	if closed > 0 {
		l.Hours += "; " + plural(closed, "closed day", "closed days")
	}
	if len(names) > 0 {
		const shown = 12
		more := ""
		if len(names) > shown {
			names, more = names[:shown], fmt.Sprintf(" and %d more", len(names)-shown)
		}
		l.Hours += ", among them " + strings.Join(names, ", ") + more
	}
	if len(days) > 0 {
		for _, c := range clockChanges(zone, days[0].from, days[len(days)-1].to) {
			l.Hours += "; on " + c.day(zone) + " " + c.words(zone)
		}
	}
	return l
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// dayWord writes a day with its weekday: Fri 2026-03-27.
func dayWord(date string) string {
	t, err := time.Parse("2006-01-02", date)
	if err != nil {
		return date
	}
	return t.Format("Mon 2006-01-02")
}

// localStamp writes an instant in a zone, to the second.
func localStamp(t time.Time, zone *time.Location, offset bool) string {
	s := t.In(zone).Format("Mon 2006-01-02 15:04:05")
	if offset {
		s += t.In(zone).Format(" -07:00")
	}
	return s
}

// clockTime writes the time of the day; seconds only where there are any.
func clockTime(t time.Time, zone *time.Location, offset bool) string {
	layout := "15:04"
	if t.In(zone).Second() != 0 {
		layout = "15:04:05"
	}
	if offset {
		layout += "-07:00"
	}
	return t.In(zone).Format(layout)
}

// endTime is clockTime for an end: the midnight after a day is 24:00.
func endTime(from, to time.Time, zone *time.Location, offset bool) string {
	s := clockTime(to, zone, offset)
	if strings.HasPrefix(s, "00:00") && !strings.HasPrefix(s, "00:00:") && to.In(zone).Day() != from.In(zone).Day() {
		s = "24" + s[2:]
	}
	return s
}

// clockChanges lists the changes of a zone's offset in (from, to].
func clockChanges(zone *time.Location, from, to time.Time) []ClockChange {
	var out []ClockChange
	for at := from; len(out) < 100; {
		_, end := at.In(zone).ZoneBounds()
		if end.IsZero() || end.After(to) {
			return out
		}
		if !end.After(at) { // on 31 December of a leap year the end may lie before the moment asked
			at = at.Add(24 * time.Hour)
			continue
		}
		before, after := end.Add(-time.Second).In(zone).Format("-07:00"), end.In(zone).Format("-07:00")
		if before != after {
			out = append(out, ClockChange{end.UTC(), before, after})
		}
		at = end
	}
	return out
}

// words says what the clock on the wall does.
func (c ClockChange) words(zone *time.Location) string {
	_, before := c.At.Add(-time.Second).In(zone).Zone()
	_, after := c.At.In(zone).Zone()
	way, by := "forward", after-before
	if by < 0 {
		way, by = "back", -by
	}
	local := c.At.Add(time.Duration(before) * time.Second).UTC()
	return fmt.Sprintf("the clock goes %s by %s at %s (%s to %s)", way, Duration(int64(by)), local.Format("15:04"), c.Before, c.After)
}

// day is the local day of the change.
func (c ClockChange) day(zone *time.Location) string {
	return dayWord(c.At.Add(-time.Second).In(zone).Format("2006-01-02"))
}
