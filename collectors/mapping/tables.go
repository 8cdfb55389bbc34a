package mapping

import (
	"context"
	"slices"
	"strings"

	"deskproof/model"
)

// tables are the tables of the canonical model: what Build empties and fills. A test holds the list against the
// schema (0002, 0003 and 0011).
var tables = []string{
	"ticket", "ticket_event", "ticket_link", "approval", "communication", "work_log", "survey_response", "native_sla",
	"service", "service_agreement", "customer", "supplier", "team", "ci", "ci_relation", "ci_verification",
	"knowledge_article", "asset", "outage", "measurement",
	"document", "risk", "audit", "nonconformity", "improvement", "review",
	"competence", "announcement", "supplier_evaluation", "objective", "document_file",
}

// computed are columns of ticket that no mapping may give: they follow from the others.
var computed = []string{"ticket_id", "source", "reopen_count", "reassignment_count", "has_history", "attributes"}

// enumerations are the columns that may hold only certain values, by table.column. A source value with neither a
// translation nor one of these values is unmapped. Numeric ones are levels from 1 (highest) to 5. A test holds the
// values against the comments of the schema, which are what people read.
var enumerations = map[string][]string{
	"ticket.kind":               {"incident", "service_request", "problem", "change", "release", "complaint", "improvement", "security_incident", "other"},
	"ticket.status":             {"new", "in_progress", "on_hold", "resolved", "closed", "cancelled"},
	"ticket.priority":           levels,
	"ticket.impact":             levels,
	"ticket.urgency":            levels,
	"ticket.change_type":        {"standard", "normal", "emergency"},
	"ticket.risk":               {"low", "medium", "high"},
	"ticket.outcome":            {"successful", "failed", "backed_out", "cancelled"},
	"ticket_event.actor_role":   {"requester", "agent", "supplier", "system"},
	"ticket_link.link_type":     {"caused_by", "causes", "resolved_by", "problem_of", "implements", "released_in", "duplicate_of", "relates_to"},
	"approval.decision":         {"approved", "rejected", "withdrawn"},
	"communication.sender_role": {"requester", "agent", "supplier", "system"},
	"native_sla.clock":          {"response", "resolution"},
	"service.status":            {"pipeline", "live", "retired"},
	"service.criticality":       {"critical", "high", "medium", "low"},
	"service_agreement.kind":    {"SLA", "OLA", "UC"},
	"supplier.kind":             {"external", "internal", "customer_as_supplier"},
	"supplier.criticality":      {"critical", "high", "medium", "low"},
	"ci.status":                 {"planned", "live", "retired"},
	"knowledge_article.status":  {"draft", "published", "retired"},
	"asset.status":              {"in_use", "stock", "retired"},
	"document.kind":             {"policy", "plan", "process", "procedure", "agreement", "record"},
	"document.classification":   {"public", "internal", "confidential"},
	"risk.treatment":            {"accept", "reduce", "transfer", "avoid"},
	"risk.status":               {"open", "treated", "closed"},
	"audit.kind":                {"internal", "external", "supplier"},
	"nonconformity.grade":       {"major", "minor", "observation"},
	"improvement.status":        {"open", "approved", "in_progress", "done", "rejected"},
	"improvement.priority":      levels,
	"review.kind": {"management_review", "service_review", "customer_review", "supplier_review", "continuity_test", "restore_test", "major_incident_review", "report_review",
		"service_catalogue_review", "capacity_review", "security_review", "document_review", "access_review"},
	"supplier_evaluation.result": {"met", "partly", "not_met"},
	"objective.status":           {"open", "met", "missed", "dropped"},
}

// bounds are the least and the greatest value of columns that hold a scale, by table.column. A test holds them against the
// comments of the schema.
var bounds = map[string][2]int{
	"risk.likelihood": {1, 5}, "risk.impact": {1, 5}, "risk.residual_likelihood": {1, 5}, "risk.residual_impact": {1, 5},
	"competence.required_level": {0, 5}, "competence.level": {0, 5},
}

