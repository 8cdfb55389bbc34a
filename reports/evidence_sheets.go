package reports

import (
	"fmt"
	"strings"
	"time"

	"deskproof/controls"
)

// matrix is the conformity matrix of one framework: one row a requirement, headings included.
func (b *builder) matrix(e *evidence, f controls.FrameworkResult) Section {
	id := f.Framework.ID()
	s := Section{ID: "matrix-" + anchor(id), Code: "E-" + f.Framework.Name, Short: cut("Matrix "+f.Framework.Name, 28), Landscape: true,
		Subtitle: "one row a requirement; titles are short names, not the text of the standard; * = title or number from memory, not confirmed"}
	t := &Table{ID: "matrix-table-" + anchor(id), Title: "Conformity matrix: " + f.Framework.Short, Subtitle: "k of n = exceptions of all controls of the requirement, of the things tested", Search: true, Filters: []string{"status"},
		Sheet: cut("Matrix "+f.Framework.Name, 28), Empty: "The framework has no requirement.",
		Columns: []Column{{Key: "id", Title: "Requirement", Kind: ID, Priority: 1}, {Key: "title", Title: "Gist", Priority: 1, Wrap: true, Width: 5}, {Key: "status", Title: "Status", Kind: State, Priority: 1},
			{Key: "controls", Title: "Evidence", Priority: 1, Wrap: true, Width: 4}, {Key: "owner", Title: "Owner role", Priority: 3, Wrap: true, Width: 2}, {Key: "exceptions", Title: "Exceptions", Priority: 1}, {Key: "documents", Title: "Documents", Priority: 2, Wrap: true, Width: 2},
			{Key: "newest", Title: "Newest evidence", Kind: Instant, Priority: 2}, {Key: "reason", Title: "What decided it", Priority: 1, Wrap: true, Width: 6}}}
	n := map[controls.Status]int64{}
	for _, c := range f.Counts {
		n[c.Status] = int64(c.Count)
	}
	for _, q := range b.Results.Requirements {
		if q.Framework.ID() != id {
			continue
		}
		title := q.Entry.Title
		if q.Entry.Certainty == "M" {
			title += "*"
		}
		if q.Heading {
			t.Rows = append(t.Rows, []Value{{Kind: ID, Text: q.Entry.ID, Strong: true}, {Text: title, Strong: true}, T("heading"), T("–"), T("–"), T("–"), T("–"), T("–"), T(q.Reason)})
			continue
		}
		var codes, docs, owners []string
		var k, tested int64
		var newest *time.Time
		for _, id := range q.Controls {
			r, ok := b.Results.Control(id)
			if !ok {
				continue
			}
			codes = append(codes, "P-"+id)
			if o := r.Control.OwnerRole; o != "" && !contains(owners, o) {
				owners = append(owners, o)
			}
			if r.Inputs {
				k, tested = k+int64(len(r.Exceptions)), tested+r.Population
			}
			if at := e.newest[id]; at != nil && (newest == nil || at.After(*newest)) {
				newest = at
			}
		}
		for _, d := range q.Documents {
			docs = append(docs, d.DocumentID)
		}
		exceptions, last := NotMeasured("no control of it had a population"), NotMeasured("no evidence with a date")
		if tested > 0 {
			exceptions = T(kOfN(KofN{k, tested}))
		}
		if newest != nil {
			last = At(*newest)
		}
		t.Rows = append(t.Rows, []Value{Key(q.Entry.ID, ""), T(title), S(Status(q.Status)), T(orWord(strings.Join(codes, ", "), "none")), T(orWord(strings.Join(owners, ", "), "–")), exceptions,
			T(orWord(strings.Join(docs, ", "), "none")), last, T(q.Reason)})
	}
	s.Title = say("ev_summary", "n", int64(f.Total)-n[controls.NotApplicable], "a", n[controls.Conforming], "b", n[controls.Nonconforming], "c", n[controls.EvidenceDue], "d", n[controls.NotAssessed])
	s.Blocks = append(s.Blocks, t, &Paragraph{Muted: true, Text: "Source of the identifiers: " + f.Framework.Source + " " + f.Framework.Licence})
	return s
}

