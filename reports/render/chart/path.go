package chart

import (
	"fmt"
	"math"
	"strconv"
)

type point struct{ x, y float64 }

func (p point) plus(q point) point    { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point   { return point{p.x - q.x, p.y - q.y} }
func (p point) times(k float64) point { return point{p.x * k, p.y * k} }
func (p point) length() float64       { return math.Hypot(p.x, p.y) }
func mix(p, q point, t float64) point { return point{p.x + (q.x-p.x)*t, p.y + (q.y-p.y)*t} }
func (p point) same(q point) bool     { return math.Abs(p.x-q.x) < 1e-6 && math.Abs(p.y-q.y) < 1e-6 }

// subpath is a polyline in device pixels.
type subpath struct {
	pts    []point
	closed bool
}

// builder turns path commands into polylines; curves become short lines.
type builder struct {
	m   matrix
	cur point
	out []subpath
}

func (b *builder) moveTo(p point) {
	b.cur = p
	b.out = append(b.out, subpath{pts: []point{b.m.apply(p)}})
}

func (b *builder) lineTo(p point) {
	if len(b.out) == 0 {
		b.moveTo(p)
		return
	}
	b.cur = p
	last := &b.out[len(b.out)-1]
	last.pts = append(last.pts, b.m.apply(p))
}

func (b *builder) quadTo(c, p point) {
	from := b.cur
	n := steps(b.m, from, c, p)
	for i := 1; i <= n; i++ {
		t := float64(i) / float64(n)
		b.lineTo(mix(mix(from, c, t), mix(c, p, t), t))
	}
}

func (b *builder) cubeTo(c1, c2, p point) {
	from := b.cur
	n := steps(b.m, from, c1, c2, p)
	for i := 1; i <= n; i++ {
		t := float64(i) / float64(n)
		a, m, z := mix(from, c1, t), mix(c1, c2, t), mix(c2, p, t)
		b.lineTo(mix(mix(a, m, t), mix(m, z, t), t))
	}
}

// steps is the number of lines a curve needs: one for about 1.5 pixels, at most 64.
func steps(m matrix, pts ...point) int {
	length := 0.0
	for i := 1; i < len(pts); i++ {
		length += m.apply(pts[i]).minus(m.apply(pts[i-1])).length()
	}
	return max(2, min(64, int(math.Sqrt(length)*2)))
}

// arcTo is the elliptical arc of SVG paths (implementation notes of SVG 1.1, F.6.5).
func (b *builder) arcTo(rx, ry, rotation float64, large, sweep bool, to point) {
	from := b.cur
	rx, ry = math.Abs(rx), math.Abs(ry)
	if rx == 0 || ry == 0 || from.same(to) {
		b.lineTo(to)
		return
	}
	sin, cos := math.Sincos(rotation * math.Pi / 180)
	dx, dy := (from.x-to.x)/2, (from.y-to.y)/2
	x1, y1 := cos*dx+sin*dy, -sin*dx+cos*dy
	if l := x1*x1/(rx*rx) + y1*y1/(ry*ry); l > 1 {
		rx, ry = rx*math.Sqrt(l), ry*math.Sqrt(l)
	}
	num := rx*rx*ry*ry - rx*rx*y1*y1 - ry*ry*x1*x1
	k := math.Sqrt(math.Max(0, num/(rx*rx*y1*y1+ry*ry*x1*x1)))
	if large == sweep {
		k = -k
	}
	cx1, cy1 := k*rx*y1/ry, -k*ry*x1/rx
	cx, cy := cos*cx1-sin*cy1+(from.x+to.x)/2, sin*cx1+cos*cy1+(from.y+to.y)/2
	start := math.Atan2((y1-cy1)/ry, (x1-cx1)/rx)
	delta := math.Atan2((-y1-cy1)/ry, (-x1-cx1)/rx) - start
	if sweep && delta < 0 {
		delta += 2 * math.Pi
	} else if !sweep && delta > 0 {
		delta -= 2 * math.Pi
	}
	n := max(4, min(90, int(math.Abs(delta)*math.Sqrt(math.Max(rx, ry)*b.m.stretch())*3)))
	for i := 1; i <= n; i++ {
		s, c := math.Sincos(start + delta*float64(i)/float64(n))
		b.lineTo(point{cx + rx*c*cos - ry*s*sin, cy + rx*c*sin + ry*s*cos})
	}
	b.cur = to
}

// parsePath reads the data of an SVG path.
func parsePath(d string, m matrix) ([]subpath, error) {
	b := builder{m: m}
	i := 0
	skip := func() {
		for i < len(d) && (d[i] == ' ' || d[i] == ',' || d[i] == '\n' || d[i] == '\t') {
			i++
		}
	}
	var failed error
	num := func() float64 {
		skip()
		start := i
		if i < len(d) && (d[i] == '-' || d[i] == '+') {
			i++
		}
		dot := false
		for i < len(d) {
			c := d[i]
			if c == '.' && !dot {
				dot = true
			} else if c == 'e' || c == 'E' {
				if i+1 < len(d) && (d[i+1] == '-' || d[i+1] == '+') {
					i++
				}
			} else if c < '0' || c > '9' {
				break
			}
			i++
		}
		v, err := strconv.ParseFloat(d[start:i], 64)
		if err != nil && failed == nil {
			failed = fmt.Errorf("path %q at %d", d, start)
		}
		return v
	}
	more := func() bool {
		skip()
		return i < len(d) && (d[i] == '-' || d[i] == '+' || d[i] == '.' || d[i] >= '0' && d[i] <= '9')
	}
	var start point
	for failed == nil {
		skip()
		if i >= len(d) {
			break
		}
		cmd := d[i]
		i++
		rel := cmd >= 'a'
		at := func() point {
			p := point{num(), num()}
			if rel {
				p = p.plus(b.cur)
			}
			return p
		}
		switch cmd {
		case 'M', 'm':
			p := at()
			start = p
			b.moveTo(p)
			for more() && failed == nil {
				b.lineTo(at())
			}
		case 'L', 'l':
			for more() && failed == nil {
				b.lineTo(at())
			}
		case 'H', 'h', 'V', 'v':
			for more() && failed == nil {
				p, v := b.cur, num()
				base := 0.0
				switch {
				case rel && (cmd == 'h'):
					base = b.cur.x
				case rel:
					base = b.cur.y
				}
				if cmd == 'H' || cmd == 'h' {
					p.x = base + v
				} else {
					p.y = base + v
				}
				b.lineTo(p)
			}
		case 'C', 'c':
			for more() && failed == nil {
				c1, c2, p := at(), at(), at()
				b.cubeTo(c1, c2, p)
			}
		case 'Q', 'q':
			for more() && failed == nil {
				c, p := at(), at()
				b.quadTo(c, p)
			}
		case 'A', 'a':
			for more() && failed == nil {
				rx, ry, rot := num(), num(), num()
				large, sweep := num() != 0, num() != 0
				b.arcTo(rx, ry, rot, large, sweep, at())
			}
		case 'Z', 'z':
			if n := len(b.out); n > 0 {
				b.out[n-1].closed = true
			}
			b.cur = start
		default:
			return nil, fmt.Errorf("path command %q", cmd)
		}
	}
	return b.out, failed
}

func polygon(m matrix, closed bool, pts ...point) []subpath {
	sp := subpath{closed: closed}
	for _, p := range pts {
		sp.pts = append(sp.pts, m.apply(p))
	}
	return []subpath{sp}
}

func circle(m matrix, c point, r float64) []subpath {
	n := max(12, min(90, int(r*m.stretch()*3)))
	sp := subpath{closed: true}
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		sp.pts = append(sp.pts, m.apply(point{c.x + r*cos, c.y + r*sin}))
	}
	return []subpath{sp}
}

