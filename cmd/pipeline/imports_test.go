package pipeline

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "deskproof"

// mayImport says which parts of deskproof each part may import besides itself: data flows one way, and so do imports.
var mayImport = map[string][]string{
	"model":      {},
	"collectors": {"model"},
	"controls":   {"model"},
	"templates":  {},
	"reports":    {"model", "controls", "templates"},
	"cmd":        {"model", "collectors", "controls", "reports", "templates"},
}

func eachGoFile(t *testing.T, f func(path string, imports []string, doc bool)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root && d.Name() != "..") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, i := range file.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, p)
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(rel), imports, file.Doc != nil && len(strings.Fields(file.Doc.Text())) > 5)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wrongImports lists the imports of a file that go the wrong way.
func wrongImports(path string, imports []string) []string {
	part, _, _ := strings.Cut(path, "/")
	allowed, known := mayImport[part]
	if !known {
		return []string{"the folder " + part + " is not part of the layout"}
	}
	var wrong []string
	for _, i := range imports {
		if strings.HasPrefix(i, "github.com/duckdb/") && filepath.ToSlash(filepath.Dir(path)) != "model" {
			wrong = append(wrong, i+" (only package model talks to the driver)")
		}
		target, ok := strings.CutPrefix(i, module+"/")
		if !ok {
			continue
		}
		other, _, _ := strings.Cut(target, "/")
		okay := other == part
		for _, a := range allowed {
			okay = okay || a == other
		}
		if strings.Contains(target, "/util") || !okay {
			wrong = append(wrong, i)
		}
	}
	return wrong
}

func TestImportsGoOneWay(t *testing.T) {
	eachGoFile(t, func(path string, imports []string, _ bool) {
		for _, w := range wrongImports(path, imports) {
			t.Errorf("%s imports %s", path, w)
		}
	})
	for path, imports := range map[string][]string{
		"model/x.go":        {"deskproof/reports"},
		"controls/x.go":     {"deskproof/collectors"},
		"collectors/x.go":   {"deskproof/controls"},
		"reports/x.go":      {"deskproof/cmd/sample"},
		"reports/y.go":      {"github.com/duckdb/duckdb-go/v2"},
		"helpers/x.go":      {"fmt"},
		"reports/pack/x.go": {"deskproof/collectors/file"},
	} {
		if len(wrongImports(path, imports)) == 0 {
			t.Errorf("%s importing %v was let through", path, imports)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	eachGoFile(t, func(path string, _ []string, doc bool) {
		dir := filepath.Dir(path)
		if !strings.HasSuffix(path, "_test.go") {
			documented[dir] = documented[dir] || doc
		}
	})
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no doc comment", dir)
		}
	}
}

func TestTopLevelIsTheLayoutOfTheDesign(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	known := " cmd collectors model controls reports templates docs examples README.md LICENSE CONTRIBUTING.md CHANGELOG.md go.mod go.sum deskproof-demo "
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !strings.Contains(known, " "+e.Name()+" ") {
			t.Errorf("%s does not belong at the top of the repository", e.Name())
		}
	}
}
