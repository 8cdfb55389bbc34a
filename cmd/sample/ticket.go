package sample

import (
	"fmt"
	"sort"
)

// ticket is a record as the tool holds it, in the tool's words.
type ticket struct {
	key, kind, title               string
	status                         string
	priority, impact, urgency      int
	major                          bool
	service                        *service
	ci                             string
	customer                       *customer
	supplier                       string
	team, assignee, requester      string
	channel, category, closure     string
	rootCause, workaround          string
	knownError                     bool
	changeType, risk, outcome      string
	detected, opened, acknowledged instant
	firstResponse, rootCauseAt     instant
	resolved, closed               instant
	plannedStart, plannedEnd       instant
	started, ended, reviewed       instant
	events                         []event
	noService                      bool // planted: exported without its service
	planted                        bool // carries a planted fault: take no second one
	toolStop                       instant
	reopens, reassignments         int
	problem                        *ticket
	causedBy                       *ticket
}

// event is one change of one field.
type event struct {
	at                           instant
	sequence                     int
	actor, role, field, from, to string
}

// Names of the fields in the history of the tools.
const (
	fStatus   = "Status"
	fPriority = "Priority"
	fTeam     = "Assignment group"
	fAssignee = "Assigned to"
	fSupplier = "Supplier"
	fReview   = "Next review"
)

// log adds a change and keeps the current value; a change to the same value is none.
func (t *ticket) log(at instant, actor, role, field, to string) {
	from := t.value(field)
	if from == to {
		return
	}
	t.events = append(t.events, event{at, len(t.events) + 1, actor, role, field, from, to})
	switch field {
	case fStatus:
		t.status = to
	case fPriority:
		t.priority = number(to)
	case fTeam:
		if from != "" {
			t.reassignments++
		}
		t.team = to
	case fAssignee:
		t.assignee = to
	}
}

// value is the newest value of a field in the history.
func (t *ticket) value(field string) string {
	for i := len(t.events) - 1; i >= 0; i-- {
		if t.events[i].field == field {
			return t.events[i].to
		}
	}
	return ""
}

func number(s string) int {
	n := 0
	fmt.Sscanf(s, "%d", &n)
	return n
}

// last is the time of the newest event.
func (t *ticket) last() instant {
	if len(t.events) == 0 {
		return t.opened
	}
	return t.events[len(t.events)-1].at
}

func done(status string) bool { return status == "Resolved" || status == "Closed" }

func open(t *ticket) bool {
	switch t.status {
	case "Resolved", "Closed", "Cancelled", "Fulfilled", "Done", "Review":
		return false
	}
	return true
}

// cut takes away what has not happened yet at the moment of the export.
func (t *ticket) cut(now instant) {
	kept := t.events[:0:0]
	for _, e := range t.events {
		if e.at < now {
			kept = append(kept, e)
		}
	}
	if len(kept) == len(t.events) {
		return
	}
	t.events = kept
	t.status, t.team, t.assignee = t.value(fStatus), t.value(fTeam), t.value(fAssignee)
	if p := t.value(fPriority); p != "" {
		t.priority = number(p)
	}
	t.reassignments, t.reopens = 0, 0
	was := ""
	for _, e := range t.events {
		if e.field == fTeam && e.from != "" {
			t.reassignments++
		}
		if e.field == fStatus {
			if done(was) && !done(e.to) {
				t.reopens++
			}
			was = e.to
		}
	}
	for _, p := range []*instant{&t.acknowledged, &t.firstResponse, &t.rootCauseAt, &t.resolved, &t.closed, &t.started, &t.ended, &t.reviewed} {
		if *p >= now {
			*p = 0
		}
	}
	if open(t) {
		t.resolved, t.closed, t.closure = 0, 0, ""
	}
	if t.rootCauseAt == 0 {
		t.rootCause = ""
	}
	if t.ended == 0 {
		t.outcome = ""
	}
}

// number the tickets in the order in which they were opened; gap leaves out the number after so many.
func enumerate(list []*ticket, prefix string, first, gap int) {
	sort.SliceStable(list, func(i, j int) bool { return list[i].opened < list[j].opened })
	n := first
	for i, t := range list {
		if gap > 0 && i == gap {
			n++
		}
		t.key = fmt.Sprintf("%s%07d", prefix, n)
		n++
	}
}
