package controls

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// Folders are the folders of a catalogue and what their YAML files hold.
const (
	frameworkFolder = "frameworks"
	controlFolder   = "controls"
	testFolder      = "tests"
	scaleFolder     = "scales"
	crosswalkFile   = "crosswalk.yaml"
	crosswalkFolder = "crosswalk" // the same in several files
)

// Load reads the embedded catalogue and then the folders in add, in order. A control, framework, crosswalk row or test
// in a later folder adds to the catalogue; one whose id is already there changes only what it states (a tolerance, a
// mapping, the SQL). Catalogue.Changes lists all of that. The error lists every problem with its place (strictyaml.Problems). The SQL is not tried: Lint does that.
func Load(ctx context.Context, add []string) (*Catalogue, error) {
	cat, ps, err := load(ctx, add)
	if err != nil {
		return nil, err
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return cat, nil
}

func load(ctx context.Context, add []string) (*Catalogue, strictyaml.Problems, error) {
	sub, err := fs.Sub(embedded, "catalogue")
	if err != nil {
		return nil, nil, err
	}
	l := &loader{cat: &Catalogue{controls: map[string]*Control{}, frameworks: map[string]*Framework{}}}
	if err := l.folder(ctx, sub, "catalogue"); err != nil {
		return nil, nil, err
	}
	for _, dir := range add {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() {
			l.ps.Add(strictyaml.Pos{File: dir, Line: 1, Column: 1}, "", "catalogue.add names folders with frameworks/, controls/ and tests/",
				"there is no such folder")
			continue
		}
		l.own = true
		if err := l.folder(ctx, os.DirFS(dir), dir); err != nil {
			return nil, nil, err
		}
	}
	l.finish()
	return l.cat, l.ps, nil
}

// loader collects what the files hold and what is wrong with them.
type loader struct {
	cat *Catalogue
	ps  strictyaml.Problems
	own bool // the folder is not the shipped one: what it adds and changes is noted
}

func (l *loader) folder(ctx context.Context, fsys fs.FS, name string) error {
	var files []string
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := strings.ToLower(path.Ext(p)); !d.IsDir() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, p)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(files) == 0 {
		l.ps.Add(strictyaml.Pos{File: filepath.ToSlash(name), Line: 1, Column: 1}, "", "`deskproof catalogue new` begins one", "the folder holds no YAML file")
	}
	// Frameworks come first, then controls, because controls are checked against frameworks.
	rank := map[string]int{frameworkFolder: 0, scaleFolder: 1, controlFolder: 2, testFolder: 3}
	sort.SliceStable(files, func(i, j int) bool {
		a, b := strings.Split(files[i], "/")[0], strings.Split(files[j], "/")[0]
		if rank[a] != rank[b] {
			return rank[a] < rank[b]
		}
		return files[i] < files[j]
	})
	seen := map[string]strictyaml.Pos{}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := fs.ReadFile(fsys, f)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		shown := path.Join(filepath.ToSlash(name), f)
		top := strictyaml.Pos{File: shown, Line: 1, Column: 1}
		switch folder := strings.Split(f, "/")[0]; {
		case f == crosswalkFile || folder == crosswalkFolder:
			var file struct {
				Crosswalk []Crosswalk `yaml:"crosswalk"`
			}
			before := len(l.ps)
			l.decode(shown, data, &file)
			if len(file.Crosswalk) == 0 && len(l.ps) == before {
				l.ps.Add(top, "crosswalk", "", "missing: the file holds nothing")
			}
			l.relate(file.Crosswalk)
		case folder == frameworkFolder:
			l.framework(shown, data, seen)
		case folder == scaleFolder:
			l.scale(shown, data)
		case folder == controlFolder || !strings.Contains(f, "/"):
			l.controls(shown, data, seen)
		case folder == testFolder:
			l.test(shown, data, seen)
		default:
			l.ps.Add(top, "", strictyaml.Suggest(folder, []string{frameworkFolder, controlFolder, testFolder, scaleFolder, crosswalkFolder}),
				"the folder %q is not part of a catalogue", folder)
		}
	}
	return nil
}

func (l *loader) decode(file string, data []byte, into any) {
	if err := strictyaml.Decode(file, data, into); err != nil {
		var ps strictyaml.Problems
		if errors.As(err, &ps) {
			l.ps = append(l.ps, ps...)
			return
		}
		l.ps.Add(strictyaml.Pos{File: file, Line: 1, Column: 1}, "", "", "%v", err)
	}
}

