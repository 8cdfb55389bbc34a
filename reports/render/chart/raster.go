package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"deskproof/reports/render/typeset"
)

// PNG draws an SVG of this package at a width in pixels. It knows what ECharts writes (groups, paths, rectangles, text,
// rectangular clips, dashes, opacity) and the embedded fonts; anything else is an error, never a gap in the picture.
func PNG(svg string, width int) ([]byte, error) {
	img, err := rasterize(svg, width)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := enc.Encode(&buf, img); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func rasterize(svg string, width int) (*image.RGBA, error) {
	root, err := parseSVG(svg)
	if err != nil {
		return nil, err
	}
	w, h := root.number("width", 0), root.number("height", 0)
	if w <= 0 || h <= 0 || width <= 0 || width > 20000 || float64(width)*h/w > 20000 {
		return nil, fmt.Errorf("picture of %g × %g pixels cannot be drawn %d pixels wide", w, h, width)
	}
	scale := float64(width) / w
	p := &painter{img: image.NewRGBA(image.Rect(0, 0, width, int(math.Round(h*scale)))), clips: map[string]*node{}}
	draw.Draw(p.img, p.img.Bounds(), image.White, image.Point{}, draw.Src)
	root.collectClips(p.clips)
	err = p.children(root, state{m: matrix{scale, 0, 0, scale, 0, 0}, clip: p.img.Bounds()})
	return p.img, err
}

// node is an element of the SVG.
type node struct {
	name  string
	attrs map[string]string
	text  string
	kids  []*node
}

func parseSVG(svg string) (*node, error) {
	dec := xml.NewDecoder(strings.NewReader(svg))
	var stack []*node
	var root *node
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read picture: %w", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attrs: map[string]string{}}
			for _, a := range t.Attr {
				n.attrs[a.Name.Local] = a.Value
				if a.Name.Local == "style" {
					for decl := range strings.SplitSeq(a.Value, ";") {
						if k, v, ok := strings.Cut(decl, ":"); ok {
							n.attrs[strings.TrimSpace(k)] = strings.TrimSpace(v)
						}
					}
				}
			}
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.kids = append(top.kids, n)
			} else if root == nil {
				root = n
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(t)
			}
		}
	}
	if root == nil || root.name != "svg" {
		return nil, fmt.Errorf("read picture: no svg element")
	}
	return root, nil
}

func (n *node) collectClips(into map[string]*node) {
	if n.name == "clipPath" {
		into[n.attrs["id"]] = n
	}
	for _, k := range n.kids {
		k.collectClips(into)
	}
}

func (n *node) number(name string, otherwise float64) float64 {
	v, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(n.attrs[name]), "px"), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return otherwise
	}
	return v
}

// matrix is an affine map: x' = a·x + c·y + e, y' = b·x + d·y + f.
type matrix struct{ a, b, c, d, e, f float64 }

func (m matrix) apply(p point) point {
	return point{m.a*p.x + m.c*p.y + m.e, m.b*p.x + m.d*p.y + m.f}
}

func (m matrix) times(n matrix) matrix {
	return matrix{
		m.a*n.a + m.c*n.b, m.b*n.a + m.d*n.b,
		m.a*n.c + m.c*n.d, m.b*n.c + m.d*n.d,
		m.a*n.e + m.c*n.f + m.e, m.b*n.e + m.d*n.f + m.f,
	}
}

// stretch is the factor by which lengths grow.
func (m matrix) stretch() float64 { return math.Sqrt(math.Abs(m.a*m.d - m.b*m.c)) }

func parseTransform(s string) (matrix, error) {
	m := matrix{1, 0, 0, 1, 0, 0}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		open, end := strings.IndexByte(s, '('), strings.IndexByte(s, ')')
		if open < 0 || end < open {
			return m, fmt.Errorf("transform %q", s)
		}
		v, err := numbers(s[open+1 : end])
		if err != nil {
			return m, err
		}
		at := func(i int, otherwise float64) float64 {
			if i < len(v) {
				return v[i]
			}
			return otherwise
		}
		switch name := strings.Trim(s[:open], " ,"); name {
		case "matrix":
			m = m.times(matrix{at(0, 1), at(1, 0), at(2, 0), at(3, 1), at(4, 0), at(5, 0)})
		case "translate":
			m = m.times(matrix{1, 0, 0, 1, at(0, 0), at(1, 0)})
		case "scale":
			m = m.times(matrix{at(0, 1), 0, 0, at(1, at(0, 1)), 0, 0})
		case "rotate":
			sin, cos := math.Sincos(at(0, 0) * math.Pi / 180)
			x, y := at(1, 0), at(2, 0)
			m = m.times(matrix{1, 0, 0, 1, x, y}).times(matrix{cos, sin, -sin, cos, 0, 0}).times(matrix{1, 0, 0, 1, -x, -y})
		default:
			return m, fmt.Errorf("transform %q", name)
		}
		s = s[end+1:]
	}
	return m, nil
}

