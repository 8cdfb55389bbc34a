package controls

import "fmt"

// contradictions finds rows of the crosswalk that cannot stand together: entries that are equal, directly or through
// others, ask for the same, so they must relate to any third one in the same way. The rows are known to be well formed.
func (l *loader) contradictions() {
	group := map[string]string{} // an entry to one that is equal, up to the one that stands for all of them
	find := func(id string) string {
		for group[id] != "" {
			id = group[id]
		}
		return id
	}
	for _, x := range l.cat.Crosswalk {
		if x.Relation != "equal" || x.To == "" {
			continue
		}
		if a, b := find(x.From), find(x.To); a != b {
			group[b] = a
		}
	}
	first, rows := map[string]Crosswalk{}, map[string]int{}
	for _, x := range l.cat.Crosswalk {
		at := fmt.Sprintf("crosswalk[%d]", rows[x.Pos.File])
		rows[x.Pos.File]++
		if x.Relation == "none" || x.To == "" {
			continue
		}
		a, b := find(x.From), find(x.To)
		if a == b {
			if x.Relation != "equal" {
				l.ps.Add(x.Pos, at, "equal goes through: what both are equal to makes them equal", "%s and %s are equal through other rows, and %s here", x.From, x.To, x.Relation)
			}
			continue
		}
		relation := x.Relation
		if a > b { // one direction for both readings
			a, b, relation = b, a, Inverse(relation)
		}
		old, ok := first[a+" "+b]
		if !ok {
			old = x
			old.Relation = relation
			first[a+" "+b] = old
		}
		if old.Relation != relation {
			l.ps.Add(x.Pos, at, "entries that are equal relate to others in the same way", "%s and %s contradict %s and %s in %s:%d", x.From, x.To, old.From, old.To, old.Pos.File, old.Pos.Line)
		}
	}
}
