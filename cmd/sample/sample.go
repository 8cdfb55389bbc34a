// Package sample makes the records of an organization that does not exist: an IT service provider six weeks before its
// certification audit, mostly in order, with faults planted in known places. `deskproof demo` writes them as the tools of
// such an organization would export them, in many formats, and collects them through the ordinary file collector.
//
// The same code gives the same bytes on every machine: no clock, no random source but its own, whole numbers only.
// faults.yaml lists every planted fault with the control that has to find it.
package sample

import "sort"

// world is everything that is known of the organization.
type world struct {
	customers     []*customer
	services      []*service
	cis           []*ci
	relations     []relation
	verifications []verification
	agreements    []agreement

	incidents, requests, problems, changes, releases []*ticket
	complaints, improvements, security               []*ticket

	links        []link
	approvals    []*approvalRow
	outages      []*outage
	measurements []*measurement
	messages     []*message
	surveys      []*survey
	registers    registers

	planted map[string]string // fault id → subject
}

// build makes the organization, plants the faults and forgets what has not happened yet at the moment of the export.
func build() *world {
	w := &world{customers: fillPeople(), planted: map[string]string{}}
	w.buildCIs()
	w.buildAgreements()
	w.buildIncidents()
	w.buildRequests()
	enumerate(w.incidents, "INC", 10001, gapAfter(w.incidents))
	enumerate(w.requests, "REQ", 20001, 0)
	w.buildChanges()
	enumerate(w.changes, "CHG", 3001, 0)
	w.buildReleases()
	w.buildProblems()
	enumerate(w.problems, "PRB", 401, 0)
	w.causeIncidents()
	w.fixByChange()
	w.buildOthers()
	w.plantTickets()
	for _, t := range w.tickets() {
		t.cut(asOf)
	}
	w.keepAlive()
	w.buildOutages()
	w.buildMeasurements()
	w.buildMessages()
	w.buildSurveys()
	w.cutRest()
	w.buildRegisters()
	w.plantRest()
	return w
}

// tickets are all tickets, by kind and number.
func (w *world) tickets() []*ticket {
	var all []*ticket
	for _, l := range [][]*ticket{w.incidents, w.requests, w.problems, w.changes, w.releases, w.complaints, w.improvements, w.security} {
		all = append(all, l...)
	}
	return all
}

// keepAlive lets somebody look at every open ticket within its rule, but for those that were forgotten on purpose.
func (w *world) keepAlive() {
	r := newRNG("keep alive")
	for _, t := range w.tickets() {
		limit := 25 * day
		if t.kind == "Problem" || t.kind == "Improvement" {
			limit = 80 * day
		}
		if open(t) && !t.planted && t.last() < asOf-limit && t.kind != "Change" && t.kind != "Release" {
			t.log(officeBerlin.next(asOf-r.between(3, 20)*day), t.assigneeOr(t.requester), "agent", fReview, "within two weeks")
		}
	}
}

func (t *ticket) assigneeOr(other string) string {
	if t.assignee == "" {
		return other
	}
	return t.assignee
}

// cutRest forgets approvals, links and messages that lie after the export, and numbers what is left.
func (w *world) cutRest() {
	var approvals []*approvalRow
	for _, a := range w.approvals {
		if a.asked >= asOf {
			continue
		}
		if a.decided >= asOf {
			a.decided, a.decision = 0, ""
		}
		approvals = append(approvals, a)
	}
	sort.SliceStable(approvals, func(i, j int) bool { return approvals[i].asked < approvals[j].asked })
	w.approvals = approvals
	var links []link
	for _, l := range w.links {
		if l.created < asOf {
			links = append(links, l)
		}
	}
	sort.SliceStable(links, func(i, j int) bool { return links[i].created < links[j].created })
	w.links = links
	var messages []*message
	for _, m := range w.messages {
		if m.at < asOf {
			messages = append(messages, m)
		}
	}
	w.messages = messages
}
