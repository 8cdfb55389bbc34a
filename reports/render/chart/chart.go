// Package chart turns a chart of the document model into one ECharts option, and that option into a still picture.
//
// The option is built once with the types of go-echarts. HTML embeds it as JSON; an SVG of the very same option is
// drawn by the embedded ECharts without a browser, stands in the HTML for readers without script, and becomes the
// PNG of the PDF. So every format shows the same data, words and colours.
package chart

import (
	"fmt"
	"math"
	"strings"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
)

// Width of every chart in CSS pixels. 720 px print as 174 mm, so 12 px print as 8.2 pt.
const Width = 720

// Sizes of type in pixels.
const (
	labelSize = 12
	valueSize = 11.5
)

// family is the name under which HTML declares the embedded Source Sans 3.
const family = "ReportSans"

// Pixels of one printed millimetre (720 px on 174 mm).
const pxPerMM = Width / 174.0

// Drawable reports whether a chart has anything to draw; when not, its Empty sentence is shown.
func Drawable(c *reports.Chart) bool {
	switch c.Kind {
	case reports.ChartHeat:
		for _, row := range c.Cells {
			if len(row) > 0 {
				return len(c.Labels) > 0 && len(c.Columns) > 0
			}
		}
		return false
	case reports.ChartTimeline:
		for _, b := range c.Bands {
			if b.To.After(b.From) && b.Row >= 0 && b.Row < len(c.Labels) {
				return true
			}
		}
		return false
	}
	for _, s := range c.Series {
		for j := range c.Labels {
			if _, ok := valueAt(s, j); ok {
				return true
			}
		}
	}
	return false
}

// EmptyText is the sentence that stands where nothing can be drawn.
func EmptyText(c *reports.Chart) string {
	if c.Empty != "" {
		return c.Empty
	}
	return "No data: nothing was measured for this chart."
}

// Height of a chart in pixels.
func Height(c *reports.Chart) int {
	if c.Height > 0 {
		return int(math.Round(float64(min(c.Height, 240)) * pxPerMM))
	}
	rows := len(c.Labels)
	switch c.Kind {
	case reports.ChartLayers:
		return 34 + 26*rows + topOf(c)
	case reports.ChartBars:
		per := 26
		if n := len(c.Series); n > 1 {
			per = 12 + 15*n
		}
		return 34 + per*rows + topOf(c)
	case reports.ChartDots:
		return 46 + 28*rows + topOf(c)
	case reports.ChartHeat:
		return 12 + heatHead(c) + heatRow*rows
	case reports.ChartTimeline:
		return 46 + timelineRow(c)*rows + topOf(c)
	}
	return 250
}

// topOf is the room for the key above the plot.
func topOf(c *reports.Chart) int {
	switch {
	case c.Kind == reports.ChartTimeline:
		return 6 + 20*keyLines(c)
	case needsKey(c):
		return 30
	}
	return 8
}

// needsKey says whether a chart names its series in a key above the plot; lines and stacks name them at the marks.
func needsKey(c *reports.Chart) bool {
	switch c.Kind {
	case reports.ChartColumns, reports.ChartBars, reports.ChartLayers, reports.ChartDots:
		return len(c.Series) > 1
	case reports.ChartTimeline:
		return true
	}
	return false
}

func valueAt(s reports.ChartSeries, j int) (float64, bool) {
	if j >= len(s.Values) || s.Values[j] == nil || math.IsNaN(*s.Values[j]) || math.IsInf(*s.Values[j], 0) {
		return 0, false
	}
	return *s.Values[j], true
}

// unit converts values to the unit of the axis and writes them.
type unit struct {
	kind   reports.Kind
	factor float64
	suffix string
}

func unitOf(c *reports.Chart) unit {
	u := unit{kind: c.Unit, factor: 1}
	switch c.Unit {
	case reports.Percent:
		u.factor, u.suffix = 100, "%"
	case reports.Points:
		u.factor = 100
	case reports.Duration:
		top := 0.0
		for _, s := range c.Series {
			for j := range c.Labels {
				if v, ok := valueAt(s, j); ok {
					top = math.Max(top, math.Abs(v))
				}
			}
		}
		switch {
		case top >= 3*86400:
			u.factor, u.suffix = 1.0/86400, " d"
		case top >= 3*3600:
			u.factor, u.suffix = 1.0/3600, " h"
		case top >= 180:
			u.factor, u.suffix = 1.0/60, " min"
		default:
			u.suffix = " s"
		}
	}
	return u
}

// axis is a value in axis units, without the noise of floating point.
func (u unit) axis(v float64) float64 { return math.Round(v*u.factor*1e6) / 1e6 }

// text writes a value as the tables of the report do.
func (u unit) text(v float64, target *float64) string {
	kind := u.kind
	if kind == reports.Text {
		kind = reports.Number
		if v != math.Trunc(v) {
			return reports.Format(reports.Value{Kind: kind, Number: v, Decimals: 1}, nil)
		}
	}
	return reports.Format(reports.Value{Kind: kind, Number: v, Target: target}, nil)
}

// short writes a value for a narrow place: 95%, not 95.0%.
func (u unit) short(v float64) string {
	s := u.text(v, nil)
	if u.kind == reports.Percent {
		s = strings.Replace(s, ".0%", "%", 1)
	}
	return s
}

