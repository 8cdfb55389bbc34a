package file_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/model"
	"deskproof/model/config"
)

const auditLog = "../../../shared/data/servicenow-audit-log/incident_event_log.csv.gz"

// TestAuditLogIsReadToTheLastRow collects the real audit log and measures against DuckDB's own reader.
func TestAuditLogIsReadToTheLastRow(t *testing.T) {
	path, err := filepath.Abs(auditLog)
	if _, statErr := os.Stat(path); err != nil || statErr != nil {
		t.Skip("the audit log is not here: ../shared/data/servicenow-audit-log")
	}
	ctx := context.Background()
	cfg, err := config.Parse("deskproof.yaml", []byte(`
organization: {name: Audit log}
sources:
  - {name: log, path: "`+path+`", shape: row_per_update, key: number, updated: sys_updated_at}
`))
	if err != nil {
		t.Fatal(err)
	}
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	start := time.Now()
	sum, err := collectors.Run(ctx, db, cfg, nil, collectors.Options{Now: clock(), Version: "test"})
	ours := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	got := sum.Sources[0]
	if want := (collectors.Count{Entity: "ticket_update", Fetched: 141712, Stored: 141712}); got.Status != "complete" || len(got.Counts) != 1 || got.Counts[0] != want {
		t.Fatalf("%s\n%+v", sum.Text(), got)
	}
	tickets, err := model.One[int64](ctx, db, "SELECT count(DISTINCT json_extract_string(payload, 'number')) FROM raw_record")
	if err != nil || tickets != 24918 {
		t.Fatalf("%d tickets, %v", tickets, err)
	}
	start = time.Now()
	if err := db.Exec(ctx, "CREATE TABLE own AS SELECT * FROM read_csv("+model.QuoteText(path)+")"); err != nil {
		t.Fatal(err)
	}
	theirs := time.Since(start)
	start = time.Now()
	again, err := collectors.Run(ctx, db, cfg, nil, collectors.Options{Now: clock(), Version: "test"})
	if err != nil || !again.Sources[0].SameFiles || again.Sources[0].Counts[0].Unchanged != 141712 {
		t.Fatalf("%+v, %v", again, err)
	}
	t.Logf("collect %v, read_csv %v (bar %v), the same file again %v", ours, theirs, 3*theirs+2*time.Second, time.Since(start))
	start = time.Now()
	again, err = collectors.Run(ctx, db, cfg, nil, collectors.Options{Now: clock(), Version: "test", Full: true})
	if err != nil || again.Sources[0].SameFiles || again.Sources[0].Counts[0].Unchanged != 141712 {
		t.Fatalf("%+v, %v", again, err)
	}
	t.Logf("the same again with --full %v", time.Since(start))
}

// clock gives moments that do not depend on the wall clock: a second passes between two questions.
func clock() func() time.Time {
	at := time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}
