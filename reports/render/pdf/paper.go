package pdf

import (
	"fmt"
	"strings"
	"time"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
)

// The page: A4 portrait, landscape for the few tables that need it. Millimetres.
const (
	pageWidth, pageHeight = 210.0, 297.0
	marginSide            = 18.0
	marginTop             = 20.0
	marginBottom          = 16.0
	// the three rows of maroto; the last is a little short, so that rounding never makes a second page
	headHeight = marginTop
	footHeight = 12.0
	bodyHeight = pageHeight - headHeight - footHeight - 0.5
)

// style is a role of text: face, size and leading in points, ink.
type style struct {
	face          typeset.Face
	size, leading float64
	ink           ink
}

var (
	styleTitle    = style{typeset.Semibold, 20, 24, inkText}
	styleSection  = style{typeset.Semibold, 14, 18, inkText}
	styleSection2 = style{typeset.Semibold, 12, 15, inkText}
	styleMessage  = style{typeset.Semibold, 11, 14, inkText}
	styleBody     = style{typeset.Regular, 9.5, 13, inkText}
	styleStrong   = style{typeset.Semibold, 9.5, 13, inkText}
	styleCell     = style{typeset.Regular, 8.5, 11, inkText}
	styleHead     = style{typeset.Semibold, 8.5, 11, inkText}
	styleNote     = style{typeset.Regular, 7.5, 10, inkMuted}
	styleFigure   = style{typeset.Semibold, 20, 22, inkText}
	styleWords    = style{typeset.Semibold, 12, 15, inkText}
)

func (s style) in(i ink) style { s.ink = i; return s }

// line is the height of a line in millimetres.
func (s style) line() float64 { return s.leading * point }

func (s style) width(text string) float64 { return typeset.Width(text, s.face, s.size*point) }

func (s style) wrap(text string, width float64) []string {
	return typeset.Wrap(text, s.face, s.size*point, width)
}

// sheetOfPaper is one page with what stands on it.
type sheetOfPaper struct {
	landscape        bool
	head, body, foot []mark
	links            []link
}

// link is an area that leads to an address or to a place in the document.
type link struct {
	x, y, w, h float64
	url, ref   string
}

// anchor is a place in the document.
type anchor struct {
	page int // from 0
	y    float64
}

// outlineItem is a line of the outline and of the contents.
type outlineItem struct {
	title string
	level int
	at    anchor
}

// paper is the layout of a document.
type paper struct {
	doc      *reports.Document
	zone     *time.Location
	pictures []picture
	byChart  map[*reports.Chart]int // index into pictures

	pages   []*sheetOfPaper
	y       float64 // where the next thing stands on the last page
	fresh   bool    // nothing stands on the last page yet
	anchors map[string]anchor
	outline []outlineItem
	numbers []pendingNumber
}

// pendingNumber is a page number in the contents, known after the last page.
type pendingNumber struct {
	page    int
	x, y    float64
	outline int
}

func (p *paper) page() *sheetOfPaper { return p.pages[len(p.pages)-1] }

// left, width, bottom are the live area of the current page.
func (p *paper) width() float64 {
	if p.page().landscape {
		return pageHeight - 2*marginSide
	}
	return pageWidth - 2*marginSide
}

func (p *paper) bottom() float64 {
	if p.page().landscape {
		return pageWidth - marginBottom
	}
	return pageHeight - marginBottom
}

// textWidth is the measure of running text: 8 of 12 columns, about 79 characters.
const textWidth = 116.0

func (p *paper) newPage(landscape bool) {
	p.pages = append(p.pages, &sheetOfPaper{landscape: landscape})
	p.y = marginTop
	p.fresh = true
}

// room makes sure that h millimetres are free on the page, on a new page if need be.
func (p *paper) room(h float64) bool {
	if p.y+h <= p.bottom()+0.01 || p.fresh {
		return false
	}
	p.newPage(p.page().landscape)
	return true
}

// space leaves a gap, but never at the top of a page.
func (p *paper) space(h float64) {
	if !p.fresh {
		p.y += h
	}
}

func (p *paper) put(m mark) {
	p.page().body = append(p.page().body, m)
	p.fresh = false
}

// baseline is where a line of text stands whose box begins at y.
func (s style) baseline(y float64) float64 { return y + s.line()/2 + 0.33*s.size*point }

