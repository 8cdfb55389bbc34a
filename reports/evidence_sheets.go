package reports

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"deskproof/controls"
)

// matrix is the conformity matrix of one framework: one row a requirement, headings included; what stands behind each is a
// table of its own, a row a control or document. The number is its place among the frameworks, from 1.
func (b *builder) matrix(e *evidence, number int, f controls.FrameworkResult) Section {
	id := f.Framework.ID()
	s := Section{ID: "matrix-" + anchor(id), Code: "E-" + strconv.Itoa(number), Short: cut("Matrix "+f.Framework.Short, 34), Landscape: true,
		Subtitle: "one row a requirement; titles are short names, not the text of the standard; " + controls.DoubtLegend}
	t := &Table{ID: "matrix-table-" + anchor(id), Title: "Conformity matrix: " + f.Framework.Short, Subtitle: "measured: by controls and documents alone; judged: by a person; exceptions: of all controls of the requirement, of the things tested; the controls by name stand in the table below and in the sheets", Search: true, Filters: []string{"status"},
		Sheet: cut("Matrix "+f.Framework.Name, 28), Empty: "The framework has no requirement.",
		Columns: []Column{{Key: "id", Title: "Requirement", Kind: ID, Priority: 1, Width: 2}, {Key: "title", Title: "Gist", Priority: 1, Wrap: true, Width: 8}, {Key: "status", Title: "Status", Kind: State, Priority: 1, Width: 3},
			{Key: "measured", Title: "Measured", Kind: State, Priority: 1, Width: 3}, {Key: "judged", Title: "Judged", Kind: State, Priority: 1, Width: 3},
			{Key: "decided", Title: "What decided it", Priority: 1, Wrap: true, Width: 8}, {Key: "controls", Title: "Controls", Kind: Count, Priority: 1}, {Key: "exceptions", Title: "Exceptions", Priority: 1, Width: 2}, {Key: "documents", Title: "Documents", Kind: Count, Priority: 1},
			{Key: "newest", Title: "Newest evidence", Kind: Date, Priority: 1, Width: 3}}}
	behind := &Table{ID: "matrix-evidence-" + anchor(id), Title: "Evidence behind each requirement", Subtitle: "a row a control, document or assessment; where nothing answers, the controls of related requirements, which only touch and decide nothing", Search: true, Filters: []string{"status", "requirement"}, Sheet: "Evidence", PDFRows: 3, Empty: "No control, document or assessment answers a requirement of this framework.",
		Columns: []Column{{Key: "requirement", Title: "Requirement", Kind: ID, Priority: 1}, {Key: "code", Title: "Evidence", Kind: ID, Priority: 1}, {Key: "title", Title: "What it shows", Priority: 1, Wrap: true, Width: 6}, {Key: "owner", Title: "Owner", Priority: 1, Wrap: true, Width: 3}, {Key: "n", Title: "Tested", Kind: Count, Priority: 1}, {Key: "exceptions", Title: "Exceptions", Kind: Count, Priority: 1},
			{Key: "newest", Title: "Newest", Kind: Date, Priority: 2}, {Key: "status", Title: "Status", Kind: State, Priority: 1}, {Key: "reason", Title: "Why", Priority: 2, Wrap: true, Width: 6}}}
	n := map[controls.Status]int64{}
	for _, c := range f.Counts {
		n[c.Status] = int64(c.Count)
	}
	for i := range b.Results.Requirements {
		q := &b.Results.Requirements[i]
		if q.Framework.ID() != id {
			continue
		}
		title := q.Entry.Marked()
		if q.Heading {
			t.Rows = append(t.Rows, []Value{{Kind: ID, Text: q.Entry.ID, Strong: true}, {Text: title, Strong: true}, T("heading"), T("–"), T("–"), T("–"), T("–"), T("–"), T("–"), T("–")})
			continue
		}
		var k, tested int64
		var newest *time.Time
		for _, id := range q.Controls {
			r, ok := b.Results.Control(id)
			if !ok {
				continue
			}
			population, found := NotMeasured("not tested"), NotMeasured("not tested")
			if r.Inputs {
				k, tested = k+int64(len(r.Exceptions)), tested+r.Population
				population, found = N(r.Population), N(len(r.Exceptions))
			}
			at := e.newest[id]
			if at != nil && (newest == nil || at.After(*newest)) {
				newest = at
			}
			behind.Rows = append(behind.Rows, []Value{Key(q.Entry.ID, ""), {Kind: ID, Text: "P-" + id, Ref: processAnchor(r.Control)}, T(r.Control.Title), T(orWord(r.Control.OwnerRole, "–")), population, found, b.dayOf(at), S(Status(r.Status)), T(r.Reason)})
		}
		for _, t := range q.Touched {
			if r, ok := b.Results.Control(t.Control.ID); ok {
				behind.Rows = append(behind.Rows, []Value{Key(q.Entry.ID, ""), {Kind: ID, Text: "P-" + t.Control.ID, Ref: processAnchor(r.Control)}, T("only touches: " + r.Control.Title), T(orWord(r.Control.OwnerRole, "–")), T("–"), T("–"), b.dayOf(e.newest[t.Control.ID]), S(Status(r.Status)), T(t.Maps + ", " + t.Words() + "; it decides nothing here")})
			}
		}
		for _, d := range q.Documents {
			status := StatusConforming
			if d.Due != "" {
				status = StatusEvidenceDue
			}
			behind.Rows = append(behind.Rows, []Value{Key(q.Entry.ID, ""), Key(d.DocumentID, ""), T(d.Title), orMissing(d.Owner, "no owner is recorded"), T("–"), T("–"), dayOrMissing(d.ApprovedOn, "not approved"), S(status), T(orWord(d.Due, "approved and within review"))})
		}
		if j := q.Judged; j != nil {
			behind.Rows = append(behind.Rows, []Value{Key(q.Entry.ID, ""), {Kind: ID, Text: "J", Ref: "judged"}, T("assessment by a person"), T(j.By), T("–"), T("–"), day(j.On), S(Status(j.Found())), T(j.Rationale)})
		}
		exceptions := T("–")
		if tested > 0 {
			exceptions = T(kOfN(KofN{k, tested}))
		} else if len(q.Controls) > 0 {
			exceptions = T("not tested")
		}
		decided := T(b.decided(q, 3))
		if b.onlyPartly(q) {
			decided.Text, decided.Strong = "conforming, "+decided.Text, true
		}
		t.Rows = append(t.Rows, []Value{Key(q.Entry.ID, ""), T(title), S(Status(q.Status)), S(Status(q.Measured)), judgedValue(q), decided, N(len(q.Controls)), exceptions, N(len(q.Documents)), b.dayOf(newest)})
	}
	if w := n[controls.Waived]; w > 0 { // the parts add up to the requirements in scope
		s.Title = say("ev_summary_w", "name", f.Framework.Short, "w", w, "n", int64(f.Total)-n[controls.NotApplicable], "a", n[controls.Conforming], "b", n[controls.Nonconforming], "c", n[controls.EvidenceDue], "d", n[controls.NotAssessed])
	} else {
		s.Title = say("ev_summary", "name", f.Framework.Short, "n", int64(f.Total)-n[controls.NotApplicable], "a", n[controls.Conforming], "b", n[controls.Nonconforming], "c", n[controls.EvidenceDue], "d", n[controls.NotAssessed])
	}
	if touched := b.onlyTouched(f.Framework); touched > 0 {
		s.Blocks = append(s.Blocks, &Paragraph{Text: say("ev_touched", "n", touched)})
	}
	if alone := b.alone(id); alone > 0 {
		s.Blocks = append(s.Blocks, &Paragraph{Text: say("ev_alone", "k", alone)})
	}
	s.Blocks = append(s.Blocks, t, behind, &Paragraph{Muted: true, Text: "Source of the identifiers: " + f.Framework.Source + " " + f.Framework.Licence})
	return s
}

