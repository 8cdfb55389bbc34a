// Package xlsx writes a document as a workbook: typed cells in real tables, native charts over cells, and a sheet that
// says what stands where. Text from tickets is text, never a formula.
package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"deskproof/reports"
)

// Renderer writes XLSX.
type Renderer struct{}

// Format is the name of the format and the ending of its files.
func (Renderer) Format() string { return "xlsx" }

// Render writes the workbook.
func (Renderer) Render(ctx context.Context, w io.Writer, doc *reports.Document) error {
	b := &book{
		ctx: ctx, doc: doc, zone: doc.Zone, f: excelize.NewFile(), styles: map[string]int{},
		sheetNames: map[string]bool{}, tableNames: map[string]bool{}, definedNames: map[string]bool{}, places: map[string]string{},
	}
	defer b.f.Close()
	if b.zone == nil {
		b.zone = time.UTC
	}
	if err := b.build(); err != nil {
		return fmt.Errorf("report %s: %w", doc.ID, err)
	}
	var buf bytes.Buffer
	if err := b.f.Write(&buf); err != nil {
		return fmt.Errorf("report %s: write workbook: %w", doc.ID, err)
	}
	return Repack(w, buf.Bytes())
}

// book is a workbook that is being made.
type book struct {
	ctx          context.Context
	doc          *reports.Document
	zone         *time.Location
	f            *excelize.File
	styles       map[string]int
	sheetNames   map[string]bool // lower case
	tableNames   map[string]bool
	definedNames map[string]bool
	places       map[string]string // id of a section, table or chart → sheet and cell, as the target of a link
	sheets       []sheetInfo
	plan         []*planned
}

// sheetInfo is a line of the list on "Read me"; at is the cell of what it names on a sheet of several.
type sheetInfo struct {
	name, what string
	rows       int
	at         string
}

// summarySheet is the sheet with the finding and the figures.
const summarySheet = "Summary"

func (b *book) build() error {
	const readMe, summary = "Read me", summarySheet
	if err := b.f.SetSheetName("Sheet1", readMe); err != nil {
		return err
	}
	b.sheetNames[strings.ToLower(readMe)] = true
	if _, err := b.addSheet(summary); err != nil {
		return err
	}
	if err := b.f.SetDefaultFont("Calibri"); err != nil {
		return err
	}
	b.makePlan()
	for _, p := range b.plan {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		if err := b.writePlanned(p); err != nil {
			return fmt.Errorf("sheet %s: %w", p.sheet, err)
		}
	}
	if err := b.summary(summary); err != nil {
		return fmt.Errorf("sheet %s: %w", summary, err)
	}
	if err := b.readMe(readMe); err != nil {
		return fmt.Errorf("sheet %s: %w", readMe, err)
	}
	return b.properties()
}

// properties sets what the file says of itself; no name of a machine, no time but the one the report stands for.
func (b *book) properties() error {
	doc := b.doc
	stamp := doc.AsOf
	if stamp.IsZero() {
		stamp = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	at := stamp.UTC().Format(time.RFC3339)
	language := doc.Language
	if language == "" {
		language = "en-GB"
	}
	if err := b.f.SetDocProps(&excelize.DocProperties{
		Title: join(" · ", doc.Title, doc.Organization, doc.Period.Label), Subject: clip(doc.Headline, 250), Creator: doc.Organization,
		LastModifiedBy: doc.Organization, Keywords: doc.Hash, Category: doc.Class, Created: at, Modified: at, Language: language,
	}); err != nil {
		return err
	}
	b.f.SetActiveSheet(0)
	return nil
}

// Repack writes the parts of the file in a fixed order with a fixed time; the list of content types, whose order the
// library does not fix, is sorted. The same document then gives the same bytes.
func Repack(w io.Writer, raw []byte) error {
	zr, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return fmt.Errorf("repack workbook: %w", err)
	}
	files := slices.Clone(zr.File)
	rank := func(name string) int {
		switch name {
		case "[Content_Types].xml":
			return 0
		case "_rels/.rels":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(files, func(a, b *zip.File) int {
		if d := rank(a.Name) - rank(b.Name); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	zw := zip.NewWriter(w)
	for _, f := range files {
		body, err := readPart(f)
		if err != nil {
			return err
		}
		if f.Name == "[Content_Types].xml" {
			body = sortTypes(body)
		}
		if strings.HasPrefix(f.Name, "xl/charts/chart") {
			body = outlines(body)
		}
		part, err := zw.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		if _, err := part.Write(body); err != nil {
			return err
		}
	}
	return zw.Close()
}

func readPart(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// sortTypes orders the entries of the list of content types.
func sortTypes(body []byte) []byte {
	text := string(body)
	start := strings.Index(text, "<Types")
	if start < 0 {
		return body
	}
	open := strings.IndexByte(text[start:], '>')
	end := strings.LastIndex(text, "</Types>")
	if open < 0 || end < 0 {
		return body
	}
	from := start + open + 1
	var entries []string
	for part := range strings.SplitSeq(text[from:end], "<") {
		part = strings.TrimSpace(part)
		if part != "" && !strings.HasPrefix(part, "/") {
			part = strings.TrimSuffix(strings.TrimSuffix(part, "></Default>"), "></Override>")
			entries = append(entries, "<"+part)
		}
	}
	// one form for all entries, whether the library closed them short or long
	for i, e := range entries {
		if !strings.HasSuffix(e, "/>") {
			entries[i] = strings.TrimSuffix(e, ">") + "/>"
		}
	}
	slices.Sort(entries)
	return []byte(text[:from] + strings.Join(entries, "") + text[end:])
}

func join(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" }), by)
}
