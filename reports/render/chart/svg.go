package chart

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
	"deskproof/templates"
)

// engine is one JavaScript runtime with ECharts loaded; it draws one chart at a time.
type engine struct {
	vm   *goja.Runtime
	draw goja.Callable
}

var (
	programOnce sync.Once
	program     *goja.Program
	programErr  error
	engines     = make(chan *engine, max(1, min(4, runtime.GOMAXPROCS(0))))
	enginesLeft = make(chan struct{}, cap(engines))
)

// drawScript draws one option; ECharts gives a still SVG without a document (its server-side mode).
const drawScript = `
(function (measure) {
  var echarts = globalThis.echarts;
  echarts.setPlatformAPI({measureText: function (text, font) { return {width: measure(String(text == null ? '' : text), String(font || ''))}; }});
  return function (option, width, height) {
    var chart = echarts.init(null, null, {renderer: 'svg', ssr: true, width: width, height: height});
    try {
      chart.setOption(JSON.parse(option));
      return chart.renderToSVGString();
    } finally {
      chart.dispose();
    }
  };
})`

func newEngine() (*engine, error) {
	programOnce.Do(func() {
		program, programErr = goja.Compile("echarts.min.js", string(templates.Bytes(templates.ECharts)), false)
	})
	if programErr != nil {
		return nil, fmt.Errorf("compile ECharts: %w", programErr)
	}
	vm := goja.New()
	// Timers are asked for but never needed: nothing moves in a still picture.
	for _, name := range []string{"setTimeout", "clearTimeout", "setInterval", "clearInterval"} {
		if err := vm.Set(name, func(goja.FunctionCall) goja.Value { return vm.ToValue(0) }); err != nil {
			return nil, err
		}
	}
	if _, err := vm.RunProgram(program); err != nil {
		return nil, fmt.Errorf("load ECharts: %w", err)
	}
	made, err := vm.RunString(drawScript)
	if err != nil {
		return nil, err
	}
	create, ok := goja.AssertFunction(made)
	if !ok {
		return nil, errors.New("the drawing script is not a function")
	}
	fn, err := create(goja.Undefined(), vm.ToValue(measureText))
	if err != nil {
		return nil, err
	}
	draw, ok := goja.AssertFunction(fn)
	if !ok {
		return nil, errors.New("the drawing script returned no function")
	}
	return &engine{vm, draw}, nil
}

var fontSizePattern = regexp.MustCompile(`([0-9.]+)px`)

// measureText is the width of a text in a CSS font such as "600 12px ReportSans", from the embedded font.
func measureText(text, font string) float64 {
	size := 12.0
	if m := fontSizePattern.FindStringSubmatch(font); m != nil {
		if f, err := strconv.ParseFloat(m[1], 64); err == nil {
			size = f
		}
	}
	f := typeset.Regular
	if strings.Contains(font, "600") || strings.Contains(font, "bold") {
		f = typeset.Semibold
	}
	return typeset.Width(text, f, size)
}

// borrow takes a free engine or makes one, as long as there are fewer than cores.
func borrow(ctx context.Context) (*engine, error) {
	select {
	case e := <-engines:
		return e, nil
	default:
	}
	select {
	case e := <-engines:
		return e, nil
	case enginesLeft <- struct{}{}:
		e, err := newEngine()
		if err != nil {
			<-enginesLeft
		}
		return e, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// SVG draws a chart as a still picture of Width × Height(c) pixels. The text stays text in the font family ReportSans.
// Ids inside it begin with the id of the chart, so several pictures can stand in one page.
func SVG(ctx context.Context, c *reports.Chart, zone *time.Location) (string, error) {
	option, err := Option(c, zone)
	if err != nil {
		return "", fmt.Errorf("chart %s: %w", c.ID, err)
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s", c.ID, Height(c), option))
	if svg, ok := drawn.get(key); ok {
		return svg, nil
	}
	e, err := borrow(ctx)
	if err != nil {
		return "", fmt.Errorf("chart %s: %w", c.ID, err)
	}
	defer func() { engines <- e }()
	v, err := e.draw(goja.Undefined(), e.vm.ToValue(string(option)), e.vm.ToValue(Width), e.vm.ToValue(Height(c)))
	if err != nil {
		return "", fmt.Errorf("chart %s: %w", c.ID, err)
	}
	svg := tidy(v.String(), c.ID)
	drawn.put(key, svg)
	return svg, nil
}

// drawn remembers pictures, so that HTML and PDF of one document draw each chart once.
var drawn = cache{pictures: map[[32]byte]string{}}

type cache struct {
	sync.Mutex
	pictures map[[32]byte]string
	order    [][32]byte
}

func (c *cache) get(key [32]byte) (string, bool) {
	c.Lock()
	defer c.Unlock()
	svg, ok := c.pictures[key]
	return svg, ok
}

func (c *cache) put(key [32]byte, svg string) {
	c.Lock()
	defer c.Unlock()
	if _, ok := c.pictures[key]; ok {
		return
	}
	if len(c.order) >= 200 {
		delete(c.pictures, c.order[0])
		c.order = c.order[1:]
	}
	c.pictures[key] = svg
	c.order = append(c.order, key)
}

var (
	styleElement = regexp.MustCompile(`(?s)<style\s*>.*?</style>`)
	uselessAttrs = regexp.MustCompile(` (ecmeta_[a-z_]+|class|pointer-events|xmlns:xlink|baseProfile|version)="[^"]*"`)
	idPattern    = regexp.MustCompile(`(id="|url\(#)zr[0-9]+-`)
	notName      = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
	fontQuote    = regexp.MustCompile(`font-family:ReportSans;`)
)

// tidy makes the SVG of ECharts the same on every run and free of what only matters on screen.
func tidy(svg, id string) string {
	svg = styleElement.ReplaceAllString(svg, "")
	svg = uselessAttrs.ReplaceAllString(svg, "")
	svg = idPattern.ReplaceAllString(svg, "${1}"+notName.ReplaceAllString(id, "-")+"-")
	svg = fontQuote.ReplaceAllString(svg, "font-family:ReportSans,sans-serif;")
	return strings.TrimSpace(svg)
}
