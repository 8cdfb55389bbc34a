package sample

import (
	"fmt"
	"sort"
	"time"
)

// approvalRow is one question for approval.
type approvalRow struct {
	ticket         *ticket
	approver, role string
	asked, decided instant
	decision       string
}

// link joins two tickets.
type link struct {
	from    *ticket
	kind    string
	to      *ticket
	created instant
}

const changeCount = 434 // planned; those that are not registered yet at the end fall away

// windows draws the begin of a maintenance window on or after a day.
func window(r *rng, midnight instant, kind string) instant {
	d := time.Unix(midnight, 0).In(berlin)
	for {
		frozen := (d.Month() == time.December && d.Day() > 17) || (d.Month() == time.January && d.Day() < 5)
		free := berlinHolidays[d.Format("2006-01-02")]
		wd := d.Weekday()
		switch {
		case kind == "standard" && !free && wd >= time.Monday && wd <= time.Thursday:
			return time.Date(d.Year(), d.Month(), d.Day(), int(r.between(9, 18)), int(r.below(4))*15, 0, 0, berlin).Unix()
		case kind == "normal" && !frozen && !free && (wd == time.Tuesday || wd == time.Thursday):
			return time.Date(d.Year(), d.Month(), d.Day(), int(r.between(19, 21)), int(r.below(2))*30, 0, 0, berlin).Unix()
		case kind == "normal" && !frozen && wd == time.Saturday:
			return time.Date(d.Year(), d.Month(), d.Day(), int(r.between(7, 14)), 0, 0, 0, berlin).Unix()
		case kind == "emergency":
			return settle(time.Date(d.Year(), d.Month(), d.Day(), int(r.between(6, 22)), int(r.below(60)), 0, 0, berlin).Unix())
		}
		d = d.AddDate(0, 0, 1)
	}
}

func (w *world) buildChanges() {
	r := newRNG("changes")
	span := asOf + 24*day - start
	for k := int64(0); k < changeCount; k++ {
		at := start + 5*day + (k*1000+r.below(1000))*(span-5*day)/changeCount/1000
		kind := []string{"standard", "normal", "emergency"}[r.weighted([]int{56, 37, 7})]
		t := w.change(r, at, kind)
		if t.opened < start || t.opened >= asOf-hour {
			continue
		}
		w.changes = append(w.changes, t)
	}
	sort.SliceStable(w.changes, func(i, j int) bool { return w.changes[i].opened < w.changes[j].opened })
}

func (w *world) change(r *rng, at instant, kind string) *ticket {
	s := pick(r, w.services)
	t := &ticket{kind: "Change", changeType: kind, service: s, ci: pick(r, s.cis), channel: "portal", category: s.category}
	t.title = sentence(title(r, pick(r, changeTitles), s.name, w.ci(t.ci).name))
	if k := r.below(140); k == 0 {
		t.title = hostileTitles[0]
	}
	midnight := time.Unix(at, 0).In(berlin)
	t.plannedStart = window(r, time.Date(midnight.Year(), midnight.Month(), midnight.Day(), 0, 0, 0, 0, berlin).Unix(), kind)
	t.plannedEnd = t.plannedStart + r.between(2, 8)*30*minute
	t.requester = w.agent(r, s.team, "")
	worker := w.agent(r, s.team, t.requester)
	t.risk = []string{"low", "medium", "high"}[r.weighted([]int{55, 35, 10})]
	if kind == "standard" && t.risk == "high" { // what is approved once and for all carries no high risk
		t.risk = "medium"
	}
	t.impact = 2 + int(r.below(2))
	authority := pick(r, changeAuthority)

	lead := map[string]int64{"standard": r.between(1, 6) * day, "normal": r.between(8, 27) * day, "emergency": r.between(20, 90) * minute}[kind]
	t.opened = t.plannedStart - lead
	if kind != "emergency" {
		t.opened = officeBerlin.add(max(t.opened-day, start), r.below(5*hour))
	}
	// Registered in working time, planned later: short leads may meet the window, so move the window on.
	if t.opened > t.plannedStart-20*minute {
		t.opened = t.plannedStart - 50*minute
	}
	prio := 4
	if kind == "emergency" {
		prio = 2
	}
	t.log(t.opened, t.requester, "agent", fStatus, "New")
	t.log(t.opened, t.requester, "agent", fPriority, fmt.Sprint(prio))
	t.log(t.opened, t.requester, "agent", fTeam, s.team)
	t.log(t.opened+30, t.requester, "agent", fAssignee, worker)
	t.acknowledged = t.opened + 30

	approve := func(asked, decided instant, decision string) {
		w.approvals = append(w.approvals, &approvalRow{t, authority, "change authority", asked, decided, decision})
	}
	switch kind {
	case "standard":
		t.log(t.opened+10*minute, worker, "agent", fStatus, "Scheduled")
	case "normal":
		assess := officeBerlin.add(t.opened, r.between(30, 600)*minute)
		asked := officeBerlin.add(assess, r.between(60, 500)*minute)
		decided := officeBerlin.add(asked, r.between(30, 800)*minute)
		if decided > t.plannedStart-hour { // the board met later than usual, on the day before the window
			assess, asked, decided = t.opened+10*minute, t.opened+40*minute, t.opened+(t.plannedStart-t.opened)/2
		}
		t.log(assess, worker, "agent", fStatus, "Assessment")
		t.log(asked, worker, "agent", fStatus, "Waiting for approval")
		if r.chance(25) {
			approve(asked, decided, "rejected")
			t.log(decided+60, authority, "agent", fStatus, "Cancelled")
			t.closure = "Rejected"
			return t
		}
		approve(asked, decided, "approved")
		if r.chance(200) {
			w.approvals = append(w.approvals, &approvalRow{t, s.owner, "service owner", asked, asked + (decided-asked)/2, "approved"})
		}
		t.log(decided+60, authority, "agent", fStatus, "Scheduled")
	}
	if r.chance(30) && kind != "emergency" {
		t.log(t.plannedStart-15*minute, worker, "agent", fStatus, "Cancelled")
		t.closure, t.outcome = "Withdrawn", "cancelled"
		return t
	}
	length := t.plannedEnd - t.plannedStart
	t.started = t.plannedStart + r.between(-8, 12)*minute
	t.started = max(t.started, t.last()+minute)
	t.ended = t.started + length*r.between(350, 1000)/1000
	t.log(t.started, worker, "agent", fStatus, "Implementation")
	if kind == "emergency" {
		approve(t.started-10*minute, t.started+r.between(1, 30)*hour, "approved")
	}
	t.outcome = "successful"
	if x := r.below(1000); x < 30 {
		t.outcome = "failed"
	} else if x < 62 {
		t.outcome = "backed out"
	}
	t.resolved = t.ended + r.between(2, 25)*minute
	t.log(t.resolved, worker, "agent", fStatus, "Review")
	t.closed = officeBerlin.add(t.resolved, r.between(60, 2400)*minute)
	if t.outcome != "successful" || r.chance(250) {
		t.reviewed = officeBerlin.add(t.resolved, r.between(60, 1500)*minute)
		t.closed = max(t.closed, t.reviewed+30*minute)
	} else if t.risk == "high" { // reviewed even when it went well
		t.reviewed = officeBerlin.add(t.resolved, 9*hour)
		t.closed = max(t.closed, t.reviewed+30*minute)
	}
	t.log(t.closed, authority, "agent", fStatus, "Closed")
	t.closure = "Implemented"
	return t
}

