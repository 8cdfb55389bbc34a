package reports

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/metrics"
)

// metricsSection lists every metric with its figure over the period, n, and what is missing where it was not measured.
func (b *builder) metricsSection(ctx context.Context) (Section, error) {
	s := Section{ID: "metrics", Short: "Main metrics", Subtitle: "each over " + b.periodText() + "; not measured ones keep their row and name the missing input"}
	defs, err := metrics.Definitions(ctx, b.DB)
	if err != nil {
		return s, err
	}
	if len(defs) == 0 {
		s.Title = say("no_data", "metric", "Any metric", "missing", "the metrics were not computed; run “deskproof build”")
		return s, nil
	}
	sort.SliceStable(defs, func(i, j int) bool { return processRank[defs[i].Process] < processRank[defs[j].Process] })
	t := b.metricTable("metrics", "Metrics of the period")
	t.PDFRows, t.Sheet, t.Search = 20, "Metrics", true
	words := &Table{ID: "metric-definitions", Title: "How each metric is counted", Subtitle: "definition and formula in words, and the instant that decides the period; the SQL stands in the product", PDFRows: 3, Sheet: "Metric definitions", Search: true,
		Columns: []Column{{Key: "metric", Title: "Metric", Kind: ID, Priority: 1, Width: 3}, {Key: "definition", Title: "Counted", Priority: 1, Wrap: true, Width: 12}, {Key: "formula", Title: "Formula", Priority: 1, Wrap: true, Width: 9}, {Key: "period", Title: "Decides the period", Priority: 2, Wrap: true, Width: 5}}}
	var measured int64
	for _, d := range defs {
		row, ok, err := b.metricRow(ctx, d)
		if err != nil {
			return s, err
		}
		if ok {
			measured++
		}
		t.Rows = append(t.Rows, row)
		words.Rows = append(words.Rows, []Value{Key(d.Metric, ""), T(d.Definition), T(d.Formula), T(strings.ReplaceAll(d.PeriodKey, "_", " "))})
	}
	s.Title = say("metrics", "k", measured, "n", len(defs))
	s.Blocks = append(s.Blocks, t, words)
	return s, nil
}

// processRank is the order of metrics in tables: services first, then processes, then the data itself.
var processRank = map[string]int{"service_level": 0, "availability": 1, "satisfaction": 2, "incident": 3, "request": 4, "problem": 5, "change": 6, "release": 7, "configuration": 8, "data_quality": 9}