// text puts one line; it returns its width.
func (p *paper) text(x, y float64, s style, text string) float64 {
	start := x
	for _, run := range typeset.Runs(text, s.face) {
		p.put(mark{x: x, y: s.baseline(y), text: run.Text, face: run.Face, size: s.size, ink: s.ink})
		x += typeset.Width(run.Text, run.Face, s.size*point)
	}
	return x - start
}

// right puts one line that ends at x.
func (p *paper) right(x, y float64, s style, text string) {
	p.text(x-s.width(text), y, s, text)
}

func (p *paper) fill(x, y, w, h float64, c ink) { p.put(mark{x: x, y: y, w: w, h: h, ink: c}) }

func (p *paper) link(x, y, w, h float64, url, ref string) {
	if url != "" || ref != "" {
		p.page().links = append(p.page().links, link{x, y, w, h, url, ref})
	}
}

func (p *paper) anchor(id string) {
	if id == "" {
		return
	}
	if _, ok := p.anchors[id]; !ok {
		p.anchors[id] = anchor{len(p.pages) - 1, p.y}
	}
}

// lines puts wrapped lines below each other and moves down. Long text goes over the page, never leaving one line alone.
func (p *paper) lines(x, width float64, s style, text string) {
	lines := s.wrap(text, width)
	for i, l := range lines {
		need := s.line()
		if left := len(lines) - i; i == 0 {
			need = s.line() * float64(min(left, 3))
		} else if left == 2 {
			need = 2 * s.line()
		}
		p.room(need)
		p.text(x, p.y, s, l)
		p.y += s.line()
		p.fresh = false
	}
}

// balance wraps a title so that its lines are about equally long: no last line of one word.
func (s style) balance(text string, width float64) []string {
	lines := s.wrap(text, width)
	if len(lines) < 2 || len(lines) > 4 {
		return lines
	}
	low, high := width/2, width
	for high-low > 1 {
		mid := (low + high) / 2
		if len(s.wrap(text, mid)) > len(lines) {
			low = mid
		} else {
			high = mid
		}
	}
	return s.wrap(text, high)
}

// balanced puts a title or a short text in balanced lines.
func (p *paper) balanced(x, width float64, s style, text string) {
	for _, l := range s.balance(text, width) {
		p.room(s.line())
		p.text(x, p.y, s, l)
		p.y += s.line()
		p.fresh = false
	}
}

// furniture writes head and foot of every page, once the number of pages is known.
func (p *paper) furniture() {
	doc := p.doc
	left := join(" · ", doc.Organization, doc.Title, doc.Period.Label)
	status := "final"
	if doc.Draft {
		status = "draft"
	}
	var run []string
	if doc.Hash != "" {
		run = append(run, "inputs "+doc.Hash[:min(12, len(doc.Hash))])
	}
	if !doc.AsOf.IsZero() {
		run = append(run, "as of "+reports.Format(reports.At(doc.AsOf), p.zone))
	}
	s := styleNote
	place := func(marks *[]mark, x, y float64, text string) {
		for _, r := range typeset.Runs(text, s.face) {
			*marks = append(*marks, mark{x: x, y: y, text: r.Text, face: r.Face, size: s.size, ink: s.ink})
			x += typeset.Width(r.Text, r.Face, s.size*point)
		}
	}
	for i, pg := range p.pages {
		w, h := pageWidth, pageHeight
		if pg.landscape {
			w, h = h, w
		}
		if i > 0 {
			fit := typeset.Shorten(left, s.face, s.size*point, w-2*marginSide-30)
			place(&pg.head, marginSide, 12, fit)
			place(&pg.head, w-marginSide-s.width(status), 12, status)
			pg.head = append(pg.head, mark{x: marginSide, y: 14, w: w - 2*marginSide, h: 0.15, ink: inkRule})
		}
		y := h - 8
		pg.foot = append(pg.foot, mark{x: marginSide, y: y - 4.2, w: w - 2*marginSide, h: 0.15, ink: inkRule})
		place(&pg.foot, marginSide, y, strings.Join(run, " · "))
		place(&pg.foot, (w-s.width(doc.Class))/2, y, doc.Class)
		number := fmt.Sprintf("page %d of %d", i+1, len(p.pages))
		place(&pg.foot, w-marginSide-s.width(number), y, number)
	}
	for _, n := range p.numbers {
		text := fmt.Sprint(p.outline[n.outline].at.page + 1)
		s := styleBody
		p.pages[n.page].body = append(p.pages[n.page].body,
			mark{x: n.x - s.width(text), y: s.baseline(n.y), text: text, face: s.face, size: s.size, ink: inkText})
	}
}
