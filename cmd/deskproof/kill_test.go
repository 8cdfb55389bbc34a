package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskproof/collectors/rest/resttest"
	"deskproof/model"
)

// collected is everything that a warehouse holds of what tools said, a line a version of a record.
const collected = "SELECT concat_ws(' ', source, entity, key, version, deleted, sha256, payload) FROM raw_record ORDER BY source, entity, key, version"

// TestCollectIsKilledAtRandom kills `deskproof collect` without warning, at whatever moment that is: in the start, while it
// asks, while it writes, checkpoints, or publishes. The next collect needs no help, and in the end the warehouse holds what
// one holds whose collect was never killed. DESKPROOF_SEED repeats the moments; DESKPROOF_THOROUGH=1 kills more often.
func TestCollectIsKilledAtRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano() % 1_000_000)
	if v := os.Getenv("DESKPROOF_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatalf("DESKPROOF_SEED: %v", err)
		}
	}
	kills, tickets := 2, 60
	if os.Getenv("DESKPROOF_THOROUGH") == "1" {
		kills, tickets = 15, 250
	}
	t.Logf("DESKPROOF_SEED=%d", seed)
	for i, typ := range []string{"redmine", "servicenow", "zammad"} {
		t.Run(typ, func(t *testing.T) {
			fake, ok := resttest.FakeOf(typ)
			if !ok {
				t.Fatalf("there is no fake of %s", typ)
			}
			s := fake.Start(t, resttest.NewStory(tickets))
			began := time.Now()
			quiet := s.Desk(t)
			killedAfter(t, quiet.Dir, 0)
			whole := time.Since(began)
			want := holds(t, quiet.Dir)
			if len(want) < tickets {
				t.Fatalf("%d records of %d tickets", len(want), tickets)
			}

			d := s.Desk(t)
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for range kills {
				after := time.Duration(1 + random.Int64N(int64(whole)))
				t.Logf("after %s: %s", after.Round(time.Millisecond), killedAfter(t, d.Dir, after))
			}
			killedAfter(t, d.Dir, 0)
			got := holds(t, d.Dir)
			for n := range min(len(got), len(want)) {
				if a, b := strings.ReplaceAll(got[n], "\n", " "), strings.ReplaceAll(want[n], "\n", " "); a != b {
					t.Fatalf("record %d is\n%s\nwant\n%s", n+1, a, b)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d records, want %d", len(got), len(want))
			}
		})
	}
}

// killedAfter collects in a folder and kills the process after a while; 0 = never, and then the run must be complete. It
// tells whether the process was killed or came to its end before.
func killedAfter(t *testing.T, dir string, after time.Duration) string {
	t.Helper()
	c := exec.Command("deskproof", "collect", "--config", filepath.Join(dir, "deskproof.yaml"))
	c.Dir = dir
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	limit := after
	if after == 0 {
		limit = 2 * time.Minute // so that nothing hangs
	}
	timer := time.AfterFunc(limit, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	err := c.Wait()
	var left *exec.ExitError
	switch {
	case err == nil:
		return "it was done before"
	case after > 0 && errors.As(err, &left) && left.ExitCode() == -1: // by a signal
		return "killed"
	}
	t.Fatalf("%v\n%s", err, out.String())
	return ""
}

// holds are the lines of collected in the warehouse of a folder, as readers see it.
func holds(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.duckdb"))
	if err != nil || len(found) != 1 {
		t.Fatalf("warehouses: %v, %v", found, err)
	}
	db, err := model.OpenSnapshot(context.Background(), found[0])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := model.Select[string](context.Background(), db, collected)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
