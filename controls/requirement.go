package controls

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// RequirementResult is how one requirement stands through its controls and documents.
type RequirementResult struct {
	ID        string // iso20000-1:2018/8.6.1
	Framework *Framework
	Entry     Entry
	Level     int  // depth in the framework, from 1
	Heading   bool // it has entries below it: its status only sums them up, and is not stored or counted
	Status    Status
	Reason    string
	Controls  []string        // ids of the controls that answer it
	Assessed  int             // controls of these that gave an answer
	Documents []DocumentState // documents that name it
	Scope     *config.ScopeEntry
	Waiver    *config.Waiver

	Measured    Status     // status through controls and documents alone, before anything that people decided
	Judged      *Judgement // assessment that counts for it; nil when nobody assessed it
	ByJudgement bool       // the assessment decides the status: nothing was measured, or the person found worse
	Differs     bool       // something was measured, and the person found something else

	Related []Crosswalk // what the crosswalk says, read from this requirement
	Touched []Touch     // controls of related requirements that ran, where no control and no document answers: they decide nothing
}

// DocumentState is a document of the register that names a requirement.
type DocumentState struct {
	DocumentID string
	Title      string
	Version    string
	Owner      string
	ApprovedOn *time.Time // day; nil = not approved
	ReviewBy   *time.Time // day; nil = not planned
	Due        string     // what is missing or stale, in words; empty = in force
}

// FrameworkResult sums up the requirements of one framework; headings are not counted.
type FrameworkResult struct {
	Framework *Framework
	Counts    []StatusCount // one for each status, in the order of Statuses
	Total     int
}

// StatusCount is how many requirements have a status.
type StatusCount struct {
	Status Status
	Count  int
}

// Requirement finds the result of a requirement; FALSE when it was not asked for.
func (r *Results) Requirement(id string) (RequirementResult, bool) {
	i := slices.IndexFunc(r.Requirements, func(x RequirementResult) bool { return x.ID == id })
	if i < 0 {
		return RequirementResult{}, false
	}
	return r.Requirements[i], true
}

// Control finds the result of a control; FALSE when it was not run.
func (r *Results) Control(id string) (ControlResult, bool) {
	i := slices.IndexFunc(r.Controls, func(x ControlResult) bool { return x.Control.ID == id })
	if i < 0 {
		return ControlResult{}, false
	}
	return r.Controls[i], true
}

// judge gives every requirement its status.
func (r *Results) judge(ctx context.Context, db *model.DB, opt Options) error {
	documents, err := r.documents(ctx, db, opt)
	if err != nil {
		return err
	}
	results := map[string]*ControlResult{}
	for i := range r.Controls {
		results[r.Controls[i].Control.ID] = &r.Controls[i]
	}
	mapped := r.Catalogue.mappings()
	for _, f := range r.Catalogue.Frameworks {
		if len(opt.Frameworks) > 0 && !slices.Contains(opt.Frameworks, f.ID()) {
			continue
		}
		at := map[string]int{}
		for _, e := range f.Entries {
			id := f.ID() + "/" + e.ID
			q := RequirementResult{ID: id, Framework: f, Entry: e, Level: f.Level(e.ID), Heading: len(f.Children(e.ID)) > 0, Related: r.Catalogue.Related(id)}
			q.Scope = scopeOf(f, e, opt.Scope)
			if !q.Heading {
				var answers []*ControlResult
				for _, k := range r.Catalogue.ControlsFor(id) {
					if res := results[k.ID]; res != nil {
						answers = append(answers, res)
						q.Controls = append(q.Controls, k.ID)
					}
				}
				q.Documents = documents[id]
				q.Judged = r.judgementOf(f, e)
				q.aggregate(answers)
				q.touch(r.Catalogue.touching(id, mapped), results)
				q.decide(opt)
			}
			at[e.ID] = len(r.Requirements)
			r.Requirements = append(r.Requirements, q)
		}
		r.rollUp(f, at)
	}
	return nil
}

// scopeOf finds the decision that takes an entry, or a heading above it, out of scope.
func scopeOf(f *Framework, e Entry, scope []config.ScopeEntry) *config.ScopeEntry {
	for _, id := range f.upward(e) {
		for i := range scope {
			if scope[i].ID == id {
				return &scope[i]
			}
		}
	}
	return nil
}

