// Package html writes a document as one self-contained page: no request leaves it, it reads without script, and
// everything that came from outside is escaped text.
package html

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"deskproof/reports"
	"deskproof/reports/render/chart"
	"deskproof/templates"
)

// MaxRows is how many rows of a table stand in the page as HTML; longer lists are packed and paged.
const MaxRows = 500

// Renderer writes HTML.
type Renderer struct{}

// Format is the name of the format and the ending of its files.
func (Renderer) Format() string { return "html" }

// page is what the template sees.
type page struct {
	Lang, FullTitle, CSP, Foot string
	Colour                     template.CSS
	Logo                       template.URL
	Style                      template.CSS
	Script, ECharts, Charts    template.JS
	Doc                        *reports.Document
	Figures                    []tile
	Header, About              []field
	AboutID                    string
	Contents                   []entry
	Sections                   []section
	Data                       []packed
}

type entry struct {
	ID, Name string
	Level    int
}

// packed is a long table: its columns as JSON, gzip, base64.
type packed struct {
	ID     string
	Base64 template.HTML
}

var (
	pageOnce sync.Once
	pageTmpl *template.Template
	pageErr  error
)

func pageTemplate() (*template.Template, error) {
	pageOnce.Do(func() {
		pageTmpl, pageErr = template.New("report").Parse(string(templates.Bytes(templates.ReportPage)))
	})
	return pageTmpl, pageErr
}

