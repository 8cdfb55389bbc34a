package resttest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Real starts one of the real servers in the folder that DESKPROOF_SERVERS names (full path), by its program `up`, and gives
// the variables that it prints. Without DESKPROOF_SERVERS the test is skipped; a server that does not start fails it.
func Real(t testing.TB, name string) map[string]string {
	t.Helper()
	dir := os.Getenv("DESKPROOF_SERVERS")
	if dir == "" {
		t.Skipf("this test asks a real %s: as root, DESKPROOF_SERVERS=$(realpath ../shared/servers) go test ./collectors/%s", name, name)
	}
	up := filepath.Join(dir, "up")
	out, err := exec.Command(up, name).Output()
	if err != nil {
		said := ""
		var e *exec.ExitError
		if errors.As(err, &e) {
			said = string(e.Stderr)
		}
		t.Fatalf("the real %s does not start: %s: %v\n%s", name, up, err, said)
	}
	vars := map[string]string{}
	for line := range strings.SplitSeq(string(out), "\n") {
		if k, v, ok := strings.Cut(line, "="); ok {
			vars[k] = strings.ReplaceAll(strings.Trim(v, "'"), `'\''`, "'")
		}
	}
	if len(vars) == 0 {
		t.Fatalf("%s %s tells no variables: %s", up, name, out)
	}
	return vars
}
