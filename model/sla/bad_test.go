package sla

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/model/config"
)

// TestBadDefinitions reads testdata/bad, one file for each kind of mistake, and compares what is said of each with
// testdata/bad/said.txt. A file that is accepted, or whose mistake has no place, fails.
func TestBadDefinitions(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	ctx, db := context.Background(), open(t)
	var said strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(f)
		cfg, err := config.Parse(name, text)
		if err == nil {
			_, err = compile(ctx, db, cfg)
		}
		if err == nil {
			t.Errorf("%s was accepted", name)
			continue
		}
		for _, line := range strings.Split(err.Error(), "\n") {
			if !strings.HasPrefix(line, name+":") || strings.HasPrefix(line, name+":1:1:") {
				t.Errorf("%s: no place in %q", name, line)
			}
		}
		fmt.Fprintf(&said, "%s\n", err)
	}
	golden(t, "testdata/bad/said.txt", said.String())
}
