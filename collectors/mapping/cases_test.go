package mapping

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"deskproof/model/config"
)

// buildCase is one story: raw rows and a configuration, and what queries must give after the build.
type buildCase struct {
	Name   string              `yaml:"name"`
	AsOf   string              `yaml:"as_of"`
	Config string              `yaml:"config"`
	Rows   map[string][]string `yaml:"rows"` // source/entity → payloads
	Error  []string            `yaml:"error"`
	Notes  string              `yaml:"notes"`
	Expect []struct {
		Query string `yaml:"query"`
		Rows  string `yaml:"rows"`
	} `yaml:"expect"`
}

const organization = "organization: {name: Example, time_zone: Europe/Berlin}\n"

// TestCases runs every story twice on the same database: a second build must change nothing.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []buildCase
		dec := yaml.NewDecoder(strings.NewReader(string(data)))
		dec.KnownFields(true)
		if err := dec.Decode(&cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml")+"/"+c.Name, func(t *testing.T) { c.run(t) })
		}
	}
}

func (c buildCase) run(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	cfg := parse(t, organization+c.Config)
	for _, at := range sortedKeys(c.Rows) {
		source, entity, _ := strings.Cut(at, "/")
		put(t, db, source, entity, c.Rows[at]...)
	}
	var opt Options
	if c.AsOf != "" {
		at, err := config.ParseAsOf(c.AsOf, cfg.Zone())
		if err != nil {
			t.Fatal(err)
		}
		opt.AsOf = at
	}
	for round := 1; round <= 2; round++ {
		res, err := Build(ctx, db, cfg, cfg.Sources, opt)
		if len(c.Error) > 0 {
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.Error {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q:\n%v", want, err)
				}
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range res.Entities {
			if e.Raw != e.Modelled+e.LeftOut+e.Later+e.Rejected {
				t.Errorf("the books do not tie out: %+v", e)
			}
		}
		if got := strings.Join(res.Notes, "\n"); strings.TrimSpace(got) != strings.TrimSpace(c.Notes) {
			t.Errorf("round %d, notes:\n%s\nwant:\n%s", round, got, c.Notes)
		}
		for _, e := range c.Expect {
			if got, want := dump(t, db, e.Query), strings.TrimSpace(e.Rows); got != want {
				t.Errorf("round %d, %s:\n%s\nwant:\n%s", round, e.Query, got, want)
			}
		}
	}
}
