package registers

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v3"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/collectors/file/reader"
	"deskproof/controls"
	"deskproof/model/config"
)

func all(t *testing.T) []Register {
	t.Helper()
	list, err := All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestRegistersAreWhole: each says what it is for, its columns have meanings, its examples are no entries, and the
// requirements that it names exist.
func TestRegistersAreWhole(t *testing.T) {
	cat, err := controls.Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range cat.Frameworks {
		for _, e := range f.Entries {
			known[f.ID()+"/"+e.ID] = true
		}
	}
	list := all(t)
	if len(list) != 10 {
		t.Errorf("%d registers", len(list))
	}
	for _, r := range list {
		if id, ok := collectors.IDColumn(r.Entity); !ok || id != r.Columns[0].Name {
			t.Errorf("%s: the id is %q", r.Entity, id)
		}
		for _, s := range []string{r.Title, r.Purpose, r.Asks, r.Keep} {
			if len(s) < 5 || strings.TrimSpace(s) != s {
				t.Errorf("%s: %q", r.Entity, s)
			}
		}
		for _, c := range r.Clauses {
			if !known[c] {
				t.Errorf("%s: %s is no requirement", r.Entity, c)
			}
		}
		for _, c := range r.Columns {
			if c.Meaning == "" || strings.Contains(c.Meaning, "NULL") || strings.Contains(c.Meaning, "source:key") {
				t.Errorf("%s.%s: %q", r.Entity, c.Name, c.Meaning)
			}
		}
		if len(r.Examples) == 0 {
			t.Errorf("%s: no example", r.Entity)
		}
		for _, e := range r.Examples {
			if !strings.HasPrefix(e[r.Columns[0].Name], collectors.ExamplePrefix) {
				t.Errorf("%s: the example %s could be taken for an entry", r.Entity, e[r.Columns[0].Name])
			}
			for _, c := range r.Columns {
				if v := e[c.Name]; v == "" && c.Needed || v != "" && len(c.choices()) > 0 && !slices.Contains(c.choices(), v) {
					t.Errorf("%s: the example has %s: %q", r.Entity, c.Name, v)
				}
			}
		}
	}
}

// TestTemplatesHoldNoEntry: what init writes can be read, and gives no entry but the examples.
func TestTemplatesHoldNoEntry(t *testing.T) {
	for _, r := range all(t) {
		for _, format := range Formats {
			body, err := r.Template(format)
			if err != nil {
				t.Fatal(err)
			}
			again, err := r.Template(format)
			if err != nil || !bytes.Equal(body, again) {
				t.Errorf("%s.%s differs from one writing to the next: %v", r.Entity, format, err)
			}
			path := filepath.Join(t.TempDir(), r.Entity+"."+format)
			if err := os.WriteFile(path, body, 0o644); err != nil {
				t.Fatal(err)
			}
			n := 0
			info, err := reader.Read(context.Background(), path, reader.Options{Prefer: r.Entity}, func(rec *reader.Record) error {
				n++
				if id, _ := rec.Get(r.Columns[0].Name); !strings.HasPrefix(id.Text, collectors.ExamplePrefix) {
					t.Errorf("%s.%s has an entry %q", r.Entity, format, id.Text)
				}
				return nil
			}, func(rej reader.Reject) error { t.Errorf("%s.%s: %s", r.Entity, format, rej.Reason); return nil })
			if err != nil || info.Gap != "" {
				t.Errorf("%s.%s: %v, gap %q", r.Entity, format, err, info.Gap)
			}
			if want := map[string]int{"csv": len(r.Examples)}[format]; n != want {
				t.Errorf("%s.%s: %d rows, want %d", r.Entity, format, n, want)
			}
			if format != "yaml" && !slices.Equal(info.Columns, r.names()) {
				t.Errorf("%s.%s: columns %v", r.Entity, format, info.Columns)
			}
		}
	}
	if _, err := all(t)[0].Template("ods"); err == nil {
		t.Error("an unknown format is written")
	}
}

// TestCommentedExamplesAreYAML: with the signs taken away, the examples of the YAML form are entries.
func TestCommentedExamplesAreYAML(t *testing.T) {
	for _, r := range all(t) {
		_, text, ok := strings.Cut(string(r.yaml()), "write your own:\n#\n")
		if !ok {
			t.Fatalf("%s: no examples", r.Entity)
		}
		var rows []map[string]string
		if err := yaml.Unmarshal([]byte(strings.ReplaceAll("\n"+text, "\n# ", "\n")), &rows); err != nil {
			t.Errorf("%s: %v", r.Entity, err)
			continue
		}
		if got, want := fmt.Sprint(rows), fmt.Sprint(r.Examples); got != want {
			t.Errorf("%s: %s\nwant %s", r.Entity, got, want)
		}
	}
}

// TestWorkbookChecksWhatIsTyped: lists to choose from, days, scales; no text is a formula; entries come back as they were.
func TestWorkbookChecksWhatIsTyped(t *testing.T) {
	for _, r := range all(t) {
		hostile := make([]string, len(r.Columns))
		for i, c := range r.Columns {
			switch {
			case len(c.choices()) > 0:
				hostile[i] = c.choices()[0]
			case c.Bounds != nil:
				hostile[i] = fmt.Sprint(c.Bounds[1])
			case c.Type == "DATE":
				hostile[i] = "2026-02-28"
			case c.Kind() == "number" || c.Kind() == "whole number":
				hostile[i] = "12.5"
			default:
				hostile[i] = `=HYPERLINK("https://example.org","x")`
			}
		}
		body, err := r.Workbook(r.names(), [][]string{hostile}, nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.GetSheetList(); !slices.Equal(got, []string{r.Entity, "Columns"}) {
			t.Errorf("%s: sheets %v", r.Entity, got)
		}
		rules, err := f.GetDataValidations(r.Entity)
		if err != nil || len(rules) != len(r.Columns) {
			t.Fatalf("%s: %d rules, %v", r.Entity, len(rules), err)
		}
		for i, c := range r.Columns {
			want := map[bool]string{true: "list"}[len(c.choices()) > 0]
			switch {
			case c.Bounds != nil:
				want = "whole"
			case c.Type == "DATE":
				want = "date"
			case want == "" && c.Kind() == "number":
				want = "decimal"
			}
			if rules[i].Type != want || want != "" && !rules[i].ShowErrorMessage {
				t.Errorf("%s.%s: rule %q, want %q", r.Entity, c.Name, rules[i].Type, want)
			}
			if want == "list" && strings.Trim(rules[i].Formula1, `"`) != strings.Join(c.choices(), ",") {
				t.Errorf("%s.%s: %s", r.Entity, c.Name, rules[i].Formula1)
			}
			cell, _ := excelize.CoordinatesToCellName(i+1, 2)
			if formula, _ := f.GetCellFormula(r.Entity, cell); formula != "" {
				t.Errorf("%s.%s holds a formula: %s", r.Entity, c.Name, formula)
			}
		}
		f.Close()
		path := filepath.Join(t.TempDir(), "x.xlsx")
		if err := os.WriteFile(path, body, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := reader.Read(context.Background(), path, reader.Options{Prefer: r.Entity}, func(rec *reader.Record) error {
			for i, v := range rec.Values {
				if v.Text != hostile[i] {
					t.Errorf("%s.%s comes back as %q, was %q", r.Entity, rec.Names[i], v.Text, hostile[i])
				}
			}
			return nil
		}, func(rej reader.Reject) error { t.Error(rej.Reason); return nil }); err != nil {
			t.Error(err)
		}
	}
}

// TestYAMLGivesBackWhatItWasGiven holds texts that YAML would take for something else.
func TestYAMLGivesBackWhatItWasGiven(t *testing.T) {
	rows := [][]string{{"1", "a: b", "- x", "#no"}, {"2", "true", "'", "8.10"}, {"3", "two\nlines", "\"quoted\"", " blank "}, {"4", "", "ü", "2026-01-31"}}
	var got []map[string]yaml.Node
	if err := yaml.Unmarshal(YAML([]string{"a", "b", "c", "d"}, rows), &got); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for j, v := range row {
			if n := got[i][string("abcd"[j])]; n.Value != v {
				t.Errorf("row %d: %q, want %q", i, n.Value, v)
			}
		}
	}
	body, err := CSV([]string{"a", "b"}, [][]string{{"x,y", "two\nlines"}})
	if err != nil {
		t.Fatal(err)
	}
	back, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || back[1][0] != "x,y" || back[1][1] != "two\nlines" {
		t.Errorf("%q, %v", back, err)
	}
}

// TestDocumentationIsCurrent compares docs/registers.md with the registers; DESKPROOF_GOLDEN=write writes it anew.
func TestDocumentationIsCurrent(t *testing.T) {
	const file, from, to = "../../docs/registers.md", "<!-- generated: the registers -->\n", "<!-- end -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(text), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the registers", file)
	}
	want := head + from + Markdown(all(t)) + "\n" + to + tail
	if want != string(text) && os.Getenv("DESKPROOF_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s is not what the schema says; DESKPROOF_GOLDEN=write writes it anew", file)
	}
	if _, yaml, ok := strings.Cut(head, "```yaml\n"); !ok {
		t.Error("no example of a source")
	} else if yaml, _, _ := strings.Cut(yaml, "```"); true {
		cfg, err := config.Parse(file, []byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		c, err := collectors.Lookup(cfg.Sources[0].Type)
		if err == nil {
			t.Setenv("JIRA_TOKEN", "secret")
			err = c.Check(cfg, &cfg.Sources[0])
		}
		if err != nil {
			t.Error(err)
		}
	}
}
