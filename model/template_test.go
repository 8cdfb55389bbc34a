package model

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestACopiedSchemaIsTheMigratedOne compares all that the catalogue of DuckDB says of a database that went through the
// migrations with what it says of one copied from the template, in memory and in a file that is opened again.
func TestACopiedSchemaIsTheMigratedOne(t *testing.T) {
	ctx := context.Background()
	// A file that is opened again, because DuckDB forgets on the way which parts of a view are MATERIALIZED.
	path := filepath.Join(t.TempDir(), "migrated.duckdb")
	once, err := openDB(ctx, path+"?"+offline, "SET TimeZone='UTC'")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(replay(ctx, once, false), once.Close()); err != nil {
		t.Fatal(err)
	}
	migrated, err := openDB(ctx, path+"?"+offline, "SET TimeZone='UTC'")
	if err != nil {
		t.Fatal(err)
	}
	defer migrated.Close()
	from := makeTemplate(ctx)
	if from == nil {
		t.Skip("this system offers no file without a name: databases go through the migrations")
	}
	defer from.Close()
	copied, err := openDB(ctx, "?"+offline, "SET TimeZone='UTC'")
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if err := copyTemplate(ctx, copied, from); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "w.duckdb")
	for range 2 { // so that the template is used
		if err := memory(t).Exec(ctx, "SELECT 1"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		w, err := OpenWarehouse(ctx, file, "test", time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := OpenWarehouse(ctx, file, "test", time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	// Names of databases, numbers of objects and their order differ; nothing else may.
	for _, q := range []string{
		"SELECT to_json(t) FROM (SELECT schema_name, table_name, comment, internal, temporary, has_primary_key, column_count, index_count, check_constraint_count, sql FROM duckdb_tables()) t",
		"SELECT to_json(t) FROM (SELECT schema_name, table_name, column_name, column_index, comment, column_default, is_nullable, data_type, numeric_precision, numeric_scale FROM duckdb_columns() WHERE NOT internal) t",
		"SELECT to_json(t) FROM (SELECT schema_name, table_name, constraint_type, constraint_text, expression, constraint_column_names, referenced_table, referenced_column_names FROM duckdb_constraints()) t",
		"SELECT to_json(t) FROM (SELECT schema_name, table_name, index_name, comment, is_unique, is_primary, expressions, sql FROM duckdb_indexes()) t",
		"SELECT to_json(t) FROM (SELECT schema_name, view_name, comment, sql FROM duckdb_views() WHERE NOT internal) t",
		"SELECT to_json(t) FROM (SELECT schema_name, sequence_name, comment, start_value, min_value, max_value, increment_by, cycle, last_value FROM duckdb_sequences()) t",
		"SELECT to_json(t) FROM (SELECT schema_name, function_name, function_type, comment, parameters, macro_definition FROM duckdb_functions() WHERE NOT internal) t",
		"SELECT to_json(t) FROM (SELECT schema_name, type_name, logical_type, labels FROM duckdb_types() WHERE NOT internal) t",
		"SELECT to_json(t) FROM (SELECT schema_name, comment FROM duckdb_schemas() WHERE NOT internal) t",
		"SELECT to_json(t) FROM (SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE database_name NOT IN ('memory', 'migrated', 'w')) t",
		"SELECT to_json(t) FROM (SELECT * FROM schema_version) t",
	} {
		want := described(t, migrated, q)
		for name, db := range map[string]*DB{"copied": copied, "stored": stored.DB} {
			if got := described(t, db, q); !slices.Equal(want, got) {
				t.Errorf("%s differs: %s\nmigrated %q\ncopied   %q", name, q, want, got)
			}
		}
	}
	if n := len(described(t, migrated, "SELECT to_json(t) FROM (SELECT constraint_index FROM duckdb_constraints()) t")); n < 100 {
		t.Errorf("only %d constraints were compared", n)
	}
	// What is written into a copy stays there.
	if err := copied.Exec(ctx, "DELETE FROM schema_version"); err != nil {
		t.Fatal(err)
	}
	if n, err := One[int64](ctx, memory(t), "SELECT count(*) FROM schema_version"); err != nil || n == 0 {
		t.Errorf("the next copy knows %d migrations, %v", n, err)
	}
}

func described(t *testing.T, db *DB, query string) []string {
	t.Helper()
	rows, err := Select[string](context.Background(), db, "SELECT CAST(j AS VARCHAR) FROM ("+query+") AS x(j) ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
