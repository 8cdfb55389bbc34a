package xlsx

import (
	"strconv"
	"strings"

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
