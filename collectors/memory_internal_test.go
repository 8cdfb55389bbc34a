package collectors

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"deskproof/model"
)

// TestMemoryIsBoundOnlyWhileCollecting asks for the limit that is in force, which is not always the one that the setting tells.
func TestMemoryIsBoundOnlyWhileCollecting(t *testing.T) {
	ctx := context.Background()
	w, err := model.OpenWarehouse(ctx, filepath.Join(t.TempDir(), "w.duckdb"), "test", time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	limit := func() string {
		t.Helper()
		s, err := model.One[string](ctx, w.DB, "SELECT DISTINCT memory_limit FROM pragma_database_size()")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for range 2 { // one source after another
		free, err := boundMemory(ctx, w.DB)
		if err != nil {
			t.Fatal(err)
		}
		if got := limit(); got != "128.0 MiB" {
			t.Errorf("while collecting the limit is %s", got)
		}
		free()
		if got := limit(); got == "128.0 MiB" {
			t.Errorf("afterwards the limit is %s", got)
		}
	}
}
