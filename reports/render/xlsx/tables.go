package xlsx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"deskproof/reports"
	"deskproof/reports/render/chart"
)

// Layout of a sheet with a table: message, subtitle, way back, a blank row, then the table.
const (
	headRow   = 5
	firstRow  = headRow + 1
	maxRows   = 1_000_000 // a sheet of Excel ends at row 1,048,576
	streamAt  = 3000      // from here rows are streamed, which keeps memory small
	maxLinks  = 60_000    // a sheet holds 65,530 links
	whyEmpty  = "Why empty"
	linkTitle = "Link"
)

// makePlan gives every table and chart a sheet: the first of a section the sheet of the section, the others their own.
func (b *book) makePlan() {
	for _, s := range b.doc.Sections {
		short := s.Short
		if short == "" {
			short = words(s.ID)
		}
		first := true
		name := func(own, id string) string {
			switch {
			case own != "":
				return b.sheetName(own)
			case first:
				first = false
				return b.sheetName(join(" ", s.Code, short))
			}
			return b.sheetName(words(id))
		}
		remember := func(id, sheet string) {
			for _, key := range []string{id, s.ID} {
				if _, ok := b.places[key]; !ok && key != "" {
					b.places[key] = sheet
				}
			}
		}
		for _, bl := range s.Blocks {
			switch bl := bl.(type) {
			case *reports.Table:
				p := planned{sheet: name(bl.Sheet, bl.ID), section: s, table: bl}
				remember(bl.ID, p.sheet)
				b.plan = append(b.plan, p)
			case *reports.Chart:
				p := planned{sheet: name("", bl.ID), section: s, chart: bl}
				remember(bl.ID, p.sheet)
				b.plan = append(b.plan, p)
			}
		}
	}
}

func (b *book) addSheet(name string) (string, error) {
	if !b.sheetNames[strings.ToLower(name)] {
		b.sheetNames[strings.ToLower(name)] = true
	}
	_, err := b.f.NewSheet(name)
	return name, err
}

func (b *book) writePlanned(p planned) error {
	if p.chart != nil {
		return b.chartSheet(p)
	}
	rows := p.table.Rows
	part := *p.table
	sheet, id := p.sheet, p.table.ID
	for n := 1; ; n++ {
		part.Rows = rows[:min(len(rows), maxRows)]
		rows = rows[len(part.Rows):]
		if len(rows) > 0 {
			part.Total = nil
		} else {
			part.Total = p.table.Total
		}
		if err := b.tableSheet(sheet, id, &part); err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		sheet = b.sheetName(p.sheet + " " + strconv.Itoa(n+1))
		id = p.table.ID + "-" + strconv.Itoa(n+1)
	}
}

// outCell is a cell ready to be written.
type outCell struct {
	value any
	style int
	url   string
	ref   string
}

// laidOut is a table as rows of cells.
type laidOut struct {
	heads   []string
	kinds   []reports.Kind
	rows    [][]outCell
	total   []outCell
	widths  []float64
	hasWhy  bool
	hasLink bool
}

