package chart

import (
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
)

// dots draws a dot plot, one row a label: now filled, last time hollow, the goal an outlined square, a line between.
func (d *drawing) dots(b *charts.Scatter) {
	c := d.c
	names := d.leftNames(c.Labels, 0.36)
	d.right, d.bottom = 40, 30
	sc := scale{0, float64(len(c.Columns) - 1), 1}
	levels := len(c.Columns) > 1
	if !levels {
		sc = valueScale(c, d.u, false, false)
	}
	d.extra["yAxis.0.axisLine"] = dict{"show": false}
	d.extra["yAxis.0.splitLine"] = dict{"show": true, "lineStyle": dict{"color": grid, "width": 1}}
	d.extra["xAxis.0.interval"] = sc.step
	d.extra["xAxis.0.axisTick"] = dict{"show": false}
	d.extra["xAxis.0.axisLine"] = dict{"show": true, "lineStyle": dict{"color": axisInk, "width": 1}}
	d.extra["xAxis.0.axisLabel"] = dict{"show": !levels, "color": muted, "fontSize": labelSize, "fontFamily": family, "formatter": axisTemplate + "{value}" + d.u.suffix}
	d.extra["xAxis.0.splitLine"] = dict{"show": true, "lineStyle": dict{"color": grid, "width": 1}}
	// half a step of air on both sides, so that marks at the ends are whole
	pad := sc.step * 0.35
	lo, hi := sc.min-pad, sc.max+pad
	d.extra["xAxis.0.interval"] = sc.step
	if levels {
		lines := 1
		slot := float64(d.w-d.left-d.right) / (hi - lo)
		for i, name := range c.Columns {
			wrapped := typeset.Wrap(name, typeset.Regular, labelSize, slot-6)
			if len(wrapped) > 2 {
				wrapped = []string{wrapped[0], typeset.Shorten(strings.Join(wrapped[1:], " "), typeset.Regular, labelSize, slot-6)}
			}
			lines = max(lines, len(wrapped))
			d.graph = append(d.graph, dict{
				"type": "text", "x": math.Round((float64(d.left)+(float64(i)-lo)*slot)*10) / 10, "silent": true, "z": 10,
				"style": dict{"text": strings.Join(wrapped, "\n"), "fill": muted, "fontSize": labelSize, "fontFamily": family, "textAlign": "center", "textVerticalAlign": "top", "lineHeight": 14},
			})
		}
		d.bottom = 12 + 14*lines
		for _, g := range d.graph { // so far only the names of the levels
			g.(dict)["y"] = d.h - d.bottom + 7
		}
		d.extra["xAxis.0.splitLine"] = dict{"show": false}
		d.extra["xAxis.0.interval"] = hi - lo
	}
	b.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: lo, Max: hi}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Inverse: opts.Bool(true), Data: names}))
	b.Validate()

	// the line from the first to the last mark of each row
	var spans []any
	for j := range c.Labels {
		from, to := math.Inf(1), math.Inf(-1)
		for _, s := range c.Series {
			if v, ok := valueAt(s, j); ok {
				from, to = math.Min(from, d.u.axis(v)), math.Max(to, d.u.axis(v))
			}
		}
		if from < to {
			spans = append(spans, dict{"coords": [][]any{{from, j}, {to, j}}})
		}
	}
	if levels {
		for i := range c.Columns {
			d.vertical(float64(d.left) + (float64(i)-lo)/(hi-lo)*float64(d.w-d.left-d.right))
		}
	}
	between := still(dict{
		"type": "lines", "coordinateSystem": "cartesian2d", "silent": true, "data": spans, "z": 1,
		"lineStyle": dict{"color": rule, "width": 2, "opacity": 1}, "symbol": "none",
	})
	d.series = append(d.series, between)

	// goals lie below, then last time, then now, so that the filled dot is never hidden
	for _, role := range []reports.Role{reports.RolePlan, reports.RolePrevious, "rest"} {
		for i, s := range c.Series {
			r := s.Role
			if r != reports.RolePlan && r != reports.RolePrevious {
				r = "rest"
			}
			if r != role {
				continue
			}
			l := d.looks[i]
			symbol, size := "circle", 10.0
			style := dict{"color": l.color, "borderColor": page, "borderWidth": 1, "opacity": 1}
			switch role {
			case reports.RolePlan:
				symbol, size = "rect", 18
				style = dict{"color": page, "borderColor": ink, "borderWidth": 1.4, "opacity": 1}
			case reports.RolePrevious:
				size = 14
				style = dict{"color": page, "borderColor": axisInk, "borderWidth": 1.6, "opacity": 1}
			}
			var data []any
			for j := range c.Labels {
				v, ok := valueAt(s, j)
				if !ok {
					continue
				}
				it := d.item(s, j, []any{d.u.axis(v), j})
				if levels && (j >= len(s.Texts) || s.Texts[j] == "") {
					it["text"] = s.Name + " · " + c.Labels[j] + ": " + levelName(c, v)
				}
				data = append(data, it)
			}
			m := asDict(charts.SingleSeries{Name: s.Name, Type: "scatter", Symbol: symbol}, data)
			m["symbolSize"] = size
			m["itemStyle"] = style
			m["z"] = map[reports.Role]int{reports.RolePlan: 2, reports.RolePrevious: 3, "rest": 4}[role]
			d.series = append(d.series, m)
		}
	}
	for i, s := range c.Series { // the key keeps the order of the report
		icon, style := "circle", dict{"color": d.looks[i].color}
		switch s.Role {
		case reports.RolePlan:
			icon, style = "rect", dict{"color": page, "borderColor": ink, "borderWidth": 1.4}
		case reports.RolePrevious:
			style = dict{"color": page, "borderColor": axisInk, "borderWidth": 1.6}
		}
		if len(c.Series) > 1 {
			d.legend = append(d.legend, dict{"name": s.Name, "icon": icon, "itemStyle": style})
		}
	}
	// rows without any value keep their place and say so
	for j := range c.Labels {
		any := false
		for _, s := range c.Series {
			if _, ok := valueAt(s, j); ok && s.Role != reports.RolePlan {
				any = true
			}
		}
		if !any {
			rowHeight := float64(d.h-d.top-d.bottom) / float64(len(c.Labels))
			d.graph = append(d.graph, dict{
				"type": "text", "x": d.left + 4, "y": math.Round((float64(d.top)+(float64(j)+0.5)*rowHeight)*10) / 10, "silent": true, "z": 10,
				"style": dict{"text": "○ not assessed", "fill": muted, "fontSize": valueSize, "fontFamily": family, "textVerticalAlign": "middle"},
			})
		}
	}
}

