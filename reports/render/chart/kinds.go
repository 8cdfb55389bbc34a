package chart

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
)

// item is one value of a series; "text" is what the tooltip of the HTML form shows.
func (d *drawing) item(s reports.ChartSeries, j int, value any) dict {
	text := d.c.Labels[j] + ": " + textOf(d.c, d.u, s, j)
	if s.Name != "" {
		text = s.Name + " · " + text
	}
	return dict{"value": value, "text": text}
}

// line draws rates and stocks over months: gaps stay gaps, names stand at the right end.
func (d *drawing) line(b *charts.Line) {
	c := d.c
	sc := valueScale(c, d.u, false, false)
	y := d.valueY(sc)
	var marks []mark
	for i, s := range c.Series {
		last := -1
		for j := range c.Labels {
			if _, ok := valueAt(s, j); ok {
				last = j
			}
		}
		if last < 0 {
			continue
		}
		v, _ := valueAt(s, last)
		text := textOf(c, d.u, s, last)
		if s.Name != "" && (len(c.Series) > 1 || c.Target != nil || c.Limits != nil) {
			text = s.Name + " " + text
		}
		if last < len(c.Labels)-1 {
			text += " (" + c.Labels[last] + ")"
		}
		color := d.looks[i].color
		if s.Role == reports.RolePrevious || s.Role == reports.RoleMuted || s.Role == reports.RoleWatch {
			color = muted
		}
		marks = append(marks, mark{d.u.axis(v), text, color, s.Role == reports.RoleActual || len(c.Series) == 1})
	}
	var lines []any
	if c.Target != nil {
		t := d.u.axis(*c.Target)
		lines = append(lines, lineAt("yAxis", t, ink, 1.2, []int{5, 4}))
		marks = append(marks, mark{t, "target " + d.u.short(*c.Target), ink, false})
	}
	if l := c.Limits; l != nil {
		lines = append(lines,
			lineAt("yAxis", d.u.axis(l.High), axisInk, 0.7, "solid"),
			lineAt("yAxis", d.u.axis(l.Mean), axisInk, 0.7, "solid"),
			lineAt("yAxis", d.u.axis(l.Low), axisInk, 0.7, "solid"))
		marks = append(marks,
			mark{d.u.axis(l.High), "usual up to " + d.u.text(l.High, nil), muted, false},
			mark{d.u.axis(l.Mean), "mean " + d.u.text(l.Mean, nil), muted, false},
			mark{d.u.axis(l.Low), "usual from " + d.u.text(l.Low, nil), muted, false})
	}
	d.reserveRight(marks)
	x := d.categoryX(c.Labels)
	for i := range marks {
		marks[i].y = d.y(marks[i].y, sc)
	}
	d.writeMarks(marks)
	b.SetGlobalOptions(charts.WithXAxisOpts(x), charts.WithYAxisOpts(y))
	b.SetXAxis(x.Data)
	b.Validate()

	inside := d.valuesFit(1) && len(c.Series) == 1
	for i, s := range c.Series {
		l := d.looks[i]
		data := make([]any, len(c.Labels))
		for j := range c.Labels {
			v, ok := valueAt(s, j)
			if !ok {
				data[j] = dict{"value": nil}
				continue
			}
			it := d.item(s, j, d.u.axis(v))
			if inside && j < len(c.Labels)-1 {
				it["label"] = label(textOf(c, d.u, s, j), muted, "top", valueSize, false)
			}
			data[j] = it
		}
		m := asDict(charts.SingleSeries{
			Name: s.Name, Type: "line", ConnectNulls: boolPtr(false), ShowSymbol: boolPtr(true), Symbol: "circle",
			ItemStyle: &opts.ItemStyle{Color: l.color},
		}, data)
		size := 6.0
		if l.width < 2 {
			size = 3
		}
		m["symbolSize"] = size
		m["lineStyle"] = dict{"color": l.color, "width": l.width, "type": l.dash}
		if s.Role == reports.RoleActual {
			m["z"] = 5
		}
		if len(lines) > 0 {
			m["markLine"] = markLines(lines)
			lines = nil
		}
		d.series = append(d.series, m)
	}
	if sc.min > 0 { // the axis does not begin at 0: a break mark at its foot
		x, y := float64(d.left), float64(d.h-d.bottom)
		d.graph = append(d.graph, dict{
			"type": "polyline", "z": 10, "silent": true,
			"shape": dict{"points": [][]float64{{x - 5, y - 3}, {x - 1, y - 6}, {x - 1, y - 2}, {x + 3, y - 5}}},
			"style": dict{"stroke": axisInk, "fill": "none", "lineWidth": 1},
		})
	}
}

