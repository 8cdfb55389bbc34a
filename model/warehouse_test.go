package model

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func openTest(t *testing.T, path string) *Warehouse {
	t.Helper()
	w, err := OpenWarehouse(context.Background(), path, "deskproof test", noon)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// addRun stores n raw records the way a collection run does.
func addRun(t *testing.T, w *Warehouse, run, n int64) {
	t.Helper()
	ctx := context.Background()
	err := w.InTx(ctx, func(ctx context.Context) error {
		if err := w.Exec(ctx, `INSERT INTO collection_run (run_id, source, source_type, started_at, status, tool_version)
			VALUES (?, 'desk', 'file', '2026-01-01 00:00:00+00', 'complete', 'test')`, run); err != nil {
			return err
		}
		return w.Exec(ctx, `INSERT INTO raw_record SELECT 'desk', 'ticket', ? || '-' || i, 1, ?, '2026-01-01 00:00:00+00', sha256(i::VARCHAR), 'f', i, i, FALSE, '{}' FROM range(?) t(i)`, run, run, n)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSecondWriterIsToldWhoWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	w := openTest(t, path)
	defer w.Close()
	_, err := OpenWarehouse(context.Background(), path, "deskproof collect", noon)
	var busy *BusyError
	if !errors.As(err, &busy) {
		t.Fatalf("got %v", err)
	}
	if busy.PID != os.Getpid() || !strings.Contains(err.Error(), "`deskproof test`") || !strings.Contains(err.Error(), "2026-03-04 12:00:00") {
		t.Errorf("the message does not name the writer: %v", err)
	}
}

func TestReadersWorkOnTheSnapshotWhileTheWarehouseIsWritten(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if _, err := OpenSnapshot(ctx, path); err == nil || !strings.Contains(err.Error(), "deskproof collect") {
		t.Fatalf("without a snapshot: %v", err)
	}
	w := openTest(t, path)
	addRun(t, w, 1, 3)
	if err := w.Acknowledge(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.Publish(ctx); err != nil {
		t.Fatal(err)
	}
	reader, err := OpenSnapshot(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for run := int64(2); run <= 4; run++ {
		w = openTest(t, path)
		addRun(t, w, run, 2)
		other, err := OpenAdHoc(ctx, path, "Europe/Berlin")
		if err != nil {
			t.Fatalf("a second reader while the warehouse is written: %v", err)
		}
		n, err := One[int64](ctx, other, "SELECT count(*) FROM raw_record")
		if want := 3 + 2*(run-2); err != nil || n != want {
			t.Errorf("the reader sees %d records, want %d; %v", n, want, err)
		}
		other.Close()
		if err := w.Publish(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := One[int64](ctx, reader, "SELECT count(*) FROM raw_record"); err != nil || n != 3 {
		t.Errorf("the first reader's view changed: %d, %v", n, err)
	}
	if left, _ := generations(snapshotDir(path)); len(left) != kept {
		t.Errorf("%v generations are left", left)
	}
}

func TestAdHocQueriesReachNothingOutside(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "w.duckdb")
	w := openTest(t, path)
	if err := w.Publish(ctx); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(secret, []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := OpenAdHoc(ctx, path, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		"SELECT * FROM read_csv('" + secret + "')", "SELECT * FROM '" + secret + "'", "SELECT * FROM read_text('/etc/passwd')",
		"COPY (SELECT 1) TO '" + filepath.Join(dir, "out.csv") + "'", "ATTACH '" + filepath.Join(dir, "x.duckdb") + "'",
		"INSTALL httpfs", "LOAD httpfs", "SET enable_external_access=true", "SET TimeZone='UTC'", "DROP TABLE ticket",
		"DELETE FROM ticket", "CREATE TABLE x (a INTEGER)", "EXPORT DATABASE '" + dir + "'", "SELECT * FROM glob('/*')",
	} {
		if err := db.Exec(ctx, q); err == nil {
			t.Errorf("%s was allowed", q)
		}
	}
}

func TestAWarehouseThatFallsShortOfItsLedgerIsRefused(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	w := openTest(t, path)
	addRun(t, w, 1, 5)
	if err := w.Acknowledge(ctx); err != nil {
		t.Fatal(err)
	}
	addRun(t, w, 2, 7) // committed, and the process dies before it acknowledges
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = openTest(t, path)
	if err := w.Exec(ctx, "DELETE FROM raw_record WHERE run_id = 2 AND line = 3"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	_, err := OpenWarehouse(ctx, path, "deskproof build", noon)
	var short *LedgerError
	if !errors.As(err, &short) || !strings.Contains(err.Error(), "run 2, desk/ticket: 6 of 7 records are there, 1 are missing") {
		t.Fatalf("got %v", err)
	}
	// A line that was cut in the middle was never acknowledged and does not count.
	data, _ := os.ReadFile(path + ".ledger")
	lines := strings.SplitAfter(string(data), "\n")
	if err := os.WriteFile(path+".ledger", []byte(lines[0]+lines[1][:20]), 0o644); err != nil {
		t.Fatal(err)
	}
	w = openTest(t, path)
	w.Close()
	// A changed line breaks the chain.
	data, _ = os.ReadFile(path + ".ledger")
	if err := os.WriteFile(path+".ledger", []byte(strings.Replace(string(data), `"desk/ticket":5`, `"desk/ticket":4`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWarehouse(ctx, path, "deskproof build", noon); err == nil || !strings.Contains(err.Error(), "chain of hashes") {
		t.Fatalf("got %v", err)
	}
}

func TestOpenExplainsWhatIsNoWarehouse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "junk.duckdb")
	if err := os.WriteFile(path, []byte(strings.Repeat("junk ", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWarehouse(context.Background(), path, "x", noon); err == nil || !strings.Contains(err.Error(), "not a warehouse") {
		t.Fatalf("got %v", err)
	}
	folder := filepath.Join(t.TempDir(), "folder.duckdb")
	asked := filepath.Join(t.TempDir(), "why?", "x.duckdb")
	for _, f := range []string{folder, filepath.Dir(asked)} {
		if err := os.Mkdir(f, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for p, want := range map[string]string{path + "?access_mode=x": "question mark", asked: "question mark", folder: "is a folder, not a warehouse"} {
		if _, err := OpenWarehouse(context.Background(), p, "x", noon); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "driver") {
			t.Errorf("%s: got %v", p, err)
		}
	}
}

func TestOneStatement(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"SELECT 1", "SELECT 1"}, {"SELECT 1; ", "SELECT 1"}, {"SELECT ';' ; -- a; b\n", "SELECT ';' "},
		{"SELECT 1 /* ; */", "SELECT 1 /* ; */"}, {"SELECT $$a;b$$", "SELECT $$a;b$$"}, {"SELECT $x$a;$$b$x$;;", "SELECT $x$a;$$b$x$"},
		{"SELECT \"a;b\" FROM t;", "SELECT \"a;b\" FROM t"}, {"-- only ; a comment\nSELECT 2", "-- only ; a comment\nSELECT 2"},
		{"SELECT 1; DROP TABLE x", ""}, {"SELECT 'it''s'; SELECT 2", ""}, {"SELECT 1; 'x'", ""}, {" ; ", ""}, {"", ""},
	} {
		got, err := OneStatement(c.in)
		if (err != nil) != (c.want == "") || got != c.want {
			t.Errorf("%q: %q, %v", c.in, got, err)
		}
	}
}

func TestDictionaryKnowsTablesAndNearNames(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	got, err := Dictionary(ctx, db, "Ticket")
	if err != nil || len(got) != 1 || got[0].Columns[0].Name != "ticket_id" || got[0].Columns[0].Optional || got[0].Comment == "" {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := Dictionary(ctx, db, "tickets"); err == nil || !strings.Contains(err.Error(), "ticket") {
		t.Fatalf("%v", err)
	}
}
