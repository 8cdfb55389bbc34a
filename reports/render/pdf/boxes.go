package pdf

import (
	"deskproof/reports"
	"deskproof/reports/render/chart"
	"deskproof/reports/render/typeset"
)

// tiles is a row of figures, at most four side by side.
func (p *paper) tiles(figures []reports.Figure) {
	for len(figures) > 0 {
		n := min(4, len(figures))
		p.tileRow(figures[:n])
		figures = figures[n:]
		if len(figures) > 0 {
			p.y += 4
		}
	}
}

func (p *paper) tileRow(figures []reports.Figure) {
	const gap, pad = 4.0, 3.0
	across := max(3, len(figures))
	w := (p.width() - gap*float64(across-1)) / float64(across)
	inner := w - 2*pad
	small := style{typeset.Regular, 8, 10.5, inkMuted}
	type tile struct {
		label  []string
		value  string
		vstyle style
		status reports.Status
		lines  []string
		height float64
	}
	tiles := make([]tile, len(figures))
	height, labelLines := 0.0, 0
	for _, f := range figures {
		labelLines = max(labelLines, len(styleCell.wrap(f.Label, inner)))
	}
	for i, f := range figures {
		t := tile{label: styleCell.wrap(f.Label, inner), value: reports.Format(f.Value, p.zone), vstyle: styleFigure, status: f.Status}
		var rest []string
		if f.Value.Kind == reports.Missing {
			t.value, t.vstyle = reports.MissingWord(f.Value.Code), styleWords
			rest = append(rest, f.Value.Text)
			if f.Status == reports.StatusNotMeasured { // said already
				t.status = reports.StatusNone
			}
		}
		for t.vstyle.size > 8.5 && t.vstyle.width(typeset.Clean(t.value)) > inner {
			t.vstyle.size--
		}
		t.value = typeset.Shorten(t.value, t.vstyle.face, t.vstyle.size*point, inner)
		if f.Target != (reports.Value{}) {
			rest = append(rest, "target "+reports.Format(f.Target, p.zone))
		}
		rest = append(rest, f.Variance, f.Basis)
		for _, r := range rest {
			if r != "" {
				t.lines = append(t.lines, small.wrap(r, inner)...)
			}
		}
		t.height = 2*pad + float64(labelLines)*styleCell.line() + styleFigure.line() + 1.5 + float64(len(t.lines))*small.line()
		if t.status != reports.StatusNone {
			t.height += styleHead.line()
		}
		height = max(height, t.height)
		tiles[i] = t
	}
	p.room(height)
	for i, t := range tiles {
		x, y := marginSide+float64(i)*(w+gap), p.y
		p.fill(x, y, w, height, inkPanel)
		p.link(x, y, w, height, "", refID(figures[i].Link))
		x, y = x+pad, y+pad
		for j, l := range t.label {
			p.text(x, y+float64(j)*styleCell.line(), styleCell, l)
		}
		y += float64(labelLines)*styleCell.line() + 0.8
		// values of different size stand on one line
		p.textBase(x, styleFigure.baseline(y), t.vstyle, t.value)
		y += styleFigure.line() + 0.7
		if t.status != reports.StatusNone {
			p.status(x, y, styleHead, t.status)
			y += styleHead.line()
		}
		for _, l := range t.lines {
			p.text(x, y, small, l)
			y += small.line()
		}
	}
	p.y += height
	p.fresh = false
}

// textBase puts a line on a baseline.
func (p *paper) textBase(x, base float64, s style, text string) {
	for _, run := range typeset.Runs(text, s.face) {
		p.put(mark{x: x, y: base, text: run.Text, face: run.Face, size: s.size, ink: s.ink})
		x += typeset.Width(run.Text, run.Face, s.size*point)
	}
}

// status puts symbol and word in the ink of the status; "watch" stands on a tint, as its own ink is too pale for text.
func (p *paper) status(x, y float64, s style, st reports.Status) {
	text := statusText(st)
	if st == reports.StatusWatch {
		p.fill(x-0.6, y+0.25, s.width(text)+1.2, s.line()-0.5, tintWatch)
	}
	p.text(x, y, s.in(statusInk(st)), text)
}

func statusText(st reports.Status) string { return join(" ", st.Symbol(), st.Word()) }

func statusInk(st reports.Status) ink {
	switch st {
	case reports.StatusMet, reports.StatusConforming:
		return inkBetter
	case reports.StatusMissed, reports.StatusNonconforming:
		return inkWorse
	case reports.StatusWatch:
		return inkText
	}
	return inkMuted
}

