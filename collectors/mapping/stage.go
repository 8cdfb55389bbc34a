package mapping

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/template"

	"deskproof/collectors"
	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"text":  sqlText,
	"ident": model.QuoteIdent,
	"inc":   func(i int) int { return i + 1 },
}).ParseFS(sqlFiles, "sql/*.sql"))

// render fills a template of the sql folder.
func render(name string, data any) (string, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// stage is one entity of one source on its way from raw records to the model.
type stage struct {
	src      config.Source
	at       string // place of the source in the configuration, for messages
	entity   string // raw_record.entity
	table    table  // what the rows are read as
	fields   []field
	columns  []exposed       // columns of the source that are read
	known    []string        // every column that the raw records have
	rows     int64           // raw records that count
	versions bool            // some record has more than one version
	name     string          // temporary table
	systems  []string        // every known prefix of ids
	missing  map[string]bool // fields whose column does not exist
	from     string          // table of the records: raw_record, or stagedTable
	tool     *toolModel      // nil = the records are the source's own
}

// exposed is a column of the source under the name that SQL sees. Within leads into a nested value (a.b.c of JSON).
type exposed struct {
	Column, As string
	Within     []string
}

// pointer is the JSON pointer (RFC 6901) to the value in the payload.
func (e exposed) pointer() string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	p := "/" + escape.Replace(e.Column)
	for _, w := range e.Within {
		p += "/" + escape.Replace(w)
	}
	return p
}

// updates is true for rows that are updates of a ticket.
func (s *stage) updates() bool { return s.entity == "ticket_update" }

// history is true for rows of a separate history file.
func (s *stage) history() bool { return s.entity == "ticket_history" }

func (s *stage) field(name string) (field, bool) {
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.Name == name })
	if i < 0 {
		return field{}, false
	}
	return s.fields[i], true
}

// has is true when the mapping gives the field at all.
func (s *stage) has(name string) bool { _, ok := s.field(name); return ok }

// historyTable is the shape of one row of a history file.
var historyTable = table{Name: "ticket_event", Columns: []column{
	{Name: "ticket_id", Type: "VARCHAR", NotNull: true},
	{Name: "occurred_at", Type: "TIMESTAMP WITH TIME ZONE", NotNull: true},
	{Name: "field", Type: "VARCHAR", NotNull: true},
	{Name: "from_value", Type: "VARCHAR"},
	{Name: "to_value", Type: "VARCHAR"},
	{Name: "actor", Type: "VARCHAR"},
	{Name: "actor_role", Type: "VARCHAR", Allowed: enumerations["ticket_event.actor_role"]},
	{Name: "dp_sequence", Type: "VARCHAR"},
}}

// prepare looks at the raw records of the stage: how many there are and which columns they have.
func (s *stage) prepare(ctx context.Context, db *model.DB) error {
	type row struct {
		N        int64
		Versions bool
	}
	got, err := model.One[row](ctx, db, `SELECT count(*) AS n, coalesce(max(version) > 1, FALSE) AS versions
		FROM `+s.from+` WHERE source = ? AND entity = ?`, s.src.Name, s.entity)
	if err != nil {
		return err
	}
	s.versions = got.Versions
	s.rows = got.N
	if got.N == 0 {
		return nil
	}
	// All records of a table have the same columns: one of each file tells them.
	one := ""
	if s.tabular() {
		one = ` AND ordinal IN (SELECT min(ordinal) FROM raw_record WHERE source = $1 AND entity = $2 AND NOT deleted GROUP BY run_id, origin)`
	}
	if s.tool != nil { // rows of one SELECT, or of few: all have the same columns
		one = ` LIMIT 1000`
	}
	s.known, err = model.Select[string](ctx, db, `SELECT DISTINCT unnest(names) AS name FROM (SELECT DISTINCT json_keys(payload) AS names
		FROM (SELECT payload FROM `+s.from+` WHERE source = $1 AND entity = $2 AND NOT deleted`+one+`)) ORDER BY name`, s.src.Name, s.entity)
	return err
}

// expose gives every column of the source a name that SQL can tell apart: names that differ only in case, or that
// collide with the names of the steps, get an underscore behind.
func (s *stage) expose() []exposed {
	taken := map[string]bool{}
	var out []exposed
	for _, c := range s.known {
		as := c
		if as == "" {
			as = "_"
		}
		for taken[strings.ToLower(as)] || strings.HasPrefix(strings.ToLower(as), "dp_") && !strings.HasSuffix(as, "_") {
			as += "_"
		}
		taken[strings.ToLower(as)] = true
		out = append(out, exposed{Column: c, As: as})
	}
	return out
}

