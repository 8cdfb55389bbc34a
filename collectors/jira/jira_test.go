package jira_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
	"deskproof/model/config"
)

// start plays a Jira with a story; memory is what the fake is told of rights and faults.
func start(t *testing.T, f resttest.Fake, memory map[string]any) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	s := f.Start(t, resttest.NewStory(resttest.StorySize))
	for k, v := range memory {
		s.Memory[k] = v
	}
	return s, s.Desk(t)
}

func editions(t *testing.T, run func(t *testing.T, f resttest.Fake)) {
	t.Run("cloud", func(t *testing.T) { run(t, resttest.JiraCloud) })
	t.Run("data center", func(t *testing.T) { run(t, resttest.JiraDataCenter) })
}

func probe(t *testing.T, d *resttest.Desk) string {
	t.Helper()
	c, err := collectors.Lookup("jira")
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Probe(context.Background(), d.Cfg, &d.Cfg.Sources[0])
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDataCenterConforms plays the other edition; Cloud is the one that all types are held against.
func TestDataCenterConforms(t *testing.T) {
	resttest.AddFake(resttest.JiraDataCenter)
	defer resttest.AddFake(resttest.JiraCloud)
	resttest.Conform(t, "jira")
}

// TestServiceManagement: SLA cycles, satisfaction, organizations and work come along, and nothing that anybody wrote.
func TestServiceManagement(t *testing.T) {
	editions(t, func(t *testing.T, f resttest.Fake) {
		_, d := start(t, f, nil)
		d.Collect()
		d.Build()
		d.Want("SELECT CAST(count(*) AS VARCHAR) FROM survey_response r JOIN ticket t USING (ticket_id) WHERE t.status = 'closed' AND scale_max = 5", d.Rows("SELECT CAST(count(*) AS VARCHAR) FROM ticket WHERE status = 'closed'")...)
		// The fake's verdict is right where its clock has stopped; a running cycle has none.
		d.Want(`SELECT DISTINCT CASE WHEN t.resolved_at IS NULL THEN 'open ' || coalesce(CAST(n.breached AS VARCHAR), 'no verdict') || coalesce(CAST(elapsed_seconds AS VARCHAR), '')
				ELSE 'stopped ' || ((n.elapsed_seconds > n.goal_seconds) = n.breached AND n.elapsed_seconds = date_diff('second', opened_at, resolved_at)) END AS what
			FROM native_sla n JOIN ticket t USING (ticket_id) WHERE clock = 'resolution' AND goal_seconds = 28800 AND n.due_at = opened_at + INTERVAL 8 HOURS ORDER BY what`, "open no verdict", "stopped true")
		d.Want("SELECT DISTINCT customer_id || ' ' || CAST(impact AS VARCHAR) FROM ticket", "desk:7 3")
		d.Want("SELECT customer_id || ' ' || name FROM customer", "desk:7 Example Ltd")
		d.Want("SELECT DISTINCT CAST(spent_seconds AS VARCHAR) FROM work_log", "600")
		for _, word := range []string{"private words", "words ", "description"} {
			if n := d.Rows("SELECT key FROM raw_record WHERE entity = 'issue' AND contains(payload, ?)", word); len(n) > 0 {
				t.Errorf("%q stands in the records %v", word, n)
			}
		}
	})
}

// TestOtherWays: what a site refuses or leaves out is fetched in another way, with the same result.
func TestOtherWays(t *testing.T) {
	editions(t, func(t *testing.T, f resttest.Fake) {
		rows := func(memory map[string]any) string {
			_, d := start(t, f, memory)
			d.Collect()
			d.Build()
			return strings.Join(append(d.Rows("SELECT CAST(to_json(t) AS VARCHAR) FROM ticket_event t ORDER BY ticket_id, sequence"), append(
				d.Rows("SELECT CAST(to_json(t) AS VARCHAR) FROM communication t ORDER BY communication_id"),
				d.Rows("SELECT CAST(to_json(t) AS VARCHAR) FROM native_sla t ORDER BY ticket_id")...)...), "\n")
		}
		want := rows(nil)
		for _, memory := range []map[string]any{{"nobulk": true}, {"noSLAFields": true}, {"unmarked": true}} {
			if got := rows(memory); got != want {
				t.Errorf("%v gives another result", memory)
			}
		}
	})
}

// TestNoHistory: issues whose history cannot be read are named, and count as without.
func TestNoHistory(t *testing.T) {
	_, d := start(t, resttest.JiraCloud, map[string]any{"nobulk": true, "noplain": true})
	if text := probe(t, d); !strings.Contains(text, "no clock can be replayed") {
		t.Error(text)
	}
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "the history of issue SD-1 could not be read") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket WHERE has_history AND status <> 'new'", "0")
}

