package znuny_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
)

// realDesk is a desk before a real Znuny, asked with one of its accounts.
func realDesk(t *testing.T, vars map[string]string, account string) *resttest.Desk {
	t.Setenv("DESK_TOKEN", vars["ZNUNY_"+account+"PASSWORD"])
	return resttest.NewDesk(t, `- name: desk
  type: znuny
  url: `+vars["ZNUNY_API"]+`
  user: `+vars["ZNUNY_"+account+"USER"]+`
  password: env:DESK_TOKEN
  time_zone: `+vars["ZNUNY_TZ"]+`
  map:
    kind: {Service Request: service_request, Change: change}
    status: {approved: in_progress, implementing: in_progress, implemented: closed}
    impact: {"1 - Extensive": 1, "2 - Significant": 2, "3 - Minor": 3}
    fields: {impact: custom.Impact, due_at: custom.DueDate}
`)
}

// TestTheRealServerTicketByTicket collects from a real Znuny and compares every ticket.
func TestTheRealServerTicketByTicket(t *testing.T) {
	vars := resttest.Real(t, "znuny")
	d := realDesk(t, vars, "")
	sum := d.Collect()
	d.Build()
	d.Want("SELECT source_value FROM unmapped_value")
	all := resttest.ExpectedTickets(t, vars["ZNUNY_EXPECTED_TICKETS"])
	number := map[int64]string{}
	// Znuny moves the messages of a merged ticket to the one it is merged into: of both, messages cannot be compared.
	moved := map[int64]bool{}
	for _, e := range all {
		number[e.ID] = e.Number
		if e.MergedInto > 0 {
			moved[e.ID], moved[e.MergedInto] = true, true
		}
	}
	var want, without []string
	for _, e := range all {
		if e.State == "deleted" {
			continue // Znuny does not tell what was deleted before it was first read
		}
		into := "-"
		if e.MergedInto > 0 {
			into = number[e.MergedInto]
		}
		messages := fmt.Sprint(" | ", resttest.OrDash(e.FirstReply), " | ", e.AgentReplies, " ", e.RequesterReplies, " ", e.Comments)
		if moved[e.ID] {
			messages = " | moved"
			without = append(without, "'"+e.Number+"'")
		}
		want = append(want, fmt.Sprint(e.ID, " ", e.Number, " | ", into, " | ", e.Subject, " | ", e.Type, " | ", e.Status, " | ", e.Team, " | ", e.Priority, " | ", e.Impact, " | ", e.Service, " | ",
			e.Owner, " | ", e.Requester, " | ", strings.Join(e.Sites, ", "), " | ", e.Created, " | ", resttest.OrDash(e.Due), " | ", resttest.OrDash(e.Resolved), " | ",
			e.Reopened, " ", e.Transitions, " ", e.OwnerChanges, " ", e.TeamChanges, " ", e.PriorityChanges, " ", e.ServiceChanges, messages))
	}
	const form = "'%Y-%m-%dT%H:%M:%SZ'"
	got := d.Rows(`SELECT concat_ws(' | ', json_extract_string(attributes, '$.TicketID') || ' ' || key, coalesce(replace(merged_into, 'desk:', ''), '-'), title, json_extract_string(attributes, '$.kind'), source_status, team,
			json_extract_string(attributes, '$.priority'), json_extract_string(attributes, '$.custom.Impact'), replace(service_id, 'desk:', ''), assignee, requester,
			coalesce(json_extract_string(attributes, '$.custom.AffectedSites'), ''), strftime(opened_at, ` + form + `), coalesce(strftime(due_at, ` + form + `), '-'), coalesce(strftime(resolved_at, ` + form + `), '-'),
			(SELECT concat_ws(' ', count(*) FILTER (field = 'status' AND from_value = 'closed' AND to_value <> 'closed'), count(*) FILTER (field = 'status' AND actor IS NOT NULL),
				count(*) FILTER (field = 'assignee' AND actor IS NOT NULL), count(*) FILTER (field = 'team' AND actor IS NOT NULL),
				count(*) FILTER (field = 'priority' AND actor IS NOT NULL), count(*) FILTER (field = 'service_id' AND actor IS NOT NULL)) FROM ticket_event e WHERE e.ticket_id = t.ticket_id),
			CASE WHEN key IN (` + strings.Join(without, ",") + `) THEN 'moved' ELSE coalesce(strftime(first_response_at, ` + form + `), '-') || ' | ' ||
				(SELECT concat_ws(' ', count(*) FILTER (is_public AND sender_role = 'agent'), count(*) FILTER (is_public AND sender_role = 'requester'), count(*) FILTER (NOT is_public))
					FROM communication c WHERE c.ticket_id = t.ticket_id) END)
		FROM ticket t ORDER BY CAST(json_extract_string(attributes, '$.TicketID') AS INTEGER)`)
	if len(got) != len(want) || len(got) != 197 {
		t.Errorf("%d tickets, want %d", len(got), len(want))
	}
	wrong := 0
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] && wrong < 5 {
			wrong++
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
	for range 2 {
		again := d.Collect()
		for _, c := range again.Sources[0].Counts {
			if c.Stored+c.Deleted > 0 {
				t.Errorf("a further run stored something: %s", again.Text())
			}
		}
	}
	if strings.Contains(d.Everything()+sum.Text(), vars["ZNUNY_PASSWORD"]) {
		t.Error("the password stands in the warehouse")
	}
}

