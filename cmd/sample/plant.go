package sample

import (
	"fmt"
	"sort"
	"time"
)

// A ticket is exported with the prefix of its system once it is in the warehouse.
func id(key string) string { return "desk:" + key }

// registered is the same for a record of the registers folder.
func registered(key string) string { return "register:" + key }

// first finds the first ticket opened on or after a local day that fits and carries no fault yet, and takes it.
func first(list []*ticket, y, m, d int, fits func(*ticket) bool) *ticket {
	from := local(berlin, y, m, d, 0, 0)
	for _, t := range list {
		if t.opened >= from && !t.planted && fits(t) {
			t.planted = true
			return t
		}
	}
	return nil // a test sees that every fault has a subject
}

func closedWell(t *ticket) bool {
	return t.status == "Closed" && t.closed < asOf-5*day && t.reopens == 0 && !t.major && t.problem == nil
}

// insert puts a change between others and makes the history whole again.
func (t *ticket) insert(at instant, actor, role, field, to string) {
	t.events = append(t.events, event{at: at, actor: actor, role: role, field: field, to: to})
	t.replay()
}

// replay orders the history and works out the values before each change and the counters anew.
func (t *ticket) replay() {
	list := t.events
	sort.SliceStable(list, func(i, j int) bool { return list[i].at < list[j].at })
	t.events, t.reassignments, t.reopens = nil, 0, 0
	for _, e := range list {
		was := t.value(e.field)
		if e.field == fStatus && done(was) && !done(e.to) {
			t.reopens++
		}
		t.log(e.at, e.actor, e.role, e.field, e.to)
	}
}

// forget drops the history after a moment: nobody has touched the ticket since.
func (t *ticket) forget(after instant) {
	kept := t.events[:0:0]
	for _, e := range t.events {
		if e.at <= after {
			kept = append(kept, e)
		}
	}
	t.events = kept
	t.replay()
	t.resolved, t.closed, t.closure, t.toolStop, t.rootCause, t.rootCauseAt = 0, 0, "", 0, "", 0
	t.knownError, t.workaround, t.reviewed = false, "", 0
}

// gapAfter is the place of the number that no incident has: the first incident of May 2026.
func gapAfter(list []*ticket) int {
	from := local(berlin, 2026, 5, 4, 0, 0)
	for i, t := range list {
		if t.opened >= from {
			return i
		}
	}
	return 0
}

