package metrics

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"deskproof/model"
)

// fixture is testdata/<metric>.yaml: given rows, expected values.
type fixture struct {
	Cases []fixtureCase `yaml:"cases"`
}

// fixtureCase: the expected rows of a dimension are complete for that dimension; "all" is always compared.
type fixtureCase struct {
	Name    string                      `yaml:"name"`
	AsOf    time.Time                   `yaml:"as_of"`
	Zone    string                      `yaml:"zone"`
	Given   map[string][]map[string]any `yaml:"given"`
	Expect  []expected                  `yaml:"expect"`
	Missing string                      `yaml:"missing"` // part of the words of Missing; empty = measured
}

type expected struct {
	Month       string   `yaml:"month"`
	Dimension   string   `yaml:"dimension"`
	Member      string   `yaml:"member"`
	N           int64    `yaml:"n"`
	Numerator   *float64 `yaml:"numerator"`
	Denominator *float64 `yaml:"denominator"`
	Figure      *float64 `yaml:"figure"`
	Mean        *float64 `yaml:"mean"`
	P90         *float64 `yaml:"p90"`
}

// usual fills the columns that a row of a fixture leaves out and the schema needs.
var usual = map[string]map[string]any{
	"ticket": {"source": "desk", "kind": "incident", "status": "closed", "has_history": false, "reopen_count": 0, "reassignment_count": 0,
		"opened_at": "2026-03-02T08:00:00Z"},
	"ticket_event": {"field": "status"},
	"sla_cycle": {"definition_kind": "SLA", "clock": "resolution", "cycle": 1, "calendar": "always", "goal_seconds": 3600, "calendar_seconds": 0,
		"paused_seconds": 0, "elapsed_seconds": 0, "started_at": "2026-03-02T08:00:00Z"},
	"sla_definition": {"definition_kind": "SLA", "clock": "resolution", "title": "t", "ordinal": 1, "line": 1, "goals": "1 h", "calendars": "always",
		"reopen": "last_closure", "goal_change": "goal_at_stop", "response_on_hold": "runs", "zone_choice": "calendar", "day_unit": "calendar_day",
		"open_overdue": "breached"},
	"outage":     {"is_planned": false},
	"native_sla": {"name": "own", "clock": "resolution"},
}

