package sample

import "time"

// team is an assignment group.
type team struct {
	name, zone, manager string
	line                int
	agents              []string
}

// customer is an organization that buys services; people are its users.
type customer struct {
	key, name, zone, contact string
	weight                   int
	american                 bool
	people                   []string
}

// supplier is an external party.
type supplier struct {
	key, name, kind, criticality, contact, manager, evaluatedOn, evaluateBy string
}

const (
	deskBerlin  = "Service Desk Berlin"
	deskNewYork = "Service Desk New York"
	network     = "Network"
	automation  = "automation" // the tool itself, where nobody acts
)

var teams = []team{
	{deskBerlin, "Europe/Berlin", "Sabine Krüger", 1, []string{"Jürgen Müller", "Łukasz Wiśniewski", "Aylin Demir", "Žofie Dvořáková", "Paul Schröder", "Mirjam Großmann", "Ngọc Trần"}},
	{deskNewYork, "America/New_York", "Denise Carter", 1, []string{"Marcus Bell", "Ana Sofía Ramírez", "Kevin O'Brien", "Priya Nair", "Tyler Johnson"}},
	{"Workplace", "Europe/Berlin", "Holger Thießen", 2, []string{"Birgit Lange", "Tomasz Zieliński", "Femke de Vries", "Björn Sørensen"}},
	{network, "Europe/Berlin", "Anke Petersen", 2, []string{"Жанна Королёва", "Dieter Hoffmann", "Rachid Benali", "Ilse Vandenberghe"}},
	{"Platform", "Europe/Berlin", "Stefan Wolff", 2, []string{"Carla Fernández", "Matthias Roth", "Zuzana Nováková", "Emeka Okafor"}},
	{"Applications", "America/New_York", "Linda Nguyen", 2, []string{"Grace Kim", "Robert Hayes", "Chloé Martin", "Daniel Cohen", "Samuel Ortiz"}},
	{"Identity and Security", "Europe/Berlin", "Uta Brandt", 2, []string{"Ωlga Παπαδοπούλου", "Nikolai Petrov", "Heike Scholz"}},
	{"Databases", "America/New_York", "Victor Alvarez", 3, []string{"Mei Lin", "Hannah Fischer", "Jack Sullivan"}},
}

// Those who authorize changes hold no tickets themselves.
var changeAuthority = []string{"Katrin Vogel", "Michael O'Connor"}

var customers = []*customer{
	{key: "CUS-01", name: "Brandt & Söhne Maschinenbau", zone: "Europe/Berlin", contact: "Renate Brandt", weight: 22},
	{key: "CUS-02", name: "Ωmega Logistik", zone: "Europe/Berlin", contact: "Kostas Georgiou", weight: 18},
	{key: "CUS-03", name: "Spreewald Kliniken", zone: "Europe/Berlin", contact: "Dr. Ilona Wendt", weight: 20},
	{key: "CUS-04", name: "Kontor Nord Versicherung", zone: "Europe/Berlin", contact: "Gesa Thomsen", weight: 12},
	{key: "CUS-05", name: "Hudson Valley Foods", zone: "America/New_York", contact: "Patricia Moore", weight: 17, american: true},
	{key: "CUS-06", name: "Liberty Street Partners", zone: "America/New_York", contact: "Alan Weiss", weight: 11, american: true},
}

var suppliers = []supplier{
	{"SUP-01", "Havelnet Carrier GmbH", "external", "critical", "Norbert Falk", "Anke Petersen", "2026-02-18", "2027-02-28"},
	{"SUP-02", "Bluepeak Cloud Inc.", "external", "critical", "Sandra Lopez", "Stefan Wolff", "2026-03-11", "2027-03-31"},
	{"SUP-03", "Drucktechnik Weber", "external", "low", "Egon Weber", "Holger Thießen", "2025-07-02", "2026-07-31"}, // planted: evaluation overdue
	{"SUP-04", "Kassiopeia Software s.r.o.", "external", "high", "Jana Veselá", "Linda Nguyen", "2026-05-20", "2027-05-31"},
	{"SUP-05", "Northgate Hardware LLC", "external", "medium", "Bill Archer", "Denise Carter", "2026-01-27", "2027-01-31"},
}

var (
	firstEurope = []string{"Anna", "Jürgen", "Žofie", "Łukasz", "Жанна", "Mehmet", "Ingrid", "Søren", "Małgorzata", "Émile", "Günther", "Françoise", "Jakub", "Ana", "Dirk", "Leila", "Henning", "Ulrike", "Andrzej", "Petra"}
	lastEurope  = []string{"Schmidt", "Kowalska", "Dvořák", "Yılmaz", "Weiß", "Lindqvist", "Bauer", "Núñez", "Becker", "Иванова", "Hübner", "Novák", "Richter", "Fuchs", "van Dijk", "Krause", "Łęcki", "Arslan", "Jansen", "Öztürk"}
	firstUS     = []string{"Emily", "James", "Maria", "William", "Aisha", "John", "Susan", "Diego", "Karen", "Wei", "Thomas", "Olivia", "Noah", "Fatima", "Brian"}
	lastUS      = []string{"Smith", "Brown", "Garcia", "Davis", "O'Neill", "Wilson", "Chen", "Thompson", "Rivera", "Baker", "Cooper", "Patel", "Murphy", "Reed", "Washington"}
)

func fillPeople() []*customer {
	r := newRNG("people")
	list := make([]*customer, len(customers))
	for i, c := range customers {
		p := *c
		p.people = nil
		first, last := firstEurope, lastEurope
		if c.american {
			first, last = firstUS, lastUS
		}
		seen := map[string]bool{}
		for len(p.people) < 8+c.weight {
			n := pick(r, first) + " " + pick(r, last)
			if !seen[n] {
				seen[n] = true
				p.people = append(p.people, n)
			}
		}
		list[i] = &p
	}
	return list
}

func (w *world) team(name string) *team {
	for i := range teams {
		if teams[i].name == name {
			return &teams[i]
		}
	}
	return nil
}

// agent draws someone of a team who is not the one named.
func (w *world) agent(r *rng, name, not string) string {
	list := w.team(name).agents
	for {
		if a := pick(r, list); a != not {
			return a
		}
	}
}

func (c *customer) location() *time.Location {
	if c.american {
		return newYork
	}
	return berlin
}

func (c *customer) desk() string {
	if c.american {
		return deskNewYork
	}
	return deskBerlin
}

func (c *customer) office() *clock {
	if c.american {
		return officeNY
	}
	return officeBerlin
}
