package github_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
)

// TestAnEmptyQuotaIsWaitedFor: GitHub refuses with 403 when nothing remains, and says when it begins anew.
func TestAnEmptyQuotaIsWaitedFor(t *testing.T) {
	f, _ := resttest.FakeOf("github")
	s := f.Start(t, resttest.NewStory(6))
	d := s.Desk(t)
	s.Before(func(n int, _ *http.Request) resttest.Fault {
		if n != 4 {
			return nil
		}
		return resttest.Refuse(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(time.Now().Add(20*time.Minute).Unix()))
	})
	d.Collect()
	if d.Slept < 15*time.Minute || d.Slept > 25*time.Minute {
		t.Errorf("it waited %s", d.Slept)
	}
	d.Build()
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket WHERE deleted_at IS NULL", "5")
}

// TestATransferredIssueIsMerged: the old address answers from the new repository.
func TestATransferredIssueIsMerged(t *testing.T) {
	f, _ := resttest.FakeOf("github")
	s := f.Start(t, resttest.NewStory(6))
	d := s.Desk(t)
	d.Collect()
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		switch {
		case r.URL.Path == "/repos/example/desk/issues":
			return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) { resttest.JSON(w, []any{}) }
		case r.URL.Path == "/repos/example/desk/issues/3":
			return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
				http.Redirect(w, r, "/repositories/9/issues/77", http.StatusMovedPermanently)
			}
		case r.URL.Path == "/repositories/9/issues/77":
			return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
				resttest.JSON(w, map[string]any{"number": 77, "repository_url": s.URL + "/repos/example/other"})
			}
		case strings.HasPrefix(r.URL.Path, "/repos/example/desk/issues/"):
			return resttest.Refuse(http.StatusGone)
		}
		return nil
	})
	d.Later(time.Hour)
	d.Collect()
	d.Build()
	d.Want("SELECT merged_into FROM ticket WHERE merged_into IS NOT NULL", "desk:example/other#77")
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket WHERE deleted_at IS NOT NULL", "4")
}
