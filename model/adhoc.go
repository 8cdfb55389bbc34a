package model

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
)

// WriteParquet answers a query from the newest published copy into a Parquet file. Beside that file nothing outside
// the warehouse can be reached. The query must be a single SELECT.
func WriteParquet(ctx context.Context, warehouse, query, path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	db, err := openPublished(ctx, warehouse, "access_mode=read_only&"+offline,
		"SET TimeZone='UTC'", "SET allowed_paths=["+QuoteText(abs)+"]", "SET enable_external_access=false", "SET lock_configuration=true")
	if err != nil {
		return err
	}
	err = db.Exec(ctx, "COPY ("+query+"\n) TO "+QuoteText(abs)+" (FORMAT parquet)")
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return err
}

// Result is the answer to a query, as it comes: columns, their types, and a function for the rows.
type Result struct {
	Columns []string
	Types   []string // names of DuckDB's types
	rows    *sql.Rows
}

// Ask runs a query for its rows. The caller closes the Result.
func Ask(ctx context.Context, d *DB, query string) (*Result, error) {
	rows, err := d.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	r := &Result{rows: rows}
	if r.Columns, err = rows.Columns(); err != nil {
		rows.Close()
		return nil, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		rows.Close()
		return nil, err
	}
	for _, t := range types {
		r.Types = append(r.Types, strings.ToUpper(t.DatabaseTypeName()))
	}
	return r, nil
}

// Next gives the next row, or nil at the end.
func (r *Result) Next() ([]any, error) {
	if !r.rows.Next() {
		return nil, r.rows.Err()
	}
	row := make([]any, len(r.Columns))
	dest := make([]any, len(r.Columns))
	for i := range row {
		dest[i] = &row[i]
	}
	if err := r.rows.Scan(dest...); err != nil {
		return nil, err
	}
	return row, nil
}

// Close ends the query.
func (r *Result) Close() error { return r.rows.Close() }