func (p *paper) chartHeight(c *reports.Chart) float64 {
	h := float64(len(styleMessage.wrap(c.Title, p.width())))*styleMessage.line() + 1.5
	if c.Subtitle != "" {
		h += float64(len(styleNote.wrap(c.Subtitle, p.width()))) * styleNote.line()
	}
	if i := p.byChart[c]; i > 0 {
		h += p.pictures[i-1].h + 1
	} else {
		h += styleBody.line()
	}
	if c.Note != "" {
		h += float64(len(styleNote.wrap(c.Note, 150)))*styleNote.line() + 1
	}
	return h
}

// chart keeps message, picture and note together.
func (p *paper) chart(c *reports.Chart) {
	p.room(p.chartHeight(c))
	p.anchor(c.ID)
	p.lines(marginSide, p.width(), styleMessage, c.Title)
	if c.Subtitle != "" {
		p.lines(marginSide, p.width(), styleNote, c.Subtitle)
	}
	p.y += 1.5
	if i := p.byChart[c]; i > 0 {
		pic := p.pictures[i-1]
		w, h := pic.w, pic.h
		if free := p.bottom() - p.y - 8; h > free && p.fresh { // taller than a page: smaller rather than cut
			w, h = w*free/h, free
		}
		p.put(mark{x: marginSide, y: p.y, w: w, h: h, picture: i})
		p.y += h + 1
	} else {
		p.lines(marginSide, textWidth, styleBody.in(inkMuted), chart.EmptyText(c))
	}
	if c.Note != "" {
		p.lines(marginSide, 150, styleNote, c.Note)
	}
}

var calloutWords = map[string]string{"comment": "Comment", "decision": "Decision asked", "warning": "Mind", "note": "Note"}

func (p *paper) callout(c *reports.Callout) {
	word, bar := calloutWords[c.Kind], inkAxis
	if word == "" {
		word = "Note"
	}
	switch c.Kind {
	case "comment":
		bar = inkBetter
	case "decision":
		bar = inkText
	case "warning":
		bar = inkWorse
	}
	inner := textWidth - 4
	var titles []string
	if c.Title != "" {
		titles = styleStrong.wrap(c.Title, inner)
	}
	lines := styleBody.wrap(c.Text, inner)
	h := 4 + styleNote.line() + float64(len(titles)+len(lines))*styleBody.line()
	if h > 120 { // a long comment is set as text, so that it may go over pages
		p.lines(marginSide, textWidth, styleNote, word)
		if c.Title != "" {
			p.lines(marginSide, textWidth, styleStrong, c.Title)
		}
		p.lines(marginSide, textWidth, styleBody, c.Text)
		return
	}
	p.room(h)
	p.fill(marginSide, p.y, textWidth+4, h, inkPanel)
	p.fill(marginSide, p.y, 1, h, bar)
	x, y := marginSide+4.0, p.y+2
	p.text(x, y, styleNote, word)
	y += styleNote.line()
	for _, l := range titles {
		p.text(x, y, styleStrong, l)
		y += styleBody.line()
	}
	for _, l := range lines {
		p.text(x, y, styleBody, l)
		y += styleBody.line()
	}
	p.y += h
}

func (p *paper) timeline(t *reports.Timeline) {
	if t.Title != "" {
		p.room(24)
		p.lines(marginSide, p.width(), styleMessage, t.Title)
		p.y += 1
	}
	const timeWidth = 32.0
	for _, e := range t.Items {
		x := marginSide + 4.0
		width := p.width() - timeWidth - 4
		mark := ""
		if e.Mark != reports.StatusNone {
			mark = statusText(e.Mark)
		}
		indent := 0.0
		if mark != "" {
			indent = styleCell.width(mark) + 3
		}
		lines := limit(styleCell.wrap(e.Text, min(width-indent, 130)), 12)
		var notes []string
		if e.Note != "" {
			notes = limit(styleNote.wrap(e.Note, min(width, 130)), 12)
		}
		h := float64(len(lines))*styleCell.line() + float64(len(notes))*styleNote.line() + 1.5
		p.room(h)
		p.fill(marginSide+0.55, p.y, 0.3, h, inkRule)
		p.fill(marginSide, p.y+1.2, 1.4, 1.4, inkAxis)
		p.text(x, p.y, styleCell.in(inkMuted), reports.Format(reports.At(e.At), p.zone))
		x += timeWidth
		if mark != "" {
			p.status(x, p.y, styleCell, e.Mark)
		}
		for i, l := range lines {
			p.text(x+indent, p.y+float64(i)*styleCell.line(), styleCell, l)
		}
		y := p.y + float64(len(lines))*styleCell.line()
		for _, l := range notes {
			p.text(x, y, styleNote, l)
			y += styleNote.line()
		}
		p.y += h
	}
}

// limit cuts a list of lines; the last line kept then ends in "…".
func limit(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	lines = append([]string(nil), lines[:n]...)
	lines[n-1] += " …"
	return lines
}
