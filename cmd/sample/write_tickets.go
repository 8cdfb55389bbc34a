package sample

import (
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"
)

var (
	ticketHeader = []string{"Number", "Type", "Short description", "State", "Priority", "Impact", "Urgency", "Major incident", "Service", "Configuration item",
		"Company", "Supplier", "Assignment group", "Assigned to", "Caller", "Contact type", "Category", "Close code", "Detected", "Opened", "Acknowledged",
		"First response", "Resolved", "Closed", "Reviewed", "Reopen count", "Reassignment count",
		"Response SLA missed", "Response due", "Resolution SLA missed", "Resolution due", "Resolution seconds"}
	historyHeader = []string{"Number", "Changed", "Sequence", "Field", "Old value", "New value", "Changed by", "Role"}
)

// writeTickets exports incidents and requests: a row a ticket, and a second file with a row a change.
func (w *world) writeTickets(o *output) {
	tickets, history := &table{header: ticketHeader}, &table{header: historyHeader}
	for _, list := range [][]*ticket{w.incidents, w.requests} {
		for _, t := range list {
			respMissed, respDue, resMissed, resDue, resSeconds := t.verdicts()
			major := ""
			if t.kind == "Incident" {
				major = yes(t.major)
			}
			tickets.add(t.key, t.kind, t.title, t.status, digits(t.priority), digits(t.impact), digits(t.urgency), major, t.serviceKey(), t.ci,
				t.customerKey(), t.supplier, t.team, t.assignee, t.requester, t.channel, t.category, t.closure, german(t.detected), german(t.opened),
				german(t.acknowledged), german(t.firstResponse), german(t.resolved), german(t.closed), german(t.reviewed), fmt.Sprint(t.reopens),
				fmt.Sprint(t.reassignments), respMissed, respDue, resMissed, resDue, resSeconds)
			t.history(history, german)
		}
	}
	bom := "\ufeff"
	o.put("exports/servicedesk_tickets.csv", append([]byte(bom), tickets.separated(';', true)...), len(tickets.rows))
	o.put("exports/servicedesk_history.csv", append([]byte(bom), history.separated(';', true)...), len(history.rows))
}

func (t *ticket) history(to *table, format func(instant) string) {
	for i, e := range t.events {
		to.add(t.key, format(e.at), fmt.Sprint(i+1), e.field, e.from, e.to, e.actor, e.role)
	}
}

// verdicts are what the tool says of its own service level clocks: of incidents that were answered and solved.
func (t *ticket) verdicts() (respMissed, respDue, resMissed, resDue, seconds string) {
	if t.kind != "Incident" || t.status == "Cancelled" {
		return
	}
	c := clockFor(t.customer, t.priority)
	if goal := responseGoal[t.priority]; t.firstResponse > 0 {
		respMissed = yes(c.elapsed(t.opened, t.firstResponse) > goal)
		respDue = german(c.add(t.opened, goal))
	}
	if goal := resolutionGoal[t.priority]; t.resolved > 0 {
		used := runningSeconds(t, c, min(t.toolStop, t.resolved))
		resMissed, seconds = yes(used > goal), fmt.Sprint(used)
		if used <= goal {
			resDue = german(c.add(t.resolved, goal-used))
		}
	}
	return
}

var changeHeader = []string{"Change", "Kind", "Summary", "State", "Priority", "Impact", "Change type", "Risk", "Service", "CI", "Group", "Implementer", "Requested by",
	"Category", "Close code", "Outcome", "Created", "Acknowledged", "Planned start", "Planned end", "Actual start", "Actual end", "Review done", "Resolved", "Closed"}

// writeChanges exports changes and releases as one workbook with two sheets; instants are Excel dates in UTC.
func (w *world) writeChanges(o *output) {
	if o.err != nil {
		return
	}
	f := excelize.NewFile()
	defer f.Close()
	stamp := "2026-11-01T00:00:00Z"
	if o.err = f.SetDocProps(&excelize.DocProperties{Title: "Changes and releases", Creator: "Change register", LastModifiedBy: "Change register", Created: stamp, Modified: stamp}); o.err != nil {
		return
	}
	if o.err = f.SetSheetName("Sheet1", "Changes"); o.err != nil {
		return
	}
	if _, o.err = f.NewSheet("History"); o.err != nil {
		return
	}
	format := "yyyy-mm-dd hh:mm:ss"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		o.err = err
		return
	}
	cell := func(t instant) any {
		if t == 0 {
			return nil
		}
		return excelize.Cell{StyleID: style, Value: time.Unix(t, 0).UTC()}
	}
	sheet, err := f.NewStreamWriter("Changes")
	if err != nil {
		o.err = err
		return
	}
	n := 0
	row := func(s *excelize.StreamWriter, i int, values ...any) {
		if o.err != nil {
			return
		}
		at, err := excelize.CoordinatesToCellName(1, i)
		if err == nil {
			err = s.SetRow(at, values)
		}
		o.err = err
	}
	texts := func(list []string) []any {
		out := make([]any, len(list))
		for i, s := range list {
			out[i] = s
		}
		return out
	}
	history := &table{header: historyHeader}
	row(sheet, 1, texts(changeHeader)...)
	for _, list := range [][]*ticket{w.changes, w.releases} {
		for _, t := range list {
			n++
			row(sheet, n+1, t.key, t.kind, t.title, t.status, t.priority, whole(t.impact), t.changeType, t.risk, t.serviceKey(), t.ci, t.team, t.assignee, t.requester,
				t.category, t.closure, t.outcome, cell(t.opened), cell(t.acknowledged), cell(t.plannedStart), cell(t.plannedEnd), cell(t.started), cell(t.ended),
				cell(t.reviewed), cell(t.resolved), cell(t.closed))
			t.history(history, iso)
		}
	}
	if o.err == nil {
		o.err = sheet.Flush()
	}
	second, err := f.NewStreamWriter("History")
	if err != nil && o.err == nil {
		o.err = err
	}
	if o.err != nil {
		return
	}
	row(second, 1, texts(history.header)...)
	for i, r := range history.rows {
		row(second, i+2, texts(r)...)
	}
	if o.err == nil {
		o.err = second.Flush()
	}
	if o.err != nil {
		return
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		o.err = err
		return
	}
	data, err := repack(b.Bytes())
	if err != nil {
		o.err = err
		return
	}
	o.put("exports/changes.xlsx", data, n+len(history.rows))
}

