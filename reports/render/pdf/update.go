package pdf

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

var (
	rootPattern = regexp.MustCompile(`/Root (\d+) 0 R`)
	infoPattern = regexp.MustCompile(`/Info (\d+) 0 R`)
	sizePattern = regexp.MustCompile(`/Size (\d+)`)
	xrefPattern = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF\s*$`)
)

// update appends what the PDF writer of maroto does not know: the outline, links, the language, the title bar, and
// landscape pages. It is an incremental update (PDF 1.7, 7.5.6): the bytes before it stay as they are.
func update(pdf []byte, p *paper) ([]byte, error) {
	tail := pdf[max(0, len(pdf)-2000):]
	find := func(re *regexp.Regexp) (int, error) {
		m := re.FindSubmatch(tail)
		if m == nil {
			return 0, fmt.Errorf("written PDF has no %s", re)
		}
		return strconv.Atoi(string(m[1]))
	}
	root, err := find(rootPattern)
	if err != nil {
		return nil, err
	}
	info, err := find(infoPattern)
	if err != nil {
		return nil, err
	}
	size, err := find(sizePattern)
	if err != nil {
		return nil, err
	}
	xref, err := find(xrefPattern)
	if err != nil {
		return nil, err
	}
	// pages are the objects 3, 5, 7 … and their contents the objects between
	count := bytes.Count(pdf, []byte("<</Type /Page\n"))
	if count != len(p.pages) {
		return nil, fmt.Errorf("written PDF has %d pages, the layout %d", count, len(p.pages))
	}
	pageObject := func(i int) int { return 3 + 2*i }

	out := bytes.NewBuffer(pdf)
	if !bytes.HasSuffix(pdf, []byte("\n")) {
		out.WriteByte('\n')
	}
	offsets := map[int]int{}
	var order []int
	object := func(n int, body string) {
		offsets[n] = out.Len()
		order = append(order, n)
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", n, body)
	}
	// where a place stands in the units of its page: points from the lower edge of the portrait sheet
	top := func(y float64) float64 { return (pageHeight - y) / point }
	dest := func(a anchor) string {
		return fmt.Sprintf("[%d 0 R /XYZ 0 %.2f null]", pageObject(a.page), top(a.y-4))
	}

	for i, pg := range p.pages {
		if len(pg.links) == 0 && !pg.landscape {
			continue
		}
		var b strings.Builder
		b.WriteString("<</Type /Page /Parent 1 0 R /Resources 2 0 R")
		if pg.landscape {
			// marks of a landscape page stand in the upper 210 mm of the sheet and reach 297 mm to the right
			fmt.Fprintf(&b, " /MediaBox [0 %.2f %.2f %.2f]", (pageHeight-pageWidth)/point, pageHeight/point, pageHeight/point)
		}
		var annots strings.Builder
		for _, l := range pg.links {
			box := fmt.Sprintf("/Rect [%.2f %.2f %.2f %.2f]", l.x/point, top(l.y+l.h), (l.x+l.w)/point, top(l.y))
			switch {
			case l.url != "":
				fmt.Fprintf(&annots, "<</Type /Annot /Subtype /Link %s /Border [0 0 0] /A <</S /URI /URI %s>>>>\n", box, asciiString(l.url))
			default:
				if a, ok := p.anchors[l.ref]; ok {
					fmt.Fprintf(&annots, "<</Type /Annot /Subtype /Link %s /Border [0 0 0] /Dest %s>>\n", box, dest(a))
				}
			}
		}
		if annots.Len() > 0 {
			fmt.Fprintf(&b, " /Annots [\n%s]", annots.String())
		}
		fmt.Fprintf(&b, " /Contents %d 0 R>>", pageObject(i)+1)
		object(pageObject(i), b.String())
	}

	next := size
	outlines := 0
	if len(p.outline) > 0 {
		outlines = next
		next++
		first := next
		next += len(p.outline)
		writeOutline(p.outline, outlines, first, dest, object)
	}
	language := p.doc.Language
	if language == "" {
		language = "en-GB"
	}
	catalog := fmt.Sprintf("<</Type /Catalog /Version /1.7 /Pages 1 0 R /Lang %s /ViewerPreferences <</DisplayDocTitle true>>", asciiString(language))
	if outlines > 0 {
		catalog += fmt.Sprintf(" /Outlines %d 0 R /PageMode /UseOutlines", outlines)
	}
	object(root, catalog+">>")

	start := out.Len()
	out.WriteString("xref\n")
	for _, n := range order {
		fmt.Fprintf(out, "%d 1\n%010d 00000 n \n", n, offsets[n])
	}
	fmt.Fprintf(out, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n", next, root, info, xref, start)
	return out.Bytes(), nil
}

// writeOutline writes the tree of sections in two levels.
func writeOutline(items []outlineItem, root, first int, dest func(anchor) string, object func(int, string)) {
	n := len(items)
	parent := make([]int, n) // index of the parent, −1 for the root
	last := -1
	for i, it := range items {
		parent[i] = -1
		if it.level == 2 && last >= 0 {
			parent[i] = last
		} else {
			last = i
		}
	}
	kids := func(of int) []int {
		var out []int
		for i, p := range parent {
			if p == of {
				out = append(out, i)
			}
		}
		return out
	}
	top := kids(-1)
	object(root, fmt.Sprintf("<</Type /Outlines /First %d 0 R /Last %d 0 R /Count %d>>", first+top[0], first+top[len(top)-1], len(top)))
	for i, it := range items {
		siblings := kids(parent[i])
		up := root
		if parent[i] >= 0 {
			up = first + parent[i]
		}
		body := fmt.Sprintf("<</Title %s /Parent %d 0 R /Dest %s", unicodeString(it.title), up, dest(it.at))
		for k, s := range siblings {
			if s != i {
				continue
			}
			if k > 0 {
				body += fmt.Sprintf(" /Prev %d 0 R", first+siblings[k-1])
			}
			if k+1 < len(siblings) {
				body += fmt.Sprintf(" /Next %d 0 R", first+siblings[k+1])
			}
		}
		if below := kids(i); len(below) > 0 { // closed at first
			body += fmt.Sprintf(" /First %d 0 R /Last %d 0 R /Count -%d", first+below[0], first+below[len(below)-1], len(below))
		}
		object(first+i, body+">>")
	}
}

// unicodeString is a PDF text string in UTF-16.
func unicodeString(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(strings.ToValidUTF8(s, "\uFFFD"))) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">")
	return b.String()
}

// asciiString is a PDF string of plain characters; others are percent-encoded, as in addresses.
func asciiString(s string) string {
	var b strings.Builder
	b.WriteByte('(')
	for _, c := range []byte(s) {
		switch {
		case c == '(' || c == ')' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c >= 0x7F:
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(')')
	return b.String()
}
