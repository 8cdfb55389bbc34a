package sample

import (
	"fmt"
	"time"
)

// registers are what no ticket tool holds: lists that the quality manager keeps, one file each, columns as in the model.
type registers struct {
	documents, risks, audits, nonconformities, improvements, reviews, assets, articles [][]string
}

var (
	documentColumns      = []string{"document_id", "title", "kind", "owner", "version", "approved_by", "approved_on", "review_by", "classification", "path", "requirements"}
	riskColumns          = []string{"risk_id", "title", "owner", "likelihood", "impact", "treatment", "status", "identified_on", "reviewed_on", "review_by"}
	auditColumns         = []string{"audit_id", "title", "kind", "scope", "auditor", "planned_on", "held_on", "report_on"}
	nonconformityColumns = []string{"nonconformity_id", "title", "requirement", "found_on", "found_in", "grade", "cause", "action", "owner", "due_on", "closed_on", "effective_on", "is_effective"}
	improvementColumns   = []string{"improvement_id", "title", "owner", "raised_on", "due_on", "done_on", "status", "effect_expected", "effect_measured"}
	reviewColumns        = []string{"review_id", "kind", "title", "service_id", "customer_id", "supplier_id", "ticket_id", "planned_on", "held_on", "outcome", "minutes"}
)

const (
	quality  = "Renate Falkenberg"
	director = "Dr. Jörg Lindner"
)

func (w *world) buildRegisters() {
	w.registers = registers{documents: documents(), risks: risks, audits: audits, nonconformities: nonconformities, improvements: improvements}
	w.planted["policy-out-of-date"] = registered("DOC-004")
	w.planted["risk-review-overdue"] = registered("RSK-007")
	w.planted["audit-not-held"] = registered("AUD-005")
	w.planted["improvement-overdue"] = registered("IMR-009")
	w.buildReviews()
	w.registers.assets, w.registers.articles = w.assets(), w.articles()
}

