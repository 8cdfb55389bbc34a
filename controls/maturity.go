package controls

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Indicative is the sentence that belongs to every rating.
const Indicative = "Indicative, from records only; not an ISO/IEC 33002 assessment."

// ProcessRating is the indicated capability of one process.
type ProcessRating struct {
	Process    string
	Title      string
	Level      int // 0 to 3; -1: not assessed, because no control of level 1 gave an answer
	Goal       int // goal level; 0 = none was set
	Attributes []AttributeRating
	CapsLevel  string     // attribute that keeps the process from the next level: PA2.1; empty at level 3
	Caps       string     // the same in a sentence, with the controls behind it
	Assessed   int        // controls of the process that gave an answer
	Controls   int        // controls of the process
	Indicative string     // always printed with the rating
	Judged     *Judgement // level that a person found, beside the indicated one; nil when nobody judged it
}

// AttributeRating is the indicated achievement of one process attribute.
type AttributeRating struct {
	Attribute   string // PA2.1
	Name        string
	Level       int      // capability level that the attribute belongs to
	Rating      string   // N, P, L, F; empty = not assessed
	Achievement *float64 // 0 to 1; nil = not assessed
	Caps        bool     // it keeps the process from the next level
	Evidence    []AttributeEvidence
	Reason      string // why it was not assessed, or how the share came about
}

// AttributeEvidence is one control behind the rating of an attribute.
type AttributeEvidence struct {
	Control    string
	Title      string
	Status     Status
	Population int64
	Exceptions int64
	PassRate   *float64 // contribution, 0 to 1; nil = it gave no answer
	Reason     string
}

// Maturity rates each process by the controls that indicate its attributes. A control contributes 1 when its exceptions are
// within tolerance, else the share of its population without exception; an attribute is the mean over its controls that
// gave an answer. Level n is reached when its attributes are rated L or F and all lower ones F. Goals are levels by
// process, with the key "default" for all others. Levels 4 and 5 are never reached: no control indicates them.
func Maturity(ctx context.Context, r *Results, goals map[string]int) ([]ProcessRating, error) {
	cat := r.Catalogue
	if cat == nil || cat.Scale == nil {
		return nil, fmt.Errorf("the catalogue has no scale to rate with: scales/ holds none")
	}
	for name := range goals {
		if name != "default" && !slices.Contains(processIDs(), name) {
			return nil, fmt.Errorf("catalogue.goals: there is no process %q; known: default, %s", name, strings.Join(processIDs(), ", "))
		}
	}
	var out []ProcessRating
	for _, p := range Processes() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !p.Rated {
			continue
		}
		q := ProcessRating{Process: p.ID, Title: p.Title, Goal: goals[p.ID], Indicative: Indicative}
		if _, own := goals[p.ID]; !own {
			q.Goal = goals["default"]
		}
		for _, lv := range cat.Scale.Levels {
			for _, a := range lv.Attributes {
				rating := rateAttribute(cat, r, p, a)
				rating.Level = lv.Level
				for _, e := range rating.Evidence {
					q.Controls++
					if e.PassRate != nil {
						q.Assessed++
					}
				}
				q.Attributes = append(q.Attributes, rating)
			}
		}
		q.derive(cat.Scale)
		q.Judged = r.ProcessJudgement(p.ID)
		if q.Controls > 0 || q.Judged != nil {
			out = append(out, q)
		}
	}
	return out, nil
}

// Differs tells that a person found another level than records indicate; FALSE unless there are both.
func (p ProcessRating) Differs() bool {
	return p.Judged != nil && p.Level >= 0 && *p.Judged.Level != p.Level
}

