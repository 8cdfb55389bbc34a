package sample

import (
	"fmt"
	"sort"
	"time"
)

// outage is a time without a service.
type outage struct {
	key      string
	service  *service
	ci       string
	ticket   *ticket
	from, to instant
	planned  bool
	fraction string
}

// measurement is a measured value of a service over an interval.
type measurement struct {
	key, name, value, unit, target string
	service                        *service
	from, to                       instant
}

// buildOutages derives outages from the grave incidents, and planned ones from changes.
func (w *world) buildOutages() {
	r := newRNG("outages")
	for _, t := range w.incidents {
		weak := t.service.key == weakService
		if t.status == "Cancelled" || t.resolved == 0 || t.detected == 0 || !(t.priority == 1 || (t.priority == 2 && r.chance(map[bool]int{true: 1000, false: 120}[weak]))) {
			continue
		}
		length := r.quantile([]int64{8, 14, 20, 28, 38, 52, 75, 110}) * minute
		if weak {
			length = r.between(150, 340) * minute
		}
		o := &outage{service: t.service, ci: t.ci, ticket: t, from: t.detected, to: min(t.detected+length, t.resolved-minute), fraction: "1"}
		if t.priority == 2 && !weak {
			o.fraction = pick(r, []string{"0.5", "0.25", "1"})
		}
		w.outages = append(w.outages, o)
	}
	for _, c := range w.changes {
		if c.changeType == "normal" && c.ended > 0 && c.ended < asOf && r.chance(420) {
			w.outages = append(w.outages, &outage{service: c.service, ci: c.ci, ticket: c, from: c.started, to: c.ended, planned: true, fraction: "1"})
		}
	}
	sort.SliceStable(w.outages, func(i, j int) bool { return w.outages[i].from < w.outages[j].from })
	for i, o := range w.outages {
		o.key = fmt.Sprintf("OUT-%04d", i+1)
	}
}

// buildMeasurements measures the availability of every service by week and the capacity of some by month.
func (w *world) buildMeasurements() {
	r := newRNG("measurements")
	n := 0
	for d := time.Date(2025, 5, 5, 0, 0, 0, 0, berlin); d.AddDate(0, 0, 7).Unix() <= asOf; d = d.AddDate(0, 0, 7) {
		from, to := d.Unix(), d.AddDate(0, 0, 7).Unix()
		for _, s := range w.services {
			down := int64(0)
			for _, o := range w.outages {
				if o.service == s && !o.planned && o.fraction == "1" && o.from < to && o.to > from {
					down += min(o.to, to) - max(o.from, from)
				}
			}
			n++
			w.measurements = append(w.measurements, &measurement{key: fmt.Sprintf("MON-%05d", n), service: s, name: "availability",
				from: from, to: to, value: share(to-from-down, to-from), unit: "share", target: s.target})
		}
	}
	for d := time.Date(2025, 5, 1, 0, 0, 0, 0, berlin); d.Unix() < asOf; d = d.AddDate(0, 1, 0) {
		grown := (d.Unix() - start) * 130 / (asOf - start)
		for i, s := range w.services {
			if i%3 == 1 {
				n++
				w.measurements = append(w.measurements, &measurement{key: fmt.Sprintf("MON-%05d", n), service: s, name: "capacity_used",
					from: d.Unix(), to: d.AddDate(0, 1, 0).Unix(), value: share(520+int64(i)*17+grown+r.below(40), 1000), unit: "share", target: "0.85"})
			}
		}
	}
}

// share writes a fraction with six digits, by whole numbers.
func share(a, b int64) string {
	x := (a*1000000 + b/2) / b
	return fmt.Sprintf("%d.%06d", x/1000000, x%1000000)
}

// message is a communication on a ticket: time and role, no text.
type message struct {
	ticket       *ticket
	at           instant
	sender, role string
	public       bool
	channel      string
}

func (w *world) buildMessages() {
	r := newRNG("messages")
	for _, list := range [][]*ticket{w.incidents, w.requests} {
		for _, t := range list {
			way := "e-mail"
			if t.channel == "portal" || t.channel == "phone" || t.channel == "chat" {
				way = t.channel
			}
			agent := t.assignee
			if agent == "" {
				agent = automation
			}
			add := func(at instant, sender, role string, public bool, channel string) {
				w.messages = append(w.messages, &message{t, at, sender, role, public, channel})
			}
			if t.firstResponse > 0 {
				add(t.firstResponse, agent, map[bool]string{true: "system", false: "agent"}[agent == automation], true, way)
			}
			if t.major { // users hear of a major incident within the hour, and again while it lasts
				for at := max(t.opened+r.between(12, 40)*minute, t.firstResponse); at < t.resolved; at += r.between(55, 90) * minute {
					add(at, agent, "agent", true, "status page")
				}
			}
			if r.chance(350) && t.resolved > 0 {
				add(t.firstResponse+(t.resolved-t.firstResponse)*r.between(200, 700)/1000, agent, "agent", false, "note")
			}
			for _, e := range t.events {
				switch {
				case e.field == fStatus && e.to == "Waiting for customer":
					add(e.at+minute, e.actor, "agent", true, way)
				case e.field == fStatus && e.from == "Waiting for customer" && r.chance(700):
					add(e.at-minute, t.requester, "requester", true, way)
				case e.field == fStatus && e.to == "Resolved":
					add(e.at, automation, "system", true, "e-mail")
				}
			}
		}
	}
	sort.SliceStable(w.messages, func(i, j int) bool { return w.messages[i].at < w.messages[j].at })
}

// survey is a question for satisfaction after a ticket was closed.
type survey struct {
	ticket          *ticket
	asked, answered instant
	score           int
}

func (w *world) buildSurveys() {
	r := newRNG("surveys")
	for _, list := range [][]*ticket{w.incidents, w.requests} {
		for _, t := range list {
			if t.closed == 0 || t.closed >= asOf-hour || !r.chance(550) {
				continue
			}
			s := &survey{ticket: t, asked: t.closed + 5*minute}
			if r.chance(250) {
				s.answered = settle(s.asked + r.quantile([]int64{5, 30, 90, 300, 900, 2000, 6000})*minute)
				good := 890
				if t.service.key == weakService {
					good = 720
				}
				s.score = 4 + int(r.below(2))
				if !r.chance(good) {
					s.score = 1 + int(r.below(3))
				}
				if s.answered >= asOf {
					s.answered = 0
				}
			}
			w.surveys = append(w.surveys, s)
		}
	}
	sort.SliceStable(w.surveys, func(i, j int) bool { return w.surveys[i].asked < w.surveys[j].asked })
}
