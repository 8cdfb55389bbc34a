package reader

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Marks that a date format puts in front of a date, so that it can be told from a text that looks like one.
const (
	markDay    = "\uE0F0"
	markMoment = "\uE0F1"
	markTime   = "\uE0F2"
)

// xlsxLimit is how much a workbook may unpack to: a small file can hold a huge one.
const xlsxLimit = 4 << 30

// readXLSX reads one sheet. Dates become ISO texts, whatever they look like in the sheet; numbers stay as they are
// stored, not as they are shown; formulas give the value that was last computed.
func (p *run) readXLSX(src *source) (err error) {
	defer func() {
		if r := recover(); r != nil { // a damaged workbook must not end the program
			err = fmt.Errorf("%s: the workbook is damaged (%v): save it again", p.path, r)
		}
	}()
	body, err := src.reader(p.ctx, p.opt.Progress)
	if err != nil {
		return err
	}
	defer body.Close()
	f, err := excelize.OpenReader(body, excelize.Options{UnzipSizeLimit: xlsxLimit})
	if err != nil {
		if src.gap != "" {
			return fmt.Errorf("%s: %s", p.path, src.gap)
		}
		if formatByName(p.path) != "xlsx" && p.opt.Format == "" {
			return fmt.Errorf("%s is a ZIP archive and no Excel workbook: unpack it, and name the file inside", p.path)
		}
		return fmt.Errorf("%s: the workbook cannot be opened, it is damaged, cut off or protected by a password: %w", p.path, err)
	}
	defer f.Close()
	sheet, err := p.sheet(f)
	if err != nil || sheet == "" {
		return err
	}
	p.info.Sheet = sheet
	if err := markDates(f); err != nil {
		return fmt.Errorf("%s: the number formats of the workbook cannot be read: %w", p.path, err)
	}
	rows, err := f.Rows(sheet)
	if err != nil {
		return fmt.Errorf("%s: sheet %q: %w", p.path, sheet, err)
	}
	defer rows.Close()
	raw := &rawRows{f: f, sheet: sheet}
	defer raw.close()

	t := &sheetTable{p: p, rec: Record{Tabular: true}}
	for line := int64(1); rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			if err := p.refuse(line, strings.Join(cells, "\t"), "damaged row: %v", err); err != nil {
				return err
			}
			continue
		}
		for len(cells) > 0 && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) == 0 || int(line) < p.opt.HeaderRow {
			continue
		}
		for i := range cells {
			cells[i] = p.cell(cells[i], raw, line, i)
		}
		if err := t.row(cells, line); err != nil {
			return err
		}
	}
	if err := t.begin(); err != nil {
		return err
	}
	if err := rows.Error(); err != nil {
		p.gap("the sheet %q cannot be read to its end: %v", sheet, err)
	}
	if t.rec.Names == nil {
		p.gap("the sheet %q has no header row", sheet)
	}
	return p.ctx.Err()
}

// sheetTable makes records of the rows of a sheet.
type sheetTable struct {
	p     *run
	rec   Record
	first []sheetRow // the first rows, until the header is decided
}

type sheetRow struct {
	cells []string
	line  int64
}

// headRows is how many rows are looked at before the header is decided.
const headRows = 20

func (t *sheetTable) row(cells []string, line int64) error {
	if t.rec.Names != nil {
		return t.emit(cells, line)
	}
	t.first = append(t.first, sheetRow{cells, line})
	if len(t.first) < headRows && t.p.opt.HeaderRow == 0 {
		return nil
	}
	return t.begin()
}

