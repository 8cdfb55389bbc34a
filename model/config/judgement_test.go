package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/model/strictyaml"
)

var update = flag.Bool("update", false, "write the golden files anew")

const judged = "organization: {name: X}\ncatalogue:\n  judgements: %s\n  waivers: [{id: chg-stale, reason: r, owner: Ada, until: 2026-12-31}]\n  scope: [{id: \"iso20000-1:2018/8.5.3\", reason: r, decided_by: Ada}]\n"

// TestBadJudgements reads one file for each kind of mistake; said.txt holds what is said of each. A file that is
// accepted fails, and so does a mistake without a place in the file.
func TestBadJudgements(t *testing.T) {
	dir := filepath.Join("testdata", "judgements")
	files, err := filepath.Glob(filepath.Join(dir, "bad", "*.yaml"))
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var said strings.Builder
	for _, f := range files {
		name := filepath.Base(f)
		_, err := parse(filepath.Join(dir, "deskproof.yaml"), fmt.Appendf(nil, judged, "bad/"+name), true)
		if err == nil {
			t.Errorf("%s was accepted", name)
			continue
		}
		text := strings.ReplaceAll(filepath.ToSlash(err.Error()), filepath.ToSlash(dir)+"/", "")
		for _, line := range strings.Split(text, "\n") {
			if !strings.HasPrefix(line, "bad/"+name+":") {
				t.Errorf("%s: no place in %q", name, line)
			}
		}
		fmt.Fprintf(&said, "%s\n", text)
	}
	golden := filepath.Join(dir, "said.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(said.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || said.String() != string(want) {
		t.Errorf("%v\n%s", err, said.String())
	}
}

func TestJudgementsAreMerged(t *testing.T) {
	dir := filepath.Join("testdata", "judgements")
	c, err := parse(filepath.Join(dir, "deskproof.yaml"), fmt.Appendf(nil, judged, "good"), true)
	if err != nil {
		t.Fatal(err)
	}
	k := c.Catalogue
	if len(k.Assessments) != 4 || len(k.Waivers) != 3 || len(k.Scope) != 2 || len(k.JudgementFiles) != 2 {
		t.Fatalf("%+v", k)
	}
	if k.Statement == nil || k.Statement.Services[0] != "Mail" || c.Organization.Scope != "All of it." || k.ReassessAfter != 365 {
		t.Errorf("%+v", k)
	}
	if a := k.Assessments[0]; a.Pos.Line != 3 || a.Evidence[0] != "D-1" || *k.Assessments[2].Level != 0 || k.Assessments[3].Subject() != "incident" {
		t.Errorf("%+v", a)
	}
	// what is in memory reads no file
	if c, err = Parse(filepath.Join(dir, "deskproof.yaml"), fmt.Appendf(nil, judged, "good")); err != nil || len(c.Catalogue.Assessments) != 0 {
		t.Errorf("%+v, %v", c.Catalogue.Assessments, err)
	}
}

func TestWhereJudgementsAreLookedFor(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.yaml": "waivers: []\n", "b.yaml": "scope: {statement: B}\n", "c.yaml": "scope: {statement: C}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ text, want string }{
		{"catalogue: {judgements: [none.yaml]}", "deskproof.yaml:2:26: catalogue.judgements[0]: there is no file or folder"},
		{"catalogue: {judgements: empty}", "holds no .yaml file"},
		{"catalogue: {judgements: [a.yaml, a.yaml]}", "deskproof.yaml:2:34: catalogue.judgements[1]: "},
		{"catalogue: {judgements: [b.yaml, c.yaml]}", "c.yaml:1:8: scope: the scope is already stated in "},
		{"catalogue: {judgements: [b.yaml]}\norganization: {name: X, scope: A}", "b.yaml:1:20: scope.statement: the scope is already stated in "},
		{"catalogue: {reassess_after_days: 0}", "deskproof.yaml:2:34: catalogue.reassess_after_days: 0 is not a number of days"},
	} {
		text := tc.text
		if !strings.Contains(text, "organization") {
			text += "\norganization: {name: X}"
		}
		_, err := parse(filepath.Join(dir, "deskproof.yaml"), []byte("as_of: 2026-10-31\n"+text+"\n"), true)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s\n got %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

// TestTheJudgementsOfTheDocumentsAreValid reads the file that the catalogue's README shows.
func TestTheJudgementsOfTheDocumentsAreValid(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "controls", "catalogue", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## Judgement")
	_, block, _ := strings.Cut(section, "```yaml\n")
	block, _, ok := strings.Cut(block, "```")
	if !ok {
		t.Fatal("the README shows no file of judgements")
	}
	c, err := Parse("deskproof.yaml", []byte("organization: {name: X}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var ps strictyaml.Problems
	if c.addJudgements("README.md", []byte(block), &ps); ps.Err() != nil || len(c.Catalogue.Assessments) != 2 || c.Catalogue.Statement == nil {
		t.Errorf("%v\n%+v", ps.Err(), c.Catalogue)
	}
}
