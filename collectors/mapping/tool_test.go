package mapping

import (
	"context"
	"strings"
	"testing"

	"deskproof/model/config"
)

// TestSectionsMayEndInAComment: what stands behind -- must not swallow what a SELECT is wrapped in.
func TestSectionsMayEndInAComment(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	put(t, db, "desk", "issue", `{"id": "7", "title": "Mail is down"}`)
	if err := db.Exec(ctx, "CREATE TEMP TABLE "+stagedTable+" AS FROM raw_record LIMIT 0"); err != nil {
		t.Fatal(err)
	}
	m, err := parseModel(strings.Join([]string{
		"-- table: src_all", "SELECT key, src, payload FROM raw_issue -- every issue", "",
		"-- entity: ticket", "SELECT key, src, payload->>'$.title' AS title FROM src_all -- (deleted ones too", "",
		"-- entity: ticket_link", "SELECT key AS ticket_id, src, key AS to_ticket_id FROM src_all -- to itself;", ""}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.stage(ctx, db, config.Source{Name: "desk", Type: "test"}); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, db, "SELECT entity, payload->>'$.title' FROM "+stagedTable+" ORDER BY entity"), "ticket | Mail is down\nticket_link | ~"; got != want {
		t.Errorf("staged\n%s\nwant\n%s", got, want)
	}
}
