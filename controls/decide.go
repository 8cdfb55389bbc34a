package controls

import (
	"fmt"
	"strings"

	"deskproof/model/config"
)

// How what people decided and what was measured make one status. The rule stands in catalogue/README.md, "Judgement":
// what was measured never disappears; a person decides where nothing was measured; elsewhere the worse of the two counts.

// severity orders statuses by what counts against a requirement; a higher one is worse.
var severity = map[Status]int{NotApplicable: 0, NotAssessed: 0, Conforming: 1, Waived: 2, EvidenceDue: 3, Nonconforming: 4}

// decide applies scope and waivers to what was measured.
func (r *ControlResult) decide(opt Options) {
	for i := range opt.Scope {
		if s := &opt.Scope[i]; s.ID == r.Control.ID {
			r.Scope, r.Status = s, NotApplicable
			r.Reason = fmt.Sprintf("Out of scope: %s (decided by %s).", strings.TrimRight(s.Reason, "."), s.DecidedBy)
			return
		}
	}
	r.Waiver, r.Status, r.Reason = excuse(opt, []string{r.Control.ID}, r.Status, r.Measured == Conforming, r.Reason)
}

// excuse applies the first waiver that is in force for one of the ids, nearest first, and says which have ended.
func excuse(opt Options, ids []string, status Status, conforming bool, reason string) (*config.Waiver, Status, string) {
	today := opt.lastDay()
	for _, id := range ids {
		for i := range opt.Waivers {
			w := &opt.Waivers[i]
			if w.ID != id {
				continue
			}
			switch waiverState(*w, today) {
			case Ended:
				reason += fmt.Sprintf(" A waiver by %s ended on %s.", w.Owner, w.Until)
				continue
			case NotYet:
				reason += fmt.Sprintf(" A waiver by %s begins on %s.", w.Owner, w.From)
				continue
			}
			if conforming {
				return w, status, reason + fmt.Sprintf(" A waiver by %s until %s was not needed.", w.Owner, w.Until)
			}
			return w, Waived, fmt.Sprintf("Waived until %s by %s: %s. Without the waiver: %s. %s", w.Until, w.Owner, strings.TrimRight(w.Reason, "."), status.Words(), reason)
		}
	}
	return nil, status, reason
}

// decide applies what people found and decided to what controls and documents say of a requirement.
func (q *RequirementResult) decide(opt Options) {
	ids := q.Framework.upward(q.Entry)
	if j := q.Judged; j != nil {
		j.Requirements = append(j.Requirements, q.ID)
		if q.Differs = q.Measured != NotAssessed && q.Measured != j.Found(); q.Differs {
			j.Differs = append(j.Differs, q.ID)
		}
		q.follow(j)
	}
	if s := q.Scope; s != nil {
		q.Status, q.ByJudgement = NotApplicable, false
		without := ""
		if q.Measured != NotAssessed {
			without = " Measured: " + q.Measured.Words() + "."
		}
		q.Reason = fmt.Sprintf("Out of scope: %s (decided by %s).%s", strings.TrimRight(s.Reason, "."), s.DecidedBy, without)
		return
	}
	before := q.Status
	if q.Waiver, q.Status, q.Reason = excuse(opt, ids, q.Status, q.Status == Conforming || q.Status == NotApplicable, q.Reason); q.Status != before {
		q.ByJudgement = false
	}
}

// follow gives the requirement the status that its assessment leads to.
func (q *RequirementResult) follow(j *Judgement) {
	found := j.Found()
	said := fmt.Sprintf("Judged %s by %s", found.Words(), j.Who())
	if j.Requirement != q.ID {
		_, heading := SplitRequirement(j.Requirement)
		said += ", for the whole of " + heading
	}
	why := said + ": " + strings.TrimRight(strings.TrimSpace(j.Rationale), ".") + "."
	switch nothing := q.Status == NotAssessed || q.Status == NotApplicable; {
	case nothing && q.Measured == NotAssessed:
		q.Status, q.ByJudgement = found, true
		if j.Old && found == Conforming {
			q.Status = EvidenceDue
			why += " It has to be assessed anew."
		}
		q.Reason = why + " Nothing was measured: " + q.Reason
	case nothing && severity[found] < severity[q.Measured]:
		q.Reason += fmt.Sprintf(" %s; measured was %s.", said, q.Measured.Words())
	case severity[found] > severity[q.Status]:
		q.Status, q.ByJudgement = found, true
		q.Reason = fmt.Sprintf("%s Measured: %s. %s", why, q.Measured.Words(), q.Reason)
	case q.Differs:
		q.Reason += " " + said + "; what was measured counts."
	default:
		q.Reason += " " + said + " too."
	}
}
