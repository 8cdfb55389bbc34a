package zammad_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
)

// start plays Zammad to a desk.
func start(t *testing.T, search string) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	f, ok := resttest.FakeOf("zammad")
	if !ok {
		t.Fatal("there is no fake")
	}
	s := f.Start(t, resttest.NewStory(resttest.StorySize))
	s.Memory["search"] = search
	return s, s.Desk(t)
}

// TestWithoutTheSearchIndex: the search finds nothing and says nothing, as without Elasticsearch; every ticket comes all the
// same, and the second run asks for the details of few.
func TestWithoutTheSearchIndex(t *testing.T) {
	_, whole := start(t, "")
	whole.Collect()
	whole.Build()
	all := `SELECT key || ' ' || status || ' ' || coalesce(CAST(resolved_at AS VARCHAR), '') || ' ' || has_history FROM ticket ORDER BY key`
	want := whole.Rows(all)
	for _, search := range []string{"database", "none"} {
		s, d := start(t, search)
		s.SetNow(s.Story.Middle)
		d.Collect()
		s.SetNow(s.Story.End)
		d.Later(time.Hour)
		d.Collect()
		d.Build()
		got := d.Rows(all)
		// What was deleted after the middle was seen here, and marked.
		deleted := d.Rows(`SELECT key || ' ' || status || ' ' || coalesce(CAST(resolved_at AS VARCHAR), '') || ' ' || has_history FROM ticket WHERE deleted_at IS NOT NULL`)
		if len(got)-len(deleted) != len(want) || len(deleted) == 0 {
			t.Errorf("search %s: %d tickets, %d of them deleted, want %d live", search, len(got), len(deleted), len(want))
		}
		for _, row := range want {
			if !strings.Contains(strings.Join(got, "\n"), row) {
				t.Errorf("search %s: %s is missing", search, row)
			}
		}
		s.Before(nil)
		d.Later(time.Hour)
		d.Collect()
		details := 0
		for _, l := range s.Log() {
			if strings.Contains(l, "/ticket_history/") {
				details++
			}
		}
		if details > 3 {
			t.Errorf("search %s: nothing changed, and the history of %d tickets was asked for again", search, details)
		}
	}
}

// TestAnAccountWithoutHistory says what is missing and keeps the rest.
func TestAnAccountWithoutHistory(t *testing.T) {
	s, d := start(t, "")
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		if strings.Contains(r.URL.Path, "/ticket_history/") {
			return resttest.Refuse(403)
		}
		return nil
	})
	sum, err := d.Try(t.Context(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "history of 22 tickets") || !strings.Contains(sum.Text(), "Pauses cannot be replayed") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT DISTINCT CAST(has_history AS VARCHAR) || ' ' || reopen_count FROM ticket WHERE status <> 'new'", "false 0")
}

// TestWhatPeopleWroteIsNotKept: neither addresses nor subjects reach the warehouse.
func TestWhatPeopleWroteIsNotKept(t *testing.T) {
	_, d := start(t, "")
	d.Collect()
	all := d.Everything()
	for _, word := range []string{"private words", "@example.org", "member_ids"} {
		if strings.Contains(all, word) {
			t.Errorf("%q was kept", word)
		}
	}
}
