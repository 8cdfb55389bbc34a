package reports

import (
	"fmt"
	"slices"
	"strings"

	"deskproof/controls"
)

// openByID names the requirements that are not conforming by their short ids, for page 1.
func (b *builder) openByID() []Field {
	var out []Field
	for _, x := range []struct {
		status controls.Status
		label  string
	}{{controls.Nonconforming, "Nonconforming"}, {controls.EvidenceDue, "Evidence due"}, {controls.NotAssessed, "Not assessed"}, {controls.Waived, "Waived"}} {
		var parts []string
		for _, f := range b.frameworks() {
			var ids []string
			for _, q := range b.Results.Requirements {
				if !q.Heading && q.Status == x.status && q.Framework == f.Framework {
					ids = append(ids, q.Entry.ID)
				}
			}
			if scope := int64(f.Total) - count(f, controls.NotApplicable); len(ids) > 40 && int64(len(ids))*10 >= scope*8 {
				ids = []string{fmt.Sprintf("%s of %s requirements in scope", FormatCount(int64(len(ids))), FormatCount(scope))} // the few others are told by name
			}
			if n := int64(len(ids)); n > 60 { // page 1 stays one page; the overview and the matrix list all
				ids = append(slices.Clone(ids[:40]), "and "+FormatCount(n-40)+" more")
			}
			if len(ids) > 0 {
				parts = append(parts, f.Framework.Short+": "+strings.Join(ids, ", "))
			}
		}
		if len(parts) > 0 {
			out = append(out, Field{x.label, T(strings.Join(parts, "; "))})
		}
	}
	return out
}

// evidenceFirst counts by framework, and lists what needs something done, nonconforming first.
func (b *builder) evidenceFirst() Section {
	n, _ := tally(b.Results)
	title := b.toDoEmpty()
	if n[controls.Nonconforming]+n[controls.EvidenceDue] > 0 {
		title = say("ev_open", "n", n[controls.Nonconforming]+n[controls.EvidenceDue], "b", n[controls.Nonconforming], "c", n[controls.EvidenceDue])
	}
	s := Section{ID: "overview", Code: "E-0", Short: "Overview", Title: title, Subtitle: "requirements without headings; status through controls, documents and people; no percentage is printed because requirements are not equal"}
	c := &Chart{ID: "status-counts", Sheet: "To do", Kind: ChartStacked, Unit: Count, Title: "Requirements by framework and status", Subtitle: "whole of each framework; " + b.periodText(), Alt: "Bars of the number of requirements by framework and status.", Empty: "No framework is asked for."}
	roles := map[controls.Status]Role{controls.Conforming: RoleBetter, controls.Nonconforming: RoleWorse, controls.EvidenceDue: RoleWatch, controls.Waived: RoleOther, controls.NotAssessed: RoleMuted, controls.NotApplicable: RolePrevious}
	for i, st := range controls.Statuses() {
		series, any := ChartSeries{Name: st.Words(), Role: roles[st]}, false
		for _, f := range b.frameworks() {
			v := float64(f.Counts[i].Count)
			series.Values, any = append(series.Values, Ptr(v)), any || v > 0
		}
		if any { // a legend of empty series tells nothing
			c.Series = append(c.Series, series)
		}
	}
	for _, f := range b.frameworks() {
		c.Labels = append(c.Labels, f.Framework.Short)
	}
	s.Blocks = append(s.Blocks, c, b.toDoTable())
	if len(b.Results.Problems) > 0 {
		s.Blocks = append(s.Blocks, &Callout{Kind: "warning", Title: "Could not be run or understood", Text: strings.Join(b.Results.Problems, " · ")})
	}
	return s
}

// toDoTable is what needs something done: nonconforming requirements, then those that lack evidence.
func (b *builder) toDoTable() *Table {
	t := &Table{ID: "to-do", Title: "What needs something done", Subtitle: "nonconforming first; decided by: controls with exceptions above their tolerance, documents that are missing or stale, or the judgement of a person", Empty: b.toDoEmpty(), Sheet: "To do", Search: true, Filters: []string{"framework", "status"},
		Columns: []Column{{Key: "framework", Title: "Framework", Kind: ID, Priority: 1}, {Key: "id", Title: "Requirement", Kind: ID, Priority: 1}, {Key: "title", Title: "Gist", Priority: 1, Wrap: true, Width: 6}, {Key: "status", Title: "Status", Kind: State, Priority: 1}, {Key: "decided", Title: "Decided by", Priority: 1, Wrap: true, Width: 7}}}
	for _, status := range []controls.Status{controls.Nonconforming, controls.EvidenceDue} {
		for _, f := range b.frameworks() {
			for i := range b.Results.Requirements {
				q := &b.Results.Requirements[i]
				if !q.Heading && q.Status == status && q.Framework == f.Framework {
					t.Rows = append(t.Rows, []Value{Key(f.Framework.Short, ""), {Kind: ID, Text: q.Entry.ID, Ref: "matrix-" + anchor(f.Framework.ID())}, T(q.Entry.Title), S(Status(q.Status)), T(b.decided(q, 4))})
				}
			}
		}
	}
	return t
}

