package file

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"deskproof/model/config"
)

// TestWhatStandsBehindAPath: only an ordinary file below the folder of the configuration counts as found.
func TestWhatStandsBehindAPath(t *testing.T) {
	const hello = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" // of "hello\n"
	dir := t.TempDir()
	for name, text := range map[string]string{"secret.txt": "no\n", "desk/top.txt": "hello\n", "desk/registers/docs/a.txt": "hello\n", "desk/registers/docs/empty": ""} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	docs := filepath.Join(dir, "desk", "registers", "docs")
	links := runtime.GOOS != "windows"
	if links {
		for name, to := range map[string]string{"within": "a.txt", "out": "../../../secret.txt", "far": filepath.Join(dir, "secret.txt"), "nowhere": "gone", "ring": "ring"} {
			if err := os.Symlink(to, filepath.Join(docs, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	cfg := &config.Config{Dir: filepath.Join(dir, "desk"), File: "deskproof.yaml"}
	d := documentsOf(cfg, &config.Source{Entity: "document", Path: "registers/document.csv"})
	defer d.close()
	for _, c := range []struct {
		path, want string // hash, or the beginning of the problem
		link       bool
	}{
		{"docs/a.txt", hello, false}, {`docs\a.txt`, hello, false}, {"../top.txt", hello, false}, {"docs/./x/../a.txt", hello, false},
		{"docs/empty", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false},
		{"docs/within", hello, true}, {"docs/out", "outside: a link", true}, {"docs/far", "outside: a link", true}, {"docs/nowhere", "missing", true}, {"docs/ring", "not readable", true},
		{"docs/gone.pdf", "missing", false}, {"docs", "a folder", false}, {"docs/a.txt/b", "not readable", false},
		{"../../secret.txt", "outside: the path leaves", false}, {"..", "a folder", false}, {filepath.Join(dir, "secret.txt"), "outside: the path starts", false},
		{`C:\secret.txt`, "outside: the path starts", false}, {`\\server\share\a.txt`, "outside: the path starts", false}, {"docs/a\x00b", "not readable", false},
	} {
		if c.link && !links {
			continue
		}
		f, err := d.look(context.Background(), c.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.problem + f.sha256; !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %q, want %q", c.path, got, c.want)
		}
		if (f.problem == "") != (f.sha256 != "") {
			t.Errorf("%q: %+v", c.path, f)
		}
	}
	if f, _ := d.look(context.Background(), "docs/a.txt"); f.size != 6 {
		t.Errorf("size %d", f.size)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d.found = map[string]documentFile{}
	if _, err := d.look(ctx, "docs/a.txt"); err == nil {
		t.Error("an interruption is not told")
	}

	// A file that is larger than what is hashed is not read at all.
	big := filepath.Join(docs, "big.iso")
	if err := os.WriteFile(big, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, maxDocument+1); err == nil {
		if f, _ := d.look(context.Background(), "docs/big.iso"); !strings.HasPrefix(f.problem, "too large") {
			t.Errorf("%+v", f)
		}
	}
}

// TestAddresses tells what is looked up from what is an address.
func TestAddresses(t *testing.T) {
	for text, want := range map[string]bool{"https://wiki/x": true, "HTTP://x": true, "sharepoint+https://x": true, "mailto:a@b": true, "docs/a.pdf": false,
		`C:\a.pdf`: false, "c:/a.pdf": false, "a: b.pdf": false, "docs/http://x": false} {
		if got := address.MatchString(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