// dayOf is the day of an instant in the zone of the organization.
func (b *builder) dayOf(t *time.Time) Value {
	if t == nil {
		return T("–")
	}
	l := t.In(b.zone)
	return Day(time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, time.UTC))
}

// exceptionRegister is every exception of every control.
func (b *builder) exceptionRegister(e *evidence) Section {
	s := Section{ID: "exceptions", Code: "X", Short: "Exceptions register", Subtitle: "statement of fact, ticket and time; the full lists are the files exceptions/X-….csv of the pack"}
	t := &Table{ID: "exception-list", Title: "Every exception", Subtitle: "in the order of the catalogue, then of time", PDFRows: 40, Search: true, Filters: []string{"code", "status"}, Sheet: "Exceptions",
		Empty: "No exception was found, or no control could be tested; the sheets of the controls say which.",
		Columns: []Column{{Key: "code", Title: "Code", Kind: ID, Priority: 1, Wrap: true, Width: 2}, {Key: "criterion", Title: "Criterion", Priority: 3, Wrap: true, Width: 3}, {Key: "control", Title: "What should hold", Priority: 1, Wrap: true, Width: 4},
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
			t.Rows = append(t.Rows, []Value{Key("X-"+r.Control.ID, ""), T(b.criteriaShort(r.Control)), T(r.Control.Title), e.subject(x.Subject, x.TicketID), atOrDash(x.OccurredAt), T(x.Reason), T(orWord(strings.Join(also, ", "), "–")), S(Status(r.Status))})
		}
	}
	switch {
	case tested == 0:
		s.Title = say("no_data", "metric", "Exceptions", "missing", "no control found its input and a population")
	case found == 0:
		s.Title = sayN("ev_noexcept", tested)
	default:
		s.Title = say("ev_exceptions", "k", found, "n", tested, "x", all)
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

// criteria are the requirements that a control answers, within the frameworks asked for.
func (b *builder) criteria(k *controls.Control) string {
	var parts []string
	for _, f := range b.frameworks() {
		if ids := mapped(k, f.Framework); len(ids) > 0 {
			parts = append(parts, f.Framework.Short+": "+strings.Join(ids, ", "))
		}
	}
	return orWord(strings.Join(parts, "; "), "–")
}

// mapped are the ids of a framework that a control is a test of.
func mapped(k *controls.Control, f *controls.Framework) (ids []string) {
	for _, m := range k.MapsTo {
		if framework, id := controls.SplitRequirement(m); framework == f.ID() {
			ids = append(ids, id)
		}
	}
	return ids
}

// criteriaShort are the ids alone, framework after framework in their order.
func (b *builder) criteriaShort(k *controls.Control) string {
	var parts []string
	for _, f := range b.frameworks() {
		if ids := mapped(k, f.Framework); len(ids) > 0 {
			parts = append(parts, strings.Join(ids, ", "))
		}
	}
	return orWord(strings.Join(parts, " · "), "–")
}

// controlIndex is one row a control: the way into the sheets.
func (b *builder) controlIndex() Section {
	s := Section{ID: "controls", Code: "P", Short: "Controls", Subtitle: "one row a control; codes: P population, X exceptions, Q query, S sample; the files of the pack carry the same codes"}
	t := &Table{ID: "control-list", Title: "Controls and their results", Subtitle: "the whole population is tested; criterion: ids of " + b.criteriaNames(), Search: true, Filters: []string{"process", "status"}, Sheet: "Controls", Empty: "The catalogue has no control.",
		Columns: []Column{{Key: "control", Title: "Control", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "title", Title: "What should hold", Priority: 1, Wrap: true, Width: 5}, {Key: "process", Title: "Process", Priority: 3, Wrap: true}, {Key: "criterion", Title: "Criterion", Priority: 2, Wrap: true, Width: 3},
			{Key: "n", Title: "Population", Kind: Count, Priority: 1}, {Key: "exceptions", Title: "Exceptions", Kind: Count, Priority: 1}, {Key: "tolerance", Title: "Tolerance", Kind: Percent, Priority: 2}, {Key: "status", Title: "Status", Kind: State, Priority: 1}}}
	assessed := int64(0)
	for _, r := range b.Results.Controls {
		n, x := NotMeasured("input missing"), NotMeasured("not tested")
		if r.Inputs {
			n, x = N(r.Population), N(len(r.Exceptions))
			if r.Population == 0 {
				x = NotMeasured("nothing to test")
			} else {
				assessed++
			}
		}
		t.Rows = append(t.Rows, []Value{{Kind: ID, Text: r.Control.ID, Ref: processAnchor(r.Control)}, T(r.Control.Title), T(controls.ProcessTitle(r.Control.Process)), T(b.criteriaShort(r.Control)), n, x, toleranceValue(r.Control), S(Status(r.Status))})
	}
	s.Title = fmt.Sprintf("%s of %s had a population to test", FormatCount(assessed), Plural(int64(len(b.Results.Controls)), "control", "controls"))
	s.Blocks = append(s.Blocks, t)
	return s
}

// criteriaNames are the frameworks asked for, in the order of the ids in a criterion.
func (b *builder) criteriaNames() string {
	var list []string
	for _, f := range b.frameworks() {
		list = append(list, f.Framework.Short)
	}
	return orWord(strings.Join(list, " · "), "no framework")
}

func processAnchor(k *controls.Control) string { return "controls-" + anchor(k.Process) }

func toleranceValue(k *controls.Control) Value {
	if k.Tolerance == 0 {
		return T("none")
	}
	return Pct(float64(k.Tolerance), nil)
}

func toleranceText(k *controls.Control) string { return Format(toleranceValue(k), nil) }

// controlSheets are the working papers of the controls, a section a process.
func (b *builder) controlSheets(e *evidence) []Section {
	var out []Section
	for _, p := range controls.Processes() {
		s := Section{ID: "controls-" + anchor(p.ID), Level: 2, Short: cut(p.Title, 28), Subtitle: "one working paper a control; the whole population is tested; " + b.periodText()}
		var found, tested, n int64
		for i := range b.Results.Controls {
			r := &b.Results.Controls[i]
			if r.Control.Process != p.ID {
				continue
			}
			n++
			if r.Inputs && r.Population > 0 {
				tested++
			}
			if len(r.Exceptions) > 0 {
				found++
			}
			s.Blocks = append(s.Blocks, b.controlSheet(e, r)...)
		}
		if n == 0 {
			continue
		}
		s.Title = say("ev_process", "process", p.Title, "k", found, "n", tested)
		if tested == 0 {
			s.Title = sayN("ev_process_no", n, "process", p.Title)
		}
		out = append(out, s)
	}
	return out
}

// controlSheet is the working paper of one control.
func (b *builder) controlSheet(e *evidence, r *controls.ControlResult) []Block {
	k := r.Control
	facts := &Facts{ID: "p-" + anchor(k.ID), Title: "P-" + k.ID + " · " + k.Title}
	definition := Field{"Definition", T("owner role " + orWord(k.OwnerRole, "not named") + "; SHA-256 " + short(r.SHA256))}
	if !r.Inputs || r.Population == 0 {
		facts.Items = []Field{{"Criterion", T(b.criteria(k))}, {"Question", T(k.Question)}, {"Result", T(say("ev_control_no", "missing", "an input is missing"))}}
		if r.Inputs {
			facts.Items[2].Value = T(say("ev_control_no", "missing", "nothing of the kind happened in the period"))
		}
		if len(r.Missing) > 0 {
			facts.Items = append(facts.Items, Field{"Missing inputs", T(strings.Join(r.Missing, "; "))})
		}
		facts.Items = append(facts.Items, Field{"Conclusion", S(Status(r.Status))}, Field{"What decided it", T(r.Reason)}, definition)
		return []Block{facts}
	}
	n := int64(len(r.Exceptions))
	result := say("ev_control_s", "n", r.Population, "k", n, "t", toleranceText(k), "status", r.Status.Words())
	if r.Population >= SmallN {
		bound := float64(k.Tolerance)
		result = say("ev_control", "n", r.Population, "k", n, "rate", FormatPercent(float64(n)/float64(r.Population), &bound, 0), "t", toleranceText(k), "status", r.Status.Words())
	}
	drawn := 0
	for _, d := range e.samples {
		if d.Control.ID == k.ID {
			drawn = len(d.Rows)
		}
	}
	facts.Items = []Field{{"Criterion", T(b.criteria(k))}, {"Question", T(k.Question)}, {"An auditor asks", T(k.AuditorAsks)},
		{"Population, sample", T(fmt.Sprintf("%s in P-%s, query Q-%s; %s drawn in S-%s", Plural(r.Population, "thing", "things"), k.ID, k.ID, FormatCount(int64(drawn)), k.ID))},
		{"Result", T(result)}}
	if months := b.exceptionMonths(e, r); months != "" {
		facts.Items = append(facts.Items, Field{"Exceptions by month", T(months)})
	}
	if string(r.Status) != string(r.Measured) { // waived or out of scope: who decided
		facts.Items = append(facts.Items, Field{"What decided it", T(r.Reason)})
	}
	if r.Status == controls.Nonconforming || r.Status == controls.EvidenceDue {
		facts.Items = append(facts.Items, Field{"What to do", T(k.WhenItFails)})
	}
	facts.Items = append(facts.Items, Field{"Completeness", b.completeFor(e, k)}, Field{"Conclusion", S(Status(r.Status))}, definition)
	query := &Code{ID: "q-" + anchor(k.ID), Title: "Q-" + k.ID + ": the query as it was run", Text: r.ExceptionsAs}
	if n == 0 {
		return []Block{facts, query}
	}
	found := &Facts{ID: "x-" + anchor(k.ID), Title: "X-" + k.ID + " · " + firstOf(n)}
	for _, x := range r.Exceptions[:min(sheetRows, len(r.Exceptions))] {
		thing := e.subject(x.Subject, x.TicketID)
		text := x.Reason
		if x.OccurredAt != nil {
			text = b.instant(*x.OccurredAt) + ": " + text
		}
		found.Items = append(found.Items, Field{thing.Text, Value{Text: text, URL: thing.URL}})
	}
	if n > sheetRows {
		found.Items = append(found.Items, Field{"All " + FormatCount(n), Value{Text: "in the exceptions register, and in exceptions/X-" + k.ID + ".csv of the pack", Ref: b.listed("", k.ID).Ref}})
	}
	return []Block{facts, found, query}
}

// sheetRows is how many exceptions a working paper lists itself; the register lists all of them.
const sheetRows = 25

// exceptionMonths is the rate of exceptions by month over the last twelve months of the period, as k/n; empty when there
// is no exception, or the period is no year.
func (b *builder) exceptionMonths(e *evidence, r *controls.ControlResult) string {
	months := b.months()
	if len(r.Exceptions) == 0 || len(months) < 12 {
		return ""
	}
	found := map[time.Time]int64{}
	for _, x := range r.Exceptions {
		if x.OccurredAt != nil {
			l := x.OccurredAt.In(b.zone)
			found[time.Date(l.Year(), l.Month(), 1, 0, 0, 0, 0, time.UTC)]++
		}
	}
	var parts []string
	told := int64(0)
	for _, m := range months[len(months)-12:] {
		told += found[m]
		parts = append(parts, fmt.Sprintf("%s %s/%s", m.Format("Jan"), FormatCount(found[m]), FormatCount(e.months[r.Control.ID][m])))
	}
	if told != int64(len(r.Exceptions)) { // some lie outside the twelve months, or have no time: no row that does not add up
		return ""
	}
	return strings.Join(parts, " · ")
}

func firstOf(n int64) string {
	if n > sheetRows {
		return "the first " + FormatCount(sheetRows) + " of " + FormatCount(n) + " exceptions"
	}
	return Plural(n, "exception", "exceptions")
}