// TestTheRealServerFigureByFigure compares the counts. Deleted tickets leave nothing, so what they had is taken off.
func TestTheRealServerFigureByFigure(t *testing.T) {
	vars := resttest.Real(t, "znuny")
	d := realDesk(t, vars, "")
	d.Collect()
	d.Build()
	b, err := os.ReadFile(vars["ZNUNY_EXPECTED"])
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Live  map[string]json.RawMessage
		Links struct{ Total int }
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	count := func(name string) map[string]int {
		var m map[string]int
		if err := json.Unmarshal(e.Live["by_"+name], &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	live := "FROM ticket WHERE merged_into IS NULL AND deleted_at IS NULL"
	for name, expr := range map[string]string{"type": "json_extract_string(attributes, '$.kind')", "priority": "json_extract_string(attributes, '$.priority')", "status": "source_status", "team": "team",
		"owner": "assignee", "requester": "requester", "service": "replace(service_id, 'desk:', '')", "impact": "json_extract_string(attributes, '$.custom.Impact')",
		"type_and_priority": "json_extract_string(attributes, '$.kind') || ' / ' || json_extract_string(attributes, '$.priority')"} {
		var want []string
		for v, n := range count(name) {
			want = append(want, fmt.Sprint(v, ": ", n))
		}
		slices.Sort(want)
		got := d.Rows("SELECT " + expr + " || ': ' || count(*) " + live + " GROUP BY " + expr)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("by %s: got %v, want %v", name, got, want)
		}
	}
	for name, expr := range map[string]string{"created_by_utc_month": "opened_at", "resolved_by_utc_month": "resolved_at"} {
		var m map[string]int
		if err := json.Unmarshal(e.Live[name], &m); err != nil {
			t.Fatal(err)
		}
		var want []string
		for v, n := range m {
			want = append(want, fmt.Sprint(v, ": ", n))
		}
		slices.Sort(want)
		month := "strftime(" + expr + " AT TIME ZONE 'UTC', '%Y-%m')"
		d.Want("SELECT "+month+" || ': ' || count(*) "+live+" AND "+expr+" IS NOT NULL GROUP BY "+month+" ORDER BY 1", want...)
	}
	for name, q := range map[string]string{
		"resolved": "SELECT count(*) " + live + " AND resolved_at IS NOT NULL", "unresolved": "SELECT count(*) " + live + " AND resolved_at IS NULL",
		"with_due": "SELECT count(*) " + live + " AND due_at IS NOT NULL", "resolved_after_due": "SELECT count(*) " + live + " AND resolved_at > due_at",
		"reopened_tickets": "SELECT count(*) " + live + " AND reopen_count > 0", "reopened_events": "SELECT sum(reopen_count) " + live,
		"transitions": "SELECT count(*) FROM ticket_event e SEMI JOIN (" + live + ") t ON t.ticket_id = e.ticket_id WHERE field = 'status' AND actor IS NOT NULL",
	} {
		if got := d.Rows("SELECT CAST((" + q + ") AS VARCHAR)"); got[0] != string(e.Live[name]) {
			t.Errorf("%s: got %s, want %s", name, got[0], e.Live[name])
		}
	}
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket_link", fmt.Sprint(e.Links.Total))
}

// TestTheRealServerWithFewerRights: an account that sees less is told so where Znuny tells it, and nothing is called deleted that
// it merely may not see.
func TestTheRealServerWithFewerRights(t *testing.T) {
	vars := resttest.Real(t, "znuny")
	d := realDesk(t, vars, "LIMITED_")
	d.Collect()
	d.Build()
	hidden := 0
	for _, e := range resttest.ExpectedTickets(t, vars["ZNUNY_EXPECTED_TICKETS"]) {
		if e.State != "deleted" && e.Team == "Infrastructure" {
			hidden++
		}
	}
	if got := d.Rows("SELECT CAST(count(*) AS VARCHAR) FROM ticket"); got[0] != fmt.Sprint(197-hidden) {
		t.Errorf("%s tickets, want %d", got[0], 197-hidden)
	}
	// The rights are taken away between two runs.
	d = realDesk(t, vars, "")
	d.Collect()
	t.Setenv("DESK_TOKEN", vars["ZNUNY_LIMITED_PASSWORD"])
	d.Cfg.Sources[0].User = vars["ZNUNY_LIMITED_USER"]
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "may the account still read them") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Want("SELECT key FROM raw_record WHERE deleted")
	c, err := collectors.Lookup("znuny")
	if err != nil {
		t.Fatal(err)
	}
	said, err := c.Probe(context.Background(), d.Cfg, &d.Cfg.Sources[0])
	if err != nil || !strings.Contains(said, "time zone") {
		t.Errorf("%v %s", err, said)
	}
	t.Log(said)
}

