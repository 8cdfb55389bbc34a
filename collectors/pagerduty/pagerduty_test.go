package pagerduty_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/pagerduty"
	"deskproof/collectors/rest/resttest"
)

func init() { collectors.Register(pagerduty.Tool.Collector()) }

// start plays PagerDuty to a desk.
func start(t *testing.T) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	f, ok := resttest.FakeOf("pagerduty")
	if !ok {
		t.Fatal("there is no fake")
	}
	s := f.Start(t, resttest.NewStory(resttest.StorySize))
	return s, s.Desk(t)
}

// expected are the incidents of the story in the three statuses that PagerDuty has.
func expected(s *resttest.Server) []string {
	word := map[string]string{"new": "new", "in_progress": "in_progress", "on_hold": "in_progress", "resolved": "resolved", "closed": "resolved"}
	stamp := func(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }
	var out []string
	for _, k := range s.Tickets() {
		status, ack, steps := "new", "-", []string{}
		for _, c := range k.Changes {
			if to := word[c.To]; c.Field == "status" && to != status {
				if to == "in_progress" && ack == "-" {
					ack = stamp(c.At)
				}
				if status == "resolved" { // it is opened again, then acknowledged
					steps = append(steps, "new "+stamp(c.At))
				}
				status = to
				steps = append(steps, to+" "+stamp(c.At))
			}
		}
		into := "-"
		if k.MergedInto > 0 {
			if into = fmt.Sprintf("desk:%d", 1000+k.MergedInto); status != "resolved" {
				steps = append(steps, "cancelled "+stamp(k.MergedAt))
			} else if len(steps) > 0 {
				steps[len(steps)-1] = strings.Replace(steps[len(steps)-1], "resolved", "cancelled", 1)
			}
			status = "cancelled"
		}
		assignee := k.Assignee
		if assignee == "" {
			assignee = "-"
		}
		out = append(out, strings.Join([]string{fmt.Sprint(1000 + k.ID), status, fmt.Sprint(k.Priority), assignee, ack, into, strings.Join(steps, ", "), fmt.Sprint(len(k.Messages))}, " | "))
	}
	return out
}

const actual = `SELECT concat_ws(' | ', key, status, priority, coalesce(assignee, '-'), coalesce(strftime(acknowledged_at, '%Y-%m-%dT%H:%M:%SZ'), '-'), coalesce(merged_into, '-'),
	(SELECT coalesce(string_agg(CASE WHEN to_value = 'resolved' AND merged_into IS NOT NULL THEN 'cancelled' ELSE to_value END || ' ' || strftime(occurred_at, '%Y-%m-%dT%H:%M:%SZ'), ', ' ORDER BY sequence), '')
		FROM ticket_event e WHERE e.ticket_id = t.ticket_id AND field = 'status' AND from_value IS NOT NULL),
	(SELECT count(*) FROM communication c WHERE c.ticket_id = t.ticket_id)) FROM ticket t ORDER BY CAST(key AS INTEGER)`

// TestTheStoryInThreeStatuses: acknowledgements, reopenings, assignments that are emptied, merges and notes come out whole, at once
// and in two runs.
func TestTheStoryInThreeStatuses(t *testing.T) {
	s, d := start(t)
	for _, at := range []time.Time{s.Story.Middle, s.Story.End} {
		s.SetNow(at)
		d.Later(time.Hour)
		d.Collect()
		d.Build()
		want, got := expected(s), d.Rows(actual)
		for i := range max(len(want), len(got)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("row %d of %d, want %d\ngot  %s\nwant %s", i, len(got), len(want), slices.Concat(got, []string{"-"})[min(i, len(got))], slices.Concat(want, []string{"-"})[min(i, len(want))])
			}
		}
	}
}

// TestPriorities: the log tells what the priority was before and after each change.
func TestPriorities(t *testing.T) {
	s, d := start(t)
	s.SetNow(s.Story.End)
	d.Collect()
	d.Build()
	var want []string
	for _, k := range s.Tickets() {
		for _, c := range k.Changes {
			if c.Field == "priority" {
				want = append(want, strings.Join([]string{fmt.Sprint(1000 + k.ID), c.From, c.To, c.At.UTC().Format("2006-01-02T15:04:05Z")}, " | "))
			}
		}
	}
	got := d.Rows(`SELECT concat_ws(' | ', key, from_value, to_value, strftime(occurred_at, '%Y-%m-%dT%H:%M:%SZ')) FROM ticket_event e JOIN ticket t USING (ticket_id)
		WHERE field = 'priority' AND from_value IS NOT NULL ORDER BY CAST(key AS INTEGER), sequence`)
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestWindows: no window is longer than the tool allows, every moment is asked for in UTC, and a window that holds more than a list
// gives is halved until it does not.
func TestWindows(t *testing.T) {
	s, d := start(t)
	s.Memory["crowded"] = 30 * time.Hour
	d.Collect()
	d.Build()
	want, got := expected(s), d.Rows(actual)
	if strings.Join(want, "\n") != strings.Join(got, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	halved := 0
	for _, l := range s.Log() {
		u, err := url.Parse(strings.TrimPrefix(l, "GET "))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if q.Get("since") == "" {
			continue
		}
		if q.Get("time_zone") != "UTC" {
			t.Errorf("not in UTC: %s", l)
		}
		from, err1 := time.Parse(time.RFC3339, q.Get("since"))
		to, err2 := time.Parse(time.RFC3339, q.Get("until"))
		if err1 != nil || err2 != nil || to.Sub(from) > 31*24*time.Hour {
			t.Errorf("%v %v %s", err1, err2, l)
		}
		if to.Sub(from) <= 30*time.Hour {
			halved++
		}
	}
	if halved < 4 {
		t.Errorf("%d halved windows", halved)
	}
}

// TestADailyRunIsShort: the second run asks for the log since the newest entry, and one by one for what changed only.
func TestADailyRunIsShort(t *testing.T) {
	s, d := start(t)
	d.Collect()
	s.Before(nil)
	d.Later(24 * time.Hour)
	d.Collect()
	for _, l := range s.Log() {
		u, _ := url.Parse(strings.TrimPrefix(l, "GET "))
		if from, err := time.Parse(time.RFC3339, u.Query().Get("since")); err == nil && from.Before(s.Story.Middle) && u.Query().Get("limit") != "1" {
			t.Errorf("read from the beginning again: %s", l)
		}
	}
}

// TestTeams: `projects` names teams; incidents of others are not kept, although the log tells of them.
func TestTeams(t *testing.T) {
	_, d := start(t)
	d.Cfg.Sources[0].Projects = []string{"PT1"}
	d.Collect()
	d.Build()
	d.Want("SELECT DISTINCT team FROM ticket", resttest.Teams[1])
}

// TestWhatPeopleWroteIsNotKept: neither texts of alerts and notes nor addresses reach the warehouse.
func TestWhatPeopleWroteIsNotKept(t *testing.T) {
	_, d := start(t)
	d.Collect()
	all := d.Everything()
	for _, word := range []string{"private words", "@example.org", "notify_log_entry"} {
		if strings.Contains(all, word) {
			t.Errorf("%q was kept", word)
		}
	}
}
