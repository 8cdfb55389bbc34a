package controls

import (
	"strings"
	"testing"
	"time"

	"deskproof/model"
)

// TestOwnSQLOnlyReads: SQL of a user that does more than read is not run, whatever it is asked by; the catalogue that is
// loaded without lint is the case that matters.
func TestOwnSQLOnlyReads(t *testing.T) {
	ctx := t.Context()
	db, err := model.OpenSealed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(ctx, "CREATE TABLE mark (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	population := "SELECT 'a' AS subject, NULL AS ticket_id, NULL AS occurred_at"
	for name, c := range map[string][2]string{
		"statement behind quotes": {population + ", $$'$$ AS x", "SELECT subject, ticket_id, occurred_at, $$'$$ AS reason FROM population) SELECT * FROM exceptions; INSERT INTO mark VALUES (1); WITH population AS (" + population +
			"), exceptions AS (SELECT subject, ticket_id, occurred_at, $$'$$ AS reason FROM population"},
		"file":  {"SELECT content AS subject, NULL AS ticket_id, NULL AS occurred_at FROM read_text('/etc/hostname')", "SELECT *, '' AS reason FROM population"},
		"clock": {"SELECT now() AS subject, NULL AS ticket_id, NULL AS occurred_at", "SELECT *, '' AS reason FROM population"},
	} {
		k := &Control{ID: "own-x", Population: SQL{Text: c[0]}, Exceptions: SQL{Text: c[1]}, own: true}
		if _, err := evaluateWithin(ctx, time.Minute, db, k, Params{AsOf: testAsOf}); err == nil {
			t.Errorf("%s: it was run", name)
		}
	}
	rows, err := model.Select[int](ctx, db, "FROM mark")
	if err != nil || len(rows) > 0 {
		t.Errorf("something was written: %v, %v", rows, err)
	}
}

// TestEndlessSQLEnds: SQL without end is ended, and its control says so.
func TestEndlessSQLEnds(t *testing.T) {
	ctx := t.Context()
	db, err := model.OpenSealed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	k := &Control{ID: "own-x", own: true, Exceptions: SQL{Text: "SELECT *, '' AS reason FROM population"},
		Population: SQL{Text: "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT (n + 1) % 7 FROM t) SELECT max(n) AS subject, NULL AS ticket_id, NULL AS occurred_at FROM t"}}
	_, err = evaluateWithin(ctx, time.Second, db, k, Params{AsOf: testAsOf})
	if err == nil || !strings.Contains(err.Error(), "come to an end") {
		t.Fatalf("%v", err)
	}
	if rows, err := model.Select[int](ctx, db, "SELECT 1"); err != nil || len(rows) != 1 {
		t.Errorf("the database is of no use afterwards: %v", err)
	}
}
