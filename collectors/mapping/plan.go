package mapping

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// plan lays out what is read from the sources: one stage an entity. Every mistake of the configuration that only the
// schema or the records can show is found here; the error is strictyaml.Problems with all of them.
func plan(ctx context.Context, db *model.DB, cfg *config.Config, sources []config.Source) ([]*stage, []string, error) {
	all, err := readTables(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	var systems []string
	for _, s := range sources {
		if !slices.Contains(systems, s.System) {
			systems = append(systems, s.System)
		}
	}
	var ps strictyaml.Problems
	var notes []string
	var out []*stage
	for i := range sources {
		src := sources[i]
		at := "source " + src.Name
		if j := slices.IndexFunc(cfg.Sources, func(c config.Source) bool { return c.Name == src.Name }); j >= 0 {
			at = fmt.Sprintf("sources[%d]", j)
		}
		t, ok := all[src.Entity]
		if src.Entity == "ticket_event" {
			ps.Add(src.At("entity"), at+".entity", "give it to the source of the tickets: history: {path: …}", "history belongs to tickets and is no source of its own")
			continue
		}
		if !ok {
			ps.Add(src.At("entity"), at+".entity", strictyaml.Suggest(src.Entity, tables), "the model has no table %q", src.Entity)
			continue
		}
		tool, err := modelOf(src)
		if err != nil {
			return nil, nil, err
		}
		var entities []string
		switch {
		case tool != nil && src.Entity != "ticket" && !slices.Contains(tool.entities(), "ticket"):
			ps.Add(src.At("entity"), at+".entity", "take it out", "the type %s brings no tickets that could be the entries of a register", src.Type)
			continue
		case tool != nil && src.Entity != "ticket":
			entities = []string{"ticket"} // its tickets are the rows of another table: a register that is kept in the tool
		case tool != nil:
			entities = tool.entities()
		case src.Type != "file" && src.Entity == "ticket":
			// A live source brings whatever entities it knows; each is read as the table of its name.
			entities, err = model.Select[string](ctx, db, "SELECT DISTINCT entity FROM raw_record WHERE source = ? ORDER BY entity", src.Name)
			if err != nil {
				return nil, nil, err
			}
		case src.Shape == "row_per_update":
			entities = []string{"ticket_update"}
		case src.Shape == "tickets_and_history":
			entities = []string{"ticket", "ticket_history"}
		case src.Entity == "document":
			entities = []string{"document", "document_file"}
		default:
			entities = []string{src.Entity}
		}
		for _, e := range entities {
			s := &stage{src: src, at: at, entity: e, table: t, name: fmt.Sprintf("dp_stage_%d_%s", i, e), from: "raw_record", tool: tool}
			if tool != nil {
				s.from = stagedTable
				table := e
				switch {
				case src.Entity != "ticket":
					table = src.Entity
				case e == "ticket_history":
					table = "ticket"
				}
				s.src.Map = tool.mapFor(table, src.Entity, src.Map)
				if e != "ticket" {
					s.src.Where = ""
				}
			}
			switch {
			case tool != nil && src.Entity != "ticket": // s.table is that of src.Entity
			case e == "document_file":
				s.table, s.src.Map, s.src.Where, s.src.Key, s.src.Format = all[e], config.Mapping{}, "", "", "json"
			case e == "ticket_history":
				s.table = historyTable
			case e == "ticket_update" || e == "ticket":
				s.table = all["ticket"]
			default:
				if s.table, ok = all[e]; !ok {
					notes = append(notes, fmt.Sprintf("source %s: the model has no table %q; its records stay raw", src.Name, e))
					continue
				}
			}
			if err := s.prepare(ctx, db); err != nil {
				return nil, nil, err
			}
			s.systems = systems
			s.layOut(&ps)
			if err := s.bind(ctx, db, &ps, &notes); err != nil {
				return nil, nil, err
			}
			if s.rows > 0 && len(s.known) > 0 {
				s.checkRequired(&ps)
				if err := s.checkSQL(ctx, db, &ps); err != nil {
					return nil, nil, err
				}
			}
			out = append(out, s)
		}
	}
	return out, notes, ps.Err()
}

// newField makes a field of a model column with the source's habits.
func (s *stage) newField(c column, from origin, given string) field {
	return field{Name: c.Name, col: c, from: from, given: given, dates: s.src.Dates, zone: s.src.TimeZone, missing: s.src.Missing,
		values: s.src.Map.Values[c.Name], required: c.NotNull && !c.openEnd(s.table), openEnd: c.openEnd(s.table), strict: s.src.Register,
		system: s.src.System, systems: s.systems, pos: s.src.Pos, path: s.at}
}

// openEnd is true for the two enumerations of a ticket that say "unmapped" instead of refusing the row.
func (c column) openEnd(t table) bool {
	return t.Name == "ticket" && (c.Name == "kind" || c.Name == "status")
}

// layOut makes the fields of the stage from the configuration.
func (s *stage) layOut(ps *strictyaml.Problems) {
	if s.history() {
		s.layOutHistory(ps)
		return
	}
	if s.tool != nil && s.table.Name == "ticket" && slices.Contains(s.known, "has_history") {
		s.addPlain(column{Name: "dp_has_history", Type: "BOOLEAN"}, "has_history", "has_history")
	}
	m := s.src.Map
	mappable := s.table.mappable()
	add := func(kind, name string, from origin, given string) {
		pos, at := s.place(kind + "." + name)
		c, ok := s.table.column(name)
		if !ok || !slices.Contains(mappable, name) {
			hint := strictyaml.Suggest(name, mappable)
			if slices.Contains(computed, name) {
				hint = "it follows from the others"
			}
			ps.Add(pos, at, hint, "%s.%s cannot be mapped", s.table.Name, name)
			return
		}
		f := s.newField(c, from, given)
		f.pos, f.path = pos, at
		s.fields = append(s.fields, f)
	}
	for _, name := range sortedKeys(m.Fields) {
		add("fields", name, fromColumn, m.Fields[name].Column)
		if f := &s.fields; len(*f) > 0 && (*f)[len(*f)-1].Name == name {
			last := &(*f)[len(*f)-1]
			if len(m.Fields[name].Dates) > 0 {
				last.dates = m.Fields[name].Dates
			}
			if m.Fields[name].TimeZone != "" {
				last.zone = m.Fields[name].TimeZone
			}
		}
	}
	for _, name := range sortedKeys(m.Constants) {
		add("constants", name, fromConstant, m.Constants[name])
	}
	for _, name := range sortedKeys(m.Expressions) {
		add("expressions", name, fromExpression, m.Expressions[name])
	}
	s.addKey()
	if s.updates() {
		s.addPlain(column{Name: "dp_updated", Type: "TIMESTAMP WITH TIME ZONE", NotNull: true}, s.src.Updated, "updated")
		s.addPlain(column{Name: "dp_sequence", Type: "VARCHAR"}, s.src.Sequence, "sequence")
		s.addPlain(column{Name: "dp_actor", Type: "VARCHAR"}, s.src.Actor, "actor")
	}
	if s.table.Name == "ticket" {
		for i, n := range s.src.Native {
			for _, c := range nativeColumns(i, n) {
				s.addPlain(c.column, c.given, fmt.Sprintf("native[%d].%s", i, c.key))
			}
		}
	}
	s.checkValues(ps)
}

// addKey adds the field that identifies the row: the configured column, or else the key of the raw record.
func (s *stage) addKey() {
	name := s.table.primary()
	if s.table.Name == "ticket" {
		name = "key"
	}
	if name == "" || s.has(name) {
		return
	}
	c, _ := s.table.column(name)
	from := fromRawKey
	if s.src.Key != "" {
		from = fromColumn
	}
	f := s.newField(c, from, s.src.Key)
	f.pos, f.path = s.src.At("key"), s.at+".key"
	s.fields = append(s.fields, f)
}

// addPlain adds a field that is no column of the model.
func (s *stage) addPlain(c column, given, key string) *field {
	if given == "" {
		return nil
	}
	f := s.newField(c, fromColumn, given)
	f.values = nil
	f.pos, f.path = s.src.At(key), s.at+"."+key
	s.fields = append(s.fields, f)
	return &s.fields[len(s.fields)-1]
}

// layOutHistory makes the fields of a row of the history file.
func (s *stage) layOutHistory(ps *strictyaml.Problems) {
	h := s.src.History
	if h == nil {
		// A live source gives its history under the names of the model.
		for _, c := range historyTable.Columns {
			given := c.Name
			if given == "dp_sequence" {
				given = "sequence"
			}
			if slices.Contains(s.known, given) || c.NotNull {
				if f := s.addPlain(c, given, "map"); f != nil && c.Name == "actor_role" {
					f.values = s.src.Map.Values["actor_role"]
				}
			}
		}
		return
	}
	for _, x := range []struct{ name, given, key string }{
		{"ticket_id", h.Ticket, "ticket"}, {"occurred_at", h.At, "at"}, {"field", h.Field, "field"}, {"from_value", h.From, "from"},
		{"to_value", h.To, "to"}, {"actor", h.Actor, "actor"}, {"actor_role", h.Role, "actor_role"}, {"dp_sequence", h.Sequence, "sequence"},
	} {
		c, _ := historyTable.column(x.name)
		f := s.addPlain(c, x.given, "history."+x.key)
		if f == nil {
			continue
		}
		f.dates, f.zone = h.Dates, h.TimeZone
		if x.name == "actor_role" {
			f.values = h.Values["actor_role"]
		}
	}
	for _, from := range sortedKeys(h.Fields) {
		to := h.Fields[from]
		if !slices.Contains(eventFields, to) {
			ps.Add(s.src.At("history.fields."+from), s.at+".history.fields."+from, strictyaml.Suggest(to, eventFields), "%q is no field of a ticket that has a history", to)
		}
	}
	for _, f := range sortedKeys(h.Values) {
		if f == "actor_role" {
			s.checkAllowed(ps, historyTable, f, h.Values[f], s.src.At("history.values."+f), s.at+".history.values."+f)
		}
	}
}

// place is where an entry of the mapping stands.
func (s *stage) place(key string) (strictyaml.Pos, string) {
	return s.src.At("map." + key), s.at + ".map." + key
}

// checkValues holds the translations against the model.
func (s *stage) checkValues(ps *strictyaml.Problems) {
	for _, name := range sortedKeys(s.src.Map.Values) {
		pos, at := s.place(name)
		if _, ok := s.table.column(name); !ok {
			known := append([]string{"fields", "constants", "expressions"}, s.table.mappable()...)
			ps.Add(pos, at, strictyaml.Suggest(name, known), "%s has no field %q whose values could be translated", s.table.Name, name)
			continue
		}
		if !s.has(name) && s.tool == nil {
			ps.Add(pos, at, "map "+name+" to a column under fields", "values of %s are translated, but no column is mapped to it", name)
		}
		s.checkAllowed(ps, s.table, name, s.src.Map.Values[name], pos, at)
	}
	for _, name := range sortedKeys(s.src.Map.Constants) {
		pos, at := s.place("constants." + name)
		s.checkAllowed(ps, s.table, name, map[string]string{"": s.src.Map.Constants[name]}, pos, at)
	}
}

// checkAllowed finds translations into values that the model does not know.
func (s *stage) checkAllowed(ps *strictyaml.Problems, t table, name string, values map[string]string, pos strictyaml.Pos, at string) {
	c, ok := t.column(name)
	if !ok || len(c.Allowed) == 0 {
		return
	}
	for _, from := range sortedKeys(values) {
		to := values[from]
		if to == "" || slices.Contains(c.Allowed, to) {
			continue
		}
		p, path := pos, at
		if from != "" && s.src.Places["map."+name+"."+from].Line > 0 {
			p, path = s.src.At("map."+name+"."+from), at+"."+from
		}
		hint := strictyaml.Suggest(to, c.Allowed)
		if hint == "" {
			hint = "known: " + strings.Join(c.Allowed, ", ")
		}
		ps.Add(p, path, hint, "%q is not a value of %s.%s", to, t.Name, name)
	}
}

// checkRequired finds columns of the model that need a value and that nothing fills.
func (s *stage) checkRequired(ps *strictyaml.Problems) {
	for _, c := range s.table.Columns {
		if !c.NotNull || s.has(c.Name) || s.missing[c.Name] || (s.table.Name == "ticket" && slices.Contains(computed, c.Name)) {
			continue
		}
		if s.updates() && c.Name == "opened_at" {
			continue // the first update opens the ticket
		}
		hint := "add it to map: fields, constants or expressions"
		if s.table.Name == "ticket" && c.Name == "kind" {
			hint = "where all rows are of one kind write constants: {kind: incident}"
		}
		ps.Add(s.src.At("map"), s.at+".map", hint, "%s needs %s, and nothing gives it", s.table.Name, c.Name)
	}
}

// native is one column of the tool's own service level clock.
type native struct {
	column column
	given  string
	key    string
}

func nativeColumns(i int, n config.Native) []native {
	name := func(s string) string { return fmt.Sprintf("dp_native_%d_%s", i, s) }
	return []native{
		{column{Name: name("met"), Type: "BOOLEAN"}, n.Met, "met"},
		{column{Name: name("breached"), Type: "BOOLEAN"}, n.Breached, "breached"},
		{column{Name: name("goal_seconds"), Type: "BIGINT"}, n.Goal, "goal_seconds"},
		{column{Name: name("elapsed_seconds"), Type: "BIGINT"}, n.Elapsed, "elapsed_seconds"},
		{column{Name: name("due_at"), Type: "TIMESTAMP WITH TIME ZONE"}, n.Due, "due_at"},
		{column{Name: name("stopped_at"), Type: "TIMESTAMP WITH TIME ZONE"}, n.Stopped, "stopped_at"},
	}
}
