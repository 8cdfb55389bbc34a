package collectors_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/model"
	"deskproof/model/config"
)

// desk is a folder with a configuration, and a warehouse in memory.
type desk struct {
	t   *testing.T
	dir string
	cfg *config.Config
	db  *model.DB
	at  time.Time
}

// newDesk lays out files and reads the configuration, of which sources and registers are given.
func newDesk(t *testing.T, yaml string, files map[string]string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), at: time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)}
	for name, content := range files {
		d.write(name, content)
	}
	d.write("deskproof.yaml", "organization: {name: Test}\n"+yaml)
	var err error
	if d.cfg, err = config.Load(filepath.Join(d.dir, "deskproof.yaml")); err != nil {
		t.Fatal(err)
	}
	if d.db, err = model.OpenMemory(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.db.Close() })
	return d
}

func (d *desk) write(name, content string) {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) options() collectors.Options {
	return collectors.Options{Version: "test", Now: func() time.Time {
		d.at = d.at.Add(time.Second)
		return d.at
	}}
}

func (d *desk) run(names ...string) collectors.Summary {
	d.t.Helper()
	sum, err := collectors.Run(context.Background(), d.db, d.cfg, names, d.options())
	if err != nil {
		d.t.Fatal(err)
	}
	d.tiesOut()
	return sum
}

// tiesOut checks the books of all runs: every total is made of its parts, and the parts are really there.
func (d *desk) tiesOut() {
	d.t.Helper()
	d.want(`SELECT source || '/' || entity FROM collection_count WHERE fetched <> stored + unchanged + rejected`)
	d.want(`SELECT c.source || '/' || c.entity FROM collection_count c WHERE c.stored <> (SELECT count(*) FROM raw_record r WHERE r.run_id = c.run_id AND r.entity = c.entity)`)
	d.want(`SELECT c.source || '/' || c.entity FROM collection_count c WHERE c.rejected <> (SELECT count(*) FROM rejected_record r WHERE r.run_id = c.run_id AND r.entity = c.entity)`)
	d.want(`SELECT source || '/' || key FROM raw_record GROUP BY ALL HAVING count(*) <> max(version) OR min(version) <> 1`)
	d.want(`SELECT run_id::VARCHAR FROM collection_run GROUP BY run_id HAVING count(*) > 1`)
	d.want(`SELECT key FROM raw_record WHERE sha256 <> sha256(payload) OR NOT json_valid(payload)`)
}

// want compares the rows of a query of one text column.
func (d *desk) want(query string, want ...string) {
	d.t.Helper()
	got, err := model.Select[string](context.Background(), d.db, query)
	if err != nil {
		d.t.Fatal(err)
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		d.t.Errorf("%s\ngot\n%s\nwant\n%s", query, g, w)
	}
}

const raw = `SELECT concat_ws(' ', entity, key, 'v' || version, 'run ' || run_id, origin || ':' || line, payload) FROM raw_record ORDER BY run_id, ordinal`

