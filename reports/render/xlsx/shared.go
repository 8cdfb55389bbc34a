package xlsx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"deskproof/reports"
	"deskproof/reports/render/chart"
)

const (
	ownSheetAt   = 300  // a list with more rows has a sheet of its own, whatever sheet it names
	sharedTop    = 4    // a sheet of several begins with its name and the way back
	frozenShared = 2    // rows that stay in sight there: heads differ from table to table
	sharedWidth  = 30.0 // a column serves several tables, so its longest text wraps
	besideAt     = 145  // a chart stands beside its table when that is not wider, in characters
	rowPixels    = 20   // height of a row without a height of its own
)

// planned is a sheet and what stands on it, from the top down.
type planned struct {
	sheet   string
	items   []*item
	widths  []float64
	columns int
}

// item is a table, or a chart with the table of its data.
type item struct {
	id        string
	table     *reports.Table
	chart     *reports.Chart
	lay       laidOut
	top, end  int // row of the message on a shared sheet, and the row of the next
	left, row int // cell of the picture there
}

// native says whether Excel draws a picture of the item.
func (it *item) native() bool {
	return it.chart != nil && len(it.table.Rows) > 0 && it.chart.Kind != reports.ChartHeat && it.chart.Kind != reports.ChartTimeline
}

// makePlan gives every table and chart a sheet: the one it names, else the sheet of its section.
func (b *book) makePlan() {
	wanted := map[string]*planned{}
	add := func(name string, it *item) {
		key := strings.ToLower(strings.Join(strings.Fields(name), " "))
		p := wanted[key]
		switch {
		case p == nil:
			p = &planned{sheet: b.sheetName(name)}
			wanted[key] = p
			b.plan = append(b.plan, p)
		case len(it.table.Rows) > ownSheetAt:
			p = &planned{sheet: b.sheetName(words(it.id))}
			b.plan = append(b.plan, p)
		case len(p.items[0].table.Rows) > ownSheetAt: // the first was long: the others share the next sheet
			p = &planned{sheet: b.sheetName(words(it.id))}
			wanted[key] = p
			b.plan = append(b.plan, p)
		}
		p.items = append(p.items, it)
	}
	first := map[string]*item{} // what the links to an id lead to
	for _, s := range b.doc.Sections {
		short := s.Short
		if short == "" {
			short = words(s.ID)
		}
		own := join(" ", s.Code, short)
		for _, bl := range s.Blocks {
			var it *item
			name := ""
			switch bl := bl.(type) {
			case *reports.Table:
				it, name = &item{id: bl.ID, table: withColumns(bl)}, bl.Sheet
			case *reports.Chart:
				t := *chart.DataTable(bl, b.zone)
				t.ID, t.Empty = bl.ID, chart.EmptyText(bl)
				if !chart.Drawable(bl) {
					t.Rows = nil
				}
				it, name = &item{id: bl.ID, table: withColumns(&t), chart: bl}, bl.Sheet
			default:
				continue
			}
			if strings.TrimSpace(name) == "" {
				name = own
			}
			add(name, it)
			for _, key := range []string{it.id, s.ID} {
				if first[key] == nil && key != "" {
					first[key] = it
				}
			}
		}
	}
	for _, t := range b.collected() {
		name := "Texts"
		if t.ID == "statements" {
			name = words(t.ID)
		}
		add(name, &item{id: t.ID, table: t})
	}
	b.arrange(first)
}

// arrange finds the cell of every item, so that links can lead to it before it is written.
func (b *book) arrange(first map[string]*item) {
	where := map[*item]string{}
	for _, p := range b.plan {
		for _, it := range p.items {
			where[it] = quoted(p.sheet) + "!A1"
		}
	}
	for id, it := range first {
		b.places[id] = where[it] // a layout asks only whether there is a place
	}
	for _, p := range b.plan {
		if len(p.items) > 1 {
			b.stack(p)
			for _, it := range p.items {
				where[it] = quoted(p.sheet) + "!A" + strconv.Itoa(it.top)
			}
		}
	}
	for id, it := range first {
		b.places[id] = where[it]
	}
}