// layOut types every value of a table and finds the widths of its columns.
func (b *book) layOut(t *reports.Table, keepLinks bool) laidOut {
	var out laidOut
	n := len(t.Columns)
	negative := make([]bool, n)
	links := false
	for _, r := range t.Rows {
		for i, v := range r {
			if i >= n {
				break
			}
			if v.Kind == reports.Duration && v.Number < 0 {
				negative[i] = true
			}
			if v.Kind == reports.Missing && numeric(t.Columns[i].Kind) {
				out.hasWhy = true
			}
			if webURL(v.URL) != "" {
				links = true
			}
		}
	}
	out.hasLink = links && !keepLinks
	titles := make([]string, 0, n+2)
	for i, c := range t.Columns {
		titles = append(titles, head(c, negative[i]))
		out.kinds = append(out.kinds, c.Kind)
	}
	if out.hasWhy {
		titles = append(titles, whyEmpty)
		out.kinds = append(out.kinds, reports.Text)
	}
	if out.hasLink {
		titles = append(titles, linkTitle)
		out.kinds = append(out.kinds, reports.Text)
	}
	out.heads = heads(titles)
	out.widths = make([]float64, len(titles))
	for i, h := range out.heads {
		// a long head wraps; the button of the filter takes room
		longest := 0
		for f := range strings.FieldsSeq(h) {
			longest = max(longest, utf8.RuneCountInString(f))
		}
		out.widths[i] = float64(max(longest+4, min(16, utf8.RuneCountInString(h)+4)))
	}
	fill := func(values []reports.Value, total bool) []outCell {
		cells := make([]outCell, 0, len(titles))
		var reasons []string
		link := ""
		for i, c := range t.Columns {
			var v reports.Value
			if i < len(values) {
				v = values[i]
			}
			value, l, why := b.cellOf(v, c.Kind, negative[i])
			if why != "" {
				reasons = append(reasons, out.heads[i]+": "+why)
			}
			l.line = "row"
			l.indent = i > 0 && !rightAligned(c.Kind)
			if total {
				l.bold, l.line = true, "total"
			}
			oc := outCell{value: value, ref: v.Ref}
			if u := webURL(v.URL); u != "" {
				if keepLinks {
					oc.url = u
				} else if link == "" {
					link = u
				}
			}
			if oc.url != "" || v.Ref != "" && keepLinks && b.place(v.Ref) != "" {
				l.color, l.underline = "0B57A4", true
			}
			oc.style = b.style(l)
			if w := shownWidth(reports.Format(v, b.zone)); w > out.widths[i] {
				out.widths[i] = w
			}
			cells = append(cells, oc)
		}
		line := "row"
		if total {
			line = "total"
		}
		if out.hasWhy {
			why := strings.Join(reasons, "; ")
			var value any
			if why != "" {
				value = text(why)
			}
			cells = append(cells, outCell{value: value, style: b.style(look{color: "545D68", line: line, indent: true})})
			at := len(t.Columns)
			out.widths[at] = max(out.widths[at], shownWidth(why))
		}
		if out.hasLink {
			var value any
			if link != "" {
				value = text(link)
			}
			cells = append(cells, outCell{value: value, style: b.style(look{line: line, indent: true})})
			out.widths[len(out.widths)-1] = max(out.widths[len(out.widths)-1], shownWidth(link))
		}
		return cells
	}
	for _, r := range t.Rows {
		out.rows = append(out.rows, fill(r, false))
	}
	if t.Total != nil {
		out.total = fill(t.Total, true)
	}
	for i := range out.widths {
		out.widths[i] = min(60, max(8, out.widths[i]))
	}
	return out
}

func shownWidth(s string) float64 {
	if len(s) > 60 {
		return 60
	}
	return float64(utf8.RuneCountInString(s)) + 2
}

func (b *book) place(ref string) string {
	id, _, _ := strings.Cut(ref, "?")
	return b.places[id]
}

// tableSheet writes one table on a sheet of its own.
func (b *book) tableSheet(sheet, id string, t *reports.Table) error {
	if _, err := b.addSheet(sheet); err != nil {
		return err
	}
	b.sheets = append(b.sheets, sheetInfo{sheet, t.Title, len(t.Rows)})
	links := 0
	for _, r := range t.Rows {
		for _, v := range r {
			if v.URL != "" {
				links++
			}
		}
	}
	if len(t.Columns) == 0 { // a table needs one column at least
		t = &reports.Table{ID: t.ID, Title: t.Title, Subtitle: t.Subtitle, Note: t.Note, Empty: t.Empty, Columns: []reports.Column{{Key: "none", Title: "No columns"}}}
	}
	stream := len(t.Rows) > streamAt
	lay := b.layOut(t, !stream && links <= maxLinks)
	if stream {
		return b.streamSheet(sheet, id, t, lay)
	}
	if err := b.top(sheet, t.Title, t.Subtitle); err != nil {
		return err
	}
	if _, err := b.body(sheet, id, t, lay, t.Empty); err != nil {
		return err
	}
	return b.finishSheet(sheet, len(lay.heads), len(lay.rows), lay.widths)
}

// top writes message, subtitle and the way back.
func (b *book) top(sheet, title, subtitle string) error {
	set := func(cell string, v string, l look) error {
		if err := b.f.SetCellStr(sheet, cell, text(v)); err != nil {
			return err
		}
		return b.f.SetCellStyle(sheet, cell, cell, b.style(l))
	}
	if err := set("A1", title, look{bold: true, size: 14}); err != nil {
		return err
	}
	if err := set("A2", subtitle, look{color: "545D68"}); err != nil {
		return err
	}
	if err := set("A3", "Back to Read me", look{color: "0B57A4", underline: true}); err != nil {
		return err
	}
	return b.f.SetCellHyperLink(sheet, "A3", "'Read me'!A1", "Location")
}