func memory(t testing.TB) *model.DB {
	t.Helper()
	db, err := model.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func load(t testing.TB, name string) fixture {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	if err != nil {
		t.Fatalf("metric %s has no fixture: %v", name, err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	var f fixture
	if err := dec.Decode(&f); err != nil {
		t.Fatalf("testdata/%s.yaml: %v", name, err)
	}
	if len(f.Cases) == 0 {
		t.Fatalf("testdata/%s.yaml has no case", name)
	}
	for i := range f.Cases {
		c := &f.Cases[i]
		if c.Zone == "" {
			c.Zone = "Europe/Berlin"
		}
		if c.AsOf.IsZero() {
			c.AsOf = time.Date(2026, 5, 15, 10, 0, 0, 0, time.UTC)
		}
	}
	return f
}

// empty deletes every row, so that cases can share a database.
func empty(t testing.TB, db *model.DB) {
	t.Helper()
	tables, err := model.Select[string](context.Background(), db, "SELECT table_name FROM duckdb_tables() WHERE table_name <> 'schema_version' AND estimated_size > 0")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if err := db.Exec(context.Background(), "DELETE FROM "+model.QuoteIdent(table)); err != nil {
			t.Fatal(err)
		}
	}
}

// give inserts the rows of a case, tables and columns in the order of their names.
func give(t testing.TB, db *model.DB, given map[string][]map[string]any) {
	t.Helper()
	tables := make([]string, 0, len(given))
	for name := range given {
		tables = append(tables, name)
	}
	sort.Strings(tables)
	for _, table := range tables {
		for i, row := range given[table] {
			full := map[string]any{}
			for k, v := range usual[table] {
				full[k] = v
			}
			for k, v := range row {
				full[k] = v
			}
			switch table {
			case "ticket":
				if _, ok := full["key"]; !ok {
					full["key"] = full["ticket_id"]
				}
			case "service", "ci", "supplier", "customer":
				if _, ok := full["name"]; !ok {
					full["name"] = "some name"
				}
			case "approval":
				full["approval_id"] = fmt.Sprint("a", i)
			}
			var columns, marks []string
			var args []any
			for k := range full {
				columns = append(columns, k)
			}
			sort.Strings(columns)
			for j, k := range columns {
				marks = append(marks, "?")
				args = append(args, full[k])
				columns[j] = model.QuoteIdent(k)
			}
			q := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(columns, ", "), strings.Join(marks, ", "))
			if err := db.Exec(context.Background(), q, args...); err != nil {
				t.Fatalf("%s row %d: %v", table, i+1, err)
			}
		}
	}
}

func TestEveryMetricAgainstItsFixture(t *testing.T) {
	all, err := allFiles()
	if err != nil {
		t.Fatal(err)
	}
	ctx, db := context.Background(), memory(t)
	for _, m := range all {
		for _, c := range load(t, m.Metric).Cases {
			t.Run(m.Metric+"/"+c.Name, func(t *testing.T) {
				empty(t, db)
				give(t, db, c.Given)
				if err := run(ctx, db, []file{m}, c.AsOf, c.Zone); err != nil {
					t.Fatal(err)
				}
				compare(t, db, m.Metric, c)
				missing, err := Missing(ctx, db, m.Metric)
				if err != nil {
					t.Fatal(err)
				}
				if (c.Missing == "") != (missing == "") || !strings.Contains(missing, c.Missing) {
					t.Errorf("missing: got %q, want it to say %q", missing, c.Missing)
				}
			})
		}
	}
}

func compare(t *testing.T, db *model.DB, metric string, c fixtureCase) {
	t.Helper()
	type row struct {
		Month, Dimension, Member string
		N                        int64
		Numerator                *float64
		Denominator              *float64
		Figure                   *float64
		Mean                     *float64
		P90                      *float64 `db:"p90"`
	}
	got, err := model.Select[row](context.Background(), db, `SELECT month::VARCHAR AS month, dimension, member, n, numerator, denominator, figure, mean, p90
		FROM metric_value WHERE metric = ? ORDER BY dimension, month, member`, metric)
	if err != nil {
		t.Fatal(err)
	}
	compared := map[string]bool{"all": true}
	want := map[string]expected{}
	for _, e := range c.Expect {
		if e.Dimension == "" {
			e.Dimension, e.Member = "all", "all"
		}
		compared[e.Dimension] = true
		want[e.Month+" "+e.Dimension+" "+e.Member] = e
	}
	for _, g := range got {
		if !compared[g.Dimension] {
			continue
		}
		key := g.Month + " " + g.Dimension + " " + g.Member
		e, ok := want[key]
		if !ok {
			t.Errorf("%s: not expected: n %d, %s", key, g.N, show(g.Numerator, g.Denominator, g.Figure, g.Mean, g.P90))
			continue
		}
		delete(want, key)
		if e.N != g.N || !same(e.Numerator, g.Numerator, true) || !same(e.Denominator, g.Denominator, true) || !same(e.Figure, g.Figure, false) ||
			!same(e.Mean, g.Mean, true) || !same(e.P90, g.P90, true) {
			t.Errorf("%s:\n got n %d, %s\nwant n %d, %s", key, g.N, show(g.Numerator, g.Denominator, g.Figure, g.Mean, g.P90),
				e.N, show(e.Numerator, e.Denominator, e.Figure, e.Mean, e.P90))
		}
	}
	for _, key := range sortedKeys(want) {
		t.Errorf("%s: expected, but there is no such row", key)
	}
}

// same compares two figures; an optional one that the fixture leaves out is not compared.
func same(want, got *float64, optional bool) bool {
	if want == nil {
		return optional || got == nil
	}
	return got != nil && math.Abs(*want-*got) < 1e-9*math.Max(1, math.Abs(*want))
}

func show(values ...*float64) string {
	names := []string{"numerator", "denominator", "figure", "mean", "p90"}
	var out []string
	for i, v := range values {
		if v == nil {
			out = append(out, names[i]+" NULL")
		} else {
			out = append(out, fmt.Sprintf("%s %v", names[i], *v))
		}
	}
	return strings.Join(out, ", ")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func TestNothingIsMeasuredInAnEmptyWarehouse(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	if err := Compute(ctx, db, time.Date(2026, 5, 15, 10, 0, 0, 0, time.UTC), "UTC"); err != nil {
		t.Fatal(err)
	}
	n, err := model.One[int64](ctx, db, "SELECT (SELECT count(*) FROM metric_value) + (SELECT count(*) FROM metric_fact)")
	if err != nil || n != 0 {
		t.Fatalf("%d rows, %v", n, err)
	}
	defs, err := Definitions(ctx, db)
	if err != nil || len(defs) < 30 {
		t.Fatalf("%d definitions, %v", len(defs), err)
	}
	for _, d := range defs {
		missing, err := Missing(ctx, db, d.Metric)
		if err != nil || !strings.Contains(missing, "is empty)") {
			t.Errorf("%s: missing %q, %v", d.Metric, missing, err)
		}
		got, err := Summary(ctx, db, d.Metric, time.Time{}, time.Time{}, "all")
		if err != nil || len(got) != 1 || got[0].N != 0 || got[0].Figure != nil || got[0].Mean != nil || got[0].Median != nil || got[0].P90 != nil {
			t.Errorf("%s: %+v, %v", d.Metric, got, err)
		}
	}
}

// Tickets that were deleted or merged leave no trace in any metric, whatever else refers to them.
func TestDeletedAndMergedTicketsAreExcluded(t *testing.T) {
	all, err := allFiles()
	if err != nil {
		t.Fatal(err)
	}
	ctx, db := context.Background(), memory(t)
	for _, m := range all {
		for _, c := range load(t, m.Metric).Cases {
			empty(t, db)
			give(t, db, c.Given)
			if err := db.Exec(ctx, "UPDATE ticket SET deleted_at = opened_at WHERE hash(ticket_id) % 2 = 0; UPDATE ticket SET merged_into = 'desk:other' WHERE deleted_at IS NULL"); err != nil {
				t.Fatal(err)
			}
			if err := run(ctx, db, []file{m}, c.AsOf, c.Zone); err != nil {
				t.Fatal(err)
			}
			// What is left is about services, items and surveys, and names no ticket.
			left, err := model.Select[string](ctx, db, `SELECT DISTINCT metric FROM metric_fact WHERE ticket_id IS NOT NULL
				OR metric NOT IN ('service_availability', 'mean_time_between_failures', 'mean_time_to_restore', 'ci_accuracy', 'csat', 'survey_response_rate')
				OR (metric IN ('csat', 'survey_response_rate') AND subject IN (SELECT survey_id FROM survey_response WHERE ticket_id IN (SELECT ticket_id FROM ticket)))`)
			if err != nil || len(left) > 0 {
				t.Errorf("%s/%s: facts of excluded tickets in %v, %v", m.Metric, c.Name, left, err)
			}
		}
	}
}