func TestVersionsAreStoredOnlyWhenTheBytesDiffer(t *testing.T) {
	d := newDesk(t, "sources: [{name: desk, path: tickets.csv, key: nr}]\n", map[string]string{"tickets.csv": "nr,state\nA,new\nB,\n"})
	first := d.run()
	if !first.Complete() {
		t.Error(first.Text())
	}
	want := []string{`ticket A v1 run 1 tickets.csv:2 {"nr":"A","state":"new"}`, `ticket B v1 run 1 tickets.csv:3 {"nr":"B","state":""}`}
	d.want(raw, want...)

	again := d.run()
	if s := again.Sources[0]; !s.SameFiles || s.Counts[0] != (collectors.Count{Entity: "ticket", Fetched: 2, Unchanged: 2}) || !again.Complete() {
		t.Errorf("%+v", again)
	}
	d.want(raw, want...)
	d.want("SELECT concat_ws(' ', run_id, path, row_count, sha256 = (SELECT min(sha256) FROM source_file)) FROM source_file ORDER BY 1", "1 tickets.csv 2 true", "2 tickets.csv 2 true")

	d.write("tickets.csv", "nr,state\nA,new\nB,closed\nC,\"x \"\" \\ \t\"\n")
	third := d.run()
	if s := third.Sources[0]; s.SameFiles || s.Counts[0] != (collectors.Count{Entity: "ticket", Fetched: 3, Stored: 2, Unchanged: 1}) {
		t.Errorf("%+v", third)
	}
	d.want(raw, append(want, `ticket B v2 run 3 tickets.csv:3 {"nr":"B","state":"closed"}`, `ticket C v1 run 3 tickets.csv:4 {"nr":"C","state":"x \" \\ \t"}`)...)

	// Back to the first bytes: the newest version counts, not any older one.
	d.write("tickets.csv", "nr,state\nA,new\nB,\n")
	fourth := d.run()
	if s := fourth.Sources[0]; s.Counts[0] != (collectors.Count{Entity: "ticket", Fetched: 2, Stored: 1, Unchanged: 1}) {
		t.Errorf("%+v", fourth)
	}
	d.want("SELECT concat_ws(' ', run_id, status, started_at::VARCHAR, ended_at > started_at, tool_version) FROM collection_run ORDER BY run_id",
		"1 complete 2026-10-31 12:00:01+00 true test", "2 complete 2026-10-31 12:00:03+00 true test", "3 complete 2026-10-31 12:00:05+00 true test", "4 complete 2026-10-31 12:00:07+00 true test")
}

func TestRejectedRowsAreKeptAndCountedInEveryRun(t *testing.T) {
	d := newDesk(t, "sources: [{name: desk, path: 't*.csv', key: nr, missing: ['?']}]\n", map[string]string{
		"t1.csv": "nr,state\nA,new\nA,old\nA,new\n,x\n?,y\nB,1,2\nC,ok\n",
		"t2.csv": "nr,state\nC,ok\nA,changed\nD,ok\n",
	})
	sum := d.run()
	if sum.Complete() || sum.Sources[0].Status != "incomplete" {
		t.Error(sum.Text())
	}
	rejects := []string{
		"t1.csv:3 A duplicate key: A, first in t1.csv:2", "t1.csv:4 A duplicate key: A, first in t1.csv:2",
		`t1.csv:5 no key: the column nr holds ""`, `t1.csv:6 no key: the column nr holds "?"`,
		"t1.csv:7 wrong number of fields: 3, the header has 2", "t2.csv:3 A duplicate key: A, first in t1.csv:2",
	}
	q := "SELECT concat_ws(' ', origin || ':' || line, key, reason) FROM rejected_record WHERE run_id = %d ORDER BY origin, line"
	d.want(fmt.Sprintf(q, 1), rejects...)
	// C stands in both files with the same bytes: exports that overlap.
	if c := sum.Sources[0].Counts[0]; c != (collectors.Count{Entity: "ticket", Fetched: 10, Stored: 3, Unchanged: 1, Rejected: 6}) {
		t.Errorf("%+v", c)
	}
	want := `desk: incomplete
  ticket: 10 fetched = 3 stored + 1 unchanged + 6 rejected
  rejected: 3 × duplicate key: A, first in t1.csv:2 at t1.csv:3, t1.csv:4, t2.csv:3
  rejected: 2 × no key: the column nr holds "" at t1.csv:5, t1.csv:6
  rejected: 1 × wrong number of fields: 3, the header has 2 at t1.csv:7
`
	if sum.Text() != want {
		t.Errorf("%s", sum.Text())
	}
	again := d.run()
	if c := again.Sources[0].Counts[0]; c != (collectors.Count{Entity: "ticket", Fetched: 10, Unchanged: 4, Rejected: 6}) || again.Sources[0].SameFiles {
		t.Errorf("%+v", again)
	}
	d.want(fmt.Sprintf(q, 2), rejects...)
	d.want("SELECT DISTINCT message FROM collection_run", "ticket: 6 of 10 records rejected")
}

