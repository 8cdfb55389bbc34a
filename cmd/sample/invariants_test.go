package sample

import (
	"testing"
	"time"
)

// TestKeysResolve follows every key that one record names of another.
func TestKeysResolve(t *testing.T) {
	w := build()
	known := map[string]bool{"": true}
	twice := func(key string) {
		if known[key] {
			t.Errorf("%s is there twice", key)
		}
		known[key] = true
	}
	for _, s := range w.services {
		twice(s.key)
	}
	for _, c := range w.customers {
		twice(c.key)
	}
	for _, s := range suppliers {
		twice(s.key)
	}
	for i := range teams {
		twice(teams[i].name)
	}
	for _, c := range w.cis {
		twice(c.key)
	}
	for _, x := range w.tickets() {
		twice(x.key)
	}
	need := func(from, key string) {
		if !known[key] {
			t.Errorf("%s names %q, which does not exist", from, key)
		}
	}
	for _, x := range w.tickets() {
		for _, k := range []string{x.serviceKey(), x.customerKey(), x.ci, x.supplier, x.team} {
			need(x.key, k)
		}
		for _, e := range x.events {
			if e.field == fTeam || e.field == fSupplier {
				need(x.key, e.to)
			}
		}
	}
	for _, l := range w.links {
		need("a link", l.from.key)
		need("a link", l.to.key)
	}
	for _, r := range w.relations {
		need("a relation", r.from)
		need("a relation", r.to)
	}
	for _, v := range w.verifications {
		need("a verification", v.ci)
	}
	for _, a := range w.agreements {
		for _, k := range []string{a.service, a.customer, a.supplier, a.team} {
			need(a.key, k)
		}
	}
	for _, o := range w.outages {
		need(o.key, o.ci)
	}
	for _, r := range w.registers.reviews {
		for _, k := range r[3:7] {
			if k != "" {
				need(r[0], k[len("desk:"):])
			}
		}
	}
}

// TestTimesAreInOrder walks through every ticket: no record may lie after the export, none before the period, and each
// step follows the one before, but where a fault was planted.
func TestTimesAreInOrder(t *testing.T) {
	w := build()
	spoilt := w.planted["acknowledged-before-opened"]
	for _, x := range w.tickets() {
		if x.opened < start || x.opened >= asOf {
			t.Errorf("%s opened %v", x.key, time.Unix(x.opened, 0).UTC())
		}
		if len(x.events) == 0 || x.events[0].at != x.opened || x.events[0].field != fStatus || x.events[0].to != "New" {
			t.Errorf("%s: the history does not begin with its opening", x.key)
			continue
		}
		for i, e := range x.events {
			if i > 0 && e.at < x.events[i-1].at {
				t.Errorf("%s: change %d lies before the one before it", x.key, i+1)
			}
			if e.at >= asOf || e.from == e.to {
				t.Errorf("%s: change %d at %v from %q to %q", x.key, i+1, time.Unix(e.at, 0).UTC(), e.from, e.to)
			}
		}
		if x.status != x.value(fStatus) || x.team != x.value(fTeam) || x.assignee != x.value(fAssignee) || x.priority != number(x.value(fPriority)) {
			t.Errorf("%s: the record and its history end differently", x.key)
		}
		chain := []instant{x.opened, x.acknowledged, x.firstResponse, x.resolved, x.closed}
		if id(x.key) == spoilt {
			chain[1] = 0
		}
		ordered(t, x.key, chain)
		ordered(t, x.key, []instant{x.detected, x.opened, x.started, x.ended, x.resolved, x.closed})
		ordered(t, x.key, []instant{x.plannedStart, x.plannedEnd})
		ordered(t, x.key, []instant{x.ended, x.reviewed})
		ordered(t, x.key, []instant{x.opened, x.rootCauseAt, x.resolved})
		for name, at := range map[string]instant{"Resolved": x.resolved, "Closed": x.closed} {
			if at > 0 && !happened(x, name, at) && !(name == "Resolved" && happened(x, "Review", at)) {
				t.Errorf("%s: the history knows nothing of %s at %v", x.key, name, time.Unix(at, 0).UTC())
			}
		}
		if (x.status == "Closed") != (x.closed > 0) {
			t.Errorf("%s: status %s, closed %d", x.key, x.status, x.closed)
		}
		for _, at := range []instant{x.opened, x.acknowledged, x.firstResponse, x.resolved, x.closed, x.detected} {
			if at > 0 && settle(at) != at {
				t.Errorf("%s: %v is told by the clock of Berlin twice", x.key, time.Unix(at, 0).UTC())
			}
		}
		if p := x.impact + x.urgency - 1; x.impact > 0 && x.urgency > 0 && p != x.priority && id(x.key) != w.planted["priority-against-the-matrix"] {
			t.Errorf("%s: impact %d, urgency %d, priority %d", x.key, x.impact, x.urgency, x.priority)
		}
	}
	for _, o := range w.outages {
		ordered(t, o.key, []instant{o.from, o.to})
		if o.from >= o.to || o.to >= asOf {
			t.Errorf("%s: from %d to %d", o.key, o.from, o.to)
		}
		if o.ticket != nil && !o.planned {
			ordered(t, o.key, []instant{o.from, o.ticket.opened})
			ordered(t, o.key, []instant{o.to, o.ticket.resolved})
		}
	}
	for _, a := range w.approvals {
		ordered(t, a.ticket.key, []instant{a.ticket.opened, a.asked, a.decided})
	}
	for _, m := range w.messages {
		ordered(t, m.ticket.key, []instant{m.ticket.opened, m.at})
	}
	for _, s := range w.surveys {
		ordered(t, s.ticket.key, []instant{s.ticket.closed, s.asked, s.answered})
	}
	for _, l := range w.links {
		ordered(t, "link of "+l.from.key, []instant{max(l.from.opened, l.to.opened), l.created})
		if l.kind == "caused by" {
			ordered(t, "cause of "+l.from.key, []instant{l.to.started, l.from.opened})
		}
	}
	for i, v := range w.verifications {
		if v.at < start || v.at >= asOf {
			t.Errorf("verification %d of %s at %v", i, v.ci, time.Unix(v.at, 0).UTC())
		}
	}
}