// resolve finds the column of the source that a configured name means: exactly, or without regard to case.
func (s *stage) resolve(name string) (exposed, bool) {
	all := s.expose()
	for _, e := range all {
		if e.Column == name {
			return e, true
		}
	}
	var found []exposed
	for _, e := range all {
		if strings.EqualFold(strings.TrimSpace(e.Column), strings.TrimSpace(name)) {
			found = append(found, e)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return exposed{}, false
}

// within finds a value inside a nested one: via.channel is the member channel of the column via. Tables have none.
func (s *stage) within(ctx context.Context, db *model.DB, name string) (exposed, bool, error) {
	parts := strings.Split(name, ".")
	if column, member, _ := strings.Cut(name, "."); s.tool != nil && slices.Contains(s.known, column) {
		// Members of a tool's rows are named by people, who like dots.
		return exposed{Column: column, As: name, Within: []string{member}}, true, nil
	}
	for i := len(parts) - 1; i > 0; i-- {
		column := strings.Join(parts[:i], ".")
		if !slices.Contains(s.known, column) {
			continue
		}
		e := exposed{Column: column, As: name, Within: parts[i:]}
		there, err := model.One[bool](ctx, db, `SELECT EXISTS (FROM `+s.from+` WHERE source = ? AND entity = ? AND NOT deleted AND json_exists(payload, ?))`,
			s.src.Name, s.entity, e.pointer())
		return e, there, err
	}
	return exposed{}, false, nil
}

// bind connects the fields with the columns that the records have, and says which ones do not exist.
func (s *stage) bind(ctx context.Context, db *model.DB, ps *strictyaml.Problems, notes *[]string) error {
	if len(s.known) == 0 {
		return nil
	}
	s.identities()
	var kept []field
	used := map[string]bool{}
	var sqlTexts []string
	if s.src.Where != "" && !s.history() {
		sqlTexts = append(sqlTexts, s.src.Where)
	}
	for _, f := range s.fields {
		switch f.from {
		case fromColumn:
			e, ok := s.resolve(f.given)
			if !ok && strings.Contains(f.given, ".") {
				var err error
				if e, ok, err = s.within(ctx, db, f.given); err != nil {
					return err
				}
				if ok && !slices.ContainsFunc(s.columns, func(c exposed) bool { return c.As == e.As }) {
					s.columns = append(s.columns, e)
				}
			}
			if !ok {
				if f.required || s.tabular() {
					ps.Add(f.pos, f.path, suggestColumn(f.given, s.known), "no record of %s has a column %q", s.what(), f.given)
				} else {
					*notes = append(*notes, fmt.Sprintf("%s: no record has %q, which %s is mapped from", s.what(), f.given, f.label()))
				}
				if s.missing == nil {
					s.missing = map[string]bool{}
				}
				s.missing[f.Name] = true
				continue
			}
			f.as = e.As
			used[e.Column] = used[e.Column] || len(e.Within) == 0
		case fromExpression:
			sqlTexts = append(sqlTexts, f.given)
		}
		kept = append(kept, f)
	}
	s.fields = kept
	for i := range s.fields {
		s.fields[i].n = i + 1
	}
	if s.src.Register {
		for _, e := range s.strange() {
			used[e.Column] = true
		}
	}
	// An expression can only name a column whose name stands in it; the others need not be read.
	for _, e := range s.expose() {
		need := used[e.Column]
		for _, t := range sqlTexts {
			low := strings.ToLower(t)
			need = need || strings.Contains(low, strings.ToLower(e.As)) || strings.Contains(low, strings.ToLower(strings.ReplaceAll(e.As, `"`, `""`)))
		}
		if need {
			s.columns = append(s.columns, e)
		}
	}
	return nil
}

// identities maps columns that bear the very name of a model field, where the mapping leaves that field open. Rows
// of tickets are read so only when nothing at all is mapped.
func (s *stage) identities() {
	m := s.src.Map
	if s.history() || s.tool == nil && (s.table.Name == "ticket" && len(m.Fields)+len(m.Constants)+len(m.Expressions) > 0) {
		return
	}
	for _, name := range s.table.mappable() {
		if s.has(name) && !(s.fieldFrom(name) == fromRawKey) {
			continue
		}
		if e, ok := s.resolve(name); ok {
			c, _ := s.table.column(name)
			f := s.newField(c, fromColumn, e.Column)
			s.drop(name)
			s.fields = append(s.fields, f)
		}
	}
}

func (s *stage) fieldFrom(name string) origin { f, _ := s.field(name); return f.from }

func (s *stage) drop(name string) {
	s.fields = slices.DeleteFunc(s.fields, func(f field) bool { return f.Name == name })
}

// tabular is true when every record of the source has every column, so that a missing one is a mistake.
func (s *stage) tabular() bool {
	if s.tool != nil {
		return true
	}
	format, p := s.src.Format, s.src.Path
	if s.history() && s.src.History != nil {
		format, p = s.src.History.Format, s.src.History.Path
	}
	if format != "" {
		return format == "csv" || format == "xlsx" || format == "parquet"
	}
	p = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(p), ".gz"), ".zst")
	return slices.Contains([]string{".csv", ".tsv", ".txt", ".xlsx", ".parquet"}, path.Ext(p))
}

