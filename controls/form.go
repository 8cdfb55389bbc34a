package controls

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// A control says what it tests in SQL (population, exceptions), in a short form (over, rule), or as documents. The short
// forms are compiled to the same SQL, once all folders are read: everything else knows only SQL.

// change makes room for what a control states anew: the form in which it says what it tests takes the place of the
// form that an earlier folder gave it. Two forms of the same are a mistake.
func (k *Control) change(d *strictyaml.Decoder, stated map[string]*yaml.Node, path string) {
	clash := func(first string, others ...string) {
		if stated[first] == nil {
			return
		}
		for _, key := range others {
			if n := stated[key]; n != nil {
				d.Add(n, path+"."+key, "keep one of them", "%s says already what is tested", first)
			}
		}
	}
	clash("documents", "inputs", "over", "population", "rule", "exceptions")
	clash("over", "population")
	clash("rule", "exceptions")
	if stated["documents"] != nil {
		*k = Control{
			Pos: k.Pos, ID: k.ID, Title: k.Title, Question: k.Question, Why: k.Why, AuditorAsks: k.AuditorAsks, WhenItFails: k.WhenItFails,
			Process: k.Process, Attribute: k.Attribute, Frequency: k.Frequency, OwnerRole: k.OwnerRole, Tolerance: k.Tolerance, Finding: EvidenceDue,
			MapsTo: k.MapsTo, Parameters: k.Parameters, Files: k.Files,
		}
		return
	}
	if stated["population"] != nil || stated["over"] != nil {
		k.Over, k.Population, k.Documents = nil, SQL{}, nil
	}
	if stated["exceptions"] != nil || stated["rule"] != nil {
		k.Rule, k.Exceptions, k.Documents = nil, SQL{}, nil
	}
}

// compile writes the SQL of a control that is stated in another form.
func (k *Control) compile(c *Catalogue, ps *strictyaml.Problems) {
	if k.Finding == "" {
		k.Finding = Nonconforming
	}
	if k.Documents != nil {
		k.compileDocuments(c)
		return
	}
	usable := k.Over == nil || k.Over.check(ps, k.ID)
	if k.Rule != nil && usable {
		if usable = k.Rule.check(ps, k.ID, k.Parameters); usable {
			k.Exceptions = SQL{Text: k.Rule.exceptions(k.Over), Pos: k.Rule.Pos}
			k.checkHistory(ps)
		}
	}
	if k.Over != nil && usable {
		k.Population = SQL{Text: k.Over.sql(k.Rule), Pos: k.Over.Pos}
	}
	if len(k.Inputs) == 0 && k.Over != nil {
		k.Inputs = k.needs()
	}
	if k.Rule != nil && k.Rule.Calendar != "" {
		in := Input{Pos: k.Rule.Pos, Name: "the calendar " + k.Rule.Calendar + " (calendar_definition)",
			Have: SQL{Text: "FROM calendar_definition WHERE name = " + quoteAll([]string{k.Rule.Calendar}), Pos: k.Rule.Pos}}
		k.Inputs = append(slices.Clone(k.Inputs), in)
	}
}

// compiled tells that the SQL of a key is written from another form, which has its own checks.
func (k *Control) compiled(key string) bool {
	return k.Documents != nil || key == "population" && k.Over != nil || key == "exceptions" && k.Rule != nil
}

// checkFields finds fields that are probably a misspelt column of ticket. A source's own field name that looks like one
// is written as a condition: {when: "field = 'teams' AND …"}.
func (k *Control) checkFields(ctx context.Context, db *model.DB, ps *strictyaml.Problems) {
	var moments []Moment
	if k.Rule != nil {
		moments = k.Rule.moments()
	}
	if k.Over != nil {
		moments = append(append(append(moments, k.Over.Moment), k.Over.With...), k.Over.Without...)
	}
	for _, m := range moments {
		f := momentField.FindStringSubmatch(m.When)
		if f == nil {
			continue
		}
		columns, err := model.Select[string](ctx, db, "SELECT column_name FROM duckdb_columns() WHERE table_name = 'ticket' ORDER BY column_index")
		if err != nil {
			ps.Add(m.Pos, k.ID, "", "%v", err)
			return
		}
		if hint := strictyaml.Suggest(f[1], columns); !slices.Contains(columns, f[1]) && strings.HasPrefix(hint, "did you mean") {
			ps.Add(m.Pos, k.ID+".rule", hint, "the history has no field %q of the model", f[1])
		}
	}
}

