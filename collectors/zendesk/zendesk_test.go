package zendesk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/rest/resttest"
	"deskproof/collectors/zendesk"
)

func init() { collectors.Register(zendesk.Tool.Collector()) }

// start plays Zendesk to a desk.
func start(t *testing.T) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	f, ok := resttest.FakeOf("zendesk")
	if !ok {
		t.Fatal("there is no fake")
	}
	s := f.Start(t, resttest.NewStory(resttest.StorySize))
	return s, s.Desk(t)
}

// answer answers one address with a text.
func answer(s *resttest.Server, path string, status int, body string) {
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		if !strings.HasSuffix(r.URL.Path, path) {
			return nil
		}
		return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	})
}

// TestTheLastMinuteComesLater: exports leave out what changed in the last minute; the next run finds it, and never asks for a
// start in that minute.
func TestTheLastMinuteComesLater(t *testing.T) {
	s, d := start(t)
	s.Memory["minute"] = true
	s.SetNow(s.Story.Middle.Add(30 * time.Second))
	d.Collect()
	before := d.Rows("SELECT key FROM raw_record WHERE entity = 'ticket'")
	s.SetNow(s.Story.Middle.Add(2 * time.Minute))
	d.Later(2 * time.Minute)
	d.Collect()
	if after := d.Rows("SELECT DISTINCT key FROM raw_record WHERE entity = 'ticket'"); len(after) <= len(before) {
		t.Errorf("%d tickets, then %d", len(before), len(after))
	}
}

// TestTheQuotaOfExports: every eleventh request is refused with the time to wait, and the run waits it.
func TestTheQuotaOfExports(t *testing.T) {
	s, d := start(t)
	d.Collect()
	n := 0
	for _, l := range s.Log() {
		if strings.Contains(l, "/incremental/") {
			n++
		}
	}
	if least := time.Duration(n/11) * 41 * time.Second; d.Slept < least || least == 0 {
		t.Errorf("%d requests for exports, waited %s, want %s", n, d.Slept, least)
	}
}

// TestAQuotaThatIsUsedUp: the quota of one address stands in a header of its own.
func TestAQuotaThatIsUsedUp(t *testing.T) {
	s, d := start(t)
	s.Before(func(n int, _ *http.Request) resttest.Fault {
		if n != 1 {
			return nil
		}
		return func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
			w.Header().Set("Zendesk-RateLimit-Incremental-Exports", "total=10; remaining=0; resets=3000")
			next(w, r)
		}
	})
	d.Collect()
	if d.Slept < 3000*time.Second {
		t.Errorf("waited %s", d.Slept)
	}
}

// TestOnlyAdministrators: another role is told that nothing can be collected, and why.
func TestOnlyAdministrators(t *testing.T) {
	s, d := start(t)
	answer(s, "/incremental/tickets/cursor.json", 403, `{"error":"Forbidden"}`)
	sum, err := d.Try(t.Context(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "administrators only") {
		t.Errorf("%v %s", err, sum.Text())
	}
}

// TestAVisitor: wrong credentials may be answered with 200, as to a visitor.
func TestAVisitor(t *testing.T) {
	s, d := start(t)
	answer(s, "/users/me.json", 200, `{"user":{"id":null,"name":"Anonymous user","role":"end-user"}}`)
	sum, err := d.Try(t.Context(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "credentials") {
		t.Errorf("%v %s", err, sum.Text())
	}
}

// TestMergedIntoNobodyKnows: where no audit says into which ticket another one went, it counts as cancelled and is named.
func TestMergedIntoNobodyKnows(t *testing.T) {
	s, d := start(t)
	answer(s, "/audits.json", 200, `{"audits":[{"id":1,"events":[{"type":"Change","value":["closed_by_merge"]},{"type":"Comment","body":"zusammengefasst"}]}],"next_page":null}`)
	sum, err := d.Try(t.Context(), d.Options())
	if err != nil || !strings.Contains(sum.Text(), "does not say into which") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT DISTINCT status || ' ' || coalesce(merged_into, '-') FROM ticket WHERE source_status = 'closed by merge'", "cancelled -")
	s.Before(nil)
	d.Collect()
	for _, l := range s.Log() {
		if strings.Contains(l, "/audits") {
			t.Errorf("the audits were asked for again: %s", l)
		}
	}
}

// TestAnExportThatStandsStill: a full page of one second that names itself as the next one would be read for ever.
func TestAnExportThatStandsStill(t *testing.T) {
	s, d := start(t)
	event := `{"id":%d,"ticket_id":1,"timestamp":1788000000,"created_at":"2026-08-29T08:00:00Z","updater_id":11,"child_events":[]}`
	var all []string
	for i := range 5 {
		all = append(all, fmt.Sprintf(event, i+1))
	}
	answer(s, "/incremental/ticket_events.json", 200, `{"ticket_events":[`+strings.Join(all, ",")+`],"end_of_stream":false,"end_time":1788000000,"next_page":"x","count":5}`)
	sum, err := d.Try(t.Context(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "never end") {
		t.Errorf("%v %s", err, sum.Text())
	}
}

// TestWhatPeopleWroteIsNotKept: neither texts nor addresses nor places reach the warehouse.
func TestWhatPeopleWroteIsNotKept(t *testing.T) {
	_, d := start(t)
	d.Collect()
	all := d.Everything()
	for _, word := range []string{"private words", "private name", "private place", "private browser", "@example.org", "Notification"} {
		if strings.Contains(all, word) {
			t.Errorf("%q was kept", word)
		}
	}
}
