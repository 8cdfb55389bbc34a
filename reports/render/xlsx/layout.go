package xlsx

import (
	"strings"
	"unicode/utf8"

	"deskproof/reports"
)

// outCell is a cell ready to be written.
type outCell struct {
	value any
	style int
	url   string
	ref   string
}

// laidOut is a table as rows of cells.
type laidOut struct {
	heads   []string
	kinds   []reports.Kind
	rows    [][]outCell
	total   []outCell
	widths  []float64
	hasWhy  bool
	hasLink bool
	lines   []int // of every row: how many lines its longest cell takes
}

// widest is how wide a column of a sheet with one table may be, in characters.
const widest = 60

// layOut types every value of a table and finds the widths of its columns. Text that is longer than limit wraps.
func (b *book) layOut(t *reports.Table, keepLinks bool, limit float64) laidOut {
	var out laidOut
	n := len(t.Columns)
	negative := make([]bool, n)
	links := false
	for _, r := range t.Rows {
		for i, v := range r {
			if i >= n {
				break
			}
			if v.Kind == reports.Duration && v.Number < 0 {
				negative[i] = true
			}
			if v.Kind == reports.Missing && numeric(t.Columns[i].Kind) {
				out.hasWhy = true
			}
			if webURL(v.URL) != "" {
				links = true
			}
		}
	}
	out.hasLink = links && !keepLinks
	titles := make([]string, 0, n+2)
	for i, c := range t.Columns {
		titles = append(titles, head(c, negative[i]))
		out.kinds = append(out.kinds, c.Kind)
	}
	if out.hasWhy {
		titles = append(titles, whyEmpty)
		out.kinds = append(out.kinds, reports.Text)
	}
	if out.hasLink {
		titles = append(titles, linkTitle)
		out.kinds = append(out.kinds, reports.Text)
	}
	out.heads = heads(titles)
	out.widths = make([]float64, len(titles))
	for i, h := range out.heads {
		// a long head wraps; the button of the filter takes room
		longest := 0
		for f := range strings.FieldsSeq(h) {
			longest = max(longest, utf8.RuneCountInString(f))
		}
		out.widths[i] = float64(max(longest+4, min(16, utf8.RuneCountInString(h)+4)))
	}
	lines := 1
	most := func(i int) float64 { // names stand in the first column: it may be wider
		if i == 0 {
			return min(widest, limit*1.5)
		}
		return limit
	}
	wraps := func(i int, s string) bool {
		limit := most(i)
		if most(1) == widest || shownWidth(s) <= limit {
			return false
		}
		lines = max(lines, min(12, 1+int(float64(utf8.RuneCountInString(s))*1.15/limit)))
		return true
	}
	fill := func(values []reports.Value, total bool) []outCell {
		lines = 1
		cells := make([]outCell, 0, len(titles))
		var reasons []string
		link := ""
		for i, c := range t.Columns {
			var v reports.Value
			if i < len(values) {
				v = values[i]
			}
			value, l, why := b.cellOf(v, c.Kind, negative[i])
			if why != "" {
				reasons = append(reasons, out.heads[i]+": "+why)
			}
			l.line = "row"
			l.indent = i > 0 && !rightAligned(c.Kind)
			if total {
				l.bold, l.line = true, "total"
			}
			oc := outCell{value: value, ref: v.Ref}
			if u := webURL(v.URL); u != "" {
				if keepLinks {
					oc.url = u
				} else if link == "" {
					link = u
				}
			}
			if oc.url != "" || v.Ref != "" && keepLinks && b.place(v.Ref) != "" {
				l.color, l.underline = "0B57A4", true
			}
			if words, ok := value.(string); ok && wraps(i, words) {
				l.wrap = true
			}
			oc.style = b.style(l)
			if w := shownWidth(reports.Format(v, b.zone)); w > out.widths[i] {
				out.widths[i] = w
			}
			cells = append(cells, oc)
		}
		line := "row"
		if total {
			line = "total"
		}
		if out.hasWhy {
			why := strings.Join(reasons, "; ")
			var value any
			if why != "" {
				value = text(why)
			}
			cells = append(cells, outCell{value: value, style: b.style(look{color: "545D68", line: line, indent: true, wrap: wraps(len(t.Columns), why)})})
			at := len(t.Columns)
			out.widths[at] = max(out.widths[at], shownWidth(why))
		}
		if out.hasLink {
			var value any
			if link != "" {
				value = text(link)
			}
			cells = append(cells, outCell{value: value, style: b.style(look{line: line, indent: true})})
			out.widths[len(out.widths)-1] = max(out.widths[len(out.widths)-1], shownWidth(link))
		}
		return cells
	}
	for _, r := range t.Rows {
		out.rows = append(out.rows, fill(r, false))
		out.lines = append(out.lines, lines)
	}
	if t.Total != nil {
		out.total = fill(t.Total, true)
	}
	for i := range out.widths {
		out.widths[i] = min(most(i), max(8, out.widths[i]))
	}
	return out
}

func shownWidth(s string) float64 {
	if len(s) > 60 {
		return 60
	}
	return float64(utf8.RuneCountInString(s)) + 2
}
