package chart

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
)

type dict = map[string]any

// drawing is one chart while its option is built.
type drawing struct {
	c      *reports.Chart
	zone   *time.Location
	u      unit
	looks  []look
	w, h   int
	top    int // plot area, distance from each edge in pixels
	left   int
	right  int
	bottom int

	series []any
	extra  dict // parts of the option that the types of go-echarts do not know
	graph  []any
	legend []any
}

// Option is the ECharts option of a chart as JSON: safe inside a script element (no <, > or &), with no function,
// no gradient, no animation, the same bytes for the same chart.
func Option(c *reports.Chart, zone *time.Location) ([]byte, error) {
	c = sane(c)
	d := &drawing{c: c, zone: zone, u: unitOf(c), looks: looks(c), w: Width, h: Height(c), extra: dict{}}
	d.top, d.right, d.bottom, d.left = topOf(c), 16, 28, 48
	var chart interface {
		Validate()
		JSON() map[string]any
	}
	switch c.Kind {
	case reports.ChartLine:
		b := charts.NewLine()
		d.line(b)
		d.finish(&b.BaseConfiguration)
		chart = b
	case reports.ChartColumns, reports.ChartStacked:
		b := charts.NewBar()
		d.columns(b, c.Kind == reports.ChartStacked)
		d.finish(&b.BaseConfiguration)
		chart = b
	case reports.ChartBars, reports.ChartLayers:
		b := charts.NewBar()
		d.bars(b, c.Kind == reports.ChartLayers)
		d.finish(&b.BaseConfiguration)
		chart = b
	case reports.ChartHeat:
		b := charts.NewScatter()
		d.heat(b)
		d.finish(&b.BaseConfiguration)
		chart = b
	case reports.ChartTimeline:
		b := charts.NewScatter()
		d.timeline(b)
		d.finish(&b.BaseConfiguration)
		chart = b
	default:
		b := charts.NewScatter()
		d.dots(b)
		d.finish(&b.BaseConfiguration)
		chart = b
	}
	// The series data are added below, so nothing is left for Validate to fill in but the axis.
	raw, err := json.Marshal(chart.JSON())
	if err != nil {
		return nil, err
	}
	option := dict{}
	if err := json.Unmarshal(raw, &option); err != nil {
		return nil, err
	}
	delete(option, "toolbox")
	delete(option, "title")
	delete(option, "color")
	option["legend"] = dict{"show": false}
	if len(d.legend) > 0 {
		option["legend"] = dict{
			"data": d.legend, "left": 0, "top": 2, "padding": 0, "itemWidth": 12, "itemHeight": 10, "itemGap": 18,
			"selectedMode": false, "textStyle": textStyle(ink, labelSize, false),
		}
	}
	option["series"] = d.series
	option["textStyle"] = dict{"fontFamily": family}
	option["useUTC"] = true
	option["tooltip"] = dict{"show": true, "trigger": "item", "confine": true}
	if len(d.graph) > 0 {
		option["graphic"] = d.graph
	}
	for _, k := range slices.Sorted(maps.Keys(d.extra)) {
		merge(option, k, d.extra[k])
	}
	return json.Marshal(clean(option))
}

// finish sets what all kinds have in common through go-echarts.
func (d *drawing) finish(bc *charts.BaseConfiguration) {
	bc.Initialization = opts.Initialization{ChartID: d.c.ID, Width: strconv.Itoa(d.w) + "px", Height: strconv.Itoa(d.h) + "px"}
	bc.Animation = opts.Bool(false)
	bc.GridList = []opts.Grid{{
		Left: strconv.Itoa(d.left), Right: strconv.Itoa(d.right), Top: strconv.Itoa(d.top), Bottom: strconv.Itoa(d.bottom),
	}}
}

// merge puts a value at a dotted path: "xAxis.0.axisTick".
func merge(m dict, path string, value any) {
	head, rest, more := strings.Cut(path, ".")
	if !more {
		m[head] = value
		return
	}
	switch next := m[head].(type) {
	case dict:
		merge(next, rest, value)
	case []any:
		index, rest, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(index); err == nil && i < len(next) {
			if inner, ok := next[i].(dict); ok {
				merge(inner, rest, value)
			}
		}
	default:
		inner := dict{}
		m[head] = inner
		merge(inner, rest, value)
	}
}

// clean takes out of every string what ECharts or go-echarts could read as more than text: the function marks of
// go-echarts, and the braces of label templates.
func clean(v any) any {
	switch v := v.(type) {
	case dict:
		for k, inner := range v {
			v[k] = clean(inner)
		}
	case []any:
		for i := range v {
			v[i] = clean(v[i])
		}
	case string:
		if strings.HasPrefix(v, axisTemplate) {
			return strings.TrimPrefix(v, axisTemplate)
		}
		for strings.Contains(v, "__f__") {
			v = strings.ReplaceAll(v, "__f__", "")
		}
		v = strings.ToValidUTF8(v, "\uFFFD")
		return braces.Replace(v)
	}
	return v
}

// axisTemplate marks the few formatter strings that are templates on purpose.
const axisTemplate = "\x00template:"

var braces = strings.NewReplacer("{", "(", "}", ")")

func textStyle(color string, size float64, bold bool) dict {
	weight := "normal"
	if bold {
		weight = "600"
	}
	return dict{"color": color, "fontSize": size, "fontFamily": family, "fontWeight": weight}
}

// label is a label at a mark; the text is fixed, never a template.
func label(text, color, position string, size float64, bold bool) dict {
	l := textStyle(color, size, bold)
	l["show"] = true
	l["formatter"] = text
	l["position"] = position
	l["textBorderColor"] = page
	l["textBorderWidth"] = 2
	return l
}

