package registers

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"deskproof/reports/render/xlsx"
)

// maxRow is the last row in which choices and days are checked as they are typed. Below it they are checked when collected.
const maxRow = 2000

// firstDay and lastDay bound the days that may be typed, as numbers of Excel's calendar: 1970-01-01 and 2200-12-31.
const firstDay, lastDay = 25569, 109938

// Workbook writes a register as a workbook: entries on the first sheet, with choices and days checked as they are typed,
// then examples (when there are any) and what each column means. Every text is a text, never a formula. The same input
// gives the same bytes.
func (r Register) Workbook(names []string, entries, examples [][]string) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	w := &workbook{f: f, r: r, names: names}
	for _, step := range []func() error{w.styles, func() error { return w.entries(entries) }, func() error { return w.examples(examples) }, w.meanings, w.properties} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("register %s: %w", r.Entity, err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, fmt.Errorf("register %s: %w", r.Entity, err)
	}
	var out bytes.Buffer
	err := xlsx.Repack(&out, b.Bytes())
	return out.Bytes(), err
}

type workbook struct {
	f     *excelize.File
	r     Register
	names []string

	head, needed, text, day, grey, title, body int // styles
}

func (w *workbook) styles() error {
	iso, plain := "yyyy-mm-dd", "@"
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, s := range []struct {
		to    *int
		style excelize.Style
	}{
		{&w.head, excelize.Style{Font: &excelize.Font{Family: "Calibri", Size: 11, Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"3E5C76"}}, Alignment: &excelize.Alignment{Vertical: "center"}}},
		{&w.needed, excelize.Style{Font: &excelize.Font{Family: "Calibri", Size: 11, Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1D2D44"}}, Alignment: &excelize.Alignment{Vertical: "center"}}},
		{&w.text, excelize.Style{CustomNumFmt: &plain, Alignment: top}},
		{&w.day, excelize.Style{CustomNumFmt: &iso, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left"}}},
		{&w.grey, excelize.Style{CustomNumFmt: &plain, Font: &excelize.Font{Family: "Calibri", Size: 11, Italic: true, Color: "6B7280"}, Alignment: top}},
		{&w.title, excelize.Style{Font: &excelize.Font{Family: "Calibri", Bold: true, Size: 14}}},
		{&w.body, excelize.Style{Alignment: top}},
	} {
		id, err := w.f.NewStyle(&s.style)
		if err != nil {
			return err
		}
		*s.to = id
	}
	return nil
}

// column is the column of the model under a heading; a person's own has no rules.
func (w *workbook) column(name string) Column {
	i := slices.IndexFunc(w.r.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{Name: name, Type: "VARCHAR"}
	}
	return w.r.Columns[i]
}

// width is how wide a column is, in letters.
func (c Column) width() float64 {
	switch c.Name {
	case "title", "action", "cause", "correction", "requirements", "effect_expected", "effect_measured", "evidence", "outcome":
		return 44
	}
	if len(c.Allowed) > 0 && c.Type == "VARCHAR" {
		longest := slices.MaxFunc(c.Allowed, func(a, b string) int { return len(a) - len(b) })
		return max(float64(len(longest)), float64(len(c.Name))) + 3
	}
	if c.Type == "VARCHAR" && len(c.Allowed) == 0 && !strings.HasSuffix(c.Name, "_id") {
		return 24
	}
	return max(13, float64(len(c.Name))+3)
}

// sheet lays out headings and widths, and freezes what stays in sight.
func (w *workbook) sheet(name string) error {
	for i, n := range w.names {
		cell, _ := excelize.CoordinatesToCellName(i+1, 1)
		letter, _ := excelize.ColumnNumberToName(i + 1)
		c := w.column(n)
		style, format := w.head, w.text
		if c.Needed {
			style = w.needed
		}
		switch { // a number typed into a cell of texts would be refused as none
		case c.Type == "DATE":
			format = w.day
		case c.Type == "INTEGER" || c.Kind() == "number":
			format = w.body
		}
		if err := w.f.SetColStyle(name, letter, format); err != nil {
			return err
		}
		if err := w.f.SetColWidth(name, letter, letter, c.width()); err != nil {
			return err
		}
		if err := w.f.SetCellStr(name, cell, n); err != nil {
			return err
		}
		if err := w.f.SetCellStyle(name, cell, cell, style); err != nil {
			return err
		}
	}
	if err := w.f.SetRowHeight(name, 1, 22); err != nil {
		return err
	}
	if err := w.page(name); err != nil {
		return err
	}
	return w.f.SetPanes(name, &excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"})
}

func (w *workbook) entries(rows [][]string) error {
	name := w.r.Entity
	if err := w.f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	if err := w.sheet(name); err != nil {
		return err
	}
	for i, row := range rows {
		if err := w.row(name, i+2, row, 0); err != nil {
			return err
		}
	}
	last, _ := excelize.ColumnNumberToName(len(w.names))
	if err := w.f.AutoFilter(name, "A1:"+last+"1", nil); err != nil {
		return err
	}
	for i, n := range w.names {
		dv, err := w.column(n).validation()
		if err != nil {
			return err
		}
		letter, _ := excelize.ColumnNumberToName(i + 1)
		dv.SetSqref(fmt.Sprintf("%s2:%s%d", letter, letter, maxRow))
		if err := w.f.AddDataValidation(name, dv); err != nil {
			return err
		}
	}
	return w.page(name) // the filter takes the properties of the sheet away
}

// validation is what may be typed into a column, and what is said when somebody goes there.
func (c Column) validation() (*excelize.DataValidation, error) {
	dv := excelize.NewDataValidation(true)
	dv.SetInput(clip(c.Name, 32), clip(c.Meaning, 250))
	if len(c.Meaning) == 0 {
		dv.ShowInputMessage = false
	}
	refuse := func(msg string) { dv.SetError(excelize.DataValidationErrorStyleStop, clip(c.Name, 32), clip(msg, 220)) }
	var err error
	switch {
	case c.Bounds != nil:
		err = dv.SetRange(c.Bounds[0], c.Bounds[1], excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween)
		refuse(fmt.Sprintf("Type a whole number from %d to %d.", c.Bounds[0], c.Bounds[1]))
	case len(c.choices()) > 0:
		err = dv.SetDropList(c.choices())
		refuse("Choose one of the list: " + strings.Join(c.choices(), ", ") + ".")
	case c.Type == "DATE":
		err = dv.SetRange(firstDay, lastDay, excelize.DataValidationTypeDate, excelize.DataValidationOperatorBetween)
		refuse("Type a day, such as 2026-01-31.")
	case c.Kind() == "number" || c.Kind() == "whole number":
		err = dv.SetRange(-1e12, 1e12, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween)
		refuse("Type a number.")
	}
	return dv, err
}

// row writes values in the types of their columns; what is not of its type stays a text.
func (w *workbook) row(sheet string, n int, row []string, style int) error {
	for i, v := range row {
		if v == "" {
			continue
		}
		cell, _ := excelize.CoordinatesToCellName(i+1, n)
		c := w.column(w.names[i])
		as, err := w.text, error(nil)
		day, dayErr := time.Parse(time.DateOnly, v)
		number, numberErr := strconv.ParseFloat(v, 64)
		switch {
		case c.Type == "DATE" && dayErr == nil:
			as, err = w.day, w.f.SetCellInt(sheet, cell, int64(day.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours()/24))
		case numberErr == nil && (c.Type == "INTEGER" || c.Kind() == "number"):
			as, err = w.body, w.f.SetCellFloat(sheet, cell, number, -1, 64)
		default:
			err = w.f.SetCellStr(sheet, cell, v)
		}
		if err != nil {
			return err
		}
		if style != 0 && as == w.text {
			as = style
		}
		if err := w.f.SetCellStyle(sheet, cell, cell, as); err != nil {
			return err
		}
	}
	return nil
}

// examples go to a sheet of their own, which is not read.
func (w *workbook) examples(rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	const name = "Examples"
	if _, err := w.f.NewSheet(name); err != nil {
		return err
	}
	if err := w.sheet(name); err != nil {
		return err
	}
	for i, row := range rows {
		if err := w.row(name, i+2, row, w.grey); err != nil {
			return err
		}
	}
	return nil
}

// meanings explains the register and its columns.
func (w *workbook) meanings() error {
	const name = "Columns"
	if _, err := w.f.NewSheet(name); err != nil {
		return err
	}
	for i, width := range []float64{24, 18, 9, 64, 52} {
		letter, _ := excelize.ColumnNumberToName(i + 1)
		if err := w.f.SetColWidth(name, letter, letter, width); err != nil {
			return err
		}
	}
	line := 1
	put := func(style int, values ...string) error {
		for i, v := range values {
			cell, _ := excelize.CoordinatesToCellName(i+1, line)
			if err := w.f.SetCellStr(name, cell, v); err != nil {
				return err
			}
			if err := w.f.SetCellStyle(name, cell, cell, style); err != nil {
				return err
			}
		}
		line++
		return nil
	}
	lines := []struct {
		style  int
		values []string
	}{{w.title, []string{w.r.Title}}}
	for _, s := range []string{w.r.Purpose, "An auditor asks: " + w.r.Asks, w.r.Keep,
		"Only the first sheet is read. A column of your own has a name that begins with x_; any other is refused, so that a mistyped one is not lost.",
		"An id of another system is written with its name, such as desk:SVC-06; without one, an entry of the registers is meant."} {
		lines = append(lines, struct {
			style  int
			values []string
		}{w.body, []string{s}})
	}
	for _, l := range lines {
		if len(l.values) == 1 && l.style == w.body {
			if err := w.f.MergeCell(name, fmt.Sprintf("A%d", line), fmt.Sprintf("E%d", line)); err != nil {
				return err
			}
			if err := w.f.SetRowHeight(name, line, 16*float64(1+len(l.values[0])/150)); err != nil {
				return err
			}
		}
		if err := put(l.style, l.values...); err != nil {
			return err
		}
	}
	line++
	if err := put(w.head, "column", "takes", "needed", "meaning", "values"); err != nil {
		return err
	}
	for _, c := range w.r.Columns {
		needed := ""
		if c.Needed {
			needed = "yes"
		}
		values := ""
		if c.Type != "INTEGER" {
			values = strings.Join(c.Allowed, ", ")
		}
		means := c.Meaning
		if values != "" && strings.HasPrefix(means, c.Allowed[0]) {
			means = ""
		}
		rows := max(1+len(means)/62, 1+len(values)/50)
		if err := w.f.SetRowHeight(name, line, 15.5*float64(rows)); err != nil {
			return err
		}
		if err := put(w.body, c.Name, c.Kind(), needed, means, values); err != nil {
			return err
		}
	}
	return w.page(name)
}

// page puts all columns on one page when the sheet is printed.
func (w *workbook) page(sheet string) error {
	if err := w.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: ptr(true)}); err != nil {
		return err
	}
	return w.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: ptr("landscape"), FitToWidth: ptr(1), FitToHeight: ptr(0)})
}

func (w *workbook) properties() error {
	const stamp = "2000-01-01T00:00:00Z" // a template has no time of its own
	w.f.SetActiveSheet(0)
	return w.f.SetDocProps(&excelize.DocProperties{Title: w.r.Title, Creator: "deskproof", LastModifiedBy: "deskproof", Created: stamp, Modified: stamp, Language: "en-GB"})
}

func ptr[T any](v T) *T { return &v }

// clip shortens a text to what Excel takes.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
