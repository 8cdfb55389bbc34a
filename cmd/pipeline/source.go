package pipeline

import (
	"context"
	"fmt"
	"slices"

	"deskproof/collectors"
	_ "deskproof/collectors/all" // every source type
	"deskproof/model/strictyaml"
)

// SourceTest says whether one source can be read.
type SourceTest struct {
	Source string
	Found  string
	Err    error
}

// Text is what was found, or what is wrong.
func (t SourceTest) Text() string {
	if t.Err != nil {
		return t.Err.Error()
	}
	return t.Found
}

// TestSources checks and probes the named sources (none = all) without storing anything.
// The error is *IncompleteError when one of them cannot be read.
func (p *Project) TestSources(ctx context.Context, names []string) ([]SourceTest, error) {
	all := collectors.Sources(p.Cfg)
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("there is no source %q in %s (%s)", n, p.Cfg.File, strictyaml.Suggest(n, known))
		}
	}
	var out []SourceTest
	failed := 0
	for _, s := range all {
		if len(names) > 0 && !slices.Contains(names, s.Name) {
			continue
		}
		r := SourceTest{Source: s.Name}
		t, err := collectors.Lookup(s.Type)
		if err == nil {
			err = t.Check(p.Cfg, &s)
		}
		if err == nil {
			r.Found, err = t.Probe(ctx, p.Cfg, &s)
		}
		if r.Err = err; err != nil {
			failed++
		}
		out = append(out, r)
	}
	if failed > 0 {
		return out, &IncompleteError{fmt.Sprintf("%s of %d cannot be read", count(int64(failed), "source", "sources"), len(out))}
	}
	return out, nil
}
