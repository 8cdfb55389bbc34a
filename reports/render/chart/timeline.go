package chart

import (
	"math"

	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"deskproof/reports"
)

// The states of a timeline in the order of the key. They differ in thickness and pattern, so that they can be told apart
// without colour; icon is the same pattern in the key.
var bandStates = []struct {
	state, name, color string
	width              float64
	dash               []int
	icon               string
}{
	{"running", "running", actual, 14, nil, "rect"},
	{"met", "met", better, 14, nil, "rect"},
	{"breached", "running beyond the goal", worse, 14, []int{5, 2}, "path://M0 0h5v10h-5zM7 0h5v10h-5z"},
	{"paused", "paused", axisInk, 14, []int{1, 3}, "path://M0 0h1v10h-1zM4 0h1v10h-1zM8 0h1v10h-1zM12 0h1v10h-1z"},
	{"outside", "outside working hours", axisInk, 2, nil, "path://M0 4h12v2h-12z"},
}

// The marks of a timeline in the order of the key.
var markKinds = []struct {
	kind, name, symbol, color string
	size, rotate              float64
	hollow                    bool
}{
	{"event", "event", "circle", ink, 15, 0, true},
	{"due", "due", "diamond", ink, 13, 0, true},
	{"breach", "breach", "triangle", worse, 11, 180, false},
	{"end", "end", "rect", ink, 9, 0, false},
}

// liftOf is how far above the middle of the band a mark stands; the end closes the band itself.
func liftOf(kind string) float64 {
	if kind == "end" {
		return 0
	}
	return 18
}

// timelineRow is the height of a row in pixels; marks stand above the band.
func timelineRow(c *reports.Chart) int {
	if len(c.Marks) > 0 {
		return 48
	}
	return 30
}

// timelineKey is the entries of the key: what occurs in the chart.
func timelineKey(c *reports.Chart) []any {
	var out []any
	for _, st := range bandStates {
		for _, b := range c.Bands {
			if stateOf(b) == st.state && drawn1(c, b) {
				out = append(out, dict{"name": st.name, "icon": st.icon, "itemStyle": dict{"color": st.color}})
				break
			}
		}
	}
	for _, k := range markKinds {
		for _, m := range c.Marks {
			if m.Kind == k.kind {
				style := dict{"color": k.color}
				if k.hollow {
					style = dict{"color": page, "borderColor": ink, "borderWidth": 1.4}
				}
				icon := k.symbol
				if k.kind == "breach" {
					icon = "path://M0 0h12l-6 10z"
				}
				out = append(out, dict{"name": k.name, "icon": icon, "itemStyle": style})
				break
			}
		}
	}
	return out
}

// keyLines is the number of lines that the key needs.
func keyLines(c *reports.Chart) int {
	lines, x := 1, 0.0
	for _, e := range timelineKey(c) {
		name, _ := e.(dict)["name"].(string)
		w := 12 + 5 + textWidth(name, labelSize, false) + 18
		if x+w > Width && x > 0 {
			lines, x = lines+1, 0
		}
		x += w
	}
	return lines
}

func stateOf(b reports.ChartBand) string {
	for _, st := range bandStates {
		if st.state == b.State {
			return b.State
		}
	}
	return "running"
}

func drawn1(c *reports.Chart, b reports.ChartBand) bool {
	return b.To.After(b.From) && b.Row >= 0 && b.Row < len(c.Labels)
}

// timeline draws spans of time in rows, with marks above them: the clocks of a ticket. The axis is even in elapsed time; its
// ticks stand where the clock on the wall shows a round time.
func (d *drawing) timeline(b *charts.Scatter) {
	c := d.c
	if c.Zone != nil {
		d.zone = c.Zone
	}
	names := d.leftNames(c.Labels, 0.26)
	d.right, d.bottom = 24, 32
	var lo, hi time.Time
	see := func(t time.Time) {
		if lo.IsZero() || t.Before(lo) {
			lo = t
		}
		if hi.IsZero() || t.After(hi) {
			hi = t
		}
	}
	for _, band := range c.Bands {
		if drawn1(c, band) {
			see(band.From)
			see(band.To)
		}
	}
	for _, m := range c.Marks {
		if m.Row >= 0 && m.Row < len(c.Labels) {
			see(m.At)
		}
	}
	if !hi.After(lo) {
		hi = lo.Add(time.Second)
	}
	span := float64(hi.UnixMilli() - lo.UnixMilli())
	plot := float64(d.w - d.left - d.right)
	at := func(t time.Time) float64 { return float64(d.left) + float64(t.UnixMilli()-lo.UnixMilli())/span*plot }
	d.extra["yAxis.0.axisLine"] = dict{"show": false}
	d.extra["yAxis.0.splitLine"] = dict{"show": false}
	d.extra["xAxis.0.splitLine"] = dict{"show": false}
	d.extra["xAxis.0.axisTick"] = dict{"show": false}
	d.extra["xAxis.0.axisLabel"] = dict{"show": false}
	d.extra["xAxis.0.axisLine"] = dict{"show": true, "lineStyle": dict{"color": axisInk, "width": 1}}
	b.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: lo.UnixMilli(), Max: hi.UnixMilli()}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Inverse: opts.Bool(true), Data: names}))
	b.Validate()
	d.timeAxis(timeTicks(lo, hi, d.zone), at)

	rowHeight := float64(d.h-d.top-d.bottom) / float64(max(1, len(c.Labels)))
	var texts []any
	for _, st := range bandStates {
		var data []any
		for _, band := range c.Bands {
			if stateOf(band) != st.state || !drawn1(c, band) {
				continue
			}
			from, to := float64(band.From.UnixMilli()), float64(band.To.UnixMilli())
			room := (to - from) / span * plot
			if least := 1.2; room < least { // a minute in a month is still seen
				to = math.Round(from + least/plot*span)
			}
			text := c.Labels[band.Row] + " · " + st.name + ": " +
				reports.Format(reports.At(band.From), d.zone) + " to " + reports.Format(reports.At(band.To), d.zone)
			if band.Text != "" {
				text += " · " + band.Text
			}
			data = append(data, dict{"coords": [][]any{{from, band.Row}, {to, band.Row}}, "text": text})
			if solid := st.dash == nil && st.width > 10; solid && band.Text != "" && textWidth(band.Text, valueSize, false)+6 <= room {
				lab := label(band.Text, page, "inside", valueSize, false)
				lab["textBorderWidth"] = 0
				texts = append(texts, dict{"value": []any{(from + to) / 2, band.Row}, "label": lab})
			}
		}
		if len(data) == 0 {
			continue
		}
		style := dict{"color": st.color, "width": st.width, "opacity": 1, "cap": "butt"}
		if st.dash != nil {
			style["type"] = st.dash
		}
		m := still(dict{
			"type": "lines", "name": st.name, "coordinateSystem": "cartesian2d", "data": data, "symbol": "none", "z": 3,
			"lineStyle": style,
		})
		if st.state == "outside" {
			m["z"] = 2
		}
		d.series = append(d.series, m)
	}
	labels := asDict(charts.SingleSeries{Type: "scatter", Symbol: "circle"}, texts)
	labels["symbolSize"], labels["z"], labels["silent"] = 0.1, 6, true
	labels["itemStyle"] = dict{"color": "transparent"}
	d.series = append(d.series, labels)
	d.marks(at, rowHeight)
	d.legend = timelineKey(c)
}

