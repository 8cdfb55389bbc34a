package reader

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// shape is what the first rows of a text say about how it is laid out.
type shape struct {
	delim  string
	width  int     // fields of most rows
	agree  float64 // share of the rows with that width
	header int     // line of the header
	above  int     // lines above it that are no rows of the table, such as a title
}

// delimiters are the separators that are tried first, in order of preference.
var delimiters = []string{",", ";", "\t", "|", "^", "~", "\x1f"}

// findShape tries the usual separators on the first rows. The best one gives the most rows with the same number of
// fields, and more than one. Only if none of them does, other marks of the first lines are tried, and must fit nearly
// every row.
func findShape(sample []byte, whole bool, end byte, headerRow int) shape {
	best := shape{delim: ","}
	if line := strings.TrimRight(string(sample[:min(len(sample), 8)]), "\r\n"); len(line) >= 5 && strings.EqualFold(line[:4], "sep=") {
		best.delim = line[4:5]
		return best
	}
	score := 0.0
	try := func(d string, atLeast float64) {
		s := shape{delim: d}
		s.look(sample, whole, end, headerRow)
		if s.width < 2 || s.agree < atLeast {
			return
		}
		// Agreement counts much, the number of columns a little.
		if n := s.agree + float64(min(s.width, 500))/1000; n > score {
			best, score = s, n
		}
	}
	for _, d := range delimiters {
		try(d, 0)
	}
	if score > 0 {
		return best
	}
	seen := map[rune]bool{}
	for _, r := range string(sample[:min(len(sample), 4096)]) {
		if (unicode.IsPunct(r) || unicode.IsSymbol(r)) && !strings.ContainsRune("\"'_-.()/\uFFFD", r) && !seen[r] && len(seen) < 20 {
			seen[r] = true
			try(string(r), 0.95)
		}
	}
	return best
}

// look splits the first rows by s.delim and finds the width that most of them have. Rows at the start that hold one
// value, or far fewer than the table has columns, are a title, not a header: a header names every column.
func (s *shape) look(sample []byte, whole bool, end byte, headerRow int) {
	c := &csvReader{lines: lineReader{r: bufio.NewReaderSize(bytes.NewReader(sample), 64<<10), end: end}, delim: s.delim, clean: true}
	type row struct{ line, fields, filled int }
	var all []row
	most := 0
	for c.next() && len(all) < 200 {
		if c.lines.err != nil && !whole {
			break // the sample cuts this row
		}
		if int(c.start) < headerRow {
			continue
		}
		r := row{int(c.start), len(c.ends), c.filled()}
		if c.fault != "" {
			r.fields = 0
		}
		all = append(all, r)
		most = max(most, r.filled)
	}
	// judge takes rows above the header away as long as they look like a title, and counts the others.
	judge := func(title func(row) bool) bool {
		above := 0
		for above < len(all) && above < maxAbove && title(all[above]) {
			above++
		}
		s.width, s.agree, s.header, s.above = 0, 0, 0, 0
		if above == len(all) {
			return false
		}
		count := map[int]int{}
		for _, r := range all[above:] {
			count[r.fields]++
			// The header breaks ties between widths.
			if r.fields > 0 && (count[r.fields] > count[s.width] || s.width == 0) {
				s.width = r.fields
			}
		}
		rows := len(all) - above
		s.agree = float64(count[s.width]) / float64(rows)
		if above == 0 {
			return true
		}
		s.header, s.above = all[above].line, above
		return rows >= 2 && s.agree >= 0.8
	}
	single := func(r row) bool { return r.fields == 1 }
	if sparse := func(r row) bool { return single(r) || isTitle(r.filled, most) }; headerRow == 0 && judge(sparse) {
		return
	}
	if !judge(single) {
		s.width, s.header, s.above = 0, 0, 0 // the first row has one value, and the others do not agree: this is no separator
	}
}

// maxAbove is how many rows may stand above a header.
const maxAbove = 30

// stands says in words how many lines there are.
func stands(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return fmt.Sprintf("%d %ss are", n, what)
}

// isTitle is true for a row that holds so few values that it cannot be the header of a table whose rows hold most.
func isTitle(filled, most int) bool { return most >= 4 && filled*2 <= most }
