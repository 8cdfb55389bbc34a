package templates

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// Every vendored file is listed with its hash, and every listed file is there.
func TestVendorHashes(t *testing.T) {
	listed := map[string]string{}
	line := regexp.MustCompile(`(?m)^\| (\S+) \| ([0-9a-f]{64}) \|$`)
	for _, m := range line.FindAllStringSubmatch(string(Bytes("vendor/README.md")), -1) {
		listed[m[1]] = m[2]
	}
	if len(listed) == 0 {
		t.Fatal("vendor/README.md lists no file")
	}
	err := fs.WalkDir(Files(), "vendor", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "vendor/README.md" {
			return err
		}
		name := strings.TrimPrefix(path, "vendor/")
		sum := sha256.Sum256(Bytes(path))
		if got := hex.EncodeToString(sum[:]); listed[name] != got {
			t.Errorf("%s has SHA-256 %s, the list says %q", name, got, listed[name])
		}
		delete(listed, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range listed {
		t.Errorf("%s is listed but not there", name)
	}
}

func TestNamedAssetsExist(t *testing.T) {
	for _, name := range []string{ECharts, Regular, Semibold, RegularWOFF2, SemiboldWOFF2, Fallback, ReportPage, ReportStyle, ReportScript} {
		if len(Bytes(name)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}
