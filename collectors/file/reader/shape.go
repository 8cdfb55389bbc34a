package reader

import (
	"bufio"
	"bytes"
	"strings"
	"unicode"
)

// shape is what the first rows of a text say about how it is laid out.
type shape struct {
	delim  string
	width  int     // fields of most rows
	agree  float64 // share of the rows with that width
	header int     // line of the header
	above  int     // lines above it that hold a single value, such as a title
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

// look splits the first rows by s.delim and finds the width that most of them have. Rows of one value at the start of
// a table with several columns are a title, not a header: a header names every column.
func (s *shape) look(sample []byte, whole bool, end byte, headerRow int) {
	c := &csvReader{lines: lineReader{r: bufio.NewReaderSize(bytes.NewReader(sample), 64<<10), end: end}, delim: s.delim, clean: true}
	count := map[int]int{}
	rows, above, first := 0, 0, 0
	for c.next() && rows < 200 {
		if c.lines.err != nil && !whole {
			break // the sample cuts this row
		}
		if int(c.start) < headerRow {
			continue
		}
		n := len(c.ends)
		if c.fault != "" {
			n = 0
		}
		if n == 1 && rows == 0 && above < 30 {
			above++
			continue
		}
		if rows == 0 {
			first = int(c.start)
		}
		rows++
		count[n]++
		// The header breaks ties between widths.
		if n > 0 && (count[n] > count[s.width] || s.width == 0) {
			s.width = n
		}
	}
	if rows == 0 {
		return
	}
	s.agree = float64(count[s.width]) / float64(rows)
	switch {
	case above == 0:
	case rows >= 2 && s.agree >= 0.8:
		s.header, s.above = first, above
	default:
		s.width = 0 // the first row has one value, and the others do not agree: this is no separator
	}
}
