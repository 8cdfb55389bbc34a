package xlsx

import (
	"bytes"
	"context"
	"os"
	"testing"

	"deskproof/reports/render/fixture"
)

func TestRender(t *testing.T) {
	var one, two bytes.Buffer
	if err := (Renderer{}).Render(context.Background(), &one, fixture.Document()); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("RENDER_OUT"); dir != "" {
		os.WriteFile(dir+"/report.xlsx", one.Bytes(), 0o644)
	}
	if err := (Renderer{}).Render(context.Background(), &two, fixture.Document()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("two renderings differ")
	}
}