// aggregate is the rule: what fails decides, then what is due, then what is waived; one answer is enough to conform, and
// what gave no answer is named. The same rule over what was measured alone gives Measured.
func (q *RequirementResult) aggregate(answers []*ControlResult) {
	due := 0
	for _, d := range q.Documents {
		if d.Due != "" {
			due++
		}
	}
	measured := map[Status]int{}
	for _, a := range answers {
		measured[a.Measured]++
	}
	q.Measured = worst(measured, len(answers), due, len(q.Documents)-due)
	by := map[Status][]string{}
	for _, a := range answers {
		if a.Status != NotAssessed && a.Status != NotApplicable {
			q.Assessed++
		}
		text := a.Control.ID
		if a.Status == Nonconforming || a.Status == EvidenceDue {
			text += fmt.Sprintf(" (%d of %d)", len(a.Exceptions), a.Population)
		}
		by[a.Status] = append(by[a.Status], text)
	}
	var stale []string
	for _, d := range q.Documents {
		if d.Due != "" {
			stale = append(stale, fmt.Sprintf("%s %q %s", d.DocumentID, d.Title, d.Due))
		}
	}
	var parts []string
	say := func(what string, items []string) {
		if len(items) > 0 {
			parts = append(parts, what+" "+strings.Join(items, ", "))
		}
	}
	inForce := len(q.Documents) - due
	n := map[Status]int{}
	for s, list := range by {
		n[s] = len(list)
	}
	q.Status = worst(n, len(answers), due, inForce)
	if len(answers) == 0 && len(q.Documents) == 0 {
		q.Reason = "No control and no document."
		return
	}
	say("exceptions:", by[Nonconforming])
	say("due:", append(by[EvidenceDue], stale...))
	say("waived:", by[Waived])
	if len(answers) > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d controls assessed, %d conforming", q.Assessed, len(answers), len(by[Conforming])))
	}
	if len(q.Documents) > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d documents in force", inForce, len(q.Documents)))
	}
	say("not assessed:", by[NotAssessed])
	say("out of scope:", by[NotApplicable])
	q.Reason = strings.ToUpper(parts[0][:1]) + parts[0][1:]
	if len(parts) > 1 {
		q.Reason += "; " + strings.Join(parts[1:], "; ")
	}
	q.Reason += "."
}

// worst is the status of a requirement by its controls (n of each status, all of them) and its documents.
func worst(n map[Status]int, all, due, inForce int) Status {
	switch {
	case n[Nonconforming] > 0:
		return Nonconforming
	case n[EvidenceDue] > 0 || due > 0:
		return EvidenceDue
	case n[Waived] > 0:
		return Waived
	case n[Conforming] > 0 || inForce > 0:
		return Conforming
	case all > 0 && n[NotApplicable] == all:
		return NotApplicable
	}
	return NotAssessed
}

// rollUp sums the entries below each heading up, for display; the last entries of a framework are the deepest.
func (r *Results) rollUp(f *Framework, at map[string]int) {
	counts := FrameworkResult{Framework: f}
	number := map[Status]int{}
	for _, i := range at {
		if q := r.Requirements[i]; !q.Heading {
			number[q.Status]++
			counts.Total++
		}
	}
	for _, s := range Statuses() {
		counts.Counts = append(counts.Counts, StatusCount{s, number[s]})
	}
	r.Frameworks = append(r.Frameworks, counts)
	for _, e := range f.Entries {
		q := &r.Requirements[at[e.ID]]
		if !q.Heading {
			continue
		}
		n, measured, leaves := map[Status]int{}, map[Status]int{}, r.Catalogue.below(q.ID)
		for _, leaf := range leaves {
			_, id := SplitRequirement(leaf)
			n[r.Requirements[at[id]].Status]++
			measured[r.Requirements[at[id]].Measured]++
		}
		q.Status, q.Measured = worst(n, len(leaves), 0, 0), worst(measured, len(leaves), 0, 0)
		var parts []string
		for _, s := range Statuses() {
			if n[s] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n[s], s.Words()))
			}
		}
		q.Reason = fmt.Sprintf("Of %d requirements below it: %s.", len(leaves), strings.Join(parts, ", "))
	}
}

// documents reads which documents name which requirements. Naming a heading names everything below it; naming one of
// two requirements that the crosswalk calls equal names both.
func (r *Results) documents(ctx context.Context, db *model.DB, opt Options) (map[string][]DocumentState, error) {
	type row struct {
		DocumentID, Title, Version, Owner, Requirements, Due string
		ApprovedOn, ReviewBy                                 *time.Time
	}
	const query = "SELECT document_id, title, version, owner, approved_on, review_by, requirements, due FROM document_state ORDER BY document_id"
	rows, err := model.Select[row](ctx, db, withShared(query, opt.Params().values()))
	if err != nil {
		return nil, err
	}
	out := map[string][]DocumentState{}
	for _, d := range rows {
		s := DocumentState{DocumentID: d.DocumentID, Title: d.Title, Version: d.Version, Owner: d.Owner, ApprovedOn: d.ApprovedOn, ReviewBy: d.ReviewBy, Due: d.Due}
		named := map[string]bool{}
		for _, id := range strings.FieldsFunc(d.Requirements, func(c rune) bool { return c == ' ' || c == ',' || c == ';' || c == '\n' || c == '\t' || c == '\r' }) {
			if _, _, ok := r.Catalogue.Entry(id); !ok {
				r.Problems = append(r.Problems, strings.TrimSuffix(fmt.Sprintf("document %s names the requirement %q, which the catalogue does not have (%s)",
					d.DocumentID, id, hintOr(r.Catalogue, id)), " ()"))
				continue
			}
			for _, leaf := range r.Catalogue.below(id) {
				for _, to := range append([]string{leaf}, r.Catalogue.equals(leaf)...) {
					if !named[to] {
						named[to] = true
						out[to] = append(out[to], s)
					}
				}
			}
		}
	}
	return out, nil
}

func hintOr(c *Catalogue, id string) string {
	if h := c.suggestRequirement(id); h != "" {
		return h
	}
	return strictyaml.Suggest(id, c.FrameworkIDs())
}
