package controls

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// DecisionState is how an assessment, or a waiver, stands on the day of the evaluation.
type DecisionState string

// The states of assessments and waivers; only what is in force counts.
const (
	InForce    DecisionState = "in force"
	NotYet     DecisionState = "not yet in force" // its day, or its first day, comes after as-of
	Ended      DecisionState = "ended"            // its last day is over
	Superseded DecisionState = "superseded"       // a later one of the same subject, or one nearer to each requirement, counts
	NotAsked   DecisionState = "not asked for"    // its framework is not evaluated
)

// Judgement is an assessment by a person, with how it stands.
type Judgement struct {
	config.Assessment
	State        DecisionState
	Old          bool     // it is older than Options.ReassessAfter: alone it shows no conformity any more
	Requirements []string // requirements that it speaks for
	Differs      []string // those of them where something was measured, and says something else
	References   []Reference
}

// Found is the status that the person found.
func (j *Judgement) Found() Status { return Status(j.Status) }

// Who is by whom it was made and when: "Ada Brown on 2026-09-30", with a word when it is old.
func (j *Judgement) Who() string {
	if j.Old {
		return j.By + " on " + j.On + ", which is old"
	}
	return j.By + " on " + j.On
}

// Reference is a piece of evidence that a person named, looked up among the records.
type Reference struct {
	Text string // as written
	Kind string // document, audit, review, risk, nonconformity, improvement, ticket, address, or empty: nothing of the records has that name
	Name string // title of what it is; key of a ticket
	URL  string
}

// ScopeState is the scope statement, held against the records.
type ScopeState struct {
	*config.ScopeStatement
	InForce   bool // FALSE: it was decided after as-of
	Services  []ScopeName
	Customers []ScopeName
}

// ScopeName is a service or customer that the statement names.
type ScopeName struct {
	Text string   // as written
	IDs  []string // ids in the records; none = not known there
}

// lastDay is the last day that as-of closes, as it is compared with days of decisions.
func (o Options) lastDay() string {
	return o.AsOf.Add(-time.Microsecond).In(o.Zone).Format("2006-01-02")
}

// WaiverState is how a waiver stands at as-of.
func (r *Results) WaiverState(w config.Waiver) DecisionState { return waiverState(w, r.Today) }

func waiverState(w config.Waiver, today string) DecisionState {
	switch {
	case w.Until < today:
		return Ended
	case w.From > today:
		return NotYet
	}
	return InForce
}

// assess says of each assessment how it stands, before requirements take theirs.
func (r *Results) assess(ctx context.Context, db *model.DB, opt Options) error {
	days := opt.ReassessAfter
	if days == 0 {
		days = 365
	}
	today, err := time.Parse("2006-01-02", r.Today)
	if err != nil {
		return err
	}
	for _, a := range opt.Assessments {
		j := &Judgement{Assessment: a, State: InForce}
		on, err := time.Parse("2006-01-02", a.On)
		if err != nil {
			return fmt.Errorf("%s: %q is not a day", a.Pos, a.On)
		}
		switch {
		case a.On > r.Today:
			j.State = NotYet
		case a.ValidUntil != "" && a.ValidUntil < r.Today:
			j.State = Ended
		}
		j.Old = j.State == InForce && on.AddDate(0, 0, days).Before(today)
		r.Judgements = append(r.Judgements, j)
	}
	for _, j := range r.Judgements {
		for _, k := range r.Judgements {
			if j.State == InForce && k.State == InForce && k.Subject() == j.Subject() && k.On > j.On {
				j.State, j.Old = Superseded, false
			}
		}
	}
	return r.references(ctx, db)
}

// judgementOf finds the assessment that counts for an entry: one of itself before one of a heading above it.
func (r *Results) judgementOf(f *Framework, e Entry) *Judgement {
	for _, id := range f.upward(e) {
		for _, j := range r.Judgements {
			if j.State == InForce && j.Requirement == id {
				return j
			}
		}
	}
	return nil
}

// ProcessJudgement is the assessment of a process that counts; nil when nobody judged it.
func (r *Results) ProcessJudgement(process string) *Judgement {
	i := slices.IndexFunc(r.Judgements, func(j *Judgement) bool { return j.State == InForce && j.Process == process })
	if i < 0 {
		return nil
	}
	return r.Judgements[i]
}