// checkHistory asks a population in SQL to keep to tickets with history, where the rule counts on what did not happen.
func (k *Control) checkHistory(ps *strictyaml.Problems) {
	if k.Over != nil || k.Population.Text == "" || strings.Contains(k.Population.Text, "has_history") {
		return
	}
	for _, m := range k.Rule.proof() {
		if m.known().history {
			ps.Add(m.Pos, k.ID+".rule", "say has_history in the WHERE of population, or use over", "without history nobody knows whether %q happened", m.label())
			return
		}
	}
}

// needs lists the inputs of a control in short form: its kinds of tickets and the source of each moment.
func (k *Control) needs() []Input {
	kinds, kind := "tickets", ""
	if len(k.Over.Kind) > 0 {
		var words []string
		for _, x := range k.Over.Kind {
			words = append(words, strings.ReplaceAll(x, "_", " ")+"s")
		}
		kinds, kind = strings.Join(words, " and "), quoteAll(k.Over.Kind)
	} else {
		kind = "kind" // any kind is its own
	}
	var out []Input
	add := func(name, have string) {
		name = strings.ReplaceAll(name, "{kinds}", kinds)
		have = strings.NewReplacer("{tickets}", "(FROM ticket WHERE kind IN ("+kind+"))", "{kind}", kind).Replace(have)
		if !slices.ContainsFunc(out, func(in Input) bool { return in.Name == name }) {
			out = append(out, Input{Pos: k.Over.Pos, Name: name, Have: SQL{Text: have, Pos: k.Over.Pos}})
		}
	}
	if len(k.Over.Kind) > 0 {
		add(fmt.Sprintf("{kinds} (tickets of kind %s)", strings.Join(k.Over.Kind, ", ")), "FROM ticket WHERE kind IN ({kind})")
	}
	for _, x := range []struct {
		used          bool
		column, words string
	}{{k.Over.IsMajor != nil, "is_major", "which {kinds} are major"}, {len(k.Over.ChangeType) > 0, "change_type", "the type of {kinds}"},
		{len(k.Over.Outcome) > 0, "outcome", "the outcome of {kinds}"}, {len(k.Over.Priority) > 0, "priority", "the priority of {kinds}"}} {
		if x.used {
			add(x.words+" (ticket."+x.column+")", "FROM ticket WHERE kind IN ({kind}) AND "+x.column+" IS NOT NULL")
		}
	}
	moments := append([]Moment{k.Over.Moment}, append(slices.Clone(k.Over.With), k.Over.Without...)...)
	if k.Rule != nil {
		moments = append(moments, k.Rule.moments()...)
	}
	for _, m := range moments {
		if known := m.known(); known.history {
			add("the history of {kinds} (ticket_event)", "FROM ticket WHERE kind IN ({kind}) AND has_history")
		} else if known.column != "opened_at" && known.have != "" {
			add(known.needs, known.have)
		}
	}
	return out
}

// overWords are the words of the model that the short form may name (the comments of table ticket say the same).
var overWords = map[string][]string{
	"kind":        {"incident", "service_request", "problem", "change", "release", "complaint", "improvement", "security_incident", "other"},
	"status":      {"new", "in_progress", "on_hold", "resolved", "closed", "cancelled"},
	"change_type": {"standard", "normal", "emergency"},
	"outcome":     {"successful", "failed", "backed_out", "cancelled"},
}

// check says what is wrong with the short form, and whether SQL can be written.
func (o *Over) check(ps *strictyaml.Problems, path string) bool {
	before := len(*ps)
	if !o.Moment.is() {
		ps.Add(o.Pos, path+".over.moment", "which moment falls into the period: "+strings.Join(momentNames()[:4], ", ")+", …", "missing")
	}
	known := func(key string, values []string) {
		for _, v := range values {
			if !slices.Contains(overWords[key], v) {
				ps.Add(o.Pos, path+".over."+key, strictyaml.Suggest(v, overWords[key]), "%q is not known", v)
			}
		}
	}
	known("kind", o.Kind)
	known("status", o.Status)
	known("change_type", o.ChangeType)
	known("outcome", o.Outcome)
	moments := append([]Moment{o.Moment}, append(slices.Clone(o.With), o.Without...)...)
	for i, m := range moments {
		if m.Name != "" && momentNamed(m.Name) == nil {
			return false // the decoder has said so
		}
		if i == 0 && (m.known().person || m.known().timeless) {
			ps.Add(o.Pos, path+".over.moment", "", "%s has no time", m.label())
		}
	}
	return len(*ps) == before
}
