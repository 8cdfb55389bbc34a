package xlsx

import (
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"deskproof/reports"
)

// Layout of a sheet with one table: message, subtitle, way back, a blank row, then the table.
const (
	headRow   = 5
	maxRows   = 1_000_000 // a sheet of Excel ends at row 1,048,576
	streamAt  = 3000      // from here rows are streamed, which keeps memory small
	maxLinks  = 60_000    // a sheet holds 65,530 links
	whyEmpty  = "Why empty"
	linkTitle = "Link"
)

func (b *book) addSheet(name string) (string, error) {
	if !b.sheetNames[strings.ToLower(name)] {
		b.sheetNames[strings.ToLower(name)] = true
	}
	_, err := b.f.NewSheet(name)
	return name, err
}

// writePlanned writes a sheet; a table that is too long for one sheet goes on on the next.
func (b *book) writePlanned(p *planned) error {
	if len(p.items) > 1 {
		return b.sharedSheet(p)
	}
	it := p.items[0]
	if it.chart != nil {
		return b.chartSheet(p.sheet, it)
	}
	rows := it.table.Rows
	part := *it.table
	sheet, id := p.sheet, it.id
	for n := 1; ; n++ {
		part.Rows = rows[:min(len(rows), maxRows)]
		rows = rows[len(part.Rows):]
		if len(rows) > 0 {
			part.Total = nil
		} else {
			part.Total = it.table.Total
		}
		if err := b.tableSheet(sheet, id, &part); err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		sheet = b.sheetName(p.sheet + " " + strconv.Itoa(n+1))
		id = it.id + "-" + strconv.Itoa(n+1)
	}
}

// place is where the records of a reference stand, as the target of a link; empty when they stand nowhere.
func (b *book) place(ref string) string {
	id, _, _ := strings.Cut(ref, "?")
	return b.places[id]
}

// tableSheet writes one table on a sheet of its own.
func (b *book) tableSheet(sheet, id string, t *reports.Table) error {
	if _, err := b.addSheet(sheet); err != nil {
		return err
	}
	b.sheets = append(b.sheets, sheetInfo{name: sheet, what: t.Title, rows: len(t.Rows)})
	t = withColumns(t)
	stream := len(t.Rows) > streamAt
	lay := b.layOut(t, !stream && links(t) <= maxLinks, widest)
	if stream {
		return b.streamSheet(sheet, id, t, lay)
	}
	if err := b.top(sheet, t.Title, t.Subtitle); err != nil {
		return err
	}
	if err := b.setWidths(sheet, lay.widths); err != nil {
		return err
	}
	if err := b.body(sheet, id, headRow, t, lay, t.Empty); err != nil {
		return err
	}
	return b.finishSheet(sheet, len(lay.heads), len(lay.rows))
}

// withColumns gives a table without columns one: Excel takes no table without.
func withColumns(t *reports.Table) *reports.Table {
	if len(t.Columns) > 0 {
		return t
	}
	return &reports.Table{ID: t.ID, Title: t.Title, Subtitle: t.Subtitle, Note: t.Note, Empty: t.Empty, Columns: []reports.Column{{Key: "none", Title: "No columns"}}}
}

