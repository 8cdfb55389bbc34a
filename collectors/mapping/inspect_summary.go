package mapping

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// mostOpen is how many values without a proposal the summary names for one field.
const mostOpen = 8

// summary tells people what was found.
func (t *inspected) summary() []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	looked := rowsOf(t.rows)
	if t.rows >= InspectRows {
		looked = "the first " + looked
	}
	what := t.info.Format
	for _, x := range []string{t.info.Encoding, t.info.Compression} {
		if x != "" {
			what += ", " + x
		}
	}
	add("looked at %s and %s of %s (%s)", looked, counted(len(t.columns), "column", "columns"), sample(filepath.Base(t.path)), what)
	if t.rejects > 0 {
		add("%s could not be read; collect will list them", rowsOf(t.rejects))
	}
	switch key := t.column("key"); {
	case t.updates:
		add("a row is an update of a ticket: %s keys, time of the update in %q", thousands(len(key.counts)), t.column("updated").Name)
	case t.repeated:
		add("the key %q repeats, and no column tells when a row was written: only one row of each key can be taken", key.Name)
	case key == nil:
		add("no column was recognised as the key of the ticket")
	default:
		add("a row is a ticket, known by %q", key.Name)
	}
	var known []string
	for _, f := range t.words.Fields {
		if c := t.column(f.Field); c != nil {
			known = append(known, f.Field+" = "+sample(c.Name))
		}
	}
	if t.records != "" {
		add("the file is one object; the list %q in it was taken", t.records)
	}
	if len(known) > 0 {
		add("recognised: %s", strings.Join(known, ", "))
	}
	for _, h := range t.natives {
		add("the tool's own %s clock: %s (%s)", h.clock, sample(h.column), h.key)
	}
	var needed []string
	for _, f := range []string{"status", "opened_at", "priority"} {
		if t.column(f) == nil && (f != "opened_at" || !t.updates) {
			needed = append(needed, f)
		}
	}
	if len(needed) > 0 {
		add("not found: %s%s", strings.Join(needed, ", "), map[bool]string{true: " (without a status and a time of opening no ticket can be made: name them in the file first)"}[needed[0] != "priority"])
	}
	for _, f := range []string{"status", "kind", "priority", "impact", "urgency"} {
		c := t.column(f)
		if c == nil {
			continue
		}
		open := slices.DeleteFunc(slices.Clone(c.order), func(v string) bool { return t.proposal(f, c, v) != "" })
		for i, v := range open {
			if i == mostOpen && len(open) > mostOpen+1 {
				add("%s: %d more values have no proposal; they stand in the file", f, len(open)-i)
				break
			}
			add("%s %q has no proposal", f, sample(v))
		}
	}
	for _, c := range t.timeFields() {
		if _, guess := t.formatsOf(c); guess {
			add("%s: day first or month first cannot be told from the values; day first is assumed", sample(c.Name))
		}
	}
	out = append(out, t.doubts...)
	if rest := t.unrecognised(); len(rest) > 0 {
		var names []string
		for _, c := range rest {
			names = append(names, sample(c.Name))
		}
		add("not recognised: %s", strings.Join(names, ", "))
	}
	if t.zoneWords() != "" {
		add("times without a zone are read as UTC until organization.time_zone says otherwise")
	}
	return out
}

// rowsOf counts rows in words.
func rowsOf(n int) string { return counted(n, "row", "rows") }

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + more
}

// thousands writes a number for people.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
