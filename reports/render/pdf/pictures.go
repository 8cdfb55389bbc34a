package pdf

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deskproof/reports"
	"deskproof/reports/render/chart"
)

// picture is a chart as PNG with its printed size in millimetres.
type picture struct {
	png  []byte
	w, h float64
}

// chartWidth is the printed width of every chart: 174 mm.
const chartWidth = pageWidth - 2*marginSide

// dots300 is the width of a chart at 300 dots an inch.
const dots300 = 2056

// drawCharts draws all charts of a document, as many at once as there are cores. No two pictures are equally wide: the
// PDF writer orders pictures by their width, and the order has to be the same on every run.
func drawCharts(ctx context.Context, doc *reports.Document) (map[*reports.Chart]picture, error) {
	zone := doc.Zone
	if zone == nil {
		zone = time.UTC
	}
	var charts []*reports.Chart
	seen := map[*reports.Chart]bool{}
	for _, s := range doc.Sections {
		for _, b := range s.Blocks {
			if c, ok := b.(*reports.Chart); ok && chart.Drawable(c) && !seen[c] {
				charts = append(charts, c)
				seen[c] = true
			}
		}
	}
	drawn := make([]picture, len(charts))
	errs := make([]error, len(charts))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, c := range charts {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			svg, err := chart.SVG(ctx, c, zone)
			if err != nil {
				errs[i] = err
				return
			}
			drawn[i].png, err = chart.PNG(svg, dots300+i)
			if err != nil {
				errs[i] = fmt.Errorf("chart %s: %w", c.ID, err)
			}
			drawn[i].w = chartWidth
			drawn[i].h = chartWidth * float64(chart.Height(c)) / chart.Width
		})
	}
	wg.Wait()
	out := make(map[*reports.Chart]picture, len(charts))
	for i, c := range charts {
		if errs[i] != nil {
			return nil, errs[i]
		}
		out[c] = drawn[i]
	}
	return out, nil
}
