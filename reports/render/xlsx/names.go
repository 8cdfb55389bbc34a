package xlsx

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxCell is how many UTF-16 units a cell holds.
const maxCell = 32767

// text makes a text fit for a cell: valid, without control characters, cut with a mark where a cell cannot hold it.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r < 0x20 || r == 0x7F || r >= 0xFFFE && r <= 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) <= maxCell {
		return s
	}
	n := units(s)
	// escapes such as _x000D_ grow when they are written; leave room for them
	grow := 6 * len(escapes.FindAllString(s, -1))
	if n+grow <= maxCell {
		return s
	}
	mark := " … [cut: " + strconv.Itoa(n) + " characters]"
	return cutUnits(s, maxCell-units(mark)-min(grow, maxCell/2)) + mark
}

var escapes = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cutUnits is the longest start of s with at most n UTF-16 units.
func cutUnits(s string, n int) string {
	used := 0
	for i, r := range s {
		used += utf16.RuneLen(r)
		if used > n {
			return s[:i]
		}
	}
	return s
}

func clip(s string, n int) string {
	if units(s) <= n {
		return s
	}
	return cutUnits(s, n-1) + "…"
}

// sheetName makes a name that Excel takes: at most 31 units, none of : \ / ? * [ ], no quote at an end, not "History",
// and no other sheet with the same letters.
func (b *book) sheetName(want string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || r < 0x20 || r > 0xFFFF {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(want, " "))
	name = strings.Join(strings.Fields(name), " ")
	name = strings.Trim(name, "' ")
	if name == "" {
		name = "Sheet"
	}
	if strings.EqualFold(name, "History") {
		name = "History list"
	}
	name = strings.Trim(cutUnits(name, 31), "' ")
	unique := name
	for n := 2; b.sheetNames[strings.ToLower(unique)]; n++ {
		tail := " " + strconv.Itoa(n)
		unique = strings.Trim(cutUnits(name, 31-len(tail)), "' ") + tail
	}
	b.sheetNames[strings.ToLower(unique)] = true
	return unique
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

// words makes a readable name of an id: "breach-register" becomes "Breach register".
func words(id string) string {
	s := strings.TrimSpace(notWord.ReplaceAllString(id, " "))
	if s == "" {
		return "Table"
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}

// camel makes a name of an id: "breach-register" becomes "BreachRegister".
func camel(id string) string {
	var out strings.Builder
	for f := range strings.FieldsSeq(notWord.ReplaceAllString(id, " ")) {
		out.WriteString(strings.ToUpper(f[:1]) + f[1:])
	}
	return out.String()
}

// tableName is the name of an Excel table, unique in the workbook: tblBreaches.
func (b *book) tableName(id string) string {
	return unique(b.tableNames, cutUnits("tbl"+camel(id), 200))
}

// definedName is the name of a cell for people who link to the workbook: kpi_incidents_in_time.
func (b *book) definedName(prefix, id string) string {
	name := prefix + strings.Trim(strings.ToLower(notWord.ReplaceAllString(id, "_")), "_")
	return unique(b.definedNames, cutUnits(name, 200))
}

func unique(taken map[string]bool, name string) string {
	out := name
	for n := 2; taken[strings.ToLower(out)]; n++ {
		out = name + "_" + strconv.Itoa(n)
	}
	taken[strings.ToLower(out)] = true
	return out
}

// quoted is a sheet name for use in a reference.
func quoted(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'" }

// heads makes the heads of a table unique and not empty, as Excel demands.
func heads(titles []string) []string {
	taken := map[string]bool{}
	out := make([]string, len(titles))
	for i, t := range titles {
		t = strings.Join(strings.Fields(text(t)), " ")
		if t == "" {
			t = "Column " + strconv.Itoa(i+1)
		}
		t = clip(t, 240)
		name := t
		for n := 2; taken[strings.ToLower(name)]; n++ {
			name = t + " (" + strconv.Itoa(n) + ")"
		}
		taken[strings.ToLower(name)] = true
		out[i] = name
	}
	return out
}

// webURL keeps addresses that a workbook may open.
func webURL(s string) string {
	lower := strings.ToLower(s)
	for _, scheme := range []string{"http://", "https://", "mailto:"} {
		if strings.HasPrefix(lower, scheme) && len(s) <= 2000 && !strings.ContainsAny(s, "\r\n\t\"<>") {
			return s
		}
	}
	return ""
}
