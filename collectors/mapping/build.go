package mapping

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// builder is one build.
type builder struct {
	db     *model.DB
	cfg    *config.Config
	asOf   time.Time
	tables map[string]table
	result Result
}

// instant is SQL for the moment of the build; empty when nothing is cut.
func (b *builder) instant() string {
	if b.asOf.IsZero() {
		return ""
	}
	return "TIMESTAMPTZ " + sqlText(b.asOf.UTC().Format("2006-01-02 15:04:05.999999")+"+00")
}

// day is SQL for the last day that has begun at the moment of the build, in the organization's zone.
func (b *builder) day() string {
	return "DATE " + sqlText(b.asOf.Add(-time.Microsecond).In(b.cfg.Zone()).Format("2006-01-02"))
}

// run fills a template of the sql folder and executes it.
func (b *builder) run(ctx context.Context, name string, data any) error {
	q, err := render(name, data)
	if err != nil {
		return err
	}
	return b.db.Exec(ctx, q)
}

func (b *builder) build(ctx context.Context, sources []config.Source) error {
	if err := prelude(ctx, b.db, sources); err != nil {
		return err
	}
	stages, notes, err := plan(ctx, b.db, b.cfg, sources)
	if err != nil {
		return err
	}
	b.result.Notes = notes
	if b.tables, err = readTables(ctx, b.db); err != nil {
		return err
	}
	if err := b.empty(ctx); err != nil {
		return err
	}
	// Tickets come first: history and everything else is held against them.
	slices.SortStableFunc(stages, func(x, y *stage) int { return x.turn() - y.turn() })
	for _, s := range stages {
		if err := b.stage(ctx, s); err != nil {
			return err
		}
	}
	if err := b.run(ctx, "events_without_history.sql", nil); err != nil {
		return err
	}
	if err := b.observe(ctx); err != nil {
		return err
	}
	if !b.asOf.IsZero() {
		if err := b.cut(ctx); err != nil {
			return err
		}
	}
	if err := b.run(ctx, "derive.sql", nil); err != nil {
		return err
	}
	if err := b.count(ctx); err != nil {
		return err
	}
	return b.sweep(ctx, stages)
}

// turn is when a stage is read: tickets, updates, history, the rest.
func (s *stage) turn() int {
	switch s.entity {
	case "ticket":
		return 0
	case "ticket_update":
		return 1
	case "ticket_history":
		return 2
	}
	return 3
}

func (b *builder) empty(ctx context.Context) error {
	for _, t := range tables {
		if err := b.db.Exec(ctx, "DELETE FROM "+t); err != nil {
			return err
		}
	}
	return b.db.Exec(ctx, `DELETE FROM rejected_record WHERE stage = 'map'; DELETE FROM unmapped_value;
		CREATE OR REPLACE TEMP TABLE dp_ticket AS SELECT *, CAST(NULL AS VARCHAR) AS dp_source, FALSE AS dp_partial,
			CAST(NULL AS TIMESTAMPTZ) AS dp_mapped_resolved_at, CAST(NULL AS TIMESTAMPTZ) AS dp_mapped_closed_at FROM ticket LIMIT 0;
		CREATE OR REPLACE TEMP TABLE dp_event AS SELECT * EXCLUDE (sequence), CAST(0 AS BIGINT) AS dp_step, 0 AS dp_rank FROM ticket_event LIMIT 0`)
}

