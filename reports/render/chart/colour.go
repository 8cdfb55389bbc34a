package chart

import "deskproof/reports"

// The inks of charts on white paper (reports blueprint, colour table). The last three look like other inks but stand
// for colours that must not change on a dark page: text and grounds inside tinted cells.
const (
	page     = "#FFFFFF"
	ink      = "#1B1F24"
	muted    = "#545D68"
	axisInk  = "#6F7782"
	rule     = "#C5CBD2"
	grid     = "#E3E7EB"
	actual   = "#333B44"
	previous = "#8A939E"
	better   = "#005A8F"
	worse    = "#B93A09"
	watch    = "#F0B429"

	onLight = "#1B1F25"
	onDark  = "#FEFEFE"
	cellN   = "#FEFEFF"
)

// Dark maps every ink that changes on a dark page to its dark form.
var Dark = map[string]string{
	page:      "#14181D",
	ink:       "#E9EDF1",
	muted:     "#A9B2BC",
	axisInk:   "#87929E",
	rule:      "#3B444E",
	grid:      "#2A323A",
	actual:    "#C9D1D9",
	previous:  "#6C7784",
	better:    "#5AB4E6",
	worse:     "#E2683A",
	watch:     "#F3D27A",
	"#0B3C61": "#7FB4D8",
	"#C46A00": "#E39A3B",
	"#7FB4D8": "#3F7CA8",
	"#5E5E5E": "#A0A0A0",
}

// categories are the inks of series without a role of their own; at most four a chart.
var categories = []string{"#0B3C61", "#C46A00", "#7FB4D8", "#5E5E5E"}

// dashes tell lines apart in grey print.
var dashes = []any{"solid", []int{7, 3}, []int{2, 3}, []int{9, 3, 2, 3}}

// look is the ink of a series: fill, outline and dash.
type look struct {
	color   string
	outline bool // drawn as an outline without fill: plan
	hatch   bool // forecast
	dash    any  // of a line
	width   float64
	edge    string // outline around a pale fill
}

func lookOf(s reports.ChartSeries, others int) look {
	l := look{width: 2, dash: "solid"}
	switch s.Role {
	case reports.RoleActual:
		l.color = actual
	case reports.RolePrevious:
		l.color, l.width = previous, 1.2
	case reports.RolePlan:
		l.color, l.outline, l.dash, l.width = ink, true, []int{5, 4}, 1.2
	case reports.RoleForecast:
		l.color, l.hatch, l.dash = actual, true, []int{1, 3}
	case reports.RoleBetter:
		l.color = better
	case reports.RoleWorse:
		l.color = worse
	case reports.RoleWatch:
		l.color, l.edge = watch, ink
	case reports.RoleMuted:
		l.color, l.edge = rule, axisInk
	default:
		i := others % len(categories)
		l.color, l.dash = categories[i], dashes[i]
		if i == 2 {
			l.edge = axisInk
		}
	}
	return l
}

// looks gives every series of a chart its ink.
func looks(c *reports.Chart) []look {
	out := make([]look, len(c.Series))
	others := 0
	for _, s := range c.Series {
		if s.Role == reports.RoleActual && len(c.Series) > 1 {
			others = 1 // the first category colour is close to the ink of actual values
			break
		}
	}
	for i, s := range c.Series {
		out[i] = lookOf(s, others)
		if s.Role == reports.RoleOther || s.Role == "" {
			others++
		}
	}
	return out
}

// tint is the ground and the ink of a heat map cell.
type tint struct{ fill, text, edge string }

var tints = map[string]tint{
	"":       {"transparent", ink, rule},
	"n":      {cellN, onLight, rule},
	"p":      {"#C9DDED", onLight, ""},
	"l":      {"#6FA3CC", onLight, ""},
	"f":      {"#0B4A78", onDark, ""},
	"better": {"#DCEBF5", onLight, ""},
	"watch":  {"#FDF1D0", onLight, ""},
	"worse":  {"#FBE3DA", onLight, ""},
	"none":   {"#ECEFF2", onLight, ""},
	"s0":     {"#EAF2F8", onLight, ""},
	"s1":     {"#BFD7EA", onLight, ""},
	"s2":     {"#8BB8D9", onLight, ""},
	"s3":     {"#4C8FBF", onLight, ""},
	"s4":     {"#1F6497", onDark, ""},
	"s5":     {"#0B3C62", onDark, ""},
}

func tintOf(name string) tint {
	if t, ok := tints[name]; ok {
		return t
	}
	return tints[""]
}

// Tint returns ground and text colour of a heat map tint, for renderers that colour cells themselves.
func Tint(name string) (fill, text string) {
	t := tintOf(name)
	fill, text = t.fill, t.text
	if fill == "transparent" || fill == cellN {
		fill = ""
	}
	switch text {
	case onLight:
		text = ink
	case onDark:
		text = page
	}
	return fill, text
}

// Colour returns the ink of series i of a chart on white paper, for charts that another program draws.
func Colour(c *reports.Chart, i int) (hex string, outline bool) {
	l := looks(c)[i]
	return l.color, l.outline
}
