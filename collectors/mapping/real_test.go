package mapping

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestAuditLog(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	cfg := load(t, "../../examples/servicenow-audit-log/deskproof.yaml")
	n := putCSV(t, db, "log", "ticket_update", "../../../shared/data/servicenow-audit-log/incident_event_log.csv.gz")
	fmt.Println(n)
	st := time.Now()
	rj, err := CheckRows(ctx, db, cfg, cfg.Sources)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("check", time.Since(st), rj)
	for range 2 {
		st = time.Now()
		res, err := Build(ctx, db, cfg, cfg.Sources, Options{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("build %v\n%+v\n", time.Since(st), res)
	}
	for _, q := range []string{"SELECT count(*), sum(reopen_count), sum(source_reopen_count), sum(reassignment_count), sum(source_reassignment_count), count(resolved_at), count(closed_at), count(*) FILTER(reopen_count<>source_reopen_count), count(*) FILTER(reassignment_count<>source_reassignment_count) FROM ticket",
		"SELECT field, count(*) FROM ticket_event GROUP BY 1 ORDER BY 2 DESC", "SELECT status, source_status,count(*) FROM ticket GROUP BY ALL",
		"SELECT * FROM ticket ORDER BY ticket_id LIMIT 1", "SELECT * FROM ticket_event WHERE ticket_id='log:INC0000045' ORDER BY sequence", "SELECT breached,count(*) FROM native_sla GROUP BY 1",
		"SELECT sequence,occurred_at,field,from_value,to_value,source_from_value,source_to_value FROM ticket_event WHERE ticket_id='log:INC0028089' ORDER BY sequence"} {
		fmt.Println(dump(t, db, q))
	}
}
