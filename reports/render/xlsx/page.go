package xlsx

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"deskproof/reports"
)

// panes freezes the first column and the rows above.
func panes(rows int) *excelize.Panes {
	return &excelize.Panes{Freeze: true, XSplit: 1, YSplit: rows, TopLeftCell: "B" + strconv.Itoa(rows+1), ActivePane: "bottomRight",
		Selection: []excelize.Selection{{SQRef: "A1", ActiveCell: "A1", Pane: "topLeft"}}}
}

// setWidths sets the columns. It comes before charts: a chart is placed by the columns it covers.
func (b *book) setWidths(sheet string, widths []float64) error {
	for i, w := range widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := b.f.SetColWidth(sheet, name, name, w); err != nil {
			return err
		}
	}
	return nil
}

// finishSheet freezes the heads and sets the page.
func (b *book) finishSheet(sheet string, columns, rows int) error {
	if rows > 0 {
		if err := b.f.SetPanes(sheet, panes(headRow)); err != nil {
			return err
		}
	}
	return b.pageSetup(sheet, columns, headRow)
}

// pageSetup makes a sheet print on A4, one page wide, with its row of heads repeated and the furniture of
// the report.
func (b *book) pageSetup(sheet string, columns, heads int) error {
	f := b.f
	yes, no, one, zero, a4 := true, false, 1, 0, 9
	orientation := "portrait"
	if columns > 7 || sheet == summarySheet {
		orientation = "landscape"
	}
	tab := "8A939E"
	if columns == 0 {
		tab = "1B1F24"
	}
	if err := f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes, TabColorRGB: &tab}); err != nil {
		return err
	}
	if err := f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &one, FitToHeight: &zero}); err != nil {
		return err
	}
	doc := b.doc
	amp := func(s string) string { return strings.ReplaceAll(s, "&", "&&") }
	status := "final"
	if doc.Draft {
		status = "draft"
	}
	run := ""
	if doc.Hash != "" {
		run = "inputs " + doc.Hash[:min(12, len(doc.Hash))]
	}
	if !doc.AsOf.IsZero() {
		run = join(" · ", run, "as of "+reports.Format(reports.At(doc.AsOf), b.zone))
	}
	if err := f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
		ScaleWithDoc: &no,
		OddHeader:    "&L" + amp(clip(join(" · ", doc.Organization, doc.Title, doc.Period.Label), 120)) + "&R" + status,
		OddFooter:    "&L" + amp(clip(run, 90)) + "&R" + amp(join(" · ", clip(doc.Class, 40), "page ")) + "&P of &N",
	}); err != nil {
		return err
	}
	if columns == 0 {
		return nil
	}
	return f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: sheet, RefersTo: fmt.Sprintf("%s!$%d:$%d", quoted(sheet), heads, heads)})
}
