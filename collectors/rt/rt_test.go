package rt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
)

const organization = `
  map:
    kind: {Incident: incident, Request: service_request, Problem: problem, Change: change}
    status: {requested: new, approved: in_progress, implementing: in_progress, implemented: resolved, cancelled: cancelled}
    priority: {"100": 1, "80": 2, "50": 3, "0": 4}
    impact: {"1 - Extensive": 1, "2 - Significant": 2, "3 - Minor": 3}
    fields: {kind: custom.Ticket Type, service_id: custom.Service, impact: custom.Impact}
`

// TestTheRealServerTicketByTicket collects from a real RT and compares every ticket, and the counts.
func TestTheRealServerTicketByTicket(t *testing.T) {
	vars := resttest.Real(t, "rt")
	t.Setenv("DESK_TOKEN", vars["RT_TOKEN"])
	d := resttest.NewDesk(t, "- name: desk\n  type: rt\n  url: "+vars["RT_URL"]+"\n  token: env:DESK_TOKEN"+organization)
	sum := d.Collect()
	d.Build()
	d.Want("SELECT source_value FROM unmapped_value")
	var want, deleted, merged []string
	for _, e := range resttest.ExpectedTickets(t, vars["RT_EXPECTED_TICKETS"]) {
		switch e.State {
		case "deleted":
			deleted = append(deleted, fmt.Sprint(e.ID))
			continue
		case "merged":
			merged = append(merged, fmt.Sprint(e.ID, " desk:", e.MergedInto))
			continue
		}
		want = append(want, fmt.Sprint(e.ID, " | ", e.Subject, " | ", e.Type, " | ", e.Status, " | ", e.Team, " | ", e.Priority, " | ", e.Impact, " | ", e.Service, " | ",
			e.Owner, " | ", e.Requester, " | ", e.Created, " | ", resttest.OrDash(e.Due), " | ", resttest.OrDash(e.Resolved), " | ", resttest.OrDash(e.FirstReply), " | ",
			e.AgentReplies, " ", e.RequesterReplies, " ", e.Comments, " | ", e.Reopened, " ", e.Transitions, " ", e.OwnerChanges, " ", e.TeamChanges))
	}
	d.Want("SELECT key FROM ticket WHERE deleted_at IS NOT NULL ORDER BY CAST(key AS INTEGER)", deleted...)
	d.Want("SELECT concat_ws(' ', key, merged_into) FROM ticket WHERE merged_into IS NOT NULL ORDER BY CAST(key AS INTEGER)", merged...)
	got := d.Rows(`SELECT concat_ws(' | ', key, title, json_extract_string(attributes, '$.custom."Ticket Type"'), source_status, team, json_extract_string(attributes, '$.priority'),
			json_extract_string(attributes, '$.custom.Impact'), replace(service_id, 'desk:', ''), assignee, requester,
			strftime(opened_at, '%Y-%m-%dT%H:%M:%SZ'), coalesce(strftime(due_at, '%Y-%m-%dT%H:%M:%SZ'), '-'),
			CASE WHEN status IN ('resolved', 'closed', 'cancelled') THEN (SELECT strftime(max(occurred_at), '%Y-%m-%dT%H:%M:%SZ') FROM ticket_event e WHERE e.ticket_id = t.ticket_id
				AND field = 'status' AND to_value IN ('resolved', 'closed', 'cancelled') AND coalesce(from_value, '') NOT IN ('resolved', 'closed', 'cancelled')) ELSE '-' END,
			coalesce(strftime(first_response_at, '%Y-%m-%dT%H:%M:%SZ'), '-'),
			(SELECT concat_ws(' ', count(*) FILTER (is_public AND sender_role = 'agent'), count(*) FILTER (is_public AND sender_role = 'requester'), count(*) FILTER (NOT is_public))
				FROM communication c WHERE c.ticket_id = t.ticket_id),
			(SELECT concat_ws(' ', count(*) FILTER (field = 'status' AND from_value IN ('resolved', 'closed', 'cancelled') AND to_value NOT IN ('resolved', 'closed', 'cancelled')),
				count(*) FILTER (field = 'status' AND source_from_value IS NOT NULL), count(*) FILTER (field = 'assignee' AND actor IS NOT NULL),
				count(*) FILTER (field = 'team' AND actor IS NOT NULL)) FROM ticket_event e WHERE e.ticket_id = t.ticket_id))
		FROM ticket t WHERE deleted_at IS NULL AND merged_into IS NULL ORDER BY CAST(key AS INTEGER)`)
	if len(got) != len(want) {
		t.Errorf("%d tickets, want %d", len(got), len(want))
	}
	wrong := 0
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] && wrong < 8 {
			wrong++
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
	var expected struct {
		Transitions struct{ Total int }
		Replies     struct{ Agent, Requester int }
		Comments    int
		Links       struct{ Total int }
	}
	b, err := os.ReadFile(vars["RT_EXPECTED"])
	if err == nil {
		err = json.Unmarshal(b, &expected)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.Want(`SELECT concat_ws(' ', (SELECT count(*) FROM ticket_event WHERE field = 'status' AND source_from_value IS NOT NULL),
		(SELECT count(*) FROM communication WHERE is_public), (SELECT count(*) FROM communication WHERE NOT is_public), (SELECT count(*) FROM ticket_link))`,
		fmt.Sprint(expected.Transitions.Total, " ", expected.Replies.Agent+expected.Replies.Requester, " ", expected.Comments, " ", expected.Links.Total))
	again := d.Collect()
	for _, c := range again.Sources[0].Counts {
		if c.Stored+c.Deleted+c.Merged > 0 {
			t.Errorf("the second run stored something: %s", again.Text())
		}
	}
	if strings.Contains(d.Everything()+sum.Text(), vars["RT_TOKEN"]) {
		t.Error("the token stands in the warehouse")
	}
	t.Log(sum.Text())
}

// TestTheRealServerWithFewerRights: what an account may not see is told by its numbers, and is not taken for deleted when the
// rights are taken away between two runs.
func TestTheRealServerWithFewerRights(t *testing.T) {
	vars := resttest.Real(t, "rt")
	desk := func(token string) *resttest.Desk {
		t.Setenv("DESK_TOKEN", vars[token])
		return resttest.NewDesk(t, "- name: desk\n  type: rt\n  url: "+vars["RT_URL"]+"\n  token: env:DESK_TOKEN"+organization)
	}
	var hidden, seen []string
	for _, e := range resttest.ExpectedTickets(t, vars["RT_EXPECTED_TICKETS"]) {
		switch {
		case e.State == "live" && e.Team == "Infrastructure":
			hidden = append(hidden, fmt.Sprint(e.ID))
		case e.State == "live":
			seen = append(seen, fmt.Sprint(e.ID))
		}
	}
	told := fmt.Sprintf("%d numbers below the highest one belong to tickets that the account may not see, and that are in no figure: %s", len(hidden), strings.Join(hidden[:min(20, len(hidden))], ", "))
	d := desk("RT_LIMITED_TOKEN")
	if sum := d.Collect(); !strings.Contains(sum.Text(), told) {
		t.Errorf("%s\nwant %s", sum.Text(), told)
	}
	d.Build()
	d.Want("SELECT key FROM ticket WHERE deleted_at IS NULL AND merged_into IS NULL ORDER BY CAST(key AS INTEGER)", seen...)

	d = desk("RT_TOKEN")
	d.Collect()
	t.Setenv("DESK_TOKEN", vars["RT_LIMITED_TOKEN"])
	sum, err := d.Try(context.Background(), d.Options())
	told = fmt.Sprintf("%d tickets that were read or listed before may no longer be read by this account: %s", len(hidden), strings.Join(hidden[:min(20, len(hidden))], ", "))
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), told) {
		t.Errorf("%v %s\nwant %s", err, sum.Text(), told)
	}
	d.Build()
	d.Want("SELECT count(*) || '' FROM ticket WHERE deleted_at IS NULL AND merged_into IS NULL", fmt.Sprint(len(seen)+len(hidden)))
}
