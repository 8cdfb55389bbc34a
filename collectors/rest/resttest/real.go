package resttest

import (
	"bufio"
	"encoding/json"
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

// ExpectedTicket is one line of what a real server was made to hold. A product leaves out what it does not know.
type ExpectedTicket struct {
	ID                          int64
	Number, State               string
	Subject, Type, Status, Team string
	Priority, Impact, Service   string
	Owner, Requester            string
	Created                     string
	Resolved, Due               *string
	FirstReply                  *string `json:"first_reply"`
	AgentReplies                int     `json:"agent_replies"`
	RequesterReplies            int     `json:"requester_replies"`
	Comments, Links             int
	Reopened, Transitions       int
	OwnerChanges                int   `json:"owner_changes"`
	TeamChanges                 int   `json:"team_changes"`
	PriorityChanges             int   `json:"priority_changes"`
	ServiceChanges              int   `json:"service_changes"`
	MergedInto                  int64 `json:"merged_into"`
	Sites                       []string
}

// ExpectedTickets reads the lines of an expected-tickets.jsonl.
func ExpectedTickets(t testing.TB, path string) []ExpectedTicket {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []ExpectedTicket
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e ExpectedTicket
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	if err := lines.Err(); err != nil || len(out) == 0 {
		t.Fatalf("%s: %d tickets, %v", path, len(out), err)
	}
	return out
}

// OrDash is the text, or a dash where there is none.
func OrDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