// tick writes a value that is already in axis units.
func (u unit) tick(v float64) string {
	return reports.Format(reports.Value{Kind: reports.Number, Number: v, Decimals: decimalsOf(v)}, nil) + u.suffix
}

func decimalsOf(v float64) int {
	for d := range 4 {
		p := math.Pow(10, float64(d))
		if math.Abs(v*p-math.Round(v*p)) < 1e-6 {
			return d
		}
	}
	return 4
}

// textOf is the label of one value of a series.
func textOf(c *reports.Chart, u unit, s reports.ChartSeries, j int) string {
	if j < len(s.Texts) && s.Texts[j] != "" {
		return s.Texts[j]
	}
	if v, ok := valueAt(s, j); ok {
		return u.text(v, c.Target)
	}
	return "no data"
}

// scale is an axis with round steps.
type scale struct{ min, max, step float64 }

// niceScale covers [lo, hi] with about n round steps.
func niceScale(lo, hi float64, n int) scale {
	if hi <= lo {
		hi = lo + 1
	}
	raw := (hi - lo) / float64(n)
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * mag
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*mag >= raw*0.999 {
			step = m * mag
			break
		}
	}
	round := func(f float64) float64 { return math.Round(f*1e9) / 1e9 }
	return scale{round(math.Floor(lo/step+1e-9) * step), round(math.Ceil(hi/step-1e-9) * step), round(step)}
}

// valueScale is the value axis of a chart: bars from 0, lines cut only where most of the axis would be empty.
func valueScale(c *reports.Chart, u unit, bars, stacked bool) scale {
	lo, hi := math.Inf(1), math.Inf(-1)
	see := func(v float64) { lo, hi = math.Min(lo, v), math.Max(hi, v) }
	for j := range c.Labels {
		up, down := 0.0, 0.0
		for _, s := range c.Series {
			v, ok := valueAt(s, j)
			if !ok {
				continue
			}
			v = u.axis(v)
			see(v)
			if v > 0 {
				up += v
			} else {
				down += v
			}
		}
		if stacked {
			see(up)
			see(down)
		}
	}
	if c.Target != nil {
		see(u.axis(*c.Target))
	}
	if c.Limits != nil {
		see(u.axis(c.Limits.Low))
		see(u.axis(c.Limits.High))
	}
	share := c.Unit == reports.Percent && hi <= 100 && lo >= 0
	switch {
	case bars || lo >= 0 && lo < 0.5*hi:
		lo = math.Min(lo, 0)
		hi = math.Max(hi, 0)
	case share:
		lo = math.Max(0, lo-(100-lo)*0.15)
	}
	if c.Min != nil && !bars {
		lo = math.Min(lo, u.axis(*c.Min))
	}
	if c.Max != nil {
		hi = math.Max(hi, u.axis(*c.Max))
	}
	if hi <= lo {
		hi = lo + 1
	}
	n := 4
	sc := niceScale(lo, hi, n)
	if (c.Unit == reports.Count || c.Unit == reports.Text) && sc.step < 1 {
		sc = scale{math.Floor(lo), math.Ceil(hi), 1}
	}
	if share && sc.max > 100 {
		sc.max = 100
		if rest := math.Mod(sc.max-sc.min, sc.step); rest > 1e-9 {
			sc.min = math.Max(0, sc.max-math.Ceil((sc.max-sc.min)/sc.step)*sc.step)
		}
	}
	return sc
}

// sane is the chart without numbers that are none (NaN, infinity), which no axis can show.
func sane(c *reports.Chart) *reports.Chart {
	odd := func(f *float64) bool { return f != nil && (math.IsNaN(*f) || math.IsInf(*f, 0)) }
	oddLimits := c.Limits != nil && (odd(&c.Limits.Low) || odd(&c.Limits.Mean) || odd(&c.Limits.High))
	if !odd(c.Target) && !odd(c.Min) && !odd(c.Max) && !oddLimits {
		return c
	}
	out := *c
	for _, f := range []**float64{&out.Target, &out.Min, &out.Max} {
		if odd(*f) {
			*f = nil
		}
	}
	if oddLimits {
		out.Limits = nil
	}
	return &out
}

// Axis is the value axis of a line chart in the unit of its values.
func Axis(c *reports.Chart) (low, high float64) {
	c = sane(c)
	u := unitOf(c)
	sc := valueScale(c, u, false, false)
	return sc.min / u.factor, sc.max / u.factor
}

func (s scale) ticks() []float64 {
	var out []float64
	for i := 0; i < 40; i++ {
		v := math.Round((s.min+float64(i)*s.step)*1e9) / 1e9
		if v > s.max+1e-9 {
			break
		}
		out = append(out, v)
	}
	return out
}

func textWidth(s string, size float64, bold bool) float64 {
	f := typeset.Regular
	if bold {
		f = typeset.Semibold
	}
	return typeset.Width(s, f, size)
}

// Alt is the description of a chart for those who cannot see it.
func Alt(c *reports.Chart) string {
	if c.Alt != "" {
		return c.Alt
	}
	return fmt.Sprintf("Chart: %s. The data stand in the table below it.", strings.TrimSuffix(c.Title, "."))
}