// timeAxis draws day lines and writes the ticks: first the days, then as many hours as find room.
func (d *drawing) timeAxis(ticks []tick, at func(time.Time) float64) {
	type span struct{ from, to float64 }
	var taken []span
	for _, days := range []bool{true, false} {
		for _, t := range ticks {
			if t.day != days {
				continue
			}
			x := at(t.at)
			d.vertical(x)
			half := textWidth(t.text, labelSize, false) / 2
			x = math.Min(math.Max(x, half+2), float64(d.w)-half-2)
			free := t.text != ""
			for _, s := range taken {
				free = free && (x+half+8 < s.from || x-half-8 > s.to)
			}
			if !free {
				continue
			}
			taken = append(taken, span{x - half, x + half})
			color := muted
			if days {
				color = ink
			}
			d.graph = append(d.graph, dict{"type": "text", "x": math.Round(x*10) / 10, "y": d.h - 18, "silent": true, "z": 10, "style": dict{
				"text": t.text, "fill": color, "fontSize": labelSize, "fontFamily": family, "textAlign": "center", "textVerticalAlign": "middle"}})
		}
	}
}

// marks draws the moments above the bands, each with a stroke down to it, and its name where there is room.
func (d *drawing) marks(at func(time.Time) float64, rowHeight float64) {
	c := d.c
	for _, k := range markKinds {
		lift := liftOf(k.kind)
		var data []any
		for i, m := range c.Marks {
			if m.Kind != k.kind || m.Row < 0 || m.Row >= len(c.Labels) {
				continue
			}
			x, y := at(m.At), float64(d.top)+(float64(m.Row)+0.5)*rowHeight
			gap := math.Inf(1) // to the next mark of the row; a number needs room on both sides
			before := math.Inf(1)
			for j, o := range c.Marks {
				if j == i || o.Row != m.Row || liftOf(o.Kind) != lift {
					continue
				}
				if dx := at(o.At) - x; dx > 0 || dx == 0 && j > i {
					gap = math.Min(gap, dx)
				} else {
					before = math.Min(before, -dx)
				}
			}
			r := func(f float64) float64 { return math.Round(f*10) / 10 }
			if lift > 0 {
				d.graph = append(d.graph, dict{"type": "line", "silent": true, "z": 5,
					"shape": dict{"x1": r(x), "y1": r(y - lift), "x2": r(x), "y2": r(y + 9)},
					"style": dict{"stroke": k.color, "lineWidth": 1}})
			}
			it := dict{"value": []any{m.At.UnixMilli(), m.Row}, "text": c.Labels[m.Row] + " · " + strings.TrimSpace(reports.Format(reports.At(m.At), d.zone)+" "+k.name) + ": " + m.Text}
			switch {
			case m.Name == "":
			case k.kind == "event" && math.Min(gap, before) < k.size:
				it["symbolSize"] = 6
			case k.kind == "event":
				lab := label(m.Name, ink, "inside", 9.5, false)
				lab["textBorderWidth"] = 0
				it["label"] = lab
			case math.Min(gap, float64(d.w)-x) > textWidth(m.Name, labelSize, false)+k.size+6:
				it["label"] = label(m.Name, k.color, "right", labelSize, k.kind == "breach")
			case lift > 0 && before > textWidth(m.Name, labelSize, false)+k.size+6 && gap > k.size:
				it["label"] = label(m.Name, k.color, "left", labelSize, k.kind == "breach")
			}
			data = append(data, it)
		}
		if len(data) == 0 {
			continue
		}
		m := asDict(charts.SingleSeries{Name: k.name, Type: "scatter", Symbol: k.symbol}, data)
		m["symbolSize"], m["symbolRotate"], m["z"] = k.size, k.rotate, 7
		m["symbolOffset"] = []any{0, -lift}
		style := dict{"color": k.color, "opacity": 1}
		if k.hollow {
			style = dict{"color": page, "borderColor": ink, "borderWidth": 1.3, "opacity": 1}
		}
		m["itemStyle"] = style
		d.series = append(d.series, m)
	}
}
