package chart

import (
	"bytes"
	"context"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"deskproof/reports"
)

func at(t *testing.T, svg string, width, x, y int) color.NRGBA {
	t.Helper()
	img, err := rasterize(svg, width)
	if err != nil {
		t.Fatal(err)
	}
	return color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
}

func TestRasterShapes(t *testing.T) {
	head := `<svg width="100" height="100" xmlns="http://www.w3.org/2000/svg">`
	white, red := color.NRGBA{255, 255, 255, 255}, color.NRGBA{255, 0, 0, 255}
	tests := []struct {
		name, body string
		x, y       int
		want       color.NRGBA
	}{
		{"background", ``, 50, 50, white},
		{"rect inside", `<rect x="10" y="10" width="20" height="20" fill="#FF0000"/>`, 20, 20, red},
		{"rect outside", `<rect x="10" y="10" width="20" height="20" fill="#FF0000"/>`, 35, 20, white},
		{"opacity", `<rect width="99" height="99" fill="rgb(255,0,0)" fill-opacity="0.5"/>`, 50, 50, color.NRGBA{255, 127, 127, 255}},
		{"no fill", `<path d="M10 10l50 0l0 50l-50 0Z" fill="none"/>`, 30, 30, white},
		{"transform", `<g transform="translate(50 50) scale(2)"><path d="M0 0l10 0l0 10l-10 0Z" transform="matrix(1,0,0,1,5,5)" fill="#f00"/></g>`, 70, 70, red},
		{"curve", `<path d="M50 20A30 30 0 1 1 50 80A30 30 0 1 1 50 20Z" fill="#f00"/>`, 50, 50, red},
		{"curve outside", `<path d="M50 20A30 30 0 1 1 50 80A30 30 0 1 1 50 20Z" fill="#f00"/>`, 25, 25, white},
		{"cubic", `<path d="M0 0C0 100 100 100 100 0Z" fill="#f00"/>`, 50, 60, red},
		{"stroke", `<path d="M0 50H100" stroke="#f00" stroke-width="10" fill="none"/>`, 50, 53, red},
		{"stroke joint", `<polyline points="10,10 50,50 90,10" stroke="#f00" stroke-width="10" fill="none"/>`, 50, 52, red},
		{"dash", `<path d="M0 50L100 50" stroke="#f00" stroke-width="10" stroke-dasharray="10,10" fill="none"/>`, 5, 50, red},
		{"dash gap", `<path d="M0 50L100 50" stroke="#f00" stroke-width="10" stroke-dasharray="10,10" fill="none"/>`, 15, 50, white},
		{"circle", `<circle cx="50" cy="50" r="20" fill="red" style="fill:#f00"/>`, 50, 50, red},
		{"clip", `<defs><clipPath id="c"><path d="M0 0l10 0l0 10l-10 0Z"/></clipPath></defs><g clip-path="url(#c)"><rect width="90" height="90" fill="#f00"/></g>`, 20, 20, white},
		{"text", `<text x="50" y="50" text-anchor="middle" dominant-baseline="central" style="font-size:80px" fill="#f00">■</text>`, 50, 55, red},
	}
	for _, tt := range tests {
		if got := at(t, head+tt.body+"</svg>", 100, tt.x, tt.y); got != tt.want {
			t.Errorf("%s: colour at %d,%d is %v, want %v", tt.name, tt.x, tt.y, got, tt.want)
		}
	}
}

func TestRasterRefuses(t *testing.T) {
	for _, svg := range []string{
		"", "<p/>", `<svg width="0" height="5"/>`, `<svg width="10" height="10"><image/></svg>`, `<svg width="10" height="10"><path d="M1 1X"/></svg>`,
		`<svg width="10" height="10"><rect fill="url(#p)"/></svg>`, `<svg width="10" height="10"><g transform="skewX(3)"/></svg>`, `<svg width="10" height="10"><g clip-path="url(#no)"/></svg>`,
		`<svg width="10" height="1e9"/>`, `<svg`,
	} {
		if _, err := PNG(svg, 100); err == nil {
			t.Errorf("%s: no error", svg)
		}
	}
}

