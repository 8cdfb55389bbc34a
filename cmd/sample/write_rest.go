package sample

import (
	"context"
	"fmt"
	"maps"
	"slices"

	forms "deskproof/cmd/registers"
)

// writeAround exports what stands around the tickets.
func (w *world) writeAround(o *output) {
	t := &table{header: []string{"from", "link", "to", "created"}}
	for _, l := range w.links {
		t.add(l.from.key, l.kind, l.to.key, iso(l.created))
	}
	o.put("exports/links.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"approval", "ticket", "approver", "role", "requested", "decided", "decision"}}
	for i, a := range w.approvals {
		t.add(fmt.Sprintf("APR-%05d", i+1), a.ticket.key, a.approver, a.role, iso(a.asked), iso(a.decided), a.decision)
	}
	o.put("exports/approvals.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"id", "ticket", "sent", "from", "role", "visible to user", "channel"}}
	for i, m := range w.messages {
		t.add(fmt.Sprintf("MSG-%06d", i+1), m.ticket.key, iso(m.at), m.sender, m.role, yes(m.public), m.channel)
	}
	data, err := zstandard(t.separated(',', false))
	if err != nil && o.err == nil {
		o.err = err
	}
	o.put("exports/messages.csv.zst", data, len(t.rows))

	t = &table{header: []string{"survey", "ticket", "customer", "service", "asked", "answered", "score"}}
	for i, s := range w.surveys {
		t.add(fmt.Sprintf("SUR-%05d", i+1), s.ticket.key, s.ticket.customerKey(), s.ticket.serviceKey(), iso(s.asked), iso(s.answered), digits(s.score))
	}
	o.put("exports/surveys.ndjson.gz", gzipped(t.lines()), len(t.rows))

	t = &table{header: []string{"Outage", "Service", "CI", "Ticket", "Begin", "End", "Planned", "Share down"}}
	for _, x := range w.outages {
		key := ""
		if x.ticket != nil {
			key = x.ticket.key
		}
		t.add(x.key, x.service.key, x.ci, key, german(x.from), german(x.to), yes(x.planned), x.fraction)
	}
	o.put("exports/outages.csv", utf16le(t.separated('\t', true)), len(t.rows))

	t = &table{header: []string{"id", "service", "name", "from", "to", "measured", "unit", "target"}}
	for _, m := range w.measurements {
		t.add(m.key, m.service.key, m.name, iso(m.from), iso(m.to), m.value, m.unit, m.target)
	}
	data, err = zstandard(t.separated(',', false))
	if err != nil && o.err == nil {
		o.err = err
	}
	o.put("exports/measurements.csv.zst", data, len(t.rows))
}

// writeServices exports the catalogue, the agreements, the customers, the teams and the configuration.
func (w *world) writeServices(o *output) {
	t := &table{header: []string{"service", "name", "owner", "status", "criticality", "availability target", "service time", "since"}}
	for _, s := range w.services {
		t.add(s.key, s.name, s.owner, "live", s.criticality, s.target, s.calendar, "2025-01-01")
	}
	o.put("exports/services.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"agreement", "kind", "name", "service", "customer", "supplier", "team", "signed", "valid from", "valid to", "reviewed", "review by"}}
	for _, a := range w.agreements {
		t.add(a.key, a.kind, a.name, a.service, a.customer, a.supplier, a.team, a.signed, a.validFrom, a.validTo, a.reviewed, a.reviewBy)
	}
	o.put("exports/agreements.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"customer", "name", "time zone", "contact"}}
	for _, c := range w.customers {
		t.add(c.key, c.name, c.zone, c.contact)
	}
	o.put("exports/customers.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"team", "time zone", "line", "manager"}}
	for _, x := range teams {
		t.add(x.name, x.zone, fmt.Sprint(x.line), x.manager)
	}
	o.put("exports/teams.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"supplier", "name", "kind", "criticality", "contact", "manager", "evaluated", "evaluate by"}}
	for _, s := range suppliers {
		t.add(s.key, s.name, s.kind, s.criticality, s.contact, s.manager, s.evaluatedOn, s.evaluateBy)
	}
	o.put("exports/suppliers.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"ci", "name", "type", "status", "owner", "service", "updated"}}
	for _, c := range w.cis {
		t.add(c.key, c.name, c.kind, c.status, c.owner, c.service.key, iso(c.updated))
	}
	o.put("exports/cis.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"ci", "relation", "to"}}
	for _, r := range w.relations {
		t.add(r.from, r.relation, r.to)
	}
	o.put("exports/ci_relations.csv", t.separated(',', false), len(t.rows))

	t = &table{header: []string{"ci", "verified", "by", "correct", "difference"}}
	for _, v := range w.verifications {
		t.add(v.ci, iso(v.at), v.verifier, yes(v.correct), v.difference)
	}
	o.put("exports/ci_verifications.csv", t.separated(',', false), len(t.rows))
}

// registerForms are the forms in which the registers are kept that are no CSV: each team has its own habits.
var registerForms = map[string]string{"document": "xlsx", "competence": "xlsx", "risk": "yaml", "objective": "yaml", "supplier_evaluation": "yaml"}

// writeRegisters writes the registers under the names of the model, and the documents that they name.
func (w *world) writeRegisters(o *output) {
	all, err := forms.All(context.Background())
	if err != nil && o.err == nil {
		o.err = err
	}
	put := func(name string, t *table) {
		var data []byte
		var err error
		form := registerForms[name]
		switch i := slices.IndexFunc(all, func(r forms.Register) bool { return r.Entity == name }); {
		case form == "yaml":
			data = append([]byte("# The register "+name+" of the service management system\n"), forms.YAML(t.header, t.rows)...)
		case form == "xlsx" && i >= 0:
			data, err = all[i].Workbook(t.header, t.rows, nil)
		default:
			form, data = "csv", t.separated(',', false)
		}
		if err != nil && o.err == nil {
			o.err = err
		}
		o.put("registers/"+name+"."+form, data, len(t.rows))
	}
	for _, name := range slices.Sorted(maps.Keys(w.registers.kept)) {
		put(name, w.registers.kept[name])
	}
	put("review", &table{header: reviewColumns, rows: w.registers.reviews})
	put("asset", &table{header: assetColumns, rows: w.registers.assets})
	put("knowledge_article", &table{header: knowledgeColumns, rows: w.registers.articles})
	for _, f := range w.registers.files {
		o.put("registers/"+f[0], []byte(f[1]), 0)
	}
}
