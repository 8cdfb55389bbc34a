package reports

import (
	"fmt"
	"time"

	"deskproof/controls"
)

// mostMoved is how many new, and how many gone, exceptions of one control are listed; their numbers are always given.
const mostMoved = 20

// changes says what moved since an earlier check; without one, a plain sentence why not.
func (b *builder) changes(e *evidence) Section {
	s := Section{ID: "changes", Code: "V", Short: "Since the last check", Title: b.NotCompared, Subtitle: "a check of the whole catalogue is remembered in the warehouse each time that it runs"}
	c := b.Changes
	if c == nil {
		s.Title = orWord(s.Title, "This report was not compared with an earlier check")
		return s
	}
	span := func(from, to time.Time) string {
		if !from.After(far) {
			return "all records up to " + b.instant(to)
		}
		last := to.Add(-time.Microsecond)
		return Format(b.dayOf(&from), nil) + " to " + Format(b.dayOf(&last), nil)
	}
	p := b.Results.Params()
	s.Subtitle = fmt.Sprintf("then: check %d, as of %s, period %s; now: as of %s, period %s; a period that moved on drops what is older, so an exception can be gone without being mended",
		c.Baseline.CheckID, b.instant(c.Baseline.AsOf), span(c.Baseline.PeriodFrom, c.Baseline.PeriodTo), b.instant(b.AsOf), span(p.From, p.To))
	n := map[controls.Verdict]int64{}
	var added, gone int64
	for _, x := range c.Controls {
		n[x.Verdict]++
		added, gone = added+int64(len(x.New)), gone+int64(len(x.Gone))
	}
	if len(c.Controls)+len(c.Requirements) == 0 {
		s.Title = say("ev_since_none", "c", c.Baseline.CheckID)
		return s
	}
	s.Title = say("ev_since", "c", c.Baseline.CheckID, "w", n[controls.Worse], "l", n[controls.Lost], "g", n[controls.Better], "a", added, "o", gone, "q", len(c.Requirements))
	if c.Shared == 0 {
		s.Title = say("ev_since_controls", "c", c.Baseline.CheckID, "w", n[controls.Worse], "l", n[controls.Lost], "g", n[controls.Better], "a", added, "o", gone)
	}
	s.Blocks = append(s.Blocks, changeCounts(c, n), b.changedControls(c), b.movedExceptions(e, c), b.changedRequirements(c))
	return s
}

// verdictWords say what a verdict means for controls.
var verdictWords = map[controls.Verdict]string{
	controls.Worse:     "the status is worse, or more fails of what was tested",
	controls.Lost:      "it could be assessed and no longer can: an input or everything of the kind is missing",
	controls.Redefined: "the control itself was changed, so that the figures do not compare",
	controls.Removed:   "the catalogue asks it no more",
	controls.Decided:   "waived or taken out of scope, or no longer so: no better and no worse record",
	controls.Added:     "it was not asked then",
	controls.Better:    "the status is better, or less fails of what was tested",
	controls.Unchanged: "the same share, though some exceptions are new and as many are gone",
}

func changeCounts(c *controls.Changes, n map[controls.Verdict]int64) *Table {
	t := &Table{ID: "change-counts", Title: "How the controls moved", Subtitle: "the rows add up to the controls asked then or now", Sheet: "Changes", Empty: "No control was asked.",
		Columns: []Column{{Key: "verdict", Title: "Since then", Priority: 1, Width: 3}, {Key: "n", Title: "Controls", Kind: Count, Priority: 1}, {Key: "requirements", Title: "Requirements", Kind: Count, Priority: 1}, {Key: "meaning", Title: "What it means", Priority: 1, Wrap: true, Width: 8}}}
	moved := map[controls.Verdict]int64{}
	for _, q := range c.Requirements {
		moved[q.Verdict]++
	}
	for _, v := range controls.Verdicts() {
		requirements := N(moved[v])
		if c.Shared == 0 {
			requirements = NotMeasured("other frameworks then")
		}
		if n[v]+moved[v] > 0 || v == controls.Worse || v == controls.Lost || v == controls.Better {
			t.Rows = append(t.Rows, []Value{T(string(v)), N(n[v]), requirements, T(verdictWords[v])})
		}
	}
	t.Rows = append(t.Rows, []Value{T("no change at all"), N(c.Same), T("–"), T("status and exceptions are the same")})
	return t
}

