package controls

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"deskproof/model/strictyaml"
)

// Cover says what the catalogue has for a requirement.
type Cover string

// The ways in which a requirement can be covered, best first; each requirement has exactly one.
const (
	CoverData        Cover = "data"         // a control over the records of tools answers it
	CoverRegister    Cover = "register"     // a control over registers that people keep answers it
	CoverDocument    Cover = "document"     // a control asks for a document in force
	CoverTouched     Cover = "touched"      // controls of related requirements show evidence, and decide nothing
	CoverJudgement   Cover = "judgement"    // only people can tell; the entry says so
	CoverAsksNothing Cover = "asks_nothing" // the entry only explains or names; it says so
	CoverNothing     Cover = "nothing"      // no control, neither here nor through the crosswalk
)

// Covers lists the ways to be covered, best first.
func Covers() []Cover {
	return []Cover{CoverData, CoverRegister, CoverDocument, CoverTouched, CoverJudgement, CoverAsksNothing, CoverNothing}
}

// Words is the cover as people read it: "asks nothing".
func (c Cover) Words() string { return strings.ReplaceAll(string(c), "_", " ") }

// registers are the tables that people keep; all others are filled by tools.
var registers = []string{"announcement", "audit", "competence", "document", "document_file", "document_names", "document_state", "improvement",
	"nonconformity", "objective", "review", "risk", "supplier_evaluation"}

var tableNamed = regexp.MustCompile(`(?i)\b(?:from|join)\s+([a-z_]+)`)

// Evidence is where a control finds its evidence: CoverDocument for a control over documents, CoverRegister when all its
// inputs are registers that people keep, else CoverData.
func (k *Control) Evidence() Cover {
	if k.Documents != nil {
		return CoverDocument
	}
	for _, in := range k.Inputs {
		for _, m := range tableNamed.FindAllStringSubmatch(in.Have.Text, -1) {
			if !slices.Contains(registers, strings.ToLower(m[1])) {
				return CoverData
			}
		}
	}
	return CoverRegister
}

// Touch is a control of a related requirement. It shows which evidence exists; it never decides a status, because a
// control evidences a part of its requirement, and only an equal requirement asks for the same.
type Touch struct {
	Control  *Control
	Maps     string    // the requirement that the control maps to
	Relation string    // of the requirement asked about to Maps: superset, subset, intersects, supported_by
	Via      Crosswalk // the row, read from the requirement asked about or from a heading above it
}

// touchOrder are the relations through which a control touches, strongest first. What a requirement only helps says
// nothing about it, so supports is not among them.
var touchOrder = []string{"equal", "superset", "subset", "intersects", "supported_by"}

// Words says what a touch means for the requirement that was asked about.
func (t Touch) Words() string {
	switch t.Relation {
	case "superset":
		return "what it tests is asked here too"
	case "subset":
		return "it tests a requirement that asks for more"
	case "supported_by":
		return "what it tests helps here"
	}
	return "what it tests may be asked here"
}

// Touching lists the controls that reach a requirement through the crosswalk without answering it (ControlsFor lists
// those): each once, by its strongest relation; strongest first, then in the order of the catalogue. A row of a heading
// holds for what is below it as far as that follows: a part of what is asked whole is asked whole.
func (c *Catalogue) Touching(requirement string) []Touch {
	return c.touching(requirement, c.mappings())
}

// mapping is a requirement that a control maps to, seen from itself or from a heading above it.
type mapping struct {
	control *Control
	maps    string
	above   bool // seen from a heading
}

// mappings lists, for each requirement and heading, what controls map to at or below it.
func (c *Catalogue) mappings() map[string][]mapping {
	out := map[string][]mapping{}
	for _, k := range c.Controls {
		for _, m := range k.MapsTo {
			for i, up := range c.lineage(m) {
				out[up] = append(out[up], mapping{k, m, i > 0})
			}
		}
	}
	return out
}

func (c *Catalogue) touching(requirement string, mapped map[string][]mapping) []Touch {
	best := map[*Control]Touch{}
	for i, from := range c.lineage(requirement) {
		for _, x := range c.Related(from) {
			for _, m := range mapped[x.To] {
				t := Touch{m.control, m.maps, narrowed(x.Relation, i > 0, m.above), x}
				rank := slices.Index(touchOrder, t.Relation)
				if old, ok := best[m.control]; rank >= 0 && m.maps != requirement && (!ok || rank < slices.Index(touchOrder, old.Relation)) {
					best[m.control] = t
				}
			}
		}
	}
	for _, k := range c.ControlsFor(requirement) {
		delete(best, k)
	}
	var out []Touch
	for _, relation := range touchOrder {
		for _, k := range c.Controls {
			if t, ok := best[k]; ok && t.Relation == relation {
				out = append(out, t)
			}
		}
	}
	return out
}

