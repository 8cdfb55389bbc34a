// Package render knows the formats in which a document can be written.
package render

import (
	"context"
	"io"
	"strings"

	"deskproof/reports"
	"deskproof/reports/render/html"
	"deskproof/reports/render/json"
	"deskproof/reports/render/pdf"
	"deskproof/reports/render/xlsx"
)

// Renderer writes a document in one format. It knows no report: it chooses ink, never figures or words. Render writes
// the same bytes for the same document, and may be called from several goroutines at once.
type Renderer interface {
	// Format is the name of the format and the ending of its files: html, pdf, xlsx, json.
	Format() string
	// Render writes the whole document. Nothing useful was written when it returns an error.
	Render(ctx context.Context, w io.Writer, doc *reports.Document) error
}

// All returns the renderers in the order in which formats are named to people.
func All() []Renderer {
	return []Renderer{html.Renderer{}, pdf.Renderer{}, xlsx.Renderer{}, json.Renderer{}}
}

// For returns the renderer of a format ("html", "PDF"), or false when there is none.
func For(format string) (Renderer, bool) {
	for _, r := range All() {
		if strings.EqualFold(r.Format(), strings.TrimSpace(format)) {
			return r, true
		}
	}
	return nil, false
}

// Formats names all formats.
func Formats() []string {
	var names []string
	for _, r := range All() {
		names = append(names, r.Format())
	}
	return names
}