func TestKeysOfUpdatesAndHistory(t *testing.T) {
	d := newDesk(t, `
sources:
  - {name: log, path: log.csv, shape: row_per_update, key: nr, updated: at}
  - {name: two, path: '*.json', key: id, history: {path: history.json, ticket: ticket, at: when, field: what, to: value}}
  - {name: link, path: links.csv, entity: ticket_link}
  - {name: svc, path: services.csv, entity: service, map: {fields: {service_id: Service}}}
`, map[string]string{
		"log.csv":      "nr,at,s\nA,10:00,1\nA,10:00,1\nA,10:05,2\n",
		"tickets.json": `[{"id": 7, "x": null}]`, "history.json": `[{"ticket": 7, "when": "1", "what": "status"}, {"ticket": 7, "when": "1", "what": "status"}, {"ticket": null, "when": "2"}]`,
		"links.csv": "a,b\n1,2\n1,2\n3,4\n", "services.csv": "Service,Owner\nmail,x\n",
	})
	sum := d.run()
	d.want("SELECT concat_ws(' ', source, entity, regexp_replace(key, '^[0-9a-f]{16}', '<hash>')) FROM raw_record ORDER BY run_id, ordinal",
		"log ticket_update A@10:00#1", "log ticket_update A@10:00#2", "log ticket_update A@10:05#1",
		"two ticket 7", "two ticket_history 7@1#status#1", "two ticket_history 7@1#status#2",
		"link ticket_link <hash>#1", "link ticket_link <hash>#2", "link ticket_link <hash>#1", "svc service mail")
	if got := sum.Sources[1].Rejects; len(got) != 1 || got[0].Entity != "ticket_history" || got[0].Places != "history.json:3" {
		t.Errorf("%+v", got)
	}
	d.want(`SELECT payload FROM raw_record WHERE source = 'two' AND entity = 'ticket'`, `{"id":7,"x":null}`)
}

func TestASourceThatFailsIsBookedAndTheOthersGoOn(t *testing.T) {
	d := newDesk(t, `
sources:
  - {name: gone, path: 'none/*.csv', key: nr}
  - {name: nokey, path: a.csv}
  - {name: wrongkey, path: a.csv, key: Nr}
  - {name: part, path: '[ab].*', key: nr}
  - {name: cut, path: cut.csv.gz, key: nr}
  - {name: empty, path: empty.csv, key: nr}
  - {name: good, path: a.csv, key: nr}
`, map[string]string{"a.csv": "nr,s\nA,1\n", "b.xlsx": "PK\x03\x04", "empty.csv": "", "cut.csv.gz": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x00\x0a"})
	sum := d.run()
	if sum.Complete() {
		t.Error("complete")
	}
	d.want("SELECT concat_ws(' ', run_id, source, status, replace(message, '"+d.dir+"', 'DIR')) FROM collection_run ORDER BY run_id",
		"1 gone failed no file matches none/*.csv (looked for DIR/none/*.csv)",
		"2 nokey failed a.csv: `key` is missing: name the column that identifies a record; the file has nr, s",
		`3 wrongkey failed a.csv has no column "Nr", which `+"`key` names: did you mean \"nr\"?",
		"4 part incomplete DIR/b.xlsx: the workbook cannot be opened, it is damaged, cut off or protected by a password: zip: not a valid zip file",
		"5 cut incomplete cut.csv.gz: the gzip file is truncated: it ends before its content does",
		"6 empty incomplete empty.csv: the file is empty",
		"7 good complete")
	d.want("SELECT source || ' ' || key FROM raw_record ORDER BY ALL", "good A", "part A")
	if _, err := collectors.Run(context.Background(), d.db, d.cfg, []string{"good", "god"}, d.options()); err == nil || !strings.Contains(err.Error(), `there is no source "god"`) {
		t.Error(err)
	}
}

func TestMistakesOfAllSourcesAreToldAtOnce(t *testing.T) {
	d := newDesk(t, `
sources:
  - {name: one, path: a.csv, entity: tiket, encoding: utf-9}
  - {name: two, path: a.csv, type: jra}
  - {name: three, path: a.csv, delimiter: '"'}
`, nil)
	_, err := collectors.Run(context.Background(), d.db, d.cfg, nil, d.options())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"deskproof.yaml:4:38: source one.entity: \"tiket\"", `deskproof.yaml:4:55: source one.encoding: the encoding "utf-9" is not known`, "deskproof.yaml:5:5: source two: the source type \"jra\" is not known", `deskproof.yaml:6:44: source three.delimiter: "\"" is not one character`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nlacks %s", err, want)
		}
	}
	d.want("SELECT source FROM collection_run")
}

