package controls

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// Change is something that a folder of a user added to the catalogue, or changed in it. None is silent.
type Change struct {
	Kind  string   // control, framework, crosswalk, test
	ID    string   // control id, framework:edition, or "from relation to"
	File  string   // file that did it
	Line  int      // its line, from 1
	Added bool     // TRUE: new; FALSE: it was there, and Keys were changed
	Keys  []string // keys that were stated anew, or what else was changed
}

// Words says what was done: "added", or "changed: tolerance, maps_to_also".
func (c Change) Words() string {
	if c.Added {
		return "added"
	}
	return "changed: " + strings.Join(c.Keys, ", ")
}

func (l *loader) note(c Change) {
	if l.own {
		l.cat.Changes = append(l.cat.Changes, c)
	}
}

// ChangesOf lists what was changed in one control, framework or test.
func (c *Catalogue) ChangesOf(kind, id string) []Change {
	var out []Change
	for _, x := range c.Changes {
		if x.Kind == kind && x.ID == id {
			out = append(out, x)
		}
	}
	return out
}

// touched says which controls a user's folders may have changed: those that they state or test, and all of them where an
// edition that was there is another one now, because controls ask for documents by its requirements.
func (c *Catalogue) touched() func(id string) bool {
	ids := map[string]bool{}
	for _, x := range c.Changes {
		switch {
		case x.Kind == "framework" && !x.Added:
			return func(string) bool { return true }
		case x.Kind == "control" || x.Kind == "test":
			ids[x.ID] = true
		}
	}
	return func(id string) bool { return ids[id] }
}

func statedKeys(stated map[string]*yaml.Node) []string {
	var out []string
	for key := range stated {
		if key != "id" {
			out = append(out, key)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return stated[out[i]].Line < stated[out[j]].Line || stated[out[i]].Line == stated[out[j]].Line && stated[out[i]].Column < stated[out[j]].Column
	})
	return out
}

// checkChange finds changes that would change nothing, or something else than was meant.
func (l *loader) checkChange(old, k *Control, stated map[string]*yaml.Node, path string) {
	if len(stated) < 2 {
		l.ps.Add(k.Pos, path, "state what shall be different: a tolerance, parameters, maps_to_also", "this changes nothing in %s, which is there already", k.ID)
	}
	if n := stated["parameters"]; n != nil && stated["population"] == nil && stated["exceptions"] == nil && stated["rule"] == nil && stated["over"] == nil {
		known := sortedKeys(old.Parameters)
		for _, name := range sortedKeys(k.Parameters) {
			if !slices.Contains(known, name) {
				hint := strictyaml.Suggest(name, known)
				if len(known) == 0 {
					hint = "it has none"
				}
				l.ps.Add(strictyaml.Pos{File: k.Pos.File, Line: n.Line, Column: n.Column}, path+".parameters."+name, hint, "%s has no parameter %q", k.ID, name)
			}
		}
	}
}

// unusedParameters finds parameters that no SQL and no rule names: probably misspelt in one of both places.
func (l *loader) unusedParameters(k *Control) {
	text := k.Population.Text + "\n" + k.Exceptions.Text
	for _, in := range k.Inputs {
		text += "\n" + in.Have.Text
	}
	for _, p := range sharedUsed(text) {
		text += "\n" + p.sql
	}
	if k.Rule != nil {
		text += "\n" + k.Rule.Within + " " + k.Rule.Times
	}
	used := map[string]bool{}
	for _, t := range scan(text) {
		if t.kind == '$' {
			used[t.text[1:]] = true
		}
	}
	for _, name := range sortedKeys(k.Parameters) {
		if !used[name] && !slices.Contains(ParamNames(), name) {
			l.ps.Add(k.place("parameters"), k.ID+".parameters."+name, "write $"+name+" where it counts, or leave it out", "nothing uses the parameter %q", name)
		}
	}
}

// addEntries puts entries behind those of a framework that is there already.
func (l *loader) addEntries(add *Framework, top strictyaml.Pos) {
	if len(add.Entries) > 0 {
		l.ps.Add(top, "add_entries", "entries replaces a whole framework, add_entries adds to it", "keep one of entries and add_entries")
		return
	}
	old := l.cat.frameworks[add.ID()]
	if old == nil {
		l.ps.Add(top, "framework", strictyaml.Suggest(add.ID(), sortedKeys(l.cat.frameworks)), "there is no framework %q to add entries to", add.ID())
		return
	}
	f := *old
	f.Pos = top
	f.Entries = slices.Clone(old.Entries)
	fresh := Framework{Name: f.Name, Edition: f.Edition, index: map[string]int{}}
	for i, e := range add.AddEntries {
		if old.index[e.ID] > 0 || len(old.Entries) > 0 && old.Entries[0].ID == e.ID {
			l.ps.Add(e.Pos, fmt.Sprintf("add_entries[%d].id", i), "choose an id of your own, such as own-"+e.ID, "%s has an entry %q already", old.ID(), e.ID)
			continue
		}
		f.Entries = append(f.Entries, e)
		fresh.Entries = append(fresh.Entries, e)
	}
	f.build()
	fresh.index = f.index
	l.entries(&fresh, &f, top)
	var ids []string
	for _, e := range fresh.Entries {
		ids = append(ids, e.ID)
	}
	l.note(Change{Kind: "framework", ID: f.ID(), File: top.File, Line: top.Line, Keys: []string{"entries added: " + strings.Join(ids, ", ")}})
	l.cat.Frameworks[slices.Index(l.cat.Frameworks, old)] = &f
	l.cat.frameworks[f.ID()] = &f
}

// relate adds rows of the crosswalk. A row of a later folder takes the place of the one about the same pair.
func (l *loader) relate(rows []Crosswalk) {
	for _, x := range rows {
		c := Change{Kind: "crosswalk", ID: strings.TrimSpace(x.From + " " + x.Relation + " " + x.To + x.In), File: x.Pos.File, Line: x.Pos.Line, Added: true}
		if l.own && x.To != "" {
			same := func(y Crosswalk) bool {
				return y.Pos.File != x.Pos.File && (y.From == x.From && y.To == x.To || y.From == x.To && y.To == x.From)
			}
			if i := slices.IndexFunc(l.cat.Crosswalk, same); i >= 0 {
				c.Added, c.Keys = false, []string{"it was " + l.cat.Crosswalk[i].Relation}
				l.cat.Crosswalk = slices.Delete(l.cat.Crosswalk, i, i+1)
			}
		}
		l.note(c)
		l.cat.Crosswalk = append(l.cat.Crosswalk, x)
	}
}