// Render writes the page.
func (Renderer) Render(ctx context.Context, w io.Writer, doc *reports.Document) error {
	tmpl, err := pageTemplate()
	if err != nil {
		return fmt.Errorf("page template: %w", err)
	}
	b := &builder{ctx: ctx, doc: doc, zone: doc.Zone, used: map[string]bool{"main": true, "charts": true, "live": true, "theme": true}, options: map[string]json.RawMessage{}}
	if b.zone == nil {
		b.zone = time.UTC
	}
	p, err := b.page()
	if err != nil {
		return fmt.Errorf("report %s: %w", doc.ID, err)
	}
	var buf bytes.Buffer
	if err := tmpl.Execute(&buf, p); err != nil {
		return fmt.Errorf("report %s: %w", doc.ID, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err = w.Write(buf.Bytes())
	return err
}

func (b *builder) page() (*page, error) {
	doc := b.doc
	p := &page{
		Lang: doc.Language, Doc: doc, Script: template.JS(templates.Bytes(templates.ReportScript)), Style: style(),
		Figures: b.tiles(doc.Figures), Header: b.fields(doc.Header), About: b.fields(doc.About), Foot: foot(doc, b.zone),
	}
	if p.Lang == "" {
		p.Lang = "en-GB"
	}
	brand(p, doc.Brand)
	p.FullTitle = joined(" · ", doc.Title, doc.Organization, doc.Period.Label)
	// ids of sections and tables are promises; they are taken before any other
	for _, s := range doc.Sections {
		b.used[s.ID] = true
	}
	for _, s := range doc.Sections {
		out, err := b.section(s)
		if err != nil {
			return nil, err
		}
		p.Sections = append(p.Sections, out)
		name := s.Short
		if name == "" {
			name = s.Title
		}
		p.Contents = append(p.Contents, entry{s.ID, joined(" ", s.Code, name), max(1, s.Level)})
	}
	if len(p.About) > 0 {
		p.AboutID = b.id("about", "report")
		p.Contents = append(p.Contents, entry{p.AboutID, "About this report", 1})
	}
	p.Data = b.data
	scripts := []template.JS{p.Script}
	if len(b.options) > 0 {
		p.ECharts = template.JS(templates.Bytes(templates.ECharts))
		scripts = append(scripts, p.ECharts)
		// keys of maps are written in order, and <, > and & are escaped
		all, err := json.Marshal(map[string]any{"dark": chart.Dark, "options": b.options})
		if err != nil {
			return nil, err
		}
		p.Charts = template.JS(all)
	}
	var hashes []string
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	p.CSP = "default-src 'none'; script-src " + strings.Join(hashes, " ") +
		"; style-src 'unsafe-inline'; font-src data:; img-src data: blob:; base-uri 'none'; form-action 'none'"
	return p, nil
}

// foot is the last line of the page: what the figures stand for and how to check it.
func foot(doc *reports.Document, zone *time.Location) string {
	var parts []string
	if !doc.AsOf.IsZero() {
		parts = append(parts, "As of "+reports.Format(reports.At(doc.AsOf), zone)+" "+zone.String())
	}
	if doc.Hash != "" {
		parts = append(parts, "SHA-256 of the inputs "+doc.Hash)
	}
	return joined(" · ", parts...)
}

func joined(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" }), by)
}

var (
	styleOnce sync.Once
	styleText template.CSS
)

// style is the style sheet with the embedded fonts, the dark tokens and the inks of still charts.
func style() template.CSS {
	styleOnce.Do(func() {
		var fonts strings.Builder
		for _, f := range []struct{ file, weight string }{{templates.RegularWOFF2, "400"}, {templates.SemiboldWOFF2, "600"}} {
			fmt.Fprintf(&fonts, "@font-face{font-family:ReportSans;font-weight:%s;font-display:block;src:url(data:font/woff2;base64,%s) format(\"woff2\")}\n",
				f.weight, base64.StdEncoding.EncodeToString(templates.Bytes(f.file)))
		}
		// every ink of a chart that changes on a dark page becomes a token of its own
		var light, dark, rules strings.Builder
		for i, ink := range slices.Sorted(maps.Keys(chart.Dark)) {
			fmt.Fprintf(&light, "--i%d:%s;", i, ink)
			fmt.Fprintf(&dark, "--i%d:%s;", i, chart.Dark[ink])
			fmt.Fprintf(&rules, ".still [fill=\"%[1]s\" i]{fill:var(--i%[2]d)}.still [stroke=\"%[1]s\" i]{stroke:var(--i%[2]d)}\n", ink, i)
		}
		tokens := darkTokens + dark.String()
		css := string(templates.Bytes(templates.ReportStyle))
		css = strings.Replace(css, "/*DARK*/", ":root{"+light.String()+"}\n"+
			"@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){"+tokens+"}}\n"+
			"@media screen{:root[data-theme=dark]{"+tokens+"}}", 1)
		css = strings.Replace(css, "/*SVGINK*/", rules.String(), 1)
		styleText = template.CSS(fonts.String() + css)
	})
	return styleText
}

// darkTokens are the dark forms of the tokens in report.css.
const darkTokens = "--page:#14181D;--panel:#1E242B;--ink:#E9EDF1;--muted:#A9B2BC;--axis:#87929E;--rule:#3B444E;--grid:#2A323A;" +
	"--ac:#C9D1D9;--py:#6C7784;--better:#5AB4E6;--worse:#E2683A;--watch:#F3D27A;--link:#7FB8F0;color-scheme:dark;"

// pack writes a value as gzip in base64, without the time of packing.
func pack(v any) (template.HTML, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	var buf bytes.Buffer
	zw, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := zw.Write(raw); err != nil {
		return "", err
	}
	if err := zw.Close(); err != nil {
		return "", err
	}
	return template.HTML(base64.StdEncoding.EncodeToString(buf.Bytes())), nil
}

var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// brand embeds the logo, so that the page loads nothing. A picture that runs script cannot do so inside an img.
func brand(p *page, b reports.Brand) {
	if hexColour.MatchString(b.Colour) {
		p.Colour = template.CSS(b.Colour)
	}
	if len(b.Logo) > 0 && slices.Contains([]string{"image/png", "image/jpeg", "image/svg+xml"}, b.LogoType) {
		p.Logo = template.URL("data:" + b.LogoType + ";base64," + base64.StdEncoding.EncodeToString(b.Logo))
	}
}
