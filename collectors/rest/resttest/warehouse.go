package resttest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"deskproof/model"
)

// kept are empty warehouses in memory. A test that has passed hands on the one it used, emptied.
var kept struct {
	sync.Mutex
	free  []*model.DB
	fresh []string // objects of a warehouse that nobody used yet
}

// objects are the tables and views of a warehouse, as what DROP takes. What else a build leaves behind are macros, which the
// next one makes anew.
const objects = `SELECT 'TABLE ' || concat_ws('.', database_name, schema_name, '"' || table_name || '"') FROM duckdb_tables()
	UNION ALL SELECT 'VIEW ' || concat_ws('.', database_name, schema_name, '"' || view_name || '"') FROM duckdb_views() WHERE NOT internal
	ORDER BY ALL`

// warehouse gives an empty warehouse in memory until the test ends.
func warehouse(t testing.TB) *model.DB {
	t.Helper()
	ctx := context.Background()
	kept.Lock()
	var db *model.DB
	if n := len(kept.free); n > 0 {
		db, kept.free = kept.free[n-1], kept.free[:n-1]
	}
	fresh := kept.fresh
	kept.Unlock()
	if db == nil {
		var err error
		if db, err = model.OpenMemory(ctx); err != nil {
			t.Fatal(err)
		}
		if fresh, err = model.Select[string](ctx, db, objects); err != nil {
			t.Fatal(err)
		}
		kept.Lock()
		kept.fresh = fresh
		kept.Unlock()
	}
	t.Cleanup(func() {
		if t.Failed() || emptied(ctx, db, fresh) != nil { // who knows what it holds
			_ = db.Close()
			return
		}
		kept.Lock()
		kept.free = append(kept.free, db)
		kept.Unlock()
	})
	return db
}

// emptied drops what came after the schema, and all rows but those that say which schema it is.
func emptied(ctx context.Context, db *model.DB, fresh []string) error {
	now, err := model.Select[string](ctx, db, objects)
	if err != nil {
		return err
	}
	for _, o := range now {
		if !slices.Contains(fresh, o) {
			if err := db.Exec(ctx, "DROP "+o); err != nil {
				return err
			}
		}
	}
	filled, err := model.Select[string](ctx, db, "SELECT table_name FROM duckdb_tables() WHERE estimated_size > 0 AND table_name <> 'schema_version'")
	if err != nil {
		return err
	}
	for _, table := range filled {
		if err := db.Exec(ctx, "DELETE FROM "+model.QuoteIdent(table)); err != nil {
			return err
		}
	}
	return nil
}