func links(t *reports.Table) (n int) {
	for _, r := range t.Rows {
		for _, v := range r {
			if v.URL != "" {
				n++
			}
		}
	}
	return n
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

// after is the first row below a table with its head in row head, its total and its notes.
func after(t *reports.Table, lay laidOut, head int) int {
	next := head + 1 + len(lay.rows)
	if len(lay.rows) == 0 {
		next = head + 3
	}
	if lay.total != nil {
		next += 2
	}
	for _, note := range []string{reports.MissingKey(t), t.Note} {
		if note != "" {
			next++
		}
	}
	return next
}

// body writes heads, rows, total and note of a table.
func (b *book) body(sheet, id string, headRow int, t *reports.Table, lay laidOut, empty string) error {
	f := b.f
	firstRow := headRow + 1
	for i, h := range lay.heads {
		cell, _ := excelize.CoordinatesToCellName(i+1, headRow)
		if err := f.SetCellStr(sheet, cell, h); err != nil {
			return err
		}
		if err := f.SetCellStyle(sheet, cell, cell, b.style(look{bold: true, wrap: true, right: rightAligned(lay.kinds[i]), indent: i > 0 && !rightAligned(lay.kinds[i]), line: "head", fill: "F3F5F7"})); err != nil {
			return err
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
			return err
		}
		if lay.lines[i] > 1 {
			if err := f.SetRowHeight(sheet, firstRow+i, float64(lay.lines[i])*14.5); err != nil {
				return err
			}
		}
	}
	next := firstRow + len(lay.rows)
	if len(lay.rows) == 0 {
		if empty == "" {
			empty = "No rows."
		}
		if err := f.SetCellStr(sheet, "A"+strconv.Itoa(firstRow+1), text(empty)); err != nil {
			return err
		}
		next = firstRow + 2
	} else if err := b.excelTable(sheet, id, headRow, len(lay.heads), len(lay.rows)); err != nil {
		return err
	}
	if lay.total != nil {
		// a row below the table: sorting and filters of the table leave it in place
		if err := write(next+1, lay.total); err != nil {
			return err
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
			return err
		}
		if err := f.SetCellStyle(sheet, cell, cell, b.style(look{color: "545D68", size: 9})); err != nil {
			return err
		}
	}
	return nil
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
		return b.f.SetCellHyperLink(sheet, cell, b.place(c.ref), "Location")
	}
	return nil
}

func (b *book) excelTable(sheet, id string, headRow, columns, rows int) error {
	end, err := excelize.CoordinatesToCellName(columns, headRow+rows)
	if err != nil {
		return err
	}
	stripes := false
	return b.f.AddTable(sheet, &excelize.Table{Range: "A" + strconv.Itoa(headRow) + ":" + end, Name: b.tableName(id), StyleName: "", ShowRowStripes: &stripes})
}

// streamSheet writes a long table row by row; links stand in a column of their own.
func (b *book) streamSheet(sheet, id string, t *reports.Table, lay laidOut) error {
	yes := true // the writer keeps what a sheet was told before it began: only then it prints one page wide
	if err := b.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes}); err != nil {
		return err
	}
	sw, err := b.f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i, w := range lay.widths {
		if err := sw.SetColWidth(i+1, i+1, w); err != nil {
			return err
		}
	}
	if err := sw.SetPanes(panes(headRow)); err != nil {
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
	const firstRow = headRow + 1
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
	if err := b.pageSetup(sheet, len(lay.heads), headRow); err != nil {
		return err
	}
	return sw.Flush()
}

// chartSheet writes the data of a chart as a table with the native chart below or beside it.
func (b *book) chartSheet(sheet string, it *item) error {
	if _, err := b.addSheet(sheet); err != nil {
		return err
	}
	c, t := it.chart, it.table
	b.sheets = append(b.sheets, sheetInfo{name: sheet, what: c.Title, rows: len(t.Rows)})
	if err := b.top(sheet, c.Title, c.Subtitle); err != nil {
		return err
	}
	lay := b.layOut(t, true, widest)
	if err := b.setWidths(sheet, lay.widths); err != nil {
		return err
	}
	if err := b.body(sheet, it.id, headRow, t, lay, t.Empty); err != nil {
		return err
	}
	// below a short table, where it prints in full width; beside a long one
	column, row := 1, after(t, lay, headRow)+2
	if len(t.Rows) > 18 {
		column, row = len(lay.heads)+2, headRow
	}
	if err := b.draw(sheet, it, headRow, column, row); err != nil {
		return err
	}
	return b.finishSheet(sheet, len(lay.heads), len(lay.rows))
}

// draw puts the picture of a chart at a cell, or tints the cells of its table when it is a map.
func (b *book) draw(sheet string, it *item, headRow, column, row int) error {
	switch {
	case it.chart.Kind == reports.ChartHeat:
		return b.tintCells(sheet, it.chart, headRow)
	case it.native():
		return b.nativeChart(sheet, it.chart, headRow, len(it.table.Rows), column, row)
	}
	return nil
}
