package reports

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"time"

	"deskproof/controls"
	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/metrics"
)

//go:embed sql/*.sql
var queries embed.FS

// Input is everything a builder may look at. Builders read no clock and no file: the same input gives the same document.
type Input struct {
	DB          *model.DB           // a read-only snapshot; builders keep temporary tables in it
	Config      *config.Config      // organization, calendars, scope, waivers, author
	Period      Period              // period of the figures; zero From or To = everything up to AsOf
	AuditPeriod Period              // period of controls, maturity and evidence
	Catalogue   *controls.Catalogue // what was asked; nil = nothing
	Results     *controls.Results   // the evaluation over AuditPeriod; nil = the controls were not evaluated
	Frameworks  []string            // order of the frameworks of the evaluation; nil = that of the configuration
	Changes     *controls.Changes   // since an earlier check; nil = not compared
	NotCompared string              // why nothing was compared, in a sentence; only without Changes
	AsOf        time.Time           // the moment that the report stands for
	Hash        string              // SHA-256 over warehouse, configuration and as-of
}

// Names are the reports that Build knows, in the order in which they are written.
func Names() []string { return []string{"sla", "maturity", "evidence"} }

// Build makes the document of one report. An unknown name and every failed query are errors; missing data is not:
// it becomes "not measured" in the document.
func Build(ctx context.Context, name string, in Input) (*Document, error) {
	var f func(context.Context, *builder) (*Document, error)
	switch name {
	case "sla":
		f = buildSLA
	case "maturity":
		f = buildMaturity
	case "evidence":
		f = buildEvidence
	default:
		return nil, fmt.Errorf("there is no report %q; the reports are %s", name, strings.Join(Names(), ", "))
	}
	if name != "sla" && (!in.AuditPeriod.From.IsZero() || !in.AuditPeriod.To.IsZero() || in.AuditPeriod.Label != "") {
		in.Period = in.AuditPeriod
	}
	b, err := newBuilder(ctx, in)
	if err != nil {
		return nil, err
	}
	doc, err := f(ctx, b)
	if err != nil {
		return nil, err
	}
	if doc.Draft = b.Period.To.After(in.AsOf); doc.Draft {
		doc.Trust += " " + say("not_over", "asof", b.instant(in.AsOf))
	}
	trimTitles(doc)
	return doc, nil
}

// trimTitles takes the full stop from titles that are whole sentences: a title ends without one.
func trimTitles(doc *Document) {
	trim := func(s *string) { *s = strings.TrimSuffix(*s, ".") }
	for i := range doc.Sections {
		trim(&doc.Sections[i].Title)
		for _, block := range doc.Sections[i].Blocks {
			switch x := block.(type) {
			case *Table:
				trim(&x.Title)
			case *Chart:
				trim(&x.Title)
			}
		}
	}
}

// builder holds what all reports share.
type builder struct {
	Input
	zone   *time.Location
	now    span
	spans  map[string]span
	data   dataTime
	runs   []runRow
	files  []fileRow
	reject []rejectRow
	unmap  []unmapRow
	left   leftOutRow

	summaries    map[metricKey]metrics.Value      // figures of metrics that were asked for
	asked        map[span]bool                    // spans whose stored months were looked up
	metricMonths map[string]map[time.Time]float64 // figures of metrics by month; loaded when first asked for
}

// span is a half-open stretch of time with its name in SQL.
type span struct {
	name     string
	from, to time.Time
}

// far is before every record; it stands for "no lower bound" because timestamps in SQL need one.
var far = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)

func newBuilder(ctx context.Context, in Input) (*builder, error) {
	b := &builder{Input: in, zone: in.Config.Zone(), summaries: map[metricKey]metrics.Value{}, asked: map[span]bool{}}
	if b.Period.From.IsZero() {
		b.Period.From = far
	}
	if b.Period.To.IsZero() {
		b.Period.To = in.AsOf
	}
	b.spans = periodSpans(b.Period, in.AsOf, b.zone)
	b.now = b.spans["now"]
	if err := b.DB.Exec(ctx, "CREATE OR REPLACE TEMP TABLE report_span (span VARCHAR, span_from TIMESTAMPTZ, span_to TIMESTAMPTZ)"); err != nil {
		return nil, err
	}
	for _, name := range []string{"now", "previous", "year_ago", "year", "trend", "asof", "month"} {
		s, ok := b.spans[name]
		if !ok {
			continue
		}
		if err := b.DB.Exec(ctx, "INSERT INTO report_span VALUES (?, ?, ?)", name, s.from, s.to); err != nil {
			return nil, err
		}
	}
	var err error
	load := func(name string, f func(sql string) error) {
		if err == nil {
			err = b.sql(name, f)
		}
	}
	load("data_time", func(q string) error { b.data, err = model.One[dataTime](ctx, b.DB, q); return err })
	load("runs", func(q string) error { b.runs, err = model.Select[runRow](ctx, b.DB, q); return err })
	load("files", func(q string) error { b.files, err = model.Select[fileRow](ctx, b.DB, q); return err })
	load("rejected", func(q string) error { b.reject, err = model.Select[rejectRow](ctx, b.DB, q); return err })
	load("unmapped", func(q string) error { b.unmap, err = model.Select[unmapRow](ctx, b.DB, q); return err })
	load("tickets_left_out", func(q string) error { b.left, err = model.One[leftOutRow](ctx, b.DB, q); return err })
	return b, err
}