// touch names the controls of related requirements that ran, where nothing of its own answers the requirement. The status
// stays: not assessed.
func (q *RequirementResult) touch(touches []Touch, results map[string]*ControlResult) {
	if len(q.Controls)+len(q.Documents) > 0 || q.Scope != nil {
		return
	}
	if why := q.Because(); why != "" {
		q.Reason += " " + strings.ToUpper(why[:1]) + why[1:] + "."
	}
	n := map[Status]int{}
	for _, t := range touches {
		if res := results[t.Control.ID]; res != nil {
			q.Touched = append(q.Touched, t)
			n[res.Status]++
		}
	}
	if len(q.Touched) == 0 {
		return
	}
	var parts []string
	for _, s := range Statuses() {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s.Words()))
		}
	}
	q.Reason += " Controls of related requirements, which decide nothing here: " + strings.Join(parts, ", ") + "."
}

// Because says why no record can answer a requirement: "asks nothing: …", "only people can tell: …"; empty when one could.
func (q *RequirementResult) Because() string {
	switch asks, because := q.Framework.asks(q.Entry); asks {
	case AsksNothing:
		return "asks nothing: " + because
	case AsksJudgement:
		return "only people can tell: " + because
	}
	return ""
}

// narrowed is what remains of a relation when only a part of its left side, or of its right side, is meant.
func narrowed(relation string, left, right bool) string {
	switch {
	case relation == "supports" || relation == "supported_by" || !left && !right:
		return relation
	case left && !right && (relation == "equal" || relation == "subset"):
		return "subset"
	case right && !left && (relation == "equal" || relation == "superset"):
		return "superset"
	}
	return "intersects"
}

// lineage is a requirement and the headings above it, nearest first.
func (c *Catalogue) lineage(requirement string) []string {
	fw, id := SplitRequirement(requirement)
	f := c.frameworks[fw]
	if f == nil {
		return nil
	}
	var out []string
	for e, ok := f.Entry(id); ok && len(out) <= len(f.Entries); e, ok = f.Entry(e.Parent) {
		out = append(out, fw+"/"+e.ID)
	}
	return out
}

// RequirementCoverage is what the catalogue has for one requirement.
type RequirementCoverage struct {
	ID       string // iso20000-1:2018/8.6.1
	Entry    Entry
	Cover    Cover
	Because  string     // why only people can tell, or why nothing is asked; as the entry states
	Controls []*Control // that answer it
	Touches  []Touch
}

// FrameworkCoverage is what the catalogue has for one framework; headings are not counted.
type FrameworkCoverage struct {
	Framework    *Framework
	Requirements []RequirementCoverage // in the order of the framework
	Counts       map[Cover]int         // they add up to the requirements
}

// Coverage looks up what the catalogue has for every requirement of a framework. The attributes of the measurement
// framework are answered by the controls that indicate them.
func (c *Catalogue) Coverage(f *Framework) FrameworkCoverage {
	out := FrameworkCoverage{Framework: f, Counts: map[Cover]int{}}
	mapped := c.mappings()
	for _, e := range f.Entries {
		if len(f.Children(e.ID)) > 0 {
			continue
		}
		q := RequirementCoverage{ID: f.ID() + "/" + e.ID, Entry: e, Cover: CoverNothing}
		q.Controls, q.Touches = c.ControlsFor(q.ID), c.touching(q.ID, mapped)
		if c.Scale != nil && c.Scale.Name == f.ID() {
			for _, k := range c.Controls {
				if k.Attribute == strings.ReplaceAll(e.ID, " ", "") {
					q.Controls = append(q.Controls, k)
				}
			}
		}
		asks, because := f.asks(e)
		switch {
		case len(q.Controls) > 0:
			q.Cover = CoverDocument
			for _, k := range q.Controls {
				if how := k.Evidence(); slices.Index(Covers(), how) < slices.Index(Covers(), q.Cover) {
					q.Cover = how
				}
			}
		case asks == AsksNothing:
			q.Cover, q.Because = CoverAsksNothing, because
		case asks == AsksJudgement:
			q.Cover, q.Because = CoverJudgement, because
		case len(q.Touches) > 0:
			q.Cover = CoverTouched
		}
		out.Counts[q.Cover]++
		out.Requirements = append(out.Requirements, q)
	}
	return out
}

// Comparison is how the requirements of one framework relate to those of another.
type Comparison struct {
	From, To  *Framework
	Relations []Crosswalk // read from From, in the order of From and then of To
	Unrelated []Gap       // requirements of From that nothing of To asks
	Unreached []Gap       // requirements of To that nothing of From asks
}