// Allowed are the values that a column of the model may hold, in the order of the schema's comment; nil = any. A register
// that holds another one is refused.
func Allowed(table, column string) []string { return slices.Clone(enumerations[table+"."+column]) }

// Bounds are the least and the greatest whole number that a column of the model may hold; ok is false for one without bounds.
func Bounds(table, column string) (least, greatest int, ok bool) {
	b, ok := bounds[table+"."+column]
	return b[0], b[1], ok
}

var levels = []string{"1", "2", "3", "4", "5"}

// eventFields are the columns of ticket whose changes are history, in the order in which changes of one moment are
// numbered. Instants that tell a fact of the ticket's life (resolved_at, first_response_at, …) are none: exports
// repeat their final value on every row, so a change of them says nothing of when it happened.
var eventFields = []string{
	"status", "kind", "priority", "impact", "urgency", "team", "assignee", "supplier_id", "service_id", "ci_id", "customer_id",
	"title", "is_major", "requester", "channel", "category", "closure_code", "root_cause", "workaround", "is_known_error",
	"change_type", "risk", "outcome", "due_at", "planned_start_at", "planned_end_at",
}

// initialFields are the fields whose value at the opening always becomes an event; the others get one only where
// they change later.
var initialFields = []string{"status", "priority", "team", "assignee"}

// column is a column of the model.
type column struct {
	Name    string
	Type    string // as DuckDB writes it: VARCHAR, TIMESTAMP WITH TIME ZONE, DECIMAL(9,3), …
	NotNull bool
	Allowed []string // values of an enumeration; nil = none
	Bounds  *[2]int  // least and greatest value of a scale; nil = none
}

func (c column) isID() bool {
	return strings.HasSuffix(c.Name, "_id") || c.Name == "merged_into"
}

func (c column) isLevel() bool { return len(c.Allowed) > 0 && c.Type == "INTEGER" }

func (c column) isTime() bool { return c.Type == "TIMESTAMP WITH TIME ZONE" }

// table is a table of the model.
type table struct {
	Name    string
	Columns []column
}

func (t table) column(name string) (column, bool) {
	i := slices.IndexFunc(t.Columns, func(c column) bool { return c.Name == name })
	if i < 0 {
		return column{}, false
	}
	return t.Columns[i], true
}

// primary is the column that identifies a row by itself, filled from the key of the source; empty when there is none.
func (t table) primary() string {
	if t.Name == "team" {
		return "team"
	}
	// Tables of relations begin with the id of what they belong to.
	if slices.Contains([]string{"ticket_link", "ticket_event", "native_sla", "ci_relation", "ci_verification", "document_file"}, t.Name) {
		return ""
	}
	return t.Columns[0].Name
}

// mappable are the columns that a mapping may give.
func (t table) mappable() []string {
	var out []string
	for _, c := range t.Columns {
		if t.Name == "ticket" && slices.Contains(computed, c.Name) {
			continue
		}
		out = append(out, c.Name)
	}
	return out
}

// readTables reads the model's tables from the database itself, so that types stand in one place.
func readTables(ctx context.Context, db *model.DB) (map[string]table, error) {
	type row struct {
		TableName, ColumnName, DataType string
		NotNull                         bool
	}
	rows, err := model.Select[row](ctx, db, `SELECT table_name, column_name, data_type, is_nullable = 'NO' AS not_null
		FROM information_schema.columns WHERE table_schema = 'main' ORDER BY table_name, ordinal_position`)
	if err != nil {
		return nil, err
	}
	out := map[string]table{}
	for _, r := range rows {
		if !slices.Contains(tables, r.TableName) {
			continue
		}
		t := out[r.TableName]
		t.Name = r.TableName
		c := column{Name: r.ColumnName, Type: r.DataType, NotNull: r.NotNull, Allowed: enumerations[r.TableName+"."+r.ColumnName]}
		if b, ok := bounds[r.TableName+"."+r.ColumnName]; ok {
			c.Bounds = &b
		}
		t.Columns = append(t.Columns, c)
		out[r.TableName] = t
	}
	return out, nil
}
