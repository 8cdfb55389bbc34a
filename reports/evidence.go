package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskproof/controls"
	"deskproof/model"
)

// buildEvidence makes the audit evidence report: requirement by requirement what is evidenced, what failed and what
// was not assessed, with population, exceptions and sample of every control (blueprint section 8). It certifies nothing
// and prints no percentage of requirements: they are not equal.
func buildEvidence(ctx context.Context, b *builder) (*Document, error) {
	doc := b.document("evidence", "Audit evidence report")
	doc.About = about("Audit evidence report (evidence)",
		"gives an auditor criteria, populations, tests, exceptions and samples that can be redone",
		"internal and external auditors, service manager", "before every audit, and quarterly",
		"conformity by requirement as measured and as judged by people, exceptions, one sheet a control, samples, ticket trail, registers, completeness",
		b.Config.Reports.Formats)
	if b.Results == nil {
		doc.Header = b.evidenceHeader(nil)
		doc.Headline = say("ev_none", "missing", "the controls were not evaluated; run “deskproof check”")
		doc.Sections = []Section{b.completeness(nil, nil)}
		return doc, nil
	}
	e, err := loadEvidence(ctx, b)
	if err != nil {
		return nil, err
	}
	doc.Header = b.evidenceHeader(b.Results)
	doc.Headline, doc.Lead = b.evidenceHeadline(b.Results)
	doc.Figures = evidenceFigures(b.Results, b.judged())
	todo, err := b.todo(ctx)
	if err != nil {
		return nil, err
	}
	doc.Sections = append(doc.Sections, b.evidenceFirst(), todo, b.changes(e), b.coverage())
	for i, f := range b.frameworks() {
		doc.Sections = append(doc.Sections, b.matrix(e, i+1, f))
	}
	doc.Sections = append(doc.Sections, b.judgedSection(), b.exceptionsBy(), b.exceptionRegister(e), b.controlIndex())
	doc.Sections = append(doc.Sections, b.controlSheets(e)...)
	doc.Sections = append(doc.Sections, b.sampleSection(e))
	trail, err := b.trailSection(ctx, e)
	if err != nil {
		return nil, err
	}
	registers, err := b.registers(ctx)
	if err != nil {
		return nil, err
	}
	doc.Sections = append(doc.Sections, trail)
	doc.Sections = append(doc.Sections, registers...)
	ties, err := rows[tieRow](ctx, b, "tie_out")
	if err != nil {
		return nil, err
	}
	scope, err := b.scopeSection(ctx)
	if err != nil {
		return nil, err
	}
	doc.Sections = append(doc.Sections, b.completeness(ties, b.Results), scope, b.indexSection(e), b.methodSection())
	return doc, nil
}

// evidence is what the evidence report reads beside the results.
type evidence struct {
	newest  map[string]*time.Time // control → newest thing of its population
	months  map[string]map[time.Time]int64
	systems map[string][]string // control → systems that the tickets of its population come from
	samples []Drawn
	refs    map[string]ticketRef // tickets named by exceptions and samples
	twice   map[string][]string  // subject → controls in which it is an exception
}

// ticketRef is the key that people know, and the address of a ticket.
type ticketRef struct{ TicketID, Key, URL string }

// Drawn is the sample of one control: what an auditor may trace by hand. The whole population was tested anyway.
type Drawn struct {
	Control    *controls.Control
	Population int64
	Seed       string // sort key of the draw, see controls.SampleMethod
	Why        string // why so many
	SQL        string // draws the same sample in the warehouse
	Rows       []controls.Row
	Exception  map[string]bool // subjects of the sample that are exceptions
}

// Samples draws the sample of every control with a population, in the order of the catalogue.
func Samples(ctx context.Context, in Input) ([]Drawn, error) {
	if in.Results == nil {
		return nil, nil
	}
	var out []Drawn
	for i := range in.Results.Controls {
		r := &in.Results.Controls[i]
		if !r.Inputs || r.Population == 0 {
			continue
		}
		n, why := controls.SampleSize(r.Control.Frequency, r.Population)
		d := Drawn{Control: r.Control, Population: r.Population, Seed: seed(in, r.Control.ID), Why: why, Exception: map[string]bool{}}
		d.SQL = r.Control.SampleSQL(in.Results.Params(), d.Seed, n)
		rows, err := model.Select[controls.Row](ctx, in.DB, d.SQL)
		if err != nil {
			return nil, fmt.Errorf("sample of %s: %w", r.Control.ID, err)
		}
		d.Rows = rows
		for _, e := range r.Exceptions {
			d.Exception[e.Subject] = true
		}
		out = append(out, d)
	}
	return out, nil
}

// seed is fixed by control and period, so that nobody can choose it and everybody can name it.
func seed(in Input, control string) string {
	from := "begin"
	if !in.Results.From.IsZero() {
		from = in.Results.From.UTC().Format("2006-01-02T15:04Z")
	}
	return control + "/" + from + "/" + in.Results.To.UTC().Format("2006-01-02T15:04Z")
}

