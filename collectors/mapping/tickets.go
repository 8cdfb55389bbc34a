package mapping

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"deskproof/model"
)

// given is one column of ticket and the SQL that fills it.
type given struct{ Name, Expr string }

// tickets makes one ticket of every row of rows for which the condition is true.
func (b *builder) tickets(ctx context.Context, s *stage, rows, condition string, out *EntityResult) error {
	var cols []given
	for _, c := range s.table.Columns {
		if !s.has(c.Name) || slices.Contains([]string{"key", "url"}, c.Name) {
			continue
		}
		name := model.QuoteIdent(c.Name)
		switch {
		case c.openEnd(s.table):
			cols = append(cols, given{c.Name, "coalesce(" + name + ", 'unmapped')"})
		default:
			cols = append(cols, given{c.Name, name})
		}
		if c.Name == "resolved_at" || c.Name == "closed_at" {
			cols = append(cols, given{"dp_mapped_" + c.Name, name})
		}
	}
	if f, ok := s.field("status"); ok && f.KeepsText() && !s.has("source_status") {
		cols = append(cols, given{"source_status", "dp_s_status"})
	}
	if s.updates() && !s.has("opened_at") {
		cols = append(cols, given{"opened_at", "opened_at"})
	}
	if s.updates() && !s.has("updated_at") {
		cols = append(cols, given{"updated_at", "dp_updated"})
	}
	cols = append(cols, given{"dp_source", sqlText(s.src.Name)})
	hasHistory, partial := fmt.Sprint(s.updates()), "FALSE"
	if s.has("dp_has_history") {
		hasHistory = "coalesce(dp_has_history, FALSE)"
		partial = "dp_has_history IS NOT DISTINCT FROM FALSE"
	}
	drop, err := json.Marshal(s.mapped())
	if err != nil {
		return err
	}
	err = b.run(ctx, "tickets.sql", map[string]any{
		"Prefix": s.src.System + ":", "System": s.src.System, "URL": s.url(), "Given": cols, "HasHistory": hasHistory, "Partial": partial,
		"Drop": string(drop), "Rows": rows, "Condition": condition, "From": s.from,
	})
	if err != nil {
		return err
	}
	if s.entity == "ticket" && !b.asOf.IsZero() {
		later, err := model.One[int64](ctx, b.db, "SELECT count(*) FROM dp_ticket WHERE dp_source = ? AND opened_at > "+b.instant(), s.src.Name)
		if err != nil {
			return err
		}
		out.Later = later
		out.Modelled -= later
	}
	return b.native(ctx, s, rows, condition)
}

// mapped are the columns of the source that the model takes over whole, as a JSON merge patch that removes them. The
// words of a translated field other than the status stay: the model holds only what they mean.
func (s *stage) mapped() map[string]any {
	out := map[string]any{}
	for _, f := range s.fields {
		if f.from != fromColumn || (f.Enumerated() && f.Name != "status") {
			continue
		}
		for _, e := range s.columns {
			if e.As != f.as {
				continue
			}
			if s.tool == nil || len(e.Within) == 0 {
				out[e.Column] = nil
				continue
			}
			inner, _ := out[e.Column].(map[string]any)
			if inner == nil {
				inner = map[string]any{}
				out[e.Column] = inner
			}
			inner[e.Within[0]] = nil
		}
	}
	return out
}

// url is SQL for the address of the ticket; only web pages are kept.
func (s *stage) url() string {
	if f, ok := s.field("url"); ok {
		u := model.QuoteIdent(f.Name)
		return "CASE WHEN regexp_matches(" + u + ", '^(?i)https?://[^ ]+$') THEN " + u + " END"
	}
	if s.tool == nil && strings.Contains(s.src.URL, "{key}") {
		return "replace(" + sqlText(s.src.URL) + ", '{key}', url_encode(s.key))"
	}
	return "CAST(NULL AS VARCHAR)"
}

// changing is a field of a ticket whose changes are history.
type changing struct {
	field
	Rank       int
	Initial    bool   // its value at the opening always is an event
	Stays      string // SQL: the value means missing, no change
	Before     string
	After      string
	BeforeText string
	AfterText  string
	Own        string // SQL: the ticket's own value as text
	From, To   string // SQL: canonical value of a row of a history file
	Pairs      []pair // the value, and the text of the source where it is needed
}

