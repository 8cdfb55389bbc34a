package xlsx

import (
	"fmt"
	"math"
	"strings"

	"github.com/xuri/excelize/v2"

	"deskproof/reports"
	"deskproof/reports/render/chart"
)

// Fills that stand for a bar with an outline: the library writes no outlines, so they are added when the file is packed.
const fillPlan, fillForecast = "#FFFFFE", "#E3E7EA"

// outlines adds the outlines to the bars of plan and forecast.
func outlines(part []byte) []byte {
	fill := func(hex string) string {
		return `<spPr><a:solidFill><a:srgbClr val="` + strings.TrimPrefix(hex, "#") + `"></a:srgbClr></a:solidFill>`
	}
	line := func(dash string) string {
		return `<a:ln w="12700"><a:solidFill><a:srgbClr val="1B1F24"></a:srgbClr></a:solidFill><a:prstDash val="` + dash + `"></a:prstDash></a:ln></spPr>`
	}
	text := strings.ReplaceAll(string(part), fill(fillPlan)+"</spPr>", fill(fillPlan)+line("solid"))
	return []byte(strings.ReplaceAll(text, fill(fillForecast)+"</spPr>", fill(fillForecast)+line("dash")))
}

// Size of a chart in pixels.
const chartWidth = 720

func pictureHeight(c *reports.Chart) int { return max(260, min(900, chart.Height(c)+110)) }

// nativeChart draws the chart with Excel, over the cells of its table: same series, inks of the report, bars from 0.
func (b *book) nativeChart(sheet string, c *reports.Chart, headRow, rows, left, top int) error {
	firstRow := headRow + 1
	column := func(i int) string {
		name, _ := excelize.ColumnNumberToName(i)
		return name
	}
	rng := func(i int) string {
		return fmt.Sprintf("%s!$%s$%d:$%s$%d", quoted(sheet), column(i), firstRow, column(i), firstRow+rows-1)
	}
	name := func(i int) string { return fmt.Sprintf("%s!$%s$%d", quoted(sheet), column(i), headRow) }
	font := excelize.Font{Family: "Calibri", Size: 9, Color: "545D68"}
	solid := func(hex string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{strings.TrimPrefix(hex, "#")}}
	}
	line := func(hex string, width float64, dash excelize.LineDashType) excelize.LineOptions {
		return excelize.LineOptions{Type: excelize.LineSolid, Dash: dash, Fill: solid(hex), Width: width}
	}
	zero := 0.0
	axis := excelize.ChartAxis{Font: font, MajorGridLines: true}
	if c.Kind == reports.ChartLine {
		low, high := chart.Axis(c) // a line may leave out the empty part of the axis, as in the other formats
		axis.Minimum, axis.Maximum = &low, &high
	} else if lowest(c) >= 0 {
		axis.Minimum = &zero
	}
	switch c.Unit {
	case reports.Percent:
		axis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: "0%"}
		if axis.Maximum == nil && c.Kind != reports.ChartStacked && highest(c) <= 1 {
			one := 1.0
			axis.Maximum = &one
		}
	case reports.Duration:
		axis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: formatHours}
	default:
		axis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: "#,##0.##"}
		if c.Unit == reports.Count {
			axis.NumFmt.CustomNumFmt = formatCount
		}
	}
	if c.Kind == reports.ChartDots && len(c.Columns) > 1 {
		axis.MajorUnit = 1
	}
	kind, lines := excelize.Col, false
	switch c.Kind {
	case reports.ChartLine, reports.ChartDots:
		kind, lines = excelize.Line, true
	case reports.ChartStacked:
		kind = excelize.ColStacked
	case reports.ChartBars:
		kind = excelize.Bar
	case reports.ChartLayers:
		kind = excelize.BarStacked
	}
	gap, overlap, vary := uint(50), 0, false
	if kind == excelize.ColStacked || kind == excelize.BarStacked {
		overlap = 100
	}
	main := &excelize.Chart{
		Type:      kind,
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: clip(text(c.Title), 200), Font: &excelize.Font{Bold: true, Size: 11, Color: "1B1F24", Family: "Calibri"}}}},
		Legend:    excelize.ChartLegend{Position: "top", Font: &font},
		Dimension: excelize.ChartDimension{Width: chartWidth, Height: uint(pictureHeight(c))},
		Format:    excelize.GraphicOptions{AltText: chart.Alt(c), Name: clip(text(c.Title), 100)},
		XAxis:     excelize.ChartAxis{Font: font, TickLabelPosition: excelize.ChartTickLabelLow},
		YAxis:     axis, ShowBlanksAs: "gap", GapWidth: &gap, Overlap: &overlap, VaryColors: &vary,
	}
	if kind == excelize.Bar || kind == excelize.BarStacked {
		main.XAxis.ReverseOrder = true // the first row on top, as in the other formats
	}
	for _, i := range drawingOrder(c) {
		s := c.Series[i]
		hex, outline := chart.Colour(c, i)
		series := excelize.ChartSeries{Name: name(i + 2), Categories: rng(1), Values: rng(i + 2), Fill: solid(hex)}
		switch {
		case c.Kind == reports.ChartDots:
			series.Line = excelize.LineOptions{Type: excelize.LineNone}
			series.Marker = excelize.ChartMarker{Symbol: "circle", Size: 9, Fill: solid(hex), Border: line(hex, 1, 0)}
			switch s.Role {
			case reports.RolePlan:
				series.Marker = excelize.ChartMarker{Symbol: "square", Size: 11, Fill: solid("#C5CBD2"), Border: line("#1B1F24", 1.25, 0)}
			case reports.RolePrevious:
				series.Marker = excelize.ChartMarker{Symbol: "circle", Size: 9, Fill: solid("#8A939E"), Border: line("#6F7782", 1.25, 0)}
			}
		case lines:
			width, dash := 2.0, excelize.LineDashType(0)
			switch s.Role {
			case reports.RolePrevious:
				width = 1
			case reports.RolePlan:
				width, dash = 1, excelize.LineDashDash
			case reports.RoleForecast:
				dash = excelize.LineDashSysDot
			}
			series.Line = line(hex, width, dash)
			series.Marker = excelize.ChartMarker{Symbol: "circle", Size: 5, Fill: solid(hex), Border: line(hex, 1, 0)}
		case outline:
			series.Fill = solid(fillPlan)
		case s.Role == reports.RoleForecast:
			series.Fill = solid(fillForecast)
		}
		main.Series = append(main.Series, series)
	}
	// target and usual range are columns of the table and lines of the chart
	next := len(c.Series) + 2
	constant := func(hex string, width float64, dash excelize.LineDashType) excelize.ChartSeries {
		s := excelize.ChartSeries{Name: name(next), Categories: rng(1), Values: rng(next), Fill: solid(hex), Line: line(hex, width, dash), Marker: excelize.ChartMarker{Symbol: "none"}}
		next++
		return s
	}
	var extra []excelize.ChartSeries
	if c.Target != nil {
		extra = append(extra, constant("#1B1F24", 1.25, excelize.LineDashDash))
	}
	if c.Limits != nil {
		for range 3 {
			extra = append(extra, constant("#6F7782", 0.75, 0))
		}
	}
	if len(main.Series)+len(extra) == 1 {
		main.Legend.Position = "none"
	}
	at, err := excelize.CoordinatesToCellName(left, top)
	if err != nil {
		return err
	}
	if len(extra) == 0 || kind == excelize.Bar { // a line across horizontal bars is more than Excel can draw
		return b.f.AddChart(sheet, at, main)
	}
	if lines {
		main.Series = append(main.Series, extra...)
		return b.f.AddChart(sheet, at, main)
	}
	return b.f.AddChart(sheet, at, main, &excelize.Chart{Type: excelize.Line, Series: extra, YAxis: axis})
}