func (b *builder) metricTable(id, title string) *Table {
	return &Table{ID: id, Title: title, Subtitle: "figure: share, median, sum or count, as its name says; 12 months: up to the end of the period, from the lowest month ▁ to the highest █, · no data; p90 only for times", Empty: "No metric belongs here.",
		Columns: []Column{{Key: "metric", Title: "Metric", Priority: 1, Wrap: true, Width: 4}, {Key: "figure", Title: "Figure", Priority: 1}, {Key: "basis", Title: "k of n, or n", Priority: 1},
			{Key: "trend", Title: "12 months", Kind: ID, Priority: 1}, {Key: "previous", Title: upperFirst(b.previousWords()), Priority: 1}, {Key: "better", Title: "Better", Priority: 2}, {Key: "p90", Title: "p90", Priority: 2}, {Key: "mean", Title: "Mean", Priority: 3},
			{Key: "n", Title: "n", Kind: Count, Priority: 3}, {Key: "previous_n", Title: "n, " + b.previousWords(), Kind: Count, Priority: 3}, {Key: "id", Title: "Id", Kind: ID, Priority: 3}}}
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

var better = map[string]string{"higher": "higher", "lower": "lower", "none": "–"}

// metricMonth is the figure of a metric in one month.
type metricMonth struct {
	Metric string
	Month  time.Time
	Figure *float64
}

// sparkline draws twelve months of a metric as signs of eight heights, from its lowest month to its highest.
func (b *builder) sparkline(ctx context.Context, metric string) (string, error) {
	if b.metricMonths == nil {
		b.metricMonths = map[string]map[time.Time]float64{}
		list, err := rows[metricMonth](ctx, b, "metric_months")
		if err != nil {
			return "", err
		}
		for _, x := range list {
			if b.metricMonths[x.Metric] == nil {
				b.metricMonths[x.Metric] = map[time.Time]float64{}
			}
			if x.Figure != nil {
				b.metricMonths[x.Metric][x.Month.UTC()] = *x.Figure
			}
		}
	}
	months := b.months()
	if len(months) < 12 {
		return "–", nil
	}
	var points []*float64
	for _, m := range months[len(months)-12:] {
		if f, ok := b.metricMonths[metric][m]; ok {
			points = append(points, Ptr(f))
		} else {
			points = append(points, nil)
		}
	}
	return spark(points), nil
}

// spark writes points as signs; nil is a gap. Without two different values there is no shape to show.
func spark(points []*float64) string {
	low, high, n := math.Inf(1), math.Inf(-1), 0
	for _, p := range points {
		if p != nil {
			low, high = min(low, *p), max(high, *p)
			n++
		}
	}
	if n < 2 {
		return "–"
	}
	var out strings.Builder
	for _, p := range points {
		switch {
		case p == nil:
			out.WriteRune('·')
		case high == low:
			out.WriteRune('▄')
		default:
			out.WriteRune([]rune("▁▂▃▄▅▆▇█")[int(math.Round((*p-low)/(high-low)*7))])
		}
	}
	return out.String()
}

// metricRow is one metric over the period; ok is false when it was not measured.
func (b *builder) metricRow(ctx context.Context, d metrics.Definition) (row []Value, ok bool, err error) {
	v, err := b.metric(ctx, d.Metric, b.Period.From, b.Period.To)
	if err != nil {
		return nil, false, err
	}
	missing := ""
	if v.Figure == nil {
		if missing, err = metrics.Missing(ctx, b.DB, d.Metric); err != nil {
			return nil, false, err
		}
		if missing == "" {
			missing = "no record falls into " + b.periodText()
		}
	}
	previous, previousN := NotApplicable("the period has no start"), NotApplicable("the period has no start")
	if s, has := b.spans["previous"]; has {
		p, err := b.metric(ctx, d.Metric, s.from, s.to)
		if err != nil {
			return nil, false, err
		}
		previous, previousN = metricFigure(d, p, p.Figure, "no record"), N(p.N)
	}
	trend, err := b.sparkline(ctx, d.Metric)
	if err != nil {
		return nil, false, err
	}
	figure, basis, mean, p90 := NotMeasured(missing), T(FormatCount(v.N)), T("–"), T("–")
	if v.Figure != nil {
		figure = metricFigure(d, v, v.Figure, missing)
		if v.Mean != nil {
			mean = timeFigure(d, v.Mean, missing)
		}
		if v.P90 != nil {
			if p90 = timeFigure(d, v.P90, missing); v.N < SmallN {
				p90 = NotMeasured(fewValues)
			}
		}
		if d.Aggregate == "ratio" && v.Numerator != nil && v.Denominator != nil && d.Unit == "share" {
			basis = T(ratioBasis(*v.Numerator, *v.Denominator))
		}
	} else if missing != "" && v.N == 0 {
		basis = T("–")
	}
	row = []Value{T(d.Title), figure, basis, {Kind: ID, Text: trend}, previous, T(better[d.Direction]), p90, mean, N(v.N), previousN, Key(d.Metric, "")}
	return row, v.Figure != nil, nil
}

// metricKey names a metric over a span.
type metricKey struct {
	metric   string
	from, to int64 // seconds since 1970
}

// metricStored is a metric of a whole month, as stored by the build.
type metricStored struct {
	Metric                                    string
	N                                         int64
	Numerator, Denominator, Figure, Mean, P90 *float64
}

// loadMonth keeps the stored figures of all metrics, where a span is a whole month: one query instead of one a metric.
func (b *builder) loadMonth(ctx context.Context, from, to time.Time) error {
	s := span{from: from.UTC(), to: to.UTC()}
	if b.asked[s] {
		return nil
	}
	b.asked[s] = true
	var list []metricStored
	err := b.sql("metric_month", func(q string) (err error) {
		list, err = model.Select[metricStored](ctx, b.DB, q, sql.Named("from", s.from), sql.Named("to", s.to))
		return err
	})
	for _, x := range list {
		b.summaries[metricKey{x.Metric, s.from.Unix(), s.to.Unix()}] = metrics.Value{Metric: x.Metric, Dimension: "all", Member: "all", N: x.N,
			Numerator: x.Numerator, Denominator: x.Denominator, Figure: x.Figure, Mean: x.Mean, P90: x.P90}
	}
	return err
}

// metric is one metric over a span, as one value (without its median). What was asked once is kept for the report.
func (b *builder) metric(ctx context.Context, name string, from, to time.Time) (metrics.Value, error) {
	if from.Equal(far) {
		from = time.Time{}
	}
	if err := b.loadMonth(ctx, from, to); err != nil {
		return metrics.Value{}, err
	}
	key := metricKey{name, from.Unix(), to.Unix()}
	if v, ok := b.summaries[key]; ok {
		return v, nil
	}
	list, err := metrics.Summary(ctx, b.DB, name, from, to, "all")
	if err != nil {
		return metrics.Value{}, err
	}
	if len(list) != 1 {
		return metrics.Value{}, fmt.Errorf("metric %s gives %d values for the whole", name, len(list))
	}
	b.summaries[key] = list[0]
	return list[0], nil
}

// metricFigure writes a figure in the unit of its metric; shares of fewer than SmallN things are printed as counts.
func metricFigure(d metrics.Definition, v metrics.Value, f *float64, missing string) Value {
	if f == nil {
		return NotMeasured(missing)
	}
	switch d.Unit {
	case "share":
		if v.Numerator != nil && v.Denominator != nil && *v.Denominator < SmallN && isWhole(*v.Numerator) && isWhole(*v.Denominator) {
			return T(ratioBasis(*v.Numerator, *v.Denominator))
		}
		value := Pct(*f, nil)
		if strings.Contains(d.Metric, "availability") {
			value.Decimals = 2
		}
		return value
	case "seconds":
		return metricTime(d, *f)
	case "count":
		if isWhole(*f) {
			return N(int64(*f))
		}
	}
	return Value{Kind: Number, Number: *f, Decimals: 2}
}

func timeFigure(d metrics.Definition, f *float64, missing string) Value {
	switch {
	case f == nil:
		return NotMeasured(missing)
	case d.Unit == "count" || d.Unit == "count_per_ticket":
		return Value{Kind: Number, Number: *f, Decimals: 2}
	}
	// The mean and p90 of a ratio are those of its amounts, which are times.
	return metricTime(d, *f)
}

// metricTime is a time in the unit of its metric: those of service level clocks are working time, the others wall time.
func metricTime(d metrics.Definition, seconds float64) Value {
	switch d.Metric {
	case "first_response_business_time", "resolution_business_time", "sla_overdue_time":
		return WorkTime(seconds)
	}
	return Seconds(seconds)
}

// ratioBasis is numerator and denominator in words: counts as k of n, seconds as times.
func ratioBasis(num, den float64) string {
	if den >= 100000 && den > num && !isWhole(num) || den > 1e7 {
		return FormatCount(int64(num/3600)) + " of " + FormatCount(int64(den/3600)) + " h"
	}
	if isWhole(num) && isWhole(den) {
		return FormatCount(int64(num)) + " of " + FormatCount(int64(den))
	}
	return Format(Value{Kind: Number, Number: num, Decimals: 1}, nil) + " of " + Format(Value{Kind: Number, Number: den, Decimals: 1}, nil)
}

func isWhole(f float64) bool { return f == float64(int64(f)) }
