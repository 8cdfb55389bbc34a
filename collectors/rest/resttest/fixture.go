package resttest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"deskproof/collectors"
	"deskproof/collectors/mapping"
	"deskproof/model"
	"deskproof/model/config"
)

// fixture is one file of testdata: raw records, as the tool gives them, and rows of the model that must come of them.
type fixture struct {
	Given  map[string][]map[string]any `yaml:"given"`  // entity → records; the key is the member id, unless _key is given
	Gone   map[string][]string         `yaml:"gone"`   // entity → keys that the tool no longer has
	Map    yaml.Node                   `yaml:"map"`    // what the organization adds
	Source yaml.Node                   `yaml:"source"` // further keys of the source
	Expect map[string][]map[string]any `yaml:"expect"` // table → rows, of which only the named columns are compared
	Absent map[string][]map[string]any `yaml:"absent"` // table → rows that must not be there
}

// Fixtures runs every *.yaml of a folder through the model.sql of a source type: each expected row must be there.
func Fixtures(t *testing.T, typ, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds no fixture (*.yaml): %v", dir, err)
	}
	for _, file := range files {
		t.Run(typ+"/"+filepath.Base(file), func(t *testing.T) { runFixture(t, typ, file) })
	}
}

func runFixture(t *testing.T, typ, file string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var fx fixture
	if err := yaml.Unmarshal(b, &fx); err != nil {
		t.Fatal(err)
	}
	source := map[string]any{"name": "desk", "type": typ, "url": "https://desk.example.org"}
	if !fx.Source.IsZero() {
		if err := fx.Source.Decode(&source); err != nil {
			t.Fatal(err)
		}
	}
	if !fx.Map.IsZero() {
		source["map"] = &fx.Map
	}
	text, err := yaml.Marshal(map[string]any{"organization": map[string]string{"name": "Test"}, "sources": []any{source}})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse("deskproof.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	db := warehouse(t)
	n := 0
	put := func(entity, key, payload string, version int, deleted bool) {
		n++
		err := db.Exec(ctx, `INSERT INTO raw_record VALUES ('desk', ?, ?, ?, 1, TIMESTAMPTZ '2026-04-01 00:00:00+00', '', 'fixture', NULL, ?, ?, ?)`,
			entity, key, version, n, deleted, payload)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, entity := range sortedKeys(fx.Given) {
		for _, record := range fx.Given[entity] {
			key := record["id"]
			if k, ok := record["_key"]; ok {
				key = k
				delete(record, "_key")
			}
			payload, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			put(entity, strings.Trim(jsonOf(t, key), `"`), string(payload), 1, false)
		}
	}
	for _, entity := range sortedKeys(fx.Gone) {
		for _, key := range fx.Gone[entity] {
			key, into, merged := strings.Cut(key, " > ") // "7 > 8": merged into 8
			payload := "{}"
			if merged {
				payload = `{"merged_into":` + jsonOf(t, into) + `}`
			}
			put(entity, key, payload, 2, true)
		}
	}
	res, err := mapping.Build(ctx, db, cfg, collectors.Sources(cfg), mapping.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range res.Entities {
		for _, r := range e.Reasons {
			t.Errorf("%s refused: %s", e.Entity, r.Text)
		}
	}
	for _, u := range res.Unmapped {
		t.Errorf("%s.%s: %q has no meaning", u.Entity, u.Field, u.SourceValue)
	}
	for _, table := range sortedKeys(fx.Expect) {
		for _, row := range fx.Expect[table] {
			if count(t, db, table, row) == 0 {
				all, err := model.Select[string](ctx, db, "SELECT CAST(to_json(t) AS VARCHAR) FROM "+model.QuoteIdent(table)+" t")
				if err != nil {
					t.Fatal(err)
				}
				t.Errorf("%s holds no row %s; it holds\n%s", table, jsonOf(t, row), strings.Join(all, "\n"))
			}
		}
	}
	for _, table := range sortedKeys(fx.Absent) {
		for _, row := range fx.Absent[table] {
			if n := count(t, db, table, row); n > 0 {
				t.Errorf("%s holds %d rows %s, which it must not", table, n, jsonOf(t, row))
			}
		}
	}
}

// count is the number of rows of a table that hold what some columns are expected to.
func count(t *testing.T, db *model.DB, table string, row map[string]any) int64 {
	t.Helper()
	var cond []string
	var args []any
	for _, c := range sortedKeys(row) {
		if row[c] == nil {
			cond = append(cond, model.QuoteIdent(c)+" IS NULL")
			continue
		}
		v := strings.Trim(jsonOf(t, row[c]), `"`)
		cond = append(cond, "CAST("+model.QuoteIdent(c)+" AS VARCHAR) = ? OR strftime(TRY_CAST(CAST("+model.QuoteIdent(c)+" AS VARCHAR) AS TIMESTAMPTZ), '%Y-%m-%dT%H:%M:%SZ') = ?")
		args = append(args, v, v)
	}
	found, err := model.One[int64](context.Background(), db, "SELECT count(*) FROM "+model.QuoteIdent(table)+" WHERE ("+strings.Join(cond, ") AND (")+")", args...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // rows hold <, > and & as they are
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
