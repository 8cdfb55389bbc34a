package sla

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// eventFields are the columns of ticket that conditions on events may ask about: their value after each event is known
// from the history; a field without history keeps the value that the ticket has.
var eventFields = map[string]string{
	"kind": "VARCHAR", "status": "VARCHAR", "source_status": "VARCHAR", "priority": "INTEGER", "impact": "INTEGER",
	"urgency": "INTEGER", "is_major": "BOOLEAN", "service_id": "VARCHAR", "ci_id": "VARCHAR", "customer_id": "VARCHAR",
	"supplier_id": "VARCHAR", "team": "VARCHAR", "assignee": "VARCHAR", "requester": "VARCHAR", "channel": "VARCHAR",
	"category": "VARCHAR", "closure_code": "VARCHAR", "root_cause": "VARCHAR", "workaround": "VARCHAR",
	"is_known_error": "BOOLEAN", "change_type": "VARCHAR", "risk": "VARCHAR", "outcome": "VARCHAR", "source": "VARCHAR",
}

// eventWords are what a condition may use beside the columns.
var eventWords = map[string]string{
	"opened":          "BOOLEAN", // from the opening on
	"first_response":  "BOOLEAN", // from the first response on
	"resolved":        "BOOLEAN", // status is resolved or closed
	"closed":          "BOOLEAN", // status is closed
	"last_comment_by": "VARCHAR", // role of who wrote the last public comment: requester, agent, supplier, system
}

// checker finds what is wrong with a condition by asking the database that will run it.
type checker struct {
	db       *model.DB
	problems strictyaml.Problems
	columns  map[string]string // columns of ticket and their types
	volatile map[string]bool   // functions whose answer changes from call to call
	sums     map[string]bool   // functions over many rows
}

func newChecker(ctx context.Context, db *model.DB) (*checker, error) {
	c := &checker{db: db, columns: map[string]string{}, volatile: map[string]bool{}, sums: map[string]bool{}}
	type column struct {
		ColumnName string
		DataType   string
	}
	cols, err := model.Select[column](ctx, db, "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'ticket' AND NOT internal")
	if err != nil {
		return nil, err
	}
	for _, col := range cols {
		c.columns[col.ColumnName] = col.DataType
	}
	names, err := model.Select[string](ctx, db, "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		c.volatile[n] = true
	}
	if names, err = model.Select[string](ctx, db, "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"); err != nil {
		return nil, err
	}
	for _, n := range names {
		c.sums[n] = true
	}
	return c, nil
}

// check validates one condition and returns the names that it uses. known are these names and their types.
func (c *checker) check(ctx context.Context, at strictyaml.Pos, path, text string, known map[string]string) ([]string, error) {
	if i := strings.IndexByte(text, 0); i >= 0 {
		c.problems.Add(shift(at, text, i), path, "take it out", "a condition cannot contain the character NUL")
		return nil, nil
	}
	const lead = "SELECT ("
	query := lead + text + "\n)"
	tree, err := model.One[string](ctx, c.db, "SELECT CAST(json_serialize_sql("+model.QuoteText(query)+") AS VARCHAR)")
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Error    bool   `json:"error"`
		Message  string `json:"error_message"`
		Position string `json:"position"`
		Kind     string `json:"error_type"`

		Statements []struct {
			Node map[string]any `json:"node"`
		} `json:"statements"`
	}
	if err := json.Unmarshal([]byte(tree), &parsed); err != nil {
		return nil, fmt.Errorf("the condition %q could not be read: %w", text, err)
	}
	if parsed.Error {
		n, err := strconv.Atoi(parsed.Position)
		if err != nil {
			n = len(lead) + len(text)
		}
		c.problems.Add(shift(at, text, min(n-len(lead), len(text))), path, "write a condition such as status = 'on_hold'", "%s", parsed.Message)
		return nil, nil
	}
	items, _ := func() ([]any, bool) {
		if len(parsed.Statements) != 1 {
			return nil, false
		}
		l, ok := parsed.Statements[0].Node["select_list"].([]any)
		return l, ok
	}()
	if len(items) != 1 {
		c.problems.Add(at, path, "", "%q is not one condition", text)
		return nil, nil
	}
	w := &walker{c: c, at: at, path: path, text: text, lead: len(lead), known: known, names: map[string]bool{}}
	if from, _ := parsed.Statements[0].Node["from_table"].(map[string]any); from != nil && from["type"] != "EMPTY" {
		c.problems.Add(at, path, "", "a condition is about one ticket: FROM does not belong here")
		return nil, nil
	}
	before := len(c.problems)
	w.walk(items[0])
	if len(c.problems) > before {
		return nil, nil
	}
	names := make([]string, 0, len(w.names))
	for n := range w.names {
		names = append(names, n)
	}
	sort.Strings(names)
	return names, c.bind(ctx, at, path, text, query, known)
}

