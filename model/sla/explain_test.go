package sla

import (
	"context"
	"os"
	"strings"
	"testing"

	"deskproof/model"
)

func TestExplainText(t *testing.T) {
	ctx, db := context.Background(), open(t)
	insert(t, db, "desk:INC-7", "2026-12-23T09:30Z status=new; 2026-12-23T09:30Z priority=2; 2026-12-23T10:00Z status=in_progress; 2026-12-23T14:00Z status=on_hold; 2026-12-28T08:00Z status=in_progress; 2026-12-28T16:30Z status=resolved; 2026-12-29T08:00Z status=in_progress; 2026-12-29T10:00Z status=closed")
	if err := db.Exec(ctx, "UPDATE ticket SET key = 'INC-7', title = 'Printer' || chr(27) || '[31m on fire'; INSERT INTO build_info VALUES ('2026-12-30 00:00:00+00', 'Europe/Berlin', 'x', 1, 'test')"); err != nil {
		t.Fatal(err)
	}
	replayed(t, db, parse(t, office+`sla:
  - id: incident-resolution
    title: Resolve incidents
    applies_when: kind = 'incident'
    pause: status = 'on_hold'
    goals: [{when: priority = 1, within: 4h}, {within: 1 working_day, calendar: office}]
  - id: incident-response
    clock: response
    reopen: first_closure
    stop: status = 'in_progress'
    goals: [{within: 1h, calendar: office}]
`), "2026-12-30T00:00:00Z")
	e, err := Explain(ctx, db, "INC-7")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := e.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/explain.txt", out.String())
	total := int64(0)
	for _, s := range e.Clocks[0].Cycles[0].Segments {
		sum := int64(0)
		for _, w := range s.Windows {
			sum += w.To.Unix() - w.From.Unix()
		}
		if sum != s.ElapsedSeconds {
			t.Errorf("segment %d: the windows sum up to %d s, counted are %d s", s.Sequence, sum, s.ElapsedSeconds)
		}
		total += s.ElapsedSeconds
	}
	if c := e.Clocks[0].Cycles[0]; total != c.ElapsedSeconds {
		t.Errorf("the segments sum up to %d s, the cycle counts %d s", total, c.ElapsedSeconds)
	}
}

func TestExplainFindsTickets(t *testing.T) {
	ctx, db := context.Background(), open(t)
	if _, err := Explain(ctx, db, "X-1"); err == nil || !strings.Contains(err.Error(), "no tickets yet") {
		t.Errorf("empty warehouse: %v", err)
	}
	insert(t, db, "a:X-1", "2026-01-05T10:00Z status=new")
	insert(t, db, "b:X-1", "2026-01-05T10:00Z status=new")
	if err := db.Exec(ctx, "UPDATE ticket SET key = 'X-1'"); err != nil {
		t.Fatal(err)
	}
	if _, err := Explain(ctx, db, "X-1"); err == nil || !strings.Contains(err.Error(), "a:X-1, b:X-1") {
		t.Errorf("a key of two tickets: %v", err)
	}
	if _, err := Explain(ctx, db, "X-2"); err == nil || !strings.Contains(err.Error(), "near ones are a:X-1") {
		t.Errorf("no such ticket: %v", err)
	}
	e, err := Explain(ctx, db, "b:X-1")
	if err != nil || e.TicketID != "b:X-1" || len(e.Clocks) != 0 {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := Explain(ctx, db, "'; DROP TABLE ticket; --"); err == nil {
		t.Error("no error")
	}
	if n, err := model.One[int64](ctx, db, "SELECT count(*) FROM ticket"); err != nil || n != 2 {
		t.Errorf("%d tickets, %v", n, err)
	}
}

// golden compares with a file; DESKPROOF_GOLDEN=write writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("DESKPROOF_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", file, got)
	}
}
