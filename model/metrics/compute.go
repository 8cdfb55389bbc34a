package metrics

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskproof/model"
)

// Compute fills metric_definition, metric_period, metric_fact and metric_value anew from the model.
// asOf is the moment that the figures stand for; what happens at or after it is not counted. zone is the IANA time
// zone that months are cut in. All of it is one transaction: after an error the warehouse is as before.
func Compute(ctx context.Context, db *model.DB, asOf time.Time, zone string) error {
	all, err := allFiles()
	if err != nil {
		return err
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "" {
		return fmt.Errorf("metrics: %q is no IANA time zone: write one such as Europe/Berlin", zone)
	}
	return run(ctx, db, all, asOf, zone)
}

// run computes the metrics given; every other metric is left without figures.
func run(ctx context.Context, db *model.DB, metrics []file, asOf time.Time, zone string) error {
	return db.InTx(ctx, func(ctx context.Context) error { return compute(ctx, db, metrics, asOf, zone) })
}

func compute(ctx context.Context, db *model.DB, metrics []file, asOf time.Time, zone string) error {
	// Both stand in the SQL as literals: DuckDB reads a time zone that is a variable anew for every row.
	fill := []string{"{{as_of}}", "TIMESTAMPTZ " + model.QuoteText(asOf.UTC().Format("2006-01-02 15:04:05.999999+00")), "{{zone}}", model.QuoteText(zone)}
	steps := []string{
		"DELETE FROM metric_definition; DELETE FROM metric_fact; DELETE FROM metric_value",
		"CREATE OR REPLACE TEMP TABLE measured_metric (metric VARCHAR)",
	}
	for _, name := range []string{"prepare", "outage", "outcome"} {
		text, err := support(name, fill...)
		if err != nil {
			return err
		}
		steps = append(steps, text)
	}
	for _, s := range steps {
		if err := db.Exec(ctx, s); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	for _, f := range metrics {
		if err := computeOne(ctx, db, f, fill); err != nil {
			return fmt.Errorf("metric %s: %w", f.Metric, err)
		}
	}
	figures, err := support("figures")
	if err != nil {
		return err
	}
	for _, name := range []string{"aggregate", "zero"} {
		text, err := support(name, "{{figures}}", figures)
		if err != nil {
			return err
		}
		if err := db.Exec(ctx, text); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return db.Exec(ctx, dropTemporary)
}

// dropTemporary removes what prepare, outage and outcome made.
const dropTemporary = `DROP TABLE measured_metric; DROP TABLE excluded_ticket; DROP TABLE counted_ticket; DROP TABLE counted_status;
DROP TABLE counted_open; DROP TABLE counted_resolution; DROP TABLE counted_change; DROP TABLE counted_request; DROP TABLE counted_outage; DROP TABLE counted_failure;
DROP TABLE counted_service; DROP TABLE counted_service_month; DROP TABLE counted_outcome`

// computeOne loads the definition of a metric and, when its inputs are there, its facts.
func computeOne(ctx context.Context, db *model.DB, f file, fill []string) error {
	if err := db.Exec(ctx, "INSERT INTO metric_definition VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", f.Metric, f.Title, f.Process,
		f.Definition.Definition, f.Formula, f.Aggregate, f.Unit, f.Direction, f.PeriodKey, f.Origin); err != nil {
		return err
	}
	absent, err := absentInputs(ctx, db, f)
	if err != nil || len(absent) > 0 {
		return err
	}
	if err := db.Exec(ctx, "INSERT INTO measured_metric VALUES (?)", f.Metric); err != nil {
		return err
	}
	query := strings.NewReplacer(fill...).Replace(f.query)
	text, err := support("fact", append(fill, "{{metric}}", model.QuoteText(f.Metric), "{{select}}", query)...)
	if err != nil {
		return err
	}
	return db.Exec(ctx, text)
}

// absentInputs says in words which inputs of a metric the warehouse lacks.
func absentInputs(ctx context.Context, db *model.DB, f file) ([]string, error) {
	var out []string
	for _, in := range f.inputs {
		filled := make([]string, len(in.columns))
		for i, c := range in.columns {
			filled[i] = model.QuoteIdent(c) + " IS NOT NULL"
		}
		where := strings.Join(filled, " AND ")
		if in.where != "" {
			where += " AND (" + in.where + ")"
		}
		if in.table == "ticket" {
			where += " AND deleted_at IS NULL AND merged_into IS NULL"
		}
		var table, row bool
		query := fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %[1]s), EXISTS (SELECT 1 FROM %[1]s WHERE %[2]s)", model.QuoteIdent(in.table), where)
		if err := db.QueryRow(ctx, query).Scan(&table, &row); err != nil {
			return nil, &model.SQLError{Query: query, Err: err}
		}
		switch {
		case row:
		case !table:
			out = append(out, fmt.Sprintf("%s (table %s is empty)", in.absent, in.table))
		default:
			out = append(out, fmt.Sprintf("%s (no such row in table %s has %s)", in.absent, in.table, strings.Join(in.columns, ", ")))
		}
	}
	return out, nil
}
