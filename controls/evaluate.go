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

// Options says what is evaluated, for which time, and what people decided about it.
type Options struct {
	From, To   time.Time      // period [From, To); zero From: all records up to AsOf
	AsOf       time.Time      // moment of the test
	Zone       *time.Location // organization's zone; UTC when nil
	Frameworks []string       // frameworks whose requirements get a status; none named = all that have one
	Controls   []string       // controls to run; none named = all
	Scope      []config.ScopeEntry
	Waivers    []config.Waiver

	Assessments   []config.Assessment
	Statement     *config.ScopeStatement // nil: none was made
	ReassessAfter int                    // age in days from which an assessment is old; 0 = 365
}

// Params are the parameters that the SQL of the controls sees.
func (o Options) Params() Params { return Params{From: o.From, To: o.To, AsOf: o.AsOf, Zone: o.Zone} }

// Results is the outcome of one evaluation.
type Results struct {
	From, To, AsOf  time.Time
	Zone            *time.Location
	CatalogueSHA256 string
	Catalogue       *Catalogue
	Controls        []ControlResult     // in the order of the catalogue
	Requirements    []RequirementResult // of all frameworks asked for, in their order, headings included
	Frameworks      []FrameworkResult
	Today           string       // last day that as-of closes, in the organization's zone: days of decisions are held against it
	Judgements      []*Judgement // assessments by people, in the order of their files
	Scope           *ScopeState  // scope statement; nil when none was made
	Problems        []string     // what could not be run or understood, each a sentence; empty when all is well
}

// ControlResult is how one control stands.
type ControlResult struct {
	Control      *Control
	Status       Status
	Reason       string // what decided it, in a sentence
	Measured     Status // status by the records alone, before scope and waivers
	Inputs       bool   // TRUE when all inputs hold data and the population was counted
	Population   int64  // things tested; only meaningful when Inputs
	Exceptions   []Exception
	Missing      []string // names of the inputs that hold no data
	Waiver       *config.Waiver
	Scope        *config.ScopeEntry
	ByKind       []KindCount // population and exceptions by kind of ticket; only for controls over several kinds
	PopulationAs string      // SQL of the population as it was run
	ExceptionsAs string      // SQL of the exceptions as it was run
	SHA256       string      // of the definition
}

// PassRate is the share of the population without exception; FALSE when nothing was tested.
func (r ControlResult) PassRate() (float64, bool) {
	if !r.Inputs || r.Population == 0 {
		return 0, false
	}
	return 1 - float64(len(r.Exceptions))/float64(r.Population), true
}

// Row is one thing of a population.
type Row struct {
	Subject    string
	TicketID   string     // empty when it is no ticket
	OccurredAt *time.Time // UTC; nil when it has no moment
}

// Exception is one thing that did not pass, with what was found.
type Exception struct {
	Subject    string
	TicketID   string
	OccurredAt *time.Time
	Reason     string
}

// KindCount is a population and its exceptions within one kind of ticket.
type KindCount struct {
	Kind       string
	Population int64
	Exceptions int64
}

// Evaluate runs the controls over the warehouse, which may be open read-only, and judges the requirements through them
// and the documents. A waiver, scope entry, framework or control that the catalogue does not know is an error
// (strictyaml.Problems); a control whose SQL fails on the data is not assessed, and Results.Problems says why.
func Evaluate(ctx context.Context, db *model.DB, cat *Catalogue, opt Options) (*Results, error) {
	if opt.Zone == nil {
		opt.Zone = time.UTC
	}
	if opt.To.IsZero() || opt.To.After(opt.AsOf) {
		opt.To = opt.AsOf
	}
	if err := checkOptions(cat, opt); err != nil {
		return nil, err
	}
	res := &Results{From: opt.From, To: opt.To, AsOf: opt.AsOf, Zone: opt.Zone, CatalogueSHA256: cat.SHA256(), Catalogue: cat, Today: opt.lastDay()}
	for _, k := range cat.Controls {
		if len(opt.Controls) > 0 && !slices.Contains(opt.Controls, k.ID) {
			continue
		}
		r, err := evaluateWithin(ctx, controlTime, db, k, opt.Params())
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			r.Measured, r.Inputs, r.Exceptions = NotAssessed, false, nil
			r.Reason = "It could not be run: " + err.Error()
			res.Problems = append(res.Problems, fmt.Sprintf("control %s: %v", k.ID, err))
		}
		r.Status = r.Measured
		r.decide(opt)
		res.Controls = append(res.Controls, r)
	}
	if err := res.conclude(ctx, db, opt); err != nil {
		return nil, err
	}
	return res, nil
}