func whole(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// writeProblems exports problems as JSON, as an interface would answer, and their history beside it.
func (w *world) writeProblems(o *output) {
	names := []string{"number", "short_description", "state", "priority", "impact", "urgency", "service", "ci", "supplier", "group", "assignee", "opened_by", "category",
		"close_code", "root_cause", "workaround", "known_error", "opened", "acknowledged", "root_cause_found", "resolved", "closed"}
	history := &table{header: []string{"problem", "changed", "sequence", "field", "old", "new", "by", "role"}}
	var b []byte
	b = append(b, "{\"result\": {\"count\": "+fmt.Sprint(len(w.problems))+", \"items\": [\n"...)
	for i, t := range w.problems {
		if i > 0 {
			b = append(b, ",\n"...)
		}
		b = append(b, object(names, []string{t.key, t.title, t.status, digits(t.priority), digits(t.impact), digits(t.urgency), t.serviceKey(), t.ci, t.supplier, t.team,
			t.assignee, t.requester, t.category, t.closure, t.rootCause, t.workaround, map[bool]string{true: "true", false: "false"}[t.knownError],
			offset(t.opened), offset(t.acknowledged), offset(t.rootCauseAt), offset(t.resolved), offset(t.closed)})...)
		t.history(history, offset)
	}
	b = append(b, "\n]}}\n"...)
	o.put("exports/problems.json", b, len(w.problems))
	o.put("exports/problems_history.ndjson", history.lines(), len(history.rows))
}

// writeUpdates exports complaints, improvements and security incidents: a row for every update, with all values as they
// stood then.
func (w *world) writeUpdates(o *output) {
	names := []string{"Number", "Updated", "Updated by", "Subject", "State", "Priority", "Service", "Customer", "Group", "Owner", "Reported by", "Channel", "Category", "Close code", "CI",
		"Impact", "Urgency", "Created", "Detected", "Acknowledged", "Reviewed"}
	put := func(list []*ticket, name string, format func(instant) string, encode func(*table) ([]byte, error)) {
		t := &table{header: names}
		for _, k := range list {
			k.updates(t, format)
		}
		data, err := encode(t)
		if err != nil && o.err == nil {
			o.err = err
		}
		o.put(name, data, len(t.rows))
	}
	put(w.complaints, "exports/complaints.csv.gz", german, func(t *table) ([]byte, error) {
		b, err := windows1252(t.separated(';', true))
		return gzipped(b), err
	})
	put(w.improvements, "exports/improvements.ndjson", iso, func(t *table) ([]byte, error) { return t.lines(), nil })
	put(w.security, "exports/security.csv.zst", iso, func(t *table) ([]byte, error) { return zstandard(t.separated(',', false)) })
}

// updates writes the ticket as it stood after each moment at which something changed.
func (t *ticket) updates(to *table, format func(instant) string) {
	var status, priority, group, owner string
	for i, e := range t.events {
		switch e.field {
		case fStatus:
			status = e.to
		case fPriority:
			priority = e.to
		case fTeam:
			group = e.to
		case fAssignee:
			owner = e.to
		}
		if i+1 < len(t.events) && t.events[i+1].at == e.at {
			continue
		}
		at := func(when instant) string {
			if when > e.at && when != t.reviewed {
				return ""
			}
			return format(when)
		}
		code := ""
		if status == "Closed" || status == "Resolved" {
			code = t.closure
		}
		to.add(t.key, format(e.at), e.actor, oneLine(t.title), status, priority, t.serviceKey(), t.customerKey(), group, owner, t.requester, t.channel, t.category, code, t.ci,
			digits(t.impact), digits(t.urgency), format(t.opened), format(t.detected), at(t.acknowledged), at(t.reviewed))
	}
}