func levelName(c *reports.Chart, v float64) string {
	if i := int(math.Round(v)); math.Abs(v-float64(i)) < 1e-9 && i >= 0 && i < len(c.Columns) {
		return c.Columns[i]
	}
	return reports.Format(reports.Value{Kind: reports.Number, Number: v, Decimals: 1}, nil)
}

// heatRow is the height of a row of a heat map in pixels.
const heatRow = 26

// heatLeft is the room for the names of the rows.
func heatLeft(c *reports.Chart) float64 {
	widest := 0.0
	for _, n := range c.Labels {
		widest = math.Max(widest, textWidth(n, labelSize, false))
	}
	limit := Width * 0.36
	if len(c.Columns) > 14 {
		limit = Width * 0.26
	}
	word := 0.0 // the names of the rows can be cut, a word of a head must not be broken
	for _, head := range c.Columns {
		for f := range strings.FieldsSeq(head) {
			word = math.Max(word, textWidth(f, valueSize, false))
		}
	}
	limit = math.Min(limit, math.Max(Width*0.22, Width-16-float64(len(c.Columns))*(word+5)))
	return math.Min(widest, limit) + 12
}

// heatHeads are the heads of the columns, wrapped into their width.
func heatHeads(c *reports.Chart) [][]string {
	out := make([][]string, len(c.Columns))
	slot := (Width - heatLeft(c) - 4) / math.Max(1, float64(len(c.Columns)))
	for i, name := range c.Columns {
		lines := typeset.Wrap(name, typeset.Regular, valueSize, math.Max(16, slot-4))
		if len(lines) > 4 {
			lines = append(lines[:3], typeset.Shorten(strings.Join(lines[3:], " "), typeset.Regular, valueSize, math.Max(16, slot-4)))
		}
		out[i] = lines
	}
	return out
}

