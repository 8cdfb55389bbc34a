package html

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"deskproof/reports"
	"deskproof/reports/render/chart"
)

// builder turns the blocks of a document into what the template shows.
type builder struct {
	ctx     context.Context
	doc     *reports.Document
	zone    *time.Location
	used    map[string]bool
	options map[string]json.RawMessage
	data    []packed
}

type field struct {
	Label string
	Value cell
}

// cell is a value ready to be shown.
type cell struct {
	Text, Class, Sort string
	Missing           bool
	Why               string
	Status            reports.Status
	Sign, Word        string
	URL, Ref          string
	Strong            bool
}

// Anchor is the place inside the page that the cell leads to, with a filter where it has one: exception-list?code=X-a. It comes
// from the builder of the report, never from a record.
func (c cell) Anchor() template.URL { return template.URL(c.Ref) }

type tile struct {
	ID, Label, Text, Link string
	Words                 bool
	Status                cell
	Lines                 []string
}

type section struct {
	ID, Code, Title, Subtitle string
	Level                     int
	Blocks                    []block
}

// block is one block; the fields used depend on Type.
type block struct {
	Type, ID, H, Title, Subtitle, Text, Note, Kind, KindWord, Empty, Alt string
	Muted, Numbered                                                      bool
	Items                                                                []string
	Fields                                                               []field
	Figures                                                              []tile
	Table                                                                *table
	SVG                                                                  template.HTML
	Height                                                               int
	Events                                                               []event
}

type event struct {
	Stamp, At, Text, Note string
	Status                cell
}

type column struct{ Key, Title, Kind, Class string }

type table struct {
	ID, Name, Title, Subtitle, Note, Empty, Filters, Key, BigNote string
	Search, Big, Long                                             bool
	Wide                                                          bool // scrolls sideways: nothing is gained by narrow columns
	Count                                                         int
	Columns                                                       []column
	Rows                                                          [][]cell
	Total                                                         []cell
}

var notID = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// id is an id that no other element of the page has.
func (b *builder) id(want, otherwise string) string {
	want = strings.Trim(notID.ReplaceAllString(want, "-"), "-")
	if want == "" {
		want = otherwise
	}
	id := want
	for n := 2; b.used[id]; n++ {
		id = want + "-" + strconv.Itoa(n)
	}
	b.used[id] = true
	return id
}

// safeURL keeps links to the web and mail; anything else would be a way to run code.
func safeURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Host != "" {
			return s
		}
	case "mailto":
		return s
	}
	return ""
}

func classOf(k reports.Kind) string {
	switch k {
	case reports.Count, reports.Number, reports.Percent, reports.Points, reports.Duration:
		return "num"
	case reports.Instant, reports.Date:
		return "date"
	case reports.State:
		return "state"
	}
	return ""
}

// value makes a cell of a value; column is the kind of its column, which decides the alignment.
func (b *builder) value(v reports.Value, column reports.Kind, wrap bool) cell {
	c := cell{Text: reports.Format(v, b.zone), URL: safeURL(v.URL), Ref: v.Ref, Strong: v.Strong, Class: classOf(column)}
	if own := classOf(v.Kind); c.Class == "" && own != "" && own != "state" { // a number in a column of words is not broken either
		c.Class = "date"
	}
	if column == reports.ID && len(c.Text) <= 40 {
		c.Class = "id"
	}
	if wrap {
		c.Class = strings.TrimSpace(c.Class + " wrap")
	}
	switch v.Kind {
	case reports.Count, reports.Number, reports.Percent, reports.Points, reports.Duration:
		if !math.IsNaN(v.Number) && !math.IsInf(v.Number, 0) {
			c.Sort = strconv.FormatFloat(v.Number, 'g', -1, 64)
		}
	case reports.Instant, reports.Date:
		if !v.Time.IsZero() {
			c.Sort = strconv.FormatInt(v.Time.Unix(), 10)
		}
	case reports.State:
		c.Status, c.Sign, c.Word = v.Status, v.Status.Symbol(), v.Status.Word()
	case reports.Missing:
		c.Missing, c.Why = true, v.Text
	}
	return c
}

func (b *builder) fields(in []reports.Field) []field {
	var out []field
	for _, f := range in {
		out = append(out, field{f.Label, b.value(f.Value, reports.Text, false)})
	}
	return out
}

