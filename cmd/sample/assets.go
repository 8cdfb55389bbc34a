package sample

import "fmt"

var (
	assetColumns     = []string{"asset_id", "name", "asset_type", "owner", "status"}
	knowledgeColumns = []string{"article_id", "title", "owner", "status", "published_at", "review_by"}
)

// assets are what was bought: devices by site, and licences by service. One in use belongs to nobody, as planted.
func (w *world) assets() [][]string {
	r := newRNG("assets")
	var rows [][]string
	add := func(name, kind, owner, status string) {
		rows = append(rows, []string{fmt.Sprintf("AST-%04d", len(rows)+1), name, kind, owner, status})
	}
	for _, site := range []struct{ name, owner string }{{"Berlin", "Holger Thießen"}, {"New York", "Denise Carter"}} {
		for i := 1; i <= 24; i++ {
			status := "in_use"
			if i > 18 {
				status = pick(r, []string{"stock", "retired", "in_use"})
			}
			owner := site.owner
			if site.name == "New York" && i == 7 {
				owner = ""
				w.planted["asset-without-owner"] = registered(fmt.Sprintf("AST-%04d", len(rows)+1))
			}
			add(fmt.Sprintf("%s %s %02d", pick(r, []string{"Laptop", "Laptop", "Monitor", "Telephone", "Printer"}), site.name, i), "hardware", owner, status)
		}
	}
	for _, s := range w.services {
		add("Licence for "+s.name, "licence", s.owner, "in_use")
	}
	return rows
}

// articles are what the desk looks up. One was not reviewed in time, as planted.
func (w *world) articles() [][]string {
	list := []struct{ title, owner, status string }{
		{"Reset a password", "Uta Brandt", "published"}, {"Connect from home", "Anke Petersen", "published"}, {"Restore a deleted file", "Stefan Wolff", "published"},
		{"Escalate to the carrier at night", "Anke Petersen", "published"}, {"Set up a new workplace", "Holger Thießen", "published"},
		{"Printer is offline", "Holger Thießen", "published"}, {"Warehouse scanner loses its connection", "Linda Nguyen", "published"},
		{"Payroll run stops at step 4", "Victor Alvarez", "published"}, {"Order portal answers slowly", "Linda Nguyen", "published"},
		{"Mailbox is full", "Holger Thießen", "published"}, {"Report of last night is missing", "Victor Alvarez", "published"},
		{"Recognize a phishing mail", "Uta Brandt", "published"}, {"Set up fax", "Anke Petersen", "retired"}, {"Sign in with a key", "Uta Brandt", "draft"},
	}
	var rows [][]string
	for i, a := range list {
		key := fmt.Sprintf("KB-%03d", i+1)
		published, reviewBy := fmt.Sprintf("2025-%02d-%02dT09:00:00Z", 5+i%7, 2+i), fmt.Sprintf("2027-%02d-15", 1+i%6)
		switch {
		case a.status == "draft":
			published, reviewBy = "", ""
		case a.title == "Payroll run stops at step 4":
			reviewBy = "2026-07-31"
			w.planted["article-review-overdue"] = registered(key)
		}
		rows = append(rows, []string{key, a.title, a.owner, a.status, published, reviewBy})
	}
	return rows
}
