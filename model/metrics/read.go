package metrics

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"deskproof/model"
)

// Dimensions are the ways in which a metric can be split; "all" is the whole.
var Dimensions = []string{"all", "kind", "priority", "service", "customer", "team", "supplier", "definition"}

// None is the member of a dimension for records that have none.
const None = "(none)"

// Value is a metric over a span and a group. A nil figure means no data, never 0.
type Value struct {
	Metric      string
	Month       time.Time // Series: midnight UTC of the first day of the month, to be read as a date; Summary: zero
	Dimension   string    // one of Dimensions
	Member      string    // member of the dimension; "all" for the whole, None where the record has none
	N           int64     // counted things
	Numerator   *float64  // ratio: sum of the numerators
	Denominator *float64  // ratio: sum of the denominators
	Figure      *float64  // ratio: numerator / denominator; distribution: median; count: n; sum: sum; in the metric's unit
	Mean        *float64  // distribution, or ratio with amounts: mean
	Median      *float64  // the same: median
	P90         *float64  // the same: 90th percentile
}

// Fact is one counted thing of a metric. Instants are UTC.
type Fact struct {
	Metric      string
	Subject     string // id of the counted thing
	TicketID    string // ticket behind it; empty where there is none
	CountedAt   time.Time
	Kind        string
	Priority    *int64
	ServiceID   string
	CustomerID  string
	Team        string
	SupplierID  string
	Definition  string
	Numerator   *float64
	Denominator *float64
	Amount      *float64
}

// Filter narrows a Population. The zero value takes every fact of the span.
type Filter struct {
	By     string // dimension; empty = all
	Member string // member of By, None for records without one; empty = every member
	Part   string // "" = all; "numerator" = counted in the numerator (amounts: more than 0); "rest" = the others
	Limit  int    // at most so many; 0 = all
}

// Definitions lists the metrics of the warehouse by name, with their definitions in words.
func Definitions(ctx context.Context, db *model.DB) ([]Definition, error) {
	return model.Select[Definition](ctx, db, `SELECT metric, title, process, definition, formula, aggregate, unit, direction, period_key, origin
		FROM metric_definition ORDER BY metric`)
}

// Summary gives one metric over the span [from, to), by a dimension, ordered by member. A zero from or to is no bound.
// By "all" it always gives one Value; N = 0 with a nil Figure is "no data". A metric of month ends is given as it
// stood at the last month end within the span.
func Summary(ctx context.Context, db *model.DB, metric string, from, to time.Time, by string) ([]Value, error) {
	return values(ctx, db, "summary", metric, from, to, by)
}

// Series gives one metric month by month over [from, to), by a dimension, ordered by member and month: a Value for every month
// of the data that the span touches. A month without data has N = 0 and a nil Figure, so a line through it breaks.
func Series(ctx context.Context, db *model.DB, metric string, from, to time.Time, by string) ([]Value, error) {
	return values(ctx, db, "series", metric, from, to, by)
}

// Population lists the facts behind a Summary of the same metric and span, in the order of their instants.
func Population(ctx context.Context, db *model.DB, metric string, from, to time.Time, filter Filter) ([]Fact, error) {
	if filter.Part != "" && filter.Part != "numerator" && filter.Part != "rest" {
		return nil, fmt.Errorf("metric %s: %q is no part of a population: numerator, rest or empty for all", metric, filter.Part)
	}
	by := filter.By
	if by == "" {
		by = "all"
	}
	text, err := prepared("population", metric, from, to, by)
	if err != nil {
		return nil, err
	}
	var member any
	if filter.Member != "" {
		member = filter.Member
	}
	limit := int64(filter.Limit)
	if limit <= 0 {
		limit = 1 << 62
	}
	return model.Select[Fact](ctx, db, text, sql.Named("member", member), sql.Named("part", filter.Part), sql.Named("at_most", limit))
}

// Missing says in words why a metric was not measured: which input is absent, or that nothing falls into its population.
// It is empty when the metric is measured. It looks at the whole warehouse, not at one period.
func Missing(ctx context.Context, db *model.DB, metric string) (string, error) {
	f, err := find(metric)
	if err != nil {
		return "", err
	}
	measured, err := model.One[bool](ctx, db, "SELECT EXISTS (SELECT 1 FROM metric_value WHERE metric = ?)", metric)
	if err != nil || measured {
		return "", err
	}
	absent, err := absentInputs(ctx, db, f)
	if err != nil {
		return "", err
	}
	if len(absent) > 0 {
		return strings.Join(absent, "; "), nil
	}
	return "the inputs are collected, but no record falls into the population (" + f.Formula + ")", nil
}

func values(ctx context.Context, db *model.DB, query, metric string, from, to time.Time, by string) ([]Value, error) {
	text, err := prepared(query, metric, from, to, by)
	if err != nil {
		return nil, err
	}
	return model.Select[Value](ctx, db, text)
}

// prepared gives one of the reading queries with metric, from, to and by filled in as literals: the first and the last
// are names of fixed lists, and DuckDB plans a query with parameters twice, which is most of the time that a figure takes.
func prepared(query, metric string, from, to time.Time, by string) (string, error) {
	if _, err := find(metric); err != nil {
		return "", err
	}
	if !contains(Dimensions, by) {
		return "", fmt.Errorf("metric %s: %q is no dimension: %s", metric, by, strings.Join(Dimensions, ", "))
	}
	figures, err := support("figures")
	if err != nil {
		return "", err
	}
	chosen, err := support("chosen")
	if err != nil {
		return "", err
	}
	text, err := support(query, "{{figures}}", figures, "{{chosen}}", chosen)
	if err != nil {
		return "", err
	}
	return strings.NewReplacer("$metric", model.QuoteText(metric), "$from", instant(from), "$to", instant(to), "$by", model.QuoteText(by)).Replace(text), nil
}

// instant is SQL for a time, or NULL for the zero time.
func instant(t time.Time) string {
	if t.IsZero() {
		return "NULL"
	}
	return "TIMESTAMPTZ " + model.QuoteText(t.UTC().Format("2006-01-02 15:04:05.999999+00"))
}