func FuzzPath(f *testing.F) {
	f.Add("M1 1l2 2H3v4C1 2 3 4 5 6Q1 2 3 4A1 1 0 1 1 5 5Z")
	f.Fuzz(func(t *testing.T, d string) {
		if len(d) > 500 {
			return
		}
		path, err := parsePath(d, matrix{1, 0, 0, 1, 0, 0})
		if err == nil {
			stroke(path, 2, nil)
		}
	})
}

// Every kind of chart becomes a picture of the right size that is not empty, the same on each run.
func TestPictures(t *testing.T) {
	for _, c := range samples() {
		svg, err := SVG(context.Background(), c, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "<style", "ecmeta", "onload", "http://www.w3.org/1999/xlink", "gradient", `"zr`} {
			if strings.Contains(strings.ToLower(svg), bad) {
				t.Errorf("%s: the picture holds %s", c.ID, bad)
			}
		}
		raw, err := PNG(svg, 1440)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		again, err := PNG(svg, 1440)
		if err != nil || !bytes.Equal(raw, again) {
			t.Errorf("%s: two pictures differ (%v)", c.ID, err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != 1440 || b.Dy() != 2*Height(c) {
			t.Errorf("%s: %v, want 1440 × %d", c.ID, b, 2*Height(c))
		}
		dark := 0
		for y := range img.Bounds().Dy() {
			for x := range 1440 {
				if r, g, b, _ := img.At(x, y).RGBA(); r+g+b < 3*0x9000 {
					dark++
				}
			}
		}
		if dark < 800 {
			t.Errorf("%s: only %d dark pixels", c.ID, dark)
		}
	}
}

// What an option says does not depend on when or how often it is built.
func TestOptionIsStable(t *testing.T) {
	for i, c := range samples() {
		one, err := Option(c, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		two, err := Option(samples()[i], time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s: two options differ", c.ID)
		}
	}
}

// Bars begin at zero whatever the document asks for; a line may leave out the empty part of its axis.
func TestScales(t *testing.T) {
	c := &reports.Chart{Kind: reports.ChartColumns, Unit: reports.Percent, Labels: []string{"a", "b"}, Min: reports.Ptr(0.9),
		Series: []reports.ChartSeries{{Values: p(0.95, 0.97)}}}
	if sc := valueScale(c, unitOf(c), true, false); sc.min != 0 || sc.max != 100 {
		t.Errorf("columns from %g to %g", sc.min, sc.max)
	}
	if low, high := Axis(&reports.Chart{Kind: reports.ChartLine, Unit: reports.Percent, Labels: c.Labels, Series: c.Series}); low < 0.8 || low > 0.95 || high != 1 && high < 0.97 {
		t.Errorf("line from %g to %g", low, high)
	}
	for _, v := range []float64{0.001, 1, 3, 7, 42, 999, 1e6, 1e12} {
		sc := niceScale(0, v, 4)
		if sc.max < v || sc.max > 2*v+1e-9 || len(sc.ticks()) < 3 || len(sc.ticks()) > 9 {
			t.Errorf("0 to %g: %+v", v, sc)
		}
	}
}

func TestDataTable(t *testing.T) {
	for _, c := range samples() {
		table := DataTable(c, time.UTC)
		if len(table.Rows) == 0 {
			t.Errorf("%s: no data", c.ID)
		}
		keys := map[string]bool{}
		for _, col := range table.Columns {
			if keys[col.Key] {
				t.Errorf("%s: key %s twice", c.ID, col.Key)
			}
			keys[col.Key] = true
		}
		for _, r := range table.Rows {
			if len(r) != len(table.Columns) {
				t.Errorf("%s: %d values in %d columns", c.ID, len(r), len(table.Columns))
			}
		}
	}
	trend := DataTable(samples()[0], time.UTC)
	if v := trend.Rows[4][1]; v.Kind != reports.Missing {
		t.Errorf("a gap became %+v", v)
	}
	if got := reports.Format(trend.Rows[11][1], nil); got != "92.1%" {
		t.Errorf("last value %s", got)
	}
}