// drawingOrder puts the goal and the last time of a dot plot below what is now, so that the newest mark is never hidden.
func drawingOrder(c *reports.Chart) []int {
	var order []int
	rank := func(r reports.Role) int {
		switch {
		case c.Kind != reports.ChartDots:
			return 0
		case r == reports.RolePlan:
			return 0
		case r == reports.RolePrevious:
			return 1
		}
		return 2
	}
	for want := range 3 {
		for i, s := range c.Series {
			if rank(s.Role) == want {
				order = append(order, i)
			}
		}
	}
	return order
}

func lowest(c *reports.Chart) float64 {
	low := 0.0
	for _, s := range c.Series {
		for _, v := range s.Values {
			if v != nil {
				low = math.Min(low, *v)
			}
		}
	}
	return low
}

func highest(c *reports.Chart) float64 {
	high := math.Inf(-1)
	for _, s := range c.Series {
		for _, v := range s.Values {
			if v != nil {
				high = math.Max(high, *v)
			}
		}
	}
	return high
}

// tintCells gives the cells of a heat map their ground; the text in them stays.
func (b *book) tintCells(sheet string, c *reports.Chart, headRow int) error {
	for i := range c.Labels {
		for j := range c.Columns {
			if i >= len(c.Cells) || j >= len(c.Cells[i]) {
				continue
			}
			x := c.Cells[i][j]
			fill, ink := chart.Tint(x.Tint)
			l := look{fill: strings.TrimPrefix(fill, "#"), color: strings.TrimPrefix(ink, "#"), line: "row", bold: x.Mark, format: formatText}
			cell, err := excelize.CoordinatesToCellName(j+2, headRow+1+i)
			if err != nil {
				return err
			}
			if err := b.f.SetCellStyle(sheet, cell, cell, b.style(l)); err != nil {
				return err
			}
		}
	}
	return nil
}
