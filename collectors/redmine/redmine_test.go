package redmine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
)

const organization = `
  map:
    status: {Open: in_progress, Pending: on_hold, Approved: in_progress, Implementing: in_progress, Implemented: resolved}
    priority: {Critical: 1, High: 2, Medium: 3, Low: 4}
    impact: {"1 - Extensive": 1, "2 - Significant": 2, "3 - Minor": 3}
    fields: {service_id: custom.Service, impact: custom.Impact}
`

// TestTheRealServerTicketByTicket collects from a real Redmine and compares every ticket, and the counts.
func TestTheRealServerTicketByTicket(t *testing.T) {
	vars := resttest.Real(t, "redmine")
	t.Setenv("DESK_TOKEN", vars["REDMINE_KEY"])
	d := resttest.NewDesk(t, "- name: desk\n  type: redmine\n  url: "+vars["REDMINE_URL"]+"\n  token: env:DESK_TOKEN"+organization)
	sum := d.Collect()
	d.Build()
	d.Want("SELECT source_value FROM unmapped_value")
	var want []string
	gone := 0
	kept := keptBy(t, vars["REDMINE_TZ"])
	for _, e := range resttest.ExpectedTickets(t, vars["REDMINE_EXPECTED_TICKETS"]) {
		if e.State != "live" {
			gone++
			continue // Redmine does not tell what was deleted before it was first read
		}
		want = append(want, fmt.Sprint(e.ID, " | ", e.Subject, " | ", e.Type, " | ", e.Status, " | ", e.Team, " | ", e.Priority, " | ", e.Impact, " | ", e.Service, " | ",
			e.Owner, " | ", e.Requester, " | ", kept(e.Created), " | ", resttest.OrDash(e.Due), " | ", kept(resttest.OrDash(e.Resolved)), " | ", kept(resttest.OrDash(e.FirstReply)), " | ",
			e.AgentReplies, " ", e.RequesterReplies, " ", e.Comments, " | ", e.Reopened, " ", e.Transitions, " ", e.OwnerChanges, " ", e.TeamChanges))
	}
	got := d.Rows(`SELECT concat_ws(' | ', key, title, json_extract_string(attributes, '$.kind'), source_status, team, json_extract_string(attributes, '$.priority'),
			(json_extract_string(attributes, '$.custom.Impact')), replace(service_id, 'desk:', ''), assignee, requester,
			strftime(opened_at, '%Y-%m-%dT%H:%M:%SZ'), coalesce(strftime(due_at, '%Y-%m-%d'), '-'),
			-- resolved: the last move from an open status into a closed one, unless it is open again
			CASE WHEN status IN ('resolved', 'closed', 'cancelled') THEN (SELECT strftime(max(occurred_at), '%Y-%m-%dT%H:%M:%SZ') FROM ticket_event e WHERE e.ticket_id = t.ticket_id
				AND field = 'status' AND to_value IN ('resolved', 'closed', 'cancelled') AND coalesce(from_value, '') NOT IN ('resolved', 'closed', 'cancelled')) ELSE '-' END,
			coalesce(strftime(first_response_at, '%Y-%m-%dT%H:%M:%SZ'), '-'),
			(SELECT concat_ws(' ', count(*) FILTER (is_public AND sender_role = 'agent'), count(*) FILTER (is_public AND sender_role = 'requester'), count(*) FILTER (NOT is_public))
				FROM communication c WHERE c.ticket_id = t.ticket_id),
			(SELECT concat_ws(' ', count(*) FILTER (field = 'status' AND from_value IN ('resolved', 'closed', 'cancelled') AND to_value NOT IN ('resolved', 'closed', 'cancelled')),
				count(*) FILTER (field = 'status' AND sequence > 1 AND source_from_value IS NOT NULL), count(*) FILTER (field = 'assignee' AND actor IS NOT NULL),
				count(*) FILTER (field = 'team' AND actor IS NOT NULL)) FROM ticket_event e WHERE e.ticket_id = t.ticket_id))
		FROM ticket t ORDER BY CAST(key AS INTEGER)`)
	if len(got) != len(want) || gone != 200-len(got) {
		t.Errorf("%d tickets, want %d", len(got), len(want))
	}
	wrong := 0
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] && wrong < 5 {
			wrong++
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
	d.Want("SELECT message FROM collection_run", "note: private notes and private issues are missing without notice where the role of the account may not see them; note: 3 numbers belong to issues that were deleted before they were first read: 34, 60, 88")
	again := d.Collect()
	for _, c := range again.Sources[0].Counts {
		if c.Stored+c.Deleted > 0 {
			t.Errorf("the second run stored something: %s", again.Text())
		}
	}
	if strings.Contains(d.Everything()+sum.Text(), vars["REDMINE_KEY"]) {
		t.Error("the key stands in the warehouse")
	}
}

// TestTheRealServerWithFewerRights: what an account may not see is told by its numbers, and is not taken for deleted when the
// rights are taken away between two runs.
func TestTheRealServerWithFewerRights(t *testing.T) {
	vars := resttest.Real(t, "redmine")
	desk := func(key string) *resttest.Desk {
		t.Setenv("DESK_TOKEN", vars[key])
		return resttest.NewDesk(t, "- name: desk\n  type: redmine\n  url: "+vars["REDMINE_URL"]+"\n  token: env:DESK_TOKEN"+organization)
	}
	var hidden, seen []string
	for _, e := range resttest.ExpectedTickets(t, vars["REDMINE_EXPECTED_TICKETS"]) {
		switch {
		case e.State == "live" && e.Team == "Infrastructure":
			hidden = append(hidden, fmt.Sprint(e.ID))
		case e.State == "live":
			seen = append(seen, fmt.Sprint(e.ID))
		}
	}
	numbers := strings.Join(hidden[:min(20, len(hidden))], ", ")
	told := fmt.Sprintf("%d numbers belong to issues that the account may not see, and that are in no figure: %s", len(hidden), numbers)
	d := desk("REDMINE_LIMITED_KEY")
	if sum := d.Collect(); !strings.Contains(sum.Text(), told) {
		t.Errorf("%s\nwant %s", sum.Text(), told)
	}
	d.Build()
	d.Want("SELECT key FROM ticket ORDER BY CAST(key AS INTEGER)", seen...)

	d = desk("REDMINE_KEY")
	d.Collect()
	t.Setenv("DESK_TOKEN", vars["REDMINE_LIMITED_KEY"])
	sum, err := d.Try(context.Background(), d.Options())
	told = fmt.Sprintf("%d issues were read once and are no longer listed for this account, although they are there: %s", len(hidden), numbers)
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), told) {
		t.Errorf("%v %s\nwant %s", err, sum.Text(), told)
	}
	d.Build()
	d.Want("SELECT count(*) || '' FROM ticket WHERE deleted_at IS NULL", fmt.Sprint(len(seen)+len(hidden)))
}

// keptBy is what becomes of an instant in the database of a Redmine whose server keeps the time of a zone: of the hour that its
// clocks show twice in autumn, the first becomes the second.
func keptBy(t *testing.T, zone string) func(string) string {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return func(s string) string {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s // none
		}
		const wall = "2006-01-02 15:04:05"
		if again := at.Add(time.Hour); again.In(loc).Format(wall) == at.In(loc).Format(wall) {
			at = again
		}
		return at.Format(time.RFC3339)
	}
}