func numbers(s string) ([]float64, error) {
	var out []float64
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return nil, fmt.Errorf("number %q", f)
		}
		out = append(out, v)
	}
	return out, nil
}

// state is what a group hands to its children.
type state struct {
	m       matrix
	clip    image.Rectangle
	opacity float64 // 1 − opacity, so that the zero state is opaque
}

type painter struct {
	img   *image.RGBA
	clips map[string]*node
}

func (p *painter) children(n *node, s state) error {
	for _, k := range n.kids {
		if err := p.element(k, s); err != nil {
			return err
		}
	}
	return nil
}

func (p *painter) element(n *node, s state) error {
	switch n.name {
	case "defs", "style", "clipPath", "title", "desc":
		return nil
	}
	m, err := parseTransform(n.attrs["transform"])
	if err != nil {
		return err
	}
	if ref := n.attrs["clip-path"]; ref != "" {
		clip := p.clips[strings.TrimSuffix(strings.TrimPrefix(ref, "url(#"), ")")]
		if clip == nil {
			return fmt.Errorf("clip %s is missing", ref)
		}
		s.clip = s.clip.Intersect(p.clipBounds(clip, s.m))
	}
	s.m = s.m.times(m)
	s.opacity = 1 - (1-s.opacity)*n.number("opacity", 1)
	var path []subpath
	switch n.name {
	case "g", "svg":
		return p.children(n, s)
	case "path":
		path, err = parsePath(n.attrs["d"], s.m)
	case "rect":
		x, y, w, h := n.number("x", 0), n.number("y", 0), n.number("width", 0), n.number("height", 0)
		path = polygon(s.m, true, point{x, y}, point{x + w, y}, point{x + w, y + h}, point{x, y + h})
	case "circle":
		r := n.number("r", 0)
		path = circle(s.m, point{n.number("cx", 0), n.number("cy", 0)}, r)
	case "polyline", "polygon":
		v, err := numbers(n.attrs["points"])
		if err != nil {
			return err
		}
		var pts []point
		for i := 0; i+1 < len(v); i += 2 {
			pts = append(pts, point{v[i], v[i+1]})
		}
		path = polygon(s.m, n.name == "polygon", pts...)
	case "text":
		return p.text(n, s)
	default:
		return fmt.Errorf("element %s cannot be drawn", n.name)
	}
	if err != nil {
		return err
	}
	return p.paint(n, s, path, "black")
}

// paint fills and strokes a path that is already in device pixels.
func (p *painter) paint(n *node, s state, path []subpath, fillDefault string) error {
	fillName := n.attrs["fill"]
	if fillName == "" {
		fillName = fillDefault
	}
	fillInk, err := parseColor(fillName, n.number("fill-opacity", 1)*(1-s.opacity))
	if err != nil {
		return err
	}
	fillIt := func() {
		if fillInk.A > 0 {
			p.fill(path, fillInk, s.clip)
		}
	}
	strokeIt := func() error {
		ink, err := parseColor(n.attrs["stroke"], n.number("stroke-opacity", 1)*(1-s.opacity))
		if err != nil || ink.A == 0 {
			return err
		}
		k := s.m.stretch()
		width := n.number("stroke-width", 1) * k
		dash, err := numbers(strings.ReplaceAll(n.attrs["stroke-dasharray"], "none", ""))
		if err != nil {
			return err
		}
		for i := range dash {
			dash[i] *= k
		}
		p.fill(stroke(path, width, dash), ink, s.clip)
		return nil
	}
	if n.attrs["paint-order"] == "stroke" {
		if err := strokeIt(); err != nil {
			return err
		}
		fillIt()
		return nil
	}
	fillIt()
	return strokeIt()
}

// clipBounds is the box of a clip path: ECharts clips to rectangles only.
func (p *painter) clipBounds(n *node, m matrix) image.Rectangle {
	box := image.Rectangle{}
	for _, k := range n.kids {
		path, err := parsePath(k.attrs["d"], m)
		if err != nil {
			continue
		}
		lo, hi := bounds(path)
		box = box.Union(image.Rect(int(math.Floor(lo.x)), int(math.Floor(lo.y)), int(math.Ceil(hi.x)), int(math.Ceil(hi.y))))
	}
	return box
}