// upward lists the ids of an entry and of the headings above it, with the framework.
func (f *Framework) upward(e Entry) []string {
	out := []string{f.ID() + "/" + e.ID}
	for range f.Entries { // no more steps than entries, whatever the file says
		parent, ok := f.Entry(e.Parent)
		if !ok {
			break
		}
		out, e = append(out, f.ID()+"/"+parent.ID), parent
	}
	return out
}

// spoken marks what assessments that count for no requirement are.
func (r *Results) spoken(opt Options) {
	for _, j := range r.Judgements {
		if j.State != InForce || j.Process != "" || len(j.Requirements) > 0 {
			continue
		}
		j.State = Superseded
		if fw, _ := SplitRequirement(j.Requirement); len(opt.Frameworks) > 0 && !slices.Contains(opt.Frameworks, fw) {
			j.State = NotAsked
		}
	}
}

//go:embed references.sql
var referencesSQL string

// references looks the evidence up that people named: entries of registers by their id, tickets by id or key, addresses as they are.
func (r *Results) references(ctx context.Context, db *model.DB) error {
	var texts []string
	for _, j := range r.Judgements {
		for _, e := range j.Evidence {
			texts = append(texts, strings.TrimSpace(e))
		}
	}
	if len(texts) == 0 {
		return nil
	}
	list, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	type row struct{ Text, Kind, Name, URL string }
	rows, err := model.Select[row](ctx, db, referencesSQL, string(list))
	if err != nil {
		return err
	}
	known := map[string]Reference{}
	for _, x := range slices.Backward(rows) { // the first kind that has the name counts
		known[x.Text] = Reference(x)
	}
	for _, j := range r.Judgements {
		for _, e := range j.Evidence {
			e = strings.TrimSpace(e)
			ref, ok := known[e]
			switch {
			case ok:
			case strings.HasPrefix(e, "https://"), strings.HasPrefix(e, "http://"):
				ref = Reference{Text: e, Kind: "address", URL: e}
			default:
				ref = Reference{Text: e}
			}
			j.References = append(j.References, ref)
		}
	}
	return nil
}

// scope holds the scope statement against the services and customers of the records.
func (r *Results) scope(ctx context.Context, db *model.DB, opt Options) error {
	if opt.Statement == nil {
		return nil
	}
	s := &ScopeState{ScopeStatement: opt.Statement, InForce: opt.Statement.On <= r.Today}
	r.Scope = s
	if !s.InForce {
		r.Problems = append(r.Problems, fmt.Sprintf("%s: the scope was decided on %s, after the moment that is evaluated (%s): at that moment it was not yet in force", s.Pos, s.On, r.Today))
	}
	type thing struct{ ID, Name string }
	look := func(what, key, query string, names []string) (out []ScopeName, err error) {
		if len(names) == 0 {
			return nil, nil
		}
		things, err := model.Select[thing](ctx, db, query)
		if err != nil {
			return nil, err
		}
		if len(things) == 0 {
			r.Problems = append(r.Problems, fmt.Sprintf("%s: the scope names %ss, and no %s was collected: the names cannot be checked", s.At(key), what, what))
		}
		var known []string
		for _, t := range things {
			known = append(known, t.Name, bare(t.ID))
		}
		for i, name := range names {
			n := ScopeName{Text: name}
			for _, t := range things {
				if is := strings.TrimSpace(name); strings.EqualFold(is, t.ID) || strings.EqualFold(is, bare(t.ID)) || strings.EqualFold(is, strings.TrimSpace(t.Name)) {
					n.IDs = append(n.IDs, t.ID)
				}
			}
			if len(n.IDs) == 0 && len(things) > 0 {
				p := strictyaml.Problem{Pos: s.At(fmt.Sprintf("%s[%d]", key, i)), Message: fmt.Sprintf("the scope names the %s %q, which the records do not have", what, name), Hint: strictyaml.Suggest(name, known)}
				r.Problems = append(r.Problems, p.Error())
			}
			out = append(out, n)
		}
		return out, nil
	}
	var err error
	if s.Services, err = look("service", "services", "SELECT service_id AS id, coalesce(name, '') AS name FROM service ORDER BY service_id", s.ScopeStatement.Services); err != nil {
		return err
	}
	s.Customers, err = look("customer", "customers", "SELECT customer_id AS id, coalesce(name, '') AS name FROM customer ORDER BY customer_id", s.ScopeStatement.Customers)
	return err
}

// bare is an id without the system that it comes from.
func bare(id string) string {
	if _, key, ok := strings.Cut(id, ":"); ok {
		return key
	}
	return id
}