// documents are those that an audit asks for first; requirements name what each one evidences.
func documents() [][]string {
	list := []struct{ title, kind, owner, requirements string }{
		{"Scope of the service management system", "record", quality, "iso20000-1:2018/4.3 fitsm-1:3.0/GR3.2"},
		{"Interested parties and their needs", "record", quality, "iso20000-1:2018/4.1 iso20000-1:2018/4.2 fitsm-1:3.0/GR3.1"},
		{"Service management policy", "policy", director, "iso20000-1:2018/5.2.1 iso20000-1:2018/5.2.2 fitsm-1:3.0/GR1.2"},
		{"Information security policy", "policy", "Uta Brandt", "iso20000-1:2018/8.7.3.1 fitsm-1:3.0/PR6.1"},
		{"Roles and responsibilities", "record", director, "iso20000-1:2018/5.3 fitsm-1:3.0/GR1.1"},
		{"Service management plan", "plan", quality, "iso20000-1:2018/6.3 fitsm-1:3.0/GR4.1 fitsm-1:3.0/GR2.1"},
		{"Service management objectives 2026", "plan", quality, "iso20000-1:2018/6.2.1 iso20000-1:2018/6.2.2 fitsm-1:3.0/GR4.2"},
		{"Risk procedure", "procedure", quality, "iso20000-1:2018/6.1"},
		{"Competence matrix", "record", "Sabine Krüger", "iso20000-1:2018/7.2 iso20000-1:2018/7.3"},
		{"Document control procedure", "procedure", quality, "iso20000-1:2018/7.5.2 iso20000-1:2018/7.5.3 fitsm-1:3.0/GR2.4"},
		{"Service catalogue 2026", "record", "Linda Nguyen", "iso20000-1:2018/8.2.4 fitsm-1:3.0/PR2.1"},
		{"Service portfolio", "record", "Linda Nguyen", "iso20000-1:2018/8.2 fitsm-1:3.0/PR1.1 fitsm-1:3.0/PR1.3"},
		{"Configuration management procedure", "procedure", "Stefan Wolff", "iso20000-1:2018/8.2.6 fitsm-1:3.0/PR11.1 fitsm-1:3.0/PR11.2"},
		{"Customer relationship procedure", "procedure", "Denise Carter", "iso20000-1:2018/8.3.2 fitsm-1:3.0/PR7.3"},
		{"Service level management procedure", "procedure", "Linda Nguyen", "iso20000-1:2018/8.3.3 fitsm-1:3.0/PR2.2"},
		{"Supplier management procedure", "procedure", "Stefan Wolff", "iso20000-1:2018/8.3.4.1 fitsm-1:3.0/PR8.3"},
		{"Budget and cost model", "record", director, "iso20000-1:2018/8.4.1"},
		{"Capacity plan 2026", "plan", "Stefan Wolff", "iso20000-1:2018/8.4.3 fitsm-1:3.0/PR5.3"},
		{"Change management policy", "policy", "Katrin Vogel", "iso20000-1:2018/8.5.1.1"},
		{"Release and deployment procedure", "procedure", "Katrin Vogel", "iso20000-1:2018/8.5.3 fitsm-1:3.0/PR14.1"},
		{"Incident and request procedure", "procedure", "Sabine Krüger", "iso20000-1:2018/8.6.1 iso20000-1:2018/8.6.2 fitsm-1:3.0/PR9.1"},
		{"Major incident procedure", "procedure", "Sabine Krüger", "iso20000-1:2018/8.6.1 fitsm-1:3.0/PR9.6"},
		{"Problem management procedure", "procedure", "Victor Alvarez", "iso20000-1:2018/8.6.3 fitsm-1:3.0/PR10.1"},
		{"Availability plan", "plan", "Anke Petersen", "iso20000-1:2018/8.7.1 fitsm-1:3.0/PR4.1"},
		{"Continuity plan", "plan", "Anke Petersen", "iso20000-1:2018/8.7.2 fitsm-1:3.0/PR4.3"},
		{"Internal audit programme 2026", "plan", quality, "iso20000-1:2018/9.2 fitsm-1:3.0/GR6.2"},
		{"List of service reports", "record", quality, "iso20000-1:2018/9.4 fitsm-1:3.0/PR3.1 fitsm-1:3.0/PR3.2"},
		{"Improvement procedure", "procedure", quality, "iso20000-1:2018/10.2 fitsm-1:3.0/GR7.2"},
	}
	r := newRNG("documents")
	var rows [][]string
	for i, d := range list {
		approved := fmt.Sprintf("2026-%02d-%02d", 1+r.below(5), 4+r.below(22))
		reviewBy := "2027" + approved[4:]
		version := fmt.Sprintf("%d.%d", 1+r.below(3), r.below(4))
		class := "internal"
		if i == 3 { // planted: reviewed every year, but not this one
			approved, reviewBy, version = "2025-02-10", "2026-02-28", "1.4"
		}
		if i == 2 || i == 10 {
			class = "public"
		}
		rows = append(rows, []string{fmt.Sprintf("DOC-%03d", i+1), d.title, d.kind, d.owner, version, director, approved, reviewBy, class,
			fmt.Sprintf("documents/DOC-%03d.pdf", i+1), d.requirements})
	}
	return rows
}

var risks = [][]string{
	{"RSK-001", "Failure of the carrier line to the data centre", "Anke Petersen", "3", "5", "reduce", "open", "2025-02-11", "2026-06-16", "2026-12-15"},
	{"RSK-002", "Ransomware on workplaces of customers", "Uta Brandt", "3", "5", "reduce", "open", "2025-02-11", "2026-06-16", "2026-12-15"},
	{"RSK-003", "Loss of the only expert for the warehouse software", "Linda Nguyen", "4", "4", "reduce", "open", "2025-06-03", "2026-06-16", "2026-12-15"},
	{"RSK-004", "Supplier of the warehouse software stops its business", "Linda Nguyen", "2", "4", "transfer", "open", "2025-06-03", "2026-06-16", "2026-12-15"},
	{"RSK-005", "Power failure at the Berlin office", "Stefan Wolff", "2", "3", "accept", "open", "2025-02-11", "2026-06-16", "2027-06-15"},
	{"RSK-006", "Wrong payroll data after an upgrade", "Victor Alvarez", "2", "4", "reduce", "treated", "2025-03-20", "2026-02-04", ""},
	{"RSK-007", "Keys of certificates are kept by one person", "Uta Brandt", "3", "3", "reduce", "open", "2025-07-15", "2025-11-20", "2026-05-31"}, // planted
	{"RSK-008", "Demand of new customers exceeds the capacity of storage", "Stefan Wolff", "3", "3", "reduce", "open", "2025-09-02", "2026-06-16", "2026-12-15"},
	{"RSK-009", "Staff of the service desk leaves in the peak season", "Sabine Krüger", "3", "3", "reduce", "open", "2025-09-02", "2026-06-16", "2026-12-15"},
	{"RSK-010", "Heat in the server room in New York", "Denise Carter", "2", "3", "reduce", "closed", "2025-03-20", "2026-03-10", ""},
	{"RSK-011", "Flood at the second data centre", "Stefan Wolff", "1", "5", "transfer", "open", "2025-11-12", "2026-06-16", "2027-06-15"},
	{"RSK-012", "A change of law on reporting of security incidents", quality, "3", "2", "accept", "open", "2026-01-20", "2026-06-16", "2027-01-20"},
}

