package model

import (
	"context"
	"fmt"
	"strings"
)

// TableInfo is an entry of the data dictionary. It comes from the comments in the schema itself.
type TableInfo struct {
	Name    string       `json:"name"`
	Comment string       `json:"comment"`
	Columns []ColumnInfo `json:"columns"`
}

// ColumnInfo is one column of the data dictionary.
type ColumnInfo struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Optional bool   `json:"optional"` // may be NULL
	Comment  string `json:"comment"`
}

// Dictionary describes a table or view, or all of them when table is empty.
func Dictionary(ctx context.Context, d *DB, table string) ([]TableInfo, error) {
	type row struct{ TableName, Comment, ColumnName, DataType, ColumnComment, IsNullable string }
	rows, err := Select[row](ctx, d, `SELECT t.name AS table_name, coalesce(t.comment, '') AS comment, c.column_name,
			c.data_type, coalesce(c.comment, '') AS column_comment, c.is_nullable::VARCHAR AS is_nullable
		FROM (SELECT table_oid AS oid, table_name AS name, comment FROM duckdb_tables() WHERE NOT internal AND NOT temporary
		      UNION ALL SELECT view_oid, view_name, comment FROM duckdb_views() WHERE NOT internal AND NOT temporary) t
		JOIN duckdb_columns() c ON c.table_oid = t.oid AND c.table_name = t.name
		WHERE ? = '' OR t.name = lower(?)
		ORDER BY t.oid, c.column_index`, table, table)
	if err != nil {
		return nil, err
	}
	var out []TableInfo
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].Name != r.TableName {
			out = append(out, TableInfo{Name: r.TableName, Comment: r.Comment})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, ColumnInfo{r.ColumnName, r.DataType, r.IsNullable == "true", r.ColumnComment})
	}
	if table != "" && len(out) == 0 {
		names, err := Select[string](ctx, d, "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY jaro_winkler_similarity(table_name, ?) DESC LIMIT 3", table)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("there is no table %q; the nearest names are %s", table, strings.Join(names, ", "))
	}
	return out, nil
}

// OneStatement checks that a typed query is a single statement and returns it without its semicolon.
// DuckDB would run all of several, and answer only the last.
func OneStatement(query string) (string, error) {
	end, rest := -1, 0
	for i := 0; i < len(query); i++ {
		c := query[i]
		skip := 0
		switch {
		case c == '\'' || c == '"':
			skip = closing(query[i+1:], string(c))
		case strings.HasPrefix(query[i:], "--"):
			skip = closing(query[i:], "\n") - 1
		case strings.HasPrefix(query[i:], "/*"):
			skip = closing(query[i+2:], "*/") + 1
		case c == '$':
			if tag := dollarTag(query[i:]); tag != "" {
				skip = len(tag) + closing(query[i+len(tag):], tag) - 1
			}
		}
		if skip > 0 {
			if end >= 0 && (c == '\'' || c == '"' || c == '$') {
				rest++
			}
			i += skip
			continue
		}
		switch {
		case c == ';' && end < 0:
			end = i
		case end >= 0 && c != ';' && c > ' ':
			rest++
		}
	}
	if rest > 0 {
		return "", fmt.Errorf("this is more than one statement; give one query at a time")
	}
	if end >= 0 {
		query = query[:end]
	}
	if strings.TrimSpace(query) == "" {
		return "", fmt.Errorf("there is no query")
	}
	return query, nil
}

// closing is the length up to and with the closing mark, or to the end.
func closing(s, mark string) int {
	if i := strings.Index(s, mark); i >= 0 {
		return i + len(mark)
	}
	return len(s)
}

func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			return s[:i+1]
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 1 && c >= '0' && c <= '9':
		default:
			return ""
		}
	}
	return ""
}