func loadEvidence(ctx context.Context, b *builder) (*evidence, error) {
	e := &evidence{systems: map[string][]string{}, newest: map[string]*time.Time{}, months: map[string]map[time.Time]int64{}, refs: map[string]ticketRef{}, twice: map[string][]string{}}
	var err error
	if e.samples, err = Samples(ctx, b.Input); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, r := range b.Results.Controls {
		if r.Inputs && r.Population > 0 {
			if err := b.controlMonths(ctx, e, r.Control); err != nil {
				return nil, err
			}
		}
		for _, x := range r.Exceptions {
			wanted[x.TicketID] = true
			e.twice[x.Subject] = append(e.twice[x.Subject], r.Control.ID)
		}
	}
	for _, s := range e.samples {
		for _, r := range s.Rows {
			wanted[r.TicketID] = true
		}
	}
	delete(wanted, "")
	ids, err := json.Marshal(sortedKeys(wanted))
	if err != nil {
		return nil, err
	}
	var refs []ticketRef
	if err := b.sql("ticket_refs", func(q string) (err error) { refs, err = model.Select[ticketRef](ctx, b.DB, q, string(ids)); return err }); err != nil {
		return nil, err
	}
	for _, r := range refs {
		e.refs[r.TicketID] = r
	}
	return e, nil
}

// controlMonth is the population of a control in one month.
type controlMonth struct {
	Month  *time.Time // nil: things without a time
	N      int64
	Newest *time.Time

	Systems string // of the tickets among them, a line each
}

// controlMonths counts the population of a control by month, and notes its newest thing.
func (b *builder) controlMonths(ctx context.Context, e *evidence, k *controls.Control) error {
	var list []controlMonth
	err := b.sql("control_months", func(q string) (err error) {
		q = strings.Replace(q, "\nPOPULATION\n", "\n"+k.PopulationSQL(b.Results.Params())+"\n", 1)
		list, err = model.Select[controlMonth](ctx, b.DB, q, b.zone.String(), b.AsOf)
		return err
	})
	if err != nil {
		return fmt.Errorf("control %s: %w", k.ID, err)
	}
	e.months[k.ID] = map[time.Time]int64{}
	for _, m := range list {
		for _, system := range strings.Split(m.Systems, "\n") {
			if system != "" && !slices.Contains(e.systems[k.ID], system) {
				e.systems[k.ID] = append(e.systems[k.ID], system)
			}
		}
		if m.Month == nil {
			continue
		}
		e.months[k.ID][m.Month.UTC()] += m.N
		if m.Newest != nil && (e.newest[k.ID] == nil || m.Newest.After(*e.newest[k.ID])) {
			e.newest[k.ID] = m.Newest
		}
	}
	return nil
}

// subject is a thing of a population for print: the ticket's own key with its address, else its id.
func (e *evidence) subject(subject, ticket string) Value {
	if r, ok := e.refs[ticket]; ok && (subject == ticket || subject == "") {
		return Key(r.Key, httpURL(r.URL))
	}
	if r, ok := e.refs[ticket]; ok {
		return Value{Kind: ID, Text: subject, URL: httpURL(r.URL)}
	}
	return Key(subject, "")
}

func (b *builder) evidenceHeader(r *controls.Results) []Field {
	criteria := NotMeasured("the controls were not evaluated")
	if r != nil {
		var list []string
		for _, f := range b.frameworks() {
			list = append(list, f.Framework.Short)
		}
		criteria = T(strings.Join(list, "; "))
	}
	h := []Field{{"Organization", T(b.Config.Organization.Name)}, {"Scope statement", b.scopeStatement()}}
	if r != nil {
		h = append(h, b.openByID()...)
	}
	h = append(h, []Field{{"Criteria", criteria}, {"Period", T(b.periodText())}, {"As of", At(b.AsOf)},
		{"Time zone", T(b.zone.String() + ", for every time printed here")}}...)
	if b.data.Newest != nil {
		h = append(h, Field{"Newest record", At(*b.data.Newest)})
	} else {
		h = append(h, Field{"Newest record", NotMeasured("no ticket was collected")})
	}
	h = append(h, Field{"Prepared by", T(orWord(b.Config.Reports.Author, "________________"))}, Field{"Reviewed by, date", T("________________")},
		Field{"Kind of statement", T("self-prepared evidence; ratings are indicative; no certification statement")})
	return append(h, Field{"Inputs", T("SHA-256 " + short(b.Hash) + " over warehouse, configuration, judgements and as-of; “deskproof verify PACK” rechecks the pack offline")})
}

// tally counts requirements by status over all frameworks.
func tally(r *controls.Results) (n map[controls.Status]int64, total int64) {
	n = map[controls.Status]int64{}
	for _, f := range r.Frameworks {
		for _, c := range f.Counts {
			n[c.Status] += int64(c.Count)
		}
		total += int64(f.Total)
	}
	return n, total
}

