// Package reports turns what was measured into documents that people hand over.
//
// A builder (one a report) makes one Document from the warehouse; every format is rendered from that
// Document by a package under reports/render, so HTML, PDF, Excel and JSON cannot disagree. Builders
// choose figures and words; renderers choose ink and know no report.
package reports

import "time"

// Document is one report, complete and independent of any format.
type Document struct {
	ID           string // machine name: sla, maturity, evidence
	Title        string // "Service level report"
	Organization string
	Language     string         // BCP 47, decides number and date forms; "en-GB" when empty
	Zone         *time.Location // every instant is printed in it
	AsOf         time.Time      // the moment the report stands for
	Period       Period
	Headline     string    // the finding: one sentence with a number
	Lead         []string  // two or three sentences below it
	Trust        string    // one line: data time, sources complete or not, records rejected
	Header       []Field   // header block of page 1: scope, criteria, prepared by, kind of statement, …
	Figures      []Figure  // at most four tiles on page 1
	Sections     []Section // in reading order
	About        []Field   // the seven items of FitSM PR3.2: identity, purpose, audience, frequency, content, format, delivery
	Hash         string    // SHA-256 over the inputs (warehouse content, configuration, as-of); printed in the footer
	Draft        bool      // status "draft" instead of "final" in the furniture
	Class        string    // classification, e.g. "internal"
	Brand        Brand
}

// Brand is what an organization puts on its reports. The zero Brand is none.
type Brand struct {
	Logo     []byte // picture; PDF and HTML show PNG and JPEG, HTML also SVG
	LogoType string // image/png, image/jpeg, image/svg+xml
	Colour   string // #rrggbb of the line at the head of page 1
}

// Period is a span of time [From, To) and the words for it ("October 2026").
type Period struct {
	From, To time.Time
	Label    string
}

// Field is a labelled value of a header block.
type Field struct {
	Label string
	Value Value
}

// Section starts with its message. ID is the anchor in HTML, the sheet in Excel and the key in JSON:
// lower case letters, digits and "-"; it stays the same from month to month.
type Section struct {
	ID        string
	Code      string // reference code such as "E-8.6.1", where the report uses codes
	Title     string // message: a sentence with a number where there is one
	Subtitle  string // grey line: measure, unit, n, period, filter
	Short     string // name in the contents and on the sheet tab, at most 28 characters
	Level     int    // 1 (default when 0) or 2
	NewPage   bool   // PDF: begins on a new page
	Landscape bool   // PDF: conformity matrix and the like
	Blocks    []Block
}

// Block is one of *Paragraph, *List, *Facts, *Tiles, *Table, *Chart, *Callout, *Timeline, *Code.
type Block interface{ block() }

// Paragraph is running text. Text from a ticket may stand in it: renderers escape.
type Paragraph struct {
	Text  string
	Muted bool // note: small and grey
}

// List is a bulleted, or numbered, list.
type List struct {
	Items    []string
	Numbered bool
}

// Facts is a block of labelled values (criterion, population, procedure, result).
type Facts struct {
	ID    string
	Title string
	Items []Field
}

// Tiles is a row of figures.
type Tiles struct{ Figures []Figure }

// Callout is a marked box: a person's comment, a decision, a warning about the data.
type Callout struct {
	Kind  string // comment, decision, warning, note
	Title string
	Text  string
}

// Figure is one tile: a value, what was promised, and how it stands.
type Figure struct {
	ID       string // stable name, also the defined name in Excel: kpi_incidents_in_time
	Label    string // "Incidents resolved in time"
	Value    Value
	Status   Status
	Target   Value  // zero Value when nothing was promised
	Variance string // "−2.9 points", on its own line
	Basis    string // "1,109 of 1,204"
	Link     string // section ID (or table ID with filter) that lists the records behind it
	Metric   string // metric or definition id, printed with the definition
}

// Status is how something stands. Symbol, word and colour are always shown together (reports blueprint 3.3).
type Status string

// The statuses of figures (first block) and of controls and requirements (second block).
const (
	StatusNone        Status = ""             // no verdict
	StatusMet         Status = "met"          // ✓
	StatusWatch       Status = "watch"        // ◆ met, but inside the last tenth of the allowance
	StatusMissed      Status = "missed"       // ✗
	StatusNotMeasured Status = "not_measured" // ○
	StatusExcused     Status = "excused"      // △
	StatusNoPromise   Status = "no_promise"   // –

	StatusConforming    Status = "conforming"     // ✓
	StatusNonconforming Status = "nonconforming"  // ✗
	StatusNotAssessed   Status = "not_assessed"   // ○
	StatusEvidenceDue   Status = "evidence_due"   // □
	StatusNotApplicable Status = "not_applicable" // –
	StatusWaived        Status = "waived"         // △
)

