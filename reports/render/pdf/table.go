package pdf

import (
	"fmt"
	"math"
	"strings"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
)

// cell is a value of a table as it will be printed.
type cell struct {
	text   string
	style  style
	status reports.Status
	url    string
	ref    string
	absent bool // a missing value: the reason may wrap
}

// cell makes a value ready for print.
func (p *paper) cell(v reports.Value, total bool) cell {
	c := cell{text: reports.Format(v, p.zone), style: styleCell, url: webURL(v.URL), ref: refID(v.Ref)}
	switch v.Kind {
	case reports.State:
		c.status = v.Status
		c.style = c.style.in(statusInk(v.Status))
	case reports.Missing:
		c.text, c.absent = join(" ", c.text, v.Text), true
		c.style = c.style.in(inkMuted)
	}
	if c.url != "" || c.ref != "" {
		c.style = c.style.in(inkLink)
	}
	if numeric(v.Kind) || v.Kind == reports.Instant || v.Kind == reports.Date {
		c.text = strings.ReplaceAll(c.text, " ", "\u00a0") // "3 h 25 min" is never broken
	}
	if v.Strong || total {
		c.style.face = typeset.Semibold
	}
	return c
}

func webURL(s string) string {
	lower := strings.ToLower(s)
	if strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "mailto:") {
		return s
	}
	return ""
}

// refID is the place of a link inside the document, without the filter that only HTML can set.
func refID(s string) string {
	id, _, _ := strings.Cut(s, "?")
	return id
}

func (c cell) wrap(width float64) []string { return c.style.wrap(c.text, width) }

// cellLines puts the lines of a cell, with the tint of "watch" and the line below links.
func (p *paper) cellLines(c cell, lines []string, x, y, width float64) {
	for i, l := range lines {
		at := y + float64(i)*c.style.line()
		w := c.style.width(l)
		if c.status == reports.StatusWatch {
			p.fill(x-0.6, at+0.25, w+1.2, c.style.line()-0.5, tintWatch)
		}
		p.text(x, at, c.style, l)
		if (c.url != "" || c.ref != "") && l != "" {
			p.fill(x, c.style.baseline(at)+0.45, w, 0.12, inkLink)
			p.link(x, at, w, c.style.line(), c.url, c.ref)
		}
	}
}

// grid is a table that is being placed.
type grid struct {
	t       *reports.Table
	columns []int // indices of the columns that are printed
	widths  []float64
	heads   [][]string
	headH   float64
	cells   [][]cell
	cut     bool // some text was too long for print
}

const (
	cellGap  = 3.0 // between columns
	cellPad  = 0.9 // above and below the text
	maxLines = 12  // of one cell; the whole text stands in the workbook
)

func numeric(k reports.Kind) bool {
	switch k {
	case reports.Count, reports.Number, reports.Percent, reports.Points, reports.Duration:
		return true
	}
	return false
}

