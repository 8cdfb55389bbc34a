package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"deskproof/controls"
	"deskproof/model"
	"deskproof/model/config"
)

// judgedCounts is how far people judged the requirements that are asked for, headings not counted.
type judgedCounts struct {
	judged  int64 // requirements with an assessment that counts
	differs int64 // of them: something else was measured
	alone   int64 // conforming by the assessment alone: nothing was measured
	made    int64 // assessments written down, whether they count or not, processes included
}

func (b *builder) judged() (n judgedCounts) {
	for i := range b.Results.Requirements {
		q := &b.Results.Requirements[i]
		if q.Heading || q.Judged == nil {
			continue
		}
		n.judged++
		if q.Differs {
			n.differs++
		}
		if q.ByJudgement && q.Status == controls.Conforming {
			n.alone++
		}
	}
	n.made = int64(len(b.Results.Judgements))
	return n
}

// alone counts the requirements of a framework that conform by the assessment of a person alone.
func (b *builder) alone(framework string) (n int64) {
	for i := range b.Results.Requirements {
		if q := &b.Results.Requirements[i]; !q.Heading && q.ByJudgement && q.Status == controls.Conforming && q.Framework.ID() == framework {
			n++
		}
	}
	return n
}

// judgedValue is the status that a person found; a dash when nobody judged.
func judgedValue(q *controls.RequirementResult) Value {
	if q.Judged == nil {
		return T("–")
	}
	return S(Status(q.Judged.Found()))
}

// day reads a day as people write it in YAML; a dash when there is none.
func day(text string) Value {
	t, err := time.Parse("2006-01-02", text)
	if err != nil {
		return T(orWord(text, "–"))
	}
	return Day(t)
}

// who is by whom a judgement was made and when, with the day as it is written everywhere in the reports.
func who(j *controls.Judgement) string {
	made := j.By + " on " + Format(day(j.On), nil)
	if j.Old {
		made += ", which is old"
	}
	return made
}

// references are the pieces of evidence that a person named, in one cell: what was found among the records bears its name.
func references(list []controls.Reference) Value {
	v := Value{}
	var parts []string
	for _, r := range list {
		text := r.Text
		if r.Name != "" && r.Name != r.Text {
			text += " (" + r.Name + ")"
		}
		if r.Kind == "" {
			text += " (not in the records)"
		}
		parts = append(parts, text)
	}
	if len(list) == 1 {
		v.URL = httpURL(list[0].URL)
	}
	v.Text = orWord(strings.Join(parts, "; "), "–")
	return v
}

// stateWords is how an assessment stands: in force, old, ended, not yet.
func stateWords(j *controls.Judgement) string {
	switch {
	case j.Old:
		return "in force, old"
	case j.State == controls.NotYet:
		return "not yet in force: made after as-of"
	case j.State == controls.Superseded:
		return "superseded: a later or nearer one counts"
	case j.State == controls.NotAsked:
		return "its framework is not asked for"
	}
	return string(j.State)
}

// foundValue is what the person found: a status, a level, or both.
func foundValue(j *controls.Judgement) Value {
	if j.Process != "" {
		return T(fmt.Sprintf("level %d", *j.Level))
	}
	if j.Level != nil {
		return T(fmt.Sprintf("%s, level %d", j.Found().Words(), *j.Level))
	}
	return S(Status(j.Found()))
}

