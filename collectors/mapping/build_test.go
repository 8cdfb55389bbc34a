package mapping

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"deskproof/model/strictyaml"
)

const plainTickets = organization + `sources:
  - {name: d, path: x.csv, key: id, time_zone: UTC, map: {constants: {kind: incident}, fields: {status: s, opened_at: o}}}
`

// TestVersions: the newest version of a record counts, and one that the source has deleted does not.
func TestVersions(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	a, err := db.NewAppender(ctx, "raw_record", rawColumns...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range []struct {
		key     string
		version int32
		deleted bool
		payload string
	}{
		{"1", 1, false, `{"id":"1","s":"new","o":"2026-01-01"}`},
		{"1", 2, false, `{"id":"1","s":"closed","o":"2026-01-01"}`},
		{"2", 1, false, `{"id":"2","s":"new","o":"2026-01-01"}`},
		{"2", 2, true, `{"id":"2","s":"new","o":"2026-01-01"}`},
		{"3", 1, false, `{"id":"3","s":"new","o":"2026-01-01"}`},
		{"4", 2, false, `{"id":"4","s":"new","o":"bad"}`},
		{"4", 1, false, `{"id":"4","s":"new","o":"2026-01-01"}`},
	} {
		if err := a.Append("d", "ticket", r.key, r.version, int64(1), time.Unix(0, 0), "x", "f", int64(i), int64(i), r.deleted, r.payload); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := parse(t, plainTickets)
	res, err := Build(ctx, db, cfg, cfg.Sources, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if e := res.Entities[0]; e.Raw != 3 || e.Modelled != 2 || e.Rejected != 1 {
		t.Errorf("%+v", e)
	}
	if got := dump(t, db, "SELECT key, status FROM ticket ORDER BY key"); got != "1 | closed\n3 | new" {
		t.Error(got)
	}
}

// TestCheckRowsAgreesWithBuild: what collect says cannot be mapped is what build refuses, with the same words.
func TestCheckRowsAgreesWithBuild(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	put(t, db, "d", "ticket", `{"id":"1","s":"new","o":"2026-01-01"}`, `{"id":"2","s":"new","o":"01/01/2026"}`, `{"id":"","s":"new","o":"2026-01-01"}`)
	cfg := parse(t, plainTickets)
	for range 2 {
		got, err := CheckRows(ctx, db, cfg, cfg.Sources)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || !reflect.DeepEqual(got[0], Rejects{Source: "d", Entity: "ticket", Rows: 2}) {
			t.Errorf("%+v", got)
		}
	}
	const rejected = "SELECT run_id, source, entity, stage, origin, line, key, reason, content FROM rejected_record ORDER BY line"
	before := dump(t, db, rejected)
	if n := dump(t, db, "SELECT count(*) FROM ticket"); n != "0" {
		t.Errorf("CheckRows built %s tickets", n)
	}
	res, err := Build(ctx, db, cfg, cfg.Sources, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if after := dump(t, db, rejected); after != before {
		t.Errorf("got:\n%s\nwant:\n%s", after, before)
	}
	reasons := res.Entities[0].Reasons
	if len(reasons) != 2 || reasons[0].First == "" || reasons[0].Rows != 1 {
		t.Errorf("%+v", reasons)
	}
}

// TestAMistakeChangesNothing: a mistake in the mapping is strictyaml.Problems, and the model stays as it was.
func TestAMistakeChangesNothing(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	put(t, db, "d", "ticket", `{"id":"1","s":"new","o":"2026-01-01"}`)
	cfg := parse(t, plainTickets)
	if _, err := Build(ctx, db, cfg, cfg.Sources, Options{}); err != nil {
		t.Fatal(err)
	}
	bad := parse(t, strings.Replace(plainTickets, "status: s", "status: nothing", 1))
	_, err := Build(ctx, db, bad, bad.Sources, Options{})
	var ps strictyaml.Problems
	if !errors.As(err, &ps) || len(ps) != 1 || ps[0].Pos.Line != 3 {
		t.Fatalf("%v", err)
	}
	if got := dump(t, db, "SELECT key FROM ticket"); got != "1" {
		t.Errorf("the model changed: %q", got)
	}
	// A mistake that shows only while rows are read rolls everything back too.
	late := parse(t, strings.Replace(plainTickets, "{kind: incident}", "{kind: incident, planned_start_at: '31.31.2026'}", 1))
	res, err := Build(ctx, db, late, late.Sources, Options{})
	if err != nil || res.Entities[0].Rejected != 1 {
		t.Errorf("%+v %v", res, err)
	}
}

// TestSharedSystem: sources of one system share their ids; a ticket that two of them hold is taken once.
func TestSharedSystem(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	put(t, db, "a", "ticket", `{"id":"1","s":"new","o":"2026-01-01"}`)
	put(t, db, "b", "ticket", `{"id":"1","s":"closed","o":"2026-01-01"}`, `{"id":"2","s":"new","o":"2026-01-01"}`)
	cfg := parse(t, organization+`sources:
  - {name: a, system: desk, path: x.csv, key: id, time_zone: UTC, map: &m {constants: {kind: incident}, fields: {status: s, opened_at: o}}}
  - {name: b, system: desk, path: x.csv, key: id, time_zone: UTC, map: *m}
  - {name: c, system: desk, path: y.csv, key: id, time_zone: UTC, map: *m}
`)
	res, err := Build(ctx, db, cfg, cfg.Sources, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := dump(t, db, "SELECT ticket_id, source, status FROM ticket ORDER BY 1"); got != "desk:1 | desk | new\ndesk:2 | desk | new" {
		t.Error(got)
	}
	if len(res.Entities) != 3 || res.Entities[1].Rejected != 1 || res.Entities[2].Raw != 0 {
		t.Errorf("%+v", res.Entities)
	}
}
