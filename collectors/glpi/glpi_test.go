package glpi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
)

func start(t *testing.T) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	f, ok := resttest.FakeOf("glpi")
	if !ok {
		t.Fatal("there is no fake")
	}
	s := f.Start(t, resttest.NewStory(resttest.StorySize))
	return s, s.Desk(t)
}

// TestWithoutTheRightToReadLogs says what is missing, and shows no history that is none.
func TestWithoutTheRightToReadLogs(t *testing.T) {
	s, d := start(t)
	s.Memory["no logs"] = true
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "pauses cannot be replayed") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT DISTINCT CAST(has_history AS VARCHAR) FROM ticket WHERE status <> 'new'", "false")
}

// TestTheWrongZoneIsTold: GLPI's clock, read in the configured zone, is compared with the time of its answers.
func TestTheWrongZoneIsTold(t *testing.T) {
	s, _ := start(t)
	for zone, want := range map[string]bool{"UTC": false, "Europe/Paris": true} {
		d := resttest.NewDesk(t, "- name: desk\n  type: glpi\n  url: "+s.URL+"\n  token: env:DESK_TOKEN\n  time_zone: "+zone)
		c, err := collectors.Lookup("glpi")
		if err != nil {
			t.Fatal(err)
		}
		text, err := c.Probe(context.Background(), d.Cfg, &d.Cfg.Sources[0])
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "set time_zone") != want {
			t.Errorf("%s:\n%s", zone, text)
		}
	}
}

// TestALongPauseBetweenRuns: where the days since the last run are many, whole months are read.
func TestALongPauseBetweenRuns(t *testing.T) {
	s, d := start(t)
	s.SetNow(s.Story.Tickets[7].Created)
	d.Collect()
	s.SetNow(s.Story.End.AddDate(0, 5, 0))
	d.Later(24 * time.Hour)
	s.Before(nil)
	d.Collect()
	d.Build()
	days := 0
	for _, l := range s.Log() {
		if strings.Contains(l, "/ITILFollowup?") && strings.Contains(l, "searchText") {
			days++
		}
	}
	if days == 0 || days > 12 {
		t.Errorf("%d requests for the followups of five months", days)
	}
	// Two more were merged into others, and in the bin before anybody saw them.
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket WHERE deleted_at IS NULL", "20")
}

// TestTheBinAndBack: a ticket in the bin is deleted, and taken out of it is there again.
func TestTheBinAndBack(t *testing.T) {
	s, d := start(t)
	d.Collect()
	d.Build()
	before := d.Rows("SELECT count(*) || '' FROM ticket WHERE deleted_at IS NULL")
	for i := range s.Story.Tickets {
		if k := &s.Story.Tickets[i]; k.ID == 7 {
			k.DeletedAt = s.Story.End.Add(-time.Minute)
		}
	}
	d.Later(time.Hour)
	d.Collect()
	d.Build()
	d.Want("SELECT key FROM ticket WHERE deleted_at IS NOT NULL", "7")
	s.Story.Tickets[6].DeletedAt = time.Time{}
	d.Later(time.Hour)
	d.Collect()
	d.Build()
	d.Want("SELECT count(*) || '' FROM ticket WHERE deleted_at IS NULL", before...)
}

// TestWhatPeopleWroteIsNotKept: neither texts nor sessions reach the warehouse.
func TestWhatPeopleWroteIsNotKept(t *testing.T) {
	s, d := start(t)
	d.Collect()
	all := d.Everything()
	for _, word := range []string{"private words", "secret-session"} {
		if strings.Contains(all, word) {
			t.Errorf("%q was kept", word)
		}
	}
	last := s.Log()[len(s.Log())-1]
	if !strings.HasPrefix(last, http.MethodGet) || !strings.Contains(last, "killSession") {
		t.Errorf("the session was not ended: %s", last)
	}
}