func TestRegistersAreSourcesOfTheirOwn(t *testing.T) {
	d := newDesk(t, "registers: registers/\nsources: [{name: desk, path: t.csv, key: nr}]\n", map[string]string{
		"t.csv": "nr\n1\n", "registers/README.md": "about", "registers/~$risk.xlsx": "lock",
		"registers/document.yaml": "- {document_id: P1, x_clause: 8.10}\n", "registers/risk.csv": "risk_id;title\nR1;x\n", "registers/ci_relation.json": `[{"ci_id":"a","to_ci_id":"b"}]`,
	})
	sum := d.run()
	if !sum.Complete() {
		t.Error(sum.Text())
	}
	d.want("SELECT concat_ws(' ', source, entity, regexp_replace(key, '^[0-9a-f]{16}', '<hash>'), origin, payload) FROM raw_record ORDER BY run_id",
		`desk ticket 1 t.csv {"nr":"1"}`, `register-ci_relation ci_relation <hash>#1 registers/ci_relation.json {"ci_id":"a","to_ci_id":"b"}`,
		`register-document document P1 registers/document.yaml {"document_id":"P1","x_clause":"8.10"}`, `register-risk risk R1 registers/risk.csv {"risk_id":"R1","title":"x"}`)
	for _, s := range collectors.Sources(d.cfg)[1:] {
		if s.System != "register" || s.Type != "file" || s.TimeZone != "UTC" {
			t.Errorf("%+v", s)
		}
	}
	d.write("registers/docment.csv", "a\n")
	d.write("registers/risk.json", "[]")
	_, err := collectors.Run(context.Background(), d.db, d.cfg, nil, d.options())
	if err == nil || !strings.Contains(err.Error(), `registers/docment.csv: "docment" is not an entity`) || !strings.Contains(err.Error(), `did you mean "document"?`) ||
		!strings.Contains(err.Error(), "registers/risk.json: the risk register is there twice, first in registers/risk.csv") {
		t.Error(err)
	}
}

// TestEveryEntityIsATableOfTheModel keeps the list of entities and their id columns true.
func TestEveryEntityIsATableOfTheModel(t *testing.T) {
	d := newDesk(t, "sources: []\n", nil)
	for _, e := range collectors.Entities() {
		id, _ := collectors.IDColumn(e)
		want := []string{e}
		if id != "" {
			d.want("SELECT table_name FROM duckdb_columns() WHERE table_name = '"+e+"' AND column_name = '"+id+"'", want...)
		} else {
			d.want("SELECT table_name FROM duckdb_tables() WHERE table_name = '"+e+"'", want...)
		}
	}
}

// TestInterruptionLeavesNothingHalf ends the context in the middle of the second source.
func TestInterruptionLeavesNothingHalf(t *testing.T) {
	d := newDesk(t, `
sources:
  - {name: one, path: a.csv, key: nr}
  - {name: two, path: big.csv, key: nr}
  - {name: three, path: a.csv, key: nr}
`, map[string]string{"a.csv": "nr\nA\n"})
	var b strings.Builder
	b.WriteString("nr,text\n")
	for i := range 60000 {
		fmt.Fprintf(&b, "%d,text\n", i)
	}
	d.write("big.csv", b.String())
	ctx, cancel := context.WithCancel(context.Background())
	opt := d.options()
	asked := 0
	now := opt.Now
	opt.Now = func() time.Time {
		if asked++; asked == 3 { // start of the second source
			go func() { time.Sleep(20 * time.Millisecond); cancel() }()
		}
		return now()
	}
	sum, err := collectors.Run(ctx, d.db, d.cfg, nil, opt)
	if !errors.Is(err, context.Canceled) || sum.Interrupted != "two" || sum.Complete() || !strings.Contains(err.Error(), "stored before: one") {
		t.Fatalf("%+v, %v", sum, err)
	}
	d.want("SELECT source FROM collection_run", "one")
	d.want("SELECT DISTINCT source FROM raw_record", "one")
	d.want("SELECT DISTINCT source FROM collection_count", "one")
	d.want("SELECT DISTINCT source FROM source_file", "one")
	d.want("SELECT source FROM rejected_record")
	if again := d.run(); !again.Complete() || again.Sources[1].Counts[0].Stored != 60000 {
		t.Error(again.Text())
	}
}

