package metrics

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"
)

// TestTheRecipeForAMetricWorks follows CONTRIBUTING.md: its metric is read, and its test passes.
func TestTheRecipeForAMetricWorks(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := func(name, language string) []byte {
		m := regexp.MustCompile("(?s)`model/metrics/" + regexp.QuoteMeta(name) + "`:\n\n```" + language + "\n(.*?)```").FindSubmatch(text)
		if m == nil {
			t.Fatalf("CONTRIBUTING.md does not show %s", name)
		}
		return m[1]
	}
	all, err := parseAll(fstest.MapFS{"weekend_incidents.sql": {Data: block("weekend_incidents.sql", "sql")}})
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	dec := yaml.NewDecoder(bytes.NewReader(block("testdata/weekend_incidents.yaml", "yaml")))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		t.Fatal(err)
	}
	ctx, db := context.Background(), memory(t)
	for _, c := range f.Cases {
		c.AsOf, c.Zone = time.Date(2026, 5, 15, 10, 0, 0, 0, time.UTC), "Europe/Berlin"
		empty(t, db)
		give(t, db, c.Given)
		if err := run(ctx, db, all, c.AsOf, c.Zone); err != nil {
			t.Fatal(err)
		}
		compare(t, db, "weekend_incidents", c)
	}
	if len(f.Cases) < 2 {
		t.Error("the recipe shows no empty case")
	}
}
