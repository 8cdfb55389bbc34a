package controls

import (
	"context"
	"testing"
)

func TestShippedCatalogueIsClean(t *testing.T) {
	cat, err := Lint(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	results, err := RunTests(context.Background(), cat)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if !r.Passed {
			t.Errorf("%s: %s: %s: %s", r.Pos, r.Control, r.Case, r.Message)
		}
	}
	t.Logf("%d controls, %d cases", len(cat.Controls), len(results))
}