// fill draws closed polygons with the non-zero rule, anti-aliased.
func (p *painter) fill(path []subpath, ink color.NRGBA, clip image.Rectangle) {
	lo, hi := bounds(path)
	box := image.Rect(int(math.Floor(lo.x)), int(math.Floor(lo.y)), int(math.Ceil(hi.x))+1, int(math.Ceil(hi.y))+1).Intersect(clip)
	if box.Empty() {
		return
	}
	// the part left of the box still counts for the winding inside it, so everything is moved, then cut by the canvas
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	dx, dy := float64(box.Min.X), float64(box.Min.Y)
	for _, sp := range path {
		if len(sp.pts) < 2 {
			continue
		}
		r.MoveTo(float32(sp.pts[0].x-dx), float32(sp.pts[0].y-dy))
		for _, q := range sp.pts[1:] {
			r.LineTo(float32(q.x-dx), float32(q.y-dy))
		}
		r.ClosePath()
	}
	r.Draw(p.img, box, image.NewUniform(ink), image.Point{})
}

// text draws one line in the embedded fonts.
func (p *painter) text(n *node, s state) error {
	size := n.number("font-size", 12)
	f := typeset.Regular
	if w := n.attrs["font-weight"]; w == "600" || w == "bold" || w == "700" {
		f = typeset.Semibold
	}
	runs := typeset.Runs(n.text, f)
	total := 0.0
	for _, run := range runs {
		for _, r := range run.Text {
			_, _, adv := typeset.Glyph(run.Face, r)
			total += adv
		}
	}
	x, y := n.number("x", 0), n.number("y", 0)
	switch n.attrs["text-anchor"] {
	case "middle":
		x -= total * size / typeset.Em / 2
	case "end":
		x -= total * size / typeset.Em
	}
	switch n.attrs["dominant-baseline"] {
	case "central":
		y += 0.355 * size // half of ascent minus descent of Source Sans 3
	case "text-before-edge", "hanging":
		y += 0.984 * size
	case "text-after-edge":
		y -= 0.273 * size
	}
	var path []subpath
	for _, run := range runs {
		for _, r := range run.Text {
			face, glyph, adv := typeset.Glyph(run.Face, r)
			outline, err := glyphPath(face, glyph, size, s.m.times(matrix{1, 0, 0, 1, x, y}))
			if err != nil {
				return err
			}
			path = append(path, outline...)
			x += adv * size / typeset.Em
		}
	}
	return p.paint(n, s, path, "black")
}

// glyphPath is the outline of a glyph at a size, mapped to the device.
func glyphPath(f *sfnt.Font, g sfnt.GlyphIndex, size float64, m matrix) ([]subpath, error) {
	var buf sfnt.Buffer
	upem := float64(f.UnitsPerEm())
	segs, err := f.LoadGlyph(&buf, g, fixed.I(int(upem)), nil)
	if err != nil {
		return nil, fmt.Errorf("glyph %d: %w", g, err)
	}
	k := size / upem / 64
	b := builder{m: m}
	at := func(q fixed.Point26_6) point { return point{float64(q.X) * k, float64(q.Y) * k} }
	for _, seg := range segs {
		switch seg.Op {
		case sfnt.SegmentOpMoveTo:
			b.moveTo(at(seg.Args[0]))
		case sfnt.SegmentOpLineTo:
			b.lineTo(at(seg.Args[0]))
		case sfnt.SegmentOpQuadTo:
			b.quadTo(at(seg.Args[0]), at(seg.Args[1]))
		case sfnt.SegmentOpCubeTo:
			b.cubeTo(at(seg.Args[0]), at(seg.Args[1]), at(seg.Args[2]))
		}
	}
	for i := range b.out {
		b.out[i].closed = true
	}
	return b.out, nil
}

func parseColor(s string, opacity float64) (color.NRGBA, error) {
	s = strings.TrimSpace(s)
	alpha := func(a float64) uint8 { return uint8(math.Round(math.Max(0, math.Min(1, a*opacity)) * 255)) }
	switch s {
	case "", "none", "transparent":
		return color.NRGBA{}, nil
	case "black":
		return color.NRGBA{A: alpha(1)}, nil
	case "white":
		return color.NRGBA{255, 255, 255, alpha(1)}, nil
	}
	if hex, ok := strings.CutPrefix(s, "#"); ok {
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		v, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || len(hex) != 6 {
			return color.NRGBA{}, fmt.Errorf("colour %q", s)
		}
		return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), alpha(1)}, nil
	}
	if open := strings.IndexByte(s, '('); open > 0 && strings.HasPrefix(s, "rgb") && strings.HasSuffix(s, ")") {
		v, err := numbers(s[open+1 : len(s)-1])
		if err == nil && len(v) == 3 {
			v = append(v, 1)
		}
		if err == nil && len(v) == 4 {
			return color.NRGBA{uint8(v[0]), uint8(v[1]), uint8(v[2]), alpha(v[3])}, nil
		}
	}
	return color.NRGBA{}, fmt.Errorf("colour %q", s)
}
