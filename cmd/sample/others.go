package sample

import "fmt"

// buildOthers makes complaints, improvements and security incidents: the tools export a row for every update of them.
func (w *world) buildOthers() {
	r := newRNG("complaints")
	for k := int64(0); k < 60; k++ {
		c, s := w.draw(r)
		t := w.simple("Complaint", s, spread(r, k, 60, c.office()), title(r, pick(r, complaintTitle), s.name, s.name))
		t.customer, t.requester, t.channel = c, c.contact, pick(r, []string{"phone", "e-mail", "meeting"})
		t.category = pick(r, []string{"Service quality", "Communication", "Invoice", "Delivery"})
		who := teams[k%2].manager
		w.run(t, who, teams[k%2].name, 4, c.office().add(t.opened, r.between(1, 12)*hour), c.office().next(t.opened+r.between(2, 22)*day+r.below(7*hour)), r.between(1, 6)*day)
		t.closure = pick(r, []string{"Settled", "Settled", "Apology", "Not justified"})
		w.complaints = append(w.complaints, t)
	}
	enumerate(w.complaints, "CMP", 301, 0)

	r = newRNG("improvements")
	for k := int64(0); k < 50; k++ {
		s := pick(r, w.services)
		t := w.simple("Improvement", s, spread(r, k, 50, officeBerlin), title(r, pick(r, improveTitle), s.name, w.ci(s.cis[0]).name))
		t.requester, t.channel, t.category = s.owner, "portal", pick(r, []string{"Process", "Tool", "Knowledge"})
		worker := w.agent(r, s.team, "")
		w.run(t, worker, s.team, 4, officeBerlin.add(t.opened, r.between(8, 60)*hour), officeBerlin.next(t.opened+r.between(20, 120)*day+r.below(7*hour)), r.between(2, 12)*day)
		t.closure = "Implemented"
		w.improvements = append(w.improvements, t)
	}
	enumerate(w.improvements, "IMP", 101, 0)

	r = newRNG("security incidents")
	for k := int64(0); k < 25; k++ {
		c, _ := w.draw(r)
		s := w.service(pick(r, []string{"SVC-01", "SVC-05", "SVC-12"}))
		t := w.simple("Security incident", s, spread(r, k, 25, deskHours), title(r, pick(r, securityTitle), s.name, s.name))
		t.customer, t.requester, t.channel, t.category, t.ci = c, pick(r, c.people), pick(r, []string{"phone", "event", "portal"}), "Security", pick(r, s.cis)
		t.detected = t.opened - r.between(4, 300)*minute
		prio := 2 + int(r.below(3))
		t.impact, t.urgency = impactUrgency(r, prio)
		sec := "Identity and Security"
		w.run(t, w.agent(r, sec, ""), sec, prio, deskHours.add(t.opened, r.between(5, 50)*minute), deskHours.add(t.opened, r.between(2, 40)*hour), r.between(6, 12)*day)
		t.reviewed = officeBerlin.next(t.resolved + r.between(1, 5)*day + r.below(7*hour))
		t.closure = pick(r, []string{"Contained", "False alarm", "Contained"})
		w.security = append(w.security, t)
	}
	enumerate(w.security, "SEC", 51, 0)
}

// spread puts the k-th of n into the period, in working time.
func spread(r *rng, k, n int64, c *clock) instant {
	return c.add(start+(k*1000+r.below(1000))*(asOf-start-3*day)/n/1000, r.below(6*hour))
}

func (w *world) simple(kind string, s *service, opened instant, name string) *ticket {
	return &ticket{kind: kind, service: s, opened: opened, title: sentence(name)}
}

// run takes a ticket through its few steps: begun, resolved, and closed some time later.
func (w *world) run(t *ticket, who, team string, priority int, begun, resolved instant, later int64) {
	opener := t.requester
	t.acknowledged = begun
	t.resolved = max(resolved, begun+hour)
	t.closed = settle(t.resolved + later)
	t.log(t.opened, opener, "requester", fStatus, "New")
	t.log(t.opened, opener, "requester", fPriority, fmt.Sprint(priority))
	t.log(t.opened, automation, "system", fTeam, team)
	t.log(begun, who, "agent", fAssignee, who)
	t.log(begun, who, "agent", fStatus, "In Progress")
	t.log(t.resolved, who, "agent", fStatus, "Resolved")
	t.log(t.closed, automation, "system", fStatus, "Closed")
}
