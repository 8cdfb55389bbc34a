package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskproof/controls"
	"deskproof/model"
)

// task is one thing that somebody has to do.
type task struct {
	owner, kind, what, about string
	id                       Value
	due                      *time.Time // day, 00:00 UTC; nil = none is set
}

type todoRow struct {
	Kind, ID, Title, Owner string
	Due                    *time.Time
	What                   string
}

const noOwner = "(no owner named)"

// auditDay is the day of the coming audit; FALSE when none is set.
func (b *builder) auditDay() (time.Time, bool) {
	t, err := time.Parse("2006-01-02", b.Config.Reports.AuditDate)
	return t, err == nil
}

// todo lists what is to be done, by owner: from the results, from what people decided, and from the registers. With an audit
// date what falls due up to it; without one what is open, and of what comes round again what is overdue.
func (b *builder) todo(ctx context.Context) (Section, error) {
	s := Section{ID: "todo", Code: "L", Short: "To do by owner", Landscape: true, Subtitle: "owner: who the register or the decision names, else the role that answers for the control; overdue first, then by day; without a day: at any time before the audit"}
	today, err := time.Parse("2006-01-02", b.Results.Today)
	if err != nil {
		return s, err
	}
	audit, set := b.auditDay()
	ahead := set && !audit.Before(today)
	until := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	review := today
	if ahead {
		until, review = audit, audit
	}
	tasks := append(b.controlTasks(), b.decisionTasks(until, review)...)
	literal := func(t time.Time) string { return "DATE '" + t.Format("2006-01-02") + "'" }
	rows, err := shared[todoRow](ctx, b, "todo", map[string]string{"until": literal(until), "until_review": literal(review)})
	if err != nil {
		return s, err
	}
	for _, r := range rows {
		tasks = append(tasks, task{owner: r.Owner, kind: r.Kind, what: r.What, about: r.Title, id: Key(r.ID, ""), due: r.Due})
	}
	for i := range tasks {
		tasks[i].owner = orWord(tasks[i].owner, noOwner)
	}
	slices.SortStableFunc(tasks, func(x, y task) int {
		switch {
		case x.owner != y.owner:
			return strings.Compare(strings.ToLower(x.owner)+x.owner, strings.ToLower(y.owner)+y.owner)
		case x.due == nil || y.due == nil:
			if x.due == nil && y.due == nil {
				return 0
			} else if x.due == nil {
				return 1
			}
			return -1
		}
		return x.due.Compare(*y.due)
	})
	owners, list, overdue := todoTables(tasks, today)
	n, p := int64(len(tasks)), int64(len(owners.Rows))
	if slices.ContainsFunc(tasks, func(x task) bool { return x.owner == noOwner }) {
		p-- // nobody is no owner; the row stays in the table
	}
	switch day := Format(Day(audit), nil); {
	case n == 0:
		s.Title = say("ev_todo_none")
	case ahead:
		s.Title = say("ev_todo", "n", n, "p", p, "day", day, "d", int64(audit.Sub(today).Hours()/24), "o", overdue)
	case set:
		s.Title = say("ev_todo_past", "n", n, "p", p, "day", day)
	default:
		s.Title = say("ev_todo_nodate", "n", n, "p", p)
	}
	s.Blocks = append(s.Blocks, owners, list)
	if !set {
		s.Blocks = append(s.Blocks, &Paragraph{Muted: true, Text: "reports.audit_date in deskproof.yaml sets the day of the audit: then reviews that fall due before it, waivers that end and assessments that grow old by then are listed too."})
	}
	return s, nil
}

// shared runs an embedded query that uses shared parts of the catalogue, with more parameters given as SQL.
func shared[T any](ctx context.Context, b *builder, name string, more map[string]string) ([]T, error) {
	var out []T
	err := b.sql(name, func(q string) (err error) {
		_, body, _ := strings.Cut(q, "\nSELECT ") // shared parts go before the query itself
		out, err = model.Select[T](ctx, b.DB, controls.SharedSQL("SELECT "+body, b.Results.Params(), more))
		return err
	})
	return out, err
}

