package controls

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// Documents is what a control asks of the register of documents, in place of SQL of its own: at least one document in
// use names the requirement, and every one that names it is in force (the shared part document_state says what that is).
//
// A document names a requirement by its id, by the id of a heading above it, or by one that the crosswalk calls equal.
// Asked are the requirements in maps_to of ISO/IEC 20000-1 and FitSM-1, which ask for documented information, or all of
// maps_to where it names neither; of these, the ones of frameworks that the register speaks of at all, so that nobody
// has to write the ids of a framework that they do not follow.
type Documents struct {
	Pos   strictyaml.Pos `yaml:"-"`
	Kinds []string       `yaml:"kinds"`  // kinds of documents that count, as in document.kind; none named = all
	AnyOf bool           `yaml:"any_of"` // one document for any requirement in maps_to is enough; otherwise each needs one
}

// documented are the frameworks that ask for documented information.
var documented = []string{"iso20000-1", "fitsm-1"}

// compileDocuments writes population, exceptions and inputs of a control over documents.
func (k *Control) compileDocuments(c *Catalogue) {
	d := k.Documents
	sql := func(text string) SQL { return SQL{Text: text, Pos: d.Pos} }
	k.Inputs = []Input{
		{Pos: d.Pos, Name: "the register of documents (document)", Have: sql("FROM document")},
		{Pos: d.Pos, Name: "the requirements that documents answer (document.requirements)", Have: sql("FROM document_names")},
	}
	var asked []string
	for _, r := range k.MapsTo {
		name, _, _ := strings.Cut(r, ":")
		if slices.Contains(documented, name) {
			asked = append(asked, r)
		}
	}
	if len(asked) == 0 {
		asked = k.MapsTo
	}
	if len(asked) == 0 {
		return // the check says that maps_to is missing
	}
	var rows, pairs []string
	var frameworks []string
	pair := func(subject, requirement string) {
		for _, name := range c.namesOf(requirement) {
			row := "(" + model.QuoteText(subject) + ", " + model.QuoteText(name) + ")"
			if !slices.Contains(pairs, row) {
				pairs = append(pairs, row)
			}
		}
	}
	for _, r := range asked {
		fw, _ := SplitRequirement(r)
		if f := model.QuoteText(fw); !slices.Contains(frameworks, f) {
			frameworks = append(frameworks, f)
		}
		rows = append(rows, "("+model.QuoteText(r)+")")
		if !d.AnyOf {
			pair(r, r)
		}
	}
	what := "document"
	if len(d.Kinds) > 0 {
		what = strings.Join(d.Kinds, " or ")
	}
	none := "no " + what + " names it"
	if d.AnyOf {
		for _, r := range k.MapsTo {
			pair(k.ID, r)
		}
		none = "no " + what + " names " + strings.Join(asked, " or ")
		k.Population = sql(fmt.Sprintf(`-- One document is enough, where the register speaks of the framework.
SELECT %s AS subject, NULL AS ticket_id, NULL AS occurred_at
WHERE EXISTS (FROM document_names WHERE split_part(requirement, '/', 1) IN (%s))`, model.QuoteText(k.ID), strings.Join(frameworks, ", ")))
	} else {
		k.Population = sql(fmt.Sprintf(`-- The requirements that documents answer, of the frameworks that the register speaks of.
SELECT requirement AS subject, NULL AS ticket_id, NULL AS occurred_at
FROM (VALUES %s) AS asked(requirement)
WHERE split_part(requirement, '/', 1) IN (SELECT split_part(requirement, '/', 1) FROM document_names)`, strings.Join(rows, ", ")))
	}
	kinds := ""
	if len(d.Kinds) > 0 {
		var quoted []string
		for _, kind := range d.Kinds {
			quoted = append(quoted, model.QuoteText(strings.ToLower(strings.TrimSpace(kind))))
		}
		kinds = "\n    WHERE d.kind IN (" + strings.Join(quoted, ", ") + ")"
	}
	k.Exceptions = sql(fmt.Sprintf(`WITH naming AS (
    -- A requirement is named by its id, by a heading above it, or by one that the crosswalk calls equal.
    SELECT DISTINCT w.subject, d.document_id, d.title, d.due
    FROM (VALUES %s) AS w(subject, requirement)
    JOIN document_names AS n ON n.requirement = w.requirement
    JOIN document_state AS d ON d.document_id = n.document_id%s)
SELECT p.subject, p.ticket_id, p.occurred_at,
       coalesce(string_agg(n.document_id || ' "' || n.title || '" ' || n.due, '; ' ORDER BY n.document_id) FILTER (n.due <> ''),
                %s) AS reason
FROM population AS p LEFT JOIN naming AS n ON n.subject = p.subject
GROUP BY p.subject, p.ticket_id, p.occurred_at
HAVING count(n.document_id) = 0 OR count(*) FILTER (n.due <> '') > 0`, strings.Join(pairs, ", "), kinds, model.QuoteText(none)))
}

// namesOf lists the ids by which a document names a requirement: itself, the headings above it, and the same of those
// that the crosswalk calls equal.
func (c *Catalogue) namesOf(requirement string) []string {
	var out []string
	for _, r := range append([]string{requirement}, c.equals(requirement)...) {
		f, e, ok := c.Entry(r)
		for n := 0; ok && n <= len(f.Entries); n++ {
			if id := f.ID() + "/" + e.ID; !slices.Contains(out, id) {
				out = append(out, id)
			}
			e, ok = f.Entry(e.Parent)
		}
	}
	return out
}

// documentKinds lists the kinds of documents that the register knows: the comment of the column is their one place.
func documentKinds(ctx context.Context, db *model.DB) ([]string, error) {
	comment, err := model.One[string](ctx, db, "SELECT comment FROM duckdb_columns() WHERE table_name = 'document' AND column_name = 'kind'")
	return strings.Split(comment, ", "), err
}

// checkKinds finds kinds of documents that no register can hold.
func (k *Control) checkKinds(ctx context.Context, db *model.DB, ps *strictyaml.Problems) {
	if k.Documents == nil {
		return
	}
	known, err := documentKinds(ctx, db)
	if err != nil {
		ps.Add(k.Documents.Pos, k.ID+".documents", "", "%v", err)
		return
	}
	for i, kind := range k.Documents.Kinds {
		if !slices.Contains(known, strings.ToLower(strings.TrimSpace(kind))) {
			ps.Add(k.Documents.Pos, fmt.Sprintf("%s.documents.kinds[%d]", k.ID, i), strictyaml.Suggest(kind, known), "%q is no kind of document", kind)
		}
	}
}