// plantTickets spoils tickets, one fault each.
func (w *world) plantTickets() {
	take := func(fault string, t *ticket, spoil func(*ticket)) {
		if t != nil {
			spoil(t)
			w.planted[fault] = id(t.key)
		}
	}
	for i := range w.incidents {
		if i > 0 && number(w.incidents[i].key[3:])-number(w.incidents[i-1].key[3:]) == 2 {
			w.planted["incident-number-missing"] = id(fmt.Sprintf("INC%07d", number(w.incidents[i].key[3:])-1))
		}
	}

	// Changes.
	oneApproval := func(t *ticket) *approvalRow {
		var found *approvalRow
		for _, a := range w.approvals {
			if a.ticket == t {
				if found != nil {
					return nil
				}
				found = a
			}
		}
		return found
	}
	normal := func(t *ticket) bool {
		return t.changeType == "normal" && t.outcome == "successful" && t.closed > 0 && t.closed < asOf-20*day && t.started >= audit && oneApproval(t) != nil
	}
	take("change-approved-late-1", first(w.changes, 2025, 12, 1, normal), func(t *ticket) { oneApproval(t).decided = t.started + 5*hour + 12*minute })
	take("change-approved-late-2", first(w.changes, 2026, 6, 10, normal), func(t *ticket) { oneApproval(t).decided = t.started + 40*minute })
	take("emergency-change-approved-after-days", first(w.changes, 2026, 2, 1, func(t *ticket) bool {
		return t.changeType == "emergency" && t.closed < asOf-20*day && oneApproval(t) != nil
	}), func(t *ticket) { oneApproval(t).decided = officeBerlin.next(t.started + 5*day) })
	take("change-approved-by-its-implementer", first(w.changes, 2026, 4, 12, normal), func(t *ticket) { oneApproval(t).approver = t.assignee })
	take("failed-change-without-review", first(w.changes, 2026, 1, 8, func(t *ticket) bool {
		return t.outcome == "backed out" && t.ended > audit && t.ended < asOf-30*day && t.changeType != "emergency"
	}), func(t *ticket) {
		t.reviewed = 0
		w.planted["change-behind-incident-without-review"] = id(t.key)
	})
	late := func(by int64) func(t *ticket) {
		return func(t *ticket) {
			delta := t.plannedEnd + by - t.ended
			for i := range t.events {
				if t.events[i].at > t.ended {
					t.events[i].at += delta
				}
			}
			for _, p := range []*instant{&t.ended, &t.resolved, &t.closed, &t.reviewed} {
				if *p > 0 {
					*p += delta
				}
			}
		}
	}
	take("change-outside-window-1", first(w.changes, 2026, 3, 2, normal), late(3*hour+10*minute))
	take("change-outside-window-2", first(w.changes, 2026, 7, 20, normal), late(95*minute))

	// Major incidents.
	major := func(t *ticket) bool { return t.major && t.resolved < asOf-30*day }
	take("major-incident-without-review", first(w.incidents, 2026, 3, 1, major), func(t *ticket) { t.reviewed = 0 })
	take("major-incident-told-late", first(w.incidents, 2025, 11, 10, func(t *ticket) bool {
		return major(t) && t.resolved > t.opened+150*minute
	}), func(t *ticket) {
		t.firstResponse = t.opened + 132*minute
	})

	// Incidents and requests.
	take("incident-closed-without-code", first(w.incidents, 2026, 2, 10, closedWell), func(t *ticket) { t.closure = "" })
	take("request-closed-without-code", first(w.requests, 2026, 4, 20, closedWell), func(t *ticket) { t.closure = "" })
	take("priority-against-the-matrix", first(w.incidents, 2026, 1, 20, func(t *ticket) bool {
		return closedWell(t) && t.priority == 4
	}), func(t *ticket) { t.impact, t.urgency = 1, 2 })
	take("acknowledged-before-opened", first(w.requests, 2026, 6, 1, closedWell), func(t *ticket) { t.acknowledged = t.opened - 26*hour })
	take("incident-forgotten", first(w.incidents, 2026, 8, 17, func(t *ticket) bool {
		return closedWell(t) && t.priority == 4
	}), func(t *ticket) {
		t.forget(t.firstResponse)
		t.log(officeBerlin.add(t.firstResponse, 90*minute), t.assignee, "agent", fStatus, "Waiting for customer")
	})
	take("incident-passed-around", first(w.incidents, 2026, 7, 1, func(t *ticket) bool {
		return closedWell(t) && t.priority == 3 && t.resolved > t.firstResponse+6*hour && t.reassignments == 0 && t.team == deskBerlin
	}), func(t *ticket) {
		gap := (t.resolved - t.firstResponse) / 9
		for i, name := range []string{"Workplace", network, "Platform", "Identity and Security", network, "Workplace", deskBerlin} {
			t.insert(t.firstResponse+gap*int64(i+1), t.assignee, "agent", fTeam, name)
		}
		w.planted["incident-sent-back-and-forth"] = id(t.key)
	})
	take("request-without-service", first(w.requests, 2026, 3, 9, closedWell), func(t *ticket) { t.noService = true })
	take("request-begun-before-approval", first(w.requests, 2026, 5, 11, func(t *ticket) bool {
		a := oneApproval(t)
		return closedWell(t) && a != nil && a.decision == "approved" && t.resolved > t.acknowledged+8*hour
	}), func(t *ticket) { oneApproval(t).decided = t.acknowledged + 7*hour })
	for i, from := range [][3]int{{2026, 4, 7}, {2026, 9, 7}} {
		take(fmt.Sprintf("reopened-counted-as-met-%d", i+1), first(w.incidents, from[0], from[1], from[2], func(t *ticket) bool {
			return closedWell(t) && t.priority == 3 && !t.customer.american && t.resolved < asOf-25*day &&
				runningSeconds(t, officeBerlin, t.resolved) < 20*hour
		}), reopenLate)
	}

	// Problems, releases, complaints, security incidents.
	take("problem-forgotten", first(w.problems, 2026, 4, 14, func(t *ticket) bool { return t.closed > 0 && t.supplier == "" }), func(t *ticket) {
		t.forget(t.acknowledged)
		w.planted["problem-without-cause"] = id(t.key)
	})
	take("release-without-changes", first(w.releases, 2026, 2, 1, func(t *ticket) bool { return t.closed > 0 && t.closed < asOf }), func(t *ticket) {
		kept := w.links[:0:0]
		for _, l := range w.links {
			if l.to != t {
				kept = append(kept, l)
			}
		}
		w.links = kept
	})
	take("complaint-took-weeks", first(w.complaints, 2026, 4, 1, func(t *ticket) bool { return true }), func(t *ticket) {
		t.events[len(t.events)-2].at = officeBerlin.next(t.opened + 44*day)
		t.events[len(t.events)-1].at = officeBerlin.next(t.opened + 47*day)
		t.resolved, t.closed = t.events[len(t.events)-2].at, t.events[len(t.events)-1].at
	})
	take("security-incident-without-review", first(w.security, 2026, 5, 1, func(t *ticket) bool { return t.closed < asOf }), func(t *ticket) { t.reviewed = 0 })

	w.reviewMajors()
}

