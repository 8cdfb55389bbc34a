package file_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/collectors"
	"deskproof/collectors/file"
	"deskproof/model"
	"deskproof/model/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestExportsOfManyKinds collects the exports in testdata and compares all that was stored with a golden file.
func TestExportsOfManyKinds(t *testing.T) {
	ctx := context.Background()
	cfg, err := config.Load("testdata/deskproof.yaml")
	if err != nil {
		t.Fatal(err)
	}
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sum, err := collectors.Run(ctx, db, cfg, nil, collectors.Options{Now: clock(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(sum.Text())
	for _, q := range []string{
		"SELECT concat_ws(' | ', source, entity, path, format, encoding, compression, row_count || ' rows', CASE WHEN truncated THEN 'truncated' END) FROM source_file ORDER BY run_id, path",
		"SELECT concat_ws(' | ', source, entity, key, origin || ':' || line, payload) FROM raw_record ORDER BY run_id, ordinal",
		"SELECT concat_ws(' | ', source, entity, origin || ':' || line, key, reason, to_json(content)) FROM rejected_record ORDER BY run_id, origin, line",
	} {
		rows, err := model.Select[string](ctx, db, q)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n" + strings.Join(rows, "\n") + "\n")
	}
	const golden = "testdata/collected.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("what was collected differs from %s (-update writes it anew):\n%s", golden, b.String())
	}
}

func TestProbeSaysWhatItFound(t *testing.T) {
	cfg, err := config.Load("testdata/deskproof.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"tickets-windows.csv: csv windows-1252, 4 columns", "tickets.json: json utf-8, 3 columns; history.ndjson: ndjson utf-8, 5 columns"} {
		got, err := file.Collector{}.Probe(context.Background(), cfg, &cfg.Sources[i])
		if err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	src := cfg.Sources[0]
	src.Key = "Nummer"
	if _, err := (file.Collector{}).Probe(context.Background(), cfg, &src); err == nil || !strings.Contains(err.Error(), `has no column "Nummer"`) {
		t.Error(err)
	}
}

func TestPathsThatFindNothingOrTooMuch(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"b.csv", "a.csv", "odd [1].csv", "history.csv"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("nr,at\n"+f+",1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ source, want string }{
		{"path: '*.csv', key: nr", "a.csv b.csv history.csv odd [1].csv"},
		{"path: 'odd [1].csv', key: nr", "odd [1].csv"},
		{"path: '*.csv', key: nr, history: {path: history.csv, ticket: nr, at: at, field: nr, to: at}", "a.csv b.csv odd [1].csv history.csv"},
		{"path: '*.xlsx', key: nr", "! no file matches *.xlsx"},
		{"path: none.csv, key: nr", "! none.csv: there is no such file"},
		{"path: '.', key: nr", "! . is a folder: name a file, or a pattern such as ./*.csv"},
		{"path: '[', key: nr", "! [ is not a pattern"},
		{"path: history.csv, key: nr, history: {path: history.csv, ticket: nr, at: at, field: nr, to: at}", "! history.csv and history.path history.csv are the same files"},
	} {
		cfg, err := config.Parse(filepath.Join(dir, "deskproof.yaml"), []byte("organization: {name: X}\nsources: [{name: a, "+c.source+"}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		db, err := model.OpenMemory(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		sum, err := collectors.Run(context.Background(), db, cfg, nil, collectors.Options{Now: clock(), Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := model.Select[string](context.Background(), db, "SELECT origin FROM raw_record ORDER BY ordinal")
		if err != nil {
			t.Fatal(err)
		}
		if msg, ok := strings.CutPrefix(c.want, "! "); ok && (sum.Sources[0].Status != "failed" || !strings.HasPrefix(sum.Sources[0].Message, msg)) ||
			!ok && (strings.Join(got, " ") != c.want || !sum.Complete()) {
			t.Errorf("%s: %q %s", c.source, got, sum.Text())
		}
	}
}
