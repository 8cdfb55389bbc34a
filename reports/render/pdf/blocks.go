package pdf

import (
	"fmt"
	"time"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
)

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
	top, logoWidth := p.brand()
	x2 := x + p.text(x, p.y, styleStrong, doc.Title)
	rest := join("   ", doc.Organization, doc.Period.Label)
	if doc.Draft {
		rest = join("   ", rest, "draft")
	}
	p.text(x2+4, p.y, styleBody.in(inkMuted), typeset.Shorten(rest, typeset.Regular, 9.5*point, x+w-x2-4-logoWidth))
	p.y = max(p.y+styleBody.line()+3, top)
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
		return 5 + p.tableLeast(b)
	case *reports.Tiles:
		return 32
	case *reports.Callout:
		return 22
	case *reports.Facts:
		// A short block of facts, such as the one about the report, is not torn apart.
		return 4 + max(20, min(60, 6*float64(len(b.Items))))
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
