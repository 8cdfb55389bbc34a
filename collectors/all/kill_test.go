package all_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/rest/resttest"
	"deskproof/model"
	"deskproof/model/config"
)

// collectInto collects into a warehouse in a file, as a process of its own may be killed doing.
func collectInto(dir string) error {
	ctx := context.Background()
	cfg, err := config.Load(filepath.Join(dir, "deskproof.yaml"))
	if err != nil {
		return err
	}
	w, err := model.OpenWarehouse(ctx, filepath.Join(dir, "w.duckdb"), "test", time.Now())
	if err != nil {
		return err
	}
	if _, err := collectors.Run(ctx, w.DB, cfg, nil, collectors.Options{Now: time.Now, Version: "test", Batch: 3}); err != nil {
		return err
	}
	if err := w.Acknowledge(ctx); err != nil {
		return err
	}
	return w.Close()
}

// TestCollectingProcess is the process that TestAProcessThatIsKilledLosesNothing kills.
func TestCollectingProcess(t *testing.T) {
	dir := os.Getenv("DESK_KILLED")
	if dir == "" {
		t.Skip("this is a part of TestAProcessThatIsKilledLosesNothing")
	}
	if err := collectInto(dir); err != nil {
		t.Fatal(err)
	}
}

// TestAProcessThatIsKilledLosesNothing kills collecting processes without warning at one request after another. The
// warehouse opens each time, and at the end holds every record once.
func TestAProcessThatIsKilledLosesNothing(t *testing.T) {
	fake, _ := resttest.FakeOf("redmine")
	s := fake.Start(t, resttest.NewStory(resttest.StorySize))
	d := s.Desk(t)
	d.Collect()
	const all = "SELECT concat_ws(' ', entity, key, version, deleted, payload) FROM raw_record ORDER BY entity, key, version"
	want := strings.Join(d.Rows(all), "\n")
	kills := 0
	for at := 4; ; at += 7 {
		c := exec.Command(os.Args[0], "-test.run=^TestCollectingProcess$", "-test.timeout=1m")
		c.Env = append(os.Environ(), "DESK_KILLED="+d.Dir)
		s.Before(func(n int, _ *http.Request) resttest.Fault {
			if n != at {
				return nil
			}
			return resttest.Gone(func() { _ = c.Process.Kill() })
		})
		out, err := c.CombinedOutput()
		if err == nil {
			break
		}
		if !strings.Contains(err.Error(), "killed") {
			t.Fatalf("request %d: %v\n%s", at, err, out)
		}
		if kills++; kills > 40 {
			t.Fatal("it never comes to its end")
		}
	}
	if kills < 3 {
		t.Errorf("only %d processes were killed", kills)
	}
	ctx := context.Background()
	w, err := model.OpenWarehouse(ctx, filepath.Join(d.Dir, "w.duckdb"), "test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	rows, err := model.Select[string](ctx, w.DB, all)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows, "\n"); got != want {
		t.Errorf("%d rows, want %d", len(rows), strings.Count(want, "\n")+1)
	}
	open, err := model.One[int64](ctx, w.DB, "SELECT count(*) FROM collection_run WHERE ended_at IS NULL AND status <> 'incomplete'")
	if err != nil || open > 0 {
		t.Errorf("%d runs that were killed are booked as if they were not, %v", open, err)
	}
}