// valuesFit says whether a label fits above every mark when each category holds n marks.
func (d *drawing) valuesFit(n int) bool {
	if len(d.c.Labels) == 0 {
		return false
	}
	slot := float64(d.w-d.left-d.right) / float64(len(d.c.Labels)) / float64(n)
	for _, s := range d.c.Series {
		for j := range d.c.Labels {
			if _, ok := valueAt(s, j); ok && textWidth(textOf(d.c, d.u, s, j), valueSize, false)+6 > slot {
				return false
			}
		}
	}
	return true
}

// fill is the ground of a bar in the ink of its series; touching fills are parted by a line in the colour of the page.
func fill(l look) dict {
	style := dict{"color": l.color, "borderColor": page, "borderWidth": 1}
	switch {
	case l.outline:
		style["color"] = "transparent"
		style["borderColor"] = ink
		style["borderWidth"] = 1.2
	case l.hatch:
		style["color"] = grid
		style["borderColor"] = l.color
		style["borderType"] = []int{3, 2}
	case l.edge != "":
		style["borderColor"] = l.edge
	}
	return style
}

// columns draws counts over months, side by side or stacked.
func (d *drawing) columns(b *charts.Bar, stacked bool) {
	c := d.c
	sc := valueScale(c, d.u, true, stacked)
	y := d.valueY(sc)
	var marks []mark
	if stacked {
		// the names of the segments stand at the last column that has a value, at half their height
		last := -1
		for j := range c.Labels {
			for _, s := range c.Series {
				if _, ok := valueAt(s, j); ok {
					last = j
				}
			}
		}
		up, down := 0.0, 0.0
		for i, s := range c.Series {
			v, ok := valueAt(s, max(0, last))
			if last < 0 || !ok {
				v = 0
			}
			v = d.u.axis(v)
			at := up + v/2
			if v >= 0 {
				up += v
			} else {
				at = down + v/2
				down += v
			}
			color := d.looks[i].color
			if d.looks[i].edge != "" || d.looks[i].outline || s.Role == reports.RolePrevious {
				color = muted
			}
			marks = append(marks, mark{at, s.Name, color, true})
		}
	}
	var lines []any
	if c.Target != nil {
		lines = append(lines, lineAt("yAxis", d.u.axis(*c.Target), ink, 1.2, []int{5, 4}))
		marks = append(marks, mark{d.u.axis(*c.Target), "target " + d.u.short(*c.Target), ink, false})
	}
	d.reserveRight(marks)
	x := d.categoryX(c.Labels)
	for i := range marks {
		marks[i].y = d.y(marks[i].y, sc)
	}
	d.writeMarks(marks)
	b.SetGlobalOptions(charts.WithXAxisOpts(x), charts.WithYAxisOpts(y))
	b.SetXAxis(x.Data)
	b.Validate()

	fits := d.valuesFit(len(c.Series))
	if stacked {
		fits = d.valuesFit(1)
	}
	plot := float64(d.h - d.top - d.bottom)
	for i, s := range c.Series {
		l := d.looks[i]
		data := make([]any, len(c.Labels))
		for j := range c.Labels {
			v, ok := valueAt(s, j)
			if !ok {
				data[j] = dict{"value": nil}
				continue
			}
			it := d.item(s, j, d.u.axis(v))
			switch {
			case !fits || l.outline && len(c.Series) > 1:
			case !stacked:
				at := "top"
				if v < 0 {
					at = "bottom"
				}
				it["label"] = label(textOf(c, d.u, s, j), ink, at, valueSize, false)
			case math.Abs(d.u.axis(v))/(sc.max-sc.min)*plot >= 15:
				lab := label(textOf(c, d.u, s, j), onFill(l), "inside", valueSize, false)
				lab["textBorderWidth"] = 0
				it["label"] = lab
			}
			data[j] = it
		}
		single := charts.SingleSeries{Name: s.Name, Type: "bar", BarCategoryGap: "34%", BarGap: "4%"}
		if stacked {
			single.Stack = "all"
		}
		m := asDict(single, data)
		m["itemStyle"] = fill(l)
		m["barMaxWidth"] = 56
		if len(lines) > 0 {
			m["markLine"] = markLines(lines)
			lines = nil
		}
		d.series = append(d.series, m)
		if len(c.Series) > 1 && !stacked {
			d.key(s.Name, l, "rect")
		}
	}
}