// toDoEmpty is what stands where nothing needs to be done: that nothing was assessed is no good news.
func (b *builder) toDoEmpty() string {
	n, all := tally(b.Results)
	if scope := all - n[controls.NotApplicable]; scope == n[controls.NotAssessed] {
		return sayN("ev_unassessed", scope)
	}
	return say("ev_open_none")
}

// answered is how many controls of a requirement gave an answer: found their inputs and something to test.
func (b *builder) answered(q *controls.RequirementResult) (n int64) {
	for _, id := range q.Controls {
		if r, ok := b.Results.Control(id); ok && r.Inputs && r.Population > 0 {
			n++
		}
	}
	return n
}

// onlyPartly tells that a requirement is conforming, and some of its controls could not be assessed.
func (b *builder) onlyPartly(q *controls.RequirementResult) bool {
	return !q.Heading && q.Status == controls.Conforming && !q.ByJudgement && b.answered(q) < int64(len(q.Controls))
}

// partly counts such requirements.
func (b *builder) partly() (n int64) {
	for i := range b.Results.Requirements {
		if b.onlyPartly(&b.Results.Requirements[i]) {
			n++
		}
	}
	return n
}

// touchedWords counts the controls that only touch a requirement, by how they stand.
func (b *builder) touchedWords(q *controls.RequirementResult) string {
	n := map[controls.Status]int{}
	for _, t := range q.Touched {
		if r, ok := b.Results.Control(t.Control.ID); ok {
			n[r.Status]++
		}
	}
	var parts []string
	for _, st := range controls.Statuses() {
		if n[st] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[st], st.Words()))
		}
	}
	return Plural(int64(len(q.Touched)), "control", "controls") + " (" + strings.Join(parts, ", ") + ")"
}

// decided says in a few words what decided the status of a requirement: ids of controls and documents.
func (b *builder) decided(q *controls.RequirementResult, most int) string {
	if q.ByJudgement {
		return "judged by " + who(q.Judged)
	}
	var against, missing, quiet []string
	answered := b.answered(q)
	for _, id := range q.Controls {
		r, ok := b.Results.Control(id)
		if !ok {
			continue
		}
		switch {
		case r.Status == q.Status && q.Status != controls.NotAssessed:
			against = append(against, id)
		case !r.Inputs:
			missing = append(missing, id)
		case r.Population == 0:
			quiet = append(quiet, id)
		}
	}
	due := 0
	for _, d := range q.Documents {
		if d.Due != "" {
			due++
			if q.Status == controls.EvidenceDue {
				against = append(against, d.DocumentID)
			}
		}
	}
	switch q.Status {
	case controls.Nonconforming, controls.EvidenceDue:
		return orWord(names(against, most), q.Reason)
	case controls.Conforming:
		var parts []string
		switch asked := int64(len(q.Controls)); {
		case answered < asked:
			parts = append(parts, fmt.Sprintf("%s of %s assessed", FormatCount(answered), Plural(asked, "control", "controls")))
		case answered > 0:
			parts = append(parts, Plural(answered, "control", "controls"))
		}
		if n := len(q.Documents) - due; n > 0 {
			parts = append(parts, Plural(int64(n), "document", "documents"))
		}
		return orWord(strings.Join(parts, ", "), q.Reason)
	case controls.NotAssessed:
		switch {
		case len(q.Controls)+len(q.Documents) == 0 && q.Because() != "":
			return q.Because()
		case len(q.Touched) > 0:
			return "no control, no document; support only: touched by " + b.touchedWords(q)
		case len(q.Controls)+len(q.Documents) == 0:
			return "no control, no document"
		case len(missing) > 0:
			return "input missing: " + names(missing, min(2, most))
		case len(quiet) > 0:
			return "nothing happened: " + names(quiet, min(2, most))
		}
	}
	return q.Reason
}