// periodSpans lays out the spans that a report compares: the period, the one before it of the same length, the same
// one a year ago, twelve months up to its end, the months of the trend, and the month that as-of lies in. A period without a start has no others.
func periodSpans(p Period, asOf time.Time, zone *time.Location) map[string]span {
	m := map[string]span{
		"now":  {"now", p.From, p.To},
		"asof": {"asof", asOf, asOf},
	}
	month := asOf.In(zone)
	month = time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, zone)
	m["month"] = span{"month", month.UTC(), month.AddDate(0, 1, 0).UTC()}
	if !p.To.After(p.From) {
		return m
	}
	reached := p.To // the trend of a period that is not over ends where the records do
	if asOf.After(p.From) && asOf.Before(reached) {
		reached = asOf
	}
	end := reached.In(zone)
	last := time.Date(end.Year(), end.Month(), 1, 0, 0, 0, 0, zone)
	if !last.Equal(reached) { // the period ends inside a month: that month belongs to the trend
		last = last.AddDate(0, 1, 0)
	}
	m["trend"] = span{"trend", last.AddDate(0, -trendMonths, 0).UTC(), reached}
	m["year"] = span{"year", shift(p.To, -12, zone), p.To}
	if p.From.Equal(far) {
		delete(m, "year")
		return m
	}
	m["year_ago"] = span{"year_ago", shift(p.From, -12, zone), shift(p.To, -12, zone)}
	if months := wholeMonths(p, zone); months > 0 {
		m["previous"] = span{"previous", shift(p.From, -months, zone), p.From}
	} else {
		m["previous"] = span{"previous", p.From.Add(-p.To.Sub(p.From)), p.From}
	}
	return m
}

// trendMonths is how far back trends look.
const trendMonths = 24

// shift moves an instant by months on the organization's calendar, so that a month stays a month over clock changes.
func shift(t time.Time, months int, zone *time.Location) time.Time {
	return t.In(zone).AddDate(0, months, 0).UTC()
}

// wholeMonths is the number of months of a period that begins and ends at month boundaries, else 0.
func wholeMonths(p Period, zone *time.Location) int {
	f, t := p.From.In(zone), p.To.In(zone)
	first := func(x time.Time) bool { return x.Day() == 1 && x.Hour() == 0 && x.Minute() == 0 && x.Second() == 0 }
	if !first(f) || !first(t) {
		return 0
	}
	return (t.Year()-f.Year())*12 + int(t.Month()) - int(f.Month())
}

// months are the first days (UTC midnight, as SQL dates scan) of the months of the trend, oldest first.
func (b *builder) months() []time.Time {
	s, ok := b.spans["trend"]
	if !ok {
		return nil
	}
	f := s.from.In(b.zone)
	var out []time.Time
	for i := range trendMonths {
		out = append(out, time.Date(f.Year(), f.Month()+time.Month(i), 1, 0, 0, 0, 0, time.UTC))
	}
	return out
}

// previousWords names the previous period for a column head.
func (b *builder) previousWords() string {
	if wholeMonths(b.Period, b.zone) == 1 {
		return "previous month"
	}
	return "previous period"
}

// sql hands the text of an embedded query to f.
func (b *builder) sql(name string, f func(sql string) error) error {
	text, err := queries.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return err
	}
	if err := f(string(text)); err != nil {
		return fmt.Errorf("query %s: %w", name, err)
	}
	return nil
}

// rows runs an embedded query.
func rows[T any](ctx context.Context, b *builder, name string) ([]T, error) {
	var out []T
	err := b.sql(name, func(q string) (err error) { out, err = model.Select[T](ctx, b.DB, q); return err })
	return out, err
}

// monthLabel writes a month for an axis.
func monthLabel(t time.Time) string { return t.Format("Jan 2006") }

// instant writes an instant in running text.
func (b *builder) instant(t time.Time) string {
	return Format(At(t), b.zone)
}

// periodText is the label of the period for subtitles.
func (b *builder) periodText() string {
	if b.Period.Label != "" {
		return b.Period.Label
	}
	if b.Period.From.Equal(far) {
		return "all records up to " + b.instant(b.Period.To)
	}
	return b.instant(b.Period.From) + " to " + b.instant(b.Period.To)
}