func (l *loader) framework(file string, data []byte, seen map[string]strictyaml.Pos) {
	f := &Framework{}
	l.decode(file, data, f)
	top := f.Pos
	if top.File == "" {
		top = strictyaml.Pos{File: file, Line: 1, Column: 1}
	}
	if len(f.AddEntries) > 0 {
		l.addEntries(f, top)
		return
	}
	for _, m := range []struct{ key, value string }{{"framework", f.Name}, {"edition", f.Edition}, {"name", f.Title}, {"source", f.Source}, {"licence", f.Licence}} {
		if m.value == "" {
			l.ps.Add(top, m.key, "", "missing")
		}
	}
	if strings.ContainsAny(f.Name+f.Edition, "/: ") {
		l.ps.Add(top, "framework", "ids are written framework:edition/id", "name and edition hold no blank, colon or slash")
	}
	if f.Short == "" {
		f.Short = f.Title
	}
	f.build()
	l.entries(f, f, top)
	if first, twice := seen["framework "+f.ID()]; twice {
		l.ps.Add(top, "framework", "put the entries into one file, or use add_entries", "%s is already in %s", f.ID(), first.File)
		return
	}
	seen["framework "+f.ID()] = top
	// A framework of a later folder takes the place of the earlier one.
	change := Change{Kind: "framework", ID: f.ID(), File: file, Line: top.Line, Added: true}
	if old := l.cat.frameworks[f.ID()]; old != nil {
		l.cat.Frameworks = slices.DeleteFunc(l.cat.Frameworks, func(x *Framework) bool { return x == old })
		change.Added, change.Keys = false, []string{"all entries"}
	}
	l.note(change)
	l.cat.frameworks[f.ID()] = f
	l.cat.Frameworks = append(l.cat.Frameworks, f)
}

// entries checks the entries of f, which belong to whole.
func (l *loader) entries(f, whole *Framework, top strictyaml.Pos) {
	seen := map[string]int{}
	for i, e := range f.Entries {
		at := fmt.Sprintf("entries[%d]", i)
		switch {
		case e.ID == "":
			l.ps.Add(e.Pos, at+".id", "", "missing")
		case seen[e.ID] > 0:
			l.ps.Add(e.Pos, at+".id", "", "%q is already in line %d", e.ID, seen[e.ID])
		}
		seen[e.ID] = e.Pos.Line
		if e.Title == "" {
			l.ps.Add(e.Pos, at+".title", "", "missing")
		}
		if _, ok := f.index[e.Parent]; e.Parent != "" && (!ok || e.Parent == e.ID) {
			l.ps.Add(e.Pos, at+".parent", "", "the parent %q is not an entry of this framework", e.Parent)
		} else if e.Parent != "" && whole.underItself(e) {
			l.ps.Add(e.Pos, at+".parent", "an entry at the top has no parent", "%q stands under itself: its parents lead back to it", e.ID)
		}
		if !slices.Contains([]string{"S", "S2", "M"}, e.Certainty) {
			l.ps.Add(e.Pos, at+".certainty", "S source seen, S2 secondary source seen, M memory", "%q is not a mark", e.Certainty)
		}
	}
	f.checkMarks(top, &l.ps)
	if len(f.Entries) == 0 {
		l.ps.Add(top, "entries", "", "missing")
	}
}

