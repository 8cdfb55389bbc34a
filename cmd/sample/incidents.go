package sample

import (
	"fmt"
	"sort"
	"time"
)

const (
	incidentCount = 2000
	requestCount  = 1300
)

// arrivals spreads n moments over the whole period: more on Mondays and in the morning, less in the holidays, growing by
// a third over the period.
func arrivals(r *rng, n int) []instant {
	type dayWeight struct {
		at     instant
		weight int64
	}
	var list []dayWeight
	total := int64(0)
	for d := time.Unix(start, 0).In(berlin); d.Unix() < asOf; d = d.AddDate(0, 0, 1) {
		x := [7]int64{10, 126, 110, 102, 97, 86, 13}[d.Weekday()]
		if berlinHolidays[d.Format("2006-01-02")] {
			x = x/6 + 3
		}
		x = x * [12]int64{112, 104, 108, 96, 98, 97, 88, 80, 106, 108, 110, 78}[d.Month()-1]
		x = x * (1000 + (d.Unix()-start)*330/(asOf-start)) / 1000
		total += x
		list = append(list, dayWeight{d.Unix(), x})
	}
	out := make([]instant, 0, n)
	i, sum := 0, int64(0)
	for k := 0; k < n; k++ {
		u := (int64(k)*1000 + r.below(1000)) * total / int64(n) / 1000
		for sum+list[i].weight <= u && i+1 < len(list) {
			sum += list[i].weight
			i++
		}
		out = append(out, list[i].at)
	}
	return out
}

// dayCurve is the weight of each hour of the working day of users.
var dayCurve = []int{0, 0, 0, 0, 0, 1, 3, 12, 34, 46, 42, 34, 18, 26, 36, 32, 24, 14, 6, 3, 2, 1, 0, 0}

// timeOfDay turns the begin of a day into a moment of it, in the zone of the customer.
func timeOfDay(r *rng, midnight instant, zone *time.Location, machine bool) instant {
	d := time.Unix(midnight, 0).In(berlin)
	h := int64(r.weighted(dayCurve))
	if machine {
		h = r.below(24)
	}
	t := time.Date(d.Year(), d.Month(), d.Day(), int(h), int(r.below(60)), int(r.below(60)), 0, zone).Unix()
	return settle(min(max(t, start+60), asOf-120))
}

// Goals in seconds of the clock beside, by priority 1 to 5: the same as in deskproof.yaml.
var (
	responseGoal   = []int64{0, 15 * minute, hour, 4 * hour, 8 * hour, 16 * hour}
	resolutionGoal = []int64{0, 4 * hour, 8 * hour, 24 * hour, 40 * hour, 80 * hour}
)

// clockFor is the calendar of deskproof.yaml that counts for a priority and a customer.
func clockFor(c *customer, priority int) *clock {
	switch {
	case priority == 1:
		return always
	case c.american:
		return officeNY
	case priority == 2:
		return deskHours
	}
	return officeBerlin
}

// Quantiles of (time used) / goal in thousandths: of those that are met, and of those that are not.
var (
	metRatio    = []int64{6, 18, 30, 45, 62, 82, 104, 130, 158, 190, 225, 262, 305, 350, 402, 460, 525, 600, 690, 790, 940}
	missedRatio = []int64{1020, 1070, 1130, 1210, 1320, 1480, 1700, 2000, 2500}
)

// missRate is how many of 1000 miss their goal: two months were bad, one service always is.
func missRate(service *service, opened instant, usual, bad, weak int) int {
	if service != nil && service.key == weakService {
		return weak
	}
	if m := month(opened); m == "2026-03" || m == "2026-08" {
		return bad
	}
	return usual
}

// impactUrgency draws a pair whose sum gives the priority: priority = impact + urgency - 1.
func impactUrgency(r *rng, priority int) (int, int) {
	for {
		i := 1 + int(r.below(3))
		if u := priority + 1 - i; u >= 1 && u <= 3 {
			return i, u
		}
	}
}

func (w *world) buildIncidents() {
	r := newRNG("incidents")
	for k, at := range arrivals(r, incidentCount) {
		t := w.incident(r, at)
		if k%211 == 17 {
			t.title = hostileTitles[(k/211)%len(hostileTitles)]
		}
		w.incidents = append(w.incidents, t)
	}
	// Major is what has the highest priority and lasts.
	sort.SliceStable(w.incidents, func(i, j int) bool { return w.incidents[i].opened < w.incidents[j].opened })
	for _, t := range w.incidents {
		t.major = t.priority == 1 && t.status != "Cancelled" && t.resolved > t.opened+50*minute
	}
}