// judgedSection is what people found: where they differ from what was measured first, then every assessment.
func (b *builder) judgedSection() Section {
	n := b.judged()
	s := Section{ID: "judged", Code: "J", Short: "Judged by people", Title: say("ev_judged_none"), Landscape: true,
		Subtitle: fmt.Sprintf("a person decides where nothing was measured; where both speak the worse counts; an assessment is old after %s", Plural(int64(b.reassess()), "day", "days"))}
	switch {
	case n.judged > 0:
		s.Title = say("ev_judged", "n", n.judged, "d", n.differs)
	case n.made > 0:
		s.Title = say("ev_judged_idle", "n", n.made)
	default:
		return s
	}
	differ := &Table{ID: "judged-differences", Sheet: "Judged", Title: "Where people and records differ", Subtitle: "what was measured is never overruled by a better judgement; a worse judgement counts", Empty: say("ev_differ_none"),
		Columns: []Column{{Key: "framework", Title: "Framework", Kind: ID, Priority: 2}, {Key: "id", Title: "Requirement", Kind: ID, Priority: 1}, {Key: "title", Title: "Gist", Priority: 1, Wrap: true, Width: 4}, {Key: "measured", Title: "Measured", Kind: State, Priority: 1, Width: 3}, {Key: "judged", Title: "Judged", Kind: State, Priority: 1, Width: 3},
			{Key: "counts", Title: "Counts as", Kind: State, Priority: 1, Width: 3}, {Key: "by", Title: "Judged by", Priority: 1, Width: 3}, {Key: "on", Title: "On", Kind: Date, Priority: 1}, {Key: "rationale", Title: "Why", Priority: 1, Wrap: true, Width: 7}}}
	for i := range b.Results.Requirements {
		if q := &b.Results.Requirements[i]; !q.Heading && q.Differs {
			differ.Rows = append(differ.Rows, []Value{Key(q.Framework.Short, ""), {Kind: ID, Text: q.Entry.ID, Ref: "matrix-" + anchor(q.Framework.ID())}, T(q.Entry.Title), S(Status(q.Measured)), judgedValue(q), S(Status(q.Status)), T(q.Judged.By), day(q.Judged.On), T(q.Judged.Rationale)})
		}
	}
	all := &Table{ID: "assessments", Sheet: "Assessments", Title: "Every assessment", Subtitle: "in the order of the files; what does not count says why; for: requirements that it speaks for", Search: true, Filters: []string{"state", "by"},
		Columns: []Column{{Key: "subject", Title: "Judged", Kind: ID, Priority: 1, Width: 3}, {Key: "found", Title: "Found", Priority: 1, Width: 3}, {Key: "by", Title: "By", Priority: 1, Width: 3}, {Key: "on", Title: "On", Kind: Date, Priority: 1}, {Key: "until", Title: "Valid until", Kind: Date, Priority: 2},
			{Key: "state", Title: "State", Priority: 1, Wrap: true, Width: 3}, {Key: "for", Title: "For", Kind: Count, Priority: 2}, {Key: "rationale", Title: "Why", Priority: 1, Wrap: true, Width: 6}, {Key: "evidence", Title: "Evidence", Priority: 1, Wrap: true, Width: 5}}}
	for _, j := range b.Results.Judgements {
		speaks := T("–")
		if j.Process == "" && j.State == controls.InForce {
			speaks = N(len(j.Requirements))
		}
		subject := j.Requirement
		if j.Process != "" {
			subject = controls.ProcessTitle(j.Process)
		}
		all.Rows = append(all.Rows, []Value{Key(subject, ""), foundValue(j), T(j.By), day(j.On), day(j.ValidUntil), T(stateWords(j)), speaks, T(j.Rationale), references(j.References)})
	}
	s.Blocks = append(s.Blocks, differ, all)
	return s
}

// reassess is the age in days from which an assessment is old.
func (b *builder) reassess() int {
	if d := b.Config.Catalogue.ReassessAfter; d > 0 {
		return d
	}
	return 365
}