var caret = regexp.MustCompile(`(?m)^ *\^`)

// bind lets the database check types: what it says of the first line is about the condition.
func (c *checker) bind(ctx context.Context, at strictyaml.Pos, path, text, query string, known map[string]string) error {
	cols := make([]string, 0, len(known))
	for n, t := range known {
		cols = append(cols, "CAST(NULL AS "+t+") AS "+model.QuoteIdent(n))
	}
	sort.Strings(cols)
	kind, err := model.One[string](ctx, c.db, "SELECT typeof(answer) FROM ("+query+" AS answer FROM (SELECT "+strings.Join(cols, ", ")+") ticket)"+
		// The answer is asked for, so that a text that is no number is found here and not in the middle of a build.
		" WHERE coalesce(CAST(answer AS VARCHAR), '') <> 'an answer that no condition gives'")
	if err == nil {
		if kind != "BOOLEAN" && kind != "\"NULL\"" {
			c.problems.Add(at, path, "compare it: priority = 1", "its value is %s, not true or false", kind)
		}
		return nil
	}
	message := err.Error()
	offset := 0
	if i := strings.Index(message, "LINE 1: "); i >= 0 {
		if m := caret.FindString(message[i:]); m != "" && !strings.Contains(text, "\n") {
			offset = len(m) - len("LINE 1: ") - 1 - len("SELECT typeof(answer) FROM (SELECT (")
		}
		message = message[:i]
	}
	message, _, _ = strings.Cut(strings.TrimSpace(message), "\n")
	for _, prefix := range []string{"Binder Error: ", "Conversion Error: ", "Catalog Error: ", "Parser Error: "} {
		message = strings.TrimPrefix(message, prefix)
	}
	c.problems.Add(shift(at, text, offset), path, "", "%s", message)
	return nil
}

// shift moves a place to a letter of a text that stands on one line.
func shift(at strictyaml.Pos, text string, offset int) strictyaml.Pos {
	if at.Line > 0 && offset > 0 && offset <= len(text) && !strings.Contains(text, "\n") {
		at.Column += len([]rune(text[:offset]))
	}
	return at
}

// walker goes through the tree of an expression.
type walker struct {
	c     *checker
	at    strictyaml.Pos
	path  string
	text  string
	lead  int
	known map[string]string
	names map[string]bool
}

func (w *walker) add(node map[string]any, hint, format string, args ...any) {
	offset := 0
	if n, ok := node["query_location"].(float64); ok && n < 1e9 {
		offset = int(n) - w.lead
	}
	w.c.problems.Add(shift(w.at, w.text, offset), w.path, hint, format, args...)
}

func (w *walker) walk(v any) {
	switch x := v.(type) {
	case []any:
		for _, item := range x {
			w.walk(item)
		}
	case map[string]any:
		class, _ := x["class"].(string)
		switch class {
		case "SUBQUERY":
			w.add(x, "", "a condition is about one ticket: no query inside it")
			return
		case "WINDOW":
			w.add(x, "", "a condition is about one ticket: no window function")
			return
		case "PARAMETER":
			w.add(x, "", "a condition has no parameters")
			return
		case "STAR":
			w.add(x, "", "a condition is about single fields, not *")
			return
		case "COLUMN_REF":
			w.column(x)
			return
		case "FUNCTION":
			name, _ := x["function_name"].(string)
			if w.c.volatile[name] {
				w.add(x, "the same data must always give the same result", "%s() gives another answer at another time", name)
				return
			}
			if w.c.sums[name] {
				w.add(x, "", "a condition is about one ticket: %s() is about many", strings.TrimSuffix(name, "_star"))
				return
			}
		}
		for _, key := range sortedMapKeys(x) {
			w.walk(x[key])
		}
	}
}

func (w *walker) column(node map[string]any) {
	var parts []string
	list, _ := node["column_names"].([]any)
	for _, p := range list {
		s, _ := p.(string)
		parts = append(parts, s)
	}
	if len(parts) == 2 && strings.EqualFold(parts[0], "ticket") {
		parts = parts[1:]
	}
	name := strings.ToLower(strings.Join(parts, "."))
	if _, ok := w.known[name]; ok {
		w.names[name] = true
		return
	}
	if t, ok := w.c.columns[name]; ok {
		w.add(node, "use the state of the ticket: "+strings.Join(knownNames(w.known), ", "),
			"%s (%s) has no value of its own after each event", name, strings.ToLower(t))
		return
	}
	names := knownNames(w.known)
	hint := strictyaml.Suggest(name, names)
	if hint == "" {
		hint = "known: " + strings.Join(names, ", ")
	}
	w.add(node, hint, "there is no %q; a text stands in single quotes", name)
}

func knownNames(known map[string]string) []string {
	out := make([]string, 0, len(known))
	for n := range known {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func sortedMapKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
