package reports

import (
	"slices"
	"strings"
	"time"

	"deskproof/controls"
)

// found sums up the exceptions of some controls.
type found struct {
	name           string
	tested, with   int64 // controls with a population; of them, with exceptions
	population, x  int64
	subjects       map[string]bool
	oldest, newest *time.Time
	worst          *controls.ControlResult
	worstN         int64
	by             [foundKinds]int64
}

// How the exceptions of a control count.
const (
	asNonconforming = iota
	asEvidenceDue
	asWaived
	asTolerated
	foundKinds
)

var foundWords = [foundKinds]string{"of nonconforming controls", "of controls with evidence due", "waived or out of scope", "within the tolerance"}

func foundAs(s controls.Status) int {
	switch s {
	case controls.Nonconforming:
		return asNonconforming
	case controls.EvidenceDue:
		return asEvidenceDue
	case controls.Waived, controls.NotApplicable:
		return asWaived
	}
	return asTolerated
}

func (f *found) add(r *controls.ControlResult) {
	if !r.Inputs || r.Population == 0 {
		return
	}
	f.tested++
	f.population += r.Population
	n := int64(len(r.Exceptions))
	if n == 0 {
		return
	}
	f.with++
	f.x += n
	f.by[foundAs(r.Status)] += n
	if f.worst == nil || n > f.worstN {
		f.worst, f.worstN = r, n
	}
	for i := range r.Exceptions {
		x := &r.Exceptions[i]
		f.subjects[x.Subject] = true
		if at := x.OccurredAt; at != nil {
			if f.oldest == nil || at.Before(*f.oldest) {
				f.oldest = at
			}
			if f.newest == nil || at.After(*f.newest) {
				f.newest = at
			}
		}
	}
}

// gather sums the controls up by a name each, those with most exceptions first.
func (b *builder) gather(name func(*controls.Control) string) []*found {
	var list []*found
	at := map[string]*found{}
	for i := range b.Results.Controls {
		r := &b.Results.Controls[i]
		key := name(r.Control)
		if at[key] == nil {
			at[key] = &found{name: key, subjects: map[string]bool{}}
			list = append(list, at[key])
		}
		at[key].add(r)
	}
	slices.SortStableFunc(list, func(x, y *found) int {
		if x.x != y.x {
			return int(y.x - x.x)
		}
		return strings.Compare(x.name, y.name)
	})
	return list
}

// exceptionsBy says where the exceptions lie: by process, and by the role that answers for the control.
func (b *builder) exceptionsBy() Section {
	s := Section{ID: "exceptions-by", Code: "X-0", Short: "Exceptions by process", Subtitle: "exceptions of controls over the whole population; a thing that fails two controls counts twice, the column “things” counts it once; " + b.periodText()}
	processes := b.gather(func(k *controls.Control) string { return controls.ProcessTitle(k.Process) })
	roles := b.gather(func(k *controls.Control) string { return orWord(k.OwnerRole, "no role named") })
	var all, tested int64
	for _, p := range processes {
		all, tested = all+p.x, tested+p.tested
	}
	switch {
	case tested == 0:
		s.Title = say("no_data", "metric", "Exceptions", "missing", "no control found its input and a population")
	case all == 0:
		s.Title = sayN("ev_noexcept", tested)
	default:
		s.Title = say("ev_by", "x", all, "name", processes[0].name, "k", processes[0].x, "role", roles[0].name, "m", roles[0].x)
	}
	c := &Chart{ID: "exceptions-by-process", Kind: ChartLayers, Unit: Count, Sheet: "By process", Title: "Exceptions by process", Subtitle: "by how the control stands; processes with exceptions only; most first",
		Alt: "Bars of the number of exceptions by process, parted by the status of the control.", Empty: "No exception was found."}
	ink := [foundKinds]Role{RoleWorse, RoleWatch, RoleOther, RoleMuted}
	for kind := range foundKinds {
		series, any := ChartSeries{Name: foundWords[kind], Role: ink[kind]}, false
		for _, p := range processes {
			if p.x > 0 {
				series.Values, any = append(series.Values, Ptr(float64(p.by[kind]))), any || p.by[kind] > 0
			}
		}
		if any {
			c.Series = append(c.Series, series)
		}
	}
	for _, p := range processes {
		if p.x > 0 {
			c.Labels = append(c.Labels, p.name)
		}
	}
	s.Blocks = append(s.Blocks, c,
		b.foundTable("process", "Process", "By process", processes, all),
		b.foundTable("role", "Owner role", "By the role that answers for the control", roles, all))
	return s
}

func (b *builder) foundTable(key, head, title string, list []*found, all int64) *Table {
	t := &Table{ID: "exceptions-by-" + key + "-table", Title: title, Subtitle: "share: of all exceptions; rate: of the things tested; worst control: most exceptions; its code opens the list", Sheet: "By process", Search: true, Empty: "The catalogue has no control.",
		Columns: []Column{{Key: key, Title: head, Priority: 1, Wrap: true, Width: 4}, {Key: "controls", Title: "Controls with exceptions", Priority: 1, Width: 2}, {Key: "n", Title: "Exceptions", Kind: Count, Priority: 1}, {Key: "share", Title: "Share", Kind: Percent, Priority: 1},
			{Key: "things", Title: "Things", Kind: Count, Priority: 2}, {Key: "rate", Title: "Rate", Kind: Percent, Priority: 2}, {Key: "oldest", Title: "Oldest", Kind: Date, Priority: 2}, {Key: "newest", Title: "Newest", Kind: Date, Priority: 1}, {Key: "worst", Title: "Worst control", Kind: ID, Priority: 1, Wrap: true, Width: 4}, {Key: "worst_n", Title: "Of it", Kind: Count, Priority: 1}}}
	for _, f := range list {
		if f.tested == 0 {
			none := NotMeasured("no control had a population")
			t.Rows = append(t.Rows, []Value{T(f.name), T("none tested"), none, none, none, none, T("–"), T("–"), T("–"), T("–")})
			continue
		}
		share, worst, worstN := Value(T("–")), Value(T("–")), Value(T("–"))
		if all > 0 {
			share = Rate(f.x, all, nil)
		}
		if f.worst != nil {
			worst, worstN = b.listed(f.worst.Control.ID, f.worst.Control.ID), N(f.worstN)
		}
		t.Rows = append(t.Rows, []Value{T(f.name), T(kOfN(KofN{f.with, f.tested})), N(f.x), share, N(len(f.subjects)), rateValue(KofN{f.x, f.population}, nil), b.dayOf(f.oldest), b.dayOf(f.newest), worst, worstN})
	}
	return t
}

// listed is a text that opens the register of exceptions at those of a control.
func (b *builder) listed(text, control string) Value {
	return Value{Kind: ID, Text: text, Ref: "exception-list?code=X-" + control}
}
