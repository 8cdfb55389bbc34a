package controls

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestTheRecipeForAControlWorks follows CONTRIBUTING.md: its control has no mistake, and its test passes.
func TestTheRecipeForAControlWorks(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, m := range regexp.MustCompile("(?s)`our-controls/([^`]+)`:\n\n```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		path := filepath.Join(dir, string(m[1]))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, m[2], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cat, err := Lint(context.Background(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	results, err := RunOwnTests(context.Background(), cat)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range results {
		if r.Control == "own-incident-titled" {
			n++
			if !r.Passed {
				t.Errorf("%s: %s", r.Case, r.Message)
			}
		}
	}
	if n != 3 {
		t.Errorf("%d cases ran, want 3", n)
	}
}