func (b *builder) tiles(figures []reports.Figure) []tile {
	var out []tile
	for _, f := range figures {
		t := tile{ID: f.ID, Label: f.Label, Link: f.Link, Text: reports.Format(f.Value, b.zone)}
		switch f.Value.Kind {
		case reports.Missing:
			t.Text, t.Words = reports.MissingWord(f.Value.Code), true
			if f.Value.Text != "" {
				t.Lines = append(t.Lines, f.Value.Text)
			}
		case reports.Text, reports.State, reports.ID, reports.Instant:
			t.Words = len(t.Text) > 12
		}
		said := f.Value.Kind == reports.Missing && f.Status == reports.StatusNotMeasured
		if f.Status != reports.StatusNone && !said {
			t.Status = b.value(reports.S(f.Status), reports.State, false)
		}
		if f.Target != (reports.Value{}) {
			t.Lines = append(t.Lines, "target "+reports.Format(f.Target, b.zone))
		}
		for _, line := range []string{f.Variance, f.Basis} {
			if line != "" {
				t.Lines = append(t.Lines, line)
			}
		}
		out = append(out, t)
	}
	return out
}

func (b *builder) section(s reports.Section) (section, error) {
	out := section{ID: s.ID, Code: s.Code, Title: s.Title, Subtitle: s.Subtitle, Level: max(1, min(2, s.Level))}
	for _, bl := range s.Blocks {
		v, err := b.block(bl)
		if err != nil {
			return out, fmt.Errorf("section %s: %w", s.ID, err)
		}
		v.H = "h3"
		if out.Level == 2 {
			v.H = "h4"
		}
		out.Blocks = append(out.Blocks, v)
	}
	return out, nil
}

var calloutWords = map[string]string{"comment": "Comment", "decision": "Decision asked", "warning": "Mind", "note": "Note"}

func (b *builder) block(bl reports.Block) (block, error) {
	switch bl := bl.(type) {
	case *reports.Paragraph:
		return block{Type: "paragraph", Text: bl.Text, Muted: bl.Muted}, nil
	case *reports.List:
		return block{Type: "list", Items: bl.Items, Numbered: bl.Numbered}, nil
	case *reports.Facts:
		out := block{Type: "facts", Title: bl.Title, Fields: b.fields(bl.Items)}
		if bl.ID != "" {
			out.ID = b.id(bl.ID, "facts")
		}
		return out, nil
	case *reports.Tiles:
		return block{Type: "tiles", Figures: b.tiles(bl.Figures)}, nil
	case *reports.Callout:
		kind := bl.Kind
		if calloutWords[kind] == "" {
			kind = "note"
		}
		return block{Type: "callout", Kind: kind, KindWord: calloutWords[kind], Title: bl.Title, Text: bl.Text}, nil
	case *reports.Table:
		t, err := b.table(bl, false)
		return block{Type: "table", Table: t}, err
	case *reports.Chart:
		return b.chart(bl)
	case *reports.Code:
		return block{Type: "code", ID: b.id(bl.ID, "code"), Title: bl.Title, Text: bl.Text}, nil
	case *reports.Timeline:
		out := block{Type: "timeline", Title: bl.Title}
		for _, e := range bl.Items {
			ev := event{Stamp: e.At.In(b.zone).Format(time.RFC3339), At: reports.Format(reports.At(e.At), b.zone), Text: e.Text, Note: e.Note}
			if e.Mark != reports.StatusNone {
				ev.Status = b.value(reports.S(e.Mark), reports.State, false)
			}
			out.Events = append(out.Events, ev)
		}
		return out, nil
	}
	return block{}, fmt.Errorf("block of unknown type %T", bl)
}

func (b *builder) chart(c *reports.Chart) (block, error) {
	out := block{Type: "chart", Kind: string(c.Kind), ID: b.id(c.ID, "chart"), Title: c.Title, Subtitle: c.Subtitle, Note: c.Note, Empty: chart.EmptyText(c), Alt: chart.Alt(c)}
	if !chart.Drawable(c) {
		return out, nil
	}
	named := *c
	named.ID = out.ID
	option, err := chart.Option(&named, b.zone)
	if err != nil {
		return out, err
	}
	svg, err := chart.SVG(b.ctx, &named, b.zone)
	if err != nil {
		return out, err
	}
	b.options[out.ID] = option
	out.SVG, out.Height = template.HTML(svg), chart.Height(c)
	data := chart.DataTable(&named, b.zone)
	data.Title, data.Subtitle, data.Note = "", c.Title, ""
	out.Table, err = b.table(data, true)
	return out, err
}

