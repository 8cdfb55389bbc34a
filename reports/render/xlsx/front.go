package xlsx

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"deskproof/reports"
)

// page is a sheet of words, written from the top down.
type page struct {
	b     *book
	sheet string
	row   int
}

func (p *page) put(column string, v any, l look) error {
	cell := column + strconv.Itoa(p.row)
	return p.b.set(p.sheet, cell, outCell{value: v, style: p.b.style(l)})
}

func (p *page) line(v string, l look) error {
	p.row++
	return p.put("A", text(v), l)
}

// height makes room for wrapped text: columns as wide as given hold about so many characters a line.
func (p *page) height(s string, perLine int) error {
	lines := 1 + len([]rune(s))/perLine
	if lines <= 1 {
		return nil
	}
	return p.b.f.SetRowHeight(p.sheet, p.row, float64(min(lines, 20))*14.5)
}

// columnText is a text and the column it stands in.
type columnText struct{ column, text string }

// readMe says what the workbook is, what stands where and how far it may be trusted.
func (b *book) readMe(sheet string) error {
	doc := b.doc
	p := &page{b: b, sheet: sheet}
	muted := look{color: "545D68"}
	if err := b.f.SetColWidth(sheet, "A", "A", 30); err != nil {
		return err
	}
	if err := b.f.SetColWidth(sheet, "B", "B", 90); err != nil {
		return err
	}
	if err := b.f.SetColWidth(sheet, "C", "C", 12); err != nil {
		return err
	}
	if err := p.line(join(" · ", doc.Title, doc.Organization, doc.Period.Label), look{bold: true, size: 16}); err != nil {
		return err
	}
	pair := func(label, value string) error {
		if value == "" {
			return nil
		}
		p.row++
		if err := p.put("A", text(label), look{color: "545D68"}); err != nil {
			return err
		}
		if err := p.put("B", text(value), look{wrap: true}); err != nil {
			return err
		}
		return p.height(value, 100)
	}
	status := "final"
	if doc.Draft {
		status = "draft"
	}
	asOf := ""
	if !doc.AsOf.IsZero() {
		asOf = reports.Format(reports.At(doc.AsOf), b.zone) + ", time zone " + b.zone.String()
	}
	p.row++
	for _, f := range [][2]string{
		{"Finding", doc.Headline}, {"Data", doc.Trust}, {"As of", asOf}, {"Status", join(", ", status, doc.Class)},
		{"SHA-256 of the inputs", doc.Hash},
	} {
		if err := pair(f[0], f[1]); err != nil {
			return err
		}
	}
	for _, f := range doc.Header {
		if f.Label == "As of" {
			continue
		}
		if err := pair(f.Label, plain(f.Value, b)); err != nil {
			return err
		}
	}
	p.row++
	for i, s := range []string{
		"Figures are values, not formulas; the report recomputes them.",
		"All instants are in the time zone above. Durations are real times ([h]:mm), shares are numbers shown as percent.",
		"An empty number cell is a value that is missing; the column “Why empty” names the missing input. Nothing missing is written as 0.",
		"Filters and frozen heads can be switched off: Data › Filter, View › Freeze panes.",
	} {
		label := ""
		if i == 0 {
			label = "How to read it"
		}
		p.row++
		if err := p.put("A", text(label), muted); err != nil {
			return err
		}
		if err := p.put("B", text(s), look{wrap: true}); err != nil {
			return err
		}
		if err := p.height(s, 100); err != nil {
			return err
		}
	}
	p.row++
	for i, s := range []reports.Status{reports.StatusMet, reports.StatusWatch, reports.StatusMissed, reports.StatusNotMeasured, reports.StatusExcused, reports.StatusNoPromise,
		reports.StatusConforming, reports.StatusNonconforming, reports.StatusNotAssessed, reports.StatusEvidenceDue, reports.StatusNotApplicable, reports.StatusWaived} {
		label := ""
		if i == 0 {
			label = "Status key"
		}
		p.row++
		if err := p.put("A", text(label), muted); err != nil {
			return err
		}
		if err := p.put("B", reports.Format(reports.S(s), b.zone), statusLook(s)); err != nil {
			return err
		}
	}
	p.row += 2
	for _, h := range []columnText{{"A", "Sheet"}, {"B", "What it holds"}, {"C", "Rows"}} {
		if err := p.put(h.column, h.text, look{bold: true, line: "head", right: h.column == "C"}); err != nil {
			return err
		}
	}
	list := append([]sheetInfo{{name: "Summary", what: "The finding, the figures and the messages of all sections", rows: len(doc.Figures)}}, b.sheets...)
	link := look{color: "0B57A4", underline: true}
	for i, s := range list {
		p.row++
		if i == 0 || list[i-1].name != s.name {
			if err := p.put("A", s.name, link); err != nil {
				return err
			}
			if err := b.f.SetCellHyperLink(sheet, "A"+strconv.Itoa(p.row), quoted(s.name)+"!A1", "Location"); err != nil {
				return err
			}
		}
		what := look{wrap: true}
		if s.at != "" { // one of several on its sheet
			what.color, what.underline = link.color, true
			if err := b.f.SetCellHyperLink(sheet, "B"+strconv.Itoa(p.row), quoted(s.name)+"!"+s.at, "Location"); err != nil {
				return err
			}
		}
		if err := p.put("B", text(s.what), what); err != nil {
			return err
		}
		if err := p.height(s.what, 100); err != nil {
			return err
		}
		if err := p.put("C", s.rows, look{format: formatCount}); err != nil {
			return err
		}
	}
	if len(doc.About) > 0 {
		p.row++
		if err := p.line("About this report", look{bold: true}); err != nil {
			return err
		}
		for _, f := range doc.About {
			if err := pair(f.Label, plain(f.Value, b)); err != nil {
				return err
			}
		}
	}
	return b.pageSetup(sheet, 0, 0)
}

