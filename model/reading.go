package model

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Objection says why SQL that somebody wrote is not run: it is no single SELECT, it reaches for something outside the
// warehouse, or it gives another answer with each run.
type Objection struct {
	Offset  int // byte of the SQL from which it is so, from 0; -1 when that is not known
	Message string
	Hint    string
}

// rowSources are the table functions that make rows out of what stands in the SQL. All others read files, the network or
// DuckDB itself; some change its settings, and one that logs into files ends the whole program.
var rowSources = []string{"unnest", "range", "generate_series", "json_each", "json_tree", "repeat", "repeat_row"}

// unsteady are functions, and names without brackets, whose value is another one with each run.
var unsteady = map[string]string{}

func init() {
	for _, name := range strings.Fields("now today current_date current_time current_timestamp get_current_time get_current_timestamp " +
		"current_localtime current_localtimestamp localtime localtimestamp transaction_timestamp") {
		unsteady[name] = "use $as_of or $as_of_day, the moment that is asked for"
	}
	for _, name := range strings.Fields("random setseed uuid gen_random_uuid uuidv4 uuidv7 nextval currval write_log getvariable") {
		unsteady[name] = "the same records must give the same result"
	}
}

// Reading looks at SQL without running it: it must be one SELECT that only reads tables of the warehouse and gives the
// same answer each time. Names behind $ may stand in it. Nothing to object to gives nil.
func (d *DB) Reading(ctx context.Context, query string) ([]Objection, error) {
	var text string
	if err := d.QueryRow(ctx, "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", query).Scan(&text); err != nil {
		return nil, &SQLError{Query: query, Err: err}
	}
	var tree struct {
		Error      bool              `json:"error"`
		Type       string            `json:"error_type"`
		Message    string            `json:"error_message"`
		Position   string            `json:"position"`
		Statements []json.RawMessage `json:"statements"`
	}
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return nil, fmt.Errorf("the database cannot describe the SQL: %w", err)
	}
	switch {
	case tree.Error && tree.Type == "parser":
		at, err := strconv.Atoi(tree.Position)
		if err != nil {
			at = -1
		}
		return []Objection{{at, "Parser Error: " + tree.Message, ""}}, nil
	case tree.Error || len(tree.Statements) != 1:
		return []Objection{{-1, "one SELECT belongs here, and nothing else", "what is looked at is only read"}}, nil
	}
	var root any
	if err := json.Unmarshal(tree.Statements[0], &root); err != nil {
		return nil, fmt.Errorf("the database cannot describe the SQL: %w", err)
	}
	var out []Objection
	walk(root, &out)
	slices.SortStableFunc(out, func(a, b Objection) int { return a.Offset - b.Offset })
	return out, nil
}

// walk looks at every node of a parsed statement.
func walk(node any, out *[]Objection) {
	switch n := node.(type) {
	case []any:
		for _, x := range n {
			walk(x, out)
		}
	case map[string]any:
		object(n, out)
		for _, key := range sortedNames(n) {
			walk(n[key], out)
		}
	}
}

func object(n map[string]any, out *[]Objection) {
	at := -1
	if f, ok := n["query_location"].(float64); ok && f < 1e9 {
		at = int(f)
	}
	say := func(hint, format string, args ...any) {
		*out = append(*out, Objection{at, fmt.Sprintf(format, args...), hint})
	}
	switch n["type"] {
	case "TABLE_FUNCTION":
		f, _ := n["function"].(map[string]any)
		if name := strings.ToLower(fmt.Sprint(f["function_name"])); !slices.Contains(rowSources, name) {
			say("tables of the warehouse can be read, and "+strings.Join(rowSources, ", "), "%s() may not be used here", name)
		}
	case "BASE_TABLE":
		if name := fmt.Sprint(n["table_name"]); strings.ContainsAny(name, "/\\.*?:") {
			say("only tables of the warehouse can be read: collect the file first", "%q is not a table of the warehouse", name)
		}
	case "FUNCTION":
		name := strings.ToLower(fmt.Sprint(n["function_name"]))
		args, _ := n["children"].([]any)
		if name == "age" && len(args) == 1 {
			say("give the later moment as well: age($as_of, …)", "age() of one moment counts up to the day on which it is run")
		} else if hint, ok := unsteady[name]; ok {
			say(hint, "%s() is another one with each run", name)
		}
	case "COLUMN_REF":
		names, _ := n["column_names"].([]any)
		if len(names) == 1 {
			name := strings.ToLower(fmt.Sprint(names[0]))
			if hint, ok := unsteady[name]; ok && strings.HasPrefix(name, "current_") || ok && strings.HasPrefix(name, "local") {
				say(hint, "%s is another one with each run", name)
			}
		}
	}
}

func sortedNames(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