// key adds a series to the key above the plot.
func (d *drawing) key(name string, l look, icon string) {
	style := fill(l)
	if !l.outline && !l.hatch && l.edge == "" {
		style["borderWidth"] = 0
	}
	d.legend = append(d.legend, dict{"name": name, "icon": icon, "itemStyle": style})
}

// onFill is the ink of a label inside a filled bar; it turns with the page where the fill does.
func onFill(l look) string {
	switch {
	case l.color == watch || l.color == "#C46A00":
		return onLight
	case l.edge != "" || l.hatch || l.outline || l.color == previous:
		return ink
	}
	return page
}

// leftNames lays out names of rows at the left, shortened where they would take more than part of the width.
func (d *drawing) leftNames(names []string, part float64) []string {
	out := make([]string, len(names))
	limit := float64(d.w) * part
	widest := 0.0
	for i, n := range names {
		out[i] = typeset.Shorten(n, typeset.Regular, labelSize, limit)
		widest = math.Max(widest, textWidth(out[i], labelSize, false))
	}
	d.left = int(math.Ceil(widest)) + 12
	d.extra["yAxis.0.axisTick"] = dict{"show": false}
	d.extra["yAxis.0.axisLabel"] = dict{"interval": 0, "color": ink, "fontSize": labelSize, "fontFamily": family, "margin": 8}
	return out
}