func plain(v reports.Value, b *book) string {
	s := reports.Format(v, b.zone)
	if v.Kind == reports.Missing {
		s = join(" ", s, v.Text)
	}
	return s
}

// summary is the first page of the report as a sheet: finding, figures with names, and the message of every section.
func (b *book) summary(sheet string) error {
	doc := b.doc
	p := &page{b: b, sheet: sheet}
	for i, w := range []float64{40, 18, 22, 14, 38, 26, 44} {
		col := string(rune('A' + i))
		if err := b.f.SetColWidth(sheet, col, col, w); err != nil {
			return err
		}
	}
	headline := doc.Headline
	if headline == "" {
		headline = doc.Title
	}
	if err := p.line(headline, look{bold: true, size: 14}); err != nil {
		return err
	}
	if err := p.line(join(" · ", doc.Title, doc.Organization, doc.Period.Label), look{color: "545D68"}); err != nil {
		return err
	}
	for _, s := range append(append([]string{}, doc.Lead...), doc.Trust) {
		if s != "" {
			if err := p.line(s, look{}); err != nil {
				return err
			}
		}
	}
	if !doc.Period.From.IsZero() && !doc.Period.To.IsZero() {
		for _, f := range []struct {
			name, label string
			v           reports.Value
		}{{"period_from", "Period from", reports.At(doc.Period.From)}, {"period_to", "Period to (not included)", reports.At(doc.Period.To)}} {
			p.row++
			if err := p.put("A", f.label, look{color: "545D68"}); err != nil {
				return err
			}
			value, l, _ := b.cellOf(f.v, reports.Instant, false)
			if err := p.put("B", value, l); err != nil {
				return err
			}
			if err := b.name(f.name, sheet, "B", p.row); err != nil {
				return err
			}
		}
	}
	if err := b.figures(p); err != nil {
		return err
	}
	p.row += 2
	for _, h := range []columnText{{"A", "Section"}, {"B", "Message"}} {
		if err := p.put(h.column, h.text, look{bold: true, line: "head"}); err != nil {
			return err
		}
	}
	for _, s := range doc.Sections {
		p.row++
		name := s.Short
		if name == "" {
			name = words(s.ID)
		}
		l := look{}
		cell := "A" + strconv.Itoa(p.row)
		place := b.places[s.ID]
		if place != "" {
			l = look{color: "0B57A4", underline: true}
		}
		if err := p.put("A", text(join(" ", s.Code, name)), l); err != nil {
			return err
		}
		if place != "" {
			if err := b.f.SetCellHyperLink(sheet, cell, place, "Location"); err != nil {
				return err
			}
		}
		if err := p.put("B", text(s.Title), look{}); err != nil {
			return err
		}
	}
	return b.pageSetup(sheet, 0, 0)
}