// conclude gives the requirements their status, from controls and documents and from what people decided.
func (r *Results) conclude(ctx context.Context, db *model.DB, opt Options) error {
	if err := r.assess(ctx, db, opt); err != nil {
		return err
	}
	if err := r.scope(ctx, db, opt); err != nil {
		return err
	}
	if err := r.judge(ctx, db, opt); err != nil {
		return err
	}
	r.spoken(opt)
	return nil
}

// evaluate runs one control and gives its status by the records alone.
func evaluate(ctx context.Context, db *model.DB, k *Control, p Params) (ControlResult, error) {
	r := ControlResult{Control: k, SHA256: k.SHA256(), Measured: NotAssessed}
	population, exceptions := k.compose(p, false, populationTail), k.compose(p, true, exceptionsTail)
	r.PopulationAs, r.ExceptionsAs = population.text, exceptions.text
	missing, err := k.missing(ctx, db, p)
	if err != nil {
		return r, err
	}
	if len(missing) > 0 {
		r.Missing = missing
		r.Reason = "Missing input: " + strings.Join(missing, "; ") + "."
		return r, nil
	}
	// One statement counts and finds: the population is made once.
	tail := answerCounts
	if k.Process == "data_quality" {
		tail += answerKinds
	}
	both := k.compose(p, true, tail+answerFound)
	rows, err := model.Select[countedRow](ctx, db, both.text)
	if err != nil {
		return r, both.error(err)
	}
	seen := make(map[string]bool, len(rows))
	for _, e := range rows {
		switch e.What {
		case "all":
			if e.Population != e.Subjects {
				return r, fmt.Errorf("%s: population: %d rows name %d subjects; each subject belongs there once", k.Population.Pos, e.Population, e.Subjects)
			}
			r.Population = e.Population
		case "kind":
			r.ByKind = append(r.ByKind, KindCount{e.Subject, e.Population, e.Exceptions})
		default:
			if seen[e.Subject] {
				return r, fmt.Errorf("%s: exceptions: %q stands there twice; join several findings into one reason", k.Exceptions.Pos, e.Subject)
			}
			seen[e.Subject] = true
			r.Exceptions = append(r.Exceptions, Exception{e.Subject, e.TicketID, e.OccurredAt, e.Reason})
		}
	}
	if r.Population == 0 && len(r.Exceptions) == 0 {
		r.Inputs, r.ByKind = true, nil
		r.Reason = k.nothing()
		return r, nil
	}
	n := int64(len(r.Exceptions))
	if n > r.Population {
		return r, fmt.Errorf("%s: exceptions: %d exceptions in a population of %d", k.Exceptions.Pos, n, r.Population)
	}
	r.Inputs = true
	r.Measured = Conforming
	if float64(n) > float64(k.Tolerance)*float64(r.Population)+1e-9 {
		r.Measured = k.Finding
	}
	switch {
	case n == 0:
		r.Reason = fmt.Sprintf("None of %d is an exception.", r.Population)
		if r.Population == 1 {
			r.Reason = "The only one is no exception."
		}
	case r.Measured == Conforming:
		r.Reason = fmt.Sprintf("%d of %d exceptions, within the tolerance of %s.", n, r.Population, k.Tolerance)
	case k.Tolerance > 0:
		r.Reason = fmt.Sprintf("%d of %d exceptions, above the tolerance of %s.", n, r.Population, k.Tolerance)
	default:
		r.Reason = fmt.Sprintf("%d of %d exceptions.", n, r.Population)
	}
	return r, nil
}

// nothing says that the population is empty: of the period, or of the moment that the control looks at.
func (k *Control) nothing() string {
	text := k.Population.Text
	for _, p := range sharedUsed(text) {
		text += "\n" + p.sql
	}
	for _, t := range scan(text) {
		if t.kind == '$' && strings.HasPrefix(t.text, "$period_") {
			return "Nothing of the kind happened in the period."
		}
	}
	return "There was nothing of the kind at that time."
}

// String writes a share as a percentage without needless digits: 1 %, 0.5 %.
func (s Share) String() string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.4f", float64(s)*100), "0"), ".") + " %"
}

type countedRow struct {
	What                             string // all: counts of the whole; kind: counts of a kind of ticket (Subject); found: an exception
	Population, Subjects, Exceptions int64
	Subject, TicketID, Reason        string
	OccurredAt                       *time.Time
}