// reopenLate lets a ticket come back and be solved after its goal; the tool stopped its clock at the first solution.
func reopenLate(t *ticket) {
	firstStop := t.resolved
	worker := t.assignee
	t.events = t.events[:len(t.events)-1] // closed
	back := officeBerlin.next(firstStop + 20*hour)
	t.log(back, t.requester, "requester", fStatus, "In Progress")
	t.resolved = officeBerlin.add(back, 31*hour)
	t.log(t.resolved, worker, "agent", fStatus, "Resolved")
	t.closed = settle(t.resolved + 5*day)
	t.log(t.closed, automation, "system", fStatus, "Closed")
	t.replay()
	t.toolStop = firstStop
}

// reviewMajors holds the review of every major incident but the planted one.
func (w *world) reviewMajors() {
	r := newRNG("major reviews")
	for _, t := range w.incidents {
		if t.major && id(t.key) != w.planted["major-incident-without-review"] {
			t.reviewed = officeBerlin.next(t.resolved + r.between(2, 9)*day)
		}
	}
}

// plantRest spoils what is not a ticket.
func (w *world) plantRest() {
	n := 0
	for i, c := range w.cis {
		if c.status == "live" && i%67 == 40 && n < 2 {
			c.owner = ""
			n++
			w.planted[fmt.Sprintf("ci-without-owner-%d", n)] = id(c.key)
		}
	}
	for i, c := range w.cis {
		if c.status == "live" && i > 100 && c.kind == "server" && c.owner != "" {
			var kept []verification
			for _, v := range w.verifications {
				if v.ci != c.key || v.at < audit {
					kept = append(kept, v)
				}
			}
			w.verifications = kept
			w.planted["ci-not-verified"] = id(c.key)
			break
		}
	}
	n = 0
	for _, r := range w.relations {
		if w.ci(r.from).status == "live" && w.ci(r.to).status == "retired" {
			n++
			w.planted[fmt.Sprintf("relation-to-retired-item-%d", n)] = id(r.from) + " " + r.relation + " " + id(r.to)
		}
	}
	w.plantRepetition()
	for i := range w.agreements {
		a := &w.agreements[i]
		if a.service == "SVC-10" {
			a.validTo = "2026-06-30"
		}
		if a.kind == "OLA" && a.team == "Platform" {
			a.reviewed, a.reviewBy = "2025-08-20", "2026-08-31"
			w.planted["agreement-review-overdue"] = id(a.key)
		}
	}
	w.planted["service-without-agreement"] = id("SVC-10")
	w.planted["network-agreement-missed"] = "ola-network"
	w.planted["contract-weaker-than-sla"] = "uc-havelnet under incident-resolution"
	w.planted["availability-missed"] = id(weakService)
	w.planted["supplier-evaluation-overdue"] = id("SUP-03")

	n = 0
	for _, m := range w.measurements {
		if m.name == "availability" && m.service.key == "SVC-09" && m.from > local(berlin, 2026, 5, 31, 0, 0) && n < 2 {
			m.value = ""
			n++
			w.planted[fmt.Sprintf("monitoring-gap-%d", n)] = id(m.key)
		}
	}
	for _, o := range w.outages {
		if !o.planned && o.from > local(berlin, 2026, 4, 1, 0, 0) && o.ticket != nil && !o.ticket.major && !o.ticket.planted {
			o.ticket, o.ci = nil, ""
			w.planted["outage-without-incident"] = id(o.key)
			break
		}
	}
}

// plantRepetition names the item that had ten incidents in a quarter of the audited year and no problem.
func (w *world) plantRepetition() {
	count := map[string]int{}
	for _, t := range w.incidents {
		if t.ci == "" || t.status == "Cancelled" || t.opened < audit {
			continue
		}
		d := time.Unix(t.opened, 0).In(berlin)
		quarter := fmt.Sprintf("%s %d Q%d", id(t.ci), d.Year(), (int(d.Month())+2)/3)
		if count[quarter]++; count[quarter] == 10 {
			w.planted["incidents-repeat-without-problem"] = quarter
		}
	}
}

func isoDay(t instant) string { return time.Unix(t, 0).In(berlin).Format("2006-01-02") }