// TestWrongPasswordIsToldAsSuch: the refusal comes with status 200.
func TestWrongPasswordIsToldAsSuch(t *testing.T) {
	f, _ := resttest.FakeOf("znuny")
	t.Setenv("DESK_TOKEN", "not-the-password")
	s := f.Start(t, resttest.NewStory(6))
	d := s.Desk(t)
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "does not accept the credentials") || s.Requests() != 1 {
		t.Errorf("%d requests, %v %s", s.Requests(), err, sum.Text())
	}
	if strings.Contains(sum.Text()+d.Everything(), "not-the-password") {
		t.Error("the password is told")
	}
}

// TestUnknownZoneStopsTheRun: times that are neither in the zone of the source nor in UTC must not be read at all.
func TestUnknownZoneStopsTheRun(t *testing.T) {
	f, _ := resttest.FakeOf("znuny")
	f.Source = strings.Replace(f.Source, "America/New_York", "Asia/Tokyo", 1)
	s := f.Start(t, resttest.NewStory(6))
	d := s.Desk(t)
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "Write under time_zone") || !strings.Contains(sum.Text(), "but 4 h behind UTC") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Want("SELECT key FROM raw_record")
}

// TestDeletedWhileRead: one ticket that goes while it is read spoils the request for many, and is left out alone.
func TestDeletedWhileRead(t *testing.T) {
	f, _ := resttest.FakeOf("znuny")
	f.Source = strings.Replace(f.Source, "page_size: 4", "page_size: 50", 1)
	story := resttest.NewStory(resttest.StorySize)
	s := f.Start(t, story)
	s.SetNow(story.End.Add(-3 * time.Hour))
	d := s.Desk(t)
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		if !strings.Contains(r.URL.Path, ",") {
			return nil
		}
		return func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
			s.SetNow(story.End)
			next(w, r)
		}
	})
	d.Collect()
	d.Build()
	gone := 0
	for _, k := range story.Tickets {
		if k.Gone() {
			gone++
		}
	}
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket", fmt.Sprint(resttest.StorySize-gone))
}

// TestCredentialsInTheAddress of versions that know no headers; they are told nowhere all the same.
func TestCredentialsInTheAddress(t *testing.T) {
	f, _ := resttest.FakeOf("znuny")
	f.Source += "\noptions: {credentials: address}"
	s := f.Start(t, resttest.NewStory(8))
	d := s.Desk(t)
	sum := d.Collect()
	s.Before(func(int, *http.Request) resttest.Fault { return resttest.Refuse(http.StatusTeapot) })
	broken, err := d.Try(context.Background(), d.Options())
	if err != nil || broken.Complete() {
		t.Errorf("%v %s", err, broken.Text())
	}
	if text := sum.Text() + broken.Text() + d.Everything(); strings.Contains(text, resttest.Token) || strings.Contains(text, "Password") {
		t.Error("the password is told: " + broken.Text())
	}
}

// TestNoSuchWebService says what to look for.
func TestNoSuchWebService(t *testing.T) {
	f, _ := resttest.FakeOf("znuny")
	f.Path = strings.Replace(f.Path, "Tickets", "Nothing", 1)
	s := f.Start(t, resttest.NewStory(3))
	d := s.Desk(t)
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "is there a web service of this name") {
		t.Errorf("%v %s", err, sum.Text())
	}
}
