package xlsx

import (
	"math"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"deskproof/reports"
)

// look is the form of a cell. Cells of one look share one style of the workbook.
type look struct {
	format          string // number format
	bold, wrap, top bool
	size            float64
	color, fill     string // hexadecimal without #
	right           bool
	line            string // "head": strong line below; "total": line above; "row": hairline below
	underline       bool
	indent          bool // text after a number stands a little apart
}

func (b *book) style(l look) int {
	key := strings.Join([]string{l.format, bit(l.bold), bit(l.wrap), bit(l.top), formatFloat(l.size), l.color, l.fill, bit(l.right), l.line, bit(l.underline), bit(l.indent)}, "|")
	if id, ok := b.styles[key]; ok {
		return id
	}
	s := &excelize.Style{Font: &excelize.Font{Bold: l.bold, Color: "1B1F24", Size: 10.5, Family: "Calibri"}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: l.wrap}}
	if l.color != "" {
		s.Font.Color = l.color
	}
	if l.size > 0 {
		s.Font.Size = l.size
	}
	if l.underline {
		s.Font.Underline = "single"
	}
	if l.indent {
		s.Alignment.Horizontal, s.Alignment.Indent = "left", 1
	}
	if l.right {
		s.Alignment.Horizontal = "right"
	}
	if l.fill != "" {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.fill}}
	}
	if l.format != "" {
		s.CustomNumFmt = &l.format
	}
	switch l.line {
	case "head":
		s.Border = []excelize.Border{{Type: "bottom", Style: 2, Color: "1B1F24"}}
		s.Alignment.Vertical = "bottom"
	case "total":
		s.Border = []excelize.Border{{Type: "top", Style: 1, Color: "1B1F24"}}
	case "row":
		s.Border = []excelize.Border{{Type: "bottom", Style: 1, Color: "E3E7EB"}}
	}
	id, err := b.f.NewStyle(s)
	if err != nil {
		id = 0 // a look that the library refuses loses its ink, never its value
	}
	b.styles[key] = id
	return id
}

func bit(v bool) string {
	if v {
		return "1"
	}
	return "0"
}

func formatFloat(f float64) string {
	return reports.Format(reports.Value{Kind: reports.Number, Number: f, Decimals: 1}, nil)
}

// Number formats.
const (
	formatText    = "@"
	formatCount   = "#,##0"
	formatInstant = "yyyy-mm-dd hh:mm"
	formatDate    = "yyyy-mm-dd"
	formatHours   = "[h]:mm"
	formatSeconds = "[h]:mm:ss"
	formatPoints  = `+0.0;"−"0.0;0.0`
)

func formatNumber(decimals int) string {
	if decimals <= 0 {
		return formatCount
	}
	return "#,##0." + strings.Repeat("0", min(decimals, 8))
}

// formatPercent shows as many decimals as the text of the other formats does, so that nothing is rounded across its target.
func formatPercent(v reports.Value, zone *time.Location) string {
	shown := reports.Format(v, zone)
	_, after, found := strings.Cut(strings.TrimSuffix(shown, "%"), ".")
	if !found {
		return "0%"
	}
	return "0." + strings.Repeat("0", len(after)) + "%"
}

// statusLook is the ink of a status.
func statusLook(s reports.Status) look {
	switch s {
	case reports.StatusMet, reports.StatusConforming:
		return look{color: "005A8F"}
	case reports.StatusMissed, reports.StatusNonconforming:
		return look{color: "B93A09", bold: true}
	case reports.StatusWatch:
		return look{fill: "FDF1D0"}
	case reports.StatusNone:
		return look{}
	}
	return look{color: "545D68"}
}

// cellOf is the typed value of a cell and its look. ok is false where there is no value: the cell stays empty then, and
// why says why. negative says that durations of this column may be negative, which Excel cannot show as a time.
func (b *book) cellOf(v reports.Value, column reports.Kind, negative bool) (value any, l look, why string) {
	switch v.Kind {
	case reports.Count, reports.Number, reports.Percent, reports.Points, reports.Duration:
		if math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
			return nil, look{}, "[x] not a number"
		}
	}
	switch v.Kind {
	case reports.Count:
		return v.Number, look{format: formatCount}, ""
	case reports.Number:
		return v.Number, look{format: formatNumber(v.Decimals)}, ""
	case reports.Percent:
		return v.Number, look{format: formatPercent(v, b.zone)}, ""
	case reports.Points:
		return math.Round(v.Number*1e10) / 1e8, look{format: formatPoints}, ""
	case reports.Duration:
		if negative {
			return math.Round(v.Number/3600*1e6) / 1e6, look{format: "#,##0.00"}, ""
		}
		if v.Number < 3600 && math.Mod(v.Number, 60) != 0 {
			return v.Number / 86400, look{format: formatSeconds}, ""
		}
		return v.Number / 86400, look{format: formatHours}, ""
	case reports.Instant:
		if v.Time.IsZero() || v.Time.Year() < 1901 {
			return text(reports.Format(v, b.zone)), look{}, ""
		}
		// the library keeps the clock on the wall and drops the zone
		local := v.Time.In(b.zone)
		wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
		return wall, look{format: formatInstant}, ""
	case reports.Date:
		if v.Time.IsZero() || v.Time.Year() < 1901 {
			return text(reports.Format(v, b.zone)), look{}, ""
		}
		return time.Date(v.Time.Year(), v.Time.Month(), v.Time.Day(), 0, 0, 0, 0, time.UTC), look{format: formatDate}, ""
	case reports.State:
		return text(reports.Format(v, b.zone)), statusLook(v.Status), ""
	case reports.Missing:
		reason := join(" ", reports.Format(v, b.zone), v.Text)
		if v.Text == "" {
			reason = join(" ", reports.Format(v, b.zone), reports.MissingWord(v.Code))
		}
		if numeric(column) {
			return nil, look{}, text(reason)
		}
		return text(reason), look{color: "545D68"}, ""
	case reports.ID:
		return text(v.Text), look{format: formatText, bold: v.Strong}, ""
	}
	if v.Text == "" {
		return nil, look{}, ""
	}
	return text(v.Text), look{format: formatText, bold: v.Strong}, ""
}

// numeric says whether a column holds numbers or times, so that a missing value must not be a text in it.
func numeric(k reports.Kind) bool {
	switch k {
	case reports.Count, reports.Number, reports.Percent, reports.Points, reports.Duration, reports.Instant, reports.Date:
		return true
	}
	return false
}

// rightAligned says whether the head of a column stands at the right.
func rightAligned(k reports.Kind) bool {
	return numeric(k) && k != reports.Instant && k != reports.Date
}

// head adds the unit that the cells of a column carry, where the title does not name it.
func head(c reports.Column, negative bool) string {
	lower := strings.ToLower(c.Title)
	switch {
	case c.Kind == reports.Points && !strings.Contains(lower, "point"):
		return c.Title + " (points)"
	case c.Kind == reports.Duration && negative:
		return c.Title + " (hours)"
	case c.Kind == reports.Duration && !strings.Contains(lower, "h:mm"):
		return c.Title + " (h:mm)"
	}
	return c.Title
}