// what names the stage for people.
func (s *stage) what() string {
	if s.entity == s.table.Name {
		return fmt.Sprintf("source %s", s.src.Name)
	}
	return fmt.Sprintf("source %s (%s)", s.src.Name, s.entity)
}

func suggestColumn(name string, known []string) string {
	if h := strictyaml.Suggest(name, known); h != "" {
		return h
	}
	if len(known) > 40 {
		known = known[:40]
	}
	return "columns: " + strings.Join(known, ", ")
}

// keyText is SQL for the key of a row in messages.
func (s *stage) keyText() string {
	for _, name := range []string{"key", "ticket_id", s.table.primary()} {
		if f, ok := s.field(name); ok && name != "" && f.from == fromColumn && (name != "ticket_id" || s.history()) {
			return "coalesce(" + f.S() + ", dp_raw_key)"
		}
	}
	return "dp_raw_key"
}

// ownColumn begins the name of a column that a person adds to a register for their own use.
const ownColumn = "x_"

// strangers are checks of a register for values in columns that the model lacks: they would be lost without a word.
func (s *stage) strangers() []check {
	var out []check
	for _, e := range s.strange() {
		hint := strictyaml.Suggest(strings.ReplaceAll(e.Column, " ", "_"), s.table.mappable())
		if !strings.HasPrefix(hint, "did you mean") {
			hint = "the columns are " + strings.Join(s.table.mappable(), ", ") + "; a column of your own begins with " + ownColumn
		}
		out = append(out, check{cleaned(model.QuoteIdent(e.As), nil) + " IS NOT NULL", sqlText(fmt.Sprintf("unknown column %q: %s", e.Column, hint))})
	}
	return out
}

// strange are the columns of a register that are none of the model and not marked as a person's own.
func (s *stage) strange() []exposed {
	var out []exposed
	for _, e := range s.expose() {
		mine := strings.HasPrefix(strings.ToLower(e.Column), ownColumn)
		if !mine && !slices.ContainsFunc(s.fields, func(f field) bool { return f.from == fromColumn && f.as == e.As }) {
			out = append(out, e)
		}
	}
	return out
}

// sql is the SELECT of the stage.
func (s *stage) sql() (string, error) {
	var pointers []string
	for _, c := range s.columns {
		pointers = append(pointers, sqlText(c.pointer()))
	}
	if len(pointers) == 0 {
		pointers = []string{sqlText("/")}
	}
	keep := "TRUE"
	if s.src.Where != "" && !s.history() {
		keep = "TRY(coalesce(CAST((" + s.src.Where + "\n) AS BOOLEAN), FALSE))"
	}
	var checks []check
	var computedFields []field
	if s.src.Register {
		keep = "NOT starts_with(upper(trim(dp_raw_key)), " + sqlText(collectors.ExamplePrefix) + ")"
		checks = append(checks, s.strangers()...)
	}
	for _, f := range s.fields {
		checks = append(checks, f.Checks()...)
		if f.from == fromExpression {
			computedFields = append(computedFields, f)
		}
	}
	return render("stage.sql", map[string]any{
		"Source": s.src.Name, "Entity": s.entity, "KeyText": s.keyText(), "Fields": s.fields, "Checks": checks,
		"Computed": computedFields, "Keep": keep, "Columns": s.columns, "Pointers": "[" + strings.Join(pointers, ", ") + "]",
		"Versions": s.versions, "From": s.from,
	})
}
