package sample

import "fmt"

// service is an entry of the service catalogue.
type service struct {
	key, name, owner, criticality, target, calendar string
	team, category, supplier                        string
	weight                                          int // share of the tickets
	cis                                             []string
}

// weakService misses its targets: the one that every reader should find first.
const weakService = "SVC-07"

var services = []*service{
	{key: "SVC-01", name: "E-mail and calendar", owner: "Holger Thießen", criticality: "high", target: "0.995", calendar: "always", team: "Workplace", category: "E-mail", supplier: "SUP-02", weight: 15},
	{key: "SVC-02", name: "File sharing", owner: "Stefan Wolff", criticality: "high", target: "0.995", calendar: "always", team: "Platform", category: "Files", supplier: "SUP-02", weight: 9},
	{key: "SVC-03", name: "Remote access", owner: "Anke Petersen", criticality: "high", target: "0.995", calendar: "always", team: network, category: "Network", supplier: "SUP-01", weight: 10},
	{key: "SVC-04", name: "Office network", owner: "Anke Petersen", criticality: "critical", target: "0.995", calendar: "always", team: network, category: "Network", supplier: "SUP-01", weight: 9},
	{key: "SVC-05", name: "Sign-in and identity", owner: "Uta Brandt", criticality: "critical", target: "0.998", calendar: "always", team: "Identity and Security", category: "Access", supplier: "SUP-02", weight: 10},
	{key: "SVC-06", name: "Order portal", owner: "Linda Nguyen", criticality: "critical", target: "0.998", calendar: "always", team: "Applications", category: "Application", supplier: "SUP-02", weight: 9},
	{key: weakService, name: "Warehouse management", owner: "Linda Nguyen", criticality: "critical", target: "0.999", calendar: "always", team: "Applications", category: "Application", supplier: "SUP-04", weight: 9},
	{key: "SVC-08", name: "Payroll", owner: "Victor Alvarez", criticality: "high", target: "0.99", calendar: "office-berlin", team: "Applications", category: "Application", supplier: "SUP-04", weight: 4},
	{key: "SVC-09", name: "Telephony", owner: "Anke Petersen", criticality: "medium", target: "0.99", calendar: "service-desk", team: network, category: "Telephony", supplier: "SUP-01", weight: 6},
	{key: "SVC-10", name: "Printing", owner: "Holger Thießen", criticality: "low", target: "0.98", calendar: "service-desk", team: "Workplace", category: "Printing", supplier: "SUP-03", weight: 6},
	{key: "SVC-11", name: "Reporting and data warehouse", owner: "Victor Alvarez", criticality: "medium", target: "0.99", calendar: "always", team: "Databases", category: "Application", supplier: "SUP-02", weight: 5},
	{key: "SVC-12", name: "Managed workplace", owner: "Holger Thießen", criticality: "high", target: "0.99", calendar: "service-desk", team: "Workplace", category: "Workplace", supplier: "SUP-05", weight: 14},
}

// ci is a configuration item.
type ci struct {
	key, name, kind, status, owner string
	service                        *service
	updated                        instant
}

// relation joins two configuration items.
type relation struct{ from, relation, to string }

// verification is one comparison of a configuration item with reality.
type verification struct {
	ci         string
	at         instant
	verifier   string
	correct    bool
	difference string
}

var ciKinds = []struct{ kind, name string }{
	{"application", "app"}, {"server", "srv"}, {"server", "srv"}, {"database", "db"}, {"network", "sw"}, {"virtual machine", "vm"},
	{"virtual machine", "vm"}, {"storage", "stor"}, {"load balancer", "lb"}, {"certificate", "cert"}, {"appliance", "appl"}, {"network", "fw"}, {"server", "bkp"},
}

