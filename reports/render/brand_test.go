package render

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"deskproof/reports"
)

func TestABrandIsShownAndRunsNothing(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 10))
	img.Set(3, 3, color.RGBA{R: 200, A: 255})
	var logo bytes.Buffer
	if err := png.Encode(&logo, img); err != nil {
		t.Fatal(err)
	}
	write := func(format string, b reports.Brand) string {
		r, _ := For(format)
		var buf bytes.Buffer
		doc := &reports.Document{ID: "x", Title: "X", Organization: "Example", Headline: "One finding.", AsOf: time.Unix(0, 0).UTC(), Brand: b}
		if err := r.Render(context.Background(), &buf, doc); err != nil {
			t.Fatal(err)
		}
		return buf.String()
	}
	b := reports.Brand{Logo: logo.Bytes(), LogoType: "image/png", Colour: "#005ea8"}
	if page := write("html", b); !strings.Contains(page, `src="data:image/png;base64,`) || !strings.Contains(page, "4px solid #005ea8") {
		t.Error("the page shows neither logo nor colour")
	}
	if page := write("html", reports.Brand{Logo: []byte("<script>"), LogoType: "text/html", Colour: "red;}</style><script>"}); strings.Contains(page, "text/html;base64") || strings.Contains(page, "red;}") {
		t.Error("a brand that is none got into the page")
	}
	with, without := write("pdf", b), write("pdf", reports.Brand{})
	if with != write("pdf", b) || strings.Count(with, "/Subtype /Image") <= strings.Count(without, "/Subtype /Image") {
		t.Error("the PDF does not show the logo, or differs between two runs")
	}
	if write("pdf", reports.Brand{Logo: []byte("no picture"), Colour: "#zzzzzz"}) == "" {
		t.Error("a broken logo breaks the report")
	}
}