var audits = [][]string{
	{"AUD-001", "Internal audit of resolution processes", "internal", "iso20000-1:2018/8.6", "Renate Falkenberg", "2025-11-18", "2025-11-18", "2025-12-02"},
	{"AUD-002", "Internal audit of control processes", "internal", "iso20000-1:2018/8.5", "Heike Scholz", "2026-02-10", "2026-02-11", "2026-02-24"},
	{"AUD-003", "Internal audit of relationship processes", "internal", "iso20000-1:2018/8.3", "Renate Falkenberg", "2026-04-21", "2026-04-21", "2026-05-05"},
	{"AUD-004", "Audit of Havelnet Carrier GmbH", "supplier", "iso20000-1:2018/8.3.4", "Anke Petersen", "2026-06-09", "2026-06-09", "2026-06-23"},
	{"AUD-005", "Internal audit of service continuity", "internal", "iso20000-1:2018/8.7.2", "Heike Scholz", "2026-08-25", "", ""}, // planted
	{"AUD-006", "Internal audit of management system", "internal", "iso20000-1:2018/4 iso20000-1:2018/9", "Renate Falkenberg", "2026-09-22", "2026-09-23", "2026-10-06"},
	{"AUD-007", "Certification audit, stage 1", "external", "iso20000-1:2018", "Cert Nord", "2026-12-09", "", ""},
}

var nonconformities = [][]string{
	{"NCR-001", "Two incidents were closed without a code", "iso20000-1:2018/8.6.1", "2025-11-18", "AUD-001", "minor", "The field was not mandatory in the portal", "Make the field mandatory", "Sabine Krüger", "2026-01-31", "2026-01-20", "2026-04-14", "true"},
	{"NCR-002", "A change had no test record", "iso20000-1:2018/8.5.1.3", "2026-02-11", "AUD-002", "minor", "Template had no place for it", "New template", "Katrin Vogel", "2026-04-30", "2026-03-25", "2026-06-30", "true"},
	{"NCR-003", "Contact of a customer was out of date", "iso20000-1:2018/8.3.2", "2026-04-21", "AUD-003", "observation", "No regular check", "Check at each service review", "Denise Carter", "2026-07-31", "2026-07-02", "2026-10-06", "true"},
	{"NCR-004", "Escalation path of the carrier was not known at night", "iso20000-1:2018/8.3.4.1", "2026-06-09", "AUD-004", "minor", "List was kept on paper", "Put the list into the knowledge base", "Anke Petersen", "2026-08-31", "2026-08-12", "2026-10-13", "true"},
	{"NCR-005", "Objectives of two processes had no measure", "iso20000-1:2018/6.2", "2026-09-23", "AUD-006", "minor", "Objectives were copied from last year", "Add measures", "Renate Falkenberg", "2026-12-04", "", "", ""},
}

