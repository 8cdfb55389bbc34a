package all_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
	"deskproof/model/config"
)

// live are the types that are asked over the network.
func live(t *testing.T) []collectors.Description {
	t.Helper()
	var out []collectors.Description
	for _, name := range collectors.Types() {
		c, err := collectors.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if d := c.Describe(); d.Live {
			out = append(out, d)
		}
	}
	return out
}

// TestEveryLiveTypeIsWhole looks at the folder of every live type: five entries at most, of which its Go files
// are one, a README that says what the account needs, a sample without a plain secret, and fixtures that its model turns
// into what they say.
func TestEveryLiveTypeIsWhole(t *testing.T) {
	for _, about := range live(t) {
		dir := filepath.Join("..", about.Type)
		if own := filepath.Join("..", "generic", about.Type); isDir(own) { // `rest` and its presets
			dir = own
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Errorf("%s: the folder is called like the type: %v", about.Type, err)
			continue
		}
		n := 1 // the Go files: how many they are is a matter of their length
		for _, e := range entries {
			if filepath.Ext(e.Name()) != ".go" {
				n++
			}
		}
		if n > 5 {
			t.Errorf("%s has %d entries, its Go files counted as one: at most these, model.sql, sample.yaml, README.md and testdata", about.Type, n)
		}
		if !strings.Contains(about.Readme, "account") || !strings.Contains(about.Readme, "## Keys") {
			t.Errorf("%s: the README says not what the account needs", about.Type)
		}
		cfg, err := config.Parse("sample.yaml", []byte("organization: {name: Sample}\n"+about.Sample))
		if err != nil {
			t.Errorf("%s: the sample: %v", about.Type, err)
		} else if cfg.Sources[0].Type != about.Type {
			t.Errorf("%s: the sample is of type %s", about.Type, cfg.Sources[0].Type)
		}
		_, configured := source(t, about.Type).(interface {
			SourceModel(*config.Source) (string, error)
		})
		if about.Model != "" || configured {
			resttest.Fixtures(t, about.Type, filepath.Join(dir, "testdata"))
		}
	}
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

func source(t *testing.T, typ string) collectors.Collector {
	t.Helper()
	c, err := collectors.Lookup(typ)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestEveryLiveTypeConforms plays every live type its tool.
func TestEveryLiveTypeConforms(t *testing.T) {
	for _, about := range live(t) {
		resttest.Conform(t, about.Type)
	}
}