func (p *paper) table(t *reports.Table) {
	if len(t.Rows) == 0 {
		p.room(20)
		p.anchor(t.ID)
		if t.Title != "" {
			p.lines(marginSide, p.width(), styleMessage, t.Title)
		}
		if t.Subtitle != "" {
			p.lines(marginSide, p.width(), styleNote, t.Subtitle)
		}
		empty := t.Empty
		if empty == "" {
			empty = "No rows."
		}
		p.y += 1
		p.lines(marginSide, textWidth, styleBody.in(inkMuted), empty)
		if t.Note != "" {
			p.lines(marginSide, 150, styleNote, t.Note)
		}
		return
	}
	rows := t.Rows
	var remarks []string
	if t.PDFRows > 0 && len(rows) > t.PDFRows {
		rows = rows[:t.PDFRows]
		remarks = append(remarks, fmt.Sprintf("%s of %s rows are printed; the rest stands in the workbook%s and in the HTML form.",
			reports.FormatCount(int64(len(rows))), reports.FormatCount(int64(len(t.Rows))), sheetWords(t)))
	}
	g := &grid{t: t}
	for _, r := range rows {
		g.cells = append(g.cells, p.cellRow(t, r, false))
	}
	var total []cell
	if t.Total != nil {
		total = p.cellRow(t, t.Total, true)
	}
	if dropped := g.fit(p.width(), total); len(dropped) > 0 {
		remarks = append(remarks, "Left out for width: "+strings.Join(dropped, ", ")+" (in the workbook and in the HTML form).")
	}
	// lines of every row
	type set struct {
		lines [][]string
		h     float64
	}
	measure := func(cells []cell) set {
		s := set{lines: make([][]string, len(g.columns))}
		most := 1
		for i, c := range g.columns {
			lines := cells[c].wrap(g.widths[i])
			if len(lines) > maxLines {
				lines = limit(lines, maxLines)
				g.cut = true
			}
			s.lines[i] = lines
			most = max(most, len(lines))
		}
		s.h = float64(most)*styleCell.line() + 2*cellPad
		return s
	}
	sets := make([]set, len(g.cells))
	for i, r := range g.cells {
		sets[i] = measure(r)
	}
	// title, head and three rows begin on one page
	title := styleMessage.wrap(t.Title, p.width())
	if t.Title == "" {
		title = nil
	}
	top := float64(len(title))*styleMessage.line() + g.headH + 1.5
	if t.Subtitle != "" {
		top += float64(len(styleNote.wrap(t.Subtitle, p.width()))) * styleNote.line()
	}
	for i := range min(3, len(sets)) {
		top += sets[i].h
	}
	p.room(min(top, p.bottom()-marginTop))
	p.anchor(t.ID)
	for _, l := range title {
		p.text(marginSide, p.y, styleMessage, l)
		p.y += styleMessage.line()
	}
	if t.Subtitle != "" {
		p.lines(marginSide, p.width(), styleNote, t.Subtitle)
	}
	if key := reports.MissingKey(t); key != "" {
		p.lines(marginSide, p.width(), styleNote, key)
	}
	p.y += 1
	p.head(g)
	paint := func(cells []cell, s set, rule ink) {
		x := marginSide
		for i, c := range g.columns {
			w := g.widths[i]
			if numeric(t.Columns[c].Kind) {
				for j, l := range s.lines[i] {
					at := p.y + cellPad + float64(j)*styleCell.line()
					p.right(x+w, at, cells[c].style, l)
				}
			} else {
				p.cellLines(cells[c], s.lines[i], x, p.y+cellPad, w)
			}
			x += w + cellGap
		}
		p.y += s.h
		p.fill(marginSide, p.y, g.width(), 0.12, rule)
		p.fresh = false
	}
	for i, s := range sets {
		need := s.h
		if rest := len(sets) - i; rest == 3 { // the last three rows stay together
			for _, next := range sets[i+1:] {
				need += next.h
			}
			if total != nil {
				need += measure(total).h
			}
		}
		if p.y+min(need, p.bottom()-marginTop-30) > p.bottom() {
			p.newPage(p.page().landscape)
			p.text(marginSide, p.y, styleHead, typeset.Shorten(t.Title, typeset.Semibold, styleHead.size*point, p.width()-22)+" (continued)")
			p.y += styleHead.line() + 1
			p.head(g)
		}
		paint(g.cells[i], s, inkGrid)
	}
	if total != nil {
		s := measure(total)
		p.fill(marginSide, p.y, g.width(), 0.25, inkText)
		paint(total, s, inkRule)
	}
	if g.cut {
		remarks = append(remarks, "Texts that end in … are longer; they stand whole in the workbook.")
	}
	if t.Note != "" {
		remarks = append(remarks, t.Note)
	}
	if len(remarks) > 0 {
		p.y += 1.2
		for _, r := range remarks {
			p.lines(marginSide, 150, styleNote, r)
		}
	}
}

func sheetWords(t *reports.Table) string {
	if t.Sheet != "" {
		return " (sheet " + t.Sheet + ")"
	}
	return ""
}

func (p *paper) cellRow(t *reports.Table, values []reports.Value, total bool) []cell {
	out := make([]cell, len(t.Columns))
	for i := range out {
		if i < len(values) {
			out[i] = p.cell(values[i], total)
		} else {
			out[i] = cell{style: styleCell}
		}
	}
	return out
}

func (g *grid) width() float64 {
	w := cellGap * float64(len(g.widths)-1)
	for _, v := range g.widths {
		w += v
	}
	return w
}

// head prints the heads of the columns with a strong line below.
func (p *paper) head(g *grid) {
	x := marginSide
	for i, c := range g.columns {
		lines := g.heads[i]
		y := p.y + g.headH - 1 - float64(len(lines))*styleHead.line()
		for _, l := range lines {
			if numeric(g.t.Columns[c].Kind) {
				p.right(x+g.widths[i], y, styleHead, l)
			} else {
				p.text(x, y, styleHead, l)
			}
			y += styleHead.line()
		}
		x += g.widths[i] + cellGap
	}
	p.y += g.headH
	p.fill(marginSide, p.y-0.35, g.width(), 0.35, inkText)
}

