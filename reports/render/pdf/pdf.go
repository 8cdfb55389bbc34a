// Package pdf writes a document as A4 pages with embedded fonts.
//
// The layout is measured here, because text must never run over the next row: a page is a list of marks (text, fills,
// pictures) at places in millimetres. maroto is the frame that writes the pages: fonts, metadata, compression, pictures.
// What maroto cannot say (outline, links inside the document, language, landscape pages) follows as an incremental
// update of the file, as the PDF format provides.
package pdf

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/johnfercher/maroto/v2"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/page"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/consts/pagesize"
	"github.com/johnfercher/maroto/v2/pkg/fontrepository"
	"github.com/johnfercher/maroto/v2/pkg/props"
	"github.com/phpdave11/gofpdf"

	"deskproof/reports"
	"deskproof/templates"
)

// Renderer writes PDF.
type Renderer struct{}

// Format is the name of the format and the ending of its files.
func (Renderer) Format() string { return "pdf" }

// contentsFrom is the number of pages from which a document has a list of contents.
const contentsFrom = 8

// writing guards the settings that the PDF writer keeps for the whole process.
var writing sync.Mutex

// Render writes the document.
func (Renderer) Render(ctx context.Context, w io.Writer, doc *reports.Document) error {
	pictures, err := drawCharts(ctx, doc)
	if err != nil {
		return fmt.Errorf("report %s: %w", doc.ID, err)
	}
	l := layout(doc, pictures, false)
	if len(l.pages) >= contentsFrom {
		l = layout(doc, pictures, true)
	}
	l.furniture()
	raw, err := write(l)
	if err != nil {
		return fmt.Errorf("report %s: %w", doc.ID, err)
	}
	whole, err := update(raw, l)
	if err != nil {
		return fmt.Errorf("report %s: %w", doc.ID, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err = w.Write(whole)
	return err
}

// Font families inside the file.
const (
	familySans     = "sourcesans"
	familyFallback = "dejavu"
)

// write hands the pages to maroto: three rows a page, head, body and foot, which together fill it.
func write(l *paper) ([]byte, error) {
	writing.Lock()
	defer writing.Unlock()
	// Order of objects and dates: without these two the bytes would differ on every run.
	gofpdf.SetDefaultCatalogSort(true)
	stamp := l.doc.AsOf
	if stamp.IsZero() {
		stamp = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	stamp = stamp.UTC()
	gofpdf.SetDefaultModificationDate(stamp)

	fonts, err := fontrepository.New().
		AddUTF8FontFromBytes(familySans, fontstyle.Normal, templates.Bytes(templates.Regular)).
		AddUTF8FontFromBytes(familySans, fontstyle.Bold, templates.Bytes(templates.Semibold)).
		AddUTF8FontFromBytes(familyFallback, fontstyle.Normal, templates.Bytes(templates.Fallback)).
		Load()
	if err != nil {
		return nil, fmt.Errorf("load fonts: %w", err)
	}
	doc := l.doc
	cfg := config.NewBuilder().
		WithPageSize(pagesize.A4).
		WithLeftMargin(0).WithRightMargin(0).WithTopMargin(0).WithBottomMargin(0).
		WithSequentialMode().
		WithCompression(true).
		WithCustomFonts(fonts).
		WithDefaultFont(&props.Font{Family: familySans, Style: fontstyle.Normal, Size: 9.5}).
		WithTitle(join(" · ", doc.Title, doc.Organization, doc.Period.Label), true).
		WithAuthor(doc.Organization, true).
		WithSubject(doc.Headline, true).
		WithCreator("deskproof", true).
		WithKeywords(doc.Hash, true).
		WithCreationDate(stamp).
		Build()
	m := maroto.New(cfg)
	for _, p := range l.pages {
		m.AddPages(page.New().Add(
			row.New(headHeight).Add(col.New(12).Add(&sheet{marks: p.head})),
			row.New(bodyHeight).Add(col.New(12).Add(&sheet{marks: p.body, pictures: l.pictures})),
			row.New(footHeight).Add(col.New(12).Add(&sheet{marks: p.foot})),
		))
	}
	out, err := m.Generate()
	if err != nil {
		return nil, fmt.Errorf("write pages: %w", err)
	}
	return out.GetBytes(), nil
}

func join(by string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, by)
}
