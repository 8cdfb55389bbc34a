package controls

import (
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
	Entries []Entry        `yaml:"entries"`   // in the order of the framework

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
