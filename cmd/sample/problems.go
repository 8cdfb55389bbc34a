package sample

import (
	"fmt"
	"sort"
)

const problemCount = 92 // beside those of the major incidents

var (
	rootCauses  = []string{"memory leak in the connection pool", "expired intermediate certificate", "wrong order of the firewall rules", "index was missing after the upgrade", "faulty network module", "race between two night jobs", "time limit of the load balancer too short", "driver not fit for the new operating system", "quota of the mail gateway reached", "wrong sizing of the virtual machine"}
	workarounds = []string{"restart the service at night", "use the web client", "print through the second queue", "sign in again", "run the export by hand in the morning", "use the other network socket"}
)

func (w *world) buildProblems() {
	r := newRNG("problems")
	majors := 0
	for _, t := range w.incidents {
		if t.major {
			majors++
			opened := min(officeBerlin.add(t.resolved, r.between(60, 1400)*minute), asOf-5*hour)
			w.problem(r, t.service, opened, []*ticket{t})
		}
	}
	for k := int64(0); k < problemCount; k++ {
		opened := officeBerlin.add(start+20*day+(k*1000+r.below(1000))*(asOf-start-22*day)/problemCount/1000, r.below(4*hour))
		s := pick(r, w.services)
		var near []*ticket
		for _, t := range w.incidents {
			if t.service == s && t.problem == nil && t.status != "Cancelled" && t.opened < opened-hour && t.opened > opened-25*day {
				near = append(near, t)
			}
		}
		if len(near) == 0 {
			continue
		}
		n := min(len(near), 1+int(r.below(5)))
		w.problem(r, s, opened, near[len(near)-n:])
	}
	sort.SliceStable(w.problems, func(i, j int) bool { return w.problems[i].opened < w.problems[j].opened })
}

func (w *world) problem(r *rng, s *service, opened instant, incidents []*ticket) {
	t := &ticket{kind: "Problem", service: s, ci: incidents[0].ci, category: s.category, opened: opened, channel: "portal", requester: s.owner}
	if t.ci == "" {
		t.ci = pick(r, s.cis)
	}
	t.title = sentence(title(r, pick(r, problemTitles), s.name, w.ci(t.ci).name))
	t.impact, t.urgency = impactUrgency(r, 2+int(r.below(3)))
	worker := w.agent(r, s.team, "")
	t.log(opened, s.owner, "agent", fStatus, "New")
	t.log(opened, s.owner, "agent", fPriority, fmt.Sprint(t.impact+t.urgency-1))
	t.log(opened, s.owner, "agent", fTeam, s.team)
	t.acknowledged = officeBerlin.add(opened, r.between(30, 1200)*minute)
	t.log(t.acknowledged, worker, "agent", fAssignee, worker)
	t.log(t.acknowledged, worker, "agent", fStatus, "Analysis")

	now := t.acknowledged
	total := r.quantile([]int64{5, 9, 14, 20, 26, 34, 44, 58, 76, 100, 150}) * day
	cause := officeBerlin.next(now + total*r.between(250, 600)/1000)
	end := officeBerlin.next(max(cause+day, now+total))
	// What takes long is looked at again every month.
	type entry struct {
		at           instant
		field, value string
	}
	var log []entry
	if r.chance(250) {
		log = append(log, entry{officeBerlin.next(now + total/8), fStatus, "Waiting for supplier"}, entry{officeBerlin.next(now + total/5), fStatus, "Analysis"})
		t.supplier = s.supplier
	}
	t.rootCauseAt, t.rootCause = cause, sentence(pick(r, rootCauses))
	if r.chance(450) {
		t.knownError, t.workaround = true, sentence(pick(r, workarounds))
		log = append(log, entry{cause, fStatus, "Known error"})
	}
	for n := int64(1); now+n*30*day < end; n++ {
		log = append(log, entry{officeBerlin.next(now + n*30*day), fReview, "in 30 days, round " + fmt.Sprint(n)})
	}
	sort.SliceStable(log, func(i, j int) bool { return log[i].at < log[j].at })
	for _, e := range log {
		t.log(e.at, worker, "agent", e.field, e.value)
	}
	t.resolved = max(end, t.last()+hour)
	t.log(t.resolved, worker, "agent", fStatus, "Resolved")
	t.closed = officeBerlin.next(t.resolved + r.between(2, 9)*day)
	t.log(t.closed, s.owner, "agent", fStatus, "Closed")
	t.closure = pick(r, []string{"Fixed by change", "Fixed by change", "Fixed by supplier", "Cause removed", "Accepted"})
	w.problems = append(w.problems, t)
	for i, inc := range incidents {
		inc.problem = t
		at := opened + int64(i+1)*3*minute
		if inc.major || i%2 == 0 {
			w.links = append(w.links, link{t, "problem of", inc, at})
		} else {
			w.links = append(w.links, link{inc, "relates to", t, at})
		}
	}
}

// fixByChange links the problems that a change solved with a change of the same service.
func (w *world) fixByChange() {
	for _, t := range w.problems {
		if t.closure != "Fixed by change" || t.resolved >= asOf {
			continue
		}
		var last *ticket
		for _, c := range w.changes {
			if c.service == t.service && c.ended > t.opened && c.ended < t.resolved && c.outcome == "successful" {
				last = c
			}
		}
		if last != nil {
			w.links = append(w.links, link{last, "implements", t, last.ended})
		}
	}
}