// exceptionRegister is every exception of every control.
func (b *builder) exceptionRegister(e *evidence) Section {
	s := Section{ID: "exceptions", Code: "X", Short: "Exceptions register", Subtitle: "statement of fact, ticket and time; the full lists are the files exceptions/X-….csv of the pack"}
	t := &Table{ID: "exception-list", Title: "Every exception", Subtitle: "in the order of the catalogue, then of time", PDFRows: 60, Search: true, Filters: []string{"code", "status"}, Sheet: "Exceptions",
		Empty: "No exception was found, or no control could be tested; the sheets of the controls say which.",
		Columns: []Column{{Key: "code", Title: "Code", Kind: ID, Priority: 1, Wrap: true, Width: 2}, {Key: "criterion", Title: "Criterion", Priority: 2, Wrap: true, Width: 3}, {Key: "control", Title: "What should hold", Priority: 1, Wrap: true, Width: 4},
			{Key: "ticket", Title: "Ticket or record", Kind: ID, Priority: 1}, {Key: "when", Title: "When", Kind: Instant, Priority: 1}, {Key: "fact", Title: "What was found", Priority: 1, Wrap: true, Width: 5}, {Key: "also", Title: "Also in", Priority: 3, Wrap: true}, {Key: "status", Title: "Control", Kind: State, Priority: 2}}}
	var found, tested, all int64
	for _, r := range b.Results.Controls {
		if r.Inputs && r.Population > 0 {
			tested++
		}
		if len(r.Exceptions) > 0 {
			found++
		}
		for _, x := range r.Exceptions {
			all++
			var also []string
			for _, c := range e.twice[x.Subject] {
				if c != r.Control.ID {
					also = append(also, "X-"+c)
				}
			}
			t.Rows = append(t.Rows, []Value{Key("X-"+r.Control.ID, ""), T(b.criteria(r.Control)), T(r.Control.Title), e.subject(x.Subject, x.TicketID), atOrDash(x.OccurredAt), T(x.Reason), T(orWord(strings.Join(also, ", "), "–")), S(Status(r.Status))})
		}
	}
	switch {
	case tested == 0:
		s.Title = say("no_data", "metric", "Exceptions", "missing", "no control found its input and a population")
	case found == 0:
		s.Title = say("ev_noexcept", "n", tested)
	default:
		s.Title = say("ev_exceptions", "k", found, "n", tested, "x", all)
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

// criteria are the requirements that a control answers, within the frameworks asked for.
func (b *builder) criteria(k *controls.Control) string {
	var out []string
	for _, m := range k.MapsTo {
		framework, id := controls.SplitRequirement(m)
		for _, f := range b.Results.Frameworks {
			if f.Framework.ID() == framework {
				out = append(out, f.Framework.Name+" "+id)
			}
		}
	}
	return orWord(strings.Join(out, ", "), "–")
}

// controlIndex is one row a control: the way into the sheets.
func (b *builder) controlIndex(e *evidence) Section {
	s := Section{ID: "controls", Code: "P", Short: "Controls", Subtitle: "one row a control; codes: P population, X exceptions, Q query, S sample; the files of the pack carry the same codes"}
	t := &Table{ID: "control-list", Title: "Controls and their results", Subtitle: "the whole population is tested", Search: true, Filters: []string{"process", "status"}, Sheet: "Controls", Empty: "The catalogue has no control.",
		Columns: []Column{{Key: "control", Title: "Control", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "title", Title: "What should hold", Priority: 1, Wrap: true, Width: 5}, {Key: "process", Title: "Process", Priority: 3, Wrap: true}, {Key: "criterion", Title: "Criterion", Priority: 2, Wrap: true, Width: 3},
			{Key: "n", Title: "Population", Kind: Count, Priority: 1}, {Key: "exceptions", Title: "Exceptions", Kind: Count, Priority: 1}, {Key: "tolerance", Title: "Tolerance", Kind: Percent, Priority: 2}, {Key: "status", Title: "Status", Kind: State, Priority: 1}, {Key: "reason", Title: "What decided it", Priority: 2, Wrap: true, Width: 5}}}
	assessed := int64(0)
	for _, r := range b.Results.Controls {
		n, x := NotMeasured(r.Reason), NotMeasured(r.Reason)
		if r.Inputs {
			n, x = N(r.Population), N(len(r.Exceptions))
			if r.Population == 0 {
				x = NotMeasured("nothing to test")
			} else {
				assessed++
			}
		}
		t.Rows = append(t.Rows, []Value{{Kind: ID, Text: r.Control.ID, Ref: controlAnchor(r.Control)}, T(r.Control.Title), T(controls.ProcessTitle(r.Control.Process)), T(b.criteria(r.Control)), n, x, toleranceValue(r.Control), S(Status(r.Status)), T(r.Reason)})
	}
	s.Title = fmt.Sprintf("%s of %s had a population to test", FormatCount(assessed), Plural(int64(len(b.Results.Controls)), "control", "controls"))
	s.Blocks = append(s.Blocks, t)
	return s
}

func controlAnchor(k *controls.Control) string { return "control-" + anchor(k.ID) }

func toleranceValue(k *controls.Control) Value {
	if k.Tolerance == 0 {
		return T("none")
	}
	return Pct(float64(k.Tolerance), nil)
}

func toleranceText(k *controls.Control) string { return Format(toleranceValue(k), nil) }

// controlSheet is the working paper of one control.
func (b *builder) controlSheet(e *evidence, r *controls.ControlResult) Section {
	k := r.Control
	s := Section{ID: controlAnchor(k), Code: "P-" + k.ID, Level: 2, Short: cut(k.ID, 28), Subtitle: k.ID + "; " + controls.ProcessTitle(k.Process) + "; " + b.periodText()}
	n := int64(len(r.Exceptions))
	population, result := NotMeasured(r.Reason), NotMeasured(r.Reason)
	switch {
	case !r.Inputs || r.Population == 0:
		s.Title = say("ev_control_no", "control", k.Title)
		if r.Inputs {
			s.Title = say("ev_control_empty", "control", k.Title)
			population = T("0: nothing of the kind in the period")
		}
	default:
		population = T(FormatCount(r.Population) + " (list P-" + k.ID + ")")
		result = T(fmt.Sprintf("%s without exception, %s", kOfN(KofN{r.Population - n, r.Population}), Plural(n, "exception", "exceptions")))
		if r.Population < SmallN {
			s.Title = k.Title + ": " + lowerFirst(say("ev_control_s", "n", r.Population, "k", n, "t", toleranceText(k), "status", controls.Status(r.Status).Words()))
		} else {
			rate := float64(k.Tolerance)
			s.Title = k.Title + ": " + lowerFirst(say("ev_control", "n", r.Population, "k", n, "rate", FormatPercent(float64(n)/float64(r.Population), &rate, 0), "t", toleranceText(k), "status", controls.Status(r.Status).Words()))
		}
	}
	if !r.Inputs || r.Population == 0 {
		items := []Field{{"Criterion", T(b.criteria(k))}, {"Question", T(k.Question)}, {"Population", population}}
		if len(r.Missing) > 0 {
			items = append(items, Field{"Missing inputs", T(strings.Join(r.Missing, "; "))})
		}
		items = append(items, Field{"Conclusion", S(Status(r.Status))}, Field{"What decided it", T(r.Reason)}, Field{"Query", T("Q-" + k.ID)},
			Field{"Definition", T("owner role " + orWord(k.OwnerRole, "not named") + "; SHA-256 " + short(r.SHA256))})
		s.Blocks = append(s.Blocks, &Facts{ID: "facts-" + anchor(k.ID), Title: k.ID, Items: items})
		return s
	}
	drawn := "no sample: there is no population"
	for _, d := range e.samples {
		if d.Control.ID == k.ID {
			drawn = fmt.Sprintf("%s drawn (list S-%s)", FormatCount(int64(len(d.Rows))), k.ID)
		}
	}
	items := []Field{{"Criterion", T(b.criteria(k))}, {"Question", T(k.Question)}, {"Why it matters", T(k.Why)}, {"An auditor asks", T(k.AuditorAsks)},
		{"Population", population}, {"Query", T("Q-" + k.ID + ": file queries/Q-" + k.ID + ".sql of the pack; it runs by hand as it stands")},
		{"Test", T("every thing of the population; " + exceptionWords(k))}, {"Tolerance", T(toleranceText(k))}, {"Result", result},
		{"Conclusion", S(Status(r.Status))}, {"What decided it", T(r.Reason)}, {"Sample", T(drawn)}}
	if r.Status == controls.Nonconforming || r.Status == controls.EvidenceDue {
		items = append(items, Field{"What to do", T(k.WhenItFails)})
	}
	items = append(items, Field{"Limits", T("Records show what was written down, not what was not recorded. Deleted and merged tickets are outside every population.")},
		Field{"Definition", T("owner role " + orWord(k.OwnerRole, "not named") + "; SHA-256 " + short(r.SHA256))})
	s.Blocks = append(s.Blocks, &Facts{ID: "facts-" + anchor(k.ID), Title: k.ID, Items: items})
	if n > 0 {
		t := &Table{ID: "x-" + anchor(k.ID), Title: fmt.Sprintf("X-%s: %s", k.ID, firstOf(n)), Subtitle: "in the order of time; all of them: exceptions register and file exceptions/X-" + k.ID + ".csv",
			Columns: []Column{{Key: "ticket", Title: "Ticket or record", Kind: ID, Priority: 1, Width: 3}, {Key: "when", Title: "When", Kind: Instant, Priority: 1, Width: 3}, {Key: "fact", Title: "What was found", Priority: 1, Wrap: true, Width: 8}}}
		for _, x := range r.Exceptions[:min(10, len(r.Exceptions))] {
			t.Rows = append(t.Rows, []Value{e.subject(x.Subject, x.TicketID), atOrDash(x.OccurredAt), T(x.Reason)})
		}
		s.Blocks = append(s.Blocks, t)
	}
	return s
}

func exceptionWords(k *controls.Control) string {
	if k.Finding == controls.EvidenceDue {
		return "above the tolerance the evidence is due"
	}
	return "above the tolerance it is nonconforming"
}

func firstOf(n int64) string {
	if n > 10 {
		return "the first 10 of " + FormatCount(n) + " exceptions"
	}
	return Plural(n, "exception", "exceptions")
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
