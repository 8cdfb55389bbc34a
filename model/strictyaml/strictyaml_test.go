package strictyaml

import (
	"strings"
	"testing"
)

type inner struct {
	Pos   Pos    `yaml:"-"`
	Name  string `yaml:"name"`
	Count int    `yaml:"count"`
}

type outer struct {
	Title string            `yaml:"title"`
	Items []inner           `yaml:"items"`
	Words map[string]string `yaml:"words"`
	List  []string          `yaml:"list"`
}

func TestDecodeReportsEveryMistakeWithItsPlace(t *testing.T) {
	var o outer
	err := Decode("a.yaml", []byte("titel: x\nitems:\n  - {name: a, count: many}\n  - {name: b, cuont: 2, name: c}\nwords: [1]\nlist: {a: b}\n---\nmore: 1\n"), &o)
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		`a.yaml:1:1: titel: unknown key "titel" (did you mean "title"?)`,
		`a.yaml:3:22: items[0].count: "many" is not a whole number`,
		`a.yaml:4:15: items[1].cuont: unknown key "cuont" (did you mean "count"?)`,
		`a.yaml:4:25: items[1].name: this key was already given in line 4 (keep one of them)`,
		`a.yaml:5:8: words: here belong keys and values, not a list`,
		`a.yaml:6:7: list: here belongs a list, not keys and values`,
		`a.yaml:7:1: a second YAML document begins here (put it into a file of its own)`,
	}
	if got := err.Error(); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestDecodeKeepsTextsAndPlaces(t *testing.T) {
	var o outer
	if err := Decode("a.yaml", []byte("title: 8.10\nitems: {name: 0755, count: 3}\nlist: one\nwords: {a: yes, 1: no}\n"), &o); err != nil {
		t.Fatal(err)
	}
	if o.Title != "8.10" || o.Items[0].Name != "0755" || o.Items[0].Count != 3 || o.List[0] != "one" || o.Words["a"] != "yes" || o.Words["1"] != "no" {
		t.Fatalf("%+v", o)
	}
	if o.Items[0].Pos != (Pos{"a.yaml", 2, 8}) {
		t.Fatalf("%v", o.Items[0].Pos)
	}
}

func TestDecodeSyntaxErrorHasLine(t *testing.T) {
	var o outer
	err := Decode("a.yaml", []byte("title: x\nitems: [\n"), &o)
	if err == nil || !strings.HasPrefix(err.Error(), "a.yaml:") || strings.HasPrefix(err.Error(), "a.yaml:1:1") {
		t.Fatalf("%v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("title: x\nitems: [{name: a}]\n")
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(_ *testing.T, s string) {
		var o outer
		_ = Decode("f.yaml", []byte(s), &o)
	})
}
