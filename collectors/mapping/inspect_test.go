package mapping

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/model/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestInspectGolden holds the first configuration of each file in testdata/inspect against its golden file.
func TestInspectGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/inspect/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if strings.HasSuffix(f, ".golden") {
			continue
		}
		n++
		t.Run(filepath.Base(f), func(t *testing.T) {
			got, err := Inspect(context.Background(), f, "testdata")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := config.Parse("deskproof.yaml", got.YAML); err != nil {
				t.Errorf("the configuration does not load: %v", err)
			}
			text := append(bytes.Clone(got.YAML), []byte("\n--- summary\n"+strings.Join(got.Summary, "\n")+"\n")...)
			if *update {
				if err := os.WriteFile(f+".golden", text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(f + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(text, want) {
				t.Errorf("got:\n%s\nwant:\n%s", text, want)
			}
		})
	}
	if n < 7 {
		t.Fatalf("%d files", n)
	}
}

func TestInspectSaysWhenThereIsNothing(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.csv")
	if err := os.WriteFile(empty, []byte("a,b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{empty, filepath.Join(dir, "absent.csv")} {
		if _, err := Inspect(context.Background(), f, dir); err == nil || !strings.Contains(err.Error(), filepath.Base(f)) {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestInspectSaysWhyNoRowCanBeRead(t *testing.T) {
	f := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(f, []byte("Number,State\nA1,\"open\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(context.Background(), f, filepath.Dir(f)); err == nil || !strings.Contains(err.Error(), "no row can be read, the first because of this: line 2: quote not closed") {
		t.Error(err)
	}
}

func TestTimeShapes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"2026-03-01T12:00:00.123456789Z", "iso"},
		{"2026-03-01", "iso"},
		{"29/2/2016 01:16", "{1}/{2}/%Y %H:%M"},
		{"1.3.26", "{1}.{2}.%y"},
		{"4/13/26 1:05 PM", "{1}/{2}/%y %I:%M %p"},
		{"4/13/2026, 1:05:09PM", "{1}/{2}/%Y, %I:%M:%S%p"},
		{"2026/03/01 10:00:00.5", "%Y/%m/%d %H:%M:%S.%f"},
		{"05/Apr/26 7:13 AM", "%d/%b/%y %I:%M %p"},
		{"Tue Oct  6 22:21:00 2026", "%a %b %d %H:%M:%S %Y"},
		{"01-Jan-2026 10:00", "%d-%b-%Y %H:%M"},
		{"1 January 2026", "%d %B %Y"},
		{"Jan 2, 2026 3:04 PM", "%b %d, %Y %I:%M %p"},
		{"01/02/2026 10:00 +0100", "{1}/{2}/%Y %H:%M %z"},
		{"1.2.3", ""}, {"13/13/2026", ""}, {"32/1/2026", ""}, {"2026-13-01x", ""}, {"10.10.10.10", ""}, {"01 Foo 2026", ""}, {"1/2-2026", ""},
		{"25/12/2026 25:00", ""}, {"123456", ""}, {"", ""},
	} {
		s, ok := shapeOf(c.in)
		if ok != (c.want != "") || (ok && s.pattern != c.want) {
			t.Errorf("%q: %q %v, want %q", c.in, s.pattern, ok, c.want)
		}
		if ok && c.want != "iso" {
			f := strings.NewReplacer("{1}", "%d", "{2}", "%m").Replace(s.pattern)
			if err := config.CheckDateFormat(f); err != nil {
				t.Errorf("%q: %v", f, err)
			}
		}
	}
}

func TestSnippetIsYAML(t *testing.T) {
	s := Snippet([]UnmappedValue{
		{"desk", "ticket", "priority", "P2", 3, "1"},
		{"desk", "ticket", "status", "a: b\n# x", 3, "1\n2"},
		{"desk", "ticket", "status", "-100", 1, "7"},
		{"desk", "ticket_history", "status", "yes", 1, "7"},
	})
	want := `# source desk, into its map
      priority:  # 1, 2, 3, 4, 5; ~ = missing, no change
        P2:   # 3 records, first 1
      status:  # new, in_progress, on_hold, resolved, closed, cancelled; ~ = missing, no change
        "a: b\n# x":   # 3 records, first 1 2
        "-100":   # 1 records, first 7
# source desk, into its history: values (or in its map)
      status:  # new, in_progress, on_hold, resolved, closed, cancelled; ~ = missing, no change
        "yes":   # 1 records, first 7
`
	if s != want {
		t.Errorf("got:\n%s", s)
	}
	if Snippet(nil) != "" {
		t.Error("nothing unmapped must give nothing")
	}
}

func FuzzYAMLText(f *testing.F) {
	for _, s := range []string{"", "a", "yes", "-100", "a: b", "a\nb", "\x00", "# x", "[a", "é", "\u2028", "~", "1e3", "a #b", "'", `"`, "\\", "\ufeff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := yamlText(s)
		if strings.ContainsAny(q, "\n\r") {
			t.Fatalf("%q is not one line", q)
		}
		_, err := config.Parse("x", []byte("organization: {name: x}\nsources:\n  - name: a\n    path: "+q+"\n    map:\n      status:\n        "+q+": new # c\n"))
		if err != nil && strings.Contains(err.Error(), "not valid YAML") {
			t.Fatalf("%q: %v", q, err)
		}
	})
}
