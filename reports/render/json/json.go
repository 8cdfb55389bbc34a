// Package json writes a document as JSON: the same figures and words as the other formats, for programs.
//
// Every value carries its kind, its raw number or time, and the text that people read, so that a program never has to
// parse a formatted number and a reader never sees another figure. Keys are language-free and stable.
package json

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"time"

	"deskproof/reports"
)

// Schema names the layout of the file; it changes only when a key changes its meaning.
const Schema = "deskproof/report/1"

// Renderer writes JSON.
type Renderer struct{}

// Format is the name of the format and the ending of its files.
func (Renderer) Format() string { return "json" }

// Render writes the document as indented JSON with a line end.
func (Renderer) Render(ctx context.Context, w io.Writer, doc *reports.Document) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(build(doc))
}

type document struct {
	Schema       string    `json:"schema"`
	ID           string    `json:"id"`
	Title        string    `json:"title"`
	Organization string    `json:"organization"`
	Language     string    `json:"language"`
	TimeZone     string    `json:"time_zone"`
	AsOf         string    `json:"as_of"`
	Period       period    `json:"period"`
	Status       string    `json:"status"`
	Class        string    `json:"classification,omitempty"`
	Hash         string    `json:"input_sha256"`
	Headline     string    `json:"headline"`
	Lead         []string  `json:"lead"`
	Trust        string    `json:"trust"`
	Header       []field   `json:"header"`
	Figures      []figure  `json:"figures"`
	Sections     []section `json:"sections"`
	About        []field   `json:"about"`
}

type period struct {
	Label string `json:"label"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"` // not included
}

type field struct {
	Label string `json:"label"`
	Value value  `json:"value"`
}