func (b *builder) evidenceHeadline(r *controls.Results) (string, []string) {
	n, total := tally(r)
	scope := total - n[controls.NotApplicable]
	if scope == 0 {
		return say("ev_none", "missing", "no requirement is in scope"), nil
	}
	var head string
	switch d := n[controls.NotAssessed]; d {
	case scope:
		head = sayN("ev_unassessed", scope)
	case 0:
		if n[controls.Waived] > 0 { // the lead tells the others
			head = say("ev_head_w", "n", scope, "b", n[controls.Nonconforming], "c", n[controls.EvidenceDue])
			break
		}
		head = say("ev_head_all", "n", scope, "a", n[controls.Conforming], "b", n[controls.Nonconforming], "c", n[controls.EvidenceDue])
	default:
		head = say("ev_head", "n", scope, "b", n[controls.Nonconforming], "c", n[controls.EvidenceDue], "d", d)
	}
	var found, tested, all int64
	for _, c := range r.Controls {
		if c.Inputs && c.Population > 0 {
			tested++
			if len(c.Exceptions) > 0 {
				found++
				all += int64(len(c.Exceptions))
			}
		}
	}
	var lead []string
	a, w := n[controls.Conforming], n[controls.Waived]
	switch d := n[controls.NotAssessed]; { // headline and lead add up to the requirements in scope
	case d == scope:
	case w > 0:
		lead = append(lead, say("ev_rest", "m", a+w, "a", a, "w", w))
	case d > 0:
		lead = append(lead, say("ev_conforming", "a", a))
	}
	if k := b.partly(); k > 0 {
		lead = append(lead, say("ev_partly", "k", k))
	}
	people := b.judged()
	if people.alone > 0 {
		lead = append(lead, say("ev_alone", "k", people.alone))
	}
	if people.differs > 0 {
		lead = append(lead, say("ev_differs", "d", people.differs))
	}
	if out := b.outOfScope(); len(out) > 0 {
		lead = append(lead, say("ev_excluded", "n", len(out), "names", names(out, 3)))
	}
	if tested == 0 {
		lead = append(lead, say("no_data", "metric", "Every control", "missing", "no control found its input and a population"))
	} else if found > 0 {
		lead = append(lead, say("ev_exceptions", "k", found, "n", tested, "x", all))
	} else {
		lead = append(lead, sayN("ev_noexcept", tested))
	}
	switch na := n[controls.NotApplicable]; {
	case w > 0 && na > 0:
		lead = append(lead, say("ev_waived_na", "m", na))
	case w > 0:
		lead = append(lead, say("ev_waived"))
	case na > 0:
		lead = append(lead, say("ev_na", "m", na))
	}
	if gap := b.gapSentence(); gap != "" {
		lead = append(lead, gap)
	}
	return head, lead
}

func evidenceFigures(r *controls.Results, people judgedCounts) []Figure {
	n, total := tally(r)
	scope := total - n[controls.NotApplicable]
	var out []Figure
	for _, x := range []struct {
		status controls.Status
		label  string
	}{{controls.Nonconforming, "Nonconforming"}, {controls.EvidenceDue, "Evidence due"}, {controls.NotAssessed, "Not assessed"}, {controls.Conforming, "Conforming by evidence"}} {
		f := Figure{ID: "kpi_" + string(x.status), Label: x.label, Value: N(n[x.status]), Status: Status(x.status), Link: "overview", Basis: "of " + Plural(scope, "requirement in scope", "requirements in scope")}
		if x.status == controls.Conforming && people.alone > 0 {
			f.Basis += ", " + FormatCount(people.alone) + " by judgement alone"
		}
		if n[x.status] == 0 {
			f.Status = StatusNone // a symbol beside a zero would be read as a verdict
		}
		if scope == 0 {
			f.Value, f.Status = NotMeasured("no requirement is in scope"), StatusNotAssessed
		}
		out = append(out, f)
	}
	return out
}

// count is how many requirements of a framework have a status.
func count(f controls.FrameworkResult, status controls.Status) int64 {
	for _, c := range f.Counts {
		if c.Status == status {
			return int64(c.Count)
		}
	}
	return 0
}

// frameworks are the results by framework in the order in which they were asked for.
func (b *builder) frameworks() []controls.FrameworkResult {
	var out []controls.FrameworkResult
	taken := map[string]bool{}
	order := b.Frameworks
	if order == nil {
		order = b.Config.Catalogue.Frameworks
	}
	for _, id := range order {
		for _, f := range b.Results.Frameworks {
			if f.Framework.ID() == id && !taken[id] {
				taken[id] = true
				out = append(out, f)
			}
		}
	}
	for _, f := range b.Results.Frameworks {
		if !taken[f.Framework.ID()] {
			out = append(out, f)
		}
	}
	return out
}