// The answer about a control in one statement: the counts, the counts by kind of ticket where they are wanted, the exceptions.
const (
	answerCounts = `, answer (what, population, subjects, exceptions, subject, ticket_id, occurred_at, reason) AS (
SELECT 'all', count(*), count(DISTINCT hash(subject)), 0, NULL, NULL, NULL, NULL FROM population
`
	answerKinds = `UNION ALL
SELECT 'kind', p.n, 0, coalesce(e.n, 0), p.kind, NULL, NULL, NULL
FROM (SELECT t.kind, count(*) AS n FROM population JOIN ticket AS t USING (ticket_id) GROUP BY t.kind) AS p
LEFT JOIN (SELECT t.kind, count(*) AS n FROM (SELECT DISTINCT subject FROM exceptions) JOIN population AS p USING (subject)
           JOIN ticket AS t ON t.ticket_id = p.ticket_id GROUP BY t.kind) AS e USING (kind)
`
	answerFound = `UNION ALL
SELECT 'found', 0, 0, 0, CAST(subject AS VARCHAR), CAST(ticket_id AS VARCHAR), CAST(occurred_at AS TIMESTAMPTZ), CAST(reason AS VARCHAR) FROM exceptions)
SELECT * FROM answer ORDER BY what, occurred_at, subject, reason`
)

func (st statement) error(err error) error {
	pos, message := st.place(err)
	return fmt.Errorf("%s: %s", pos, message)
}

// missing names the inputs that hold no data.
func (k *Control) missing(ctx context.Context, db *model.DB, p Params) ([]string, error) {
	if len(k.Inputs) == 0 {
		return nil, nil
	}
	rows, err := db.Query(ctx, k.haveSQL(p))
	if err != nil {
		st := statement{pieces: []piece{{k.Inputs[0].Have, 1, 0}}}
		return nil, st.error(err)
	}
	defer rows.Close()
	have := make([]bool, len(k.Inputs))
	dest := make([]any, len(have))
	for i := range have {
		dest[i] = &have[i]
	}
	if rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var out []string
	for i, ok := range have {
		if !ok {
			out = append(out, k.Inputs[i].Name)
		}
	}
	return out, nil
}

// checkOptions finds ids that the catalogue does not know.
func checkOptions(cat *Catalogue, opt Options) error {
	var ps strictyaml.Problems
	none := strictyaml.Pos{File: "options", Line: 1, Column: 1}
	for _, f := range opt.Frameworks {
		if cat.frameworks[f] == nil {
			ps.Add(none, "frameworks", strictyaml.Suggest(f, cat.FrameworkIDs()), "the catalogue has no framework %q", f)
		}
	}
	for _, id := range opt.Controls {
		if cat.controls[id] == nil {
			ps.Add(none, "controls", strictyaml.Suggest(id, cat.ControlIDs()), "the catalogue has no control %q", id)
		}
	}
	either := func(pos strictyaml.Pos, path, id string) {
		if _, _, ok := cat.Entry(id); ok || cat.controls[id] != nil {
			return
		}
		hint := strictyaml.Suggest(id, cat.ControlIDs())
		if strings.Contains(id, "/") {
			hint = cat.suggestRequirement(id)
		}
		ps.Add(pos, path, hint, "%q is neither a control nor a requirement of the catalogue", id)
	}
	for _, w := range opt.Waivers {
		either(w.Pos, "waivers", w.ID)
	}
	for _, s := range opt.Scope {
		either(s.Pos, "scope", s.ID)
	}
	for _, a := range opt.Assessments {
		if a.Process != "" {
			if rated := ratedProcesses(); !slices.Contains(rated, a.Process) {
				hint := strictyaml.Suggest(a.Process, rated)
				if hint == "" {
					hint = "known: " + strings.Join(rated, ", ")
				}
				ps.Add(a.Pos, "assessments", hint, "there is no process %q that has a level", a.Process)
			}
			continue
		}
		if _, _, ok := cat.Entry(a.Requirement); !ok {
			ps.Add(a.Pos, "assessments", hintOr(cat, a.Requirement), "the catalogue has no requirement %q", a.Requirement)
		}
	}
	return ps.Err()
}

// PopulationRows lists the whole population of a control, ordered by moment and subject.
func PopulationRows(ctx context.Context, db *model.DB, control *Control, p Params) ([]Row, error) {
	st := control.compose(p, false, populationTail)
	rows, err := model.Select[Row](ctx, db, st.text)
	if err != nil {
		return nil, st.error(err)
	}
	return rows, nil
}

func ratedProcesses() []string {
	var out []string
	for _, p := range Processes() {
		if p.Rated {
			out = append(out, p.ID)
		}
	}
	return out
}
