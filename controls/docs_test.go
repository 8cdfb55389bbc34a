package controls

import (
	"context"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestDocsAreCurrent(t *testing.T) {
	cat, err := Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const file = "../docs/controls.md"
	want := Markdown(cat)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the catalogue says: run go test ./controls -run Docs -update (%v)", file, err)
	}
}