// still switches off what a still picture does not need.
func still(s dict) dict {
	s["emphasis"] = dict{"disabled": true}
	s["cursor"] = "default"
	s["animation"] = false
	return s
}

// asDict turns a series of go-echarts into a map that can be completed.
func asDict(s charts.SingleSeries, data []any) dict {
	raw, err := json.Marshal(s)
	m := dict{}
	if err == nil {
		_ = json.Unmarshal(raw, &m)
	}
	m["data"] = data
	return still(m)
}

// categoryX lays out months or other categories below the plot; as many labels as fit, the last one always.
func (d *drawing) categoryX(labels []string) opts.XAxis {
	widest := 0.0
	for _, l := range labels {
		widest = math.Max(widest, textWidth(l, labelSize, false))
	}
	slot := float64(d.w-d.left-d.right) / float64(max(1, len(labels)))
	every := max(1, int(math.Ceil((widest+10)/slot)))
	shown := make([]string, len(labels))
	lines := 1
	for i, l := range labels {
		if every > 1 && widest > 90 {
			// long names of a few categories: wrap them instead of leaving some out
			wrapped := typeset.Wrap(l, typeset.Regular, labelSize, slot-8)
			if len(wrapped) > 3 {
				wrapped = append(wrapped[:2], typeset.Shorten(strings.Join(wrapped[2:], " "), typeset.Regular, labelSize, slot-8))
			}
			lines = max(lines, len(wrapped))
			shown[i] = strings.Join(wrapped, "\n")
			continue
		}
		if (len(labels)-1-i)%every == 0 {
			shown[i] = l
		}
	}
	d.bottom = 14 + 14*lines
	d.extra["xAxis.0.axisTick"] = dict{"show": false}
	d.extra["xAxis.0.axisLabel"] = dict{"interval": 0, "color": muted, "fontSize": labelSize, "fontFamily": family, "margin": 8, "hideOverlap": false, "lineHeight": 14}
	d.extra["xAxis.0.axisLine"] = dict{"show": true, "onZero": true, "lineStyle": dict{"color": axisInk, "width": 1}}
	return opts.XAxis{Type: "category", Data: shown}
}

// valueY lays out the value axis on the left: hairline grid, labels with the unit, no axis line.
func (d *drawing) valueY(sc scale) opts.YAxis {
	widest := 0.0
	for _, t := range sc.ticks() {
		widest = math.Max(widest, textWidth(d.u.tick(t), labelSize, false))
	}
	d.left = int(math.Ceil(widest)) + 14
	d.extra["yAxis.0.interval"] = sc.step
	d.extra["yAxis.0.axisTick"] = dict{"show": false}
	d.extra["yAxis.0.axisLine"] = dict{"show": false}
	d.extra["yAxis.0.axisLabel"] = dict{
		"color": muted, "fontSize": labelSize, "fontFamily": family, "margin": 8, "formatter": axisTemplate + "{value}" + d.u.suffix,
	}
	return opts.YAxis{
		Type: "value", Min: sc.min, Max: sc.max,
		SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: grid, Width: 1}},
	}
}

// y is the pixel row of a value on the left axis.
func (d *drawing) y(v float64, sc scale) float64 {
	return float64(d.top) + (sc.max-v)/(sc.max-sc.min)*float64(d.h-d.top-d.bottom)
}

// mark is a label at the right end of a line, at the height of its value.
type mark struct {
	y     float64
	text  string
	color string
	bold  bool
}

// rightMarks reserves room at the right and returns a function that writes the marks, moved apart where they would touch.
func (d *drawing) reserveRight(marks []mark) {
	widest := 0.0
	for i := range marks {
		marks[i].text = typeset.Shorten(marks[i].text, typeset.Semibold, labelSize, 190)
		widest = math.Max(widest, textWidth(marks[i].text, labelSize, marks[i].bold))
	}
	if widest > 0 {
		d.right = int(math.Ceil(widest)) + 16
	}
}

func (d *drawing) writeMarks(marks []mark) {
	const apart = 14.5
	// stable by height: insertion sort, few marks
	for i := 1; i < len(marks); i++ {
		for j := i; j > 0 && marks[j].y < marks[j-1].y; j-- {
			marks[j], marks[j-1] = marks[j-1], marks[j]
		}
	}
	place := make([]float64, len(marks))
	for i := range marks {
		place[i] = marks[i].y
	}
	for range 60 { // push neighbours apart, half each, and keep them inside the picture
		moved := false
		for i := 1; i < len(place); i++ {
			if gap := place[i] - place[i-1]; gap < apart-0.01 {
				shift := (apart - gap) / 2
				place[i-1] -= shift
				place[i] += shift
				moved = true
			}
		}
		for i := range place {
			place[i] = math.Min(math.Max(place[i], 8), float64(d.h-8))
		}
		if !moved {
			break
		}
	}
	x := float64(d.w-d.right) + 8
	for i, m := range marks {
		style := dict{"text": m.text, "fill": m.color, "fontSize": labelSize, "fontFamily": family, "textVerticalAlign": "middle"}
		if m.bold {
			style["fontWeight"] = "600"
		}
		d.graph = append(d.graph, dict{
			"type": "text", "x": x, "y": math.Round(place[i]*10) / 10, "z": 10, "silent": true, "style": style,
		})
	}
}

// lineAt is a straight line through the plot at a value: target, mean, limit.
func lineAt(axis string, v float64, color string, width float64, dash any) dict {
	return dict{axis: v, "lineStyle": dict{"color": color, "width": width, "type": dash}}
}

func markLines(lines []any) dict {
	return dict{"silent": true, "z": 1, "symbol": "none", "animation": false, "label": dict{"show": false}, "data": lines, "emphasis": dict{"disabled": true}}
}

func boolPtr(b bool) types.Bool { return opts.Bool(b) }