// TestLag: the search is behind by some minutes, less than the overlap: the next run reads what this one could not see.
func TestLag(t *testing.T) {
	s, d := start(t, resttest.JiraCloud, nil)
	last := s.Story.Tickets[len(s.Story.Tickets)-1].Updated
	s.SetNow(last.Add(time.Minute))
	s.Memory["lag"] = 5 * time.Minute
	d.Collect()
	s.Memory["lag"] = time.Duration(0)
	d.Later(time.Minute)
	d.Collect()
	d.Build()
	for _, k := range s.Tickets() {
		d.Want("SELECT strftime(updated_at, '%Y-%m-%dT%H:%M:%SZ') FROM ticket WHERE title = '"+strings.ReplaceAll(k.Title, "'", "''")+"'", k.Updated.UTC().Format("2006-01-02T15:04:05Z"))
	}
}

// TestLostProject: the account no longer sees a project. Nothing is marked as deleted, and the run says so.
func TestLostProject(t *testing.T) {
	editions(t, func(t *testing.T, f resttest.Fake) {
		s, d := start(t, f, nil)
		d.Collect()
		s.Memory["hidden"] = "NET"
		d.Later(time.Hour)
		sum, err := d.Try(context.Background(), d.Options())
		if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "no longer sees them or their projects") {
			t.Errorf("%v %s", err, sum.Text())
		}
		d.Build()
		d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket WHERE deleted_at IS NOT NULL", "0")
	})
}

// TestOneMinute: a bulk change gives more issues one minute than a page holds.
func TestOneMinute(t *testing.T) {
	editions(t, func(t *testing.T, f resttest.Fake) {
		s, d := start(t, f, nil)
		at := s.Story.End.Add(-24 * time.Hour).Truncate(time.Minute)
		n := 0
		for i := range s.Story.Tickets {
			k := &s.Story.Tickets[i]
			if k.Gone() {
				continue
			}
			n++
			if i >= 2 && i < 20 {
				k.Messages = append(k.Messages, resttest.Message{ID: 5000 + i, At: at.Add(time.Duration(i%3) * time.Second), Who: "ana"})
			}
		}
		sum := d.Collect()
		for _, c := range sum.Sources[0].Counts {
			if c.Entity == "issue" && c.Stored != int64(n) {
				t.Errorf("%d issues, want %d", c.Stored, n)
			}
		}
		for _, again := range []collectors.Summary{d.Collect(), d.Full()} {
			for _, c := range again.Sources[0].Counts {
				if c.Stored+c.Deleted > 0 {
					t.Error(again.Text())
				}
			}
		}
	})
}