func (b *builder) changedControls(c *controls.Changes) *Table {
	t := &Table{ID: "changed-controls", Title: "Controls that moved", Subtitle: "worse first; exceptions of things tested, then and now; new and gone: exceptions by name", Sheet: "Changes", Search: true, Filters: []string{"verdict"}, Empty: "No control moved.",
		Columns: []Column{{Key: "verdict", Title: "Since then", Priority: 1, Wrap: true, Width: 2}, {Key: "control", Title: "Control", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "title", Title: "What should hold", Priority: 2, Wrap: true, Width: 4}, {Key: "owner", Title: "Owner role", Priority: 3, Wrap: true, Width: 3},
			{Key: "before", Title: "Then", Kind: State, Priority: 1, Width: 3}, {Key: "after", Title: "Now", Kind: State, Priority: 1, Width: 3}, {Key: "was", Title: "Exceptions then", Priority: 1, Width: 2}, {Key: "now", Title: "Exceptions now", Priority: 1, Width: 2}, {Key: "new", Title: "New", Kind: Count, Priority: 1}, {Key: "gone", Title: "Gone", Kind: Count, Priority: 1}}}
	status := func(s controls.Status) Value {
		if s == "" {
			return T("not asked")
		}
		return S(Status(s))
	}
	counted := func(x, of *int64, s controls.Status) Value {
		switch {
		case s == "":
			return T("–")
		case x == nil || of == nil:
			return NotMeasured("input missing")
		}
		return T(kOfN(KofN{*x, *of}))
	}
	for _, x := range c.Controls {
		id := Key(x.Control, "")
		if _, ok := b.Results.Control(x.Control); ok && x.NowExceptions != nil && *x.NowExceptions > 0 {
			id = b.listed(x.Control, x.Control)
		}
		t.Rows = append(t.Rows, []Value{T(string(x.Verdict)), id, T(x.Title), T(orWord(x.OwnerRole, "–")), status(x.Before), status(x.After), counted(x.WasExceptions, x.WasPopulation, x.Before), counted(x.NowExceptions, x.NowPopulation, x.After), N(len(x.New)), N(len(x.Gone))})
	}
	return t
}

func (b *builder) movedExceptions(e *evidence, c *controls.Changes) *Table {
	t := &Table{ID: "moved-exceptions", Title: "Exceptions that came and went", Subtitle: fmt.Sprintf("at most %d new and %d gone ones a control; all new ones stand in the exceptions register", mostMoved, mostMoved), Sheet: "Changes", PDFRows: 40, Search: true, Filters: []string{"moved", "control"}, Empty: "No exception came, and none went.",
		Columns: []Column{{Key: "moved", Title: "Is", Priority: 1}, {Key: "control", Title: "Control", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "subject", Title: "Ticket or record", Kind: ID, Priority: 1, Width: 3}, {Key: "reason", Title: "What was found", Priority: 1, Wrap: true, Width: 7}}}
	list := func(word string, x controls.ControlChange, all []controls.Exception) {
		for i, ex := range all {
			if i == mostMoved {
				t.Rows = append(t.Rows, []Value{T(word), Key(x.Control, ""), T("…"), T(fmt.Sprintf("and %s more", FormatCount(int64(len(all)-mostMoved))))})
				break
			}
			t.Rows = append(t.Rows, []Value{T(word), Key(x.Control, ""), e.subject(ex.Subject, ex.TicketID), T(ex.Reason)})
		}
	}
	for _, x := range c.Controls {
		list("new", x, x.New)
		list("gone", x, x.Gone)
	}
	return t
}

func (b *builder) changedRequirements(c *controls.Changes) *Table {
	t := &Table{ID: "changed-requirements", Title: "Requirements whose status moved", Subtitle: "worse first", Sheet: "Changes", Search: true, Filters: []string{"verdict"}, Empty: "No requirement changed its status.",
		Columns: []Column{{Key: "verdict", Title: "Since then", Priority: 1, Wrap: true, Width: 2}, {Key: "framework", Title: "Framework", Kind: ID, Priority: 1}, {Key: "id", Title: "Requirement", Kind: ID, Priority: 1}, {Key: "title", Title: "Gist", Priority: 1, Wrap: true, Width: 6}, {Key: "before", Title: "Then", Kind: State, Priority: 1}, {Key: "after", Title: "Now", Kind: State, Priority: 1}}}
	if c.Shared == 0 {
		t.Empty = "That check remembers no requirement of these frameworks: it was made for others."
	}
	for _, q := range c.Requirements {
		framework, id := controls.SplitRequirement(q.Requirement)
		name := framework
		if r, ok := b.Results.Requirement(q.Requirement); ok {
			name = r.Framework.Short
		}
		t.Rows = append(t.Rows, []Value{T(string(q.Verdict)), Key(name, ""), {Kind: ID, Text: id, Ref: "matrix-" + anchor(framework)}, T(q.Title), S(Status(q.Before)), S(Status(q.After))})
	}
	return t
}
