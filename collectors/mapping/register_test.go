package mapping

import (
	"context"
	"strings"
	"testing"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// TestRegistersAreReadStrictly: a register has the columns and the values of the model; what is neither refuses the row.
func TestRegistersAreReadStrictly(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	put(t, db, "register-risk", "risk",
		`{"risk_id":"1","title":"a","likelihood":"3","status":"Open","x_remark":"mine","Owner":"ann"}`,
		`{"risk_id":"2","title":"b","status":"opne"}`,
		`{"risk_id":"3","title":"c","reviewd_on":"2026-01-01"}`,
		`{"risk_id":"4","title":"d","reviewd_on":"","remark":null}`,
		`{"risk_id":"5","title":"e","remark":"said"}`,
		`{"risk_id":"6","title":"f","impact":"0"}`,
		`{"risk_id":"7","title":"g","review_by":"31.12.2026"}`,
		`{"risk_id":"8","title":"h","treatment":"whatever it takes"}`,
		`{"risk_id":"9","title":["i","j"],"likelihood":"high"}`)
	put(t, db, "register-document", "document", `{"document_id":"D1","title":"x","requirements":["iso20000-1:2018/5.2","fitsm-1:3.0/GR1.2"],"storage":["a","b"]}`)
	put(t, db, "register-document", "document_file", `{"document_id":"D1","path":"x.pdf","is_found":true,"sha256":"ab","size_bytes":7,"problem":null}`)
	cfg := parse(t, organization)
	var sources []config.Source
	for entity, key := range map[string]string{"risk": "risk_id", "document": "document_id"} {
		sources = append(sources, config.Source{Name: "register-" + entity, Type: "file", System: "register", Entity: entity, Key: key, Format: "yaml",
			Path: "registers/" + entity + ".yaml", Shape: "row_per_ticket", TimeZone: "Europe/Berlin", Dates: config.StringList{"iso"}, Register: true})
	}
	if _, err := Build(ctx, db, cfg, sources, Options{}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`risk-000002 | status (column "status"): "opne" is not one of open, treated, closed: did you mean open?`,
		`risk-000003 | unknown column "reviewd_on": did you mean "reviewed_on"?`,
		`risk-000005 | unknown column "remark": the columns are risk_id, title,`,
		`risk-000006 | impact (column "impact"): "0" is not on the scale from 1 to 5`,
		`risk-000007 | review_by (column "review_by"): "31.12.2026" is not a day (ISO 8601)`,
		`risk-000008 | treatment (column "treatment"): "whatever it takes" is not one of accept, reduce, transfer, avoid`,
		`risk-000009 | likelihood (column "likelihood"): "high" is not a whole number`}, "\n")
	got := dump(t, db, "SELECT any_value('risk-00000' || key), CASE WHEN any_value(reason) LIKE 'unknown column \"remark\"%' THEN left(any_value(reason), 56) ELSE any_value(reason) END FROM rejected_record GROUP BY line ORDER BY line")
	if got != want {
		t.Errorf("rejected\n%s\nwant\n%s", got, want)
	}
	for query, want := range map[string]string{
		"SELECT risk_id, title, likelihood, status, owner FROM risk ORDER BY 1":              "register:1 | a | 3 | open | ann\nregister:4 | d | ~ | ~ | ~",
		"SELECT document_id, requirements, storage FROM document":                            "register:D1 | iso20000-1:2018/5.2 fitsm-1:3.0/GR1.2 | a, b",
		"SELECT document_id, path, is_found, sha256, size_bytes, problem FROM document_file": "register:D1 | x.pdf | true | ab | 7 | ~",
		"SELECT count(*) FROM unmapped_value":                                                "0",
	} {
		if got := dump(t, db, query); got != want {
			t.Errorf("%s\n%s\nwant\n%s", query, got, want)
		}
	}
	rejects, err := CheckRows(ctx, db, cfg, sources)
	if err != nil || len(rejects) != 1 || rejects[0].Rows != 7 || len(rejects[0].First) != 7 || !strings.HasPrefix(rejects[0].First[0], "register-risk.csv:3: 2: status") {
		t.Errorf("%+v, %v", rejects, err)
	}
}