// stack lays out the items of a shared sheet one below the other: message, subtitle, table, notes and an empty row. A
// chart stands beside its table, all of a sheet in one column, or below where the tables leave no room.
func (b *book) stack(p *planned) {
	n := 0
	for _, it := range p.items {
		n += links(it.table)
	}
	left := 0
	for _, it := range p.items {
		it.lay = b.layOut(it.table, n <= maxLinks, sharedWidth)
		for i, w := range it.lay.widths {
			if i == len(p.widths) {
				p.widths = append(p.widths, 0)
			}
			p.widths[i] = max(p.widths[i], w)
		}
		if it.native() {
			left = max(left, len(it.lay.heads)+2)
		}
	}
	p.columns = len(p.widths)
	room := 0.0
	for i := range left - 1 {
		if i < len(p.widths) {
			room += p.widths[i]
		}
	}
	row := sharedTop
	for _, it := range p.items {
		it.top = row
		head := it.head()
		row = after(it.table, it.lay, head) + 1
		it.end = row
		if !it.native() {
			continue
		}
		it.left, it.row = left, head
		// a note runs on to the right, where the picture would hide it
		if room > besideAt || float64(utf8.RuneCountInString(it.table.Note)) > room {
			it.left, it.row = 1, row
		}
		row = max(row, it.row+(pictureHeight(it.chart)+rowPixels-1)/rowPixels+2)
		it.end = row
	}
}

// head is the row of the heads of an item on a shared sheet.
func (it *item) head() int { return it.top + 2 }

// sharedSheet writes a sheet of several tables and charts.
func (b *book) sharedSheet(p *planned) error {
	if _, err := b.addSheet(p.sheet); err != nil {
		return err
	}
	set := func(row int, v string, l look) error {
		return b.set(p.sheet, "A"+strconv.Itoa(row), outCell{value: text(v), style: b.style(l)})
	}
	if err := set(1, p.sheet, look{bold: true, size: 14}); err != nil {
		return err
	}
	if err := set(2, "Back to Read me", look{color: "0B57A4", underline: true}); err != nil {
		return err
	}
	if err := b.f.SetCellHyperLink(p.sheet, "A2", "'Read me'!A1", "Location"); err != nil {
		return err
	}
	if err := b.setWidths(p.sheet, p.widths); err != nil {
		return err
	}
	across := p.columns
	for _, it := range p.items {
		b.sheets = append(b.sheets, sheetInfo{name: p.sheet, what: it.table.Title, rows: len(it.table.Rows), at: "A" + strconv.Itoa(it.top)})
		if err := set(it.top, it.table.Title, look{bold: true, size: 12}); err != nil {
			return err
		}
		if err := set(it.top+1, it.table.Subtitle, look{color: "545D68"}); err != nil {
			return err
		}
		if err := b.body(p.sheet, it.id, it.head(), it.table, it.lay, it.table.Empty); err != nil {
			return fmt.Errorf("table %s: %w", it.id, err)
		}
		if it.chart == nil {
			continue
		}
		if err := b.draw(p.sheet, it, it.head(), it.left, it.row); err != nil {
			return fmt.Errorf("chart %s: %w", it.id, err)
		}
		if it.native() {
			across = max(across, it.left+chartWidth/64)
		}
	}
	if err := b.f.SetPanes(p.sheet, panes(frozenShared)); err != nil {
		return err
	}
	if err := b.breaks(p, across); err != nil {
		return err
	}
	return b.pageSetup(p.sheet, across, 1)
}

// breaks begins a printed page before an item that would not end on the page. A sheet prints one page wide, so a wide
// one is small and holds more rows.
func (b *book) breaks(p *planned, across int) error {
	width, wide, high := 0.0, 640.0, 900.0 // pixels of a page of A4 within its margins
	if across > 7 {
		wide, high = 980, 560
	}
	for _, w := range p.widths {
		width += w * 7
	}
	for _, it := range p.items {
		if it.native() && it.left > 1 {
			left := 0.0
			for i := range it.left - 1 {
				if i < len(p.widths) {
					left += p.widths[i] * 7
				} else {
					left += 64
				}
			}
			width = max(width, left+chartWidth)
		}
	}
	room := high * max(1, width/wide)
	used := 0.0
	for i, it := range p.items {
		high := float64((it.end - it.top) * rowPixels)
		for _, n := range it.lay.lines {
			high += float64((n - 1) * rowPixels)
		}
		if i > 0 && used+high > room {
			if err := b.f.InsertPageBreak(p.sheet, "A"+strconv.Itoa(it.top)); err != nil {
				return err
			}
			used = 0
		}
		used += high
	}
	return nil
}