// pair is a column of the updates and the one for its value before.
type pair struct{ Now, Before string }

// text makes a value of the type the text of an event.
func (c column) text(expr string) string {
	switch {
	case c.isTime():
		return "dp_instant_text(" + expr + ")"
	case c.Type == "VARCHAR":
		return expr
	default:
		return "CAST(" + expr + " AS VARCHAR)"
	}
}

// changing are the fields of the stage that change, in the order of their rank.
func (s *stage) changing() []changing {
	var out []changing
	for rank, name := range eventFields {
		f, ok := s.field(name)
		if !ok || f.from == fromConstant {
			continue
		}
		now, before := model.QuoteIdent(name), model.QuoteIdent("dp_p_"+name)
		c := changing{field: f, Rank: rank, Initial: slices.Contains(initialFields, name), After: f.col.text(now), Before: f.col.text(before)}
		c.AfterText, c.BeforeText = c.After, c.Before
		c.Pairs = []pair{{name, "dp_p_" + name}}
		if f.KeepsText() {
			c.Pairs = append(c.Pairs, pair{"dp_s_" + name, "dp_ps_" + name})
			c.AfterText, c.BeforeText = model.QuoteIdent("dp_s_"+name), model.QuoteIdent("dp_ps_"+name)
		}
		var stays []string
		if f.NoChange() {
			stays = append(stays, model.QuoteIdent("dp_c_"+name))
		}
		if name == "status" {
			c.Before = "coalesce(" + c.Before + ", 'new')" // without a status before, the ticket was new
		}
		if f.openEnd {
			stays = append(stays, now+" IS NULL") // a ticket always is of some kind and in some status
		}
		c.Stays = strings.Join(stays, " OR ")
		out = append(out, c)
	}
	return out
}

// updates makes tickets and their history from updates.
func (b *builder) updates(ctx context.Context, s *stage, out *EntityResult) error {
	all := s.changing()
	order := "PARTITION BY key ORDER BY dp_updated"
	if s.has("dp_sequence") {
		order += ", TRY_CAST(dp_sequence AS DOUBLE), dp_sequence"
	}
	order += ", dp_run, dp_ordinal"
	actor := "CAST(NULL AS VARCHAR)"
	plain := []string{"dp_row"}
	if s.has("dp_actor") {
		actor = "dp_actor"
	}
	for _, f := range s.fields {
		if !slices.ContainsFunc(all, func(c changing) bool { return c.Name == f.Name }) && f.Name != "dp_sequence" {
			plain = append(plain, f.Name)
			if f.Name == "status" && f.KeepsText() {
				plain = append(plain, "dp_s_status")
			}
		}
	}
	err := b.run(ctx, "updates_in_order.sql", map[string]any{
		"Stage": model.QuoteIdent(s.name), "Changing": all, "Plain": plain, "Order": order, "AsOf": b.instant(),
		"FirstOpens": !s.has("opened_at"),
	})
	if err != nil {
		return err
	}
	if !b.asOf.IsZero() {
		used, err := model.One[int64](ctx, b.db, "SELECT count(*) FROM dp_update WHERE dp_updated <= "+b.instant()+" AND opened_at <= "+b.instant())
		if err != nil {
			return err
		}
		out.Later = out.Modelled - used
		out.Modelled = used
	}
	if err := b.tickets(ctx, s, "dp_update", "dp_last", out); err != nil {
		return err
	}
	statusText := "CAST(NULL AS VARCHAR)"
	if f, _ := s.field("status"); f.KeepsText() {
		statusText = "dp_s_status"
	}
	err = b.run(ctx, "events_from_updates.sql", map[string]any{
		"Prefix": s.src.System + ":", "Rows": "dp_update", "Changing": all, "Actor": actor, "StatusText": statusText,
		"OpenedAs": "coalesce(status = 'new' OR (dp_updated <= opened_at AND status IS NOT NULL), FALSE)",
	})
	if err != nil {
		return err
	}
	return b.db.Exec(ctx, "DROP TABLE dp_update")
}

