package controls

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

var controlID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)

// finish puts the catalogue in order and checks what one file alone cannot tell.
func (l *loader) finish() {
	c := l.cat
	sort.SliceStable(c.Frameworks, func(i, j int) bool { return c.Frameworks[i].ID() < c.Frameworks[j].ID() })
	order := processIDs()
	sort.SliceStable(c.Controls, func(i, j int) bool {
		return slices.Index(order, c.Controls[i].Process) < slices.Index(order, c.Controls[j].Process)
	})
	for _, k := range c.Controls {
		k.compile(c, &l.ps)
		l.control(k)
	}
	l.groupings()
	l.crosswalk()
	l.contradictions()
	for _, t := range c.Tests {
		if c.controls[t.Control] == nil {
			l.ps.Add(t.Pos, "control", strictyaml.Suggest(t.Control, c.ControlIDs()), "there is no control %q", t.Control)
		}
		t.check(&l.ps)
	}
	sort.SliceStable(c.Tests, func(i, j int) bool {
		return slices.Index(c.ControlIDs(), c.Tests[i].Control) < slices.Index(c.ControlIDs(), c.Tests[j].Control)
	})
	tested := map[string]bool{}
	for _, t := range c.Tests {
		tested[t.Control] = tested[t.Control] || len(t.Cases) > 0
	}
	for _, k := range c.Controls {
		if !tested[k.ID] {
			l.ps.Add(k.Pos, k.ID, "write tests/"+k.ID+".yaml with a passing, a failing and an empty case", "the control has no test")
		}
	}
}

func (l *loader) control(k *Control) {
	add := func(key, hint, format string, args ...any) {
		l.ps.Add(k.place(key), k.ID+"."+key, hint, format, args...)
	}
	if !controlID.MatchString(k.ID) {
		add("id", "lower case words joined by -, such as inc-major-reviewed", "%q is not an id for a control", k.ID)
	}
	for _, m := range []struct{ key, value string }{{"title", k.Title}, {"question", k.Question}, {"why", k.Why}, {"auditor_asks", k.AuditorAsks},
		{"when_it_fails", k.WhenItFails}, {"owner_role", k.OwnerRole}, {"population", k.Population.Text}, {"exceptions", k.Exceptions.Text}} {
		if strings.TrimSpace(m.value) == "" && !k.compiled(m.key) {
			add(m.key, "", "missing")
		}
	}
	one := func(key, value string, known []string) {
		if !slices.Contains(known, value) {
			add(key, strictyaml.Suggest(value, known), "%q is not known", value)
		}
	}
	one("process", k.Process, processIDs())
	one("frequency", k.Frequency, Frequencies())
	one("attribute", k.Attribute, Attributes())
	one("finding", string(k.Finding), []string{string(Nonconforming), string(EvidenceDue)})
	if len(k.MapsTo) == 0 {
		add("maps_to", "name the requirements that it answers: iso20000-1:2018/8.6.1", "missing")
	}
	seen := map[string]bool{}
	for _, r := range k.MapsTo {
		if seen[r] {
			add("maps_to", "", "%q stands there twice", r)
		}
		seen[r] = true
		f, e, ok := l.cat.Entry(r)
		if !ok {
			add("maps_to", l.cat.suggestRequirement(r), "%q is not a requirement of the catalogue", r)
			continue
		}
		if kids := f.Children(e.ID); len(kids) > 0 {
			add("maps_to", "name the entries below it: "+strings.Join(kids, ", "), "%q is a heading", r)
		}
	}
	if len(k.Inputs) == 0 {
		add("inputs", "say what must hold data, so that a missing input is never taken for a good result", "missing")
	}
	for name := range k.Parameters {
		if slices.Contains(ParamNames(), name) || !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(name) {
			add("parameters", "lower case letters, digits and _; not one of "+strings.Join(ParamNames(), ", "), "%q cannot be the name of a parameter", name)
		}
	}
	l.unusedParameters(k)
	k.checkSQL(&l.ps, k.ID+".population", k.Population)
	k.checkSQL(&l.ps, k.ID+".exceptions", k.Exceptions)
	for i, in := range k.Inputs {
		at := fmt.Sprintf("%s.inputs[%d]", k.ID, i)
		if in.Name == "" || in.Have.Text == "" {
			l.ps.Add(in.Pos, at, "have is SQL that finds a row when the input is there: FROM ticket WHERE …", "an input needs name and have")
		}
		k.checkSQL(&l.ps, at+".have", in.Have)
	}
}

