package pdf

import (
	"fmt"
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
			for _, r := range remarks { // and what is said below the table stays with them
				need += 1.2 + float64(len(styleNote.wrap(r, 150)))*styleNote.line()
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

// tableLeast is the height of title, heads and three rows, which begin on one page.
func (p *paper) tableLeast(t *reports.Table) float64 {
	if len(t.Rows) == 0 {
		return 20
	}
	rows := t.Rows
	if t.PDFRows > 0 && len(rows) > t.PDFRows {
		rows = rows[:t.PDFRows]
	}
	g := &grid{t: t}
	for _, r := range rows {
		g.cells = append(g.cells, p.cellRow(t, r, false))
	}
	var total []cell
	if t.Total != nil {
		total = p.cellRow(t, t.Total, true)
	}
	g.fit(p.width(), total)
	h := g.headH + 1.5
	if t.Title != "" {
		h += float64(len(styleMessage.wrap(t.Title, p.width()))) * styleMessage.line()
	}
	if t.Subtitle != "" {
		h += float64(len(styleNote.wrap(t.Subtitle, p.width()))) * styleNote.line()
	}
	for _, r := range g.cells[:min(3, len(g.cells))] {
		most := 1
		for i, c := range g.columns {
			most = max(most, min(maxLines, len(r[c].wrap(g.widths[i]))))
		}
		h += float64(most)*styleCell.line() + 2*cellPad
	}
	return min(h, 120) // rows of very long texts may begin on the next page
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
