package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/collectors"
	"deskproof/model"
	"deskproof/model/config"
)

// A source type that knows its tool ships a model.sql (collectors.Description.Model). It turns raw records into rows that
// are named like the tables and columns of the model and still hold the tool's own words; those rows then go the way of
// file rows: values are translated, times and numbers read, what cannot be read is refused, what has no meaning counted.
//
// A model.sql is a sequence of sections, each begun by a comment:
//
//	-- map:                       what the tool's own values mean, as YAML behind "-- ", one line a field; the map of
//	--   status: {Open: …}        deskproof.yaml adds to it and wins
//	-- table: src_person          SELECT that is kept under this name for the sections below (name begins with src_)
//	-- entity: ticket             SELECT of rows of a table of the model; ticket_history has the columns of ticket_event,
//	                              with sequence ordering changes of one moment
//
// SELECTs read raw_<entity>: key, payload (JSON text), seen_at, deleted_at (NULL = still there), merged_into (key), and
// src, which every row hands on: it says where the row comes from. {{url}} and {{zone}} stand for the address and the time
// zone of the source, {{options}} for its options (JSON: name → list of texts, only those that are configured). A ticket row
// may say has_history (true = the history below is whole).

// toolModel is a model.sql, read.
type toolModel struct {
	Map      map[string]map[string]string
	Sections []section
}

// section is one SELECT.
type section struct {
	Kind, Name string // table or entity
	SQL        string
}

var (
	sectionStart = regexp.MustCompile(`^--\s*(map|table|entity):\s*([a-z_]*)\s*$`)
	rawView      = regexp.MustCompile(`\braw_([a-z0-9_]+)\b`)
	sourceTable  = regexp.MustCompile(`^src_[a-z0-9_]+$`)
)

// ErrModel says that a model.sql is not one. It is a mistake of the program.
var errModel = errors.New("model.sql")

// parseModel reads a model.sql.
func parseModel(text string) (toolModel, error) {
	out := toolModel{Map: map[string]map[string]string{}}
	var mapping strings.Builder
	inMap := false
	for n, line := range strings.Split(text, "\n") {
		if m := sectionStart.FindStringSubmatch(line); m != nil {
			inMap = m[1] == "map"
			if inMap {
				continue
			}
			if m[1] == "table" && !sourceTable.MatchString(m[2]) {
				return out, fmt.Errorf("%w:%d: a table is called src_…, not %q", errModel, n+1, m[2])
			}
			if m[1] == "entity" && m[2] != "ticket_history" && !slices.Contains(tables, m[2]) {
				return out, fmt.Errorf("%w:%d: the model has no table %q", errModel, n+1, m[2])
			}
			out.Sections = append(out.Sections, section{Kind: m[1], Name: m[2]})
			continue
		}
		if rest, comment := strings.CutPrefix(line, "--"); comment {
			if inMap {
				mapping.WriteString(strings.TrimPrefix(rest, " ") + "\n")
			}
			continue
		}
		inMap = false
		if len(out.Sections) > 0 {
			out.Sections[len(out.Sections)-1].SQL += line + "\n"
		} else if strings.TrimSpace(line) != "" {
			return out, fmt.Errorf("%w:%d: a section begins with `-- entity:` or `-- table:`", errModel, n+1)
		}
	}
	if err := yaml.Unmarshal([]byte(mapping.String()), &out.Map); err != nil {
		return out, fmt.Errorf("%w: map: %w", errModel, err)
	}
	for i := range out.Sections {
		out.Sections[i].SQL = strings.TrimSuffix(strings.TrimSpace(out.Sections[i].SQL), ";")
	}
	return out, nil
}

// sourceModel is a collector whose model.sql follows from the configuration of the source.
type sourceModel interface {
	SourceModel(src *config.Source) (string, error)
}

// modelOf is the model.sql of the type of a source; nil = it has none.
func modelOf(src config.Source) (*toolModel, error) {
	if src.Type == "file" {
		return nil, nil
	}
	c, err := collectors.Lookup(src.Type)
	if err != nil {
		return nil, err
	}
	text := c.Describe().Model
	if own, ok := c.(sourceModel); ok {
		if text, err = own.SourceModel(&src); err != nil {
			return nil, err
		}
	}
	if text == "" {
		return nil, nil
	}
	m, err := parseModel(text)
	if err != nil {
		return nil, fmt.Errorf("source type %s: %w", src.Type, err)
	}
	return &m, nil
}

// CheckModel says what is wrong with the model.sql of a source type.
func CheckModel(text string) error { _, err := parseModel(text); return err }

// entities are what the model fills, in order.
func (m *toolModel) entities() []string {
	var out []string
	for _, s := range m.Sections {
		if s.Kind == "entity" && !slices.Contains(out, s.Name) {
			out = append(out, s.Name)
		}
	}
	return out
}

