package controls

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"deskproof/model/strictyaml"
)

// Framework is one edition of a standard or practice: identifiers and short names only.
type Framework struct {
	Pos     strictyaml.Pos `yaml:"-"`
	Name    string         `yaml:"framework"` // iso20000-1
	Edition string         `yaml:"edition"`   // 2018
	Short   string         `yaml:"short"`     // name for tables: ISO/IEC 20000-1:2018
	Title   string         `yaml:"name"`      // full name
	Source  string         `yaml:"source"`    // where ids and names come from
	Licence string         `yaml:"licence"`   // rights, and what of the work stands here
	Asks    string         `yaml:"asks"`      // for every entry that states none itself: see Entry
	Because string         `yaml:"because"`   // why asks is stated
	Entries []Entry        `yaml:"entries"`   // in the order of the framework
	// AddEntries adds to a framework that an earlier folder holds; framework and edition name it, and nothing else is stated.
	AddEntries []Entry `yaml:"add_entries"`

	index    map[string]int
	children map[string][]string
}

// Entry is one numbered or named place of a framework: a clause, a block, a requirement, a practice.
type Entry struct {
	Pos       strictyaml.Pos `yaml:"-"`
	ID        string         `yaml:"id"`
	Parent    string         `yaml:"parent"`
	Title     string         `yaml:"title"`
	Kind      string         `yaml:"kind"`      // subclause, gist (our own words), practice, …
	Certainty string         `yaml:"certainty"` // S source seen, S2 secondary source seen, M memory
	// Disputed says how other sources print the title or place the entry; empty when they agree.
	Disputed string `yaml:"disputed"`
	// Asks is stated where no record can answer: nothing (the entry only explains or names) or judgement (only people can tell).
	Asks    string `yaml:"asks"`
	Because string `yaml:"because"` // why asks is stated
	// Grouping names the group that holds the same entry in another edition: itil:4 to service.
	Grouping map[string]string `yaml:"grouping"`
}

// What an entry can ask beyond what records show.
const (
	AsksNothing   = "nothing"
	AsksJudgement = "judgement"
)

// Doubtful tells that the title or the number is from memory, or that sources disagree about it.
func (e Entry) Doubtful() bool { return e.Certainty == "M" || e.Disputed != "" }

// DoubtMark and DoubtLegend are how a doubtful title is marked wherever titles are printed.
const (
	DoubtMark   = "*"
	DoubtLegend = "* = title or number from memory, or sources disagree"
)

// Marked is the title as it is printed: with a mark when it is doubtful.
func (e Entry) Marked() string {
	if e.Doubtful() {
		return e.Title + DoubtMark
	}
	return e.Title
}

// CertaintyWords says in words how certain an entry is.
func (e Entry) CertaintyWords() string {
	words := map[string]string{"S": "source seen", "S2": "secondary source seen", "M": "from memory, not confirmed"}[e.Certainty]
	if e.Disputed != "" {
		words += "; " + e.Disputed
	}
	return words
}

// asks is what an entry states about itself, else what its framework states of all.
func (f *Framework) asks(e Entry) (asks, because string) {
	if e.Asks != "" {
		return e.Asks, e.Because
	}
	return f.Asks, f.Because
}

// ID is the framework with its edition: iso20000-1:2018.
func (f *Framework) ID() string { return f.Name + ":" + f.Edition }

// Entry finds an entry by its id within the framework.
func (f *Framework) Entry(id string) (Entry, bool) {
	i, ok := f.index[id]
	if !ok {
		return Entry{}, false
	}
	return f.Entries[i], true
}

// Children lists the ids directly below an entry, in order. An entry without children is a requirement that
// can be assessed; the others are headings.
func (f *Framework) Children(id string) []string { return f.children[id] }

// Level is how deep an entry stands, 1 for the top.
func (f *Framework) Level(id string) int {
	level := 0
	for e, ok := f.Entry(id); ok && level < len(f.Entries); e, ok = f.Entry(e.Parent) {
		level++
	}
	return level
}

// underItself tells that the parents of an entry lead back to it.
func (f *Framework) underItself(e Entry) bool {
	above, ok := f.Entry(e.Parent)
	for range f.Entries {
		if !ok || above.ID == e.ID {
			break
		}
		above, ok = f.Entry(above.Parent)
	}
	return ok && above.ID == e.ID
}

func (f *Framework) build() {
	f.index, f.children = map[string]int{}, map[string][]string{}
	for i, e := range f.Entries {
		if _, twice := f.index[e.ID]; !twice {
			f.index[e.ID] = i
			if e.Parent != "" {
				f.children[e.Parent] = append(f.children[e.Parent], e.ID)
			}
		}
	}
}

// checkMarks checks the keys of a framework that say more than id and title.
func (f *Framework) checkMarks(top strictyaml.Pos, ps *strictyaml.Problems) {
	known := []string{AsksNothing, AsksJudgement}
	check := func(pos strictyaml.Pos, at, asks, because string) {
		if asks != "" && !slices.Contains(known, asks) {
			ps.Add(pos, at+"asks", strictyaml.Suggest(asks, known), "%q is not known", asks)
		}
		if (asks == "") != (because == "") {
			ps.Add(pos, at+"because", "asks and because are stated together", "asks without because, or because without asks")
		}
	}
	check(top, "", f.Asks, f.Because)
	for i, e := range f.Entries {
		check(e.Pos, fmt.Sprintf("entries[%d].", i), e.Asks, e.Because)
	}
}

// groupings checks that what entries say of other editions is what those say themselves.
func (l *loader) groupings() {
	for _, f := range l.cat.Frameworks {
		for i, e := range f.Entries {
			for _, id := range slices.Sorted(maps.Keys(e.Grouping)) {
				at := fmt.Sprintf("entries[%d].grouping", i)
				other := l.cat.frameworks[id]
				if other == nil {
					l.ps.Add(e.Pos, at, strictyaml.Suggest(id, l.cat.FrameworkIDs()), "%q is not a framework of the catalogue", id)
				} else if same, ok := other.Entry(e.ID); !ok {
					l.ps.Add(e.Pos, at, "", "%s has no entry %q", id, e.ID)
				} else if same.Parent != e.Grouping[id] {
					l.ps.Add(e.Pos, at, "", "%s holds %q under %q, not under %q", id, e.ID, same.Parent, e.Grouping[id])
				}
			}
		}
	}
}

// Crosswalk relates a requirement of one framework to one of another.
type Crosswalk struct {
	Pos      strictyaml.Pos `yaml:"-"`
	From     string         `yaml:"from"`
	To       string         `yaml:"to"`       // empty when the relation is none
	Relation string         `yaml:"relation"` // equal, subset, superset, intersects, supports, none; read from left to right
	In       string         `yaml:"in"`       // framework that was searched, for none
	Why      string         `yaml:"why"`
}

// Relations lists the relations of a crosswalk.
func Relations() []string {
	return []string{"equal", "subset", "superset", "intersects", "supports", "none"}
}

// Inverse is the relation read from right to left; supports becomes supported_by.
func Inverse(relation string) string {
	switch relation {
	case "subset":
		return "superset"
	case "superset":
		return "subset"
	case "supports":
		return "supported_by"
	}
	return relation
}

// SplitRequirement cuts iso20000-1:2018/8.6.1 into framework and id.
func SplitRequirement(requirement string) (framework, id string) {
	framework, id, _ = strings.Cut(requirement, "/")
	return framework, id
}