// buildCIs makes about 150 configuration items, who answers for them, how they hang together and when they were verified.
func (w *world) buildCIs() {
	r := newRNG("configuration")
	n := 0
	for _, base := range services {
		s := *base
		w.services = append(w.services, &s)
		count := 11 + int(r.below(3))
		var mine []*ci
		for i := 0; i < count; i++ {
			n++
			k := ciKinds[i%len(ciKinds)]
			site := pick(r, []string{"ber", "ber", "nyc"})
			c := &ci{key: fmt.Sprintf("CI-%04d", n), kind: k.kind, status: "live", owner: s.owner, service: &s,
				name: fmt.Sprintf("%s-%s-%02d", site, k.name, n)}
			if i == 0 {
				c.name = "App " + s.name
			}
			if i >= 10 && r.chance(350) {
				c.status = pick(r, []string{"retired", "planned"})
			}
			c.updated = officeBerlin.add(start+r.below(asOf-start-40*day), r.below(6*hour))
			if c.status == "live" {
				s.cis = append(s.cis, c.key)
			}
			mine = append(mine, c)
			w.cis = append(w.cis, c)
		}
		for i, c := range mine[1:] {
			kind := "depends_on"
			switch c.kind {
			case "virtual machine", "server":
				kind = "runs_on"
			case "certificate":
				kind = "part_of"
			}
			if kind == "part_of" {
				w.relations = append(w.relations, relation{c.key, kind, mine[0].key})
			} else {
				w.relations = append(w.relations, relation{mine[0].key, kind, c.key})
			}
			if i > 2 && r.chance(300) {
				w.relations = append(w.relations, relation{c.key, "depends_on", mine[1].key})
			}
		}
	}
	// Every second service stands on the first network device of the office network.
	for i, s := range w.services {
		if i%2 == 0 && s.key != "SVC-04" {
			w.relations = append(w.relations, relation{s.cis[0], "depends_on", w.services[3].cis[4]})
		}
	}
	for _, c := range w.cis {
		if c.status != "live" {
			continue
		}
		verifier := pick(r, []string{"network discovery", "network discovery", "Mirjam Großmann", "Zuzana Nováková"})
		first := officeBerlin.add(start+r.between(20, 120)*day, r.below(5*hour))
		last := officeBerlin.add(audit+r.between(60, 340)*day, r.below(5*hour))
		w.verifications = append(w.verifications, verification{c.key, first, verifier, true, ""})
		if r.chance(60) && last < asOf-60*day {
			w.verifications = append(w.verifications, verification{c.key, last, verifier, false,
				pick(r, []string{"memory is 64 GB, the record says 32 GB", "operating system was upgraded", "stands in another rack", "serial number differs"})})
			last = officeBerlin.add(last+r.between(3, 20)*day, r.below(4*hour))
			c.updated = last - hour
			verifier = "Zuzana Nováková"
		}
		w.verifications = append(w.verifications, verification{c.key, last, verifier, true, ""})
	}
}

func (w *world) service(key string) *service {
	for _, s := range w.services {
		if s.key == key {
			return s
		}
	}
	return nil
}

func (w *world) ci(key string) *ci {
	for _, c := range w.cis {
		if c.key == key {
			return c
		}
	}
	return nil
}

// agreement is an SLA with a customer, an OLA with a team or an underpinning contract with a supplier.
type agreement struct {
	key, kind, name                                string
	service, customer, supplier, team              string
	signed, validFrom, validTo, reviewed, reviewBy string
}

// served says which services a customer buys; everybody buys the basic ones.
func served(c *customer, s *service) bool {
	switch s.key {
	case "SVC-06":
		return c.key == "CUS-02" || c.key == "CUS-05"
	case weakService:
		return c.key == "CUS-01" || c.key == "CUS-02" || c.key == "CUS-05"
	case "SVC-08":
		return c.key == "CUS-01" || c.key == "CUS-03" || c.key == "CUS-04"
	case "SVC-11":
		return c.key == "CUS-03" || c.key == "CUS-04" || c.key == "CUS-06"
	case "SVC-10":
		return !c.american
	}
	return true
}

// buildAgreements signs an SLA a customer and service, an OLA a team and a contract a supplier.
func (w *world) buildAgreements() {
	r := newRNG("agreements")
	n := 0
	for _, c := range w.customers {
		for _, s := range w.services {
			if !served(c, s) {
				continue
			}
			n++
			w.agreements = append(w.agreements, agreement{key: fmt.Sprintf("SLA-%03d", n), kind: "SLA", name: s.name + " for " + c.name,
				service: s.key, customer: c.key, signed: fmt.Sprintf("2025-%02d-%02d", 1+r.below(4), 3+r.below(24)), validFrom: "2025-05-01",
				reviewed: fmt.Sprintf("2026-%02d-%02d", 3+r.below(3), 2+r.below(26)), reviewBy: fmt.Sprintf("2027-%02d-28", 3+r.below(3))})
		}
	}
	for i, t := range teams[2:] {
		w.agreements = append(w.agreements, agreement{key: fmt.Sprintf("OLA-%03d", i+1), kind: "OLA", name: "Second line support by " + t.name,
			team: t.name, signed: "2025-04-14", validFrom: "2025-05-01", reviewed: "2026-04-22", reviewBy: "2027-04-30"})
	}
	for i, s := range suppliers {
		w.agreements = append(w.agreements, agreement{key: fmt.Sprintf("UC-%03d", i+1), kind: "UC", name: "Contract with " + s.name,
			supplier: s.key, signed: "2025-03-2" + fmt.Sprint(i+1), validFrom: "2025-05-01", validTo: "2028-04-30",
			reviewed: "2026-03-1" + fmt.Sprint(i+2), reviewBy: "2027-03-31"})
	}
}
