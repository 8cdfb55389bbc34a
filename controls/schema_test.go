package controls

import (
	"bytes"
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	source "go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// TestWordsOfSchemas keeps schema_words.json what the comments of the fields say.
func TestWordsOfSchemas(t *testing.T) {
	words := map[string]string{}
	for pkg, dir := range map[string]string{"controls": ".", "config": "../model/config"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(source.NewFileSet(), f, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok {
					continue
				}
				for _, sp := range g.Specs {
					typ, ok := sp.(*ast.TypeSpec)
					if !ok {
						continue
					}
					st, ok := typ.Type.(*ast.StructType)
					if !ok {
						continue
					}
					for _, field := range st.Fields.List {
						text := field.Comment.Text()
						if text == "" {
							text = field.Doc.Text()
						}
						for _, name := range field.Names {
							if field.Tag != nil && text != "" && reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("yaml") != "-" {
								words[pkg+"."+typ.Name.Name+"."+name.Name] = sentence(text)
							}
						}
					}
				}
			}
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(words); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("DESKPROOF_GOLDEN") == "write" {
		if err := os.WriteFile("schema_words.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(b.Bytes(), schemaWords) {
		t.Error("schema_words.json is not what the comments say: DESKPROOF_GOLDEN=write go test ./controls -run WordsOfSchemas writes it")
	}
}

func compiled(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	cat, _, err := load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*jsonschema.Schema{}
	for _, k := range SchemaKinds() {
		text, err := Schema(cat, k[0])
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(k[0]+".json", doc); err != nil {
			t.Fatal(err)
		}
		if out[k[0]], err = c.Compile(k[0] + ".json"); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// plainYAML is a YAML document as an editor hands it to the validator: days and times are texts.
func plainYAML(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return plainYAML(n.Content[0])
	case yaml.AliasNode:
		return plainYAML(n.Alias)
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = plainYAML(n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			out = append(out, plainYAML(c))
		}
		return out
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int", "!!float":
		var f float64
		if n.Decode(&f) == nil {
			return f
		}
	}
	return n.Value
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return err
	}
	if doc.Kind == 0 {
		return nil // an empty file
	}
	return s.Validate(plainYAML(&doc))
}

// TestSchemasAcceptWhatIsShipped: every YAML file of the catalogue and every configuration that ships is valid.
func TestSchemasAcceptWhatIsShipped(t *testing.T) {
	schemas := compiled(t)
	n := 0
	check := func(kind, pattern string) {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(t, schemas[kind], text); err != nil {
				t.Errorf("%s: %v", f, err)
			}
			n++
		}
		if len(files) == 0 {
			t.Errorf("no file %s", pattern)
		}
	}
	check("control", "catalogue/controls/*.yaml")
	check("framework", "catalogue/frameworks/*.yaml")
	check("crosswalk", "catalogue/crosswalk/*.yaml")
	check("test", "catalogue/tests/*.yaml")
	check("config", "../examples/*/deskproof.yaml")
	check("judgements", "../cmd/sample/judgements.yaml")
	if n < 100 {
		t.Errorf("%d files", n)
	}
	t.Logf("%d files", n)
}

// TestSchemasRefuseMistakes: what has an unknown key or a value of another type is refused, as the strict reader does.
func TestSchemasRefuseMistakes(t *testing.T) {
	schemas := compiled(t)
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".yaml")
		if !strings.Contains(name, "_key") && !strings.Contains(name, "_type") || strings.HasSuffix(name, "_twice") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(name, "_")
		if validate(t, schemas[kind], text) == nil {
			t.Errorf("%s is accepted", f)
		}
		n++
	}
	if n < 14 {
		t.Errorf("%d files", n)
	}
	for _, tc := range [][2]string{
		{"config", "organisation: {name: X}"}, {"config", "organization: X"}, {"config", "sources: [{name: a, header_row: many}]"},
		{"config", "sla: [{id: a, reopen: sometimes}]"}, {"config", "sources: [{name: a, token: abc}]"}, {"config", "calendars: {a: {hour: {}}}"},
		{"judgements", "assessments: [{requirment: a}]"}, {"control", "controls: [{id: a, process: incidents}]"},
		{"control", "controls: [{id: a-b, rule: {precedence: [aproved, started]}}]"},
	} {
		if validate(t, schemas[tc[0]], []byte(tc[1])) == nil {
			t.Errorf("%s: %s is accepted", tc[0], tc[1])
		}
	}
}

func TestSchemasSayWhatKeysMean(t *testing.T) {
	cat, _, err := load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range SchemaKinds() {
		text, err := Schema(cat, k[0])
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte(`"description"`)); n < 4 {
			t.Errorf("%s: %d descriptions", k[0], n)
		}
	}
	if _, err := Schema(cat, "controls"); err == nil || !strings.Contains(err.Error(), `did you mean "control"?`) {
		t.Error(err)
	}
}