// changes makes history from the rows of a history file.
func (b *builder) changes(ctx context.Context, s *stage, out *EntityResult) error {
	order := "occurred_at"
	if s.has("dp_sequence") {
		order += ", TRY_CAST(dp_sequence AS DOUBLE), dp_sequence"
	}
	order += ", dp_run, dp_ordinal"
	var special, initial, ranks []changing
	for rank, name := range eventFields {
		c := changing{Rank: rank, Initial: slices.Contains(initialFields, name)}
		c.field = s.historyField(b.tables["ticket"], name)
		col := c.field.col
		c.Own = col.text("t." + model.QuoteIdent(name))
		c.From, c.To = c.field.textOf("dp_from"), c.field.textOf("dp_to")
		ranks = append(ranks, c)
		if c.From != "dp_from" {
			special = append(special, c)
		}
		if name != "status" {
			initial = append(initial, c)
		}
	}
	null := "CAST(NULL AS VARCHAR)"
	given := func(name string) string {
		if s.has(name) {
			return name
		}
		return null
	}
	err := b.run(ctx, "events_from_history.sql", map[string]any{
		"Stage": model.QuoteIdent(s.name), "Special": special, "Ranks": ranks, "Order": order, "Actor": given("actor"), "Role": given("actor_role"),
		"HasFrom": s.has("from_value"), "FieldName": s.fieldName(),
	})
	if err != nil {
		return err
	}
	orphans, err := model.One[int64](ctx, b.db, "SELECT count(*) FROM "+model.QuoteIdent(s.name)+` s WHERE dp_keep AND dp_reason IS NULL
		AND NOT EXISTS (FROM dp_ticket t WHERE t.ticket_id = s.ticket_id)`)
	if err != nil {
		return err
	}
	out.LeftOut += orphans
	out.Modelled -= orphans
	if orphans > 0 {
		b.result.Notes = append(b.result.Notes, fmt.Sprintf("%s: %d changes belong to tickets that are not in the model", s.what(), orphans))
	}
	part, err := model.One[int64](ctx, b.db, "SELECT count(*) FROM "+model.QuoteIdent(s.name)+` s JOIN dp_ticket t ON t.ticket_id = s.ticket_id
		WHERE dp_keep AND dp_reason IS NULL AND t.dp_partial AND `+s.fieldName()+" = 'status'")
	if err != nil {
		return err
	}
	out.LeftOut += part
	out.Modelled -= part
	if part > 0 {
		b.result.Notes = append(b.result.Notes, fmt.Sprintf("%s: %d changes of status are left out: the source does not know the whole history of their tickets", s.what(), part))
	}
	if !b.asOf.IsZero() {
		later, err := model.One[int64](ctx, b.db, "SELECT count(*) FROM "+model.QuoteIdent(s.name)+` s JOIN dp_ticket t ON t.ticket_id = s.ticket_id
			WHERE dp_keep AND dp_reason IS NULL AND NOT (t.dp_partial AND `+s.fieldName()+" = 'status') AND (occurred_at > "+b.instant()+" OR t.opened_at > "+b.instant()+")")
		if err != nil {
			return err
		}
		out.Later += later
		out.Modelled -= later
	}
	if err := b.unmappedChanges(ctx, s, special); err != nil {
		return err
	}
	return b.run(ctx, "openings_from_history.sql", map[string]any{"System": s.src.System, "Source": s.src.Name, "Initial": initial})
}

// historyField is a field of the ticket as a history file tells it: with the translations of the history, or else
// those of the ticket.
func (s *stage) historyField(tickets table, name string) field {
	c, _ := tickets.column(name)
	f := s.newField(c, fromColumn, name)
	if h := s.src.History; h != nil {
		f.dates, f.zone = h.Dates, h.TimeZone
		if v, ok := h.Values[name]; ok {
			f.values = v
		}
	}
	return f
}