// scopeSection shows the scope statement, the other parties in it, waivers and what was taken out, with who decided.
func (b *builder) scopeSection(ctx context.Context) (Section, error) {
	s := Section{ID: "waivers", Code: "W", Short: "Scope and waivers", Subtitle: "as the configuration and the files of judgements state it; a waiver is shown, never hidden"}
	facts, err := b.scopeFacts(ctx)
	if err != nil {
		return s, err
	}
	s.Blocks = append(s.Blocks, facts)
	if st := b.Results.Scope; st != nil {
		s.Blocks = append(s.Blocks, partyTable(st.OtherParties))
	}
	w := &Table{ID: "waiver-list", Sheet: "Waivers", Title: "Waivers", Subtitle: "one that has ended waives no more; measured: by records and documents, without the waiver", Empty: "Nothing is waived.",
		Columns: []Column{{Key: "id", Title: "Control or requirement", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "reason", Title: "Reason", Priority: 1, Wrap: true, Width: 5}, {Key: "owner", Title: "Owner", Priority: 1, Wrap: true}, {Key: "from", Title: "From", Kind: Date, Priority: 2}, {Key: "until", Title: "Until", Kind: Date, Priority: 1},
			{Key: "state", Title: "State", Priority: 1}, {Key: "without", Title: "Measured", Kind: State, Priority: 1}}}
	ended := int64(0)
	for _, x := range b.Config.Catalogue.Waivers {
		state := b.Results.WaiverState(x)
		if state == controls.Ended {
			ended++
		}
		w.Rows = append(w.Rows, []Value{Key(x.ID, ""), T(x.Reason), T(x.Owner), day(x.From), day(x.Until), T(string(state)), b.measured(x.ID)})
	}
	o := &Table{ID: "scope-list", Sheet: "Waivers", Title: "Not applicable", Subtitle: "requirements and controls taken out of scope; measured: what records and documents say all the same", Empty: "Nothing was taken out of scope.",
		Columns: []Column{{Key: "id", Title: "Requirement or control", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "reason", Title: "Reason", Priority: 1, Wrap: true, Width: 6}, {Key: "by", Title: "Decided by", Priority: 1, Wrap: true}, {Key: "measured", Title: "Measured", Kind: State, Priority: 1}}}
	strict := false
	for _, x := range b.Config.Catalogue.Scope {
		o.Rows = append(o.Rows, []Value{Key(x.ID, ""), T(x.Reason), T(x.DecidedBy), b.measured(x.ID)})
		strict = strict || strings.HasPrefix(x.ID, "iso20000-1:")
	}
	s.Title = say("ev_scope", "n", len(w.Rows), "m", len(o.Rows))
	if ended > 0 {
		s.Title = say("ev_scope_ended", "n", len(w.Rows), "e", ended, "m", len(o.Rows))
	}
	s.Blocks = append(s.Blocks, w, o)
	if out := b.outOfScope(); len(out) > 0 {
		s.Blocks = append(s.Blocks, &Callout{Kind: "warning", Title: "Out of scope, and not as it should be by the records", Text: say("ev_excluded", "n", len(out), "names", names(out, 20))})
	}
	if strict {
		s.Blocks = append(s.Blocks, &Paragraph{Muted: true, Text: "ISO/IEC 20000-1:2018 knows no exclusions: whoever takes one of its requirements out has to show an auditor that there is nothing it could apply to."})
	}
	return s, nil
}

// outOfScope names the requirements that were taken out of scope although the records show exceptions or lacking evidence.
func (b *builder) outOfScope() (out []string) {
	for _, q := range b.Results.Requirements {
		if !q.Heading && q.Scope != nil && (q.Measured == controls.Nonconforming || q.Measured == controls.EvidenceDue) {
			out = append(out, q.Framework.Short+" "+q.Entry.ID)
		}
	}
	return out
}

// measured is what records and documents say of a control, a requirement or a heading, whatever people decided about it.
func (b *builder) measured(id string) Value {
	if r, ok := b.Results.Control(id); ok {
		return S(Status(r.Measured))
	}
	if q, ok := b.Results.Requirement(id); ok {
		return S(Status(q.Measured))
	}
	return NotMeasured("it was not evaluated")
}