// TestTicketsAsARegister: the tickets of a tool fill another table where the source says so, with a mapping of their own.
func TestTicketsAsARegister(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	m, err := parseModel(strings.Join([]string{
		"-- map:", "--   status: {Open: new}", "-- entity: ticket",
		"SELECT key, src, payload->>'$.title' AS title, payload->>'$.status' AS status, payload->>'$.kind' AS kind, payload->>'$.opened' AS opened_at, payload->'$.custom' AS custom FROM raw_issue",
		"-- entity: ticket_history", "SELECT key AS ticket_id, src, payload->>'$.opened' AS occurred_at, 'status' AS field FROM raw_issue", ""}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := parse(t, organization+`sources:
  - name: risks
    entity: risk
    path: x.json
    where: kind = 'Risk'
    map:
      fields: {likelihood: custom.How likely, review_by: custom.Review by, identified_on: opened_at, owner: custom.Owner}
      status: {Open: open, Done: closed}
`)
	src := cfg.Sources[0]
	put(t, db, "risks", "issue",
		`{"title":"Fire","status":"Open","kind":"Risk","opened":"2026-01-31T23:30:00Z","custom":{"How likely":"2","Review by":"2026-12-01","Owner":"ann"}}`,
		`{"title":"Flood","status":"Odd","kind":"Risk","opened":"2026-02-01T00:00:00Z","custom":{"How likely":"7"}}`,
		`{"title":"Mail","status":"Odd","kind":"Risk","opened":"2026-02-01T00:00:00Z","custom":{"How likely":null}}`,
		`{"title":"Task","status":"Open","kind":"Task","opened":"2026-02-01T00:00:00Z"}`)
	if err := prelude(ctx, db, nil); err != nil {
		t.Fatal(err)
	}
	if err := m.stage(ctx, db, src); err != nil {
		t.Fatal(err)
	}
	all, err := readTables(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	src.Map = m.mapFor("risk", "risk", src.Map)
	s := &stage{src: src, at: "sources[0]", entity: "ticket", table: all["risk"], name: "dp_stage_0_ticket", from: stagedTable, tool: &m, systems: []string{"risks"}}
	if err := s.ready(ctx, db); err != nil {
		t.Fatal(err)
	}
	b := &builder{db: db, cfg: cfg, tables: all}
	if err := b.stage(ctx, s); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT title, status, likelihood, owner, identified_on::VARCHAR, review_by::VARCHAR FROM risk ORDER BY title": "Fire | open | 2 | ann | 2026-02-01 | 2026-12-01\nMail | ~ | ~ | ~ | 2026-02-01 | ~",
		"SELECT reason FROM rejected_record":                          `likelihood (column "custom.How likely"): "7" is not on the scale from 1 to 5`,
		"SELECT field, source_value, occurrences FROM unmapped_value": "risk.status | Odd | 1",
		"SELECT count(*) FROM ticket":                                 "0",
	} {
		if got := dump(t, db, query); got != want {
			t.Errorf("%s\n%s\nwant\n%s", query, got, want)
		}
	}
	if e := b.result.Entities[0]; e.Raw != 4 || e.Modelled != 2 || e.LeftOut != 1 || e.Rejected != 1 {
		t.Errorf("%+v", e)
	}
	values, err := Unmapped(ctx, db)
	if err != nil || !strings.Contains(Snippet(values), "risk.status:  # open, treated, closed; ~ = missing, no change") {
		t.Errorf("%s, %v", Snippet(values), err)
	}
}

// ready lays the stage out as plan does for a source with a tool's model.
func (s *stage) ready(ctx context.Context, db *model.DB) error {
	if err := s.prepare(ctx, db); err != nil {
		return err
	}
	var ps strictyaml.Problems
	s.layOut(&ps)
	var notes []string
	if err := s.bind(ctx, db, &ps, &notes); err != nil {
		return err
	}
	return ps.Err()
}