// Table is a table with typed columns. One table is one Excel sheet or part of one, one HTML table, one JSON array.
type Table struct {
	ID       string // lower case, stable: also the name of the Excel table (tbl…) and the CSV download
	Title    string // message
	Subtitle string // measure, unit, n, period, sort order
	Columns  []Column
	Rows     [][]Value // as many values a row as columns
	Total    []Value   // total row, or nil
	Note     string    // below the table, small
	Empty    string    // sentence shown instead of the table when it has no rows
	PDFRows  int       // PDF prints at most so many rows and says so; 0 = all
	Sheet    string    // Excel: tables and charts that name the same sheet share it, one below the other; empty = on the sheet of its section
	Search   bool      // HTML: filter field and sort buttons
	Filters  []string  // HTML: keys of columns that get a select
}

// Column describes one column of a Table.
type Column struct {
	Key      string // JSON key, stable
	Title    string // head, unit included: "Over by (business h)"
	Kind     Kind   // what the values are; Text when zero
	Width    int    // relative width, 1 to 12; 0 = by content
	Priority int    // 1 always shown; PDF drops 3 before 2 when the table is too wide
	Wrap     bool   // long text may wrap
}

// Chart is one chart, defined once for every format.
type Chart struct {
	ID       string
	Title    string // message
	Subtitle string // measure, unit, n, period
	Note     string
	Kind     ChartKind
	Unit     Kind           // Percent, Count, Duration: how axis and labels are written
	Labels   []string       // categories: months, services, processes; rows of dots and heat
	Series   []ChartSeries  // one value a label
	Target   *float64       // dashed line with its label at the right end
	Limits   *Limits        // usual range, two hairlines
	Min, Max *float64       // axis; bars always start at 0
	Columns  []string       // heat: columns; dots: names of the levels
	Cells    [][]ChartCell  // heat: Cells[row][column]
	Bands    []ChartBand    // timeline: one row a label
	Marks    []ChartMark    // timeline: moments above the rows
	Zone     *time.Location // timeline: its axis shows the clock of this zone; nil = the document's
	Empty    string         // sentence shown when there is nothing to draw
	Alt      string         // description for those who cannot see it
	Height   int            // printed height in mm; 0 = by kind
	Sheet    string         // Excel: as in Table
}

// ChartKind says how a chart is drawn.
type ChartKind string

// The kinds of charts.
const (
	ChartLine     ChartKind = "line"     // rates and stocks over months
	ChartColumns  ChartKind = "columns"  // counts over months, side by side
	ChartStacked  ChartKind = "stacked"  // counts over months, stacked
	ChartBars     ChartKind = "bars"     // horizontal bars, sorted by the message
	ChartLayers   ChartKind = "layers"   // horizontal bars of counts, the series stacked: groups with long names
	ChartDots     ChartKind = "dots"     // dot plot: now (filled), last time (hollow), goal (square)
	ChartHeat     ChartKind = "heat"     // letters or k/n in tinted cells
	ChartTimeline ChartKind = "timeline" // spans of time in rows: the clocks of a ticket
)

// ChartSeries is one series of values; a nil value is a gap, never a zero.
type ChartSeries struct {
	Name   string
	Role   Role
	Values []*float64
	Texts  []string // label at each value; nil = formatted by Unit
}

// Role says what a series means, and so its ink (blueprint 3.2).
type Role string

// The roles of series.
const (
	RoleActual   Role = "actual"   // AC
	RolePrevious Role = "previous" // PM or PY
	RolePlan     Role = "plan"     // PL, the agreed target or goal
	RoleForecast Role = "forecast" // FC
	RoleBetter   Role = "better"   // positive variance, met
	RoleWorse    Role = "worse"    // negative variance, missed
	RoleWatch    Role = "watch"
	RoleMuted    Role = "muted" // not measured, out of scope
	RoleOther    Role = "other" // second category
)

// Limits is the usual range of an XmR chart.
type Limits struct{ Low, Mean, High float64 }

// ChartCell is one cell of a heat map: text is always printed, the tint only supports it.
type ChartCell struct {
	Text string
	Tint string // n, p, l, f (maturity); better, watch, worse, none; s0…s5 (sequential); empty = white
	Mark bool   // outlined: the cell that caps the level
}

// ChartBand is one span of a timeline, [From, To).
type ChartBand struct {
	Row      int
	From, To time.Time
	State    string // running, paused, met, breached, outside (outside working hours)
	Text     string
}

// ChartMark is a moment in a row of a timeline.
type ChartMark struct {
	Row  int
	At   time.Time
	Kind string // event, due, breach, end
	Text string // what happened, in full
	Name string // short: printed at the mark where there is room
}

// Code is a query as it was run, for those who want to run it again. HTML shows it folded, Excel in cells, JSON as text;
// PDF leaves it out, because nobody types it from paper.
type Code struct {
	ID    string
	Title string
	Text  string
}

// Timeline is the story of one ticket: events in order, each with its time.
type Timeline struct {
	Title string
	Items []TimelineItem
}

// TimelineItem is one event of a Timeline.
type TimelineItem struct {
	At   time.Time
	Text string
	Note string
	Mark Status
}

func (*Paragraph) block() {}
func (*List) block()      {}
func (*Facts) block()     {}
func (*Tiles) block()     {}
func (*Table) block()     {}
func (*Chart) block()     {}
func (*Callout) block()   {}
func (*Timeline) block()  {}
func (*Code) block()      {}