func (w *world) draw(r *rng) (*customer, *service) {
	weights := make([]int, len(w.customers))
	for i, c := range w.customers {
		weights[i] = c.weight
	}
	c := w.customers[r.weighted(weights)]
	weights = make([]int, len(w.services))
	for i, s := range w.services {
		if served(c, s) {
			weights[i] = s.weight
		}
	}
	return c, w.services[r.weighted(weights)]
}

func (w *world) incident(r *rng, midnight instant) *ticket {
	c, s := w.draw(r)
	t := &ticket{kind: "Incident", customer: c, service: s, category: s.category}
	final := 1 + r.weighted([]int{20, 100, 550, 280, 50})
	if final == 1 && s.criticality != "critical" && s.criticality != "high" {
		final = 2
	}
	t.impact, t.urgency = impactUrgency(r, final)
	machine := final <= 2 && r.chance(450)
	t.opened = timeOfDay(r, midnight, c.location(), machine)
	t.channel = pick(r, []string{"phone", "phone", "e-mail", "portal", "portal", "portal", "chat"})
	t.requester = pick(r, c.people)
	opener, role := t.requester, "requester"
	if machine {
		t.channel, opener, role = "event", automation, "system"
		t.detected = t.opened - r.between(30, 240)
	} else if final <= 2 {
		t.detected = t.opened - r.between(2, 25)*minute
	}
	if final <= 2 || r.chance(620) {
		t.ci = pick(r, s.cis)
	}
	name := s.name
	if t.ci != "" {
		name = w.ci(t.ci).name
	}
	t.title = sentence(title(r, pick(r, incidentTitles[s.key]), s.name, name))

	// The first answer.
	cl := clockFor(c, final)
	goal := responseGoal[final]
	used := goal * r.quantile(metRatio) / 1000
	if r.chance(missRate(s, t.opened, 22, 85, 60)) {
		used = goal * r.quantile(missedRatio) / 1000
	}
	used = max(used, 40)
	t.firstResponse = cl.add(t.opened, used)
	t.acknowledged = cl.add(t.opened, used*r.between(300, 900)/1000)

	// How it was recorded first: now and then the service desk corrects the priority when it takes the ticket.
	first := final
	if final > 1 && r.chance(70) {
		first = min(5, max(2, final+int(r.between(-1, 1))))
	}
	desk := c.desk()
	t.log(t.opened, opener, role, fStatus, "New")
	t.log(t.opened, opener, role, fPriority, fmt.Sprint(first))
	t.log(t.opened, automation, "system", fTeam, desk)
	taker := w.agent(r, desk, "")
	t.log(t.acknowledged, taker, "agent", fAssignee, taker)
	t.log(t.acknowledged, taker, "agent", fPriority, fmt.Sprint(final))
	t.log(t.acknowledged, taker, "agent", fStatus, "In Progress")

	work := resolutionGoal[final] * r.quantile(metRatio) / 1000
	missed := r.chance(missRate(s, t.opened, 28, 120, 140))
	if s.team == network && r.chance(35) { // the network team is the one that misses its own agreement
		missed = true
	}
	if missed {
		work = resolutionGoal[final] * r.quantile(missedRatio) / 1000
	}
	if r.chance(15) && final > 2 { // a duplicate
		end := c.office().add(t.firstResponse, r.between(5, 90)*minute)
		t.log(end, taker, "agent", fStatus, "Cancelled")
		t.closure = "Duplicate"
		return t
	}
	w.work(r, t, cl, work, 430)
	w.finish(r, t, cl, resolutionGoal[final])
	return t
}