// scopeFacts is the statement word for word, what it names, and how the figures of this report relate to it.
func (b *builder) scopeFacts(ctx context.Context) (*Facts, error) {
	f := &Facts{ID: "scope-statement", Title: "Scope statement", Items: []Field{{"Statement", b.scopeStatement()}}}
	add := func(label, text string) {
		if text != "" {
			f.Items = append(f.Items, Field{label, T(text)})
		}
	}
	var services, customers []string
	if st := b.Results.Scope; st != nil {
		add("Decided", strings.TrimLeft(st.DecidedBy+", "+st.On, ", "))
		list := func(names []controls.ScopeName) (text, ids []string) {
			for _, n := range names {
				t := n.Text
				if len(n.IDs) == 0 {
					t += " (not in the records)"
				}
				text, ids = append(text, t), append(ids, n.IDs...)
			}
			return text, ids
		}
		var text []string
		text, services = list(st.Services)
		add("Services", strings.Join(text, ", "))
		text, customers = list(st.Customers)
		add("Customers", strings.Join(text, ", "))
		add("Sites", strings.Join(st.Sites, ", "))
	}
	all := "The statement limits no figure: controls and measures count the tickets of all services and customers."
	if len(services)+len(customers) > 0 {
		type row struct{ Tickets, Elsewhere, Unknown int64 }
		in, err := json.Marshal(append([]string{}, services...))
		if err != nil {
			return nil, err
		}
		with, err := json.Marshal(append([]string{}, customers...))
		if err != nil {
			return nil, err
		}
		var r row
		p := b.Results.Params()
		from := p.From
		if from.IsZero() {
			from = far
		}
		if err := b.sql("scope_tickets", func(q string) (err error) {
			r, err = model.One[row](ctx, b.DB, q, string(in), from, p.To, string(with))
			return err
		}); err != nil {
			return nil, err
		}
		all += " " + say("ev_scope_tickets", "n", r.Tickets, "k", r.Elsewhere, "u", r.Unknown)
	}
	add("Figures", all)
	return f, nil
}

// scopeStatement is the statement of the scope, with a word when it was decided after as-of.
func (b *builder) scopeStatement() Value {
	s := b.Config.Organization.Scope
	if s == "" {
		return NotMeasured("no scope is stated: organization.scope in deskproof.yaml, or scope: statement in a file of judgements")
	}
	if r := b.Results; r != nil && r.Scope != nil && !r.Scope.InForce {
		s += " (decided on " + r.Scope.On + ", after as-of)"
	}
	return T(s)
}

// partyTable is who else runs parts of it, and how control is kept (ISO/IEC 20000-1 clause 8.2.3).
func partyTable(list []config.OtherParty) *Table {
	t := &Table{ID: "other-parties", Sheet: "Waivers", Title: "Other parties", Subtitle: "who runs parts of the services or processes, and how the organization keeps control (ISO/IEC 20000-1:2018, 8.2.3)", Empty: "No other party is named.",
		Columns: []Column{{Key: "party", Title: "Party", Priority: 1, Wrap: true, Width: 3}, {Key: "does", Title: "Runs", Priority: 1, Wrap: true, Width: 5}, {Key: "control", Title: "How control is kept", Priority: 1, Wrap: true, Width: 6}, {Key: "kept_by", Title: "By", Priority: 1, Wrap: true, Width: 3}, {Key: "evidence", Title: "Evidence", Priority: 2, Wrap: true, Width: 3}}}
	for _, p := range list {
		t.Rows = append(t.Rows, []Value{T(p.Name), T(strings.Join(p.Does, ", ")), T(p.Control), T(p.KeptBy), T(orWord(strings.Join(p.Evidence, ", "), "–"))})
	}
	return t
}

// judgementFiles are the files that people's decisions were read from, with their hashes.
func (b *builder) judgementFiles() (out []Field) {
	for i, j := range b.Config.Catalogue.JudgementFiles {
		out = append(out, Field{fmt.Sprintf("J-%02d %s, SHA-256", i+1, filepath.Base(j.Path)), Key(j.SHA256, "")})
	}
	return out
}
