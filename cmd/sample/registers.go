package sample

import (
	"crypto/sha256"
	"embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// registers are what no ticket tool holds: lists that the quality manager keeps, one file each, columns as in the model.
type registers struct {
	kept                      map[string]*table // by entity: those of the folder registers
	files                     [][2]string       // documents that are there: path below registers/, and text
	reviews, assets, articles [][]string
}

// registerFiles are the registers as the quality manager keeps them. Hashes of documents are added when their files are made.
//
//go:embed registers/*.csv
var registerFiles embed.FS

var reviewColumns = []string{"review_id", "kind", "title", "service_id", "customer_id", "supplier_id", "ticket_id", "planned_on", "held_on", "outcome", "minutes",
	"document_id", "target_minutes", "achieved_minutes", "chaired_by", "participants", "next_on"}

const (
	quality  = "Renate Falkenberg"
	director = "Dr. Jörg Lindner"
)

func (w *world) buildRegisters() {
	w.registers.kept = map[string]*table{}
	entries, err := registerFiles.ReadDir("registers")
	if err != nil {
		panic(err) // they are part of the program
	}
	for _, e := range entries {
		data, err := registerFiles.ReadFile("registers/" + e.Name())
		if err != nil {
			panic(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
		if err != nil {
			panic(fmt.Sprintf("registers/%s: %v", e.Name(), err))
		}
		w.registers.kept[strings.TrimSuffix(e.Name(), ".csv")] = &table{header: rows[0], rows: rows[1:]}
	}
	for id, subject := range map[string]string{
		"policy-out-of-date": "DOC-004", "document-not-approved": "DOC-043", "document-file-missing": missingDocument, "document-changed": changedDocument,
		"risk-review-overdue": "RSK-007", "risk-action-overdue": "RSK-009", "risk-without-owner": "RSK-013",
		"audit-not-held": "AUD-005", "corrective-action-overdue": "NCR-006", "corrective-action-without-effect": "NCR-007",
		"improvement-overdue": "IMR-009", "objective-not-measured": "OBJ-2026-5", "competence-gap": "CMP-014", "communication-not-made": "COM-007",
		"supplier-result-without-action": "EVL-005",
	} {
		w.planted[id] = registered(subject)
	}
	// What such a document was to evidence is due as well.
	for id, control := range map[string]string{
		"policy-out-of-date-due": "doc-security-policy", "document-not-approved-due": "doc-service-design", "document-file-missing-due": "doc-demand",
		"document-changed-due": "doc-resources", "access-not-laid-down": "doc-access",
	} {
		w.planted[id] = control
	}
	w.writeDocuments()
	w.buildReviews()
	w.registers.assets, w.registers.articles = w.assets(), w.articles()
}

const (
	missingDocument = "DOC-042" // planted: nobody finds its file
	changedDocument = "DOC-038" // planted: somebody wrote into it after it was approved
)

// writeDocuments makes the files that the register of documents names, and notes the hash that each had when it was approved.
func (w *world) writeDocuments() {
	t := w.registers.kept["document"]
	at := func(row []string, column string) string { return row[slices.Index(t.header, column)] }
	for i, row := range t.rows {
		id := at(row, "document_id")
		approved := "Not approved yet."
		if on := at(row, "approved_on"); on != "" {
			approved = fmt.Sprintf("Approved by %s on %s.", at(row, "approved_by"), on)
		}
		text := fmt.Sprintf("# %s\n\n%s, version %s. Owner: %s. %s\n\nThis is a document of the sample organization. It stands for the text that yours would hold.\n",
			at(row, "title"), id, at(row, "version"), at(row, "owner"), approved)
		sum := sha256.Sum256([]byte(text))
		t.rows[i] = append(row, hex.EncodeToString(sum[:]))
		if id == changedDocument {
			text += "\nTwo more people for the desk in New York.\n"
		}
		if id != missingDocument {
			w.registers.files = append(w.registers.files, [2]string{at(row, "path"), text})
		}
	}
	t.header = append(t.header, "sha256")
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
		w.registers.reviews = append(w.registers.reviews, append([]string{fmt.Sprintf("REV-%03d", n), kind, title, service, customer, supplier, ticket, planned, held, outcome, minutes},
			make([]string, len(reviewColumns)-11)...))
	}
	// more says of the last review what only some kinds have, as column, value, column, value.
	more := func(pairs ...string) {
		last := w.registers.reviews[n-1]
		for i := 0; i < len(pairs); i += 2 {
			last[slices.Index(reviewColumns, pairs[i])] = pairs[i+1]
		}
	}
	for i, d := range []string{"2025-06-24", "2025-12-09", "2026-06-23"} {
		add("management_review", "Management review", "", "", "", "", d, d, "actions agreed")
		more("chaired_by", director, "participants", quality+", Sabine Krüger, Denise Carter, Katrin Vogel, Uta Brandt", "next_on", []string{"2025-12-09", "2026-06-23", "2026-12-15"}[i])
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
	more("document_id", "DOC-025", "target_minutes", "240", "achieved_minutes", "222", "chaired_by", "Anke Petersen", "next_on", "2027-05-15")
	add("restore_test", "Restore of the file shares", "SVC-02", "", "", "", "2026-03-18", "2026-03-18", "passed")
	more("target_minutes", "480", "achieved_minutes", "305", "chaired_by", "Stefan Wolff", "next_on", "2027-03-17")
	add("restore_test", "Restore of the data warehouse", "SVC-11", "", "", "", "2026-09-16", "2026-09-17", "passed")
	more("target_minutes", "720", "achieved_minutes", "640", "chaired_by", "Victor Alvarez", "next_on", "2027-09-15")
	for m := time.Date(2025, 6, 8, 12, 0, 0, 0, berlin); m.Unix() < asOf; m = m.AddDate(0, 1, 0) {
		d := m.Format("2006-01-02")
		title := "Service reports of " + m.AddDate(0, -1, 0).Format("January 2006")
		if d == "2026-05-08" || d == "2026-06-08" { // planted: nobody looked at the reports of two months
			add("report_review", title, "", "", "", "", d, "", "")
			w.planted["report-review-not-held-"+d[:7]] = registered(fmt.Sprintf("REV-%03d", n))
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
	w.buildYearly(add, more)
	w.planted["continuity-test-missed"] = registered(fmt.Sprintf("REV-%03d", n))
}

// buildYearly adds what is looked at once a year, and the tests of the other critical services. The last of them took longer
// than agreed.
func (w *world) buildYearly(add func(kind, title, service, customer, supplier, ticket, planned, held, outcome string), more func(pairs ...string)) {
	for _, r := range []struct{ kind, title, on, by, next string }{
		{"service_catalogue_review", "Review of the service catalogue", "2026-03-19", "Linda Nguyen", "2027-03-18"},
		{"capacity_review", "Review of capacity and demand", "2026-04-15", "Stefan Wolff", "2027-04-14"},
		{"security_review", "Review of the security controls", "2026-05-13", "Uta Brandt", "2027-05-12"},
		{"access_review", "Review of access rights", "2026-06-10", "Uta Brandt", "2026-12-09"},
		{"document_review", "Review of the documents", "2026-03-05", quality, "2027-03-04"},
	} {
		add(r.kind, r.title, "", "", "", "", r.on, r.on, "actions agreed")
		more("chaired_by", r.by, "next_on", r.next)
	}
	for _, t := range []struct{ title, service, on, outcome, took string }{
		{"Office network without the main switch", "SVC-04", "2025-10-11", "passed", "45"},
		{"Sign-in from the second data centre", "SVC-05", "2026-02-07", "passed", "70"},
		{"Warehouse management from the second data centre", weakService, "2026-09-05", "failed", "410"}, // planted
	} {
		add("continuity_test", t.title, t.service, "", "", "", t.on, t.on, t.outcome)
		more("document_id", "DOC-025", "target_minutes", "240", "achieved_minutes", t.took, "chaired_by", "Anke Petersen", "next_on", "2027"+t.on[4:])
	}
}