// stage reads one entity of one source into the model.
func (b *builder) stage(ctx context.Context, s *stage) error {
	out := EntityResult{Source: s.src.Name, Entity: s.entity}
	if len(s.known) == 0 {
		b.result.Entities = append(b.result.Entities, out)
		return nil
	}
	q, err := s.sql()
	if err != nil {
		return err
	}
	if err := b.db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE "+model.QuoteIdent(s.name)+" AS "+q); err != nil {
		return fmt.Errorf("%s: %w", s.what(), err)
	}
	if err := b.duplicates(ctx, s); err != nil {
		return err
	}
	if out.Rejected, err = s.reject(ctx, b.db, model.QuoteIdent(s.name)); err != nil {
		return err
	}
	if out.Reasons, err = b.reasons(ctx, s); err != nil {
		return err
	}
	if err := b.unmapped(ctx, s); err != nil {
		return err
	}
	type sums struct{ Raw, Good, LeftOut int64 }
	n, err := model.One[sums](ctx, b.db, `SELECT count(*) AS raw, count(*) FILTER (dp_keep AND dp_reason IS NULL) AS good,
		count(*) FILTER (dp_keep = FALSE) AS left_out FROM `+model.QuoteIdent(s.name))
	if err != nil {
		return err
	}
	out.Raw, out.LeftOut, out.Modelled = n.Raw, n.LeftOut, n.Good
	switch {
	case s.history():
		err = b.changes(ctx, s, &out)
	case s.updates():
		err = b.updates(ctx, s, &out)
	case s.table.Name == "ticket":
		err = b.tickets(ctx, s, model.QuoteIdent(s.name), "dp_keep AND dp_reason IS NULL", &out)
	default:
		err = b.others(ctx, s, &out)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.what(), err)
	}
	b.result.Entities = append(b.result.Entities, out)
	return nil
}

// duplicates refuses a row whose id another row already has: the first one read stays.
func (b *builder) duplicates(ctx context.Context, s *stage) error {
	id, goal := s.table.primary(), s.table.Name
	if s.table.Name == "ticket" {
		id, goal = "key", "dp_ticket"
	}
	if s.history() || s.updates() || id == "" || !s.has(id) {
		return nil
	}
	inModel := fmt.Sprintf("EXISTS (FROM %s t WHERE t.%s = d.%s)", goal, id, id)
	if id == "key" {
		inModel = fmt.Sprintf("EXISTS (FROM dp_ticket t WHERE t.ticket_id = %s || d.key)", sqlText(s.src.System+":"))
	}
	return b.db.Exec(ctx, fmt.Sprintf(`UPDATE %[1]s SET dp_reason = %[2]s || dp_key || '": another record with it was read before'
		WHERE dp_row IN (SELECT dp_row FROM (SELECT dp_row, row_number() OVER (PARTITION BY %[3]s ORDER BY dp_run, dp_ordinal) > 1 OR %[4]s AS twice
			FROM %[1]s d WHERE dp_keep AND dp_reason IS NULL AND %[3]s IS NOT NULL) WHERE twice)`,
		model.QuoteIdent(s.name), sqlText("duplicate key \""), id, inModel))
}

func (b *builder) reasons(ctx context.Context, s *stage) ([]Reason, error) {
	// Reasons differ in the value; what stands before it is the same.
	return model.Select[Reason](ctx, b.db, `SELECT any_value(reason ORDER BY line, reason) AS text, count(*) AS "rows",
			coalesce(any_value(origin || ':' || line ORDER BY line, origin), '') AS first
		FROM rejected_record WHERE stage = 'map' AND source = ? AND entity = ?
		GROUP BY regexp_replace(reason, '"[^"]*" is not', 'is not') ORDER BY 2 DESC, 1`, s.src.Name, s.entity)
}