// TestClockChange: around the hour that the account's clock shows twice, every change is seen, from whichever of the two the
// cursor comes.
func TestClockChange(t *testing.T) {
	editions(t, func(t *testing.T, f resttest.Fake) {
		s, d := start(t, f, nil)
		// New York sets its clocks back at 2026-11-01 06:00 UTC: 01:00 to 02:00 comes twice, from 05:00 and from 06:00 UTC.
		begin := time.Date(2026, 11, 1, 4, 30, 0, 0, time.UTC)
		s.Story.Tickets = s.Story.Tickets[:20]
		for i := range s.Story.Tickets {
			k := &s.Story.Tickets[i]
			*k = resttest.Ticket{ID: k.ID, Kind: k.Kind, Title: k.Title, Status: "new", Priority: 3, Team: resttest.Teams[0], Requester: "req1", Created: begin.Add(time.Duration(i) * 8 * time.Minute)}
			k.Updated = k.Created
		}
		for at := begin; at.Before(begin.Add(3 * time.Hour)); at = at.Add(13 * time.Minute) {
			s.SetNow(at)
			d.Later(13 * time.Minute)
			d.Collect()
			d.Want("SELECT CAST(count(DISTINCT key) AS VARCHAR) FROM raw_record WHERE entity = 'issue' AND NOT deleted", fmt.Sprint(len(s.Tickets())))
		}
		d.Build()
		d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket", fmt.Sprint(len(s.Tickets())))
	})
}

// TestTokenComesAgain: a token that leads back is an error, not a loop.
func TestTokenComesAgain(t *testing.T) {
	s, d := start(t, resttest.JiraCloud, nil)
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		if r.URL.Path != "/rest/api/3/search/jql" {
			return nil
		}
		return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			resttest.JSON(w, map[string]any{"issues": []any{}, "nextPageToken": "round"})
		}
	})
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "would never end") {
		t.Errorf("%v %s", err, sum.Text())
	}
}

// TestIssuesAsARegister: issues are the entries of a register where the source says so, and no tickets.
func TestIssuesAsARegister(t *testing.T) {
	_, d := start(t, resttest.JiraCloud, nil)
	d.Collect()
	d.Build()
	want := d.Rows("SELECT key || ' ' || title || ' ' || coalesce(requester, '') || ' ' || CAST(impact AS VARCHAR) FROM ticket WHERE status = 'closed' ORDER BY key")
	words := d.Rows("SELECT DISTINCT source_status FROM ticket WHERE status = 'closed' ORDER BY ALL")
	all := d.Rows("SELECT CAST(count(*) AS VARCHAR) FROM ticket")
	if len(want) == 0 {
		t.Fatal("the story has no closed issue")
	}
	src := &d.Cfg.Sources[0]
	src.Entity, src.Where = "risk", "status IN ('"+strings.Join(words, "', '")+"')"
	src.Map = config.Mapping{Values: map[string]map[string]string{"status": {}, "impact": {"Moderate / Limited": "3"}}, Fields: map[string]config.FieldMap{
		"owner": {Column: "requester"}, "impact": {Column: "custom.Impact"}, "identified_on": {Column: "opened_at"}}}
	for _, w := range words {
		src.Map.Values["status"][w] = "closed"
	}
	c, err := collectors.Lookup("jira")
	if err == nil {
		err = c.Check(d.Cfg, src)
	}
	if err != nil {
		t.Fatal(err)
	}
	res := d.Build()
	d.Want("SELECT substr(risk_id, 6) || ' ' || title || ' ' || coalesce(owner, '') || ' ' || CAST(impact AS VARCHAR) FROM risk WHERE status = 'closed' AND identified_on IS NOT NULL ORDER BY risk_id", want...)
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket", "0")
	if e := res.Entities[0]; len(res.Entities) != 1 || fmt.Sprint(e.Raw) != all[0] || e.Modelled != int64(len(want)) || e.Rejected != 0 || len(res.Unmapped) > 0 {
		t.Errorf("%+v of %v, unmapped %+v", res.Entities, all, res.Unmapped)
	}
	src.Entity = "ticket_link"
	if err := c.Check(d.Cfg, src); err == nil || !strings.Contains(err.Error(), "nothing that tickets can be") {
		t.Errorf("%v", err)
	}
}