// bars draws horizontal bars from 0 in the order given, the first on top, with the value at the end of each bar; stacked,
// with the value in each part that has room for it and the sum at the end.
func (d *drawing) bars(b *charts.Bar, stacked bool) {
	c := d.c
	names := d.leftNames(c.Labels, 0.4)
	sc := valueScale(c, d.u, true, stacked)
	widest := 0.0
	for _, s := range c.Series {
		for j := range c.Labels {
			widest = math.Max(widest, textWidth(textOf(c, d.u, s, j), valueSize, false))
		}
	}
	d.bottom = 8
	if c.Target != nil {
		d.bottom = 26
	}
	d.right = int(math.Ceil(math.Min(widest, 220))) + 14
	if sc.min < 0 {
		d.left += int(math.Ceil(math.Min(widest, 120))) + 6
	}
	d.extra["yAxis.0.axisLine"] = dict{"show": true, "onZero": true, "lineStyle": dict{"color": axisInk, "width": 1}}
	if sc.min < 0 { // names stay at the left edge, the axis at zero
		d.extra["yAxis.0.axisLine"] = dict{"show": true, "onZero": false, "lineStyle": dict{"color": grid, "width": 1}}
	}
	d.extra["xAxis.0.interval"] = sc.step
	d.extra["xAxis.0.axisLabel"] = dict{"show": false}
	d.extra["xAxis.0.axisTick"] = dict{"show": false}
	d.extra["xAxis.0.axisLine"] = dict{"show": false}
	b.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: sc.min, Max: sc.max, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Inverse: opts.Bool(true), Data: names}))
	b.Validate()

	var lines []any
	if sc.min < 0 {
		lines = append(lines, lineAt("xAxis", 0, axisInk, 1, "solid"))
	}
	if c.Target != nil {
		t := d.u.axis(*c.Target)
		lines = append(lines, lineAt("xAxis", t, ink, 1.2, []int{5, 4}))
		at := float64(d.left) + (t-sc.min)/(sc.max-sc.min)*float64(d.w-d.left-d.right)
		text := "target " + d.u.short(*c.Target)
		half := textWidth(text, labelSize, false) / 2
		at = math.Min(math.Max(at, half+2), float64(d.w)-half-2)
		d.graph = append(d.graph, dict{"type": "text", "x": at, "y": d.h - 12, "silent": true, "z": 10, "style": dict{
			"text": text, "fill": ink, "fontSize": labelSize, "fontFamily": family, "textAlign": "center", "textVerticalAlign": "middle",
		}})
	}
	if stacked {
		d.sums(sc)
	}
	for i, s := range c.Series {
		l := d.looks[i]
		data := make([]any, len(c.Labels))
		for j := range c.Labels {
			v, ok := valueAt(s, j)
			if !ok {
				if len(c.Series) == 1 { // the place is kept, the gap is named
					data[j] = dict{"value": 0, "text": c.Labels[j] + ": no data", "label": label("○ "+textOf(c, d.u, s, j), muted, "right", valueSize, false)}
				} else {
					data[j] = dict{"value": nil}
				}
				continue
			}
			it := d.item(s, j, d.u.axis(v))
			at := "right"
			if v < 0 {
				at = "left"
			}
			text := textOf(c, d.u, s, j)
			switch width := d.u.axis(v) / (sc.max - sc.min) * float64(d.w-d.left-d.right); {
			case !stacked:
				it["label"] = label(typeset.Shorten(text, typeset.Regular, valueSize, 220), ink, at, valueSize, false)
			case width >= textWidth(text, valueSize, false)+6:
				lab := label(text, onFill(l), "inside", valueSize, false)
				lab["textBorderWidth"] = 0
				it["label"] = lab
			}
			data[j] = it
		}
		single := charts.SingleSeries{Name: s.Name, Type: "bar", BarCategoryGap: "36%", BarGap: "0%"}
		if stacked {
			single.Stack = "all"
		}
		m := asDict(single, data)
		m["itemStyle"] = fill(l)
		m["barMaxWidth"] = 18
		if len(lines) > 0 {
			m["markLine"] = markLines(lines)
			lines = nil
		}
		d.series = append(d.series, m)
		if len(c.Series) > 1 {
			d.key(s.Name, l, "rect")
		}
	}
}

// sums writes the sum of each stacked bar at its end.
func (d *drawing) sums(sc scale) {
	c := d.c
	rowHeight := float64(d.h-d.top-d.bottom) / math.Max(1, float64(len(c.Labels)))
	for j := range c.Labels {
		sum := 0.0
		for _, s := range c.Series {
			if v, ok := valueAt(s, j); ok {
				sum += v
			}
		}
		x := float64(d.left) + (d.u.axis(sum)-sc.min)/(sc.max-sc.min)*float64(d.w-d.left-d.right)
		d.graph = append(d.graph, dict{"type": "text", "x": math.Round(x*10)/10 + 5, "y": math.Round((float64(d.top)+(float64(j)+0.5)*rowHeight)*10) / 10, "silent": true, "z": 10,
			"style": dict{"text": d.u.text(sum, nil), "fill": ink, "fontSize": valueSize, "fontFamily": family, "textVerticalAlign": "middle"}})
	}
}
