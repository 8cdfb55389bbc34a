package model

import (
	"context"
	"strings"
	"testing"
	"time"
)

func memory(t *testing.T) *DB {
	t.Helper()
	db, err := OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestEveryTableAndColumnIsDescribedAndNeedsNoQuotes(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	for _, q := range []string{
		"SELECT table_name FROM duckdb_tables() WHERE comment IS NULL",
		"SELECT table_name || '.' || column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL",
		"SELECT table_name || '.' || column_name FROM duckdb_columns() JOIN duckdb_keywords() ON keyword_name = column_name WHERE NOT internal AND keyword_category <> 'unreserved'",
		"SELECT table_name FROM duckdb_tables() JOIN duckdb_keywords() ON keyword_name = table_name WHERE keyword_category <> 'unreserved'",
	} {
		got, err := Select[string](ctx, db, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) > 0 {
			t.Errorf("%s: %v", q, got)
		}
	}
	n, err := One[int64](ctx, db, "SELECT count(*) FROM duckdb_tables()")
	if err != nil || n < 30 {
		t.Fatalf("%d tables, %v", n, err)
	}
}

func TestSelectMapsNamesAndNulls(t *testing.T) {
	type row struct {
		TicketID string
		Due      *time.Time `db:"due_at"`
		N        int64
	}
	ctx, db := context.Background(), memory(t)
	got, err := Select[row](ctx, db, "SELECT 'a' AS ticket_id, NULL::TIMESTAMPTZ AS due_at, 3 AS n UNION ALL SELECT NULL, '2026-01-02 03:04:05+00'::TIMESTAMPTZ, NULL ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].TicketID != "a" || got[0].Due != nil || got[1].Due == nil || got[1].N != 0 {
		t.Fatalf("%+v", got)
	}
	if _, err := Select[row](ctx, db, "SELECT 1 AS stranger"); err == nil || !strings.Contains(err.Error(), "stranger") {
		t.Fatalf("a column without a field must be an error, got %v", err)
	}
}

func TestInTxRollsBackOnError(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	err := db.InTx(ctx, func(ctx context.Context) error {
		if err := db.Exec(ctx, "CREATE TABLE x AS SELECT 1 AS a"); err != nil {
			return err
		}
		return db.Exec(ctx, "SELECT no_such_column FROM x")
	})
	if err == nil {
		t.Fatal("no error")
	}
	if _, err := Select[int64](ctx, db, "SELECT a FROM x"); err == nil {
		t.Fatal("the table outlived the rollback")
	}
	if err := db.InTx(ctx, func(ctx context.Context) error { return db.Exec(ctx, "CREATE TABLE x AS SELECT 1 AS a") }); err != nil {
		t.Fatal(err)
	}
}

func TestAppenderRepairsText(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	if err := db.Exec(ctx, "CREATE TABLE x (a VARCHAR, b BIGINT, c TIMESTAMPTZ)"); err != nil {
		t.Fatal(err)
	}
	all, err := db.NewAppender(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := all.Append(nil, 8, nil); err != nil {
		t.Fatal(err)
	}
	if err := all.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := db.NewAppender(ctx, "x", "a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	if err := a.Append("caf\xe9", 7, at); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	type row struct {
		A string
		B int64
		C time.Time
	}
	got, err := One[row](ctx, db, "SELECT * FROM x WHERE b = 7")
	if err != nil || got.A != "caf\uFFFD" || got.B != 7 || !got.C.Equal(at) || a.Repaired != 1 {
		t.Fatalf("%+v %v, repaired %d", got, err, a.Repaired)
	}
}

func TestMigrateTwiceChangesNothing(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	if err := migrate(ctx, db); err != nil {
		t.Fatal(err)
	}
	n, err := One[int64](ctx, db, "SELECT count(*) - count(DISTINCT number) FROM schema_version")
	if err != nil || n != 0 {
		t.Fatalf("%d migrations twice, %v", n, err)
	}
}
