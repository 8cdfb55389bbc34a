package pdf

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"deskproof/reports"
	"deskproof/reports/render/fixture"
)

func render(t *testing.T, doc *reports.Document) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := (Renderer{}).Render(context.Background(), &buf, doc); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// The cross-reference tables point at the objects they name, the last one first, back to the first.
func TestCrossReferences(t *testing.T) {
	file := render(t, fixture.Document())
	m := xrefPattern.FindSubmatch(file[len(file)-200:])
	if m == nil {
		t.Fatal("no startxref")
	}
	start, _ := strconv.Atoi(string(m[1]))
	sections := 0
	for start > 0 {
		sections++
		text := string(file[start:min(len(file), start+200_000)])
		if !strings.HasPrefix(text, "xref\n") {
			t.Fatalf("no xref at %d", start)
		}
		lines := strings.Split(text[5:], "\n")
		i := 0
		for ; !strings.HasPrefix(lines[i], "trailer"); i++ {
			var first, count int
			if n, _ := fmt.Sscanf(lines[i], "%d %d", &first, &count); n != 2 {
				t.Fatalf("subsection %q", lines[i])
			}
			for k := range count {
				i++
				if !strings.Contains(lines[i], " n") {
					continue
				}
				offset, _ := strconv.Atoi(lines[i][:10])
				if want := fmt.Sprintf("%d 0 obj", first+k); !strings.HasPrefix(string(file[offset:min(len(file), offset+20)]), want) {
					t.Errorf("object %d is not at %d", first+k, offset)
				}
			}
		}
		start = 0
		if prev := regexp.MustCompile(`/Prev (\d+)`).FindStringSubmatch(strings.Join(lines[i:min(len(lines), i+12)], "\n")); prev != nil {
			start, _ = strconv.Atoi(prev[1])
		}
	}
	if sections != 2 {
		t.Errorf("%d cross-reference tables, want 2", sections)
	}
	for _, want := range []string{"/Lang (en-GB)", "/Type /Outlines", "/DisplayDocTitle true", "/URI (https://example.com/people/jdoe?x=1&y=2)", "/MediaBox [0 246.61 841.89 841.89]"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("the file lacks %s", want)
		}
	}
	if bytes.Contains(file, []byte("javascript:")) {
		t.Error("an address that is no web address became a link")
	}
	if tool, err := exec.LookPath("qpdf"); err == nil {
		cmd := exec.Command(tool, "--check", "-")
		cmd.Stdin = bytes.NewReader(file)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("qpdf: %s", out)
		}
	}
}

// In the layout of the fixture no text crosses the right edge, no two lines of a page overlap, and every page has something.
func TestLayout(t *testing.T) {
	doc := fixture.Document()
	pictures, err := drawCharts(context.Background(), doc)
	if err != nil {
		t.Fatal(err)
	}
	l := layout(doc, pictures, true)
	if len(l.pages) < contentsFrom {
		t.Fatalf("%d pages", len(l.pages))
	}
	l.furniture()
	for i, pg := range l.pages {
		w, h := pageWidth, pageHeight
		if pg.landscape {
			w, h = h, w
		}
		texts := 0
		for _, m := range pg.body {
			if m.text == "" {
				if m.picture > 0 && (m.x+m.w > w-marginSide+0.1 || m.y+m.h > h-marginBottom+0.1) {
					t.Errorf("page %d: a picture leaves the page", i+1)
				}
				continue
			}
			texts++
			end := m.x + style{face: m.face, size: m.size}.width(m.text)
			if m.x < marginSide-0.1 || end > w-marginSide+0.3 || m.y > h-marginBottom+0.1 || m.y < marginTop {
				t.Errorf("page %d: %q stands from %.1f to %.1f at %.1f", i+1, m.text, m.x, end, m.y)
			}
			for _, o := range pg.body {
				if o.text == "" || o == m {
					continue
				}
				oEnd := o.x + style{face: o.face, size: o.size}.width(o.text)
				if d := m.y - o.y; d >= 0 && d < 0.6*m.size*point && o.x < end-0.2 && m.x < oEnd-0.2 {
					t.Errorf("page %d: %q and %q overlap", i+1, m.text, o.text)
				}
			}
		}
		if texts == 0 {
			t.Errorf("page %d is empty", i+1)
		}
	}
	for _, s := range doc.Sections {
		if _, ok := l.anchors[s.ID]; !ok {
			t.Errorf("section %s has no place", s.ID)
		}
	}
	if len(l.numbers) != len(doc.Sections)+1 {
		t.Errorf("%d lines in the contents", len(l.numbers))
	}
}

// Columns of low priority are left out first, and the page says so.
func TestColumnsAreDropped(t *testing.T) {
	table := &reports.Table{ID: "t", Title: "Wide"}
	row := []reports.Value{}
	for i := range 14 {
		table.Columns = append(table.Columns, reports.Column{Key: fmt.Sprint(i), Title: fmt.Sprintf("Column %d", i), Kind: reports.ID, Priority: 1 + i%3})
		row = append(row, reports.Key("INC0000012345", ""))
	}
	table.Rows = [][]reports.Value{row}
	p := &paper{doc: &reports.Document{}, anchors: map[string]anchor{}}
	g := &grid{t: table}
	g.cells = append(g.cells, p.cellRow(table, row, false))
	dropped := g.fit(174, nil)
	if len(dropped) == 0 || g.width() > 174.01 {
		t.Errorf("dropped %v, width %.1f", dropped, g.width())
	}
	for _, i := range g.columns {
		if table.Columns[i].Priority == 3 {
			t.Errorf("column %d of priority 3 is kept while %v are left out", i, dropped)
		}
	}
}

// A short document has no contents page; a long one has.
func TestContentsFromEightPages(t *testing.T) {
	doc := fixture.Document()
	doc.Sections = doc.Sections[:1]
	pictures, err := drawCharts(context.Background(), doc)
	if err != nil {
		t.Fatal(err)
	}
	if l := layout(doc, pictures, false); len(l.pages) >= contentsFrom || len(l.numbers) > 0 {
		t.Errorf("%d pages, %d lines of contents", len(l.pages), len(l.numbers))
	}
}
