package pdf

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deskproof/reports"
	"deskproof/reports/render/chart"
	"deskproof/reports/render/typeset"
)

// picture is a chart as PNG with its printed size in millimetres.
type picture struct {
	png  []byte
	w, h float64
}

// chartWidth is the printed width of every chart: 174 mm.
const chartWidth = pageWidth - 2*marginSide

// dots300 is the width of a chart at 300 dots an inch.
const dots300 = 2056

// drawCharts draws all charts of a document, as many at once as there are cores. No two pictures are equally wide: the
// PDF writer orders pictures by their width, and the order has to be the same on every run.
func drawCharts(ctx context.Context, doc *reports.Document) (map[*reports.Chart]picture, error) {
	zone := doc.Zone
	if zone == nil {
		zone = time.UTC
	}
	var charts []*reports.Chart
	seen := map[*reports.Chart]bool{}
	for _, s := range doc.Sections {
		for _, b := range s.Blocks {
			if c, ok := b.(*reports.Chart); ok && chart.Drawable(c) && !seen[c] {
				charts = append(charts, c)
				seen[c] = true
			}
		}
	}
	drawn := make([]picture, len(charts))
	errs := make([]error, len(charts))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, c := range charts {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			svg, err := chart.SVG(ctx, c, zone)
			if err != nil {
				errs[i] = err
				return
			}
			drawn[i].png, err = chart.PNG(svg, dots300+i)
			if err != nil {
				errs[i] = fmt.Errorf("chart %s: %w", c.ID, err)
			}
			drawn[i].w = chartWidth
			drawn[i].h = chartWidth * float64(chart.Height(c)) / chart.Width
		})
	}
	wg.Wait()
	out := make(map[*reports.Chart]picture, len(charts))
	for i, c := range charts {
		if errs[i] != nil {
			return nil, errs[i]
		}
		out[c] = drawn[i]
	}
	return out, nil
}

// layout places a whole document.
func layout(doc *reports.Document, pictures map[*reports.Chart]picture, contents bool) *paper {
	p := &paper{doc: doc, zone: doc.Zone, anchors: map[string]anchor{}, byChart: map[*reports.Chart]int{}}
	if p.zone == nil {
		p.zone = time.UTC
	}
	for _, s := range doc.Sections {
		for _, b := range s.Blocks {
			if c, ok := b.(*reports.Chart); ok {
				if pic, ok := pictures[c]; ok && p.byChart[c] == 0 {
					p.pictures = append(p.pictures, pic)
					p.byChart[c] = len(p.pictures)
				}
			}
		}
	}
	p.newPage(false)
	p.firstPage()
	slot := 0
	if contents {
		slot = p.contents()
	}
	for _, s := range doc.Sections {
		p.section(s)
	}
	if len(doc.About) > 0 {
		p.section(reports.Section{ID: "about-this-report", Title: "About this report", Blocks: []reports.Block{&reports.Facts{Items: doc.About}}})
	}
	if contents && slot != len(p.outline) {
		// every section has a line in the contents; both are made from the same list
		panic("pdf: contents and sections differ")
	}
	return p
}

// firstPage is the page that is read in ten seconds.
func (p *paper) firstPage() {
	doc := p.doc
	x, w := marginSide, p.width()
	x2 := x + p.text(x, p.y, styleStrong, doc.Title)
	rest := join("   ", doc.Organization, doc.Period.Label)
	if doc.Draft {
		rest = join("   ", rest, "draft")
	}
	p.text(x2+4, p.y, styleBody.in(inkMuted), typeset.Shorten(rest, typeset.Regular, 9.5*point, x+w-x2-4))
	p.y += styleBody.line() + 3
	headline := doc.Headline
	if headline == "" {
		headline = doc.Title
	}
	p.balanced(x, w, styleTitle, headline)
	p.y += 3
	for _, lead := range doc.Lead {
		p.balanced(x, textWidth, styleBody, lead)
		p.y += 1
	}
	if doc.Trust != "" {
		p.y += 1
		top := p.y
		p.lines(x+3, textWidth, styleNote, doc.Trust)
		if p.y > top {
			p.fill(x, top+0.5, 0.6, p.y-top-1, inkRule)
		}
	}
	if len(doc.Figures) > 0 {
		p.y += 5
		p.tiles(doc.Figures)
	}
	if len(doc.Header) > 0 {
		p.y += 5
		p.fill(x, p.y, w, 0.2, inkRule)
		p.y += 2.5
		p.fields(doc.Header)
	}
}

// contents lists the sections; the page numbers are filled in at the end. It returns the number of lines.
func (p *paper) contents() int {
	p.space(9)
	p.room(30)
	p.text(marginSide, p.y, styleMessage, "Contents")
	p.y += styleMessage.line() + 1
	n := 0
	line := func(name, id string, level int) {
		p.room(styleBody.line() + 1)
		x := marginSide + float64(level-1)*5
		text := typeset.Shorten(name, typeset.Regular, styleBody.size*point, p.width()-12-(x-marginSide))
		p.text(x, p.y, styleBody, text)
		p.fill(marginSide, p.y+styleBody.line()+0.3, p.width(), 0.12, inkGrid)
		p.link(marginSide, p.y, p.width(), styleBody.line(), "", id)
		p.numbers = append(p.numbers, pendingNumber{len(p.pages) - 1, marginSide + p.width(), p.y, n})
		p.y += styleBody.line() + 0.8
		n++
	}
	for _, s := range p.doc.Sections {
		line(sectionName(s), s.ID, max(1, min(2, s.Level)))
	}
	if len(p.doc.About) > 0 {
		line("About this report", "about-this-report", 1)
	}
	return n
}