// fit chooses columns and widths for a line of total millimetres. Columns that cannot stand legibly are left out, those
// of the lowest priority first; their heads are returned.
func (g *grid) fit(total float64, sum []cell) (dropped []string) {
	t := g.t
	type need struct{ least, natural float64 }
	needs := make([]need, len(t.Columns))
	for i, c := range t.Columns {
		longText := c.Wrap || !numeric(c.Kind) && c.Kind != reports.ID && c.Kind != reports.Date && c.Kind != reports.Instant && c.Kind != reports.State
		natural, word := 0.0, 0.0
		see := func(x cell) {
			clean := typeset.Clean(head(x.text, 400))
			w := x.style.width(clean)
			if x.absent && numeric(c.Kind) {
				w = math.Min(w, 24)
			}
			natural = math.Max(natural, w)
			for f := range strings.SplitSeq(clean, " ") {
				word = math.Max(word, x.style.width(f))
			}
		}
		for _, r := range g.cells {
			see(r[i])
		}
		if sum != nil {
			see(sum[i])
		}
		title := typeset.Clean(c.Title)
		headWord := 0.0
		for f := range strings.FieldsSeq(title) {
			headWord = math.Max(headWord, styleHead.width(f))
		}
		headWord = math.Min(headWord, 32)
		least := math.Min(word, 34)
		switch {
		case c.Kind == reports.ID:
			least = math.Min(natural, 40)
		case !longText && !numeric(c.Kind):
			least = math.Min(natural, 44)
		case numeric(c.Kind):
			// numbers stay on one line; only the reason of a missing value may wrap
			for _, r := range g.cells {
				if w := r[i].style.width(typeset.Clean(r[i].text)); w <= 34 && !r[i].absent {
					least = math.Max(least, w)
				}
			}
		case natural > 40:
			least = math.Max(least, 26)
		}
		natural = math.Max(math.Min(natural, 120), math.Min(styleHead.width(title), 30))
		needs[i] = need{math.Max(least, headWord) + 0.3, math.Max(natural, headWord) + 0.3}
		if needs[i].natural < needs[i].least {
			needs[i].natural = needs[i].least
		}
	}
	kept := make([]bool, len(t.Columns))
	for i := range kept {
		kept[i] = true
	}
	sumOf := func(natural bool) float64 {
		w, n := 0.0, 0
		for i, k := range kept {
			if k {
				n++
				if natural {
					w += needs[i].natural
				} else {
					w += needs[i].least
				}
			}
		}
		return w + cellGap*float64(n-1)
	}
	for _, priority := range []int{3, 2} {
		for i := len(kept) - 1; i >= 0 && sumOf(false) > total; i-- {
			if kept[i] && t.Columns[i].Priority == priority {
				kept[i] = false
			}
		}
	}
	for i, k := range kept {
		if k {
			g.columns = append(g.columns, i)
		} else {
			dropped = append(dropped, t.Columns[i].Title)
		}
	}
	least, natural := sumOf(false), sumOf(true)
	gaps := cellGap * float64(len(g.columns)-1)
	for _, i := range g.columns {
		n := needs[i]
		switch {
		case natural <= total:
			w := n.natural
			if natural > 0.7*total { // nearly full: fill the line
				w += (total - natural) * n.natural / (natural - gaps)
			}
			g.widths = append(g.widths, w)
		case least <= total:
			g.widths = append(g.widths, n.least)
		default: // even the narrowest form is too wide: words are broken
			g.widths = append(g.widths, n.least*(total-gaps)/(least-gaps))
		}
	}
	if natural > total && least < total {
		limits := make([]float64, len(g.columns))
		for j, i := range g.columns {
			limits[j] = needs[i].natural
		}
		g.share(total-least, limits)
	}
	most := 1
	for j, i := range g.columns {
		lines := limit(styleHead.wrap(t.Columns[i].Title, g.widths[j]), 5)
		g.heads = append(g.heads, lines)
		most = max(most, len(lines))
	}
	g.headH = float64(most)*styleHead.line() + 1.4
	return dropped
}

// share gives the free width to the columns, a little at a time to the one where it makes the table shortest.
func (g *grid) share(free float64, limits []float64) {
	rows := g.cells
	if len(rows) > 120 { // an even sample of a long table
		step := len(rows) / 120
		var some [][]cell
		for i := 0; i < len(rows); i += step {
			some = append(some, rows[i])
		}
		rows = some
	}
	// text widths of the cells, heads first; a word rarely ends where the line does, hence the addition
	text := make([][]float64, 0, len(rows)+1)
	heads := make([]float64, len(g.columns))
	for j, i := range g.columns {
		heads[j] = styleHead.width(typeset.Clean(g.t.Columns[i].Title)) * 1.04
	}
	text = append(text, heads)
	for _, r := range rows {
		line := make([]float64, len(g.columns))
		for j, i := range g.columns {
			line[j] = r[i].style.width(typeset.Clean(head(r[i].text, 1500))) * 1.04
		}
		text = append(text, line)
	}
	cost := func() float64 {
		sum := 0.0
		for _, line := range text {
			most := 0.0
			for j, w := range line {
				lines := math.Ceil(w / g.widths[j])
				most = math.Max(most, math.Min(lines, maxLines))
				sum += 0.12 * w / g.widths[j] // so that a step that saves no line yet counts as well
			}
			sum += most
		}
		return sum
	}
	for step := math.Max(1, free/40); free > 0.01; {
		add := math.Min(step, free)
		best, bestCost := -1, math.Inf(1)
		for j := range g.widths {
			if g.widths[j]+0.01 >= limits[j] {
				continue
			}
			g.widths[j] += add
			if c := cost(); c < bestCost-1e-9 {
				best, bestCost = j, c
			}
			g.widths[j] -= add
		}
		if best < 0 {
			return
		}
		g.widths[best] += add
		free -= add
	}
}

// head is the start of a text, for measuring: very long texts wrap anyway.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