// todoTables are the tasks and their numbers by owner.
func todoTables(tasks []task, today time.Time) (owners, list *Table, overdue int64) {
	owners = &Table{ID: "todo-owners", Title: "Who has how much to do", Subtitle: "overdue: the day has passed at as-of; next: nearest day that has not passed", Sheet: "To do by owner", Empty: "Nothing is to be done by the records.",
		Columns: []Column{{Key: "owner", Title: "Owner", Priority: 1, Wrap: true, Width: 5}, {Key: "n", Title: "To do", Kind: Count, Priority: 1}, {Key: "overdue", Title: "Overdue", Kind: Count, Priority: 1}, {Key: "undated", Title: "Without a day", Kind: Count, Priority: 1}, {Key: "next", Title: "Next", Kind: Date, Priority: 1}}}
	list = &Table{ID: "todo-list", Title: "What is to be done", Subtitle: "days: from as-of to the day it is due; negative: overdue", Sheet: "To do by owner", Search: true, Filters: []string{"owner", "kind", "state"}, Empty: "Nothing is to be done by the records.",
		Columns: []Column{{Key: "owner", Title: "Owner", Priority: 1, Wrap: true, Width: 3}, {Key: "due", Title: "Due", Kind: Date, Priority: 1}, {Key: "days", Title: "Days", Kind: Count, Priority: 1}, {Key: "state", Title: "State", Priority: 1}, {Key: "what", Title: "What is to be done", Priority: 1, Wrap: true, Width: 8}, {Key: "about", Title: "About", Priority: 1, Wrap: true, Width: 5}, {Key: "id", Title: "Code", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "kind", Title: "Kind", Priority: 2}}}
	var n, late, undated int64
	var next *time.Time
	for i, x := range tasks {
		if i == 0 || tasks[i-1].owner != x.owner {
			n, late, undated, next = 0, 0, 0, nil
		}
		n++
		due, days, state := T("–"), T("–"), "no day is set"
		switch {
		case x.due == nil:
			undated++
		default:
			left := int64(x.due.Sub(today).Hours() / 24)
			due, days, state = Day(*x.due), N(left), "due"
			if left < 0 {
				state = "overdue"
				late++
				overdue++
			} else if next == nil {
				next = x.due
			}
		}
		list.Rows = append(list.Rows, []Value{T(x.owner), due, days, T(state), T(x.what), T(x.about), x.id, T(x.kind)})
		if i == len(tasks)-1 || tasks[i+1].owner != x.owner {
			day := T("–")
			if next != nil {
				day = Day(*next)
			}
			owners.Rows = append(owners.Rows, []Value{T(x.owner), N(n), N(late), N(undated), day})
		}
	}
	return owners, list, overdue
}

// controlTasks are what controls found, and the inputs that they lack: one task an input, for the role that answers for the
// first control that needs it.
func (b *builder) controlTasks() (out []task) {
	missing, needed := map[string]int{}, map[int][]string{} // input → place in out; place → controls
	for _, status := range []controls.Status{controls.Nonconforming, controls.EvidenceDue} {
		for i := range b.Results.Controls {
			r := &b.Results.Controls[i]
			if r.Status != status {
				continue
			}
			about := r.Control.Title + ": " + kOfN(KofN{int64(len(r.Exceptions)), r.Population})
			if status == controls.EvidenceDue {
				var named []string
				for _, x := range r.Exceptions {
					named = append(named, x.Subject)
				}
				about += " (" + names(named, 3) + ")"
			}
			out = append(out, task{owner: r.Control.OwnerRole, kind: Status(status).Word(), what: r.Control.WhenItFails, about: about, id: b.listed("X-"+r.Control.ID, r.Control.ID)})
		}
	}
	for i := range b.Results.Controls {
		r := &b.Results.Controls[i]
		if r.Status != controls.NotAssessed {
			continue
		}
		for _, m := range r.Missing {
			if k, ok := missing[m]; ok {
				needed[k] = append(needed[k], r.Control.ID)
				continue
			}
			missing[m] = len(out)
			needed[len(out)] = []string{r.Control.ID}
			where := "let a source or a file bring it (docs/sources.md says what each tool gives)"
			if r.Control.Evidence() != controls.CoverData {
				where = "fill the register in the folder of registers (docs/registers.md says which columns it has)"
			}
			out = append(out, task{owner: r.Control.OwnerRole, kind: "missing input", what: "Missing: " + m + "; " + where, id: Value{Kind: ID, Text: "P-" + r.Control.ID, Ref: processAnchor(r.Control)}})
		}
	}
	for k, ids := range needed {
		out[k].about = "needed by " + Plural(int64(len(ids)), "control", "controls") + ": " + names(ids, 4)
	}
	return out
}

// decisionTasks are waivers that end, assessments that grow old, and requirements that only people can tell.
func (b *builder) decisionTasks(until, review time.Time) (out []task) {
	for _, w := range b.Config.Catalogue.Waivers {
		end, err := time.Parse("2006-01-02", w.Until)
		if err != nil || b.Results.WaiverState(w) != controls.InForce || end.After(until) {
			continue
		}
		out = append(out, task{owner: w.Owner, kind: "waiver", what: "The waiver ends: mend what it excuses, or decide anew", about: w.Reason, id: Key(w.ID, ""), due: &end})
	}
	for _, j := range b.Results.Judgements {
		on, err := time.Parse("2006-01-02", j.On)
		if err != nil || j.State != controls.InForce {
			continue
		}
		old, what := on.AddDate(0, 0, b.reassess()), "Assess anew: the assessment grows old"
		if end, err := time.Parse("2006-01-02", j.ValidUntil); err == nil && end.Before(old) {
			old, what = end, "Assess anew: the assessment ends"
		}
		if old.After(review) {
			continue
		}
		subject := j.Requirement
		if j.Process != "" {
			subject = controls.ProcessTitle(j.Process)
		}
		out = append(out, task{owner: j.By, kind: "assessment", what: what, about: "made on " + j.On, id: Key(subject, ""), due: &old})
	}
	for _, f := range b.frameworks() {
		var ids []string
		for i := range b.Results.Requirements {
			q := &b.Results.Requirements[i]
			if !q.Heading && q.Framework == f.Framework && q.Status != controls.NotApplicable && b.rests(q) == onPeopleOnly {
				ids = append(ids, q.Entry.ID)
			}
		}
		if n := int64(len(ids)); n > 0 {
			out = append(out, task{kind: "assessment", what: fmt.Sprintf("Assess %s that only people can tell, and write it down (catalogue.judgements)", Plural(n, "requirement", "requirements")), about: names(ids, 12), id: Key(f.Framework.ID(), "")})
		}
	}
	return out
}