// begin decides on the header. Rows above it that hold one value, or far fewer than the table has columns, are a
// title, as in a text.
func (t *sheetTable) begin() error {
	if t.rec.Names != nil || len(t.first) == 0 {
		return nil
	}
	most := 0
	for _, r := range t.first {
		most = max(most, filledCells(r.cells))
	}
	head := slices.IndexFunc(t.first, func(r sheetRow) bool { return len(r.cells) > 1 && !isTitle(filledCells(r.cells), most) })
	wide := 0
	for _, r := range t.first[max(head, 0):] {
		if len(r.cells) > 1 {
			wide++
		}
	}
	if rest := len(t.first) - head; t.p.opt.HeaderRow > 0 || head < 0 || wide < 2 || wide*2 <= rest {
		head = 0
	}
	if head > 0 {
		t.p.warn("the header was found in row %d; above it %s no rows of the table: `header_row` names another row", t.first[head].line, stands(head, "row"))
	}
	t.rec.Names = t.p.columns(t.first[head].cells)
	t.rec.Values = make([]Value, len(t.rec.Names))
	for _, r := range t.first[head+1:] {
		if err := t.emit(r.cells, r.line); err != nil {
			return err
		}
	}
	t.first = nil
	return nil
}

func filledCells(cells []string) int {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// emit hands over one row.
func (t *sheetTable) emit(cells []string, line int64) error {
	names := t.rec.Names
	if len(cells) > len(names) {
		return t.p.refuse(line, strings.Join(cells, "\t"), "wrong number of fields: %d, the header has %d", len(cells), len(names))
	}
	for i := range t.rec.Values {
		t.rec.Values[i] = Value{}
		if i < len(cells) && cells[i] != "" {
			if unfit(cells[i]) {
				return t.p.refuse(line, strings.Join(cells, "\t"), "%s", badText(cells[i], names[i], "utf-8"))
			}
			t.rec.Values[i] = Value{Text, cells[i]}
		}
	}
	t.rec.Line = line
	return t.p.emit(&t.rec)
}

// sheet finds the sheet: the configured one, or the first that people see and that holds a table; without one, the
// first that holds anything.
func (p *run) sheet(f *excelize.File) (string, error) {
	all := f.GetSheetList()
	if want := p.opt.Sheet; want != "" {
		for _, s := range all {
			if strings.EqualFold(s, want) {
				return s, nil
			}
		}
		return "", fmt.Errorf("%s has no sheet %q: it has %s", p.path, want, quoteAll(all))
	}
	for _, s := range all {
		if p.opt.Prefer != "" && strings.EqualFold(s, p.opt.Prefer) {
			return s, nil
		}
	}
	best, rank := "", 0
	for _, s := range all {
		r := sheetRank(f, s)
		if visible, err := f.GetSheetVisible(s); r > 0 && err == nil && visible {
			r += 2
		}
		if r > rank {
			best, rank = s, r
		}
	}
	switch {
	case rank == 0:
		p.gap("no sheet of the workbook has rows")
	case len(all) > 1:
		p.warn("the workbook has the sheets %s; %q is read: `sheet` names another", quoteAll(all), best)
	}
	return best, nil
}

// sheetRank is 2 for a sheet whose first rows look like a table, 1 for one that holds anything else, 0 for an empty one.
func sheetRank(f *excelize.File, sheet string) int {
	rows, err := f.Rows(sheet)
	if err != nil {
		return 0 // a chart sheet has no rows
	}
	defer rows.Close()
	seen, wide := 0, 0
	for looked := 0; rows.Next() && (seen == 0 || looked < headRows); looked++ {
		cells, _ := rows.Columns()
		if strings.Join(cells, "") == "" {
			continue
		}
		seen++
		if len(cells) > 1 {
			wide++
		}
	}
	switch {
	case wide >= 2:
		return 2
	case seen > 0:
		return 1
	}
	return 0
}

func quoteAll(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, strconv.Quote(n))
	}
	return strings.Join(out, ", ")
}