// controls reads a file of controls. Each is decoded over the control of the same id, when an earlier folder has one.
func (l *loader) controls(file string, data []byte, seen map[string]strictyaml.Pos) {
	var f struct {
		Process  string      `yaml:"process"` // process of the controls that state none
		Controls []yaml.Node `yaml:"controls"`
	}
	before := len(l.ps)
	l.decode(file, data, &f)
	if len(f.Controls) == 0 && len(l.ps) == before {
		l.ps.Add(strictyaml.Pos{File: file, Line: 1, Column: 1}, "controls", "", "missing: the file holds no control")
	}
	lines := strings.Split(string(data), "\n")
	for i := range f.Controls {
		n := &f.Controls[i]
		id, stated, places := "", map[string]*yaml.Node{}, map[string]strictyaml.Pos{}
		for j := 0; n.Kind == yaml.MappingNode && j+1 < len(n.Content); j += 2 {
			stated[n.Content[j].Value] = n.Content[j]
			places[n.Content[j].Value] = strictyaml.Pos{File: file, Line: n.Content[j+1].Line, Column: n.Content[j+1].Column}
			if n.Content[j].Value == "id" {
				id = n.Content[j+1].Value
			}
		}
		at := fmt.Sprintf("controls[%d]", i)
		pos := strictyaml.Pos{File: file, Line: n.Line, Column: n.Column}
		k := &Control{Process: f.Process}
		old := l.cat.controls[id]
		if first, twice := seen["control "+id]; twice && id != "" {
			l.ps.Add(pos, at+".id", "", "%q is already in %s:%d", id, first.File, first.Line)
			old = nil
		} else if old != nil {
			kept := *old
			k = &kept
			k.Parameters = map[string]int{}
			for name, v := range old.Parameters {
				k.Parameters[name] = v
			}
		}
		seen["control "+id] = pos
		parameters := k.Parameters
		k.Parameters = nil
		d := &strictyaml.Decoder{File: file}
		k.change(d, stated, at)
		decodeNode(d, n, k, at)
		l.ps = append(l.ps, d.Problems...)
		if k.Parameters == nil {
			k.Parameters = parameters
		} else {
			// A changed parameter keeps its neighbours.
			for name, v := range parameters {
				if _, stated := k.Parameters[name]; !stated {
					k.Parameters[name] = v
				}
			}
		}
		if len(k.MapsToAlso) > 0 {
			k.MapsTo, k.MapsToAlso = append(slices.Clone(k.MapsTo), k.MapsToAlso...), nil
		}
		k.Files, k.places, k.own = append(slices.Clone(k.Files), file), places, k.own || l.own
		indent := func(s *SQL) {
			if s.Block && s.Pos.File == file && s.Pos.Line <= len(lines) {
				line := lines[s.Pos.Line-1]
				s.Indent = len(line) - len(strings.TrimLeft(line, " "))
			}
		}
		if k.Over != nil {
			indent(&k.Over.Where)
		}
		indent(&k.Population)
		indent(&k.Exceptions)
		for j := range k.Inputs {
			indent(&k.Inputs[j].Have)
		}
		if id == "" {
			l.ps.Add(pos, at+".id", "", "missing")
			continue
		}
		if l.own && old == nil && stated["title"] == nil && len(stated) < 5 {
			hint := strictyaml.Suggest(id, l.cat.ControlIDs())
			if hint == "" {
				hint = "`deskproof catalogue list` shows them; a new control needs a title and more"
			}
			l.ps.Add(places["id"], at+".id", hint, "there is no control %q to change", id)
			continue
		}
		l.note(Change{Kind: "control", ID: id, File: file, Line: n.Line, Added: old == nil, Keys: statedKeys(stated)})
		if old != nil {
			l.checkChange(old, k, stated, at)
			*old = *k // the place in the order stays
			continue
		}
		if l.cat.controls[id] == nil {
			l.cat.controls[id] = k
			l.cat.Controls = append(l.cat.Controls, k)
		}
	}
}

func (l *loader) test(file string, data []byte, seen map[string]strictyaml.Pos) {
	t := &ControlTest{}
	l.decode(file, data, t)
	t.File = file
	if t.Control == "" {
		l.ps.Add(strictyaml.Pos{File: file, Line: 1, Column: 1}, "control", "the id of the control that is tested", "missing")
		return
	}
	if first, twice := seen["test "+t.Control]; twice {
		l.ps.Add(t.Pos, "control", "put the cases into one file", "tests of %q are already in %s", t.Control, first.File)
		return
	}
	seen["test "+t.Control] = strictyaml.Pos{File: file, Line: 1}
	// The tests of a later folder take the place of the earlier ones: a changed control needs changed expectations.
	for i, old := range l.cat.Tests {
		if old.Control == t.Control {
			l.cat.Tests[i] = t
			l.note(Change{Kind: "test", ID: t.Control, File: file, Line: t.Pos.Line, Keys: []string{"all cases"}})
			return
		}
	}
	l.note(Change{Kind: "test", ID: t.Control, File: file, Line: t.Pos.Line, Added: true})
	l.cat.Tests = append(l.cat.Tests, t)
}