func heatHead(c *reports.Chart) int {
	lines := 1
	for _, h := range heatHeads(c) {
		lines = max(lines, len(h))
	}
	return 14*lines + 6
}

// heat draws letters or counts in tinted cells; the text carries the meaning, the tint supports it.
func (d *drawing) heat(b *charts.Scatter) {
	c := d.c
	left := heatLeft(c)
	names := d.leftNames(c.Labels, (left-12)/Width)
	d.left = int(math.Ceil(left))
	d.right, d.top, d.bottom = 4, heatHead(c), 6
	cols, rows := float64(len(c.Columns)), float64(len(c.Labels))
	cellW := float64(d.w-d.left-d.right) / cols
	cellH := float64(d.h-d.top-d.bottom) / rows
	for i, lines := range heatHeads(c) {
		d.graph = append(d.graph, dict{
			"type": "text", "x": math.Round((float64(d.left)+(float64(i)+0.5)*cellW)*10) / 10, "y": d.top - 5, "silent": true, "z": 10,
			"style": dict{"text": strings.Join(lines, "\n"), "fill": muted, "fontSize": valueSize, "fontFamily": family,
				"textAlign": "center", "textVerticalAlign": "bottom", "lineHeight": 14},
		})
	}
	d.extra["yAxis.0.axisLine"] = dict{"show": false}
	d.extra["xAxis.0.axisLine"] = dict{"show": false}
	d.extra["xAxis.0.axisTick"] = dict{"show": false}
	d.extra["xAxis.0.axisLabel"] = dict{"show": false}
	cats := make([]int, len(c.Columns))
	for i := range cats {
		cats[i] = i
	}
	b.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "category", Data: cats}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Inverse: opts.Bool(true), Data: names, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}}))
	b.SetXAxis(cats)
	b.Validate()

	var data []any
	for i, row := range c.Cells {
		if i >= len(c.Labels) {
			break
		}
		for j, cell := range row {
			if j >= len(c.Columns) {
				break
			}
			t := tintOf(cell.Tint)
			style := dict{"color": t.fill, "opacity": 1}
			x, y := float64(d.left)+float64(j)*cellW+1, float64(d.top)+float64(i)*cellH+1
			w, h := cellW-2, cellH-2
			// outlines are drawn apart: those of a stretched symbol would be stretched too
			switch {
			case cell.Mark: // the cell that caps the level
				d.outline(x+1, y+1, w-2, h-2, outlineInk(t), 2)
			case t.edge != "":
				d.outline(x+0.5, y+0.5, w-1, h-1, t.edge, 1)
			}
			text := typeset.Shorten(cell.Text, typeset.Regular, labelSize, cellW-4)
			lab := label(text, t.text, "inside", labelSize, cell.Mark)
			lab["textBorderWidth"] = 0
			it := dict{
				"value": []any{j, i}, "itemStyle": style, "symbolSize": []float64{math.Round(w*10) / 10, math.Round(h*10) / 10},
				"text": c.Labels[i] + " · " + c.Columns[j] + ": " + cell.Text,
			}
			if text != "" {
				it["label"] = lab
			}
			data = append(data, it)
		}
	}
	d.series = append(d.series, asDict(charts.SingleSeries{Type: "scatter", Symbol: "rect"}, data))
}

// outlineInk is the ink of an outline that is seen on a ground.
func outlineInk(t tint) string {
	if t.text == onDark {
		return watch
	}
	return t.text
}

// vertical draws a hairline of the grid behind all marks.
func (d *drawing) vertical(x float64) {
	x = math.Round(x*10) / 10
	d.graph = append(d.graph, dict{
		"type": "line", "silent": true, "z": 0,
		"shape": dict{"x1": x, "y1": d.top, "x2": x, "y2": d.h - d.bottom},
		"style": dict{"stroke": grid, "lineWidth": 1},
	})
}

// outline draws a rectangle without fill at pixels.
func (d *drawing) outline(x, y, w, h float64, color string, width float64) {
	r := func(f float64) float64 { return math.Round(f*10) / 10 }
	d.graph = append(d.graph, dict{
		"type": "rect", "silent": true, "z": 9, "shape": dict{"x": r(x), "y": r(y), "width": r(w), "height": r(h)},
		"style": dict{"fill": "none", "stroke": color, "lineWidth": width},
	})
}
