// Package resttest tests collectors that ask over HTTP: a desk (configuration, warehouse, clock that nobody waits for), a
// server that plays a tool with its rules and faults, a story of tickets for it to tell, and the real servers that
// DESKPROOF_SERVERS names.
package resttest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/mapping"
	"deskproof/model"
	"deskproof/model/config"
)

// Token is the secret that the fakes accept. It must be found nowhere but in requests.
const Token = "s3cr3t/T0ken+of=the&fake"

// Desk is a configuration with one source, and a warehouse in memory.
type Desk struct {
	T     testing.TB
	Dir   string
	Cfg   *config.Config
	DB    *model.DB
	Slept time.Duration // how long the collector would have waited
	Batch int64         // see collectors.Options; 1 = every safe point commits
	Limit time.Duration // after which a run is broken off, so that no test hangs
	now   time.Time
}

// Start is when the first run of a Desk begins.
var Start = time.Date(2026, 11, 2, 6, 0, 0, 0, time.UTC)

// NewDesk makes a desk from the entry of its source, in YAML (a list of one). The token stands in the environment
// variable DESK_TOKEN.
func NewDesk(t testing.TB, source string) *Desk {
	t.Helper()
	if tt, ok := t.(interface{ Setenv(k, v string) }); ok && os.Getenv("DESK_TOKEN") == "" {
		tt.Setenv("DESK_TOKEN", Token)
	}
	d := &Desk{T: t, Dir: t.TempDir(), Limit: time.Minute, DB: warehouse(t), now: Start}
	if os.Getenv("DESKPROOF_SERVERS") != "" {
		d.Limit = 5 * time.Minute // real servers take their time
	}
	d.Configure(source)
	return d
}

// Configure replaces the configuration.
func (d *Desk) Configure(source string) {
	d.T.Helper()
	path := filepath.Join(d.Dir, "deskproof.yaml")
	yaml := "organization: {name: Test}\nsources:\n  " + strings.ReplaceAll(strings.TrimRight(source, "\n"), "\n", "\n  ") + "\n"
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		d.T.Fatal(err)
	}
	var err error
	if d.Cfg, err = config.Load(path); err != nil {
		d.T.Fatal(err)
	}
}

// Later lets time pass.
func (d *Desk) Later(by time.Duration) { d.now = d.now.Add(by) }

// Options are those of a run of the desk.
func (d *Desk) Options() collectors.Options {
	return collectors.Options{Version: "test", Batch: d.Batch,
		Now: func() time.Time {
			d.now = d.now.Add(time.Millisecond)
			return d.now
		},
		Sleep: func(ctx context.Context, by time.Duration) error {
			d.Slept += by
			return ctx.Err()
		}}
}

// Try collects.
func (d *Desk) Try(ctx context.Context, opt collectors.Options) (collectors.Summary, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Limit)
	defer cancel()
	return collectors.Run(ctx, d.DB, d.Cfg, nil, opt)
}

// Collect collects, and fails the test unless the run is complete.
func (d *Desk) Collect() collectors.Summary {
	d.T.Helper()
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil {
		d.T.Fatal(err)
	}
	if !sum.Complete() {
		d.T.Fatalf("the run is not complete:\n%s", sum.Text())
	}
	d.TiesOut()
	return sum
}

// Full collects everything again.
func (d *Desk) Full() collectors.Summary {
	d.T.Helper()
	opt := d.Options()
	opt.Full = true
	sum, err := d.Try(context.Background(), opt)
	if err != nil || !sum.Complete() {
		d.T.Fatalf("%v\n%s", err, sum.Text())
	}
	d.TiesOut()
	return sum
}

// Build makes the model; nothing may be refused.
func (d *Desk) Build() mapping.Result {
	d.T.Helper()
	res, err := mapping.Build(context.Background(), d.DB, d.Cfg, collectors.Sources(d.Cfg), mapping.Options{})
	if err != nil {
		d.T.Fatal(err)
	}
	for _, e := range res.Entities {
		for _, r := range e.Reasons {
			d.T.Errorf("%s: %d refused: %s (first: %s)", e.Entity, r.Rows, r.Text, r.First)
		}
	}
	return res
}

// Rows are the rows of a query of one text column.
func (d *Desk) Rows(query string, args ...any) []string {
	d.T.Helper()
	rows, err := model.Select[string](context.Background(), d.DB, query, args...)
	if err != nil {
		d.T.Fatal(err)
	}
	return rows
}

// Want compares the rows of a query of one text column.
func (d *Desk) Want(query string, want ...string) {
	d.T.Helper()
	if got := d.Rows(query); strings.Join(got, "\n") != strings.Join(want, "\n") {
		d.T.Errorf("%s\ngot\n%s\nwant\n%s", query, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TiesOut checks the books of all runs: every total is made of its parts, the parts are there, and the versions of every
// record are 1, 2, … with no two alike in a row.
func (d *Desk) TiesOut() {
	d.T.Helper()
	for _, q := range []string{
		`SELECT source || '/' || entity FROM collection_count WHERE fetched <> stored + unchanged + rejected`,
		`SELECT c.entity || ': stored ' || c.stored FROM collection_count c WHERE c.stored <> (SELECT count(*) FROM raw_record r WHERE r.run_id = c.run_id AND r.entity = c.entity AND NOT deleted)`,
		`SELECT c.entity || ': deleted ' || c.deleted FROM collection_count c WHERE c.deleted + c.merged <> (SELECT count(*) FROM raw_record r WHERE r.run_id = c.run_id AND r.entity = c.entity AND deleted)`,
		`SELECT c.entity FROM collection_count c WHERE c.rejected <> (SELECT count(*) FROM rejected_record r WHERE r.run_id = c.run_id AND r.entity = c.entity AND stage = 'read')`,
		`SELECT entity || '/' || key FROM raw_record GROUP BY source, entity, key HAVING count(*) <> max(version) OR min(version) <> 1 OR count(DISTINCT version) <> count(*)`,
		`SELECT entity || '/' || key FROM (SELECT *, lag(sha256) OVER w AS before, lag(deleted) OVER w AS gone FROM raw_record WINDOW w AS (PARTITION BY source, entity, key ORDER BY version))
			WHERE before = sha256 AND gone = deleted`,
		`SELECT CAST(run_id AS VARCHAR) FROM collection_run GROUP BY run_id HAVING count(*) > 1`,
		`SELECT key FROM raw_record WHERE sha256 <> sha256(payload) OR NOT json_valid(payload)`,
	} {
		if got := d.Rows(q); len(got) > 0 {
			d.T.Errorf("the books do not tie out: %s\n%s", q, strings.Join(got[:min(len(got), 5)], "\n"))
		}
	}
}

// Everything is all that the warehouse holds, as text: for looking for what must not be there.
func (d *Desk) Everything() string {
	d.T.Helper()
	var b strings.Builder
	for _, t := range d.Rows("SELECT table_name FROM duckdb_tables() WHERE estimated_size > 0 ORDER BY 1") {
		for _, row := range d.Rows("SELECT CAST(to_json(t) AS VARCHAR) FROM " + model.QuoteIdent(t) + " t") {
			b.WriteString(row + "\n")
		}
	}
	return b.String()
}