// sectionName is the name of a section in contents and outline: its message, as the contents list is the story.
func sectionName(s reports.Section) string { return join("  ", s.Code, s.Title) }

func (p *paper) section(s reports.Section) {
	level := max(1, min(2, s.Level))
	st := styleSection
	if level == 2 {
		st = styleSection2
	}
	if s.Landscape != p.page().landscape || s.NewPage {
		if !p.fresh || s.Landscape != p.page().landscape {
			if p.fresh {
				p.page().landscape = s.Landscape
			} else {
				p.newPage(s.Landscape)
			}
		}
	}
	title := join("  ", s.Code, s.Title)
	lines := st.balance(title, p.width())
	height := float64(len(lines))*st.line() + 1
	if s.Subtitle != "" {
		height += float64(len(styleNote.wrap(s.Subtitle, p.width()))) * styleNote.line()
	}
	first := 0.0
	if len(s.Blocks) > 0 {
		first = p.least(s.Blocks[0])
	}
	gap := 9.0
	if level == 2 {
		gap = 6
	}
	if !p.fresh && p.y+gap+height+3+first > p.bottom() {
		p.newPage(s.Landscape)
	}
	p.space(gap)
	p.anchor(s.ID)
	p.outline = append(p.outline, outlineItem{title, level, anchor{len(p.pages) - 1, p.y}})
	for _, l := range lines {
		p.text(marginSide, p.y, st, l)
		p.y += st.line()
	}
	if s.Subtitle != "" {
		p.y += 0.5
		p.lines(marginSide, p.width(), styleNote, s.Subtitle)
	}
	for _, b := range s.Blocks {
		p.block(b)
	}
}

// least is the height that a block needs at least to begin on a page.
func (p *paper) least(b reports.Block) float64 {
	switch b := b.(type) {
	case *reports.Chart:
		return p.chartHeight(b)
	case *reports.Table:
		return 34
	case *reports.Tiles:
		return 32
	case *reports.Callout:
		return 22
	}
	return 14
}

func (p *paper) block(b reports.Block) {
	switch b := b.(type) {
	case *reports.Paragraph:
		p.space(2.5)
		if b.Muted {
			p.lines(marginSide, 150, styleNote, b.Text)
		} else {
			p.lines(marginSide, textWidth, styleBody, b.Text)
		}
	case *reports.List:
		p.space(2.5)
		for i, item := range b.Items {
			bullet := "•"
			if b.Numbered {
				bullet = fmt.Sprintf("%d.", i+1)
			}
			lines := styleBody.wrap(item, textWidth-6)
			p.room(styleBody.line() * float64(min(3, len(lines))))
			if b.Numbered {
				p.right(marginSide+4, p.y, styleBody, bullet)
			} else {
				p.text(marginSide+1.5, p.y, styleBody, bullet)
			}
			p.lines(marginSide+6, textWidth-6, styleBody, item)
			p.y += 0.8
		}
	case *reports.Facts:
		p.space(4)
		p.room(20)
		p.anchor(b.ID)
		if b.Title != "" {
			p.lines(marginSide, p.width(), styleMessage, b.Title)
			p.y += 1
		}
		p.fields(b.Items)
	case *reports.Tiles:
		p.space(4)
		p.tiles(b.Figures)
	case *reports.Table:
		p.space(5)
		p.table(b)
	case *reports.Chart:
		p.space(5)
		p.chart(b)
	case *reports.Callout:
		p.space(4)
		p.callout(b)
	case *reports.Timeline:
		p.space(4)
		p.timeline(b)
	}
}

// fields are labelled values in two columns.
func (p *paper) fields(fields []reports.Field) {
	x, labelWidth := marginSide, 26.0
	for _, f := range fields {
		labelWidth = max(labelWidth, min(46, styleCell.width(typeset.Clean(f.Label))+4))
	}
	valueWidth := min(p.width()-labelWidth, textWidth)
	for _, f := range fields {
		cell := p.cell(f.Value, false)
		labels := styleCell.wrap(f.Label, labelWidth-4)
		lines := cell.wrap(valueWidth)
		h := float64(max(len(labels), len(lines)))*styleCell.line() + 0.8
		if h > 60 { // long text goes on over pages
			p.room(3 * styleCell.line())
			p.text(x, p.y, styleCell.in(inkMuted), labels[0])
			p.lines(x+labelWidth, valueWidth, styleCell, f.Value.Text)
			continue
		}
		p.room(h)
		for i, l := range labels {
			p.text(x, p.y+float64(i)*styleCell.line(), styleCell.in(inkMuted), l)
		}
		p.cellLines(cell, lines, x+labelWidth, p.y, valueWidth)
		p.y += h
		p.fresh = false
	}
}

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