// mapFor is the mapping for one table: what the tool ships with, and over it what deskproof.yaml says. Translations of
// other tables than the one that the source fills (entity, mostly ticket) are written table.field.
func (m *toolModel) mapFor(table, entity string, own config.Mapping) config.Mapping {
	out := config.Mapping{Pos: own.Pos, Places: own.Places, Values: map[string]map[string]string{}}
	if table == entity {
		out.Fields, out.Constants, out.Expressions = own.Fields, own.Constants, own.Expressions
	}
	for i, values := range []map[string]map[string]string{m.Map, own.Values} {
		plain := []string{"ticket", entity}[i] // table of a field that names none: the tool means tickets
		for _, key := range sortedKeys(values) {
			t, f, dotted := strings.Cut(key, ".")
			if !dotted {
				t, f = plain, key
			}
			ok := t == table
			if !ok {
				continue
			}
			if out.Values[f] == nil {
				out.Values[f] = map[string]string{}
			}
			for _, from := range sortedKeys(values[key]) {
				for had := range out.Values[f] {
					if strings.EqualFold(had, from) {
						delete(out.Values[f], had)
					}
				}
				out.Values[f][from] = values[key][from]
			}
		}
	}
	return out
}

// stagedTable holds the rows that the tools' models make, in the shape of raw_record.
const stagedTable = "dp_raw"

// stageTools makes dp_raw from the raw records of every source whose type has a model.
func stageTools(ctx context.Context, db *model.DB, sources []config.Source) error {
	if err := db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE "+stagedTable+" AS FROM raw_record LIMIT 0"); err != nil {
		return err
	}
	for _, src := range sources {
		m, err := modelOf(src)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		if err := m.stage(ctx, db, src); err != nil {
			return fmt.Errorf("source %s: %w", src.Name, err)
		}
	}
	return nil
}

// stage runs the sections for one source.
func (m *toolModel) stage(ctx context.Context, db *model.DB, src config.Source) error {
	var drop []string
	seen := map[string]bool{}
	options, err := json.Marshal(src.Options)
	if err != nil {
		return err
	}
	fill := strings.NewReplacer("{{url}}", sqlText(strings.TrimRight(src.URL, "/")), "{{zone}}", sqlText(src.TimeZone), "{{options}}", sqlText(string(options)))
	for _, s := range m.Sections {
		for _, v := range rawView.FindAllStringSubmatch(s.SQL, -1) {
			if v[0] == "raw_record" || seen[v[0]] {
				continue
			}
			seen[v[0]] = true
			q, err := render("tool_raw.sql", map[string]any{"View": v[0], "Source": src.Name, "Entity": v[1]})
			if err != nil {
				return err
			}
			if err := db.Exec(ctx, q); err != nil {
				return err
			}
			drop = append(drop, "DROP TABLE IF EXISTS "+model.QuoteIdent(v[0]))
		}
		q := fill.Replace(s.SQL)
		if s.Kind == "table" {
			drop = append(drop, "DROP TABLE IF EXISTS "+model.QuoteIdent(s.Name))
			if err := db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE "+model.QuoteIdent(s.Name)+" AS "+q); err != nil {
				return fmt.Errorf("%w, table %s: %w", errModel, s.Name, err)
			}
			continue
		}
		columns, err := model.Select[string](ctx, db, "SELECT column_name FROM (DESCRIBE "+q+"\n)")
		if err != nil {
			return fmt.Errorf("%w, entity %s: %w", errModel, s.Name, err)
		}
		if !slices.Contains(columns, "src") || s.key() != "" && !slices.Contains(columns, s.key()) {
			return fmt.Errorf("%w, entity %s: the SELECT needs the columns src and %s", errModel, s.Name, s.key())
		}
		columns = slices.DeleteFunc(columns, func(c string) bool { return c == "src" })
		staged, err := render("tool_stage.sql", map[string]any{"Source": src.Name, "Entity": s.Name, "Select": q, "Into": stagedTable, "Key": s.key(), "Columns": columns})
		if err != nil {
			return err
		}
		if err := db.Exec(ctx, staged); err != nil {
			return fmt.Errorf("%w, entity %s: %w", errModel, s.Name, err)
		}
	}
	for _, d := range drop {
		if err := db.Exec(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// key is the column of a staged row that names it in messages.
func (s section) key() string {
	switch s.Name {
	case "ticket":
		return "key"
	case "ticket_history", "ticket_link", "native_sla":
		return "ticket_id"
	case "ci_relation", "ci_verification":
		return "ci_id"
	}
	column, _ := collectors.IDColumn(s.Name)
	return column
}