// Gap is a requirement without a counterpart.
type Gap struct {
	ID    string
	Entry Entry
	Why   string // what was looked for and not found, or what only helps; empty: no row claims anything
}

// Compare reads the crosswalk between two frameworks. A requirement has a counterpart when a row of its own, of a heading
// above it or of an entry below it says that something is asked by both; a row that only supports is named in the gap.
func (c *Catalogue) Compare(from, to *Framework) Comparison {
	out := Comparison{From: from, To: to}
	order := map[string]int{}
	for i, e := range to.Entries {
		order[to.ID()+"/"+e.ID] = i
	}
	for _, e := range from.Entries {
		var rows []Crosswalk
		for _, x := range c.Related(from.ID() + "/" + e.ID) {
			if _, ok := order[x.To]; ok && x.Relation != "none" {
				rows = append(rows, x)
			}
		}
		slices.SortStableFunc(rows, func(a, b Crosswalk) int { return order[a.To] - order[b.To] })
		out.Relations = append(out.Relations, rows...)
	}
	out.Unrelated = c.gaps(from, to)
	out.Unreached = c.gaps(to, from)
	return out
}

// gaps lists the requirements of one framework without a counterpart in another.
func (c *Catalogue) gaps(in, other *Framework) []Gap {
	shared, helped, searched := map[string]bool{}, map[string][]string{}, map[string]string{}
	for _, e := range in.Entries {
		id := in.ID() + "/" + e.ID
		for _, x := range c.Related(id) {
			if fw, to := SplitRequirement(x.To); x.Relation == "none" && x.In == other.ID() {
				searched[id] = x.Why
			} else if fw != other.ID() {
				continue
			} else if x.Relation == "supports" || x.Relation == "supported_by" {
				helped[id] = append(helped[id], to)
			} else {
				for _, leaf := range c.below(id) {
					shared[leaf] = true
				}
			}
		}
	}
	var out []Gap
	for _, e := range in.Entries {
		id := in.ID() + "/" + e.ID
		if len(in.Children(e.ID)) > 0 || shared[id] {
			continue
		}
		g := Gap{ID: id, Entry: e}
		var helps []string
		for _, up := range c.lineage(id) {
			if g.Why == "" {
				g.Why = searched[up]
			}
			helps = append(helps, helped[up]...)
		}
		if g.Why == "" && len(helps) > 0 {
			g.Why = "only help: " + strings.Join(helps, ", ")
		}
		out = append(out, g)
	}
	return out
}

// FindFramework finds one framework as FrameworksNamed does.
func (c *Catalogue) FindFramework(name string) (*Framework, error) {
	ids, err := c.FrameworksNamed([]string{name})
	if err != nil {
		return nil, err
	}
	return c.frameworks[ids[0]], nil
}

// hinted puts a hint behind a message, in brackets, when there is one.
func hinted(hint string) string {
	if hint == "" {
		return ""
	}
	return " (" + hint + ")"
}

// RelatedFrameworks lists the frameworks to which the crosswalk relates a framework directly.
func (c *Catalogue) RelatedFrameworks(f *Framework) []string {
	var out []string
	for _, e := range f.Entries {
		for _, x := range c.Related(f.ID() + "/" + e.ID) {
			if to, _ := SplitRequirement(x.To); x.Relation != "none" && !slices.Contains(out, to) {
				out = append(out, to)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Meets lists the entries of a framework that meet service management: those that the crosswalk relates to ISO/IEC
// 20000-1 or FitSM-1. Of a framework about something else, such as ISO 9001, these are the ones of interest here.
func (c *Catalogue) Meets(f *Framework) []string {
	var out []string
	for _, e := range f.Entries {
		if slices.ContainsFunc(c.Related(f.ID()+"/"+e.ID), func(x Crosswalk) bool {
			return x.Relation != "none" && (strings.HasPrefix(x.To, "iso20000-1:") || strings.HasPrefix(x.To, "fitsm-1:"))
		}) {
			out = append(out, e.ID)
		}
	}
	return out
}

// Suggest says in brackets what was probably meant by an id that is no control, requirement or framework.
func (c *Catalogue) Suggest(id string) string {
	if strings.Contains(id, "/") {
		return hinted(c.suggestRequirement(id))
	}
	hint := strictyaml.Suggest(id, append(c.ControlIDs(), c.FrameworkIDs()...))
	if hint == "" {
		hint = "`deskproof catalogue list` shows them; a requirement is written iso20000-1:2018/8.6.1"
	}
	return hinted(hint)
}