// figures writes all figures of the document, each value in a cell with a name of its own.
func (b *book) figures(p *page) error {
	figures := append([]reports.Figure{}, b.doc.Figures...)
	seen := map[string]bool{}
	for _, f := range figures {
		seen[f.ID] = true
	}
	for _, s := range b.doc.Sections {
		for _, bl := range s.Blocks {
			if tiles, ok := bl.(*reports.Tiles); ok {
				for _, f := range tiles.Figures {
					if f.ID == "" || !seen[f.ID] {
						figures = append(figures, f)
						seen[f.ID] = true
					}
				}
			}
		}
	}
	if len(figures) == 0 {
		return nil
	}
	p.row += 2
	for i, h := range []string{"Figure", "Value", "Status", "Target", "Variance", "Basis", "Why empty"} {
		if err := p.put(string(rune('A'+i)), h, look{bold: true, line: "head", right: i == 1 || i == 3, indent: i == 2 || i == 4}); err != nil {
			return err
		}
	}
	for _, f := range figures {
		p.row++
		l := look{line: "row"}
		if place := b.place(f.Link); place != "" {
			l.color, l.underline = "0B57A4", true
			if err := b.f.SetCellHyperLink(p.sheet, "A"+strconv.Itoa(p.row), place, "Location"); err != nil {
				return err
			}
		}
		if err := p.put("A", text(f.Label), l); err != nil {
			return err
		}
		// the column takes numbers of every kind, so a missing value stays an empty cell
		value, vl, why := b.cellOf(f.Value, reports.Number, false)
		vl.line, vl.bold, vl.right = "row", true, true
		if f.Value.Kind == reports.Points {
			vl.format = `+0.0" points";"−"0.0" points";0.0" points"`
		}
		if err := p.put("B", value, vl); err != nil {
			return err
		}
		sl := statusLook(f.Status)
		sl.line, sl.indent = "row", true
		if err := p.put("C", reports.Format(reports.S(f.Status), b.zone), sl); err != nil {
			return err
		}
		var target any
		tl := look{}
		if f.Target != (reports.Value{}) {
			target, tl, _ = b.cellOf(f.Target, reports.Number, false)
		}
		tl.line, tl.right = "row", true
		if err := p.put("D", target, tl); err != nil {
			return err
		}
		for _, v := range []columnText{{"E", f.Variance}, {"F", f.Basis}, {"G", why}} {
			if err := p.put(v.column, text(v.text), look{line: "row", indent: v.column == "E"}); err != nil {
				return err
			}
		}
		if f.ID != "" {
			if err := b.name(b.definedName("kpi_", f.ID), p.sheet, "B", p.row); err != nil {
				return err
			}
			if target != nil {
				if err := b.name(b.definedName("target_", f.ID), p.sheet, "D", p.row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *book) name(name, sheet, column string, row int) error {
	return b.f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: fmt.Sprintf("%s!$%s$%d", quoted(sheet), column, row)})
}

// collected holds the words of the document that are neither table nor chart as tables of their own, so that the
// workbook holds all that the other formats hold: statements (labelled values), events, and running text.
func (b *book) collected() []*reports.Table {
	col := func(key, title string, k reports.Kind) reports.Column {
		return reports.Column{Key: key, Title: title, Kind: k}
	}
	facts := &reports.Table{ID: "statements", Title: "Labelled values of all sections", Columns: []reports.Column{
		col("section", "Section", ""), col("group", "Group", ""), col("label", "Label", ""), col("value", "Value", "")}}
	events := &reports.Table{ID: "events", Title: "Events of all timelines", Columns: []reports.Column{
		col("section", "Section", ""), col("timeline", "Timeline", ""), col("at", "At", reports.Instant), col("mark", "Status", ""), col("event", "Event", ""), col("note", "Note", "")}}
	notes := &reports.Table{ID: "texts", Title: "Text of all sections, in order", Columns: []reports.Column{
		col("section", "Section", ""), col("kind", "Kind", ""), col("text", "Text", "")}}
	queries := &reports.Table{ID: "queries", Title: "Queries as they were run, line by line", Columns: []reports.Column{
		col("code", "Code", reports.ID), col("line", "Line", reports.Count), col("sql", "SQL", "")}}
	for _, s := range b.doc.Sections {
		name := s.Short
		if name == "" {
			name = words(s.ID)
		}
		name = join(" ", s.Code, name)
		note := func(kind, words string) {
			notes.Rows = append(notes.Rows, []reports.Value{reports.T(name), reports.T(kind), reports.T(words)})
		}
		for _, bl := range s.Blocks {
			switch bl := bl.(type) {
			case *reports.Facts:
				for _, f := range bl.Items {
					v := f.Value
					if v.Kind != reports.ID && v.Kind != reports.State {
						v = reports.Value{Text: plain(v, b), URL: v.URL, Ref: v.Ref}
					}
					facts.Rows = append(facts.Rows, []reports.Value{reports.T(name), reports.T(bl.Title), reports.T(f.Label), v})
				}
			case *reports.Timeline:
				for _, e := range bl.Items {
					mark := reports.Value{}
					if e.Mark != reports.StatusNone {
						mark = reports.S(e.Mark)
					}
					events.Rows = append(events.Rows, []reports.Value{reports.T(name), reports.T(bl.Title), reports.At(e.At), mark, reports.T(e.Text), reports.T(e.Note)})
				}
			case *reports.Code:
				for i, line := range strings.Split(bl.Text, "\n") {
					queries.Rows = append(queries.Rows, []reports.Value{reports.Key(bl.Title, ""), reports.N(i + 1), reports.T(line)})
				}
			case *reports.Paragraph:
				note("paragraph", bl.Text)
			case *reports.Callout:
				note(bl.Kind, join(": ", bl.Title, bl.Text))
			case *reports.List:
				for _, item := range bl.Items {
					note("list", item)
				}
			}
		}
	}
	var tables []*reports.Table
	for _, t := range []*reports.Table{facts, events, notes, queries} {
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}
