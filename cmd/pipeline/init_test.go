package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/model/config"
)

// Every type gives a configuration that is read without a complaint, also with its service levels taken in.
func TestInitOfEveryType(t *testing.T) {
	for _, tool := range collectors.Types() {
		dir := filepath.Join(t.TempDir(), tool)
		path, err := InitType(dir, tool)
		if err != nil {
			t.Errorf("%s: %v", tool, err)
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head, tail, ok := strings.Cut(string(text), "\n# calendars:")
		if !ok {
			t.Fatalf("%s: no service levels to fill in", tool)
		}
		whole := head + strings.ReplaceAll("\n# calendars:"+tail, "\n# ", "\n")
		cfg, err := config.Parse(path, []byte(whole))
		if err != nil {
			t.Errorf("%s, with its service levels: %v", tool, err)
			continue
		}
		if len(cfg.Sources) == 0 || len(cfg.SLA) != 1 {
			t.Errorf("%s: %d sources, %d service levels", tool, len(cfg.Sources), len(cfg.SLA))
		}
		if _, err := InitType(dir, tool); err == nil || !strings.Contains(err.Error(), "exists already") {
			t.Errorf("%s: an existing configuration is overwritten: %v", tool, err)
		}
	}
	if _, err := InitType(t.TempDir(), "zamad"); err == nil || !strings.Contains(err.Error(), "zammad") {
		t.Errorf("a misspelt type: %v", err)
	}
}
