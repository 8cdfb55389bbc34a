package mapping

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// sample is a value for a comment.
func sample(v string) string {
	v = oneLine(v)
	if r := []rune(v); len(r) > 32 {
		v = string(r[:32]) + "…"
	}
	return v
}

var notName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// sourceName is a name for the source, made from the file's.
func (t *inspected) sourceName() string {
	base := filepath.Base(t.path)
	base, _, _ = strings.Cut(base, ".")
	name := strings.Trim(notName.ReplaceAllString(plain(base), "-"), "-")
	if len(name) > 24 {
		name = strings.Trim(name[:24], "-")
	}
	if name == "" {
		return "desk"
	}
	return name
}

// relative is the path of the file as it stands in the configuration.
func (t *inspected) relative() string {
	file, err1 := filepath.Abs(t.path)
	dir, err2 := filepath.Abs(t.dir)
	if err1 == nil && err2 == nil {
		if rel, err := filepath.Rel(dir, file); err == nil {
			return filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(t.path)
}

// writer collects lines.
type lines struct{ strings.Builder }

func (l *lines) add(format string, args ...any) { fmt.Fprintf(&l.Builder, format+"\n", args...) }

// timeFields are the recognised columns that hold times.
func (t *inspected) timeFields() []*seenColumn {
	var out []*seenColumn
	for _, c := range t.columns {
		if len(c.formats) > 0 && c.field != "" && c.field != "native" {
			out = append(out, c)
		}
	}
	return out
}

// formatsOf are the formats of a column, written as they stand in the configuration.
func (t *inspected) formatsOf(c *seenColumn) (formats []string, guess bool) {
	for _, s := range c.formats {
		f, g := t.format(s.Pattern)
		if t.dayFirst[dateOf(s.Pattern)] == "both" && strings.Contains(s.Pattern, "{1}") {
			// Some values can only be day first and some only month first: both are tried, in this order.
			formats = append(formats, strings.NewReplacer("{1}", "%d", "{2}", "%m").Replace(s.Pattern))
			f = strings.NewReplacer("{1}", "%m", "{2}", "%d").Replace(s.Pattern)
		}
		formats = append(formats, f)
		guess = guess || g
	}
	return formats, guess
}

func yamlList(list []string) string {
	quoted := make([]string, len(list))
	for i, v := range list {
		quoted[i] = yamlText(v)
		if !strings.HasPrefix(quoted[i], `"`) {
			quoted[i] = quoteEscaped(v)
		}
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// yaml is the configuration.
func (t *inspected) yaml() string {
	var l lines
	l.add("# A first deskproof.yaml, made by looking at %s (%s rows, %d columns).", sample(filepath.Base(t.path)), thousands(t.rows), len(t.columns))
	l.add("# Names and values were recognised, nothing more. Look at every line marked CHECK before you trust a figure.")
	l.add("")
	l.add("organization:")
	l.add("  name: My organization        # CHECK: the name stands on every report")
	l.add("  time_zone: UTC               # CHECK: months and days are cut in this zone%s", t.zoneWords())
	l.add("")
	l.add("sources:")
	l.add("  - name: %s", yamlText(t.sourceName()))
	l.add("    path: %s", yamlText(t.relative()))
	if t.records != "" {
		l.add("    records: %s   # CHECK: the file is one object; this list in it was taken", yamlText(t.records))
	}
	key := t.column("key")
	switch {
	case t.updates:
		l.add("    shape: row_per_update        # %s keys in %s rows: a row is an update", thousands(len(key.counts)), thousands(t.filled(key)))
	case t.repeated:
		l.add("    shape: row_per_ticket        # CHECK: the key %s repeats, and no column tells when a row was written;", sample(key.Name))
		l.add("                                 # only the first row of a key will be taken")
	default:
		l.add("    shape: row_per_ticket")
	}
	if key != nil {
		l.add("    key: %s", yamlText(key.Name))
	} else {
		l.add("    # key:                       # CHECK: no column was recognised as the key of the ticket; name it here")
	}
	if t.updates {
		l.add("    updated: %s", yamlText(t.column("updated").Name))
		for _, f := range []string{"sequence", "actor"} {
			if c := t.column(f); c != nil {
				l.add("    %s: %s", f, yamlText(c.Name))
			}
		}
	}
	common := t.writeDates(&l)
	if len(t.missing) > 0 {
		l.add("    missing: %s", yamlList(t.missing))
	}
	t.writeMap(&l, common)
	t.writeNative(&l)
	t.writeRest(&l)
	return l.String()
}

func (t *inspected) zoneWords() string {
	for _, c := range t.timeFields() {
		for _, s := range c.formats {
			if !strings.Contains(s.Pattern, "%z") && s.Pattern != "epoch" && s.Pattern != "epoch_ms" {
				if s.Pattern == "iso" && strings.HasSuffix(c.order[0], "Z") {
					continue
				}
				return "; the times of the file name none and are read in it"
			}
		}
	}
	return ""
}

// writeDates writes the formats that most times share and returns them.
func (t *inspected) writeDates(l *lines) string {
	votes := map[string]int{}
	for _, c := range t.timeFields() {
		f, _ := t.formatsOf(c)
		votes[yamlList(f)]++
	}
	common := ""
	for _, f := range sortedKeys(votes) {
		if votes[f] > votes[common] {
			common = f
		}
	}
	if common == "" || common == `"iso"` {
		return `"iso"`
	}
	why := ""
	for _, c := range t.timeFields() {
		formats, guess := t.formatsOf(c)
		if yamlList(formats) != common {
			continue
		}
		for _, s := range c.formats {
			switch known := t.dayFirst[dateOf(s.Pattern)]; {
			case known == "both":
				why = "   # CHECK: some values can only be day first, others only month first"
			case guess:
				why = fmt.Sprintf("   # CHECK: day first or month first cannot be told from %s", sample(c.order[0]))
			case known == "day":
				why = "   # day first: numbers above 12 stand there"
			case known == "month":
				why = "   # month first: numbers above 12 stand second"
			}
		}
		break
	}
	l.add("    dates: %s%s", common, why)
	return common
}

// noColumn are fields that stand elsewhere than under fields.
var noColumn = []string{"key", "sequence", "actor", "native"}

func (t *inspected) writeMap(l *lines, common string) {
	l.add("    map:")
	if t.column("kind") == nil {
		kind, why := t.kindOfKeys()
		l.add("      constants: {kind: %s}   # CHECK: %s", kind, why)
	}
	l.add("      fields:")
	for _, f := range t.words.Fields {
		c := t.column(f.Field)
		if c == nil || slices.Contains(noColumn, f.Field) || (f.Field == "updated" && t.updates) {
			continue
		}
		name := f.Field
		if name == "updated" {
			name = "updated_at"
		}
		formats, guess := t.formatsOf(c)
		if written := yamlList(formats); len(formats) > 0 && written != common {
			why := ""
			if guess {
				why = "   # CHECK: day first or month first?"
			}
			l.add("        %s: {column: %s, dates: %s}%s", name, yamlText(c.Name), written, why)
			continue
		}
		l.add("        %s: %s", name, yamlText(c.Name))
	}
	if t.column("opened_at") == nil && !t.updates {
		l.add("        # opened_at:             # CHECK: needed, and not recognised%s", t.otherTimes())
	}
	if t.column("status") == nil {
		t.writeStatusExpression(l)
	}
	for _, f := range []string{"status", "kind", "priority", "impact", "urgency", "change_type", "risk", "outcome"} {
		if c := t.column(f); c != nil {
			t.writeValues(l, f, c)
		}
	}
}

// writeStatusExpression proposes a status for files that have none but tell when tickets ended.
func (t *inspected) writeStatusExpression(l *lines) {
	var cases []string
	for _, e := range []struct{ field, status string }{{"closed_at", "closed"}, {"resolved_at", "resolved"}} {
		if c := t.column(e.field); c != nil {
			empty := []string{"''"}
			for _, m := range t.missing {
				empty = append(empty, sqlText(m))
			}
			name := `"` + strings.ReplaceAll(c.Name, `"`, `""`) + `"`
			cases = append(cases, fmt.Sprintf("WHEN coalesce(%s, '') NOT IN (%s) THEN '%s'", name, strings.Join(empty, ", "), e.status))
		}
	}
	if len(cases) == 0 {
		l.add("      # status:                  # CHECK: needed, and no column was recognised as the status")
		return
	}
	l.add("      expressions:               # CHECK: no column was recognised as the status; this is read from the times")
	l.add("        status: %s", quoteEscaped("CASE "+strings.Join(cases, " ")+" ELSE 'new' END"))
}

// kindOfKeys proposes the kind of all tickets from the letters that their keys begin with.
func (t *inspected) kindOfKeys() (kind, why string) {
	c := t.column("key")
	if c != nil {
		found := map[string]bool{}
		prefix := ""
		for v := range c.counts {
			p := strings.ToLower(strings.TrimRight(strings.TrimRight(v, "0123456789"), "-_ #"))
			found[p] = true
			prefix = p
		}
		if k := t.words.Prefixes[prefix]; len(found) == 1 && k != "" {
			return k, fmt.Sprintf("the keys begin with %s", strings.ToUpper(prefix))
		}
	}
	return "incident", "no column tells the kind of ticket; all rows are taken for incidents"
}

// otherTimes names columns with times that nothing was made of.
func (t *inspected) otherTimes() string {
	var names []string
	for _, c := range t.columns {
		if c.field == "" && len(c.formats) > 0 {
			names = append(names, sample(c.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; times stand in " + strings.Join(names, ", ")
}

func (t *inspected) writeValues(l *lines, field string, c *seenColumn) {
	allowed := enumerations["ticket."+field]
	plainLevels := slices.Equal(allowed, levels) && c.all(func(v string) bool { return slices.Contains(levels, v) })
	if plainLevels {
		l.add("      # %s: the values are numbers already; 1 must be the highest", field)
		return
	}
	values := slices.Clone(c.order)
	slices.SortStableFunc(values, func(a, b string) int { return c.counts[b] - c.counts[a] })
	open := 0
	for _, v := range values {
		if t.proposal(field, c, v) == "" {
			open++
		}
	}
	head := fmt.Sprintf("      %s:   # CHECK: proposals; may be %s, or ~ for missing", field, strings.Join(allowed, ", "))
	if slices.Equal(allowed, levels) {
		head = fmt.Sprintf("      %s:   # CHECK: proposals; 1 (highest) to 5, or ~ for missing", field)
	}
	if open == len(values) {
		l.add("      # %s: no value was recognised; translate them, from the source's words to %s", field, strings.Join(allowed, ", "))
		head = ""
	} else {
		l.add("%s", head)
	}
	if none := t.rows - t.filled(c); none > 0 && (field == "status" || field == "kind") {
		l.add("        # \"\":   # CHECK: %s without a value; what does that mean?", rowsOf(none))
	}
	for _, v := range values {
		n := rowsOf(c.counts[v])
		if to := t.proposal(field, c, v); to != "" {
			l.add("        %s: %s   # %s", yamlText(v), to, n)
		} else {
			l.add("        # %s:   # CHECK: %s; what does it mean?", oneLine(yamlText(v)), n)
		}
	}
}

func (t *inspected) writeNative(l *lines) {
	if len(t.natives) == 0 {
		return
	}
	l.add("    native:                      # CHECK: what the tool says of its own service levels; kept beside the recomputed ones")
	for _, h := range t.natives {
		l.add("      - {name: %s, clock: %s, %s: %s}", yamlText(h.column), h.clock, h.key, yamlText(h.column))
	}
}

// writeRest lists what was not recognised, and shows how service levels are written.
func (t *inspected) writeRest(l *lines) {
	l.add("")
	rest := t.unrecognised()
	if len(rest) > 0 {
		l.add("# Not recognised; these columns stay reachable as ticket.attributes. Map one by a line under fields (field: column).")
		for _, c := range rest {
			l.add("#   %s   e.g. %s", oneLine(yamlText(c.Name)), c.example())
		}
		l.add("")
	}
	l.add("# Service levels are yours to say; nothing was made up. Take away the # and write what was agreed:")
	l.add("# calendars:")
	l.add("#   office: {hours: {mon-fri: [\"08:00-18:00\"]}}")
	l.add("# sla:")
	l.add("#   - id: incident-resolution")
	l.add("#     applies_when: kind = 'incident'")
	l.add("#     pause: status = 'on_hold'")
	l.add("#     stop: resolved")
	l.add("#     goals:")
	l.add("#       - {when: priority = 1, within: 4h, calendar: always}")
	l.add("#       - {within: 3 working_days, calendar: office}")
	l.add("#     target: 95 %%")
	l.add("")
	l.add("# What people decide stands in a file beside this one: assessments, waivers with their last day, and the scope.")
	l.add("# catalogue:")
	l.add("#   judgements: judgements.yaml")
}

func (t *inspected) unrecognised() []*seenColumn {
	var out []*seenColumn
	for _, c := range t.columns {
		if c.field == "" {
			out = append(out, c)
		}
	}
	return out
}

// example shows up to three values of a column.
func (c *seenColumn) example() string {
	if len(c.order) == 0 {
		return "(always empty)"
	}
	var show []string
	for _, v := range c.order[:min(3, len(c.order))] {
		show = append(show, sample(v))
	}
	s := strings.Join(show, " | ")
	if len(c.order) > 3 {
		s += fmt.Sprintf(" … (%s different)", thousands(len(c.order)))
	}
	return s
}