// ordered checks that moments do not go back; those that are not there are passed over.
func ordered(t *testing.T, what string, chain []instant) {
	t.Helper()
	last := instant(0)
	for i, at := range chain {
		if at == 0 {
			continue
		}
		if at < last {
			t.Errorf("%s: moment %d (%v) lies before the one before it (%v)", what, i, time.Unix(at, 0).UTC(), time.Unix(last, 0).UTC())
		}
		last = at
	}
}

func happened(x *ticket, status string, at instant) bool {
	for _, e := range x.events {
		if e.field == fStatus && e.to == status && e.at == at {
			return true
		}
	}
	return false
}

// TestSomeoneWorksInWorkingHours: people act within the hours of a desk, machines and grave incidents at any time.
func TestSomeoneWorksInWorkingHours(t *testing.T) {
	w := build()
	acted, outside := 0, 0
	for _, list := range [][]*ticket{w.incidents, w.requests} {
		for _, x := range list {
			for _, e := range x.events {
				if e.role != "agent" || x.priority == 1 || e.field == fReview {
					continue
				}
				acted++
				if deskHours.next(e.at) != e.at && officeNY.next(e.at-1) != e.at-1 {
					outside++
				}
			}
		}
	}
	if acted < 5000 || outside*100 > acted {
		t.Errorf("%d of %d actions of people lie outside of working hours", outside, acted)
	}
}

// TestClockAgainstSteps compares the running sums with a walk minute by minute.
func TestClockAgainstSteps(t *testing.T) {
	r := newRNG("clock test")
	for i := 0; i < 60; i++ {
		c := []*clock{always, deskHours, officeBerlin, officeNY}[i%4]
		from := start + r.below(asOf-start-10*day)
		from -= from % minute
		to := from + r.below(6*day)/minute*minute
		sum := int64(0)
		for m := from; m < to; m += minute {
			if at := time.Unix(m, 0).In(c.zone); works(c, at) {
				sum += minute
			}
		}
		if got := c.elapsed(from, to); got != sum {
			t.Errorf("clock %d from %v to %v: %d, step by step %d", i%4, time.Unix(from, 0).UTC(), time.Unix(to, 0).UTC(), got, sum)
		}
		if due := c.add(from, 3600); c.elapsed(from, due) < 3600 || c.elapsed(from, due-1) >= 3600 && settle(due) == due && due != c.next(due) {
			t.Errorf("clock %d: an hour after %d is not %d", i%4, from, due)
		}
	}
}

func works(c *clock, at time.Time) bool {
	m, d := at.Hour()*60+at.Minute(), at.Format("2006-01-02")
	weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
	switch c {
	case always:
		return true
	case deskHours:
		return !weekend && !berlinHolidays[d] && m >= 420 && m < 1200
	case officeNY:
		return !weekend && !newYorkHolidays[d] && m >= 540 && m < 1020
	}
	end := 1020
	if at.Weekday() == time.Friday {
		end = 960
	}
	return !weekend && !berlinHolidays[d] && (m >= 480 && m < 720 || m >= 780 && m < end)
}