// value is one typed value. Number is absent where there is none; durations are seconds, shares are parts of one.
type value struct {
	Kind    string   `json:"kind"`
	Text    string   `json:"text"`
	Number  *float64 `json:"number,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Time    string   `json:"time,omitempty"`
	Status  string   `json:"status,omitempty"`
	Missing string   `json:"missing,omitempty"` // shorthand: x, z, c, p, e
	Input   string   `json:"missing_input,omitempty"`
	Target  *float64 `json:"target,omitempty"`
	URL     string   `json:"url,omitempty"`
	Ref     string   `json:"ref,omitempty"`
}

type figure struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Value    value  `json:"value"`
	Status   string `json:"status,omitempty"`
	Target   *value `json:"target,omitempty"`
	Variance string `json:"variance,omitempty"`
	Basis    string `json:"basis,omitempty"`
	Link     string `json:"link,omitempty"`
	Metric   string `json:"metric,omitempty"`
}

type section struct {
	ID       string  `json:"id"`
	Code     string  `json:"code,omitempty"`
	Level    int     `json:"level"`
	Title    string  `json:"title"`
	Subtitle string  `json:"subtitle,omitempty"`
	Short    string  `json:"short,omitempty"`
	Blocks   []block `json:"blocks"`
}

// block is one block; the fields used depend on type.
type block struct {
	Type     string           `json:"type"`
	ID       string           `json:"id,omitempty"`
	Kind     string           `json:"kind,omitempty"`
	Title    string           `json:"title,omitempty"`
	Subtitle string           `json:"subtitle,omitempty"`
	Text     string           `json:"text,omitempty"`
	Muted    bool             `json:"muted,omitempty"`
	Numbered bool             `json:"numbered,omitempty"`
	Items    []string         `json:"items,omitempty"`
	Fields   []field          `json:"fields,omitempty"`
	Figures  []figure         `json:"figures,omitempty"`
	Columns  []column         `json:"columns,omitempty"`
	Rows     []map[string]any `json:"rows,omitempty"`
	RowCount *int             `json:"row_count,omitempty"`
	Total    map[string]any   `json:"total,omitempty"`
	Note     string           `json:"note,omitempty"`
	Empty    string           `json:"empty,omitempty"`
	Chart    *chart           `json:"chart,omitempty"`
	Events   []event          `json:"events,omitempty"`
}

type column struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	Kind  string `json:"kind"`
}

type chart struct {
	Unit    string   `json:"unit"`
	Labels  []string `json:"labels"`
	Series  []series `json:"series,omitempty"`
	Target  *float64 `json:"target,omitempty"`
	Limits  *limits  `json:"limits,omitempty"`
	Columns []string `json:"columns,omitempty"`
	Cells   [][]cell `json:"cells,omitempty"`
	Bands   []band   `json:"bands,omitempty"`
	Marks   []moment `json:"marks,omitempty"`
	Zone    string   `json:"time_zone,omitempty"`
	Alt     string   `json:"alt,omitempty"`
}

type moment struct {
	Row  int    `json:"row"`
	At   string `json:"at"`
	Kind string `json:"kind"`
	Text string `json:"text"`
}

type series struct {
	Name   string     `json:"name"`
	Role   string     `json:"role,omitempty"`
	Values []*float64 `json:"values"`
	Texts  []string   `json:"texts,omitempty"`
}

type limits struct {
	Low  float64 `json:"low"`
	Mean float64 `json:"mean"`
	High float64 `json:"high"`
}

type cell struct {
	Text string `json:"text"`
	Tint string `json:"tint,omitempty"`
	Mark bool   `json:"mark,omitempty"`
}

type band struct {
	Row   int    `json:"row"`
	From  string `json:"from"`
	To    string `json:"to"`
	State string `json:"state"`
	Text  string `json:"text,omitempty"`
}

type event struct {
	At   string `json:"at"`
	Text string `json:"text"`
	Note string `json:"note,omitempty"`
	Mark string `json:"mark,omitempty"`
}

func stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.RFC3339)
}

// finite keeps numbers that JSON can hold.
func finite(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	if f == 0 {
		f = 0 // no negative zero
	}
	return &f
}

func finitePtr(f *float64) *float64 {
	if f == nil {
		return nil
	}
	return finite(*f)
}

func kindName(k reports.Kind) string {
	if k == reports.Text {
		return "text"
	}
	return string(k)
}

func valueOf(v reports.Value, zone *time.Location) value {
	out := value{Kind: kindName(v.Kind), Text: reports.Format(v, zone), URL: v.URL, Ref: v.Ref}
	switch v.Kind {
	case reports.Count, reports.Number, reports.Percent, reports.Points:
		out.Number = finite(v.Number)
		out.Target = finitePtr(v.Target)
		if v.Kind == reports.Percent || v.Kind == reports.Points {
			out.Unit = "share"
		}
	case reports.Duration:
		out.Number, out.Unit = finite(v.Number), "seconds"
	case reports.Instant:
		out.Time = stamp(v.Time, zone)
	case reports.Date:
		if !v.Time.IsZero() {
			out.Time = v.Time.Format(time.DateOnly)
		}
	case reports.State:
		out.Status = string(v.Status)
	case reports.Missing:
		out.Missing, out.Input = v.Code, v.Text
	}
	return out
}

func fields(in []reports.Field, zone *time.Location) []field {
	out := make([]field, 0, len(in))
	for _, f := range in {
		out = append(out, field{f.Label, valueOf(f.Value, zone)})
	}
	return out
}

func figures(in []reports.Figure, zone *time.Location) []figure {
	out := make([]figure, 0, len(in))
	for _, f := range in {
		g := figure{ID: f.ID, Label: f.Label, Value: valueOf(f.Value, zone), Status: string(f.Status),
			Variance: f.Variance, Basis: f.Basis, Link: f.Link, Metric: f.Metric}
		if f.Target != (reports.Value{}) {
			t := valueOf(f.Target, zone)
			g.Target = &t
		}
		out = append(out, g)
	}
	return out
}

func build(doc *reports.Document) document {
	zone := doc.Zone
	if zone == nil {
		zone = time.UTC
	}
	language := doc.Language
	if language == "" {
		language = "en-GB"
	}
	status := "final"
	if doc.Draft {
		status = "draft"
	}
	lead := doc.Lead
	if lead == nil {
		lead = []string{}
	}
	d := document{
		Schema: Schema, ID: doc.ID, Title: doc.Title, Organization: doc.Organization, Language: language, TimeZone: zone.String(),
		AsOf: stamp(doc.AsOf, zone), Period: period{doc.Period.Label, stamp(doc.Period.From, zone), stamp(doc.Period.To, zone)},
		Status: status, Class: doc.Class, Hash: doc.Hash, Headline: doc.Headline, Lead: lead, Trust: doc.Trust,
		Header: fields(doc.Header, zone), Figures: figures(doc.Figures, zone), Sections: []section{}, About: fields(doc.About, zone),
	}
	for _, s := range doc.Sections {
		out := section{ID: s.ID, Code: s.Code, Level: max(1, s.Level), Title: s.Title, Subtitle: s.Subtitle, Short: s.Short, Blocks: []block{}}
		for _, b := range s.Blocks {
			out.Blocks = append(out.Blocks, blockOf(b, zone))
		}
		d.Sections = append(d.Sections, out)
	}
	return d
}

func blockOf(b reports.Block, zone *time.Location) block {
	switch b := b.(type) {
	case *reports.Paragraph:
		return block{Type: "paragraph", Text: b.Text, Muted: b.Muted}
	case *reports.List:
		return block{Type: "list", Items: b.Items, Numbered: b.Numbered}
	case *reports.Facts:
		return block{Type: "facts", ID: b.ID, Title: b.Title, Fields: fields(b.Items, zone)}
	case *reports.Code:
		return block{Type: "code", ID: b.ID, Title: b.Title, Text: b.Text}
	case *reports.Tiles:
		return block{Type: "figures", Figures: figures(b.Figures, zone)}
	case *reports.Callout:
		return block{Type: "callout", Kind: b.Kind, Title: b.Title, Text: b.Text}
	case *reports.Table:
		return tableOf(b, zone)
	case *reports.Chart:
		return chartOf(b, zone)
	case *reports.Timeline:
		out := block{Type: "timeline", Title: b.Title}
		for _, e := range b.Items {
			out.Events = append(out.Events, event{stamp(e.At, zone), e.Text, e.Note, string(e.Mark)})
		}
		return out
	}
	return block{Type: "unknown"}
}

func tableOf(t *reports.Table, zone *time.Location) block {
	n := len(t.Rows)
	out := block{Type: "table", ID: t.ID, Title: t.Title, Subtitle: t.Subtitle, Note: t.Note, RowCount: &n}
	if n == 0 {
		out.Empty = t.Empty
	}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, column{c.Key, c.Title, kindName(c.Kind)})
	}
	row := func(values []reports.Value) map[string]any {
		m := make(map[string]any, len(values))
		for i, v := range values {
			if i < len(t.Columns) {
				m[t.Columns[i].Key] = valueOf(v, zone)
			}
		}
		return m
	}
	for _, r := range t.Rows {
		out.Rows = append(out.Rows, row(r))
	}
	if t.Total != nil {
		out.Total = row(t.Total)
	}
	return out
}

func chartOf(c *reports.Chart, zone *time.Location) block {
	ch := &chart{Unit: kindName(c.Unit), Labels: c.Labels, Target: finitePtr(c.Target), Columns: c.Columns, Alt: c.Alt}
	if ch.Labels == nil {
		ch.Labels = []string{}
	}
	if c.Limits != nil {
		ch.Limits = &limits{c.Limits.Low, c.Limits.Mean, c.Limits.High}
	}
	for _, s := range c.Series {
		values := make([]*float64, len(s.Values))
		for i, v := range s.Values {
			values[i] = finitePtr(v)
		}
		ch.Series = append(ch.Series, series{s.Name, string(s.Role), values, s.Texts})
	}
	for _, row := range c.Cells {
		cells := make([]cell, 0, len(row))
		for _, x := range row {
			cells = append(cells, cell{x.Text, x.Tint, x.Mark})
		}
		ch.Cells = append(ch.Cells, cells)
	}
	for _, b := range c.Bands {
		ch.Bands = append(ch.Bands, band{b.Row, stamp(b.From, zone), stamp(b.To, zone), b.State, b.Text})
	}
	for _, m := range c.Marks {
		ch.Marks = append(ch.Marks, moment{m.Row, stamp(m.At, zone), m.Kind, m.Text})
	}
	if c.Zone != nil {
		ch.Zone = c.Zone.String()
	}
	return block{Type: "chart", ID: c.ID, Kind: string(c.Kind), Title: c.Title, Subtitle: c.Subtitle, Note: c.Note, Empty: c.Empty, Chart: ch}
}