func (b *builder) unmapped(ctx context.Context, s *stage) error {
	var names []string
	for _, f := range s.fields {
		if f.Enumerated() {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	prefix := "" // the fields of the tickets are meant where nothing is said
	if s.tool != nil && s.table.Name != "ticket" {
		prefix = s.table.Name + "."
	}
	return b.run(ctx, "unmapped.sql", map[string]any{"Prefix": prefix, "Source": s.src.Name, "Entity": s.entity, "Stage": model.QuoteIdent(s.name), "Fields": names})
}

// others fills a table that is not about the life of a ticket.
func (b *builder) others(ctx context.Context, s *stage, out *EntityResult) error {
	later, err := b.cutRows(ctx, s)
	if err != nil {
		return err
	}
	var into, from []string
	for _, c := range s.table.Columns {
		if s.has(c.Name) {
			into = append(into, model.QuoteIdent(c.Name))
			from = append(from, model.QuoteIdent(c.Name))
		}
	}
	good := "dp_keep AND dp_reason IS NULL"
	if later != "" {
		good += " AND NOT coalesce(" + later + ", FALSE)"
	}
	n, err := b.db.ExecCount(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s WHERE %s ORDER BY ALL", s.table.Name,
		strings.Join(into, ", "), strings.Join(from, ", "), model.QuoteIdent(s.name), good))
	if err != nil {
		return err
	}
	out.Later = out.Modelled - n
	out.Modelled = n
	return nil
}

// cutRows empties what is later than the moment of the build and gives the condition for rows that are later as a whole.
func (b *builder) cutRows(ctx context.Context, s *stage) (string, error) {
	if b.asOf.IsZero() {
		return "", nil
	}
	type rule struct{ ModelColumn, Emptied string }
	q, err := render("as_of_rules.sql", nil)
	if err != nil {
		return "", err
	}
	rules, err := model.Select[rule](ctx, b.db, "SELECT model_column, emptied FROM ("+q+") WHERE model_table = ?", s.table.Name)
	if err != nil {
		return "", err
	}
	later := ""
	for _, r := range rules {
		c, ok := s.table.column(r.ModelColumn)
		if !ok || !s.has(c.Name) {
			continue
		}
		cond := c.Name + " > " + b.instant()
		if c.Type == "DATE" {
			cond = c.Name + " > " + b.day()
		}
		if r.Emptied == "" {
			later = cond
			continue
		}
		var set []string
		for _, name := range strings.Fields(r.Emptied) {
			if s.has(name) {
				set = append(set, name+" = NULL")
			}
		}
		if err := b.db.Exec(ctx, "UPDATE "+model.QuoteIdent(s.name)+" SET "+strings.Join(set, ", ")+" WHERE "+cond); err != nil {
			return "", err
		}
	}
	return later, nil
}

// cut takes tickets and their history back to the moment of the build.
func (b *builder) cut(ctx context.Context) error {
	type typed struct{ Name, Type string }
	changed, err := model.Select[string](ctx, b.db, "SELECT DISTINCT field FROM dp_event WHERE occurred_at > "+b.instant()+" ORDER BY field")
	if err != nil {
		return err
	}
	var fields []typed
	var instants []string
	for _, c := range b.tables["ticket"].Columns {
		if slices.Contains(eventFields, c.Name) && slices.Contains(changed, c.Name) {
			fields = append(fields, typed{c.Name, c.Type})
		}
		// Plans and due times may lie ahead of every moment; an opening later than it was dealt with.
		if c.isTime() && !slices.Contains([]string{"opened_at", "due_at", "planned_start_at", "planned_end_at"}, c.Name) {
			instants = append(instants, c.Name)
		}
	}
	instants = append(instants, "dp_mapped_resolved_at", "dp_mapped_closed_at")
	return b.run(ctx, "as_of.sql", map[string]any{"AsOf": b.instant(), "Fields": fields, "Instants": instants})
}

// observe notes what the reader of the figures should know of the history.
func (b *builder) observe(ctx context.Context) error {
	return b.note(ctx, "notes.sql")
}

func (b *builder) note(ctx context.Context, name string) error {
	q, err := render(name, nil)
	if err != nil {
		return err
	}
	notes, err := model.Select[string](ctx, b.db, q)
	b.result.Notes = append(b.result.Notes, notes...)
	return err
}

// count reads the totals of the build.
func (b *builder) count(ctx context.Context) (err error) {
	type totals struct{ Tickets, Events int64 }
	n, err := model.One[totals](ctx, b.db, "SELECT (SELECT count(*) FROM ticket) AS tickets, (SELECT count(*) FROM ticket_event) AS events")
	if err != nil {
		return err
	}
	b.result.Tickets, b.result.Events = n.Tickets, n.Events
	b.result.Unmapped, err = Unmapped(ctx, b.db)
	return err
}

// sweep drops the temporary tables.
func (b *builder) sweep(ctx context.Context, stages []*stage) error {
	names := []string{"dp_ticket", "dp_event", "dp_life", "dp_handover", "dp_answer", "dp_later", "dp_change", "dp_first_change", "dp_update", stagedTable}
	for _, s := range stages {
		names = append(names, model.QuoteIdent(s.name))
	}
	for _, n := range names {
		if err := b.db.Exec(ctx, "DROP TABLE IF EXISTS "+n); err != nil {
			return err
		}
	}
	return nil
}
