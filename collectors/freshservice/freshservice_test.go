package freshservice_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/freshservice"
	"deskproof/collectors/rest/resttest"
)

func init() { collectors.Register(freshservice.Tool.Collector()) }

// start plays Freshservice to a desk.
func start(t *testing.T) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	f, ok := resttest.FakeOf("freshservice")
	if !ok {
		t.Fatal("there is no fake")
	}
	s := f.Start(t, resttest.NewStory(resttest.StorySize))
	return s, s.Desk(t)
}

const all = "SELECT key || ' ' || status || ' ' || coalesce(CAST(resolved_at AS VARCHAR), '') || ' ' || has_history FROM ticket ORDER BY key"

// TestAnOrderThatIsNotKept: the tool lists the newest first, whatever was asked for; every ticket comes all the same, and the
// cursor does not pass over what was not read when the run breaks off.
func TestAnOrderThatIsNotKept(t *testing.T) {
	_, whole := start(t)
	whole.Collect()
	whole.Build()
	want := whole.Rows(all)
	s, d := start(t)
	s.Memory["order"] = "newest"
	d.Batch = 1
	pages := 0
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		if r.URL.Query().Get("order_by") == "updated_at" {
			if pages++; pages > 1 {
				return resttest.Refuse(500)
			}
		}
		return nil
	})
	if sum, err := d.Try(t.Context(), d.Options()); err != nil || sum.Complete() {
		t.Fatalf("%v %s", err, sum.Text())
	}
	s.Before(nil)
	d.Collect()
	d.Build()
	if got := d.Rows(all); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestWithoutWorkspaces: an account that may not list workspaces is told that it reads the primary one, and `projects` names
// others.
func TestWithoutWorkspaces(t *testing.T) {
	s, d := start(t)
	hide := func(_ int, r *http.Request) resttest.Fault {
		if strings.HasSuffix(r.URL.Path, "/workspaces") {
			return resttest.Refuse(403)
		}
		return nil
	}
	s.Before(hide)
	sum := d.Collect()
	if !strings.Contains(sum.Text(), "only the primary workspace") {
		t.Error(sum.Text())
	}
	some := len(d.Rows("SELECT DISTINCT key FROM raw_record WHERE entity = 'ticket'"))
	d.Cfg.Sources[0].Projects = []string{"2", "3"}
	d.Collect()
	if both := len(d.Rows("SELECT DISTINCT key FROM raw_record WHERE entity = 'ticket'")); some == 0 || both <= some {
		t.Errorf("%d tickets of one workspace, %d of two", some, both)
	}
}

// TestDeletedForGood: what is neither listed nor in the trash is found by a full run.
func TestDeletedForGood(t *testing.T) {
	s, d := start(t)
	s.SetNow(s.Story.Middle)
	d.Collect()
	s.SetNow(s.Story.End)
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		if r.URL.Query().Get("filter") != "" {
			return resttest.Refuse(403)
		}
		return nil
	})
	d.Later(time.Hour)
	sum := d.Collect()
	if !strings.Contains(sum.Text(), "may not list deleted tickets") {
		t.Error(sum.Text())
	}
	d.Full()
	d.Build()
	if n := len(d.Rows("SELECT key FROM ticket WHERE deleted_at IS NOT NULL")); n == 0 {
		t.Error("no deleted ticket was found")
	}
}

// TestAnAccountWithoutHistory says what is missing and keeps the rest.
func TestAnAccountWithoutHistory(t *testing.T) {
	s, d := start(t)
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		if strings.HasSuffix(r.URL.Path, "/activities") {
			return resttest.Refuse(403)
		}
		return nil
	})
	sum, err := d.Try(t.Context(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "pauses are not known") || !strings.Contains(sum.Text(), "pauses cannot be replayed") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT DISTINCT CAST(has_history AS VARCHAR) || ' ' || reopen_count FROM ticket WHERE status <> 'new'", "false 0")
}

// TestTheQuotaIsWaitedFor: nothing remains of the quota, and the header says when it is full again.
func TestTheQuotaIsWaitedFor(t *testing.T) {
	s, d := start(t)
	s.Before(func(n int, _ *http.Request) resttest.Fault {
		if n != 1 {
			return nil
		}
		return resttest.Refuse(429, "Retry-After", "55")
	})
	d.Collect()
	if d.Slept < 55*time.Second {
		t.Errorf("waited %s", d.Slept)
	}
}

// TestWhatPeopleWroteIsNotKept: neither texts nor addresses reach the warehouse.
func TestWhatPeopleWroteIsNotKept(t *testing.T) {
	_, d := start(t)
	d.Collect()
	everything := d.Everything()
	for _, word := range []string{"private words", "@example.org"} {
		if strings.Contains(everything, word) {
			t.Errorf("%q was kept", word)
		}
	}
}
