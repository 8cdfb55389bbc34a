package controls

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// filler puts given rows into tables, with plain values for columns that must not be NULL.
type filler struct {
	db     *model.DB
	tables map[string][]fillColumn
	count  map[string]int
}

type fillColumn struct {
	TableName  string
	ColumnName string
	DataType   string
	NotNull    bool
}

// plain are the values of NOT NULL columns where the type alone would give something misleading.
var plain = map[string]string{
	"ticket.kind": "incident", "ticket.status": "new", "ticket.source": "desk", "ticket.opened_at": "2026-06-01 09:00:00+00",
	"ticket_event.occurred_at": "2026-06-01 09:00:00+00", "ticket_event.sequence": "1", "ticket_event.field": "status",
}

func newFiller(ctx context.Context, db *model.DB) (*filler, error) {
	cols, err := model.Select[fillColumn](ctx, db, `SELECT c.table_name, c.column_name, c.data_type, NOT c.is_nullable AS not_null
		FROM duckdb_columns() AS c JOIN duckdb_tables() AS t ON t.table_oid = c.table_oid
		WHERE NOT t.internal ORDER BY c.table_name, c.column_index`)
	if err != nil {
		return nil, err
	}
	f := &filler{db: db, tables: map[string][]fillColumn{}, count: map[string]int{}}
	for _, c := range cols {
		f.tables[c.TableName] = append(f.tables[c.TableName], c)
	}
	return f, nil
}

func (f *filler) fill(ctx context.Context, rows Rows) error {
	for _, table := range sortedKeys(rows) {
		columns := f.tables[table]
		if columns == nil {
			return fmt.Errorf("given: there is no table %q%s", table, hinted(strictyaml.Suggest(table, sortedKeys(f.tables))))
		}
		for _, row := range rows[table] {
			if err := f.insert(ctx, table, columns, row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *filler) insert(ctx context.Context, table string, columns []fillColumn, row map[string]string) error {
	f.count[table]++
	var names, places, known []string
	var values []any
	used := 0
	for _, c := range columns {
		known = append(known, c.ColumnName)
		v, given := row[c.ColumnName]
		switch {
		case given:
			used++
		case c.NotNull:
			v = f.plainValue(table, c, row)
		default:
			continue
		}
		names = append(names, model.QuoteIdent(c.ColumnName))
		if given && v == "" {
			places = append(places, "NULL") // a key without a value is NULL
			continue
		}
		places = append(places, "CAST(? AS "+c.DataType+")")
		values = append(values, v)
	}
	if used != len(row) {
		for _, name := range sortedKeys(row) {
			found := false
			for _, k := range known {
				found = found || k == name
			}
			if !found {
				return fmt.Errorf("given: the table %s has no column %q%s", table, name, hinted(strictyaml.Suggest(name, known)))
			}
		}
	}
	err := f.db.Exec(ctx, "INSERT INTO "+model.QuoteIdent(table)+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", values...)
	var se *model.SQLError
	if errors.As(err, &se) {
		// The statement is not the user's: what the database says of the value is enough.
		message, _, _ := strings.Cut(se.Err.Error(), "\n\nLINE ")
		return fmt.Errorf("given: %s: %s", table, message)
	}
	return err
}

// plainValue is a value for a column that was not given: the same for the same row of the same case.
func (f *filler) plainValue(table string, c fillColumn, row map[string]string) string {
	if v, ok := plain[table+"."+c.ColumnName]; ok {
		return v
	}
	if c.ColumnName == "key" && row["ticket_id"] != "" {
		return row["ticket_id"]
	}
	switch {
	case c.DataType == "VARCHAR":
		return fmt.Sprintf("%s-%d", c.ColumnName, f.count[table])
	case c.DataType == "BOOLEAN":
		return "false"
	case strings.HasPrefix(c.DataType, "TIMESTAMP"):
		return "2026-06-01 09:00:00+00"
	case c.DataType == "DATE":
		return "2026-06-01"
	default:
		return "0"
	}
}