func bounds(path []subpath) (lo, hi point) {
	lo, hi = point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, sp := range path {
		for _, p := range sp.pts {
			lo = point{math.Min(lo.x, p.x), math.Min(lo.y, p.y)}
			hi = point{math.Max(hi.x, p.x), math.Max(hi.y, p.y)}
		}
	}
	if lo.x > hi.x {
		return point{}, point{}
	}
	return lo, hi
}

// stroke turns lines into polygons of one orientation, so that they may overlap under the non-zero rule.
func stroke(path []subpath, width float64, dash []float64) []subpath {
	var out []subpath
	half := width / 2
	for _, sp := range path {
		pts := sp.pts
		if sp.closed && len(pts) > 1 && !pts[0].same(pts[len(pts)-1]) {
			pts = append(append([]point(nil), pts...), pts[0])
		}
		lines := [][]point{pts}
		if len(dash) > 0 {
			lines = cutDashes(pts, dash)
		}
		for _, line := range lines {
			for i := 1; i < len(line); i++ {
				a, b := line[i-1], line[i]
				along := b.minus(a)
				length := along.length()
				if length < 1e-9 {
					continue
				}
				side := point{-along.y, along.x}.times(half / length)
				out = append(out, oriented(a.plus(side), b.plus(side), b.minus(side), a.minus(side)))
				joint := i+1 < len(line) || sp.closed && len(dash) == 0
				if joint && width > 0.8 {
					out = append(out, circle(matrix{1, 0, 0, 1, 0, 0}, b, half)[0])
				}
			}
		}
	}
	return out
}

// oriented gives a polygon the same turn as circle does.
func oriented(pts ...point) subpath {
	area := 0.0
	for i, p := range pts {
		q := pts[(i+1)%len(pts)]
		area += p.x*q.y - q.x*p.y
	}
	if area < 0 {
		for i, j := 0, len(pts)-1; i < j; i, j = i+1, j-1 {
			pts[i], pts[j] = pts[j], pts[i]
		}
	}
	return subpath{pts: pts, closed: true}
}

// cutDashes cuts a line into its dashes.
func cutDashes(pts []point, dash []float64) [][]point {
	total := 0.0
	for _, d := range dash {
		total += d
	}
	if total < 0.1 {
		return [][]point{pts}
	}
	if len(dash)%2 == 1 {
		dash = append(append([]float64(nil), dash...), dash...)
	}
	var out [][]point
	index, left, on := 0, dash[0], true
	var line []point
	for i := 1; i < len(pts); i++ {
		a, b := pts[i-1], pts[i]
		length := b.minus(a).length()
		for pos := 0.0; pos < length-1e-9; {
			if on && len(line) == 0 {
				line = []point{mix(a, b, pos/length)}
			}
			step := math.Min(left, length-pos)
			pos += step
			left -= step
			if on {
				line = append(line, mix(a, b, pos/length))
			}
			if left <= 1e-9 {
				if on && len(line) > 1 {
					out = append(out, line)
				}
				line = nil
				on = !on
				index = (index + 1) % len(dash)
				left = math.Max(dash[index], 1e-6)
			}
		}
	}
	if on && len(line) > 1 {
		out = append(out, line)
	}
	return out
}
