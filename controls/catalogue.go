package controls

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"deskproof/model/strictyaml"
)

// Catalogue is everything that can be asked: frameworks, their crosswalk, controls, their tests and the scale.
type Catalogue struct {
	Frameworks []*Framework // in the order of their ids
	Crosswalk  []Crosswalk
	Controls   []*Control // in the order of processes, then of their files
	Tests      []*ControlTest
	Scale      *Scale
	Changes    []Change // what the folders of a user added and changed, in the order of reading

	controls   map[string]*Control
	frameworks map[string]*Framework
}

// Control finds a control by its id; nil when there is none.
func (c *Catalogue) Control(id string) *Control { return c.controls[id] }

// Framework finds a framework by name and edition (iso20000-1:2018); nil when there is none.
func (c *Catalogue) Framework(id string) *Framework { return c.frameworks[id] }

// FrameworkIDs lists the frameworks of the catalogue.
func (c *Catalogue) FrameworkIDs() []string {
	var out []string
	for _, f := range c.Frameworks {
		out = append(out, f.ID())
	}
	return out
}

// ControlIDs lists the controls of the catalogue in its order.
func (c *Catalogue) ControlIDs() []string {
	var out []string
	for _, k := range c.Controls {
		out = append(out, k.ID)
	}
	return out
}

// Entry finds a requirement, with its framework.
func (c *Catalogue) Entry(requirement string) (*Framework, Entry, bool) {
	fw, id := SplitRequirement(requirement)
	f := c.frameworks[fw]
	if f == nil {
		return nil, Entry{}, false
	}
	e, ok := f.Entry(id)
	return f, e, ok
}

// ControlsFor lists the controls that map to a requirement: directly, or to one that the crosswalk calls equal.
func (c *Catalogue) ControlsFor(requirement string) []*Control {
	want := map[string]bool{requirement: true}
	for _, e := range c.equals(requirement) {
		want[e] = true
	}
	var out []*Control
	for _, k := range c.Controls {
		for _, m := range k.MapsTo {
			if want[m] {
				out = append(out, k)
				break
			}
		}
	}
	return out
}

// Related lists the rows of the crosswalk that touch a requirement, each read from that requirement.
func (c *Catalogue) Related(requirement string) []Crosswalk {
	var out []Crosswalk
	for _, x := range c.Crosswalk {
		switch requirement {
		case x.From:
			out = append(out, x)
		case x.To:
			x.From, x.To, x.Relation = x.To, x.From, Inverse(x.Relation)
			out = append(out, x)
		}
	}
	return out
}

func (c *Catalogue) equals(requirement string) []string {
	var out []string
	for _, x := range c.Related(requirement) {
		if x.Relation == "equal" {
			out = append(out, x.To)
		}
	}
	return out
}

// below lists the requirements without children under an entry, itself when it has none.
func (c *Catalogue) below(requirement string) []string {
	fw, id := SplitRequirement(requirement)
	f := c.frameworks[fw]
	if f == nil {
		return nil
	}
	kids := f.Children(id)
	if len(kids) == 0 {
		return []string{requirement}
	}
	var out []string
	for _, k := range kids {
		out = append(out, c.below(fw+"/"+k)...)
	}
	return out
}

// suggestRequirement says what was probably meant by an id that is not known.
func (c *Catalogue) suggestRequirement(requirement string) string {
	fw, id := SplitRequirement(requirement)
	if f := c.frameworks[fw]; f != nil {
		var ids []string
		for _, e := range f.Entries {
			ids = append(ids, e.ID)
		}
		if s := strictyaml.Suggest(id, ids); strings.HasPrefix(s, "did you mean") {
			return s
		}
		return f.Short + " has no such entry"
	}
	return strictyaml.Suggest(fw, c.FrameworkIDs())
}

// SHA256 is the hash of all definitions: controls, frameworks, crosswalk and scale.
func (c *Catalogue) SHA256() string {
	h := sha256.New()
	for _, k := range c.Controls {
		fmt.Fprintln(h, k.ID, k.SHA256())
	}
	for _, f := range c.Frameworks {
		fmt.Fprintf(h, "%q %q\n", f.ID(), f.Title)
		for _, e := range f.Entries {
			asks, _ := f.asks(e)
			fmt.Fprintf(h, "%q %q %q %q %q %q %q\n", e.ID, e.Parent, e.Title, e.Kind, e.Certainty, e.Disputed, asks)
		}
	}
	for _, x := range c.Crosswalk {
		fmt.Fprintf(h, "%q %q %q %q\n", x.From, x.To, x.Relation, x.In)
	}
	if c.Scale != nil {
		fmt.Fprintf(h, "%+v\n", c.Scale.describe())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SHA256 is the hash of the whole definition: its words, mapping, parameters, inputs and SQL, with the SQL that it shares.
func (k *Control) SHA256() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %q\n", k.ID, k.Title, k.Question, k.Why, k.AuditorAsks, k.WhenItFails)
	fmt.Fprintf(h, "%q %q %q %q %v %q\n", k.Process, k.Attribute, k.Frequency, k.OwnerRole, float64(k.Tolerance), k.Finding)
	fmt.Fprintf(h, "%q\n", k.MapsTo)
	names := make([]string, 0, len(k.Parameters))
	for n := range k.Parameters {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(h, "%q %d\n", n, k.Parameters[n])
	}
	for _, in := range k.Inputs {
		fmt.Fprintf(h, "%q %q\n", in.Name, in.Have.Text)
	}
	fmt.Fprintf(h, "%q %q\n", k.Population.Text, k.Exceptions.Text)
	for _, s := range sharedUsed(k.Population.Text + "\n" + k.Exceptions.Text) {
		fmt.Fprintf(h, "%q %q\n", s.name, s.sql)
	}
	return hex.EncodeToString(h.Sum(nil))
}
