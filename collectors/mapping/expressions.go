package mapping

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// missingColumn is how the database says that an expression names a column that is not there.
var missingColumn = regexp.MustCompile(`Referenced column "(.*)" not found`)

// checkSQL tries every expression and the condition of the source on no rows, so that a mistake in one is told with
// its place instead of failing the whole build. An expression must be one value, not a statement.
func (s *stage) checkSQL(ctx context.Context, db *model.DB, ps *strictyaml.Problems) error {
	try := func(expr, as string, pos strictyaml.Pos, at string) error {
		if problem, err := notOneExpression(ctx, db, expr); err != nil {
			return err
		} else if problem != "" {
			ps.Add(pos, at, "SQL for one value over the columns of the source row", "%s", problem)
			return nil
		}
		var cols []string
		for _, e := range s.expose() {
			cols = append(cols, "NULL::VARCHAR AS "+model.QuoteIdent(e.As))
		}
		rows, err := db.Query(ctx, "SELECT TRY(CAST(("+expr+"\n) AS "+as+")) FROM (SELECT "+strings.Join(cols, ", ")+") LIMIT 0")
		if err != nil {
			said, hint := databaseWords(err), ""
			if m := missingColumn.FindStringSubmatch(said); m != nil {
				said, hint = fmt.Sprintf("there is no column %q", m[1]), suggestColumn(m[1], s.known)
			}
			ps.Add(pos, at, hint, "%s", said)
			return nil
		}
		return rows.Close()
	}
	if s.src.Where != "" && !s.history() {
		if err := try(s.src.Where, "BOOLEAN", s.src.At("where"), s.at+".where"); err != nil {
			return err
		}
	}
	for _, f := range s.fields {
		if f.from == fromExpression {
			if err := try(f.given, "VARCHAR", f.pos, f.path); err != nil {
				return err
			}
		}
	}
	return nil
}

// notOneExpression says why a text is not one SQL expression; empty = it is one.
func notOneExpression(ctx context.Context, db *model.DB, expr string) (string, error) {
	type parsed struct {
		Failed     bool
		Message    string
		Statements int64
		Values     int64
		FromWhat   string
	}
	got, err := model.One[parsed](ctx, db, `SELECT (j->>'error')::BOOLEAN AS failed, coalesce(j->>'error_message', '') AS message,
			coalesce(json_array_length(j->'statements'), 0)::BIGINT AS statements,
			coalesce(json_array_length(j->'$.statements[0].node.select_list'), 0)::BIGINT AS "values",
			coalesce(j->>'$.statements[0].node.from_table.type', '') AS from_what
		FROM (SELECT json_serialize_sql(?::VARCHAR) AS j)`, "SELECT ("+expr+"\n)")
	if err != nil {
		return "", err
	}
	switch {
	case got.Failed:
		if said := strings.TrimSpace(got.Message); !strings.HasSuffix(said, `near ")"`) || strings.Contains(expr, ")") {
			return said, nil
		}
		return "it ends before it is complete", nil // the bracket is not the user's
	case got.Statements != 1 || got.Values != 1 || got.FromWhat != "EMPTY":
		return "this is more than one expression", nil
	}
	return "", nil
}

// databaseWords is what the database said, without the statement around it.
func databaseWords(err error) string {
	var e *model.SQLError
	if errors.As(err, &e) {
		err = e.Err
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimSpace(first)
}