// cell gives the value of a cell from its marked text.
func (p *run) cell(s string, raw *rawRows, line int64, column int) string {
	switch {
	case strings.HasPrefix(s, markDay):
		return strings.TrimSuffix(s[len(markDay):], "T00:00:00")
	case strings.HasPrefix(s, markMoment):
		return s[len(markMoment):]
	case strings.HasPrefix(s, markTime):
		return s[len(markTime):]
	case len(s) > 3 && strings.Contains(s, "E") && isNumber(s):
		// A number with more than 15 digits was rounded: take what the file holds.
		if stored := raw.cell(line, column); stored != "" && stored != s {
			if strings.ContainsAny(stored, "eE") {
				if v, err := strconv.ParseFloat(stored, 64); err == nil {
					return strconv.FormatFloat(v, 'f', -1, 64)
				}
			}
			return stored
		}
	}
	return s
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// rawRows reads the sheet a second time, unformatted, for the few cells that need it.
type rawRows struct {
	f     *excelize.File
	sheet string
	rows  *excelize.Rows
	line  int64
	cells []string
}

func (r *rawRows) cell(line int64, column int) string {
	if r.rows == nil {
		rows, err := r.f.Rows(r.sheet)
		if err != nil {
			return ""
		}
		r.rows = rows
	}
	for r.line < line && r.rows.Next() {
		r.line++
		r.cells, _ = r.rows.Columns(excelize.Options{RawCellValue: true})
	}
	if r.line != line || column >= len(r.cells) {
		return ""
	}
	return r.cells[column]
}

func (r *rawRows) close() {
	if r.rows != nil {
		r.rows.Close()
	}
}

// markDates replaces every number format of the workbook in memory: dates get an ISO form behind a mark, all other
// formats are taken away. It is the only way to have the kind of a cell while its sheet streams.
func markDates(f *excelize.File) error {
	ids := map[string]int{}
	for _, m := range []struct{ mark, form string }{
		{markDay, `yyyy-mm-dd"T"hh:mm:ss`},
		{markMoment, `yyyy-mm-dd"T"hh:mm:ss`},
		{markTime, `[hh]:mm:ss`},
	} {
		code := `"` + m.mark + `"` + m.form
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		if err != nil {
			return err
		}
		ids[m.mark] = *f.Styles.CellXfs.Xf[style].NumFmtID
	}
	custom := map[int]string{}
	if f.Styles.NumFmts != nil {
		for _, n := range f.Styles.NumFmts.NumFmt {
			custom[n.NumFmtID] = orElse(n.FormatCode16, n.FormatCode)
		}
	}
	const none = 1 << 20 // no such format: the stored text comes through
	for i := range f.Styles.CellXfs.Xf {
		xf := &f.Styles.CellXfs.Xf[i]
		if xf.NumFmtID == nil {
			continue
		}
		id := none
		if mark := dateKind(*xf.NumFmtID, custom[*xf.NumFmtID]); mark != "" {
			id = ids[mark]
		}
		xf.NumFmtID = &id
	}
	return nil
}

// dateKind tells by its number format whether a cell holds a day, a moment or a time (numbers in ECMA-376, 18.8.30).
func dateKind(id int, code string) string {
	if code == "" {
		switch {
		case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
			return markDay
		case id == 22:
			return markMoment
		case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55, id == 56:
			return markTime
		}
		return ""
	}
	day, clock := false, false
	minutes := false
	section, _, _ := strings.Cut(code, ";") // the first section is for positive numbers, and dates are positive
	for i := 0; i < len(section); i++ {
		switch c := section[i]; c {
		case '"': // literal text
			if j := strings.IndexByte(section[i+1:], '"'); j >= 0 {
				i += j + 1
			} else {
				i = len(section)
			}
		case '\\', '_', '*':
			i++
		case '[': // [h] and [mm] are elapsed time, [Red] and [$-407] are not
			j := strings.IndexByte(section[i:], ']')
			if j < 0 {
				i = len(section)
				continue
			}
			if in := strings.ToLower(section[i+1 : i+j]); in != "" && strings.Trim(in, "hms") == "" {
				clock = true
			}
			i += j
		case 'y', 'Y', 'd', 'D':
			day = true
		case 'h', 'H', 's', 'S':
			clock = true
		case 'm', 'M':
			minutes = true
		case 'G', 'g', 'E', 'e':
			if strings.HasPrefix(strings.ToLower(section[i:]), "general") {
				i += len("general") - 1
			}
		case 'A', 'a':
			if strings.HasPrefix(strings.ToLower(section[i:]), "am/pm") {
				i += len("am/pm") - 1
				clock = true
			}
		}
	}
	switch {
	case day && clock:
		return markMoment
	case day, minutes && !clock: // m alone is a month
		return markDay
	case clock:
		return markTime
	}
	return ""
}