// work moves a ticket from the service desk to its solution: so many working seconds of the clock, cut by handovers and
// by times of waiting. deskShare of 1000 are solved by the service desk itself.
func (w *world) work(r *rng, t *ticket, cl *clock, seconds int64, deskShare int) {
	begin := cl.elapsed(t.opened, t.firstResponse)
	if seconds < begin+3*minute {
		seconds = begin + r.between(3, 45)*minute
	}
	type step struct {
		at int64 // position in working seconds
		do string
	}
	var steps []step
	span := seconds - begin
	position := func(a, b int64) int64 { return begin + span*r.between(a, b)/1000 }
	second := t.service != nil && t.service.team != t.team && !r.chance(deskShare) && span > 20*minute
	if second {
		steps = append(steps, step{position(20, 250), "resolver"})
		if r.chance(110) {
			a := position(300, 450)
			steps = append(steps, step{a, "other"}, step{a + span/10, "back"})
		}
	}
	if t.priority > 1 && r.chance(230) {
		steps = append(steps, step{position(460, 900), "wait"})
		if r.chance(120) {
			steps = append(steps, step{position(905, 980), "wait"})
		}
	}
	sort.SliceStable(steps, func(i, j int) bool { return steps[i].at < steps[j].at })

	now, usedUp := t.firstResponse, begin
	for _, s := range steps {
		now, usedUp = cl.add(now, s.at-usedUp), s.at
		switch s.do {
		case "resolver", "other", "back":
			to := t.service.team
			if s.do == "other" {
				for to == t.service.team || to == t.team {
					to = teams[2+r.below(int64(len(teams)-2))].name
				}
			}
			t.log(now, t.assignee, "agent", fTeam, to)
			who := w.agent(r, to, t.assignee)
			t.log(now, who, "agent", fAssignee, who)
		case "wait":
			reason := "Waiting for customer"
			if t.service != nil && t.team == t.service.team && r.chance(380) {
				reason, t.supplier = "Waiting for supplier", t.service.supplier
			}
			t.log(now, t.assignee, "agent", fStatus, reason)
			if t.supplier != "" {
				t.log(now, t.assignee, "agent", fSupplier, t.supplier)
			}
			back := t.customer.office().next(now + r.quantile([]int64{1, 3, 6, 18, 24, 30, 48, 72, 96, 150})*hour + r.below(hour))
			t.log(back, t.assignee, "agent", fStatus, "In Progress")
			now = back
		}
	}
	now = cl.add(now, seconds-usedUp)
	t.resolved = max(now, t.last()+minute)
	t.log(t.resolved, t.assignee, "agent", fStatus, "Resolved")
	t.closure = pick(r, []string{"Solved", "Solved", "Solved", "Solved with workaround", "Solved by the user", "No fault found"})
	t.toolStop = t.resolved
}

// finish closes a ticket: when the user says so, or by itself after some days; a few come back before.
func (w *world) finish(r *rng, t *ticket, cl *clock, goal int64) {
	if r.chance(42) && t.priority > 1 {
		again := t.customer.office().next(t.resolved + r.between(2, 40)*hour)
		used := runningSeconds(t, cl, t.resolved)
		more := max(10*minute, goal*r.between(20, 90)/1000)
		if used <= goal && r.chance(850) { // most of what was in time stays in time
			more = min(more, (goal-used-cl.elapsed(t.resolved, again))*7/10)
		}
		if more >= 2*minute {
			t.log(again, t.requester, "requester", fStatus, "In Progress")
			t.resolved = cl.add(again, more)
			t.log(t.resolved, t.assignee, "agent", fStatus, "Resolved")
			t.reopens++
		}
	}
	t.toolStop = t.resolved
	if r.chance(170) {
		t.closed = t.customer.office().next(t.resolved + r.between(1, 60)*hour)
		t.log(t.closed, t.requester, "requester", fStatus, "Closed")
		return
	}
	t.closed = settle(t.resolved + 5*day)
	t.log(t.closed, automation, "system", fStatus, "Closed")
}

// runningSeconds is the working time of a ticket up to a moment without the times of waiting. A ticket that came back was
// not solved, so the time in between counts.
func runningSeconds(t *ticket, cl *clock, until instant) int64 {
	sum, from, runs := int64(0), t.opened, false
	for _, e := range t.events {
		if e.field != fStatus || e.at > until {
			continue
		}
		if runs {
			sum += cl.elapsed(from, e.at)
		}
		from, runs = e.at, e.to == "New" || e.to == "In Progress" || done(e.to)
	}
	if runs {
		sum += cl.elapsed(from, until)
	}
	return sum
}