func TestEveryTypeHasItsPapers(t *testing.T) {
	if len(collectors.Types()) == 0 {
		t.Fatal("no types")
	}
	for _, name := range collectors.Types() {
		c, err := collectors.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		about := c.Describe()
		if about.Type != name || about.Summary == "" || !strings.HasPrefix(about.Readme, "# ") {
			t.Errorf("%s: %+v", name, about)
		}
		cfg, err := config.Parse("sample.yaml", []byte("organization: {name: Sample}\n"+about.Sample))
		if err != nil {
			t.Errorf("%s: the sample: %v", name, err)
			continue
		}
		if err := c.Check(cfg, &cfg.Sources[0]); err != nil {
			t.Errorf("%s: the sample: %v", name, err)
		}
		papers, err := filepath.Glob(filepath.Join(name, "testdata", "*"))
		if own, _ := filepath.Glob(filepath.Join("generic", name, "testdata", "*")); len(own) > 0 { // `rest` and its presets
			papers = own
		}
		if err != nil || len(papers) == 0 {
			t.Errorf("%s has no testdata", name)
		}
	}
	if _, err := collectors.Lookup("fil"); err == nil || !strings.Contains(err.Error(), `did you mean "file"?`) {
		t.Error(err)
	}
}

// liar is a source type for the tests: it reports a total and keeps a cursor.
type liar struct{}

func (liar) Describe() collectors.Description                                      { return collectors.Description{Type: "liar"} }
func (liar) Check(*config.Config, *config.Source) error                            { return nil }
func (liar) Probe(context.Context, *config.Config, *config.Source) (string, error) { return "", nil }
func (liar) Collect(_ context.Context, s *collectors.Session) error {
	s.Reported("ticket", 5)
	s.Address, s.Account, s.Rights, s.Version = "https://example.org", "audit", "read", "9.1"
	at := s.Cursor("ticket")
	s.SetCursor("ticket", at+"x")
	return s.Put(collectors.Record{Entity: "ticket", Key: "1", Payload: `{"at":"` + at + `"}`})
}

func TestReportedTotalsAndCursors(t *testing.T) {
	collectors.Register(liar{})
	t.Cleanup(func() { collectors.Unregister("liar") })
	d := newDesk(t, "sources: [{name: l, type: liar}]\n", nil)
	for range 3 {
		if s := d.run().Sources[0]; s.Status != "incomplete" || s.Message != "ticket: the source reports 5 records, 1 were fetched" {
			t.Errorf("%+v", s)
		}
	}
	d.want("SELECT payload FROM raw_record ORDER BY version", `{"at":""}`, `{"at":"x"}`, `{"at":"xx"}`)
	d.want("SELECT cursor_value || ' ' || run_id FROM source_cursor", "xxx 3")
	d.want("SELECT DISTINCT concat_ws(' ', address, account, account_rights, source_version) FROM collection_run", "https://example.org audit read 9.1")
}

func TestPayloadIsTheRecordInItsOwnOrder(t *testing.T) {
	var p collectors.Payload
	for range 2 {
		p.Begin()
		p.Text("b\"", "x\u0001\\\n\xff")
		p.Null("a")
		p.JSON("c", "[1,2]")
		p.JSON("d", "01")
		if got, want := p.End(), `{"b\"":"x\u0001\\\n`+"\uFFFD"+`","a":null,"c":[1,2],"d":"01"}`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
