package rest_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/rest"
	warehouse "deskproof/model"
	"deskproof/model/config"
)

// collectInto runs a collection of f into a warehouse in a file, and gives it back open.
func collectInto(t *testing.T, name string, f func(ctx context.Context, r *rest.Run) error) (*warehouse.Warehouse, collectors.Summary) {
	t.Helper()
	ctx := context.Background()
	tool := rest.Tool{Type: name, Name: name, Schemes: []rest.Scheme{rest.Anonymous()}, Collect: f,
		Probe: func(context.Context, *rest.Client) (rest.Probe, error) { return rest.Probe{Product: name}, nil }}
	collectors.Register(tool.Collector())
	cfg, err := config.Parse("deskproof.yaml", []byte(fmt.Sprintf("organization: {name: X}\nsources: [{name: desk, type: %s, url: 'http://localhost'}]\n", name)))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }
	w, err := warehouse.OpenWarehouse(ctx, filepath.Join(t.TempDir(), "w.duckdb"), "test", now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	sum, err := collectors.Run(ctx, w.DB, cfg, nil, collectors.Options{Now: now, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return w, sum
}

// texts are the rows of a query.
func texts(t *testing.T, w *warehouse.Warehouse, query string) []string {
	t.Helper()
	out, err := warehouse.Select[string](context.Background(), w.DB, query)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A batch is stored when its bytes are many, however few its records are.
func TestABatchIsBoundedByItsBytes(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		want []string
	}{"large": {17 << 20, []string{"1", "2"}}, "small": {9, nil}} {
		w, sum := collectInto(t, "batchof"+name, func(ctx context.Context, r *rest.Run) error {
			for _, key := range []string{"1", "2", "3"} {
				if err := r.PutRaw("x", key, "list", []byte(`{"id":"`+strings.Repeat("x", c.size)+`"}`)); err != nil {
					return err
				}
				if err := r.SafePoint(ctx); err != nil {
					return err
				}
			}
			return errors.New("it went away")
		})
		if sum.Complete() {
			t.Errorf("%s: complete", name)
		}
		if got := texts(t, w, "SELECT key FROM raw_record ORDER BY key"); !slices.Equal(got, c.want) {
			t.Errorf("%s: stored are %v, want %v", name, got, c.want)
		}
	}
}

// What bounds the memory of a collection is in force while it runs, and only then.
func TestSettingsComeBack(t *testing.T) {
	// Of the limit of memory only the unit: what is free changes between two openings.
	const settings = "SELECT name || '=' || CASE name WHEN 'memory_limit' THEN right(value, 3) ELSE value END FROM duckdb_settings() WHERE name IN ('memory_limit', 'checkpoint_threshold', 'disabled_compression_methods') ORDER BY name"
	w, sum := collectInto(t, "settings", func(ctx context.Context, r *rest.Run) error {
		return r.PutRaw("x", "1", "list", []byte(`{"id":1}`))
	})
	if !sum.Complete() {
		t.Fatal(sum.Text())
	}
	fresh, err := warehouse.OpenWarehouse(context.Background(), filepath.Join(t.TempDir(), "w.duckdb"), "test", time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	if got, want := texts(t, w, settings), texts(t, fresh, settings); len(want) != 3 || !slices.Equal(got, want) {
		t.Errorf("settings are %q, want %q", got, want)
	}
}

// Within one batch a record may come again and again, go, and come back: each other content is a version, in their order.
func TestVersionsWithinABatch(t *testing.T) {
	w, sum := collectInto(t, "versions", func(ctx context.Context, r *rest.Run) error {
		put := func(key, content string) error { return r.PutRaw("x", key, "list", []byte(`{"v":"`+content+`"}`)) }
		return errors.Join(put("a", "1"), put("b", "1"), put("a", "1"), put("a", "2"), r.Delete("x", "a"), r.Delete("x", "a"),
			put("a", "2"), put("c", "1"), r.Merge("x", "c", "b"), r.Delete("x", "never"), put("a", "1"))
	})
	if !sum.Complete() {
		t.Fatal(sum.Text())
	}
	want := []string{`a 1 {"v":"1"}`, `a 2 {"v":"2"}`, `a 3 {} gone`, `a 4 {"v":"2"}`, `a 5 {"v":"1"}`, `b 1 {"v":"1"}`, `c 1 {"v":"1"}`, `c 2 {"merged_into":"b"} gone`}
	got := texts(t, w, "SELECT key || ' ' || version || ' ' || payload || CASE WHEN deleted THEN ' gone' ELSE '' END FROM raw_record ORDER BY key, version")
	if !slices.Equal(got, want) {
		t.Errorf("stored are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
