package render

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"deskproof/reports"
	"deskproof/reports/render/fixture"
)

func render(t testing.TB, format string, doc *reports.Document) []byte {
	t.Helper()
	r, ok := For(format)
	if !ok {
		t.Fatalf("no renderer for %s", format)
	}
	var buf bytes.Buffer
	if err := r.Render(context.Background(), &buf, doc); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	if dir := os.Getenv("RENDER_OUT"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "report."+format), buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes()
}

func TestRegistry(t *testing.T) {
	for _, name := range []string{"html", "pdf", "xlsx", "json", "PDF", " Json "} {
		if _, ok := For(name); !ok {
			t.Errorf("no renderer for %q", name)
		}
	}
	if _, ok := For("docx"); ok {
		t.Error("a renderer for docx")
	}
	if got := strings.Join(Formats(), " "); got != "html pdf xlsx json" {
		t.Errorf("formats %s", got)
	}
}

// The same document gives the same bytes in every format, also when several are rendered at once.
func TestSameBytes(t *testing.T) {
	var mu sync.Mutex
	seen := map[string][]byte{}
	var wg sync.WaitGroup
	for range 2 {
		for _, r := range All() {
			wg.Go(func() {
				var buf bytes.Buffer
				if err := r.Render(context.Background(), &buf, fixture.Document()); err != nil {
					t.Errorf("%s: %v", r.Format(), err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if first, ok := seen[r.Format()]; !ok {
					seen[r.Format()] = buf.Bytes()
				} else if !bytes.Equal(first, buf.Bytes()) {
					t.Errorf("%s differs between two renderings", r.Format())
				}
			})
		}
	}
	wg.Wait()
}

// A figure reads the same in every format.
func TestSameFigures(t *testing.T) {
	doc := fixture.Document()
	want := []string{"92.1%", "94.96%", "3 h 25 min", "no survey source is connected", "1,109 of 1,204"}
	page := string(render(t, "html", doc))
	data := string(render(t, "json", doc))
	for _, w := range append(want, fixture.Names) {
		if !strings.Contains(page, w) {
			t.Errorf("html lacks %q", w)
		}
		if !strings.Contains(data, w) {
			t.Errorf("json lacks %q", w)
		}
	}
	t.Run("pdf", func(t *testing.T) {
		pdf := render(t, "pdf", doc)
		tool, err := exec.LookPath("pdftotext")
		if err != nil {
			t.Skip("pdftotext is not installed")
		}
		file := filepath.Join(t.TempDir(), "report.pdf")
		if err := os.WriteFile(file, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, "-layout", file, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(string(out)), " ")
		for _, w := range append(want[:3:3], "1,109 of 1,204", "Łukasz", "Žofie", "Ωmega", "Ж", "page 3 of", "(continued)", "draft", "as of 3 Nov 2026") {
			if !strings.Contains(text, w) {
				t.Errorf("pdf lacks %q", w)
			}
		}
	})
	t.Run("xlsx", func(t *testing.T) {
		f, err := excelize.OpenReader(bytes.NewReader(render(t, "xlsx", doc)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cell := func(name string) string {
			for _, d := range f.GetDefinedName() {
				if d.Name == name {
					sheet, at, _ := strings.Cut(strings.ReplaceAll(d.RefersTo, "$", ""), "!")
					v, err := f.GetCellValue(strings.Trim(sheet, "'"), at)
					if err != nil {
						t.Fatal(err)
					}
					return v
				}
			}
			t.Errorf("no name %s", name)
			return ""
		}
		for name, want := range map[string]string{"kpi_incidents_in_time": "92.1%", "kpi_requests_in_time": "94.96%", "kpi_downtime": "3:25", "kpi_satisfaction": "", "target_incidents_in_time": "95.0%"} {
			if got := cell(name); got != want {
				t.Errorf("%s shows %q, want %q", name, got, want)
			}
		}
	})
}

func TestWorkbook(t *testing.T) {
	raw := render(t, "xlsx", fixture.Document())
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheets := f.GetSheetList()
	if sheets[0] != "Read me" || sheets[1] != "Summary" {
		t.Errorf("sheets %v", sheets)
	}
	names := map[string]bool{}
	for _, s := range sheets {
		if names[strings.ToLower(s)] || len([]rune(s)) > 31 {
			t.Errorf("sheet %q", s)
		}
		names[strings.ToLower(s)] = true
		tables, err := f.GetTables(s)
		if err != nil {
			t.Fatal(err)
		}
		for i, table := range tables {
			// alone below message, subtitle, way back and a blank row; else below name, way back, message and subtitle
			want := "A5:"
			if a1, _ := f.GetCellValue(s, "A1"); a1 == s {
				want = "A"
			}
			if names[table.Name] || !strings.HasPrefix(table.Range, want) {
				t.Errorf("table %s at %s", table.Name, table.Range)
			}
			if i > 0 && rowsOf(t, tables[i-1].Range)[1]+3 >= rowsOf(t, table.Range)[0] {
				t.Errorf("sheet %s: table %s at %s leaves no room below %s for an empty row, message and subtitle", s, table.Name, table.Range, tables[i-1].Range)
			}
			names[table.Name] = true
		}
		rows, err := f.GetRows(s)
		if err != nil {
			t.Fatal(err)
		}
		for r := range rows {
			for c := range rows[r] {
				at, _ := excelize.CoordinatesToCellName(c+1, r+1)
				if formula, _ := f.GetCellFormula(s, at); formula != "" {
					t.Errorf("%s!%s is the formula %s", s, at, formula)
				}
			}
		}
	}
	get := func(sheet, at string) string {
		v, err := f.GetCellValue(sheet, at)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	raws := func(sheet, at string) string {
		v, err := f.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for at, want := range map[string]string{"A6": "INC0000000", "B11": "=1+1", "B12": "-2+3+cmd|' /C calc'!A0", "D6": "2026-10-31 17:00", "G6": "✗ missed", "E6": "",
		"H6": "Elapsed (business) (h:mm): [x] never started; Share of goal: [z] no goal"} {
		if got := get("Tickets", at); got != want {
			t.Errorf("Tickets!%s is %q, want %q", at, got, want)
		}
	}
	if got := raws("Tickets", "F1006"); got != "1" {
		t.Errorf("share of goal is stored as %q", got)
	}
	if got := get("Tickets", "B8"); !strings.HasSuffix(got, " … [cut: 40014 characters]") || len([]rune(got)) > 32767 {
		t.Errorf("a long title ends %q with %d characters", got[max(0, len(got)-40):], len([]rune(got)))
	}
	if ok, target, _ := f.GetCellHyperLink("Tickets", "A6"); !ok || target != "https://desk.example.com/t/INC0000000?a=1&b=%20" {
		t.Errorf("link %v %q", ok, target)
	}
	if ok, target, _ := f.GetCellHyperLink("Tickets", "A15"); ok {
		t.Errorf("an address that is no web address became the link %q", target)
	}
	// literal _x000D_ stays what it is
	zr, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range zr.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		text := string(body)
		switch {
		case part.Name == "xl/sharedStrings.xml" && !strings.Contains(text, "_x005F_x000D_ literal"):
			t.Error("_x000D_ is not escaped")
		case strings.HasPrefix(part.Name, "xl/worksheets/sheet") && strings.Contains(text, "<f>"):
			t.Errorf("%s holds a formula", part.Name)
		case strings.HasPrefix(part.Name, "xl/charts/chart") && strings.Contains(text, "<barChart>") && !strings.Contains(text, `<min val="0">`) && !strings.Contains(text, "24 of 35 tickets too many"): // these have bars below 0
			t.Errorf("the bars of %s do not begin at 0", part.Name)
		}
	}
}

// rowsOf are the first and the last row of a range.
func rowsOf(t *testing.T, area string) (rows [2]int) {
	t.Helper()
	from, to, _ := strings.Cut(area, ":")
	for i, cell := range []string{from, to} {
		_, row, err := excelize.CellNameToCoordinates(cell)
		if err != nil {
			t.Fatal(err)
		}
		rows[i] = row
	}
	return rows
}

// Tables and charts that name the same sheet share it; a long list has a sheet of its own, and links lead to the message.
func TestWorkbookShares(t *testing.T) {
	table := func(id, sheet string, rows int) *reports.Table {
		out := &reports.Table{ID: id, Title: "Title of " + id, Subtitle: "Subtitle of " + id, Sheet: sheet, Columns: []reports.Column{{Key: "id", Title: "Id", Kind: reports.ID}, {Key: "n", Title: "n", Kind: reports.Count}}}
		for i := range rows {
			out.Rows = append(out.Rows, []reports.Value{{Kind: reports.ID, Text: "k", Ref: "last"}, reports.N(i)})
		}
		return out
	}
	one := 1.0
	doc := fixture.Document()
	doc.Figures = []reports.Figure{{ID: "f", Label: "F", Value: reports.N(1), Link: "last"}}
	chart := &reports.Chart{ID: "chart", Title: "Title of chart", Sheet: "shared ", Kind: reports.ChartColumns, Unit: reports.Count, Labels: []string{"a"}, Series: []reports.ChartSeries{{Name: "s", Values: []*float64{&one}}}}
	doc.Sections = []reports.Section{
		{ID: "a", Short: "A", Title: "A", Blocks: []reports.Block{table("first", "Shared", 2), table("none", "Shared", 0), chart}},
		{ID: "b", Short: "B", Title: "B", Blocks: []reports.Block{table("plain", "", 1), table("plain-too", "", 1), table("long", "Shared", 400), table("last", "Shared", 3)}},
	}
	f, err := excelize.OpenReader(bytes.NewReader(render(t, "xlsx", doc)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := strings.Join(f.GetSheetList(), ","), "Read me,Summary,Shared,B,Long"; got != want {
		t.Fatalf("sheets %s, want %s", got, want)
	}
	places := map[string]string{}
	for _, sheet := range f.GetSheetList() {
		tables, err := f.GetTables(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range tables {
			places[x.Name] = sheet + "!" + x.Range
		}
	}
	// the picture stands beside the data of the chart: 360 pixels are 18 rows, and what follows stands below it
	for name, want := range map[string]string{"tblFirst": "Shared!A6:B8", "tblChart": "Shared!A18:B19", "tblLast": "Shared!A40:B43", "tblPlain": "B!A6:B7", "tblPlainToo": "B!A11:B12", "tblLong": "Long!A5:B405"} {
		if places[name] != want {
			t.Errorf("table %s is at %s, want %s", name, places[name], want)
		}
	}
	for at, want := range map[string]string{"A1": "Shared", "A4": "Title of first", "A5": "Subtitle of first", "A9": "", "A10": "Title of none", "A14": "No rows.", "A16": "Title of chart", "A38": "Title of last", "A39": "Subtitle of last"} {
		if got, _ := f.GetCellValue("Shared", at); got != want {
			t.Errorf("Shared!%s is %q, want %q", at, got, want)
		}
	}
	for at, sheet := range map[string]string{"A7": "Shared", "A6": "Long"} {
		if ok, target, _ := f.GetCellHyperLink(sheet, at); !ok || target != "'Shared'!A38" {
			t.Errorf("%s!%s leads to %q", sheet, at, target)
		}
	}
}

// More rows than are kept in memory are streamed, with the same types.
func TestWorkbookStreams(t *testing.T) {
	doc := fixture.Document()
	table := &reports.Table{ID: "many", Title: "Many", Sheet: "Many: rows/[all]", Columns: []reports.Column{{Key: "id", Title: "Id", Kind: reports.ID}, {Key: "n", Title: "n", Kind: reports.Count}},
		Total: []reports.Value{reports.T("All"), reports.N(5000)}}
	for i := range 5000 {
		v := reports.N(i)
		if i == 7 {
			v = reports.NotMeasured("no source")
		}
		table.Rows = append(table.Rows, []reports.Value{reports.Key("=A1", "https://example.com/?q=1"), v})
	}
	doc.Sections = []reports.Section{{ID: "s", Title: "S", Blocks: []reports.Block{table}}}
	f, err := excelize.OpenReader(bytes.NewReader(render(t, "xlsx", doc)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const sheet = "Many rows all"
	for at, want := range map[string]string{"A6": "=A1", "B12": "6", "B13": "", "C13": "n: [x] no source", "D6": "https://example.com/?q=1", "A5005": "=A1", "B5005": "4,999", "B5007": "5,000"} {
		got, err := f.GetCellValue(sheet, at)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", at, got, want)
		}
	}
	if formula, _ := f.GetCellFormula(sheet, "A6"); formula != "" {
		t.Errorf("a key became the formula %s", formula)
	}
	if tables, _ := f.GetTables(sheet); len(tables) != 1 || tables[0].Range != "A5:D5005" {
		t.Errorf("tables %+v", tables)
	}
}

var update = os.Getenv("UPDATE_GOLDEN") != ""

// The JSON of the fixture is kept as a golden file; UPDATE_GOLDEN=1 writes it anew.
func TestGoldenJSON(t *testing.T) {
	doc := fixture.Document()
	for _, s := range doc.Sections { // a few rows are enough
		for _, b := range s.Blocks {
			if table, ok := b.(*reports.Table); ok && len(table.Rows) > 12 {
				table.Rows = append(table.Rows[:2:2], table.Rows[3:12]...)
			}
		}
	}
	got := render(t, "json", doc)
	if !bytes.HasSuffix(got, []byte("}\n")) {
		t.Error("JSON does not end with a line end")
	}
	file := filepath.Join("testdata", "fixture.golden.json")
	if update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("JSON differs from %s; see the difference and set UPDATE_GOLDEN=1 when it is meant", file)
	}
	if !json.Valid(got) {
		t.Error("invalid JSON")
	}
}

// Documents with nothing in them, or with nonsense, are rendered all the same.
func TestPoorDocuments(t *testing.T) {
	nan := math.NaN()
	odd := []*reports.Document{
		{},
		{ID: "x", Sections: []reports.Section{{}}},
		{ID: "x", Sections: []reports.Section{
			{ID: "a", Title: strings.Repeat("Long title ", 60), Level: 7, Landscape: true},
			{ID: "a", Title: "same id", Blocks: []reports.Block{
				&reports.Table{}, &reports.Table{Columns: []reports.Column{{}}, Rows: [][]reports.Value{{}, {reports.T("a"), reports.T("more cells than columns")}}},
				&reports.Table{ID: "a", Rows: [][]reports.Value{{reports.T("no columns")}}},
				&reports.Chart{}, &reports.Chart{Kind: reports.ChartHeat, Labels: []string{"a"}, Columns: []string{"b"}, Cells: [][]reports.ChartCell{{}, {}, {{Text: "x", Tint: "unknown"}}}},
				&reports.Chart{ID: "a", Kind: reports.ChartLine, Labels: []string{"a", "b"}, Series: []reports.ChartSeries{{Values: []*float64{&nan, nil, nil, nil}}, {Values: []*float64{reports.Ptr(1)}}}},
				&reports.Chart{ID: "a", Kind: reports.ChartStacked, Labels: []string{""}, Series: []reports.ChartSeries{{Values: []*float64{reports.Ptr(0)}}}},
				&reports.Chart{Kind: reports.ChartBars, Unit: reports.Percent, Target: &nan, Labels: []string{"a"}, Series: []reports.ChartSeries{{Values: []*float64{reports.Ptr(-1e12)}}}},
				&reports.Chart{Kind: reports.ChartDots, Labels: []string{"a"}, Series: []reports.ChartSeries{{Values: []*float64{reports.Ptr(2)}}}},
				&reports.Chart{Kind: reports.ChartTimeline, Labels: []string{"a"}, Bands: []reports.ChartBand{{Row: 5}, {Row: 0, From: time.Unix(0, 0), To: time.Unix(1, 0), State: "?"}}},
				&reports.Tiles{}, &reports.Tiles{Figures: make([]reports.Figure, 9)}, &reports.Facts{}, &reports.List{}, &reports.Timeline{}, &reports.Callout{Text: strings.Repeat("long\n", 400)},
				&reports.Paragraph{Text: "\xff\xfe invalid " + strings.Repeat("word ", 3000)},
				&reports.Facts{Items: []reports.Field{{Label: strings.Repeat("label ", 40), Value: reports.T(strings.Repeat("value ", 2000))}, {Value: reports.Value{Kind: reports.Percent, Number: nan}}}},
			}},
		}},
	}
	for i, doc := range odd {
		for _, r := range All() {
			if err := r.Render(context.Background(), io.Discard, doc); err != nil {
				t.Errorf("document %d as %s: %v", i, r.Format(), err)
			}
		}
	}
}

// A cancelled run ends with an error and writes nothing.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, r := range All() {
		var buf bytes.Buffer
		if err := r.Render(ctx, &buf, fixture.Document()); err == nil || buf.Len() > 0 {
			t.Errorf("%s: error %v, %d bytes written", r.Format(), err, buf.Len())
		}
	}
}

// No text of the PDF stands outside the live area of its page.
func TestPDFStaysOnPaper(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	file := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(file, render(t, "pdf", fixture.Document()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-bbox", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(`<page width="([0-9.]+)" height="([0-9.]+)">`)
	word := regexp.MustCompile(`<word xMin="([0-9.-]+)" yMin="([0-9.-]+)" xMax="([0-9.-]+)" yMax="([0-9.-]+)">(.*)</word>`)
	num := func(s string) float64 {
		var f float64
		if err := json.Unmarshal([]byte(s), &f); err != nil {
			t.Fatal(err)
		}
		return f
	}
	width, height, pages := 0.0, 0.0, 0
	const mm = 72 / 25.4
	for line := range strings.Lines(string(out)) {
		if m := page.FindStringSubmatch(line); m != nil {
			width, height = num(m[1]), num(m[2])
			pages++
		}
		if m := word.FindStringSubmatch(line); m != nil {
			if num(m[1]) < 17.5*mm || num(m[3]) > width-17.5*mm || num(m[2]) < 8*mm || num(m[4]) > height-4*mm {
				t.Errorf("page %d: %q stands at %s, %s to %s, %s of %g × %g", pages, m[5], m[1], m[2], m[3], m[4], width, height)
			}
		}
	}
	if pages < 8 {
		t.Errorf("%d pages", pages)
	}
}

func BenchmarkThreeDocuments(b *testing.B) {
	for b.Loop() {
		for range 3 {
			for _, r := range All() {
				if err := r.Render(context.Background(), io.Discard, fixture.Document()); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