func rateAttribute(cat *Catalogue, r *Results, p Process, attribute string) AttributeRating {
	a := AttributeRating{Attribute: attribute}
	a.Name, _ = cat.AttributeName(attribute)
	sum, n := 0.0, 0
	for _, c := range r.Controls {
		if c.Control.Attribute != attribute || c.Status == NotApplicable {
			continue
		}
		e := AttributeEvidence{Control: c.Control.ID, Title: c.Control.Title, Status: c.Status, Reason: c.Reason}
		population, exceptions := c.Population, int64(len(c.Exceptions))
		if c.Control.Process == "data_quality" {
			// A control over several kinds counts for each process by the tickets of its kinds.
			population, exceptions = 0, 0
			for _, k := range c.ByKind {
				if slices.Contains(p.Kinds, k.Kind) {
					population, exceptions = population+k.Population, exceptions+k.Exceptions
				}
			}
			if population == 0 {
				continue
			}
			e.Status = Conforming
			if float64(exceptions) > float64(c.Control.Tolerance)*float64(population)+1e-9 {
				e.Status = c.Control.Finding
			}
			e.Reason = fmt.Sprintf("%d of %d exceptions among the tickets of this process.", exceptions, population)
		} else if c.Control.Process != p.ID {
			continue
		}
		if c.Inputs && population > 0 {
			e.Population, e.Exceptions = population, exceptions
			rate := 1 - float64(exceptions)/float64(population)
			if float64(exceptions) <= float64(c.Control.Tolerance)*float64(population)+1e-9 {
				rate = 1
			}
			e.PassRate = &rate
			sum += rate
			n++
		}
		a.Evidence = append(a.Evidence, e)
	}
	switch {
	case len(a.Evidence) == 0:
		a.Reason = "No control indicates it."
	case n == 0:
		a.Reason = "None of its controls gave an answer."
	default:
		mean := sum / float64(n)
		a.Achievement = &mean
		a.Rating = cat.Scale.Rate(mean)
		a.Reason = fmt.Sprintf("Mean over %d of %d controls.", n, len(a.Evidence))
	}
	return a
}

// derive applies the rule of the scale: level n needs L or F at n and F at all below.
func (q *ProcessRating) derive(s *Scale) {
	rating := func(attribute string) *AttributeRating {
		for i := range q.Attributes {
			if q.Attributes[i].Attribute == attribute {
				return &q.Attributes[i]
			}
		}
		return nil
	}
	top := s.Ratings[len(s.Ratings)-1].Code
	largely := top
	if len(s.Ratings) > 1 {
		largely = s.Ratings[len(s.Ratings)-2].Code
	}
	var blocking []*AttributeRating
	q.Level = 0
	for i, lv := range s.Levels {
		for j := 0; j <= i; j++ {
			for _, name := range s.Levels[j].Attributes {
				a := rating(name)
				if j < i && a.Rating == top || j == i && (a.Rating == top || a.Rating == largely) {
					continue
				}
				blocking = append(blocking, a)
			}
		}
		if len(blocking) > 0 {
			break
		}
		q.Level = lv.Level
	}
	if len(blocking) == 0 {
		return
	}
	if q.Level == 0 && blocking[0].Rating == "" {
		q.Level = -1
	}
	next := max(q.Level, 0) + 1
	if next > 3 {
		q.Caps = "Level 3 is the highest that records can indicate: no control indicates levels 4 and 5."
		return
	}
	// The weakest of those in the way is marked; all of them are named.
	caps := blocking[0]
	var missing, short []string
	for _, a := range blocking {
		if weaker(a, caps) {
			caps = a
		}
		name := a.Attribute + " (" + a.Name + ")"
		if a.Rating == "" {
			missing = append(missing, name)
			continue
		}
		need := largely + " or " + top
		if a.Level < next {
			need = top
		}
		var failing []string
		for _, e := range a.Evidence {
			if e.PassRate != nil && *e.PassRate < 1 {
				failing = append(failing, fmt.Sprintf("%s, %d of %d", e.Control, e.Exceptions, e.Population))
			}
		}
		short = append(short, fmt.Sprintf("%s is %s and needs %s (exceptions: %s)", name, a.Rating, need, strings.Join(failing, "; ")))
	}
	caps.Caps, q.CapsLevel = true, caps.Attribute
	if len(missing) > 0 {
		why := "no control indicates it"
		switch {
		case len(missing) > 1:
			why = "no control indicates them, or none gave an answer"
		case len(caps.Evidence) > 0:
			why = "none of its controls gave an answer"
		}
		short = append(short, strings.Join(missing, ", ")+" not assessed, "+why)
	}
	q.Caps = fmt.Sprintf("Level %d: %s.", next, strings.Join(short, "; "))
}

// weaker tells whether a stands lower than b: a rated one by its share, a missing one below every rated one.
func weaker(a, b *AttributeRating) bool {
	if a.Achievement == nil || b.Achievement == nil {
		return a.Achievement == nil && b.Achievement != nil
	}
	return *a.Achievement < *b.Achievement
}