// body writes heads, rows, total and note of a table; it returns the last row used.
func (b *book) body(sheet, id string, t *reports.Table, lay laidOut, empty string) (last int, err error) {
	f := b.f
	for i, h := range lay.heads {
		cell, _ := excelize.CoordinatesToCellName(i+1, headRow)
		if err := f.SetCellStr(sheet, cell, h); err != nil {
			return 0, err
		}
		if err := f.SetCellStyle(sheet, cell, cell, b.style(look{bold: true, wrap: true, right: rightAligned(lay.kinds[i]), indent: i > 0 && !rightAligned(lay.kinds[i]), line: "head", fill: "F3F5F7"})); err != nil {
			return 0, err
		}
	}
	write := func(row int, cells []outCell) error {
		for i, c := range cells {
			cell, err := excelize.CoordinatesToCellName(i+1, row)
			if err != nil {
				return err
			}
			if err := b.set(sheet, cell, c); err != nil {
				return err
			}
		}
		return nil
	}
	for i, r := range lay.rows {
		if err := write(firstRow+i, r); err != nil {
			return 0, err
		}
	}
	next := firstRow + len(lay.rows)
	if len(lay.rows) == 0 {
		if empty == "" {
			empty = "No rows."
		}
		if err := f.SetCellStr(sheet, "A"+strconv.Itoa(firstRow+1), text(empty)); err != nil {
			return 0, err
		}
		next = firstRow + 2
	} else if err := b.excelTable(sheet, id, len(lay.heads), len(lay.rows)); err != nil {
		return 0, err
	}
	if lay.total != nil {
		// a row below the table: sorting and filters of the table leave it in place
		if err := write(next+1, lay.total); err != nil {
			return 0, err
		}
		next += 2
	}
	for _, note := range []string{reports.MissingKey(t), t.Note} {
		if note == "" {
			continue
		}
		next++
		cell := "A" + strconv.Itoa(next)
		if err := f.SetCellStr(sheet, cell, text(note)); err != nil {
			return 0, err
		}
		if err := f.SetCellStyle(sheet, cell, cell, b.style(look{color: "545D68", size: 9})); err != nil {
			return 0, err
		}
	}
	return next, nil
}

// set writes one typed cell with its link.
func (b *book) set(sheet, cell string, c outCell) error {
	var err error
	switch v := c.value.(type) {
	case nil:
	case string:
		// the library writes these cells as they are, and Excel would read _x000D_ as a line end
		err = b.f.SetCellStr(sheet, cell, escapes.ReplaceAllString(v, "_x005F$0"))
	default:
		err = b.f.SetCellValue(sheet, cell, v)
	}
	if err != nil {
		return err
	}
	if c.style != 0 {
		if err := b.f.SetCellStyle(sheet, cell, cell, c.style); err != nil {
			return err
		}
	}
	switch {
	case c.url != "":
		return b.f.SetCellHyperLink(sheet, cell, c.url, "External")
	case c.ref != "" && b.place(c.ref) != "":
		return b.f.SetCellHyperLink(sheet, cell, quoted(b.place(c.ref))+"!A1", "Location")
	}
	return nil
}

func (b *book) excelTable(sheet, id string, columns, rows int) error {
	end, err := excelize.CoordinatesToCellName(columns, headRow+rows)
	if err != nil {
		return err
	}
	stripes := false
	return b.f.AddTable(sheet, &excelize.Table{Range: "A" + strconv.Itoa(headRow) + ":" + end, Name: b.tableName(id), StyleName: "", ShowRowStripes: &stripes})
}