// textOf is the canonical text of a value of the field; what cannot be read stays as it is.
func (f field) textOf(s string) string {
	plain := f.col.Type == "VARCHAR" && !f.Enumerated() && !f.col.isID()
	if plain && len(f.values) == 0 {
		return s
	}
	k := "(" + f.known(s) + ")"
	switch {
	case f.openEnd:
		return "CASE WHEN " + s + " IS NOT NULL THEN coalesce(" + k + ", 'unmapped') END"
	case f.Enumerated() || plain:
		return k
	case f.col.isID():
		return "CASE WHEN " + k + " <> '' THEN " + prefixed(k, f.system, f.systems) + " ELSE " + k + " END"
	case f.col.isTime():
		return "coalesce(dp_instant_text(" + f.instant(k) + "), " + s + ")"
	case f.col.Type == "BOOLEAN":
		return "coalesce(CAST(dp_read_boolean(" + k + ") AS VARCHAR), " + s + ")"
	default:
		return k
	}
}

// fieldName is SQL for the name of a changed field: as configured, or a field of the ticket by its own name, or the
// source's name.
func (s *stage) fieldName() string {
	var exact, folded strings.Builder
	if h := s.src.History; h != nil {
		for _, from := range sortedKeys(h.Fields) {
			fmt.Fprintf(&exact, " WHEN field = %s THEN %s", sqlText(strings.TrimSpace(from)), sqlText(h.Fields[from]))
			fmt.Fprintf(&folded, " WHEN lower(field) = lower(%s) THEN %s", sqlText(strings.TrimSpace(from)), sqlText(h.Fields[from]))
		}
	}
	if s.tool != nil { // a field of the organization's own, by the name that the map uses for it
		for _, to := range sortedKeys(s.src.Map.Fields) {
			if slices.Contains(eventFields, to) {
				fmt.Fprintf(&exact, " WHEN field = %s THEN %s", sqlText(s.src.Map.Fields[to].Column), sqlText(to))
			}
		}
	}
	var own []string
	for _, f := range eventFields {
		own = append(own, sqlText(f))
	}
	return "CASE" + exact.String() + folded.String() + " WHEN " + among("lower(field)", own) + " THEN lower(field) ELSE field END"
}

// unmappedChanges counts values of history rows that have no canonical one.
func (b *builder) unmappedChanges(ctx context.Context, s *stage, special []changing) error {
	entity := s.entity
	if s.tool != nil { // tickets and their history share one map
		entity = "ticket"
	}
	for _, c := range special {
		if !c.Enumerated() {
			continue
		}
		unknown := "IS NULL"
		if c.openEnd {
			unknown = "= 'unmapped'"
		}
		err := b.db.Exec(ctx, fmt.Sprintf(`INSERT INTO unmapped_value BY NAME
			SELECT ? AS source, ? AS entity, ? AS field, word AS source_value, count(*) AS occurrences, min(dp_key) AS first_key
			FROM (SELECT dp_from AS word, dp_known_from AS known, dp_key FROM dp_change WHERE dp_field = ?
				UNION ALL SELECT dp_to, dp_known_to, dp_key FROM dp_change WHERE dp_field = ?)
			WHERE word IS NOT NULL AND known %s GROUP BY word`, unknown), s.src.Name, entity, c.Name, c.Name, c.Name)
		if err != nil {
			return err
		}
	}
	return nil
}

// native keeps what the tool says of its own service level clocks.
func (b *builder) native(ctx context.Context, s *stage, rows, condition string) error {
	for i, n := range s.src.Native {
		value := func(key, typ string) string {
			name := fmt.Sprintf("dp_native_%d_%s", i, key)
			if s.has(name) {
				return name
			}
			return "CAST(NULL AS " + typ + ")"
		}
		breached := value("breached", "BOOLEAN")
		if n.Met != "" {
			breached = "NOT " + value("met", "BOOLEAN")
		}
		err := b.run(ctx, "native.sql", map[string]any{
			"Prefix": s.src.System + ":", "Name": n.Name, "Clock": n.Clock, "Breached": "(" + breached + ")", "Goal": value("goal_seconds", "BIGINT"),
			"Elapsed": value("elapsed_seconds", "BIGINT"), "Due": value("due_at", "TIMESTAMPTZ"), "Stopped": value("stopped_at", "TIMESTAMPTZ"),
			"Rows": rows, "Condition": condition,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