func (l *loader) crosswalk() {
	seen, rows := map[string]strictyaml.Pos{}, map[string]int{}
	for _, x := range l.cat.Crosswalk {
		at := fmt.Sprintf("crosswalk[%d]", rows[x.Pos.File])
		rows[x.Pos.File]++
		if !slices.Contains(Relations(), x.Relation) {
			l.ps.Add(x.Pos, at+".relation", strictyaml.Suggest(x.Relation, Relations()), "%q is not a relation", x.Relation)
		}
		if x.Why == "" {
			l.ps.Add(x.Pos, at+".why", "", "missing")
		}
		if _, _, ok := l.cat.Entry(x.From); !ok {
			l.ps.Add(x.Pos, at+".from", l.cat.suggestRequirement(x.From), "%q is not a requirement of the catalogue", x.From)
		}
		if x.Relation == "none" {
			if l.cat.frameworks[x.In] == nil {
				l.ps.Add(x.Pos, at+".in", strictyaml.Suggest(x.In, l.cat.FrameworkIDs()), "%q is not a framework of the catalogue", x.In)
			}
			continue
		}
		if x.From == x.To && x.From != "" {
			l.ps.Add(x.Pos, at, "", "%s is related to itself", x.From)
			continue
		}
		if _, _, ok := l.cat.Entry(x.To); !ok {
			l.ps.Add(x.Pos, at+".to", l.cat.suggestRequirement(x.To), "%q is not a requirement of the catalogue", x.To)
		}
		// The other way round is derived, so that both ways cannot disagree; stating it again is a mistake.
		for _, key := range []string{x.From + " " + x.To, x.To + " " + x.From} {
			if first, ok := seen[key]; ok {
				l.ps.Add(x.Pos, at, "keep one row a pair", "%s and %s are already related in %s:%d", x.From, x.To, first.File, first.Line)
			}
		}
		seen[x.From+" "+x.To] = x.Pos
	}
}

// Lint loads like Load and also lets the database prepare every piece of SQL against the schema of the warehouse.
// With folders only what they touch is prepared: the shipped SQL does not change with them.
// It returns the catalogue, unless files could not be read, and all problems at once.
func Lint(ctx context.Context, add []string) (*Catalogue, error) {
	cat, ps, err := load(ctx, add)
	if err != nil {
		return nil, err
	}
	db, err := model.OpenSealed(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	touched := cat.touched()
	for _, k := range cat.Controls {
		if len(add) == 0 || touched(k.ID) {
			k.prepare(ctx, db, &ps)
		}
	}
	return cat, ps.Err()
}

// prepare lets the database plan the SQL of a control and checks the columns that it gives.
func (k *Control) prepare(ctx context.Context, db *model.DB, ps *strictyaml.Problems) {
	p := Params{AsOf: testAsOf}
	k.checkKinds(ctx, db, ps)
	k.checkFields(ctx, db, ps)
	k.checkReading(ctx, db, ps)
	wrong := map[string]bool{}
	for _, x := range *ps {
		wrong[x.Path] = true
	}
	try := func(path string, st statement, columns []string) bool {
		if wrong[path] {
			return false // it was said already
		}
		rows, err := db.Query(ctx, "DESCRIBE "+st.text)
		if err != nil {
			pos, message := st.place(err)
			ps.Add(pos, path, "", "%s", message)
			return false
		}
		defer rows.Close()
		have := map[string]bool{}
		for rows.Next() {
			var name string
			var rest [5]any
			if err := rows.Scan(&name, &rest[0], &rest[1], &rest[2], &rest[3], &rest[4]); err != nil {
				ps.Add(k.Pos, path, "", "%v", err)
				return false
			}
			have[name] = true
		}
		if err := rows.Err(); err != nil {
			ps.Add(k.Pos, path, "", "%v", err)
			return false
		}
		ok := true
		for _, c := range columns {
			if !have[c] {
				ok = false
				ps.Add(st.pieces[len(st.pieces)-1].sql.Pos, path, "it gives "+strings.Join(columns, ", "), "the column %s is missing", c)
			}
		}
		return ok
	}
	if k.Population.Text != "" && try(k.ID+".population", k.compose(p, false, "SELECT * FROM population"), []string{"subject", "ticket_id", "occurred_at"}) &&
		k.Exceptions.Text != "" {
		try(k.ID+".exceptions", k.compose(p, true, "SELECT * FROM exceptions"), []string{"subject", "ticket_id", "occurred_at", "reason"})
	}
	for i, in := range k.Inputs {
		one := *k
		one.Inputs = []Input{in}
		if wrong[fmt.Sprintf("%s.inputs[%d].have", k.ID, i)] {
			continue
		}
		if rows, err := db.Query(ctx, "DESCRIBE "+one.haveSQL(p)); err != nil {
			st := statement{pieces: []piece{{in.Have, 1, 0}}}
			pos, message := st.place(err)
			ps.Add(pos, fmt.Sprintf("%s.inputs[%d].have", k.ID, i), "", "%s", message)
		} else if err := rows.Close(); err != nil {
			ps.Add(in.Pos, k.ID, "", "%v", err)
		}
	}
}
