package model

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteParquetWritesOnlyItsFile(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "w.duckdb")
	w := openTest(t, path)
	addRun(t, w, 1, 3)
	if err := w.Publish(ctx); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "o'ut.parquet")
	if err := WriteParquet(ctx, path, "SELECT key, line FROM raw_record ORDER BY ALL", out); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out); err != nil || string(b[:4]) != "PAR1" {
		t.Fatalf("%v", err)
	}
	if err := WriteParquet(ctx, path, "SELECT * FROM read_text('/etc/hosts')", filepath.Join(dir, "b.parquet")); err == nil {
		t.Fatal("a query could read a file")
	}
	if err := WriteParquet(ctx, path, "SELECT 1) TO '"+filepath.Join(dir, "c.csv")+"' (FORMAT csv); --", out); err == nil {
		t.Fatal("a query could write another file")
	}
	db, err := OpenAdHoc(ctx, path, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := Ask(ctx, db, "SELECT key, line, NULL AS nothing FROM raw_record ORDER BY line DESC")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for row, err := r.Next(); row != nil || err != nil; row, err = r.Next() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 3 || r.Columns[2] != "nothing" || r.Types[1] != "BIGINT" {
		t.Fatalf("%d rows, %v %v", n, r.Columns, r.Types)
	}
}
