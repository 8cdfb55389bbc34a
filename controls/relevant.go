package controls

import (
	"maps"
	"slices"
)

// Relevant keeps the controls that answer a requirement of the evaluated frameworks, or touch one that nothing answers,
// and those that guard the records that all others rest on. The requirements stay as they are.
func (r *Results) Relevant() *Results {
	wanted := map[string]bool{}
	for _, q := range r.Requirements {
		for _, id := range q.Controls {
			wanted[id] = true
		}
		for _, t := range q.Touched {
			wanted[t.Control.ID] = true
		}
	}
	out := *r
	out.Controls = nil
	for _, c := range r.Controls {
		if wanted[c.Control.ID] || slices.Contains(Completeness(), c.Control.ID) {
			out.Controls = append(out.Controls, c)
		}
	}
	return &out
}

// Completeness lists the controls that tell whether the records are all there were: what each source counted, what was
// rejected, and numbers that are missing. The catalogue may lack some of them when another one is in use.
func Completeness() []string {
	return []string{"dq-collection-complete", "dq-control-totals", "dq-records-rejected", "dq-number-gaps", "dq-source-current"}
}

// SharedSQL puts the shared parts of the catalogue that a query names before it (the query begins with SELECT) and writes
// the parameters of a run, and more of the caller's given as SQL, in place of $name. So a report counts by the same rules.
func SharedSQL(query string, p Params, more map[string]string) string {
	values := p.values()
	maps.Copy(values, more)
	return withShared(query, values)
}