// packedColumn is one column of a long table: texts, numbers to sort by, and the few cells that are more than text.
type packedColumn struct {
	Text  []string          `json:"t"`
	Sort  []*json.Number    `json:"v,omitempty"`
	Class map[string]string `json:"c,omitempty"`
	URL   map[string]string `json:"u,omitempty"`
	Ref   map[string]string `json:"r,omitempty"`
}

func (b *builder) table(t *reports.Table, plain bool) (*table, error) {
	out := &table{
		ID: b.id(t.ID, "table"), Name: t.ID, Title: t.Title, Subtitle: t.Subtitle, Note: t.Note, Empty: t.Empty, Count: len(t.Rows),
		Search: t.Search && !plain && len(t.Rows) > 1, Filters: strings.Join(t.Filters, " "), Long: len(t.Rows) >= 15, Wide: len(t.Columns) > 12,
	}
	if out.Name == "" {
		out.Name = out.ID
	}
	if out.Empty == "" {
		out.Empty = "No rows."
	}
	words := make([]string, len(t.Columns)) // class of columns of words that need some room
	for i, c := range t.Columns {
		class := classOf(c.Kind)
		if c.Wrap {
			class = strings.TrimSpace(class + " wrap")
		}
		for _, r := range t.Rows[:min(len(t.Rows), MaxRows)] {
			if i < len(r) && c.Kind == reports.Text && !c.Wrap && len(r[i].Text) > 24 {
				words[i], class = "words", "words"
				break
			}
		}
		out.Columns = append(out.Columns, column{c.Key, c.Title, string(c.Kind), class})
	}
	row := func(values []reports.Value) []cell {
		cells := make([]cell, len(t.Columns))
		for i := range cells {
			var v reports.Value
			if i < len(values) {
				v = values[i]
			}
			cells[i] = b.value(v, t.Columns[i].Kind, t.Columns[i].Wrap)
			if cells[i].Class == "" {
				cells[i].Class = words[i]
			}
		}
		return cells
	}
	shown := t.Rows
	if len(shown) > MaxRows {
		shown = shown[:MaxRows]
		out.Big = true
		out.BigNote = fmt.Sprintf("%s of %s rows stand here without script and in print; all rows are in the workbook.",
			reports.FormatCount(MaxRows), reports.FormatCount(int64(len(t.Rows))))
	}
	for _, r := range shown {
		out.Rows = append(out.Rows, row(r))
	}
	if t.Total != nil {
		out.Total = row(t.Total)
	}
	out.Key = reports.MissingKey(t)
	if out.Big {
		cols := make([]packedColumn, len(t.Columns))
		for i, r := range t.Rows {
			for j, c := range row(r) {
				cols[j].add(i, c)
			}
		}
		data, err := pack(cols)
		if err != nil {
			return nil, err
		}
		b.data = append(b.data, packed{out.ID, data})
	}
	return out, nil
}

func (p *packedColumn) add(row int, c cell) {
	text, at := c.Text, strconv.Itoa(row)
	put := func(m *map[string]string, v string) {
		if *m == nil {
			*m = map[string]string{}
		}
		(*m)[at] = v
	}
	switch {
	case c.Missing:
		text = strings.TrimSpace(text + " " + c.Why)
		put(&p.Class, "missing")
	case c.Status != "":
		text = c.Sign + " " + c.Word
		put(&p.Class, "st st-"+string(c.Status))
	case c.URL != "":
		put(&p.URL, c.URL)
	case c.Ref != "":
		put(&p.Ref, c.Ref)
	case c.Strong:
		put(&p.Class, "strong")
	}
	p.Text = append(p.Text, text)
	if c.Sort != "" && p.Sort == nil {
		p.Sort = make([]*json.Number, row)
	}
	if p.Sort != nil {
		var n *json.Number
		if c.Sort != "" {
			v := json.Number(c.Sort)
			n = &v
		}
		p.Sort = append(p.Sort, n)
	}
}