var improvements = [][]string{
	{"IMR-001", "One telephone number for both service desks", "Sabine Krüger", "2025-05-20", "2025-12-31", "2025-12-12", "done", "First response 10 % faster", "First response 12 % faster"},
	{"IMR-002", "Mandatory closure code", "Sabine Krüger", "2025-11-20", "2026-01-31", "2026-01-20", "done", "No ticket without a code", "Two since then"},
	{"IMR-003", "Status page for major incidents", "Denise Carter", "2025-06-17", "2026-02-28", "2026-02-17", "done", "Half the calls in a major incident", "Calls down by 41 %"},
	{"IMR-004", "Change calendar in the portal", "Katrin Vogel", "2025-09-09", "2026-03-31", "2026-03-12", "done", "No overlapping changes", "One overlap in six months"},
	{"IMR-005", "Monitoring of the warehouse software from outside", "Linda Nguyen", "2026-01-14", "2026-06-30", "2026-06-23", "done", "Outages found by us first", "Four of five"},
	{"IMR-006", "Self service for passwords", "Uta Brandt", "2025-10-01", "2026-05-31", "2026-05-19", "done", "A fifth fewer access requests", "17 % fewer"},
	{"IMR-007", "Discovery of network devices", "Anke Petersen", "2025-12-02", "2026-07-31", "2026-07-28", "done", "Every device in the record", "99 % of the devices"},
	{"IMR-008", "Second line for the carrier", "Anke Petersen", "2026-02-18", "2026-11-30", "", "in_progress", "No single line any more", ""},
	{"IMR-009", "Contract with a second expert for the warehouse software", "Linda Nguyen", "2026-03-05", "2026-08-31", "", "in_progress", "Resolution time of the service halves", ""}, // planted
	{"IMR-010", "Survey after every tenth request only", "Holger Thießen", "2026-04-08", "2026-09-30", "2026-09-15", "done", "Response rate above 30 %", "26 % so far"},
	{"IMR-011", "Runbook for the night shift", "Stefan Wolff", "2026-06-11", "2026-12-15", "", "approved", "Fewer calls to second line", ""},
	{"IMR-012", "Chat bot for the portal", "Denise Carter", "2026-05-04", "2026-09-30", "2026-06-09", "rejected", "", ""},
}

// buildReviews holds the meetings of the management system: management, services, suppliers, reports, tests, and those
// of major incidents that the quality manager keeps in the register.
func (w *world) buildReviews() {
	n := 0
	add := func(kind, title, service, customer, supplier, ticket, planned, held, outcome string) {
		n++
		// Records of the ticket tool are named with the prefix of their system.
		for _, p := range []*string{&service, &customer, &supplier, &ticket} {
			if *p != "" {
				*p = id(*p)
			}
		}
		minutes := ""
		if held != "" {
			minutes = fmt.Sprintf("minutes/%s-%03d.pdf", held, n)
		}
		w.registers.reviews = append(w.registers.reviews, []string{fmt.Sprintf("REV-%03d", n), kind, title, service, customer, supplier, ticket, planned, held, outcome, minutes})
	}
	for _, d := range []string{"2025-06-24", "2025-12-09", "2026-06-23"} {
		add("management_review", "Management review", "", "", "", "", d, d, "actions agreed")
	}
	for i, s := range w.services {
		for _, y := range []string{"2025", "2026"} {
			d := fmt.Sprintf("%s-%02d-%02d", y, 6+i%4, 8+i)
			add("service_review", "Review of "+s.name, s.key, "", "", "", d, d, "minutes sent")
		}
	}
	for i, c := range w.customers {
		d := fmt.Sprintf("2026-09-%02d", 8+i)
		add("customer_review", "Review with "+c.name, "", c.key, "", "", d, d, "actions agreed")
	}
	for _, s := range suppliers {
		add("supplier_review", "Review of "+s.name, "", "", s.key, "", s.evaluatedOn, s.evaluatedOn, "passed")
	}
	add("continuity_test", "Switch to the second data centre", "SVC-06", "", "", "", "2026-05-16", "2026-05-16", "passed with remarks")
	add("restore_test", "Restore of the file shares", "SVC-02", "", "", "", "2026-03-18", "2026-03-18", "passed")
	add("restore_test", "Restore of the data warehouse", "SVC-11", "", "", "", "2026-09-16", "2026-09-17", "passed")
	for m := time.Date(2025, 6, 8, 12, 0, 0, 0, berlin); m.Unix() < asOf; m = m.AddDate(0, 1, 0) {
		d := m.Format("2006-01-02")
		title := "Service reports of " + m.AddDate(0, -1, 0).Format("January 2006")
		if d == "2026-05-08" || d == "2026-06-08" { // planted: nobody looked at the reports of two months
			add("report_review", title, "", "", "", "", d, "", "")
			continue
		}
		add("report_review", title, "", "", "", "", d, d, "approved")
	}
	w.planted["reports-not-reviewed"] = "2026-05"
	// Every third major incident has its review in the register only.
	k := 0
	for _, t := range w.incidents {
		if t.major && t.reviewed > 0 {
			if k++; k%3 == 0 {
				add("major_incident_review", "Review of "+t.key, t.service.key, "", "", t.key, isoDay(t.reviewed), isoDay(t.reviewed), "causes and actions agreed")
				t.reviewed = 0
			}
		}
	}
}
