package collectors_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/collectors"
	"deskproof/model/config"
)

// recipe:begin
// Collector reads a text file with "KEY TITLE" a line.
type Collector struct{}

// Describe says what the type is called.
func (Collector) Describe() collectors.Description {
	return collectors.Description{
		Type: "lines", Summary: "a text file, KEY TITLE a line", Sample: "- {name: list, type: lines, path: list.txt}\n", Readme: "# lines\n",
	}
}

// Check finds what the configuration lacks.
func (Collector) Check(_ *config.Config, src *config.Source) error {
	if src.Path == "" {
		return errors.New("path is missing: name the text file")
	}
	return nil
}

// Probe says whether the file can be read.
func (Collector) Probe(_ context.Context, cfg *config.Config, src *config.Source) (string, error) {
	if _, err := os.Stat(cfg.Path(src.Path)); err != nil {
		return "", err
	}
	return src.Path + " can be read", nil
}

// Collect hands over each line, and rejects those without a title.
func (Collector) Collect(ctx context.Context, s *collectors.Session) error {
	f, err := os.Open(s.Config.Path(s.Source.Path))
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := int64(1); lines.Scan() && ctx.Err() == nil; n++ {
		key, title, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			reject := collectors.Reject{Entity: "ticket", Origin: s.Source.Path, Line: n, Reason: "no title: a line is KEY TITLE", Content: lines.Text()}
			if err := s.Reject(reject); err != nil {
				return err
			}
			continue
		}
		payload, err := json.Marshal(map[string]string{"key": key, "title": title})
		if err != nil {
			return err
		}
		record := collectors.Record{Entity: "ticket", Key: key, Origin: s.Source.Path, Line: n, Payload: string(payload)}
		if err := s.Put(record); err != nil {
			return err
		}
	}
	return errors.Join(lines.Err(), ctx.Err())
}

// recipe:end

// TestTheRecipeForACollectorWorks compares this file with CONTRIBUTING.md and collects with its collector.
func TestTheRecipeForACollectorWorks(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.ReadFile("recipe_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(self), "// recipe:begin\n")
	code, _, _ := strings.Cut(rest, "// recipe:end\n")
	if !strings.Contains(string(guide), "```go\n"+strings.TrimSpace(code)+"\n```") {
		t.Error("CONTRIBUTING.md shows another collector than the one that is tested here")
	}

	collectors.Register(Collector{})
	t.Cleanup(func() { collectors.Unregister("lines") })
	d := newDesk(t, "sources: [{name: list, type: lines, path: list.txt}]\n", map[string]string{"list.txt": "A-1 Mail is down\nA-2\nA-3 Printer jam\n"})
	d.run()
	d.want("SELECT key || ' ' || (payload ->> 'title') FROM raw_record ORDER BY key", "A-1 Mail is down", "A-3 Printer jam")
	d.want("SELECT line || ': ' || reason FROM rejected_record", "2: no title: a line is KEY TITLE")
}