var requestKinds = []struct {
	name     string
	weight   int
	approval int // of 1000 need one
	goal     int64
	services []string
}{
	{"Access", 30, 800, 16 * hour, []string{"SVC-02", "SVC-03", "SVC-05", "SVC-06", "SVC-11"}},
	{"Hardware", 18, 1000, 80 * hour, []string{"SVC-12", "SVC-09"}},
	{"Software", 18, 700, 40 * hour, []string{"SVC-12"}},
	{"Joiner", 16, 0, 40 * hour, []string{"SVC-05", "SVC-12"}},
	{"Information", 18, 0, 8 * hour, []string{"SVC-01", "SVC-02", "SVC-08", "SVC-09", "SVC-12"}},
}

// buildRequests makes the service requests: some wait for an approval first.
func (w *world) buildRequests() {
	r := newRNG("requests")
	weights := make([]int, len(requestKinds))
	for i, k := range requestKinds {
		weights[i] = k.weight
	}
	for k, at := range arrivals(r, requestCount) {
		kind := requestKinds[r.weighted(weights)]
		var c *customer
		var s *service
		for s == nil || !served(c, s) {
			c, _ = w.draw(r)
			s = w.service(pick(r, kind.services))
		}
		final := 3 + r.weighted([]int{25, 60, 15})
		t := &ticket{kind: "Service Request", customer: c, service: s, category: kind.name, channel: pick(r, []string{"portal", "portal", "portal", "e-mail", "phone"})}
		t.impact, t.urgency = impactUrgency(r, final)
		t.opened, t.requester = timeOfDay(r, at, c.location(), false), pick(r, c.people)
		t.title = sentence(title(r, pick(r, requestTitles[kind.name]), s.name, s.name))
		if k%331 == 40 {
			t.title = hostileTitles[(k/331+4)%len(hostileTitles)]
		}
		w.request(r, t, kind.goal, r.chance(kind.approval))
		w.requests = append(w.requests, t)
	}
}

func (w *world) request(r *rng, t *ticket, goal int64, approval bool) {
	cl, desk := t.customer.office(), t.customer.desk()
	t.log(t.opened, t.requester, "requester", fStatus, "New")
	t.log(t.opened, t.requester, "requester", fPriority, fmt.Sprint(t.impact+t.urgency-1))
	t.log(t.opened, automation, "system", fTeam, desk)
	taker := w.agent(r, desk, "")
	begin := t.opened
	if approval {
		a := &approvalRow{ticket: t, approver: t.customer.contact, role: "line manager", asked: t.opened + r.between(20, 200)}
		if r.chance(400) {
			a.approver, a.role = t.service.owner, "service owner"
		}
		t.log(a.asked, automation, "system", fStatus, "Waiting for approval")
		a.decided = cl.add(a.asked, r.quantile([]int64{10, 30, 60, 120, 240, 360, 480, 900, 1500})*minute)
		a.decision = "approved"
		w.approvals = append(w.approvals, a)
		if r.chance(35) {
			a.decision = "rejected"
			t.log(a.decided+60, automation, "system", fStatus, "Cancelled")
			t.acknowledged, t.firstResponse, t.closure = a.asked, a.decided+60, "Rejected"
			return
		}
		begin = a.decided
	}
	used := max(60, 4*hour*r.quantile(metRatio)/1000)
	if r.chance(30) {
		used = 4 * hour * r.quantile(missedRatio) / 1000
	}
	t.acknowledged = cl.add(begin, used*r.between(300, 900)/1000)
	t.firstResponse = max(cl.add(begin, used), t.acknowledged)
	t.log(t.acknowledged, taker, "agent", fAssignee, taker)
	t.log(t.acknowledged, taker, "agent", fStatus, "In Progress")
	if r.chance(12) {
		end := cl.add(t.firstResponse, r.between(30, 900)*minute)
		t.log(end, t.requester, "requester", fStatus, "Cancelled")
		t.closure = "Withdrawn"
		return
	}
	work := goal * r.quantile(metRatio) / 1000
	if r.chance(missRate(t.service, t.opened, 35, 110, 60)) {
		work = goal * r.quantile(missedRatio) / 1000
	}
	rest := max(5*minute, work-runningSeconds(t, cl, t.firstResponse))
	w.work(r, t, cl, cl.elapsed(t.opened, t.firstResponse)+rest, 620)
	t.closure = "Fulfilled"
	w.finish(r, t, cl, goal)
}
