package controls

import (
	"context"
	"slices"
	"sort"

	"deskproof/model"
)

// Verdict says in which direction something moved between two checks.
type Verdict string

// The verdicts, in the order in which they are shown. A status that people decided (waived, not applicable) is no
// better record; a control that could be assessed and no longer can is lost evidence and never good news.
const (
	Worse     Verdict = "worse"
	Lost      Verdict = "no longer assessed"
	Redefined Verdict = "defined differently" // the definition changed between the checks, so the figures do not compare
	Removed   Verdict = "no longer asked"
	Decided   Verdict = "decided by people"
	Added     Verdict = "newly asked"
	Better    Verdict = "better"
	Unchanged Verdict = "unchanged"
)

// Verdicts lists the verdicts in the order in which they are shown.
func Verdicts() []Verdict {
	return []Verdict{Worse, Lost, Redefined, Removed, Decided, Added, Better, Unchanged}
}

// Changes is what moved since an earlier check.
type Changes struct {
	Baseline     Check
	Controls     []ControlChange     // those that moved, in the order of Verdicts, then of the catalogue
	Requirements []RequirementChange // those whose status moved, likewise
	Same         int                 // controls without any change
	Shared       int                 // requirements that were asked then and are asked now; 0: the frameworks are others
}

// ControlChange is how one control moved.
type ControlChange struct {
	Control       string
	Title         string
	OwnerRole     string // empty when the control is no longer asked
	Process       string
	Verdict       Verdict
	Before, After Status // empty when it was not asked then, or is not asked now
	// Exceptions and population then and now; nil when an input was missing.
	WasExceptions, WasPopulation, NowExceptions, NowPopulation *int64

	New  []Exception // exceptions that the baseline did not have, by moment and subject
	Gone []Exception // exceptions of the baseline that are no more; their moment is not remembered
}

// RequirementChange is how one requirement moved.
type RequirementChange struct {
	Requirement   string
	Title         string
	Verdict       Verdict
	Before, After Status
}

type oldControl struct {
	Control, Title, Status string
	Population, Exceptions *int64
	DefinitionSHA256       string `db:"definition_sha256"`
}

type oldException struct{ Control, Subject, TicketID, Reason string }

type oldRequirement struct{ Requirement, Status string }

// Compare says what moved between a remembered check and these results. Results of a part of the catalogue are compared
// with that part only: nothing counts as removed then.
func Compare(ctx context.Context, db *model.DB, baseline Check, r *Results, whole bool) (*Changes, error) {
	before, err := model.Select[oldControl](ctx, db, `SELECT control, title, status, population, exceptions, definition_sha256
		FROM check_control WHERE check_id = ? ORDER BY control`, baseline.CheckID)
	if err != nil {
		return nil, err
	}
	found, err := model.Select[oldException](ctx, db, `SELECT control, subject, coalesce(ticket_id, '') AS ticket_id, reason
		FROM check_exception WHERE check_id = ? ORDER BY control, subject`, baseline.CheckID)
	if err != nil {
		return nil, err
	}
	requirements, err := model.Select[oldRequirement](ctx, db, "SELECT requirement, status FROM check_requirement WHERE check_id = ? ORDER BY requirement", baseline.CheckID)
	if err != nil {
		return nil, err
	}
	out := &Changes{Baseline: baseline}
	old := map[string]oldControl{}
	for _, o := range before {
		old[o.Control] = o
	}
	was := map[string][]Exception{}
	for _, e := range found {
		was[e.Control] = append(was[e.Control], Exception{Subject: e.Subject, TicketID: e.TicketID, Reason: e.Reason})
	}
	for i := range r.Controls {
		c := &r.Controls[i]
		o, asked := old[c.Control.ID]
		delete(old, c.Control.ID)
		change := ControlChange{Control: c.Control.ID, Title: c.Control.Title, OwnerRole: c.Control.OwnerRole, Process: c.Control.Process, After: c.Status}
		if c.Inputs {
			population, exceptions := c.Population, int64(len(c.Exceptions))
			change.NowPopulation, change.NowExceptions = &population, &exceptions
		}
		if !asked {
			change.Verdict = Added
			out.Controls = append(out.Controls, change)
			continue
		}
		change.Before, change.WasPopulation, change.WasExceptions = Status(o.Status), o.Population, o.Exceptions
		change.New, change.Gone = difference(c.Exceptions, was[c.Control.ID]), difference(was[c.Control.ID], c.Exceptions)
		change.Verdict = change.verdict()
		if o.DefinitionSHA256 != c.SHA256 && (change.Verdict != Unchanged || len(change.New)+len(change.Gone) > 0) {
			change.Verdict = Redefined
		}
		if change.Verdict == Unchanged && len(change.New)+len(change.Gone) == 0 {
			out.Same++
			continue
		}
		out.Controls = append(out.Controls, change)
	}
	if whole {
		for _, o := range before {
			if _, gone := old[o.Control]; gone {
				out.Controls = append(out.Controls, ControlChange{Control: o.Control, Title: o.Title, Verdict: Removed, Before: Status(o.Status),
					WasPopulation: o.Population, WasExceptions: o.Exceptions, Gone: was[o.Control]})
			}
		}
	}
	then := map[string]Status{}
	for _, q := range requirements {
		then[q.Requirement] = Status(q.Status)
	}
	for _, q := range r.Requirements {
		before, known := then[q.ID]
		if known && !q.Heading {
			out.Shared++
		}
		if known && !q.Heading && before != q.Status {
			out.Requirements = append(out.Requirements, RequirementChange{Requirement: q.ID, Title: q.Entry.Title, Verdict: moved(before, q.Status), Before: before, After: q.Status})
		}
	}
	sort.SliceStable(out.Controls, func(i, j int) bool { return place(out.Controls[i].Verdict) < place(out.Controls[j].Verdict) })
	sort.SliceStable(out.Requirements, func(i, j int) bool { return place(out.Requirements[i].Verdict) < place(out.Requirements[j].Verdict) })
	return out, nil
}

func place(v Verdict) int { return slices.Index(Verdicts(), v) }

// verdict compares the statuses, and where they are equal what did not pass: a population that grew around the same
// exceptions is no improvement. Where some are new and some are gone, the shares decide, because periods differ in size.
func (c ControlChange) verdict() Verdict {
	if v := moved(c.Before, c.After); v != Unchanged {
		return v
	}
	switch {
	case len(c.New) == 0 && len(c.Gone) == 0:
		return Unchanged
	case len(c.Gone) == 0:
		return Worse
	case len(c.New) == 0:
		return Better
	}
	was, now := *c.WasExceptions**c.NowPopulation, *c.NowExceptions**c.WasPopulation // shares over one denominator
	switch {
	case now > was:
		return Worse
	case now < was:
		return Better
	}
	return Unchanged
}

// moved is the verdict on two statuses.
func moved(before, after Status) Verdict {
	people := func(s Status) bool { return s == Waived || s == NotApplicable }
	rank := map[Status]int{Nonconforming: 0, EvidenceDue: 1, NotAssessed: 2, Conforming: 3}
	switch {
	case before == after:
		return Unchanged
	case people(before) || people(after):
		return Decided
	case after == NotAssessed:
		return Lost
	case rank[after] < rank[before]:
		return Worse
	}
	return Better
}

// difference lists the exceptions of a that b does not name.
func difference(a, b []Exception) []Exception {
	known := make(map[string]bool, len(b))
	for _, e := range b {
		known[e.Subject] = true
	}
	var out []Exception
	for _, e := range a {
		if !known[e.Subject] {
			out = append(out, e)
		}
	}
	return out
}
