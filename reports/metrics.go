package reports

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"deskproof/model/metrics"
)

// metricsSection lists every metric with its figure over the period, n, and what is missing where it was not measured.
func (b *builder) metricsSection(ctx context.Context) (Section, error) {
	s := Section{ID: "metrics", Short: "Main metrics", Subtitle: "each over " + b.periodText() + "; definitions stand below; not measured ones keep their row and name the missing input"}
	defs, err := metrics.Definitions(ctx, b.DB)
	if err != nil {
		return s, err
	}
	sort.SliceStable(defs, func(i, j int) bool { return processRank[defs[i].Process] < processRank[defs[j].Process] })
	t := metricTable("metrics", "Metrics of the period", b.previousWords())
	formulas := &Table{ID: "metric-formulas", Title: "How each metric is computed", Subtitle: "formula in words, and the instant that decides the period; the SQL stands in the product",
		Columns: []Column{{Key: "metric", Title: "Metric", Kind: ID, Priority: 1, Width: 4}, {Key: "formula", Title: "Formula", Priority: 1, Wrap: true, Width: 9}, {Key: "period", Title: "Decides the period", Priority: 2, Wrap: true, Width: 5}}}
	words := &Table{ID: "metric-definitions", Title: "What each metric counts", Subtitle: "definition in words", PDFRows: 3, Note: "All definitions stand in the HTML form and in the workbook.",
		Columns: []Column{{Key: "metric", Title: "Metric", Kind: ID, Priority: 1, Width: 3}, {Key: "definition", Title: "Counted", Priority: 1, Wrap: true, Width: 12}}}
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
		formulas.Rows = append(formulas.Rows, []Value{Key(d.Metric, ""), T(d.Formula), T(strings.ReplaceAll(d.PeriodKey, "_", " "))})
		words.Rows = append(words.Rows, []Value{Key(d.Metric, ""), T(d.Definition)})
	}
	if len(defs) == 0 {
		s.Title = say("no_data", "metric", "Any metric", "missing", "the metrics were not computed; run `deskproof build`")
		return s, nil
	}
	s.Title = fmt.Sprintf("%s of %s measured", FormatCount(measured), Plural(int64(len(defs)), "metric was", "metrics were"))
	s.Blocks = append(s.Blocks, t, formulas, words)
	return s, nil
}

// processRank is the order of metrics in tables: services first, then processes, then the data itself.
var processRank = map[string]int{"service_level": 0, "availability": 1, "satisfaction": 2, "incident": 3, "request": 4, "problem": 5, "change": 6, "release": 7, "configuration": 8, "data_quality": 9}

func metricTable(id, title, previous string) *Table {
	return &Table{ID: id, Title: title, Subtitle: "figure: share, median or count, as its name says; mean and p90 only for times", Empty: "No metric belongs here.",
		Columns: []Column{{Key: "metric", Title: "Metric", Priority: 1, Wrap: true, Width: 4}, {Key: "figure", Title: "Figure", Priority: 1}, {Key: "basis", Title: "k of n", Priority: 1}, {Key: "n", Title: "n", Kind: Count, Priority: 1},
			{Key: "mean", Title: "Mean", Priority: 2}, {Key: "p90", Title: "p90", Priority: 2}, {Key: "previous", Title: "Figure, " + previous, Priority: 2}, {Key: "previous_n", Title: "n, " + previous, Kind: Count, Priority: 3},
			{Key: "better", Title: "Better", Priority: 3}, {Key: "id", Title: "Id", Kind: ID, Priority: 3}}}
}

var better = map[string]string{"higher": "higher", "lower": "lower", "none": "–"}

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
		previous, previousN = metricFigure(d, p, p.Figure, "no record falls into the "+b.previousWords()), N(p.N)
	}
	if v.Figure == nil {
		same := T("–") // the figure says what is missing
		row = []Value{T(d.Title), NotMeasured(missing), same, N(v.N), same, same, same, N(0), T(better[d.Direction]), Key(d.Metric, "")}
		if s, has := b.spans["previous"]; has {
			p, err := b.metric(ctx, d.Metric, s.from, s.to)
			if err != nil {
				return nil, false, err
			}
			if p.Figure != nil {
				row[6], row[7] = metricFigure(d, p, p.Figure, ""), N(p.N)
			}
		} else {
			row[6], row[7] = NotApplicable("the period has no start"), NotApplicable("the period has no start")
		}
		return row, false, nil
	}
	none := func(f *float64) Value {
		if f == nil && v.Figure != nil {
			return T("–")
		}
		return timeFigure(d, f, missing)
	}
	basis := T("–")
	if d.Aggregate == "ratio" && v.Numerator != nil && v.Denominator != nil && d.Unit == "share" {
		basis = T(ratioBasis(*v.Numerator, *v.Denominator))
	}
	row = []Value{T(d.Title), metricFigure(d, v, v.Figure, missing), basis, N(v.N), none(v.Mean), none(v.P90), previous, previousN, T(better[d.Direction]), Key(d.Metric, "")}
	return row, v.Figure != nil, nil
}

// metric is one metric over a span, as one value.
func (b *builder) metric(ctx context.Context, name string, from, to time.Time) (metrics.Value, error) {
	if from.Equal(far) {
		from = time.Time{}
	}
	list, err := metrics.Summary(ctx, b.DB, name, from, to, "all")
	if err != nil {
		return metrics.Value{}, err
	}
	if len(list) != 1 {
		return metrics.Value{}, fmt.Errorf("metric %s gives %d values for the whole", name, len(list))
	}
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
		return Seconds(*f)
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
	return Seconds(*f)
}

// ratioBasis is numerator and denominator in words: counts as k of n, seconds as times.
func ratioBasis(num, den float64) string {
	if den >= 100000 && den > num && !isWhole(num) || den > 1e7 {
		return FormatDuration(num) + " of " + FormatDuration(den)
	}
	if isWhole(num) && isWhole(den) {
		return FormatCount(int64(num)) + " of " + FormatCount(int64(den))
	}
	return Format(Value{Kind: Number, Number: num, Decimals: 1}, nil) + " of " + Format(Value{Kind: Number, Number: den, Decimals: 1}, nil)
}

func isWhole(f float64) bool { return f == float64(int64(f)) }