// streamSheet writes a long table row by row; links stand in a column of their own.
func (b *book) streamSheet(sheet, id string, t *reports.Table, lay laidOut) error {
	sw, err := b.f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i, w := range lay.widths {
		if err := sw.SetColWidth(i+1, i+1, w); err != nil {
			return err
		}
	}
	if err := sw.SetPanes(panes()); err != nil {
		return err
	}
	line := func(row int, v string, l look) error {
		return sw.SetRow("A"+strconv.Itoa(row), []any{excelize.Cell{StyleID: b.style(l), Value: text(v)}})
	}
	if err := line(1, t.Title, look{bold: true, size: 14}); err != nil {
		return err
	}
	if err := line(2, t.Subtitle, look{color: "545D68"}); err != nil {
		return err
	}
	if err := line(3, "Sheet Read me lists all sheets", look{color: "545D68"}); err != nil {
		return err
	}
	header := make([]any, len(lay.heads))
	for i, h := range lay.heads {
		header[i] = excelize.Cell{StyleID: b.style(look{bold: true, wrap: true, right: rightAligned(lay.kinds[i]), indent: i > 0 && !rightAligned(lay.kinds[i]), line: "head", fill: "F3F5F7"}), Value: h}
	}
	if err := sw.SetRow("A"+strconv.Itoa(headRow), header); err != nil {
		return err
	}
	values := make([]any, len(lay.heads))
	put := func(row int, cells []outCell) error {
		for i, c := range cells {
			values[i] = excelize.Cell{StyleID: c.style, Value: c.value}
		}
		return sw.SetRow("A"+strconv.Itoa(row), values[:len(cells)])
	}
	for i, r := range lay.rows {
		if err := put(firstRow+i, r); err != nil {
			return err
		}
	}
	next := firstRow + len(lay.rows)
	if lay.total != nil {
		if err := put(next+1, lay.total); err != nil {
			return err
		}
		next += 2
	}
	for _, note := range []string{reports.MissingKey(t), t.Note} {
		if note != "" {
			next++
			if err := line(next, note, look{color: "545D68", size: 9}); err != nil {
				return err
			}
		}
	}
	end, err := excelize.CoordinatesToCellName(len(lay.heads), headRow+len(lay.rows))
	if err != nil {
		return err
	}
	stripes := false
	if err := sw.AddTable(&excelize.Table{Range: "A" + strconv.Itoa(headRow) + ":" + end, Name: b.tableName(id), ShowRowStripes: &stripes}); err != nil {
		return err
	}
	// what belongs to the sheet and not to its rows is set before the rows are closed
	if err := b.pageSetup(sheet, len(lay.heads)); err != nil {
		return err
	}
	return sw.Flush()
}

func panes() *excelize.Panes {
	return &excelize.Panes{Freeze: true, XSplit: 1, YSplit: headRow, TopLeftCell: "B" + strconv.Itoa(firstRow), ActivePane: "bottomRight",
		Selection: []excelize.Selection{{SQRef: "A1", ActiveCell: "A1", Pane: "topLeft"}}}
}

// finishSheet sets widths, frozen heads and the page.
func (b *book) finishSheet(sheet string, columns, rows int, widths []float64) error {
	for i, w := range widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := b.f.SetColWidth(sheet, name, name, w); err != nil {
			return err
		}
	}
	if rows > 0 {
		if err := b.f.SetPanes(sheet, panes()); err != nil {
			return err
		}
	}
	return b.pageSetup(sheet, columns)
}

// pageSetup makes a sheet print on A4, one page wide, with heads repeated and the furniture of the report.
func (b *book) pageSetup(sheet string, columns int) error {
	f := b.f
	yes, no, one, zero, a4 := true, false, 1, 0, 9
	orientation := "portrait"
	if columns > 7 {
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
		OddFooter:    "&L" + amp(clip(run, 90)) + "&C" + amp(clip(doc.Class, 40)) + "&Rpage &P of &N",
	}); err != nil {
		return err
	}
	if columns == 0 {
		return nil
	}
	return f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: sheet, RefersTo: fmt.Sprintf("%s!$%d:$%d", quoted(sheet), headRow, headRow)})
}

// chartSheet writes the data of a chart as a table with the native chart beside it.
func (b *book) chartSheet(p planned) error {
	c := p.chart
	t := chart.DataTable(c, b.zone)
	t.ID = c.ID
	if _, err := b.addSheet(p.sheet); err != nil {
		return err
	}
	b.sheets = append(b.sheets, sheetInfo{p.sheet, c.Title, len(t.Rows)})
	if err := b.top(p.sheet, c.Title, c.Subtitle); err != nil {
		return err
	}
	if !chart.Drawable(c) {
		t.Rows = nil
	}
	lay := b.layOut(t, true)
	last, err := b.body(p.sheet, t.ID, t, lay, chart.EmptyText(c))
	if err != nil {
		return err
	}
	if len(t.Rows) > 0 {
		switch c.Kind {
		case reports.ChartHeat:
			if err := b.tintCells(p.sheet, c); err != nil {
				return err
			}
		case reports.ChartTimeline:
		default:
			if err := b.nativeChart(p.sheet, c, len(t.Rows), last, lay); err != nil {
				return err
			}
		}
	}
	return b.finishSheet(p.sheet, len(lay.heads), len(lay.rows), lay.widths)
}