// buildReleases makes a release about every twelve days, of the changes that were made just before it.
func (w *world) buildReleases() {
	r := newRNG("releases")
	const count = 46
	span := asOf + 10*day - start - 25*day
	for k := int64(0); k < count; k++ {
		at := start + 25*day + (k*1000+r.below(700))*span/count/1000
		d := time.Unix(at, 0).In(berlin)
		planned := window(r, time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, berlin).Unix(), "normal")
		s := pick(r, w.services)
		t := &ticket{kind: "Release", service: s, ci: s.cis[0], category: s.category, channel: "portal"}
		t.plannedStart, t.plannedEnd = planned, planned+r.between(2, 6)*hour
		t.opened = officeBerlin.add(max(start, planned-r.between(16, 24)*day), r.below(4*hour))
		if t.opened >= asOf-day {
			continue
		}
		t.title = sentence(title(r, pick(r, releaseTitles), s.name, w.ci(t.ci).name))
		t.requester = s.owner
		worker := w.agent(r, s.team, "")
		t.log(t.opened, s.owner, "agent", fStatus, "New")
		t.log(t.opened, s.owner, "agent", fPriority, "4")
		t.log(t.opened, s.owner, "agent", fTeam, s.team)
		t.log(t.opened+60, s.owner, "agent", fAssignee, worker)
		t.acknowledged = t.opened + 60
		t.log(officeBerlin.add(t.opened, r.between(60, 900)*minute), worker, "agent", fStatus, "Build and test")
		t.log(planned-r.between(20, 60)*hour, pick(r, changeAuthority), "agent", fStatus, "Scheduled")
		t.started = planned + r.between(0, 10)*minute
		t.ended = t.started + (t.plannedEnd-t.plannedStart)*r.between(500, 1000)/1000
		t.log(t.started, worker, "agent", fStatus, "Implementation")
		t.outcome = "successful"
		if r.chance(60) {
			t.outcome = "backed out"
		}
		t.resolved = t.ended + r.between(5, 30)*minute
		t.log(t.resolved, worker, "agent", fStatus, "Review")
		t.reviewed = officeBerlin.add(t.resolved, r.between(3, 14)*hour)
		t.closed = t.reviewed + hour
		t.log(t.closed, worker, "agent", fStatus, "Closed")
		t.closure = "Implemented"
		w.releases = append(w.releases, t)

		var near []*ticket
		for _, c := range w.changes {
			if c.ended > 0 && c.ended < t.ended && c.ended > t.started-16*day {
				near = append(near, c)
			}
		}
		for i := 0; i < len(near) && i < 2+int(k%3); i++ {
			c := near[len(near)-1-i]
			w.links = append(w.links, link{c, "released in", t, max(c.opened, t.opened) + hour})
		}
	}
	enumerate(w.releases, "REL", 201, 0)
}

// causeIncidents names the change behind some incidents that began soon after it on the same service.
func (w *world) causeIncidents() {
	r := newRNG("caused incidents")
	for _, c := range w.changes {
		if c.ended == 0 || c.ended >= asOf || !r.chance(map[string]int{"successful": 60, "failed": 700, "backed out": 700}[c.outcome]) {
			continue
		}
		left := 1 + r.below(2)
		for _, t := range w.incidents {
			if t.service == c.service && t.causedBy == nil && t.opened > c.started && t.opened < c.ended+3*day && left > 0 && t.status != "Cancelled" {
				t.causedBy = c
				left--
				w.links = append(w.links, link{t, "caused by", c, min(t.opened+2*hour, asOf-60)})
			}
		}
	}
}
