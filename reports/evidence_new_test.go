package reports

import (
	"context"
	"strings"
	"testing"
	"time"

	"deskproof/controls"
	"deskproof/model/config"
)

func findSection(t *testing.T, d *Document, id string) Section {
	t.Helper()
	for _, s := range d.Sections {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("there is no section %s", id)
	return Section{}
}

// TestCoverageAddsUp: every requirement in scope stands in exactly one cell of each row's kinds, and one of its statuses.
func TestCoverageAddsUp(t *testing.T) {
	in := evidenceInput(t)
	in.Config.Catalogue.Frameworks = []string{"cobit:2019", "itil:4"}
	in = evaluate(t, in)
	doc := build(t, "evidence", in)
	inScope := map[string]int64{}
	for _, f := range in.Results.Frameworks {
		inScope[anchor(f.Framework.ID())] = int64(f.Total) - count(f, controls.NotApplicable)
	}
	n := map[string]int64{}
	for _, block := range findSection(t, doc, "coverage").Blocks {
		c := block.(*Chart)
		if len(c.Labels) > partRows || len(c.Cells) != len(c.Labels) || c.Alt == "" {
			t.Errorf("%s: %d rows, %d cells, description %q", c.ID, len(c.Labels), len(c.Cells), c.Alt)
		}
		for i, row := range c.Cells {
			var sum, total int64
			for j, cell := range row {
				k := number(t, cell.Text)
				if j == 0 {
					total = k
				} else {
					sum += k
				}
			}
			if sum != total || len(row) != len(c.Columns) {
				t.Errorf("%s, %s: the cells give %d, in scope are %d", c.ID, c.Labels[i], sum, total)
			}
			for f := range inScope {
				if strings.HasPrefix(c.ID, "rests-"+f) {
					n[f] += total
				}
			}
		}
	}
	for f, want := range inScope {
		if n[f] != want {
			t.Errorf("%s: %d requirements in the heat map, %d in scope", f, n[f], want)
		}
	}
	// Touched requirements stay not assessed, and the matrix says that they are support only.
	touched := 0
	for _, q := range in.Results.Requirements {
		if !q.Heading && len(q.Touched) > 0 {
			touched++
			if q.Judged == nil && q.Status == controls.Conforming {
				t.Errorf("%s is conforming by touch", q.ID)
			}
		}
	}
	if text := dump(doc); touched == 0 || !strings.Contains(text, "and never conformity") || !strings.Contains(text, "support only: touched by") {
		t.Errorf("%d requirements are touched, and the matrix does not say so", touched)
	}
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	var n int64
	for _, r := range strings.ReplaceAll(s, ",", "") {
		if r < '0' || r > '9' {
			t.Fatalf("%q is no count", s)
		}
		n = n*10 + int64(r-'0')
	}
	return n
}

func TestExceptionsByAddUp(t *testing.T) {
	in := evidenceInput(t)
	doc := build(t, "evidence", in)
	all := 0
	for _, r := range in.Results.Controls {
		all += len(r.Exceptions)
	}
	for _, id := range []string{"exceptions-by-process-table", "exceptions-by-role-table"} {
		sum := 0
		for _, r := range findTable(t, doc, id).Rows {
			if r[2].Kind == Count {
				sum += int(r[2].Number)
			}
			if r[8].Kind == ID && !strings.HasPrefix(r[8].Ref, "exception-list?code=X-") {
				t.Errorf("%s does not lead to its exceptions: %q", r[8].Text, r[8].Ref)
			}
		}
		if sum != all || all == 0 {
			t.Errorf("%s: %d exceptions, the results have %d", id, sum, all)
		}
	}
	// Each tested control shows the query that found its exceptions, and how its population is known to be whole.
	codes, tested := 0, 0
	for _, s := range doc.Sections {
		for _, block := range s.Blocks {
			if c, ok := block.(*Code); ok && strings.Contains(c.Text, "exceptions AS") {
				codes++
			}
		}
	}
	for _, r := range in.Results.Controls {
		if r.Inputs && r.Population > 0 {
			tested++
		}
	}
	if codes != tested || strings.Count(dump(doc), "\n  Completeness: ") != tested {
		t.Errorf("%d queries for %d tested controls", codes, tested)
	}
}

func TestToDoByOwner(t *testing.T) {
	in := evidenceInput(t)
	exec := func(sql string) {
		if err := in.DB.Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO risk (risk_id, title, owner, status, review_by, action, action_due_on) VALUES
		('RSK-1', 'Carrier', 'Ada', 'open', '2026-12-01', 'Order a second line', '2026-11-20'), ('RSK-2', 'Old', 'Ada', 'closed', '2026-01-01', 'x', '2026-01-01')`)
	exec("INSERT INTO improvement (improvement_id, title, owner, due_on, done_on) VALUES ('IMR-1', 'Done', 'Ada', '2026-10-01', '2026-10-02'), ('IMR-2', 'Far', 'Ada', '2027-06-01', NULL)")
	in.Config.Catalogue.Assessments = []config.Assessment{{Requirement: "iso20000-1:2018/4.1", Status: "conforming", Rationale: "Seen.", Evidence: []string{"x"}, By: "Ben", On: "2025-12-10"}}
	in = evaluate(t, in)
	rows := func(date string) (map[string]Value, string) {
		in.Config.Reports.AuditDate = date
		doc := build(t, "evidence", in)
		out := map[string]Value{}
		for _, r := range findTable(t, doc, "todo-list").Rows {
			out[r[0].Text+" | "+r[6].Text+" | "+r[4].Text] = r[2]
		}
		var n float64
		for _, r := range findTable(t, doc, "todo-owners").Rows {
			n += r[1].Number
		}
		if int(n) != len(findTable(t, doc, "todo-list").Rows) {
			t.Errorf("%s: %v by owner, %d in the list", date, n, len(out))
		}
		return out, findSection(t, doc, "todo").Title
	}
	for _, tc := range []struct {
		date, title string
		has, lacks  []string
	}{
		{"2026-12-14", "up to the audit on 14 Dec 2026, in 39 days",
			[]string{"Ada | RSK-1 | Review the risk", "Ada | RSK-1 | Carry out the action on the risk: Order a second line", "Ben | iso20000-1:2018/4.1 | Assess anew: the assessment grows old", "(no owner named) | DOC-2 | Document has no owner and was due for review on 31 Oct 2026"},
			[]string{"Ada | IMR-2 | Finish the improvement", "RSK-2", "IMR-1", "The waiver ends", "DOC-1"}},
		{"2027-02-15", "in 102 days", []string{"Service manager | inc-priority-set | The waiver ends: mend what it excuses, or decide anew", "Head of IT | DOC-1 | Document falls due for review"}, []string{"IMR-2"}},
		{"", "no audit date is set", []string{"Ada | IMR-2 | Finish the improvement", "Ada | RSK-1 | Carry out the action on the risk: Order a second line", "Service manager | inc-priority-set | The waiver ends: mend what it excuses, or decide anew"}, []string{"Review the risk", "grows old"}},
		{"2026-11-01", "is over", []string{"Ada | IMR-2 | Finish the improvement"}, nil},
	} {
		got, title := rows(tc.date)
		if !strings.Contains(title, tc.title) {
			t.Errorf("%q: the title is %q", tc.date, title)
		}
		all := strings.Join(sortedKeys(got), "\n")
		for _, want := range tc.has {
			if _, ok := got[want]; !ok {
				t.Errorf("%q lacks %q in\n%s", tc.date, want, all)
			}
		}
		for _, bad := range tc.lacks {
			if strings.Contains(all, bad) {
				t.Errorf("%q lists %q", tc.date, bad)
			}
		}
		if d := got["(no owner named) | DOC-2 | Document has no owner and was due for review on 31 Oct 2026"]; d.Number != -5 {
			t.Errorf("%q: %v days", tc.date, d.Number)
		}
	}
}

func TestChangesSinceACheck(t *testing.T) {
	in := evidenceInput(t)
	if s := findSection(t, build(t, "evidence", in), "changes"); len(s.Blocks) != 0 || !strings.Contains(s.Title, "was not compared") {
		t.Errorf("without a baseline: %q, %d blocks", s.Title, len(s.Blocks))
	}
	day := func(d int) time.Time { return time.Date(2026, 9, d, 0, 0, 0, 0, time.UTC) }
	one, two, twenty := int64(1), int64(25), int64(30)
	var many []controls.Exception
	for range 25 {
		many = append(many, controls.Exception{Subject: "desk:INC-1", TicketID: "desk:INC-1", Reason: "late"})
	}
	in.Changes = &controls.Changes{Baseline: controls.Check{CheckID: 3, AsOf: day(30), PeriodFrom: day(1), PeriodTo: day(30)}, Same: 4, Shared: 2,
		Controls: []controls.ControlChange{{Control: "inc-priority-set", Title: "Priority", Verdict: controls.Worse, Before: controls.Conforming, After: controls.Nonconforming, WasExceptions: &one, WasPopulation: &twenty, NowExceptions: &two, NowPopulation: &twenty, New: many},
			{Control: "gone-control", Title: "Gone", Verdict: controls.Removed, Before: controls.Conforming}},
		Requirements: []controls.RequirementChange{{Requirement: "iso20000-1:2018/8.6.1", Title: "Incidents", Verdict: controls.Better, Before: controls.Nonconforming, After: controls.Conforming}}}
	doc := build(t, "evidence", in)
	s := findSection(t, doc, "changes")
	if s.Title != "Since check 3: 1 control is worse, 0 no longer assessed, 0 better; 25 exceptions are new, 0 are gone; 1 requirement changed its status" {
		t.Error(s.Title)
	}
	if !strings.Contains(s.Subtitle, "period 1 Sep 2026 to 30 Sep 2026; now: as of 6 Nov 2026 00:00, period 1 Nov 2025 to 31 Oct 2026") {
		t.Error(s.Subtitle)
	}
	moved := findTable(t, doc, "moved-exceptions").Rows
	if len(moved) != mostMoved+1 || moved[mostMoved][3].Text != "and 5 more" {
		t.Errorf("%d exceptions, the last says %q", len(moved), moved[len(moved)-1][3].Text)
	}
	if v := cell(t, findTable(t, doc, "changed-controls"), "no longer asked", "after"); v.Text != "not asked" {
		t.Errorf("a control that is asked no more is now %v", v)
	}
	in.Changes.Shared = 0 // a check of other frameworks says nothing of these requirements
	in.Changes.Requirements = nil
	doc = build(t, "evidence", in)
	if s := findSection(t, doc, "changes"); strings.Contains(s.Title, "requirement") || !strings.Contains(dump(doc), "was made for others") {
		t.Error(s.Title)
	}
}
